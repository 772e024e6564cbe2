"""A scratch directory for plain copies: in memory where that has room, so that they neither wear the card nor stay on it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  # the directory inside is made for its owner only
PREFIX = "linewarden-backup-"


@contextmanager
def scratch(beside: Path, size: int) -> Iterator[Path]:
    """A directory for so many bytes, which is gone afterwards.

    Args:
        beside: where it is made if memory has not twice the room.
        size: bytes that it will hold.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2 * size
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=MEMORY if roomy else beside) as name:
        yield Path(name)
