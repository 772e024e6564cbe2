"""What a backup says of itself: what is in it, of which box, and where its journal ends. Pure."""

import hashlib
from pathlib import PurePosixPath

import msgspec
from msgspec import Struct

from agent.backup.errors import Damaged

NAME = "manifest.json"
"""The first member of the archive."""
FORMAT = 1
JOURNAL = "data/journal.db"
TRENDS = "data/trends.db"
EPOCH = "data/epoch"
CONFIG = "config"


class FileEntry(Struct, frozen=True):
    """One file of the archive.

    Attributes:
        name: its path in the archive: `data/…` or `config/…`.
        size: bytes.
        sha256: of its content, hexadecimal.
        mode: permission bits.
        owner: name of the user; empty where the box knew none.
        group: name of the group.
    """

    name: str
    size: int
    sha256: str
    mode: int = 0o600
    owner: str = ""
    group: str = ""


class JournalFacts(Struct, frozen=True):
    """Where the journal of a backup ends, to be compared with what comes out of it.

    Attributes:
        head: id of the last event, empty without any.
        hash: its hash, hexadecimal.
        events: how many there are.
        pruned: how many were pruned before them.
        schema: version of the tables.
        epoch: number of the last epoch.
    """

    head: str
    hash: str
    events: int
    pruned: int
    schema: int
    epoch: int


class Manifest(Struct, frozen=True):
    """The whole of it.

    Attributes:
        site: id of the branch.
        version: of linewarden.
        created: wall seconds.
        journal: where the journal ends.
        files: all others, in the order of the archive.
        left_out: what belongs to a box and could not be had, with the reason.
        format: of the archive.
    """

    site: str
    version: str
    created: float
    journal: JournalFacts
    files: tuple[FileEntry, ...]
    left_out: tuple[str, ...] = ()
    format: int = FORMAT


def encode(manifest: Manifest) -> bytes:
    """The manifest as it stands in the archive."""
    return msgspec.json.format(msgspec.json.encode(manifest))


def decode(body: bytes) -> Manifest:
    """The manifest of an archive.

    Raises:
        Damaged: it is none, or names files outside of the archive.
    """
    try:
        found = msgspec.json.decode(body, type=Manifest)
    except msgspec.DecodeError as error:
        raise Damaged(f"the manifest cannot be read: {error}") from error
    if found.format != FORMAT:
        raise Damaged(f"the backup has format {found.format}, this release reads {FORMAT}")
    for entry in found.files:
        if not _is_inside(entry.name):
            raise Damaged(f"the manifest names a file outside of the archive: {entry.name!r}")
    return found


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    known = name in (JOURNAL, TRENDS, EPOCH) or path.parts[:1] == (CONFIG,)
    return (
        known
        and len(path.parts) > 1
        and ".." not in path.parts
        and not path.is_absolute()
        and "\0" not in name
    )


def digest(body: bytes) -> str:
    """SHA-256 as the manifest writes it."""
    return hashlib.sha256(body).hexdigest()
