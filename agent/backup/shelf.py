"""The directory of backups: their names, the newest, and how many are kept."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from agent.backup.errors import BackupError, NotMade
from agent.store.epochs import sync_directory

SUFFIX = ".age"
PART = ".part"
_STAMP = r"\d{8}T\d{6}\.\d{3}Z"


def name_of(site: str, wall: float) -> str:
    """The name of a backup made at a wall time: names sort by time."""
    second = time.strftime("%Y%m%dT%H%M%S", time.gmtime(wall))
    return f"linewarden-{site}-{second}.{int(wall % 1 * 1000):03d}Z{SUFFIX}"


def backups(directory: Path, site: str, wall: float) -> list[Path]:
    """The whole backups of a site, the oldest first.

    Those that say they were made after the present wall time were made under a wrong clock, at some time before: they
    are taken for the oldest.
    """
    shape, now = re.compile(rf"linewarden-{re.escape(site)}-{_STAMP}{re.escape(SUFFIX)}"), name_of(site, wall)
    found = (path for path in directory.iterdir() if shape.fullmatch(path.name))
    return sorted(found, key=lambda path: (path.name <= now, path.name))


def newest(directory: Path, site: str, wall: float) -> Path:
    """The newest backup.

    Raises:
        NotMade: there is none.
    """
    found = backups(directory, site, wall)
    if not found:
        raise NotMade(f"{directory} holds no backup of {site}")
    return found[-1]


def rotate(directory: Path, site: str, keep: int, wall: float) -> list[Path]:
    """Deletes all but the newest, and what a power cut left half-made; returns what of whole ones went.

    That which was made at the present wall time is the newest, whatever others say of themselves.
    """
    for path in directory.glob(f"linewarden-{site}-*{SUFFIX}{PART}"):
        path.unlink(missing_ok=True)
    gone = backups(directory, site, wall)[:-keep]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def put(target: Path, make: Callable[[Path], None]) -> None:
    """Makes a file under another name and gives it its own when it is whole and on the disk.

    Raises:
        NotMade: it is there already, or cannot be written.
    """
    part = target.with_name(target.name + PART)
    try:
        if target.exists():
            raise NotMade(f"{target} is there already")
        part.unlink(missing_ok=True)
        make(part)
        part.replace(target)
        sync_directory(target.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise NotMade(f"{target}: {error}") from error
    except BackupError:
        part.unlink(missing_ok=True)
        raise


def open_new(path: Path) -> int:
    """A descriptor of a new file for its owner only."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
