"""What the panel has heard of the agent: whether it answers, and how far its changes have come. Shared by threads."""

import threading
from collections import Counter
from collections.abc import Callable

from agent import api


class News:
    """Keeps the latest only; a tag names it, for one who shows the branch or one device.

    Args:
        told: called, from whichever thread brought the news, whenever a tag may have changed.
    """

    def __init__(self, told: Callable[[], None] = lambda: None) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._last = api.Change("", 0)
        self._present = False
        self._absences = 0
        self._readings: Counter[str] = Counter()

    @property
    def present(self) -> bool:
        """Whether the agent answers."""
        return self._present

    def take(self, change: api.Change) -> None:
        """A notice of the agent."""
        with self._lock:
            if change.run != self._last.run:
                self._readings.clear()
            is_new = not self._present or bool(change.devices) or change != self._last
            self._last, self._present = change, True
            self._readings.update(change.devices)
        if is_new:
            self._told()

    def lost(self) -> None:
        """The agent does not answer."""
        with self._lock:
            was_present, self._present = self._present, False
            self._absences += was_present
        if was_present:
            self._told()

    def tag(self, device: str = "") -> str:
        """Names what is known now of the branch, or of one device of it; another tag: look again."""
        with self._lock:
            if not self._present:
                return f"away-{self._absences}"
            branch = f"{self._last.run}-{self._last.revision}"
            return f"{branch}-{self._readings[device]}" if device else branch
