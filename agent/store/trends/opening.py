"""Opening `trends.db`: as it is, looked through after a kill, or set aside and replaced.

A file of a later version is set aside too, one at most: after a roll-out was taken back, trends go on at once instead of
being dropped until the next one. They are worth less than the journal, which steps back instead.
"""

from collections.abc import Callable
from pathlib import Path

from agent.store.epochs import sync_directory
from agent.store.errors import StoreCorrupt, StoreNewer, of_os_error
from agent.store.trends.database import TrendDatabase

JOURNAL = "-journal"
"""What SQLite appends to the name for the file of an open transaction."""


def open_or_set_aside(
    path: Path, suffix: Callable[[], str], *, suspect: bool = False
) -> tuple[TrendDatabase, Path | None]:
    """Opens the file, or a new one in place of a corrupt or newer one, which is renamed and kept.

    Returns:
        The database, and where the one that could not be used lies now.

    Raises:
        StoreError: disk full or I/O error; nothing was set aside.
    """
    suspect = suspect or _was_cut(path)
    try:
        return TrendDatabase(path, suspect=suspect), None
    except StoreCorrupt:
        aside = path.with_stem(f"{path.stem}-aside-{suffix()}")
    except StoreNewer:
        aside = path.with_stem(f"{path.stem}-newer")
    _rename(path, aside)
    return TrendDatabase(path), aside


def _rename(path: Path, aside: Path) -> None:
    try:
        for tail in (JOURNAL, ""):
            source = path.with_name(path.name + tail)
            if source.exists():
                source.rename(aside.with_name(aside.name + tail))
        sync_directory(path.parent)
    except OSError as exc:
        raise of_os_error(exc, str(path)) from exc


def _was_cut(path: Path) -> bool:
    """Whether whoever wrote the file last was killed in the middle of a transaction: the journal's head is not zeros."""
    try:
        with path.with_name(path.name + JOURNAL).open("rb") as file:
            return any(file.read(8))
    except OSError:
        return False
