"""A scratch directory for plain copies: in memory where they are small, so that they neither wear the card nor stay on it.

What lies in memory counts to the unit that put it there, whose memory is bounded (`MemoryMax`): larger copies go to the
card, where only root looks.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  # the directory inside is made for its owner only
MEMORY_MAX = 48 << 20
"""Bytes in memory at most. A drill holds them twice, and has 256 MiB with its program."""
PREFIX = "linewarden-backup-"


@contextmanager
def scratch(beside: Path, size: int) -> Iterator[Path]:
    """A directory for so many bytes, which is gone afterwards; what others left that were killed goes first.

    Args:
        beside: where it is made if it is too large for memory; nobody else may write there.
        size: bytes that it will hold.
    """
    sweep((MEMORY, beside))
    roomy = size <= MEMORY_MAX and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2 * size
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=MEMORY if roomy else beside) as name:
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # its end is seen by the kernel, however it comes
            yield Path(name)
        finally:
            os.close(descriptor)


def sweep(places: Iterable[Path]) -> None:
    """Deletes our own scratch directories that nobody holds any more."""
    for path in (path for place in places for path in place.glob(f"{PREFIX}*")):
        status = path.lstat()
        if path.is_dir() and not path.is_symlink() and status.st_uid == os.geteuid() and not _is_held(path):
            shutil.rmtree(path, ignore_errors=True)


def _is_held(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
