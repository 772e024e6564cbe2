"""Which alarms the disk knows: what may be published now, and with which place in the journal. Pure.

MQTT waits for the commit. While the store is degraded it does not: then an alarm is published at once, marked as not
durable and without a number, and again with its number when the store has caught up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

Reference = tuple[str, int]
"""Epoch (as text) and seq of an event."""


class Ledger:
    """Follows events from their decision to the disk.

    Args:
        references: where the last event of each listed alarm stands.
    """

    def __init__(self, references: Mapping[str, Reference]) -> None:
        self._references = dict(references)
        self._unwritten: Counter[str] = Counter()
        self.degraded = False

    def reference(self, alarm: str) -> Reference | None:
        """Where the alarm's last event stands; None while it is not on the disk."""
        return None if self._unwritten[alarm] else self._references.get(alarm)

    def durable(self, alarm: str) -> bool:
        """Whether the disk knows the alarm as it is."""
        return not self._unwritten[alarm]

    def decided(self, alarms: Iterable[str]) -> set[str]:
        """Events about these alarms were handed to the store; returns what may be published already."""
        changed = [alarm for alarm in alarms if alarm]
        self._unwritten.update(changed)
        return set(changed) if self.degraded else set()

    def committed(self, places: Iterable[tuple[str, Reference]]) -> set[str]:
        """Events are on the disk; returns the alarms to publish."""
        changed: set[str] = set()
        for alarm, reference in places:
            if not alarm:
                continue
            self._references[alarm] = reference
            self._unwritten[alarm] -= 1
            if self._unwritten[alarm] <= 0:
                del self._unwritten[alarm]
            changed.add(alarm)
        return {alarm for alarm in changed if self.degraded or self.durable(alarm)}

    def health(self, *, degraded: bool) -> set[str]:
        """The store failed or came back; returns the alarms to publish."""
        self.degraded = degraded
        return set(self._unwritten) if degraded else set()

    def snapshot_covers(self) -> set[str]:
        """A snapshot of the present state is on its way: events that were dropped will never be committed."""
        stranded = set(self._unwritten)
        self._unwritten.clear()
        return stranded
