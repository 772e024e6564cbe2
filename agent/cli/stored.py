"""What commands read of the journal beside what they are about: what it says of the clocks of the box."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Imported by the commands that use it, as the store is.
    from agent.core.dating import Offset


def offsets_of(data_dir: Path) -> "dict[str, Offset]":
    """The offsets in a journal, by boot, as far as it can be read: an offset stands behind what it corrects."""
    from agent.clock_offsets import KIND, gather
    from agent.store import reader
    from agent.store.errors import StoreError

    known: dict[str, Offset] = {}
    with suppress(StoreError):  # whoever reads the journal next says what is wrong with it
        gather(reader.of_kind(data_dir, KIND), known)
    return known


def was_stepped(data_dir: Path) -> bool:
    """Whether a clock of the box was ever set: then what was written as old may belong to a later period."""
    from agent.core.events import ClockStepped, kind_of
    from agent.store import reader
    from agent.store.errors import StoreError

    try:
        return bool(reader.of_kind(data_dir, kind_of(ClockStepped)))
    except StoreError:
        return True  # whoever reads the journal next says what is wrong with it
