"""A bucket as bytes: some 100 bytes for twenty points. Pure.

The points stand in the order of a *shape*, a list of names that the store keeps once. Head: the number of the shape, quality, number of
polls. Each point begins with one byte that says what follows: kind, whether the count differs from the number of
polls, decimal digits, whether the value was constant. Numbers are whole numbers of the last decimal digit, the mean
is a share of the way from lowest to highest (in 65,535ths), and what has no short decimal form is a double.
"""

import struct
from collections.abc import Callable, Sequence

from agent.core.model import ClockQuality
from agent.store.trends.bucket import Bucket, Column, Kind

_QUALITIES = tuple(ClockQuality)
_POWERS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
_DOUBLE = 7
"""Stands for the number of digits where low and high are doubles."""
_SHARES = 65_535
_EXACT = 2**53
_COUNTED, _CONSTANT = 0x04, 0x40


class Torn(ValueError):  # noqa: N818  # the state of the bytes
    """The bytes are no bucket."""


def encode(bucket: Bucket, number: int, shape: Sequence[str], number_of: Callable[[str], int]) -> bytes:
    """A bucket as bytes.

    Args:
        bucket: what to store.
        number: the number of the shape.
        shape: names that contain those of all points of the bucket.
        number_of: the number of a word that the store knows, 0 for one it will not learn.
    """
    out = bytearray()
    _put(out, number)
    _put(out, _QUALITIES.index(bucket.quality))
    _put(out, bucket.polls)
    for name in shape:
        column = bucket.columns.get(name)
        if column is None:
            out.append(0)
        else:
            _put_column(out, column, bucket.polls, number_of)
    return bytes(out)


def decode(
    body: bytes,
    device: str,
    start: int,
    shape_of: Callable[[int], Sequence[str]],
    word_of: Callable[[int], str],
) -> Bucket:
    """A bucket from its bytes.

    Raises:
        Torn: the bytes are no bucket of this shape.
    """
    try:
        source = _Source(body)
        shape = shape_of(source.take())
        quality, polls = _QUALITIES[source.take()], source.take()
        bucket = Bucket(device, start, quality, polls, {})
        for name in shape:
            column = source.column(polls, word_of)
            if column is not None:
                bucket.columns[name] = column
        source.end()
    except (IndexError, KeyError, ValueError, struct.error) as error:
        raise Torn(f"a bucket of {device}: {error}") from error
    return bucket


def _put(out: bytearray, number: int) -> None:
    """A number from 0 on, seven bits a byte, the lowest first."""
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _put_signed(out: bytearray, number: int) -> None:
    _put(out, number << 1 if number >= 0 else (-number << 1) - 1)


def _put_column(out: bytearray, column: Column, polls: int, number_of: Callable[[str], int]) -> None:
    counted = _COUNTED if column.count != polls or column.bad else 0
    digits = max(_digits(column.low), _digits(column.high)) if column.kind is Kind.NUMBER else 0
    constant = _CONSTANT if column.low == column.high else 0
    # Never 0, which stands for a point of which nothing was heard.
    out.append(column.kind | counted | digits << 3 | constant)
    if counted:
        _put(out, column.count)
        _put(out, column.bad)
    if column.kind is Kind.NUMBER:
        _put_number(out, column, digits)
    elif column.kind is Kind.FLAG:
        _put(out, int(column.total))
    elif column.kind is Kind.WORD:
        _put_words(out, column, number_of)


def _put_number(out: bytearray, column: Column, digits: int) -> None:
    constant = column.low == column.high
    if digits == _DOUBLE:
        out += struct.pack("<d", column.low)
        if not constant:
            out += struct.pack("<d", column.high)
    else:
        low, high = (round(value * _POWERS[digits]) for value in (column.low, column.high))
        _put_signed(out, low)
        if not constant:
            _put(out, high - low)
    if not constant:
        share = (column.mean - column.low) / (column.high - column.low)
        out += struct.pack("<H", max(0, min(_SHARES, round(share * _SHARES))))


def _put_words(out: bytearray, column: Column, number_of: Callable[[str], int]) -> None:
    words = column.words or {}
    _put(out, len(words))
    for word, times in words.items():
        number = number_of(word)
        _put(out, number)
        if not number:
            raw = word.encode(errors="replace")
            _put(out, len(raw))
            out += raw
        _put(out, times)


def _digits(value: float) -> int:
    """How many decimal digits a value has; `_DOUBLE` for one that is better kept as it is."""
    if isinstance(value, int):
        return 0 if -(2**64) < value < 2**64 else _DOUBLE
    if -_EXACT < value * _POWERS[-1] < _EXACT:
        for digits, power in enumerate(_POWERS):
            if round(value * power) / power == value:
                return digits
    return _DOUBLE


def _part(whole: int, power: int) -> float:
    """A number from its last decimal digits. A counter of 64 bits is no double: what is whole stays whole."""
    return whole / power if whole % power else whole // power


class _Source:
    """Bytes that are taken one thing after the other."""

    __slots__ = ("_body", "_place")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._place = 0

    def end(self) -> None:
        if self._place != len(self._body):
            raise ValueError("too long")

    def take(self) -> int:
        number = shift = 0
        while True:
            byte = self._body[self._place]
            self._place += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def raw(self, size: int) -> bytes:
        taken = self._body[self._place : self._place + size]
        if len(taken) < size:
            raise ValueError("too short")
        self._place += size
        return taken

    def column(self, polls: int, word_of: Callable[[int], str]) -> Column | None:
        head = self.raw(1)[0]
        if not head:
            return None
        column = Column(Kind(head & 0x03), polls)
        if head & _COUNTED:
            column.count, column.bad = self.take(), self.take()
        if column.kind is Kind.NUMBER:
            self._number(column, head >> 3 & 0x07, constant=bool(head & _CONSTANT))
        elif column.kind is Kind.FLAG:
            column.total = self.take()
            column.low, column.high = int(column.total == column.count), int(column.total > 0)
        elif column.kind is Kind.WORD:
            column.words = dict(self._word(word_of) for _ in range(self.take()))
        return column

    def _number(self, column: Column, digits: int, *, constant: bool) -> None:
        if digits == _DOUBLE:
            column.low = self._double()
            column.high = column.low if constant else self._double()
        else:
            whole, power = self._signed(), _POWERS[digits]
            top = whole if constant else whole + self.take()
            column.low, column.high = _part(whole, power), _part(top, power)
        share = 0.0 if constant else struct.unpack("<H", self.raw(2))[0] / _SHARES
        column.total = (column.low + (column.high - column.low) * share) * column.count

    def _double(self) -> float:
        value: float = struct.unpack("<d", self.raw(8))[0]
        return value

    def _signed(self) -> int:
        number = self.take()
        return -(number + 1 >> 1) if number & 1 else number >> 1

    def _word(self, word_of: Callable[[int], str]) -> tuple[str, int]:
        number = self.take()
        word = word_of(number) if number else self.raw(self.take()).decode()
        return word, self.take()
