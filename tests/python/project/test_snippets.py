"""What README, CONTRIBUTING and docs show: their code runs, their commands exist, their C++ is in the tree.

The blocks of a page run in turn, in one folder, with one set of Python's names.  What a block is, its language says:

    python    runs;
    bash      runs, with the program `fokker` on the path;
    toml      is a file for the blocks behind it; its first line, `# NAME.toml`, names the file;
    cpp       stands in a file of the tree word for word, indentation apart; a line `…` leaves lines out;
    text      is output, and is not checked.

Configs under experiments/ are copies with few steps and samples (SHORT, MORE).  A comment before a block may say more:

    <!-- test: OLD -> NEW; OLD -> NEW -->    what the block has in its place here, to be shorter
    <!-- not run: REASON -->                 Python is compiled; commands, options, configs and keys are looked up
"""

import os
import pathlib
import re
import shlex
import subprocess
import typing

import pytest

from command import COMMAND, ROOT, fokker

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SHORT = {"steps": 2, "n": 10, "warmup": 0, "samples": 2, "draws": 1, "particles": 2, "seeds": 2, "projections": 8}
MORE = {'source = "digits"': "n = 200", "[[synthesise]]": "seeds = 1", "[evaluate]": "classifier_steps = 5"}
BLOCK = re.compile(r"^(?:<!-- (?P<how>test|not run): (?P<what>.*?) -->\n+)?^(?P<indent> *)```(?P<language>\w*)\n"
                   r"(?P<code>.*?)^(?P=indent)```$", re.M | re.S)


class Block(typing.NamedTuple):
    place: str
    language: str
    code: str
    runs: bool


def blocks(page):
    text = page.read_text()
    for found in BLOCK.finditer(text):
        place = f"{page.name}:{text.count(chr(10), 0, found.start('code'))}"
        code = re.sub(rf"^{found['indent']}", "", found["code"], flags=re.M)
        for change in found["what"].split("; ") if found["how"] == "test" else []:
            old, new = change.split(" -> ")
            assert old in code, f"{place}: no {old!r} to replace"
            code = code.replace(old, new)
        yield Block(place, found["language"], code, found["how"] != "not run")


