"""A box made of a backup: data and configuration below one root, and a journal that goes on in a new epoch.

Whoever has the public keys can write a backup, so it says neither where things go nor what root runs by.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from agent.backup import placing
from agent.backup.age import Identity
from agent.backup.check import unpack
from agent.backup.errors import InTheWay, NotMade
from agent.backup.manifest import CONFIG, FileEntry, Manifest
from agent.backup.scratch import scratch
from agent.store import epochs
from agent.store.database import FILE
from agent.store.engine import Engine
from agent.store.errors import StoreError
from agent.store.lock import FILE as LOCK
from agent.store.lock import Lock
from agent.store.records import Epoch
from agent.store.trends.database import FILE as TRENDS_FILE

DATA_DIR, CONFIG_DIR = Path("var/lib/linewarden"), Path("etc/linewarden")
"""Where a box has its data and its configuration, below the root."""
SCRATCH = (Path("var/lib/linewarden-backup"), Path("var/lib"), Path())
"""Where plain copies may lie that are too large for memory: the first that is there."""
TAKEN = ("site.toml", "panel.toml", "profiles", "tls", "credentials")
"""What of the configuration is taken from a backup. Settings of units, signers of releases and names of wires are not:
root runs by them, and they come with the roll-out."""
BOX_KEY = "credentials/box.key"
ASIDE = "before-restore-"
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
        not_taken: files of the backup that are never restored.
        aside: what stood in the way, under its new name.
    """

    manifest: Manifest
    epoch: Epoch
    data_dir: Path
    config_dir: Path
    kept: tuple[str, ...]
    not_taken: tuple[str, ...]
    aside: tuple[Path, ...]


def restore(
    backup: Path, identities: Sequence[Identity], root: Path, suffix: Callable[[], str], aside: str = ""
) -> Restored:
    """Restores a box below a root, `/` for this very machine. The journal comes last: cut off before, it is done again.

    Nothing is touched before the backup is known to be whole.

    Args:
        backup: the file.
        identities: keys, one of which opens it.
        root: below which everything goes.
        suffix: makes the random part of an epoch.
        aside: the time by which data, and a key of another box, that stand in the way are renamed; they are refused without.

    Raises:
        InTheWay: there is a journal, or a link where a folder belongs.
        NoKey: none of the identities opens the backup.
        Damaged: it is not what was written.
        NotMade: something cannot be written.
        StoreBusy: the agent runs.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        beside = next(root / place for place in SCRATCH if (root / place).is_dir())
        with scratch(beside, UNPACKED * backup.stat().st_size) as part:
            manifest = unpack(backup, identities, part)
            with closing(
                Engine(part / "data", suffix=suffix, reason=f"restored from {backup.name}")
            ) as engine:
                epoch = engine.epoch
            return _place(manifest, epoch, part, root, aside)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise NotMade(str(error)) from error


def _place(manifest: Manifest, epoch: Epoch, part: Path, root: Path, aside: str) -> Restored:
    data_dir, config_dir = root / DATA_DIR, root / CONFIG_DIR
    if (data_dir / FILE).exists() and not aside:
        raise InTheWay(f"{data_dir / FILE} is there already: nothing is restored over a journal")
    config = [entry for entry in manifest.files if entry.name.startswith(f"{CONFIG}/")]
    taken = [entry for entry in config if _within(entry).parts[0] in TAKEN]
    placing.make_data(data_dir)
    lock = Lock(data_dir)
    try:
        placing.give(data_dir, placing.Rights(mode=0o700))  # nobody else changes it meanwhile
        moved = _set_aside(data_dir, config_dir, part, aside) if aside else []
        kept = [entry.name for entry in taken if not _put_config(entry, part, config_dir)]
        for file in (epochs.FILE, TRENDS_FILE, FILE):  # the journal last: with it the restore is complete
            if (part / "data" / file).exists():
                placing.put(part / "data" / file, data_dir / file, placing.DATA)
    finally:
        placing.give(data_dir / LOCK, placing.DATA)
        placing.give(data_dir, placing.DATA._replace(mode=0o700))
        lock.release()
    not_taken = tuple(entry.name for entry in config if entry not in taken)
    return Restored(manifest, epoch, data_dir, config_dir, tuple(kept), not_taken, tuple(moved))


def _within(entry: FileEntry) -> Path:
    """Its path below the directory of the configuration."""
    return Path(entry.name).relative_to(CONFIG)


def _set_aside(data_dir: Path, config_dir: Path, part: Path, time: str) -> list[Path]:
    """Renames what stands in the way, one by one: the directory itself may be a mount, and cannot be renamed."""
    folder, moved = data_dir / f"{ASIDE}{time}", []
    found = [path for path in data_dir.iterdir() if path.name != LOCK and not path.name.startswith(ASIDE)]
    if found:
        folder.mkdir(mode=0o700)
        moved = [path.rename(folder / path.name) for path in sorted(found)]
    key, restored = config_dir / BOX_KEY, part / CONFIG / BOX_KEY
    if restored.exists() and key.exists() and key.read_bytes() != restored.read_bytes():
        moved.append(key.rename(key.with_name(f"{key.name}.{ASIDE}{time}")))
    return moved


def _put_config(entry: FileEntry, part: Path, config_dir: Path) -> bool:
    """Puts a file of the configuration; False where there is one already."""
    within = _within(entry)
    path = config_dir / within
    if os.path.lexists(path):
        return False
    placing.make_folders(config_dir, within.parent)
    placing.put(part / entry.name, path, placing.rights_of(entry, secret=within.parts[0] == "credentials"))
    return True
