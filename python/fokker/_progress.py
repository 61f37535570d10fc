"""Progress bars that never get in the way."""

import sys
import time


def callback(progress, label):
    """Returns a function (done, total), or None.  `progress` is False, True, or such a function of the caller."""
    if not progress:
        return None
    if callable(progress):
        return progress
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return _plain(label)
    bar = None

    def show(done, total):
        nonlocal bar
        if bar is None:
            bar = tqdm(total=total, desc=label)
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return show


def _plain(label):
    start = time.monotonic()

    def show(done, total):
        end = "\n" if done >= total else ""
        print(f"\r{label} {done}/{total}  {time.monotonic() - start:.1f} s", end=end, file=sys.stderr, flush=True)

    return show
