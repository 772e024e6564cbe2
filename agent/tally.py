"""What the agent counts of its own work, for whoever watches the watcher."""

from collections.abc import Mapping

from agent import api
from agent.core.inputs import Input, Polled, PollFailed


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