def all_blocks(*languages):
    return [block for page in PAGES for block in blocks(page) if block.language in languages]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with short copies of the configs."""
    for config in (ROOT / "experiments").rglob("*.toml"):
        copy = tmp_path / config.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        keys = rf"\b({'|'.join(SHORT)}) = (\d+)"
        short = re.sub(keys, lambda key: f"{key[1]} = {min(int(key[2]), SHORT[key[1]])}", config.read_text())
        for line, more in MORE.items():
            short = short.replace(line, f"{line}\n{more}")
        copy.write_text(short)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{os.path.dirname(COMMAND)}:{os.environ['PATH']}")
    return tmp_path


def run(block, names):
    if block.language == "python":
        exec(compile(block.code, block.place, "exec"), names)
    elif block.language == "toml":
        pathlib.Path(re.match(r"# (\S+\.toml)", block.code)[1]).write_text(block.code)
    elif block.language == "bash":
        bash = ["bash", "-euo", "pipefail", "-c", block.code]
        done = subprocess.run(bash, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{block.place}: {done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_blocks_of_a_page_run_in_turn(page, folder):
    pytest.importorskip("fokker")
    pytest.importorskip("matplotlib").use("Agg")
    names = {}
    for block in blocks(page):
        if block.runs:
            run(block, names)
        elif block.language == "python":
            compile(block.code, block.place, "exec")
    if page.name == "README.md":
        assert names["x"].values.shape == (4, 8, 8, 1) and names["y"].values.shape == (1000, 2)


def keys_of(command):
    """The keys that a command takes as key=value, with [] for a place in a list; nothing where it takes none."""
    listed = fokker("list", "keys").stdout if command in ("run", "train") else fokker(command, "--help").stdout
    keys = {line.split()[0] for line in listed.splitlines() if re.match(r"[a-z][\w.\[\]]* ", line)}
    if command in ("sample", "generate"):
        keys = {key.removeprefix("sample[].") for key in keys_of("run") if key.startswith("sample[].")}
    return keys


def check_command(line, place):
    """Looks up a command that is not run."""
    words = shlex.split(line, comments=True)
    if words[:1] == ["make"]:
        targets = re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.M)
        assert set(words[1:]) <= set(" ".join(targets).split()), place
    if words[:1] != ["fokker"]:
        return
    command, arguments = words[1], words[2:]
    shown = fokker(command, "--help")
    assert shown.returncode == 0, f"{place}: {command}"
    for word in arguments:
        if word.startswith("-"):
            assert re.search(rf"(^|[ ,]){word}\b", shown.stdout, re.M), f"{place}: {word}"
        elif word.endswith(".toml"):
            assert (ROOT / word).exists() or (ROOT / "experiments" / word).exists(), f"{place}: {word}"
        elif key := re.match(r"[a-z][\w.]*(?==)", word):
            assert re.sub(r"\.\d+", "[]", key[0]) in keys_of(command), f"{place}: {word}"


def test_commands_that_are_not_run_exist():
    for block in all_blocks("bash"):
        for line in [] if block.runs else block.code.splitlines():
            check_command(line, block.place)


def test_commands_that_do_not_exist_are_found():
    for wrong in ("fokker rum experiments/digits.toml", "fokker run experiments/digit.toml", "make dem",
                  "fokker run experiments/digits.toml train.stepz=3", "fokker sample runs/digits --label 7"):
        with pytest.raises(AssertionError):
            check_command(wrong, wrong)


def lines_of(text):
    return [line.strip() for line in text.splitlines()]


def shown_in(code, source):
    """Whether the parts of `code` between its lines `…` stand in `source`, in this order, indentation apart."""
    text, place = "\n".join(["", *lines_of(source), ""]), 0
    for part in "\n".join(lines_of(code)).split("…"):
        place = text.find(f"\n{part.strip()}\n", place) if part.strip() else place
        if place < 0:
            return False
    return True


def test_cpp_stands_in_the_tree():
    layers = ("core", "sde", "solvers", "score", "experiments", "python", "tests")
    files = [file for layer in layers for file in (ROOT / layer).rglob("*") if file.suffix in (".h", ".cpp")]
    sources = [file.read_text() for file in files]
    shown = all_blocks("cpp")
    assert shown and not [block.place for block in shown if not any(shown_in(block.code, source) for source in sources)]
    assert not any(shown_in("Tensor softplus(const Tensor& x) {\n…\n[x](const Tensor&", source) for source in sources)
    built = (ROOT / "tests/CMakeLists.txt").read_text()
    assert all(f" {file.stem}" in built for file in (ROOT / "tests/snippets").glob("*.cpp"))


def test_every_block_has_a_language_and_every_comment_a_block():
    for page in PAGES:
        shown = list(blocks(page))
        assert {block.language for block in shown} <= {"python", "bash", "toml", "cpp", "text"}, page
        assert len(shown) == len(re.findall(r"^ *```\w*\n.*?^ *```$", page.read_text(), re.M | re.S)), page
        assert sum(map(page.read_text().count, ("<!-- test:", "<!-- not run:"))) == len(
            [found for found in BLOCK.finditer(page.read_text()) if found["how"]]), page


def prose(page):
    return re.sub(r"^ *```.*?```$|^>.*?$", "", page.read_text(), flags=re.S | re.M)


def anchors(page):
    titles = re.findall(r"^#+ (.*)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", prose(page)):
        file = page.parent / target if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


def test_the_index_names_every_page():
    index = (ROOT / "docs/index.md").read_text()
    assert not [page.name for page in PAGES[2:] if page.name != "index.md" and f"({page.name}" not in index]


def test_no_sentence_opens_by_a_fragment():
    opening = re.compile(r"(?:^|[.:;!?*] |^- |^#+ |^\d+\. )(?:Of|The same|By|At|Its) .{0,40}", re.M)
    assert not [(page.name, *opening.findall(prose(page))) for page in PAGES if opening.search(prose(page))]
