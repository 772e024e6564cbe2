"""A scratch directory for plain copies: in memory where they are small, so that they neither wear the card nor stay on it.

What lies in memory counts to the unit that put it there, whose memory is bounded (`MemoryMax`): larger copies go to the
card, where only root looks.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
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
    folder, held = _made(MEMORY if roomy else beside)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.close(held)


def sweep(places: Iterable[Path]) -> None:
    """Deletes our own scratch directories that nobody holds any more."""
    for path in (path for place in places for path in place.glob(f"{PREFIX}*")):
        with suppress(OSError):  # gone meanwhile, or no directory
            _sweep(path)


def _made(place: Path) -> tuple[Path, int]:
    """A directory, and the descriptor by which it is held: the kernel sees its end, however that comes."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        with suppress(FileNotFoundError):  # swept by another between its making and its being held
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(held, fcntl.LOCK_EX)
            if os.fstat(held).st_nlink:
                return folder, held
            os.close(held)


def _sweep(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(
            descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB
        )  # kept until it is gone: nobody works in it meanwhile
        if os.fstat(descriptor).st_uid == os.geteuid():
            shutil.rmtree(path)
    finally:
        os.close(descriptor)
