"""The short-lived process that reads trends: one request on its input, one `TrendView` on its output, then it is gone.

It is niced, reads on a connection that cannot write, and dies at its deadline, whatever it is doing.
"""

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from agent import api
from agent.store.errors import StoreError
from agent.store.trends import question
from agent.store.trends.bucket import BUCKET, HOUR, Bucket, Column, Kind
from agent.store.trends.database import TrendDatabase
from agent.store.trends.question import CELLS_MAX, Known, Request

DEADLINE = 6
"""Seconds."""
NICE = 10


def main() -> None:
    """Answer the one request."""
    os.nice(NICE)
    signal.alarm(DEADLINE)
    request = question.decode(sys.stdin.buffer.read())
    sys.stdout.buffer.write(api.encode(answer(request)))


def answer(request: Request) -> api.TrendView | api.Failed:
    """The trends that a request asks for."""
    try:
        with ExitStack() as stack:
            path = Path(request.path)
            db = stack.enter_context(closing(TrendDatabase(path, read_only=True))) if path.exists() else None
            return _view(request, _steps(_buckets(db, request), request.step))
    except StoreError as error:
        return api.Failed("unreadable", str(error))


def _buckets(db: TrendDatabase | None, request: Request) -> Iterator[Bucket]:
    """Stored and unwritten buckets in the finest length that the step allows, in order."""
    length = HOUR if request.step % HOUR == 0 else BUCKET
    first = int(request.start // request.step) * request.step
    unwritten = _merged(request.unwritten, length)
    finest = db.first(BUCKET) if db is not None else None
    for start in range(first, -int(-request.end // length) * length, length):
        bucket = _stored(db, request.device, start, length, finest) if db is not None else None
        waiting = unwritten.get(start)
        if bucket is not None and waiting is not None:
            bucket.merge(waiting)
        if bucket is not None or waiting is not None:
            yield bucket or waiting  # type: ignore[misc]  # one of them is there


def _stored(db: TrendDatabase, device: str, start: int, length: int, finest: int | None) -> Bucket | None:
    """What is stored of one stretch; an hour that is not rolled up yet is made of its five minutes."""
    stored = db.one(length, device, start)
    if stored is not None or length == BUCKET or finest is None or start + HOUR <= finest:
        return stored
    minutes = (db.one(BUCKET, device, begin) for begin in range(start, start + HOUR, BUCKET))
    return _merged([bucket for bucket in minutes if bucket is not None], HOUR).get(start)


def _merged(buckets: Iterable[Bucket], length: int) -> dict[int, Bucket]:
    """Buckets by start, brought to a length."""
    merged: dict[int, Bucket] = {}
    for bucket in buckets:
        start = bucket.start // length * length
        known = merged.setdefault(start, bucket)
        if known is bucket:
            bucket.start = start
        else:
            known.merge(bucket)
    return merged


def _steps(buckets: Iterable[Bucket], step: int) -> Iterator[Bucket]:
    """Buckets in order, merged into steps."""
    current: Bucket | None = None
    for bucket in buckets:
        start = bucket.start // step * step
        if current is not None and current.start == start:
            current.merge(bucket)
            continue
        if current is not None:
            yield current
        current, current.start = bucket, start
    if current is not None:
        yield current


def _view(request: Request, buckets: Iterator[Bucket]) -> api.TrendView:
    """As many buckets as fit into one answer."""
    most = max(1, CELLS_MAX // max(1, len(request.points)))
    points = [_Point(known) for known in request.points]
    starts: list[int] = []
    polls: list[int] = []
    clock: list[str] = []
    until = request.end
    for bucket in buckets:
        if len(starts) == most:
            until = float(bucket.start)
            break
        starts.append(bucket.start)
        polls.append(bucket.polls)
        clock.append(bucket.quality.value)
        for point in points:
            point.add(bucket.columns.get(point.known.name))
    made = [point.made() for point in points]
    return api.TrendView(
        request.device, request.start, request.end, request.step, until, starts, polls, clock, made
    )


class _Point:
    """Collects the lists of one point."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._kind = Kind.NONE
        self._columns: list[tuple[int, int, float | None, float | None, float | None]] = []
        self._words: list[dict[str, int]] = []

    def add(self, column: Column | None) -> None:
        """Take in one bucket."""
        if column is None or not column.count:
            self._columns.append((0, column.bad if column else 0, None, None, None))
            self._words.append({})
            return
        self._kind = column.kind
        self._words.append(column.words or {})
        numbers = (None, None, None)
        if column.kind is not Kind.WORD:
            numbers = (column.low, _rounded(column), column.high)  # type: ignore[assignment]  # the other case
        self._columns.append((column.count, column.bad, *numbers))

    def made(self) -> api.TrendPoint:
        """The point with all its buckets."""
        count, bad, low, mean, high = (
            map(list, zip(*self._columns, strict=True)) if self._columns else ([],) * 5
        )
        return api.TrendPoint(
            name=self.known.name,
            text=self.known.text,
            unit=self.known.unit,
            kind=self._kind.name.lower(),
            limits=self.known.limits,
            count=count,
            bad=bad,
            low=low,
            mean=mean,
            high=high,
            words=self._words if self._kind is Kind.WORD else [],
        )


def _rounded(column: Column) -> float:
    """The mean with as many digits as it can have: it is stored as a share of the range."""
    spread = column.high - column.low
    return round(column.mean, 6) if spread < 1000 else round(column.mean, 3)


if __name__ == "__main__":
    main()
