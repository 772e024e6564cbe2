"""Trends in the running agent: polls into the recorder, buckets to the disk, questions to a process of their own."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from agent import api
from agent.clock import Clock
from agent.core.branch import Branch
from agent.core.model import REACHABLE, Bad, Device, Instant, Point, Value
from agent.store.epochs import random_suffix
from agent.store.trends import question as questions
from agent.store.trends.bucket import BUCKET
from agent.store.trends.database import FILE
from agent.store.trends.question import Known, Request
from agent.store.trends.recorder import Recorder
from agent.store.trends.writer import Keep, TrendWriter

log = logging.getLogger(__name__)

LINGER = 20.0
"""Seconds after the end of a bucket until it is written: most devices are polled meanwhile."""
AT_ONCE = 2
"""Readers that may run at the same time."""
WAITING_MAX = 6
"""Questions that may wait for one of them; the next is refused."""
PATIENCE = 8.0
"""Seconds for an answer, waiting included: less than a client's patience, more than a reader's deadline."""
END_SECONDS = 3.0
READER = (sys.executable, "-P", "-m", "agent.store.trends.reader")


class Trends:
    """Records what devices answer and tells it again.

    Args:
        branch: what is watched.
        data_dir: where the file lives.
        keep: how long rows are kept.
        clock: tells now.
        in_force: a device with the limits that are in force, which may have been changed on site.
    """

    def __init__(
        self,
        branch: Branch,
        data_dir: Path,
        keep: Keep,
        clock: Clock,
        *,
        in_force: Callable[[Device], Device] = lambda device: device,
    ) -> None:
        self._branch = branch
        self._in_force = in_force
        self._path = data_dir / FILE
        self._clock = clock
        self._recorder = Recorder()
        self.writer = TrendWriter(data_dir, keep, random_suffix)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    def take(self, device: str, values: Mapping[str, Value | Bad], now: Instant) -> None:
        """Record one answer of a device."""
        self._recorder.take(device, values, now)

    async def run(self) -> None:
        """Hand each bucket to the disk a little after its end, until cancelled."""
        while True:
            now = self._clock.now()
            await asyncio.sleep(BUCKET - now.wall % BUCKET + LINGER)
            self._harvest()

    def _harvest(self) -> None:
        now = self._clock.now()
        buckets = self._recorder.harvest(now)
        if buckets:
            self.writer.submit(buckets, now)

    async def close(self) -> None:
        """Write what there is, the unfinished buckets too."""
        buckets = self._recorder.flush()
        if buckets:
            self.writer.submit(buckets, self._clock.now())
        if not await asyncio.to_thread(self.writer.stop, END_SECONDS):
            log.error("trends: the last minutes were not written before the end")

    # --- questions -----------------------------------------------------------------------------------------------

    async def answer(self, question: api.AskTrend) -> api.Failed | msgspec.Raw:
        """Answer a question: a `TrendView` as the reader encoded it, or why there is none."""
        device = self._branch.devices.get(question.device)
        if device is None:
            return api.Failed("unknown", f"no device {question.device}")
        try:
            request = self._request(question, self._in_force(device))
        except KeyError as error:
            return api.Failed("unknown", f"{question.device} has no point {error.args[0]}")
        except ValueError as error:
            return api.Failed("refused", str(error))
        if self._waiting >= WAITING_MAX:
            return api.Failed("busy", "too many questions about trends at once; ask again in a moment")
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE), self._free:
                return await _read(request)
        except TimeoutError:
            return api.Failed("late", "the trends could not be read in time; ask for less")
        finally:
            self._waiting -= 1

    def _request(self, question: api.AskTrend, device: Device) -> Request:
        start, end, step = questions.span_of(question, self._clock.now().wall)
        names = question.points or tuple(device.points)
        return Request(
            path=str(self._path),
            device=device.id,
            points=[_known(device, device.points[name]) for name in names],
            start=start,
            end=end,
            step=step,
            unwritten=[one for one in self._recorder.unwritten(device.id) if start - step < one.start < end],
        )


def _known(device: Device, point: Point) -> Known:
    limits = []
    for rule in device.rules:
        if rule.point != point.name or rule.point == REACHABLE:
            continue
        for value, above in ((rule.limit.raise_above, True), (rule.limit.raise_below, False)):
            if value is not None:
                limits.append(api.TrendLimit(value, above, rule.severity.word, rule.text))
    return Known(point.name, point.text, point.unit, limits)


async def _read(request: Request) -> api.Failed | msgspec.Raw:
    """Have a process of its own read; it is ended with the question."""
    reader = await asyncio.create_subprocess_exec(
        *READER,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    try:
        told, _ = await reader.communicate(questions.encode(request))
    except asyncio.CancelledError:
        reader.kill()
        await reader.wait()
        raise
    if reader.returncode or not told:
        log.warning("trends: the reader ended with %s", reader.returncode)
        return api.Failed("late", "the trends could not be read in time; ask for less")
    return msgspec.Raw(told.rstrip(b"\n"))
