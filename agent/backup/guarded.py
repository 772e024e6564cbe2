"""How root handles places that others can write: with their rights, without following links, or not at all.

Whoever took the agent over can put links, pipes and other people's files where its data are, and change them between
two looks. So what is below its directory is read with its own rights, and what root writes lies where only root can.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.backup.errors import NotMade

_SHARED = stat.S_IWGRP | stat.S_IWOTH


@contextmanager
def as_owner(directory: Path) -> Iterator[None]:
    """Does what follows with the rights of whom a directory belongs to, and no others; only root can and has to.

    It holds for the whole process, so nothing else may be under way in it.
    """
    owner = directory.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    group, groups = os.getegid(), os.getgroups()
    try:
        os.setgroups([])
        os.setegid(owner.st_gid)
        os.seteuid(owner.st_uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def check_plain(directory: Path, name: str) -> bool:
    """Whether there is such a file below a directory, which must be a plain one of the directory's owner.

    Raises:
        NotMade: it is a link, no file, or somebody else's.
    """
    try:
        status = (directory / name).lstat()
    except FileNotFoundError:
        return False
    _check(status, directory, name)
    return True


def read_plain(directory: Path, name: str, most: int) -> bytes:
    """The first bytes of a plain file of the directory's owner.

    Raises:
        NotMade: it is a link, no file, or somebody else's.
        OSError: it cannot be read.
    """
    check_plain(directory, name)
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(directory / name, flags), "rb") as file:
        _check(os.fstat(file.fileno()), directory, name)
        return file.read(most)


def _check(status: os.stat_result, directory: Path, name: str) -> None:
    if not stat.S_ISREG(status.st_mode) or status.st_uid != directory.stat().st_uid:
        raise NotMade(f"{directory / name} is no plain file of the owner of its directory: who put it there?")


def own_directory(directory: Path) -> None:
    """Makes a directory in which nobody else can put, change or rename anything, or sees that it is one.

    Others may look into it: what they must not read has its own mode.

    Raises:
        NotMade: somebody else could.
        OSError: it cannot be made.
    """
    above = next(path for path in (directory, *directory.parents) if path.exists())
    for path in (above, *above.resolve().parents):
        _check_own(path.resolve())
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)


def _check_own(path: Path) -> None:
    status = path.stat()
    shared = status.st_mode & _SHARED and not status.st_mode & stat.S_ISVTX
    if status.st_uid not in {0, os.geteuid()} or shared:
        raise NotMade(
            f"{path} can be changed by others: [backup] directory must be below directories of root alone"
        )
