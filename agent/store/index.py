"""The index of the WAL (`-shm`): mapped memory, whose pages must have their blocks before anyone touches them.

SQLite gives each page of it one byte by a write and takes it for allocated. ext4 allocates no more than the block of
that byte, which may be smaller than a page, and often only later: a page first touched when the disk is full is a
SIGBUS, which ends the process. (sqlite.org/walformat.html; unixShmMap in SQLite's os_unix.c)
"""

import errno
import os
from contextlib import suppress
from pathlib import Path

from agent.store.errors import StoreFull, of_os_error

RESERVED = 128 << 10
"""Bytes of the index that get blocks: enough for a WAL of 64 MiB."""
ROOM = 512 << 10
"""Bytes free without which no index is made: SQLite touches its first page before anyone can reserve it."""

_NO_SUCH_CALL = {errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


def check_room(database: Path) -> None:
    """Looks whether an index can be made, before a connection makes it.

    Raises:
        StoreFull: there is too little room, and no reserved index whose room could be used.
    """
    index = _index(database)
    try:
        if index.exists() and index.stat().st_blocks * 512 >= RESERVED:
            return
        free = os.statvfs(database.parent)
    except OSError:
        return  # what is wrong here SQLite will tell
    if free.f_bavail * free.f_frsize < ROOM:
        raise StoreFull(f"{index}: less than {ROOM >> 10} KiB are free")


def reserve(database: Path) -> None:
    """Gives blocks to the index of an open connection, also to the pages it may grow by.

    This goes through SQLite's own descriptor: to close another one of the same file would drop all locks of this
    process on it, and the next reader would cut the file off under the mapping.

    Raises:
        StoreFull: there is no room for it.
        StoreFailed: an I/O error.
    """
    index = _index(database)
    for descriptor in _descriptors(index):
        try:
            os.posix_fallocate(descriptor, 0, RESERVED)
        except OSError as exc:
            if exc.errno not in _NO_SUCH_CALL:  # not every file system can
                raise of_os_error(exc, str(index)) from exc


def _index(database: Path) -> Path:
    return database.with_name(f"{database.name}-shm")


def _descriptors(path: Path) -> list[int]:
    """The open descriptors of a file in this process; SQLite has one, whatever the number of connections."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # another thread closed it
            if entry.samefile(path):
                found.append(int(entry.name))
    return found
