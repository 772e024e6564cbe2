"""The ways back of a roll-out: to an older version of the tables, or to the copy that was made before the update.

Either opens a new epoch with its reason, so that no number is given out twice and every reader can see what happened.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct

from agent.store import journal
from agent.store.database import FILE, Database
from agent.store.engine import Engine
from agent.store.epochs import sync_directory
from agent.store.errors import StoreCorrupt, StoreFailed, StoreFull, StoreNewer, of_os_error
from agent.store.lock import Lock
from agent.store.opening import set_aside
from agent.store.records import Epoch
from agent.store.schema import SCHEMA, Schema

MARGIN = 8 << 20
"""Bytes that stay free when a journal is copied: the agent beside needs room for its WAL."""


class PutBack(Struct, frozen=True):
    """What a copy put back has led to: the new epoch, and where the newer journal lies now."""

    epoch: Epoch
    aside: Path | None


def file_version(data_dir: Path, schema: Schema = SCHEMA) -> int | None:
    """The version of the journal's tables, also one later than ours; None where there is no journal.

    Raises:
        StoreError: it cannot be read, or is no journal.
    """
    path = data_dir / FILE
    if not path.exists():
        return None
    with closing(Database(path, read_only=True, schema=schema)) as db:
        try:
            return db.check_schema()
        except StoreNewer:
            [(header,)] = db.rows("PRAGMA user_version")
            return int(header)


def step_back(data_dir: Path, to: int, suffix: Callable[[], str], schema: Schema = SCHEMA) -> Epoch | None:
    """Brings the journal back to an earlier version of its tables; None where it is not later than that already.

    Raises:
        StoreBusy: the agent runs.
        StoreError: nothing was changed.
        ValueError: there is no such version to go back to.
    """
    if not 1 <= to <= schema.version:
        raise ValueError(f"versions 1 to {schema.version} are known here, not {to}")
    found = file_version(data_dir, schema)
    if found is None or found <= to:
        return None
    with closing(Engine(data_dir, suffix=suffix, schema=schema)) as engine:
        return engine.step_back(to, f"stepped back from version {found} of the store to {to}")


def copy_journal(data_dir: Path, target: Path) -> None:
    """Copies the journal as one file, while the agent may go on writing; whole or not at all, never over another.

    Raises:
        StoreFull: there is too little room for it.
        StoreError: it cannot be read or written.
    """
    source = data_dir / FILE
    _check_room(source, target.parent)
    temporary = target.with_name(f"{target.name}.part")
    try:
        if target.exists():
            raise StoreFailed(f"{target} is there already")
        temporary.unlink(missing_ok=True)
        temporary.touch(mode=0o600)
        with closing(Database(source, read_only=True)) as db:
            db.check_schema()
            db.copy_to(temporary)
        _finish(temporary, target)
    except OSError as exc:
        if isinstance(exc, StoreFailed | StoreFull):
            raise
        raise of_os_error(exc, str(target)) from exc
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def put_back(
    data_dir: Path, copy: Path, suffix: Callable[[], str], reason: str, schema: Schema = SCHEMA
) -> PutBack:
    """Puts a copy in the journal's place; what was there is renamed and kept.

    Raises:
        StoreBusy: the agent runs.
        StoreError: the copy is not sound or of a later version, or there is no room: nothing was changed.
    """
    _check_sound(copy, schema)
    lock = Lock(data_dir)
    try:
        aside = _exchange(data_dir, copy, suffix)
    finally:
        lock.release()
    with closing(Engine(data_dir, suffix=suffix, reason=reason, schema=schema)) as engine:
        return PutBack(engine.epoch, aside)


def _check_sound(copy: Path, schema: Schema) -> None:
    with closing(Database(copy, read_only=True, frozen=True, schema=schema)) as db:
        db.check_schema()
        db.quick_check()
        broken = journal.first_broken(db)
    if broken is not None:
        raise StoreCorrupt(f"{copy}: the chain is broken at {broken.epoch}:{broken.seq}")


def _exchange(data_dir: Path, copy: Path, suffix: Callable[[], str]) -> Path | None:
    path = data_dir / FILE
    temporary = data_dir / f"{FILE}.new"
    _check_room(copy, data_dir)
    try:
        shutil.copyfile(copy, temporary)
        temporary.chmod(0o600)
        aside = set_aside(data_dir, path, suffix) if path.exists() else None
        _finish(temporary, path)
    except OSError as exc:
        raise of_os_error(exc, str(path)) from exc
    return aside


def _finish(temporary: Path, path: Path) -> None:
    """Makes a file durable and gives it its name."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def _check_room(source: Path, where: Path) -> None:
    try:
        size, free = source.stat().st_size, shutil.disk_usage(where).free
    except OSError as exc:
        raise of_os_error(exc, str(source)) from exc
    if free < size + MARGIN:
        raise StoreFull(f"{where}: {free >> 20} MiB free, {(size + MARGIN) >> 20} MiB needed")
