"""What the journal must keep though it is old: the beginning of everything that still stands. Pure.

Were the snapshot lost, a replay from these events on would still give what stands now.
"""

from msgspec import Struct

from agent.core.events import AlarmRaised, AnyEvent, LimitEvent, SuppressionBegan
from agent.core.state import Durable
from agent.core.suppression.nouns import Suppression


class Needs(Struct, frozen=True):
    """What stands now, by the events that it began with."""

    alarms: frozenset[tuple[str, int]]
    """Id and occurrence of each alarm on the list."""
    suppressions: tuple[Suppression, ...]
    changes: frozenset[tuple[str, str, float]]
    """Alarm, boot and monotonic second of each change of a limit that is in force: its wall time may be dated anew."""

    def include(self, event: AnyEvent) -> bool:
        """Whether an event is the beginning of something that still stands."""
        match event:
            case AlarmRaised():
                return (event.alarm.id, event.occurrence) in self.alarms
            case SuppressionBegan():
                return event.suppression in self.suppressions
            case LimitEvent():
                return (event.alarm.id, event.at.boot, event.at.mono) in self.changes
            case _:
                return False


def needs_of(durable: Durable) -> Needs:
    """What stands now."""
    return Needs(
        frozenset((one.id, one.occurrence) for one in durable.alarms.alarms.values() if one.listed),
        tuple(held.suppression for held in durable.suppressions.values()),
        frozenset(
            (id_, number.at.boot, number.at.mono)
            for id_, override in durable.overrides.items()
            for number in override.numbers.values()
        ),
    )
