"""Buckets that can be told from each other, and a writer that is waited for."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from agent.core.model import ClockQuality, Instant
from agent.store.trends.bucket import BUCKET, Bucket, Column, Kind
from agent.store.trends.database import FILE, TrendDatabase
from agent.store.trends.writer import Keep, TrendWriter
from tests.waiting import wait_for

START = 1_800_000_000
DEVICES = [f"device-{number}" for number in range(10)]


def bucket(number: int, device: str = "ups-1", polls: int = 30) -> Bucket:
    """Bucket `number` of a device; its values tell both."""
    low = float(number)
    columns = {
        "v": Column(Kind.NUMBER, polls, 0, low, low + 2, (low + 1) * polls),
        "word": Column(Kind.WORD, polls, words={"OL": polls - 1, f"at {number % 5}": 1}),
    }
    return Bucket(device, START + number * BUCKET, ClockQuality.NTP, polls, columns)


def now(number: int, quality: ClockQuality = ClockQuality.NTP) -> Instant:
    """A moment after the end of bucket `number`."""
    seconds = (number + 1) * BUCKET + 20.0
    return Instant(1000.0 + seconds, START + seconds, quality, "boot")


def batch(number: int) -> list[Bucket]:
    """Bucket `number` of every device."""
    return [bucket(number, device) for device in DEVICES]


def write(writer: TrendWriter, numbers: Iterable[int]) -> None:
    """Have batches written, one after the other."""
    for number in numbers:
        wanted = writer.written + len(DEVICES)
        writer.submit(batch(number), now(number))
        wait_for(lambda count=wanted: writer.written >= count, timeout=60, what=f"batch {number}")


def open_writer(folder: Path, keep: Keep | None = None) -> TrendWriter:
    """A writer as the agent has it."""
    return TrendWriter(folder, keep or Keep(), lambda: "aside")


def stored(
    folder: Path, length: int = BUCKET, device: str = "ups-1", numbers: range = range(500)
) -> list[Bucket]:
    """What the file holds of a device, read beside whoever writes."""
    first = START // length * length
    with closing(TrendDatabase(folder / FILE, read_only=True)) as db:
        found = [db.one(length, device, first + number * length) for number in numbers]
    return [one for one in found if one is not None]
