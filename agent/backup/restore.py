"""A box made of a backup: data and configuration below one root, and a journal that goes on in a new epoch."""

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct

from agent.backup import shelf
from agent.backup.age import Identity
from agent.backup.check import unpack
from agent.backup.errors import InTheWay, NotMade
from agent.backup.manifest import CONFIG, JOURNAL, FileEntry, Manifest
from agent.backup.scratch import scratch
from agent.store import epochs
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.errors import StoreError
from agent.store.records import Epoch
from agent.store.trends.database import FILE as TRENDS_FILE

PART = ".restoring"
UNPACKED = 12
"""How many times larger than the backup what comes out of it is taken to be."""


class Restored(Struct, frozen=True):
    """What came of a restore.

    Attributes:
        manifest: what the backup said of itself.
        epoch: the new epoch.
        data_dir: where the data are now.
        config_dir: where the configuration is now.
        kept: files of the configuration that were there already and were left as they are.
    """

    manifest: Manifest
    epoch: Epoch
    data_dir: Path
    config_dir: Path
    kept: tuple[str, ...]


def restore(backup: Path, identities: Sequence[Identity], root: Path, suffix: Callable[[], str]) -> Restored:
    """Restores a box below a root, `/` for this very machine. The journal comes last: cut off before, it is done again.

    Raises:
        InTheWay: there is a journal.
        NoKey: none of the identities opens the backup.
        Damaged: it is not what was written.
        NotMade: something cannot be written.
    """
    try:
        beside = next(path for path in (root / "var/lib", root) if path.is_dir() or path == root)
        beside.mkdir(parents=True, exist_ok=True)
        with scratch(beside, UNPACKED * backup.stat().st_size) as part:
            manifest = unpack(backup, identities, part)
            return _place(manifest, part, root, suffix, backup.name)
    except (OSError, StoreError) as error:
        raise NotMade(str(error)) from error


def _place(manifest: Manifest, part: Path, root: Path, suffix: Callable[[], str], name: str) -> Restored:
    data_dir, config_dir = (_below(root, path) for path in (manifest.data_dir, manifest.config_dir))
    if (data_dir / FILE).exists():
        raise InTheWay(f"{data_dir / FILE} is there already: nothing is restored over a journal")
    reason = f"restored from {name}"
    with closing(Engine(part / "data", suffix=suffix, reason=reason)) as engine:
        epoch = engine.epoch
    kept = [entry.name for entry in manifest.files if not _put_config(entry, part, config_dir)]
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    like = next(entry for entry in manifest.files if entry.name == JOURNAL)
    for file in (epochs.FILE, TRENDS_FILE, FILE):  # the journal last: with it the restore is complete
        if (part / "data" / file).exists():
            _put(part / "data" / file, data_dir / file, like, 0o600)
    _give(data_dir, like)
    return Restored(manifest, epoch, data_dir, config_dir, tuple(kept))


def _put_config(entry: FileEntry, part: Path, config_dir: Path) -> bool:
    """Puts a file of the configuration; False where there is one already."""
    if not entry.name.startswith(f"{CONFIG}/"):
        return True
    path = config_dir / entry.name.removeprefix(f"{CONFIG}/")
    if path.exists():
        return False
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    _put(part / entry.name, path, entry, entry.mode)
    return True


def _put(source: Path, target: Path, like: FileEntry, mode: int) -> None:
    """Copies a file through fsync, with its rights; whole or not at all."""
    temporary = target.with_name(target.name + PART)
    temporary.unlink(missing_ok=True)
    with source.open("rb") as reading, os.fdopen(shelf.open_new(temporary), "wb") as file:
        shutil.copyfileobj(reading, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())
    _give(temporary, like)
    temporary.chmod(mode)
    temporary.replace(target)
    epochs.sync_directory(target.parent)


def _give(path: Path, like: FileEntry) -> None:
    """Gives a file to its owner, where root restores and this machine knows the names."""
    if os.geteuid() == 0:
        for names in ({"user": like.owner}, {"group": like.group}):
            with suppress(LookupError):
                if any(names.values()):
                    shutil.chown(path, **names)


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")
