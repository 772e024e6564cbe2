"""That something has changed, for whoever looks on: a number that grows, told a few times a second at most.

A notice says where to look again, never what is there: who gets it asks for what they show. A slow reader therefore
has no backlog; its next notice says all that it missed.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from agent import api
from agent.core.annunciator import Indication
from agent.core.events import AnyEvent
from agent.core.inputs import Input, Polled, PollFailed

EVERY = 0.25
"""Seconds between two notices at least; the first after a silence goes out at once."""
HEARTBEAT = 5.0
"""Seconds between two notices at most: who hears nothing for longer has lost the agent."""


class _Follower:
    """One who looks on, and what it has not been told yet."""

    def __init__(self) -> None:
        self.devices: set[str] = set()
        self.wake = asyncio.Event()


class Changes:
    """Counts what changes and tells followers. Belongs to the loop.

    Args:
        run: tells this run of the agent from the one before it.
    """

    def __init__(self, run: str) -> None:
        self._run = run
        self._revision = 0
        self._followers: set[_Follower] = set()
        self._answers: dict[str, str] = {}
        self._shown: Indication | None = None

    @property
    def revision(self) -> int:
        """Grows with each change of the branch as a whole: alarms, lamps, who answers, the box itself."""
        return self._revision

    def noted(self, given: Input, events: Sequence[AnyEvent]) -> None:
        """An input went through the core, and this came of it."""
        device = ""
        moved = bool(events)
        if isinstance(given, Polled | PollFailed):
            device = given.device
            answer = given.cause if isinstance(given, PollFailed) else ""
            moved = moved or self._answers.get(device) != answer
            self._answers[device] = answer
        if moved:
            self._revision += 1
        if moved or device:
            self._tell(device)

    def touched(self) -> None:
        """The box itself is not what it was: journal, broker, clock."""
        self._revision += 1
        self._tell("")

    def showing(self, show: Callable[[Indication], None]) -> Callable[[Indication], None]:
        """`show`, with what is new in it noted."""

        def shown(indication: Indication) -> None:
            if indication != self._shown:
                self._shown = indication
                self.touched()
            show(indication)

        return shown

    def _tell(self, device: str) -> None:
        for one in self._followers:
            if device:
                one.devices.add(device)
            one.wake.set()

    async def follow(self) -> AsyncGenerator[api.Change, None]:
        """What has changed since the notice before; the first says how things stand, and comes at once."""
        follower = _Follower()
        self._followers.add(follower)
        try:
            while True:
                follower.wake.clear()
                devices, follower.devices = sorted(follower.devices), set()
                yield api.Change(self._run, self._revision, devices)
                await asyncio.sleep(EVERY)
                await _wait(follower.wake, HEARTBEAT - EVERY)
        finally:
            self._followers.discard(follower)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, or its time is up."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
