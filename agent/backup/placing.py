"""Putting files of a backup into their places: whole or not at all, never through a link, for known owners only."""

import grp
import os
import pwd
import shutil
from pathlib import Path
from typing import NamedTuple

from agent.backup import shelf
from agent.backup.errors import InTheWay
from agent.backup.manifest import FileEntry
from agent.store.epochs import sync_directory

PART = ".restoring"
OWNERS = frozenset({"root", "linewarden", "linewarden-panel"})
GROUPS = OWNERS | {"linewarden-control"}


class Rights(NamedTuple):
    """Whose a file is, and what others may do with it."""

    owner: str = "root"
    group: str = "root"
    mode: int = 0o600


DATA = Rights("linewarden", "linewarden-control")
"""Of the data: as systemd gives them to the agent."""


def rights_of(entry: FileEntry, *, secret: bool) -> Rights:
    """The rights of a restored file: what a backup asks for, within bounds. Secrets are root's alone.

    Nothing can be run, bears the rights of its owner, or can be written by others.
    """
    if secret:
        return Rights()
    owner = entry.owner if entry.owner in OWNERS else "root"
    return Rights(owner, entry.group if entry.group in GROUPS else "root", entry.mode & 0o644)


def make_data(directory: Path) -> None:
    """Makes the directory of the data where there is none.

    Raises:
        InTheWay: it is a link.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.is_symlink():
        raise InTheWay(f"{directory} is a link: nothing is restored through it")


def make_folders(base: Path, within: Path) -> None:
    """Makes a folder below a base, and those between; that of secrets for root alone.

    Raises:
        InTheWay: one of them is a link.
    """
    base.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = base
    for name in within.parts:
        folder /= name
        folder.mkdir(mode=0o700 if name == "credentials" else 0o755, exist_ok=True)
        if folder.is_symlink():
            raise InTheWay(f"{folder} is a link: nothing is restored through it")


def put(source: Path, target: Path, rights: Rights) -> None:
    """Copies a file through fsync, with its rights; whole or not at all."""
    temporary = target.with_name(target.name + PART)
    temporary.unlink(missing_ok=True)
    with source.open("rb") as reading, os.fdopen(shelf.open_new(temporary), "wb") as file:
        shutil.copyfileobj(reading, file, 1 << 20)
        file.flush()
        _give(file.fileno(), rights)
        os.fsync(file.fileno())
    temporary.replace(target)
    sync_directory(target.parent)


def give(path: Path, rights: Rights) -> None:
    """Gives a file or directory, which is no link, to its owner."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _give(descriptor, rights)
    finally:
        os.close(descriptor)


def _give(descriptor: int, rights: Rights) -> None:
    """Where root restores, and as far as this machine knows the names."""
    if os.geteuid() == 0:
        os.fchown(descriptor, _user(rights.owner), _group(rights.group))
    os.fchmod(descriptor, rights.mode)


def _user(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return 0


def _group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return 0
