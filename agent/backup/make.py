"""Making a backup: gathered, encrypted, whole or not at all."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent import __version__
from agent.backup import age, archive, shelf
from agent.backup.errors import NoKey, NotMade
from agent.backup.gather import Gathered, gather
from agent.backup.manifest import Manifest
from agent.backup.scratch import scratch
from agent.store.database import FILE
from agent.store.trends.database import FILE as TRENDS_FILE

MARGIN = 16 << 20
"""Bytes that stay free beside a backup: journal and trends go on."""


def make(
    target: Path,
    *,
    site: str,
    data_dir: Path,
    config_dir: Path,
    recipients: Sequence[str],
    own_key: Path,
    wall: float,
    trends: bool = True,
) -> Manifest:
    """Makes one backup.

    Args:
        target: the file to write, never over another.
        site: id of the branch.
        data_dir: where journal and trends are.
        config_dir: where the site file is, with all that stands beside and below it.
        recipients: public keys of who may open it.
        own_key: file of the box's own key, which may open it too, for the drill; made where missing.
        wall: the present wall time.
        trends: whether trends go into it.

    Raises:
        NoKey: nobody but the box could open it, or a key is none.
        NotMade: something cannot be read or written, or there is too little room.
    """
    if not recipients:
        raise NoKey("nobody but this box could open it: name the bank's recovery keys in [backup] recipients")
    keys = [*age.recipients_of(recipients), age.own_identity(own_key).to_public()]
    size = _size(data_dir)
    _check_room(target.parent, size)
    with scratch(target.parent, size) as folder:
        found = gather(data_dir, config_dir.resolve(), folder, trends=trends, without=(target.parent,))
        manifest = Manifest(
            site=site,
            version=__version__,
            created=wall,
            journal=found.journal,
            files=found.files,
            left_out=found.left_out,
        )
        shelf.put(target, lambda part: _write(part, manifest, found, keys))
    return manifest


def _write(part: Path, manifest: Manifest, found: Gathered, keys: Sequence[Any]) -> None:
    with os.fdopen(shelf.open_new(part), "wb") as file:
        archive.write(file, manifest, found.contents, keys)
        file.flush()
        os.fsync(file.fileno())


def _size(data_dir: Path) -> int:
    names = (FILE, f"{FILE}-wal", TRENDS_FILE)
    return sum((data_dir / name).stat().st_size for name in names if (data_dir / name).exists())


def _check_room(directory: Path, size: int) -> None:
    """Packed and encrypted it takes less than the plain files; half of them is what it takes at most in practice."""
    try:
        free = shutil.disk_usage(directory).free
    except OSError as error:
        raise NotMade(str(error)) from error
    if free < size // 2 + MARGIN:
        raise NotMade(f"{directory}: {free >> 20} MiB free, {(size // 2 + MARGIN) >> 20} MiB needed")
