"""What the agent counts and logs of its own work, for whoever watches the watcher."""

from collections.abc import Mapping

from agent import api
from agent.core import events as core_events
from agent.core.events import AnyEvent
from agent.core.inputs import Input, Origin, Polled, PollFailed


class Tally:
    """Counts polls by device. Belongs to the loop."""

    def __init__(self) -> None:
        self._polls: dict[str, tuple[int, int]] = {}

    def noted(self, given: Input) -> None:
        """An input went through the core."""
        if isinstance(given, Polled | PollFailed):
            polls, failures = self._polls.get(given.device, (0, 0))
            self._polls[given.device] = (polls + 1, failures + isinstance(given, PollFailed))

    @property
    def polls(self) -> Mapping[str, api.Polls]:
        """Polls and failures by device."""
        return {device: api.Polls(*counted) for device, counted in self._polls.items()}


def extra_of(event: AnyEvent) -> dict[str, str]:
    """What a line of the log says of an event beside its kind."""
    extra = {}
    if isinstance(event, core_events.AlarmEvent | core_events.LimitEvent):
        extra = {"alarm": event.alarm.id, "device": event.alarm.resource}
    by = getattr(event, "by", None)
    if isinstance(by, Origin):
        extra |= {"by": by.name, "door": by.door.value}
    if isinstance(event, core_events.OrderRefused):
        extra |= {"verb": event.verb.value, "reason": event.reason}
    return extra
