"""What happens to the box and to what it watches, apart from alarms."""

from agent.core.events.base import Event, Evidence
from agent.core.inputs import Origin, Verb
from agent.core.model import AlarmKey, Text
from agent.core.runs import Ended
from agent.core.sequences import Scheme


class OrderRefused(Event, tag="order.refused", frozen=True, kw_only=True):
    """An order that could not be carried out, and why."""

    order: str
    verb: Verb
    by: Origin
    reason: str
    alarm: str = ""


class BoxStarted(Event, tag="box.started", frozen=True, kw_only=True):
    """The agent began to watch."""

    version: str
    config: str
    """Hash of the configuration in force."""
    scheme: Scheme = Scheme()
    """How the annunciator works from here on, so that a replay needs no configuration."""
    ended: tuple[Ended, ...] = ()
    """How the runs before ended, those of which no earlier start told, the oldest first."""
    marks: tuple[str, ...] = ()
    """By which what tells of them is known again, so that no later start tells it."""


class ConfigurationChanged(Event, tag="config.changed", frozen=True, kw_only=True):
    """A changed configuration was taken up without a restart."""

    config: str
    """Hash of the configuration in force from here on."""
    before: str
    """Hash of that which was in force before."""
    changed: tuple[str, ...]
    """What differs, by name such as `rights.people`; contents may be private."""


class BoxStopped(Event, tag="box.stopped", frozen=True, kw_only=True):
    """The agent ended in good order; its absence before the next start says that it did not."""


class DeviceRestarted(Event, tag="device.restarted", frozen=True, kw_only=True):
    """A device was found to have started anew, and how that was seen."""

    device: str
    detail: str


class ConditionPassed(Event, tag="condition.passed", frozen=True, kw_only=True):
    """A condition that raised no alarm is over: it was shorter than its on-delay, or excused."""

    alarm: AlarmKey
    """The alarm that it would have raised."""
    text: Text
    """What it was, such as a brief sag of the mains or a self-test."""
    excused: bool
    lasted: float
    """Seconds from the first reading that said so to the first that did not: it lasted no longer."""
    evidence: Evidence
    """The newest reading that said so."""
    count: int = 1
    """How often it came since it was told last: in a storm most are only counted."""


class JournalOverflowed(Event, tag="journal.overflowed", frozen=True, kw_only=True):
    """Events that could not be kept while the store was away, by kind."""

    lost: dict[str, int]


class JournalPruned(Event, tag="journal.pruned", frozen=True, kw_only=True):
    """The oldest events are deleted, by age or by size of the journal; it begins behind them from here on."""

    upto: str
    """Id of the last event that goes."""
    hash: str
    """Its hash (SHA-256, hexadecimal): what the first event that stays is chained to."""
    count: int
    """How many go."""
    reason: str
    """`age` or `size`."""


AnyBoxEvent = (
    OrderRefused
    | BoxStarted
    | BoxStopped
    | ConfigurationChanged
    | DeviceRestarted
    | ConditionPassed
    | JournalOverflowed
    | JournalPruned
)
