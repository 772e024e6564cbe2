"""The offsets that a journal holds, and the times of its entries by them: nothing that is stored is written anew. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Struct

from agent.core.dating import Offset, Offsets, corrected, is_step
from agent.core.events import ClockOffset, kind_of
from agent.core.model import ClockQuality, Instant
from agent.store.records import Record

KIND = kind_of(ClockOffset)


class _Head(Struct):
    """What is read of any entry, whichever version wrote it."""

    at: Instant


class _Offset(Struct):
    boot_id: str
    offset: float
    uncertainty: float | None = None
    source: ClockQuality = ClockQuality.UNSYNCED


_head = msgspec.json.Decoder(_Head)
_offset = msgspec.json.Decoder(_Offset)


class Correction(NamedTuple):
    """The time of an entry as it is known now."""

    wall: float
    uncertainty: float | None
    """Seconds either way; None where nobody can say."""


def gather(records: Iterable[Record], known: dict[str, Offset]) -> None:
    """Add the offsets that records hold to those that are known; what cannot be read is left out."""
    for record in records:
        if record.entry.kind == KIND:
            _learn(record.entry.body, known)


def _learn(body: bytes, known: dict[str, Offset]) -> None:
    try:
        told = _offset.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    known[told.boot_id] = Offset(told.offset, told.uncertainty, told.source)


def correction(record: Record, offsets: Offsets) -> Correction | None:
    """The time of an entry where that is another one than was written, by more than a second; else None."""
    if not offsets:
        return None
    try:
        at = _head.decode(record.entry.body).at
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    wall = corrected(at, offsets)
    return Correction(wall, offsets[at.boot].uncertainty) if is_step(at.wall, wall) else None


def wall_of(record: Record, offsets: Offsets) -> float:
    """The wall seconds of an entry by all that is known."""
    found = correction(record, offsets)
    return record.entry.wall if found is None else found.wall
