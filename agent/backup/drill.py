"""The drill: the newest backup restored into a scratch place with the box's own key, opened there and looked through.

A backup that was never restored is a hope. What only a person can rehearse is the bank's own key.
"""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from agent.backup import age
from agent.backup.errors import Damaged, NotMade
from agent.backup.manifest import Manifest
from agent.backup.restore import UNPACKED, restore
from agent.backup.scratch import scratch
from agent.store.engine import Engine
from agent.store.errors import StoreError


def drill(backup: Path, own_key: Path, suffix: Callable[[], str]) -> Manifest:
    """Restores a backup and throws it away again.

    Raises:
        BackupError: it could not be restored, or what came out is not what went in.
    """
    identities = age.read_identities(own_key)
    try:
        with scratch(backup.parent, UNPACKED * backup.stat().st_size) as root:
            done = restore(backup, identities, root, suffix)
            _open(done.data_dir, done.manifest, suffix)
            return done.manifest
    except (OSError, StoreError) as error:
        raise NotMade(str(error)) from error


def _open(data_dir: Path, manifest: Manifest, suffix: Callable[[], str]) -> None:
    """As the first start on a new Pi would."""
    with closing(Engine(data_dir, suffix=suffix)) as engine:
        if engine.opened.path is not None:
            raise Damaged(f"the restored journal was set aside: {engine.opened.cause}")
        broken = engine.verify()
        events, epoch = engine.count_after(0, 0), engine.epoch.number
    if broken is not None:
        raise Damaged(f"the chain of the restored journal is broken at {broken.epoch}:{broken.seq}")
    if events != manifest.journal.events or epoch <= manifest.journal.epoch:
        raise Damaged(
            f"the restored journal has {events} events in epoch {epoch}, the manifest says {manifest.journal}"
        )
