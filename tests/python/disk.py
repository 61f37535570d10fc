"""This module models a disk that loses power, for the tests of power cuts.

It replays the calls that librecording.so recorded and lists the folders that a cut may leave behind.  POSIX promises
after a power cut only what was synced.  An fsync of a file keeps its bytes.  An fsync of a folder keeps its entries as
they are after names were made, renamed or removed.  Any part of the rest may have reached the disk, in any order.  A
rename alone is whole or absent.
"""

import itertools
import os
from dataclasses import dataclass, field
from pathlib import Path

DATA = ("whole", "absent", "cut", "zeros", "torn")  # what became of bytes that were not synced
SECTOR = 512


@dataclass(frozen=True)
class Call:
    name: str
    fd: int
    flags: int
    offset: int
    first: bytes
    second: bytes

    @property
    def path(self):
        return os.path.normpath(self.first.decode())


def calls_of(trace):
    """Returns the recorded calls in their order."""
    content, calls, at = Path(trace).read_bytes(), [], 0
    while at < len(content):
        end = content.index(b"\n", at)
        name, fd, flags, offset, first, second = content[at:end].split()
        middle, last = end + 1 + int(first), end + 1 + int(first) + int(second)
        calls.append(Call(name.decode(), int(fd), int(flags), int(offset),
                          content[end + 1 : middle], content[middle:last]))
        at = last
    return calls


@dataclass(eq=False)
class File:
    """A file has bytes that are on the disk for certain, and bytes as the process sees them."""

    durable: bytes = b""
    seen: bytes = b""

    def write(self, data, offset):
        padded = self.seen.ljust(offset, b"\0")
        self.seen = padded[:offset] + data + padded[offset + len(data) :]

    def after(self, fate, random):
        """Returns the bytes after a cut, where `fate` is one of DATA."""
        if self.seen == self.durable or fate == "whole":
            return self.seen
        first = len(os.path.commonprefix([self.durable, self.seen]))
        if fate == "absent" or first == len(self.seen):
            return self.durable
        at = random.randrange(first, len(self.seen))
        if fate == "cut":
            return self.seen[:at]
        end = len(self.seen) if fate == "zeros" else min(len(self.seen), at + SECTOR)
        at = first if fate == "zeros" else at
        return self.seen[:at] + bytes(end - at) + self.seen[end:]


@dataclass(eq=False)
class Folder:
    """A folder has entries that are on the disk for certain, and entries as the process sees them."""

    durable: dict = field(default_factory=dict)
    seen: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """These entries of one folder change all at once; an entry that is gone is None."""

    folder: Folder
    entries: tuple


class Disk:
    """The disk changes while calls are replayed; `root` is a folder that is there before them."""

    def __init__(self, root):
        self.path, self.root = os.path.normpath(root), Folder()
        self.changes = []  # of folders, not synced
        self.open = {}  # descriptor: file or folder, whether it appends, place
        self._load(Path(root), self.root)

    def _load(self, path, folder):
        for entry in sorted(path.iterdir()) if path.exists() else []:
            node = Folder() if entry.is_dir() else File(*2 * (entry.read_bytes(),))
            folder.durable[entry.name] = folder.seen[entry.name] = node
            if entry.is_dir():
                self._load(entry, node)

    def _find(self, path):
        """Returns the folder of a path, and its last name."""
        names = Path(path).relative_to(self.path).parts
        folder = self.root
        for name in names[:-1]:
            folder = folder.seen[name]
        return folder, names[-1] if names else None

    def _node(self, path):
        folder, name = self._find(path)
        return folder.seen.get(name) if name else folder

    def _change(self, *entries):
        """Each entry is (folder, name, node); a rename between folders makes two changes."""
        for folder, name, node in entries:
            folder.seen.pop(name, None) if node is None else folder.seen.update({name: node})
        for folder in dict.fromkeys(folder for folder, _, _ in entries):
            own = tuple((name, node) for of, name, node in entries if of is folder)
            self.changes.append(Change(folder, own))

    def apply(self, call):
        getattr(self, "_" + call.name)(call)

    def _open(self, call):
        node = self._node(call.path)
        if node is None:
            node = File()
            self._change((*self._find(call.path), node))
        if call.flags & os.O_TRUNC:
            node.seen = b""
        self.open[call.fd] = [node, bool(call.flags & os.O_APPEND), 0]

    def _close(self, call):
        self.open.pop(call.fd)

    def _write(self, call):
        node, appends, place = self.open[call.fd]
        offset = call.offset if call.offset >= 0 else len(node.seen) if appends else place
        node.write(call.first, offset)
        if call.offset < 0:
            self.open[call.fd][2] = offset + len(call.first)

    def _truncate(self, call):
        node = self.open[call.fd][0]
        node.seen = node.seen[: call.offset].ljust(call.offset, b"\0")

    def _sync(self, call):
        node = self.open[call.fd][0]
        node.durable = node.seen.copy() if isinstance(node, Folder) else node.seen
        self.changes = [change for change in self.changes if change.folder is not node]

    def _mkdir(self, call):
        self._change((*self._find(call.path), Folder()))

    def _unlink(self, call):
        self._change((*self._find(call.path), None))

    def _rename(self, call):
        node = self._node(call.path)
        self._change((*self._find(call.path), None), (*self._find(call.second.decode()), node))

    # --- after a cut ---

    def after(self, applied, fates, random):
        """Returns a dict from relative paths to bytes, or to None for a folder.

        Only the changes `applied` have reached the disk.  A file that has no fate is whole.
        """
        entries = {}
        for change in applied:
            entries.setdefault(change.folder, dict(change.folder.durable)).update(change.entries)
        state = {}

        def walk(folder, path):
            for name, node in entries.get(folder, folder.durable).items():
                if isinstance(node, Folder):
                    state[path + name] = None
                    walk(node, path + name + "/")
                elif node is not None:
                    state[path + name] = node.after(fates.get(node, "whole"), random)

        walk(self.root, "")
        return state

    def seen(self):
        return self.after(self.changes, {}, None)

    def unsynced(self):
        """Returns the files whose bytes are not all on the disk."""
        found = []

        def walk(folder):
            for node in {*folder.durable.values(), *folder.seen.values()}:
                if isinstance(node, Folder):
                    walk(node)
                elif node.seen != node.durable:
                    found.append(node)

        walk(self.root)
        return found

    def cuts(self, random, most):
        """Yields states that a cut now may leave.

        It yields every state where there are at most `most`.  Otherwise it yields the extreme states, those of a
        journal (the first changes, and no later one), and `most` others by chance.
        """
        files, count = self.unsynced(), len(self.changes)
        if 2**count * len(DATA) ** len(files) <= most:
            for kept in itertools.product((False, True), repeat=count):
                for fates in itertools.product(DATA, repeat=len(files)):
                    yield self.after(list(itertools.compress(self.changes, kept)), dict(zip(files, fates)), random)
            return
        for fate in DATA:
            yield self.after(self.changes, dict.fromkeys(files, fate), random)
        for first in range(count):
            yield self.after(self.changes[:first], {file: random.choice(DATA) for file in files}, random)
        for _ in range(most):
            kept = [change for change in self.changes if random.random() < 0.5]
            yield self.after(kept, {file: random.choice(DATA) for file in files}, random)


def put(state, folder):
    """Writes a state into a new folder."""
    folder.mkdir(parents=True)
    for path, content in sorted(state.items()):
        (folder / path).mkdir() if content is None else (folder / path).write_bytes(content)
