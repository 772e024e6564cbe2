"""From polls to buckets: remembers what each device answered and rolls it up. Pure; costs next to nothing a poll.

A poll is only put on a list. Every `FOLD` polls of a device its list is folded, column by column, by functions that
run in C, so that neither time nor memory grows with the number of polls.
"""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from agent.core.model import Bad, ClockQuality, Instant, Value
from agent.store.trends.bucket import BUCKET, Bucket, Column, add_poll, worse

FOLD = 24
"""Polls of a device between two folds."""
WHOLE = 36
"""A device that is polled no more often in a bucket is folded once, at its end."""
STEP = 2.0
"""Seconds by which wall time may move against monotonic time within a bucket; more is a step of the clock."""
CLOSED_MAX = 5_000
"""Closed buckets that wait to be fetched; what comes after is counted as dropped."""

Values = Mapping[str, Value | Bad]


class _Open:
    """The bucket of a device that is being filled."""

    __slots__ = (
        "bucket",
        "columns",
        "end",
        "fold_at",
        "getter",
        "names",
        "offset",
        "phase",
        "quality",
        "samples",
        "still",
        "times",
    )

    def __init__(self, bucket: Bucket, now: Instant, phase: int) -> None:
        self.bucket = bucket
        self.end = bucket.start + BUCKET
        self.offset = now.wall - now.mono
        self.quality = now.quality
        self.fold_at = self.phase = phase
        self.samples: list[Values] = []
        self.names: tuple[str, ...] = ()
        self.getter: Callable[[Values], tuple[Any, ...]] = itemgetter("")
        self.columns: list[Column] = []
        self.still: Values = {}
        self.times = 0

    def holds(self, now: Instant) -> bool:
        """Whether a moment belongs to this bucket."""
        return now.wall < self.end and -STEP < now.wall - now.mono - self.offset < STEP

    def fold(self) -> None:
        """Roll up what is on the list."""
        samples, self.samples = self.samples, []
        self.fold_at = FOLD
        self.bucket.polls += len(samples)
        if len(set(map(id, samples))) == 1:
            self._note_still(samples[0], len(samples))
        elif not self._fold_columns(samples):
            for values in samples:
                add_poll(self.bucket, values)

    def finish(self) -> Bucket:
        """The bucket with everything so far."""
        self.fold()
        self._note_still({}, 0)
        return self.bucket

    def _note_still(self, values: Values, times: int) -> None:
        """A source hands over the very same mapping while nothing changes: that is only counted."""
        if values is self.still:
            self.times += times
            return
        if self.times:
            add_poll(self.bucket, self.still, self.times)
        self.still, self.times = values, times

    def _fold_columns(self, samples: list[Values]) -> bool:
        """Roll up column by column; False if the answers do not have the same points."""
        names = tuple(samples[-1]) if samples else ()
        if len(names) < 2 or set(map(len, samples)) != {len(names)}:
            return False
        if names != self.names:
            self.names, self.getter = names, itemgetter(*names)
            self.columns = [self.bucket.column(name) for name in names]
        try:
            every = zip(*map(self.getter, samples), strict=True)
        except KeyError:
            return False
        for column, values in zip(self.columns, every, strict=True):
            column.add(values)
        return True


class Recorder:
    """Rolls up the polls of all devices.

    A bucket is closed by the first poll after its end, by a step of the clock, or by `harvest`. There may be several
    of one device and start: whoever stores them merges them.
    """

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}
        self._closed: list[Bucket] = []
        self.dropped = 0
        """Closed buckets for which there was no room."""

    def take(self, device: str, values: Values, now: Instant) -> None:
        """Remember one answer of a device. The mapping must not change afterwards."""
        filling = self._open.get(device)
        if (
            filling is None
            or now.wall >= filling.end
            or not -STEP < now.wall - now.mono - filling.offset < STEP
        ):
            filling = self._renew(device, now)
        samples = filling.samples
        samples.append(values)
        if now.quality is not filling.quality:
            self._note_quality(filling, now.quality)
        if len(samples) >= filling.fold_at:
            filling.fold()

    def harvest(self, now: Instant) -> list[Bucket]:
        """All buckets that have ended by now, also those of devices that went silent."""
        for device in [device for device, filling in self._open.items() if not filling.holds(now)]:
            self._close(self._open.pop(device))
        return self._fetch()

    def flush(self) -> list[Bucket]:
        """Everything there is: the box ends."""
        for filling in self._open.values():
            self._close(filling)
        self._open.clear()
        return self._fetch()

    def unwritten(self, device: str) -> list[Bucket]:
        """The buckets of a device that nobody has fetched yet, the unfinished one last; to be looked at at once."""
        filling = self._open.get(device)
        own = [bucket for bucket in self._closed if bucket.device == device]
        return own if filling is None else [*own, filling.finish()]

    def _fetch(self) -> list[Bucket]:
        closed, self._closed = self._closed, []
        return closed

    def _renew(self, device: str, now: Instant) -> _Open:
        known = self._open.get(device)
        if known is not None:
            self._close(known)
        bucket = Bucket(device, int(now.wall // BUCKET) * BUCKET, now.quality, columns={})
        # The first fold of each device comes after another number of polls: devices that are polled together
        # neither fold at the same moment nor have their longest lists at the same time.
        filling = _Open(bucket, now, known.phase if known else 1 + 7 * len(self._open) % FOLD)
        if known is not None and known.bucket.polls <= WHOLE:
            filling.fold_at = WHOLE
        self._open[device] = filling
        return filling

    def _close(self, filling: _Open) -> None:
        bucket = filling.finish()
        if len(self._closed) < CLOSED_MAX:
            self._closed.append(bucket)
        else:
            self.dropped += 1

    def _note_quality(self, filling: _Open, quality: ClockQuality) -> None:
        filling.quality = quality
        filling.bucket.quality = worse(filling.bucket.quality, quality)
