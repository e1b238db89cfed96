"""A folder that a backup or a restore works in. What one that was killed left there, all that residents told among it,
goes with the next one.
"""

import contextlib
import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOCK: Final = "lock"
#: Seconds for which a folder may be without its lock: between its making and the lock's.
_YOUNG: Final = 3600.0


@contextmanager
def scratch(parent: Path, prefix: str) -> Iterator[Path]:
    """Give a folder of this process alone, readable by its owner only; it is gone afterwards.

    Args:
        parent: where; what others of the same prefix left behind there goes first.

    Raises:
        OSError: it cannot be made.
    """
    for left in parent.glob(f"{prefix}*"):
        if _is_left(left):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as name:
        folder = Path(name)
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # until this process ends, however it does
            yield folder


def _is_left(folder: Path) -> bool:
    """Has whoever made a folder ended without removing it?"""
    with contextlib.suppress(OSError):
        try:
            lock = (folder / _LOCK).open("r+")
        except FileNotFoundError:
            return time.time() - folder.stat().st_mtime > _YOUNG
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    return False
