"""How the agent's own parts do: who still gets on, and who died or cannot be opened, for the watchdog and for people."""

import threading
from collections.abc import Callable

from msgspec import Struct

from agent.core.inputs import Input
from agent.progress import Progress
from agent.sources.pace import SLOWEST
from firmware.host.files import Readings

Post = Callable[[Input], None]

CORRIDOR, OWN_HEALTH, STORE, MQTT = "corridor", "own health", "store writer", "mqtt"
WIRED = frozenset({"lamps", "room", "buttons"})
"""The parts that hang on the pins."""
ESSENTIAL_SECONDS = 20.0
"""Seconds without a beat after which an essential part counts as stuck; own health gives all of them work each second."""
MQTT_SECONDS = 180.0
"""The same for the MQTT loop, which pauses up to a minute between two attempts."""
STEADY = 60.0
"""Seconds that a part must have run since it last died before that is over."""
FAILED = "failed"
"""The word of a reading that says that something has failed, before what it is."""
FINE = "fine"
LONGEST = 200
"""Characters of a reading."""


class _Failure(Struct):
    error: str
    runs_since: float | None = None


class Parts:
    """Remembers which parts failed, until they have run for a while again. May be told from any thread.

    Args:
        mono: monotonic seconds.
    """

    def __init__(self, mono: Callable[[], float]) -> None:
        self._mono = mono
        self._lock = threading.Lock()
        self._failures: dict[str, _Failure] = {}
        self.progress = Progress()

    def told(self, part: str, error: str) -> None:
        """A part died of something or could not be opened; or, without an error, it runs."""
        with self._lock:
            if error:
                self._failures[part] = _Failure(error)
            elif (failure := self._failures.get(part)) is not None and failure.runs_since is None:
                failure.runs_since = self._mono()

    def failing(self) -> dict[str, str]:
        """What is wrong with each part that failed lately or is stuck, by its name."""
        now = self._mono()
        stuck = dict.fromkeys(self.progress.stuck(now), "does not get on")
        with self._lock:
            over = [part for part, failure in self._failures.items() if _is_over(failure, now)]
            for part in over:
                del self._failures[part]
            return stuck | {part: failure.error for part, failure in self._failures.items()}

    def readings(self) -> Readings:
        """`parts.state` and `wires.state`: `fine`, or `failed` and what of which part."""
        failing = self.failing()
        wires = {part: error for part, error in failing.items() if part in WIRED}
        others = {part: error for part, error in failing.items() if part not in WIRED}
        return {"parts.state": _line(others), "wires.state": _line(wires)}

    def beating(self, part: str, within: float, post: Post) -> Post:
        """What a part is to post by instead: each time it does, it has got on."""
        progress = self.progress
        progress.expect(part, within, self._mono())

        def posted(given: Input) -> None:
            progress.beat(part, self._mono())
            post(given)

        return posted


def _is_over(failure: _Failure, now: float) -> bool:
    return failure.runs_since is not None and now - failure.runs_since >= STEADY


def patience(interval: float = 10.0) -> float:
    """Seconds without a word after which a part that speaks at this interval is stuck; dead devices are asked less often."""
    return 3 * max(interval, SLOWEST) + SLOWEST


def _line(failing: dict[str, str]) -> str:
    told = "; ".join(f"{part}: {error}" for part, error in sorted(failing.items()))
    return f"{FAILED} {told}"[:LONGEST] if told else FINE
