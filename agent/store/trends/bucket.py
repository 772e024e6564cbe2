"""A roll-up: what the points of one device were over one stretch of wall time. Pure."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

from msgspec import Struct

from agent.core.model import Bad, ClockQuality, Value

BUCKET = 300
"""Seconds of a bucket; buckets begin at multiples of it since 1970 (UTC)."""
HOUR = 3600

LARGEST = 1e300
"""What is beyond is no measurement, and its sums would overflow."""
WORDS_MAX = 8
"""Different words that one column tells apart; all further ones are counted as `OTHER_WORDS`."""
WORD_LENGTH_MAX = 40
OTHER_WORDS = "…"

_NUMBERS = frozenset({int, float})
_QUALITIES = tuple(ClockQuality)


class Kind(IntEnum):
    """What a point tells: numbers, yes and no, or words. `NONE` before anything good was heard."""

    NONE = 0
    NUMBER = 1
    FLAG = 2
    WORD = 3


_NUMBER = Kind.NUMBER
_KINDS: dict[type, Kind] = {float: _NUMBER, int: _NUMBER, bool: Kind.FLAG, str: Kind.WORD}


class Column(Struct):
    """One point over the bucket. A flag counts as 1 and 0, so that its mean is its share of the time."""

    kind: Kind = Kind.NONE
    count: int = 0
    """Good values."""
    bad: int = 0
    """Answers that could not be believed; they are in no other figure."""
    low: float = 0
    high: float = 0
    total: float = 0
    """Sum of the good values."""
    words: dict[str, int] | None = None
    """How often each word was told; None for what is no word."""

    @property
    def mean(self) -> float:
        """The mean of the good values; 0 where there are none."""
        return self.total / self.count if self.count else 0.0

    def add(self, values: Sequence[Any]) -> None:
        """Take in the values of some polls. A point is of one kind: where one value is a number, all good ones are.

        Written out at length, since it runs for each point all the time. Sorting is the fastest way to both ends.
        """
        first = values[0]
        if type(first) in _NUMBERS and self.kind <= _NUMBER:
            try:
                ordered = sorted(values)
                total = sum(ordered)
            except TypeError:
                total = LARGEST  # not all are good
            if -LARGEST < total < LARGEST:
                if not self.count:
                    self.kind, self.low, self.high = _NUMBER, ordered[0], ordered[-1]
                else:
                    self.low = min(self.low, ordered[0])
                    self.high = max(self.high, ordered[-1])
                self.count += len(ordered)
                self.total += total
                return
        elif values.count(first) == len(values):
            self.add_same(first, len(values))
            return
        for value in values:
            self.add_same(value, 1)

    def add_same(self, value: Value | Bad, times: int) -> None:
        """Take in one value that was told so many times."""
        kind = _kind(value)
        if kind is Kind.NONE or (self.kind and kind is not self.kind):
            self.bad += times
        elif isinstance(value, str):
            self._count_word(value[:WORD_LENGTH_MAX], times)
        elif not isinstance(value, Bad):
            number = int(value) if kind is Kind.FLAG else value
            self._extend(kind, times, number, number, number * times)

    def merge(self, other: "Column") -> None:
        """Take in what the same point was in another stretch of time."""
        self.bad += other.bad
        if not other.count:
            return
        if self.kind and self.kind is not other.kind:
            self.bad += other.count
        elif other.kind is Kind.WORD:
            for word, times in (other.words or {}).items():
                self._count_word(word, times)
        else:
            self._extend(other.kind, other.count, other.low, other.high, other.total)

    def _extend(self, kind: Kind, count: int, low: float, high: float, total: float) -> None:
        if not self.count:
            self.kind, self.low, self.high = kind, low, high
        elif low < self.low or high > self.high:
            self.low, self.high = min(self.low, low), max(self.high, high)
        self.count += count
        self.total += total

    def _count_word(self, word: str, times: int) -> None:
        words = self.words = {} if self.words is None else self.words
        self.kind = Kind.WORD
        self.count += times
        if word not in words and len(words) >= WORDS_MAX:
            word = OTHER_WORDS
        words[word] = words.get(word, 0) + times


class Bucket(Struct):
    """All points of one device over one stretch of wall time."""

    device: str
    start: int
    """Seconds since 1970 (UTC)."""
    quality: ClockQuality
    """The worst that the clock was meanwhile."""
    polls: int = 0
    """Answers of the device."""
    columns: dict[str, Column] = {}

    def column(self, point: str) -> Column:
        """The column of a point, a new one at its first value."""
        column = self.columns.get(point)
        if column is None:
            column = self.columns[point] = Column()
        return column

    def merge(self, other: "Bucket") -> None:
        """Take in another stretch of the same device's time."""
        self.quality = worse(self.quality, other.quality)
        self.polls += other.polls
        for point, column in other.columns.items():
            self.column(point).merge(column)


def worse(one: ClockQuality, other: ClockQuality) -> ClockQuality:
    """The quality that may be believed less."""
    return _QUALITIES[min(_QUALITIES.index(one), _QUALITIES.index(other))]


def add_poll(bucket: Bucket, values: Mapping[str, Value | Bad], times: int = 1) -> None:
    """Take one poll into a bucket, or so many that were alike."""
    for point, value in values.items():
        bucket.column(point).add_same(value, times)


def _kind(value: Value | Bad) -> Kind:
    kind = _KINDS.get(type(value), Kind.NONE)
    if kind is Kind.NUMBER and not -LARGEST < value < LARGEST:  # type: ignore[operator]  # it is a number
        return Kind.NONE
    return kind
