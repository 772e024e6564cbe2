"""The journal across releases: a newer one may keep it in a way that an older one cannot read.

What is done to the data is done by the releases' own commands (`linewarden store`), as the user the data belongs to.
"""

import json
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.release.commands import run
from agent.release.errors import CommandError, JournalError
from agent.release.layout import Layout

STORE_SECONDS = 300.0
"""To copy the journal, or to step it back."""
ASK_SECONDS = 60.0
_COPY = "before-generation-{number}.db"


class Store:
    """What one generation says and does of the journal.

    Args:
        layout: where everything lies.
        number: of the generation.
    """

    def __init__(self, layout: Layout, number: int) -> None:
        self._folder = layout.generation(number)
        self._owner = _owner(layout.data)

    def ask(self, *words: str | Path, seconds: float = STORE_SECONDS) -> str:
        """What its release answers; raises CommandError."""
        program, site = self._folder / "release/bin/linewarden", self._folder / "etc/site.toml"
        command: list[str | Path] = [program, "store", words[0], "--site", site, *words[1:]]
        return run(command, seconds, owner=self._owner)

    def schema(self) -> dict[str, Any]:
        """`code`: the version that it writes; `file`: that of the journal as it is."""
        told: dict[str, Any] = json.loads(self.ask("schema", "--json", seconds=ASK_SECONDS))
        return told


def keep(layout: Layout, back: int, number: int) -> None:
    """Before a newer release starts: a copy of the journal, where it would keep it in another way.

    Raises:
        CommandError: no copy could be made; nothing has been changed.
    """
    older = Store(layout, back)
    if not _writes(Store(layout, number)) > _writes(older):
        return
    place = _copy(layout, back)
    place.unlink(missing_ok=True)
    older.ask("copy", place)


def step_back(layout: Layout, number: int, back: int) -> list[str]:
    """Before an older release starts again: the journal in its way. Gives what went wrong with that, for people.

    Raises:
        JournalError: it is in the newer way still, and the older release could not read it.
    """
    older = Store(layout, back)
    try:
        told = older.schema()
        wanted, found = int(told["code"]), told["file"]
    except (CommandError, ValueError, KeyError) as error:
        return [f"nobody can tell how the journal is kept: {error}"]
    if found is None or found <= wanted:
        return []
    return _first(
        lambda: Store(layout, number).ask("step-back", "--to", str(wanted)),
        lambda: older.ask(
            "put-back", "--reason", "the newer release could not step it back", _copy(layout, back)
        ),
    )


def prune(layout: Layout) -> None:
    """Delete the copies of generations that are no more: nobody goes back to them."""
    kept = {_copy(layout, number) for number in layout.numbers()}
    for place in set(layout.data.glob(_COPY.format(number="*"))) - kept:
        place.unlink(missing_ok=True)


def _first(*ways: Callable[[], str]) -> list[str]:
    """Try one way after the other; what went wrong with those before the one that did it."""
    wrong: list[str] = []
    for way in ways:
        try:
            way()
        except CommandError as error:
            wrong.append(str(error))
        else:
            return wrong
    raise JournalError(f"the journal cannot be stepped back: {'; '.join(wrong)}")


def _writes(store: Store) -> int:
    return int(store.schema()["code"])


def _copy(layout: Layout, back: int) -> Path:
    return layout.data / _COPY.format(number=back)


def _owner(data: Path) -> pwd.struct_passwd | None:
    """The user whose data it is; None where there is none yet, or it is our own."""
    try:
        uid = data.stat().st_uid
        return pwd.getpwuid(uid) if uid != os.geteuid() else None
    except (OSError, KeyError):
        return None
