"""Looking into a backup: whether it is whole, a key opens it, its journal holds, and it is the one that was put in."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from agent.backup import archive
from agent.backup.age import Identity
from agent.backup.errors import Damaged, NotMade
from agent.backup.gather import journal_facts
from agent.backup.manifest import JOURNAL, Manifest
from agent.store import journal
from agent.store.database import Database
from agent.store.errors import StoreError


def unpack(backup: Path, identities: Sequence[Identity], into: Path) -> Manifest:
    """Unpacks a backup below an empty directory and looks at all that came out of it.

    Raises:
        NoKey: none of the identities opens it.
        Damaged: it is not what was written, or its journal does not hold.
        NotMade: it cannot be read, or put there.
    """
    try:
        with backup.open("rb") as file:
            manifest = archive.read(file, identities, into)
    except OSError as error:
        raise NotMade(f"{backup}: {error}") from error
    if not any(entry.name == JOURNAL for entry in manifest.files):
        raise Damaged("there is no journal in it")
    _check_journal(into / JOURNAL, manifest)
    return manifest


def _check_journal(path: Path, manifest: Manifest) -> None:
    try:
        with closing(Database(path, read_only=True, frozen=True)) as db:
            db.quick_check()
            broken = journal.first_broken(db)
        found = journal_facts(path)
    except StoreError as error:
        raise Damaged(f"its journal cannot be used: {error}") from error
    if broken is not None:
        raise Damaged(f"the chain of its journal is broken at {broken.epoch}:{broken.seq}")
    if found != manifest.journal:
        raise Damaged(f"its journal ends at {found.head}, the manifest says {manifest.journal.head}")
