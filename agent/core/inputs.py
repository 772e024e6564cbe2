"""What may enter the core: answers of devices, their absence, orders of people, and the passing of time."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from agent.core.model import Bad, Value
from agent.core.runs import Ended

if TYPE_CHECKING:
    # What a branch has names people and their doors, which are of this file.
    from agent.core.branch import Branch


class Polled(Struct, frozen=True, tag="polled"):
    """A device answered: all its points at one moment. A source may hand over the same mapping while nothing changes."""

    device: str
    values: Mapping[str, Value | Bad]


class PollFailed(Struct, frozen=True, tag="poll_failed"):
    """A device did not answer, or not so that anything could be read."""

    device: str
    cause: str
    """One of `timeout`, `refused`, `garbled`, `lost`, `auth`, `silent`."""
    detail: str = ""


class Restarted(Struct, frozen=True, tag="restarted"):
    """A device was found to have started anew."""

    device: str
    detail: str


class Door(StrEnum):
    """The way an order came in; a door proves a name."""

    PANEL = "panel"
    CLI = "cli"
    BUTTON = "button"


class Origin(Struct, frozen=True):
    """Who ordered, through which door, and where that was (an address, a uid, a button)."""

    name: str
    door: Door
    place: str = ""


class Verb(StrEnum):
    """What a person may order."""

    ACKNOWLEDGE = "acknowledge"
    """An alarm is being taken care of; also acknowledges its annunciation."""
    CLOSE = "close"
    """The corrective action was taken."""
    ACCEPT = "acknowledge-annunciation"
    """The lamps were seen: flashing becomes steady, the horn stops. Changes no operator state."""
    SILENCE = "silence"
    """The horn stops; the lamps go on flashing."""
    RESET = "reset"
    """What is acknowledged and normal again leaves the lamps (sequences M and R)."""
    LAMP_TEST = "lamp-test"
    """All lamps and the horn for a few seconds."""
    PURGE = "purge"
    """Alarms that have been over for so long leave the list without an acknowledgement (RFC 8632, purge-alarms)."""
    COMPRESS = "compress"
    """The histories of the alarms on the list shrink to their last entry (RFC 8632, compress-alarms)."""
    SHELVE = "shelve"
    """Put an alarm aside for a while: it stays on the list, but is not annunciated."""
    UNSHELVE = "unshelve"
    TAKE_OUT = "take-out-of-service"
    """A device is being worked on: its alarms, and those that may follow from it, are not annunciated."""
    RETURN = "return-to-service"
    SET_LIMIT = "set-limit"
    """Limit or delays of an alarm are to be other ones on site than the configuration says."""
    REVERT_LIMIT = "revert-limit"
    """They are to be as the configuration says again."""


class Order(Struct, frozen=True, tag="order"):
    """An order that has passed the desk. `occurrence` 0 means whichever occurrence stands."""

    id: str
    verb: Verb
    by: Origin
    alarm: str = ""
    occurrence: int = 0
    note: str = ""
    device: str = ""
    """For the verbs that are about a device."""
    seconds: float = 0.0
    """For how long, for the verbs that have an end."""
    denied: str = ""
    """Why the desk does not allow it; empty for an order that may be carried out."""
    numbers: Mapping[str, float] = {}
    """What is to be changed of a limit, by name; delays in seconds, the rest in the unit of the point."""


class Tick(Struct, frozen=True, tag="tick"):
    """Nothing but time has passed."""


class Started(Struct, frozen=True, tag="started"):
    """The agent begins to watch, with this version and this hash of its configuration."""

    version: str
    config: str
    ended: tuple[Ended, ...] = ()
    """How the runs before ended of which nobody was told yet, the oldest first."""
    marks: tuple[str, ...] = ()
    """By which what tells of them is known again."""
    found: Polled | None = None
    """The first word of the box itself: what follows from it is kept, or lost, together with the start."""


class Reconfigured(Struct, frozen=True, tag="reconfigured"):
    """The configuration was changed while the agent runs, in parts that need no new start: devices and rules are the same."""

    config: str
    """Hash of the new configuration."""
    before: str
    """Hash of that which was in force."""
    changed: tuple[str, ...]
    """What differs, by name; no contents."""
    branch: "Branch"


class Stopping(Struct, frozen=True, tag="stopping"):
    """The agent ends in good order."""


Input = Polled | PollFailed | Restarted | Order | Tick | Started | Reconfigured | Stopping
