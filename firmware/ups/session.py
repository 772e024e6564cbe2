"""The dialogue with one Megatec UPS over one line: who are you once, how are you each time."""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from firmware.errors import FrameError, LineLost, LineTimeout
from firmware.ups import megatec
from firmware.ups.megatec import Identity, Pack, Ratings, Readings, Status

T = TypeVar("T")

IDENTIFY_TRIES = 2
"""Polls in which a UPS that leaves F or I unanswered is asked for it; many small ones know only Q1."""


class Line(Protocol):
    """What the dialogue needs of a line; `firmware.line.SerialLine` is one."""

    def exchange(self, request: bytes, until: bytes = b"\r", deadline: float = 3.0, cap: int = 4096) -> bytes:
        """Send a request and give the answer up to and including `until`."""


class MegatecUps:
    """A Megatec UPS, read only. Blocks; belongs to the worker thread of its line.

    Args:
        line: the wire.
        pack: what the site knows of the battery.
        deadline: seconds for one question, its repetition included. Slow UPSs take 2 s for an answer.
        status_request: the question for the status; Mustek's variant of the dialect asks "QS".
    """

    def __init__(
        self,
        line: Line,
        pack: Pack | None = None,
        deadline: float = 5.0,
        status_request: bytes = megatec.STATUS,
    ) -> None:
        self._line = line
        self._pack = pack
        self._deadline = deadline
        self._status_request = status_request
        self._layouts = {megatec.REGULAR_LAYOUT}
        self._forget()

    def poll(self) -> Readings:
        """Give the present readings by NUT name; None marks a value the UPS does not know.

        Raises:
            LineTimeout: the UPS does not answer.
            FrameError: it answers, twice, with what is no status.
            LineLost: the line is absent or was unplugged; the UPS is identified anew after that.
        """
        try:
            status = self._status()
            self._identify()
        except LineLost:
            self._forget()
            raise
        return megatec.readings(status, self._ratings, self._identity, self._pack)

    def _forget(self) -> None:
        """Another UPS may hang on the line next time."""
        self._ratings: Ratings | None = None
        self._identity: Identity | None = None
        self._asked = 0

    def _identify(self) -> None:
        if self._asked >= IDENTIFY_TRIES:
            return
        self._asked += 1
        if self._ratings is None:
            self._ratings = self._optional(megatec.RATINGS, megatec.parse_ratings)
        if self._identity is None:
            self._identity = self._optional(megatec.IDENTITY, megatec.parse_identity)

    def _optional(self, request: bytes, parse: Callable[[bytes], T]) -> T | None:
        """Ask what not every UPS can answer."""
        try:
            return parse(self._line.exchange(request, deadline=self._deadline / 2))
        except (LineTimeout, FrameError):
            return None

    def _status(self) -> Status:
        """Ask for the status, once more after a garbled answer.

        A frame of unusual widths may be a regular one that lost a byte, which moves its flags and could tell of a
        power failure that is none. It is believed when the next one has the same widths.
        """
        end = time.monotonic() + self._deadline
        first: Status | None = None
        try:
            first = self._ask(end)
        except FrameError:
            return self._trusted(self._ask(end), None)
        return first if first.layout in self._layouts else self._trusted(self._ask(end), first)

    def _trusted(self, status: Status, before: Status | None) -> Status:
        if before is not None and before.layout == status.layout:
            self._layouts.add(status.layout)
        if status.layout not in self._layouts:
            raise FrameError(f"the status frame has unusual widths {status.layout}")
        return status

    def _ask(self, end: float) -> Status:
        left = max(0.0, end - time.monotonic())
        return megatec.parse_status(self._line.exchange(self._status_request, deadline=left))
