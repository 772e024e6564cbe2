"""The words of the journal: what is appended, and what it becomes once it has a number and a hash."""

import math
import re
from typing import NamedTuple, Self

import msgspec

MAX_BODY = 4 << 20
"""Bytes of one body. Larger evidence belongs in a file whose digest the event carries."""

_EPOCH = re.compile(r"([0-9]{1,15})-([0-9a-z]{1,32})")


class Position(NamedTuple):
    """A place in the journal: the epoch's number and the sequence number within it; places are ordered."""

    epoch: int
    seq: int


START = Position(0, 0)
"""The place before the first event of the first epoch."""


class Epoch(msgspec.Struct, frozen=True, order=True):
    """One unbroken run of sequence numbers: `number` orders, number and `suffix` together identify."""

    number: int
    suffix: str

    def __str__(self) -> str:
        return f"{self.number}-{self.suffix}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads the text form, for example `7-k3f9`.

        Raises:
            ValueError: the text is no epoch.
        """
        match = _EPOCH.fullmatch(text)
        if match is None:
            raise ValueError(f"not an epoch (want for example 7-k3f9): {text!r}")
        return cls(int(match[1]), match[2])


class Entry(msgspec.Struct, frozen=True):
    """What is appended; the store does not look inside `body`.

    Attributes:
        kind: what happened, a word of the application.
        subject: what it happened to; `last_of` finds by it.
        wall: seconds since 1970 by the box's wall clock, which orders nothing.
        body: the rest, encoded by the application; at most `MAX_BODY` bytes.

    Raises:
        ValueError: a field could not be stored and read back unchanged.
    """

    kind: str
    subject: str
    wall: float
    body: bytes

    def __post_init__(self) -> None:
        # Refused here, in the hands of whoever made it: in the writer thread it would be too late.
        if not math.isfinite(self.wall):
            raise ValueError(f"wall time is not a finite number: {self.wall}")
        if len(self.body) > MAX_BODY:
            raise ValueError(f"body of {len(self.body)} bytes, at most {MAX_BODY}")
        self.kind.encode()
        self.subject.encode()

    @property
    def size(self) -> int:
        """Roughly the bytes it takes in memory and on disk."""
        return len(self.kind) + len(self.subject) + len(self.body) + 64


class Record(msgspec.Struct, frozen=True):
    """An entry in its place, with the hash that chains it to the one before."""

    epoch: Epoch
    seq: int
    entry: Entry
    hash: bytes

    @property
    def id(self) -> str:
        """Unique for ever within one site, for example `7-k3f9:12`."""
        return f"{self.epoch}:{self.seq}"

    @property
    def position(self) -> Position:
        """Where it stands."""
        return Position(self.epoch.number, self.seq)
