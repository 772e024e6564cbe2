"""`python -m tests.bench.trends`: what trends cost on this machine. Prints figures; holds them to no bar.

Virtual time: the real recorder and the real writer's thread are fed a day of a hundred devices of twenty points each
ten seconds, as fast as they take it. The machine's disk cache is flushed after each batch, as the kernel does within
half a minute in real time, so that a page that is touched by two batches counts twice. `BENCH_DIR` chooses the disk.
"""

import os
import random
import resource
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.core.model import ClockQuality, Instant, Text, Value
from agent.store.trends.bucket import BUCKET, HOUR, Bucket
from agent.store.trends.database import FILE, TrendDatabase
from agent.store.trends.question import Known, Request, encode
from agent.store.trends.reader import answer
from agent.store.trends.recorder import Recorder
from agent.store.trends.schema import PERIODS
from agent.store.trends.writer import Keep, TrendWriter
from agent.trends import LINGER, READER
from tests.waiting import wait_for

DEVICES = 100
INTERVAL = 10
DAY = 86_400
START = 1_800_000_000 // DAY * DAY
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
NAMES = [f"device-{number}" for number in range(DEVICES)]
POINTS = [f"point.{number}" for number in range(20)]


class Branch:
    """Devices whose points live as such points do: counters, noise, constants, flags and words.

    Args:
        restless: all twenty points are floats that change with each poll, which is the worst for the recorder.
    """

    def __init__(self, *, restless: bool = False) -> None:
        self._chance = random.Random(4207)
        self._restless = restless
        self._counters = [self._chance.randrange(2**40) for _ in range(DEVICES * 4)]

    def poll(self, device: int) -> dict[str, Value]:
        """One answer."""
        chance = self._chance.random
        if self._restless:
            return {name: chance() * 1e6 for name in POINTS}
        values: list[Value] = []
        for number in range(device * 4, device * 4 + 4):
            self._counters[number] += int(chance() * 100_000)
            values.append(self._counters[number])
        values += [round(230 + chance() * 4, 1) for _ in range(6)]
        values += [50.0, 1500, 27.3, 100, 6, 1]
        values += [True, chance() < 0.01]
        values += ["OL", "OB" if chance() < 0.01 else "OL"]
        return dict(zip(POINTS, values, strict=True))


def instant(seconds: float) -> Instant:
    """So many seconds into the day."""
    return Instant(1000.0 + seconds, START + seconds, ClockQuality.NTP, "bench")


def written_bytes() -> int:
    """Bytes that this process had the kernel write to a disk."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))


def row(name: str, value: str) -> None:
    """Print one figure."""
    print(f"  {name:<66}{value}")


def record(folder: Path) -> None:
    """Record the day; print what it cost."""
    recorder, branch = Recorder(), Branch()
    writer = TrendWriter(folder, Keep(), lambda: "bench")
    before, recording, writing, polls = written_bytes(), 0.0, 0.0, 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    due = BUCKET + LINGER
    for seconds in range(0, DAY + BUCKET, INTERVAL):
        now = instant(seconds)
        if seconds < DAY:
            answers = [branch.poll(device) for device in range(DEVICES)]
            began = time.process_time()
            for device, values in zip(NAMES, answers, strict=True):
                recorder.take(device, values, now)
            recording += time.process_time() - began
            polls += DEVICES
        if seconds >= due:
            due += BUCKET
            began = time.process_time()
            buckets = recorder.harvest(now)
            wanted = writer.written + len(buckets)
            writer.submit(buckets, now)
            wait_for(lambda count=wanted: writer.written >= count, what="the batch")
            writing += time.process_time() - began
            os.sync()
    writer.submit(recorder.flush(), instant(DAY + BUCKET))
    assert writer.stop(60)
    assert not writer.dropped
    os.sync()
    values = polls * len(POINTS) / 1000
    print(f"a day of {DEVICES} devices x {len(POINTS)} points every {INTERVAL} s, in virtual time:")
    row("CPU per 1,000 values: recorder", f"{recording * 1000 / values:.3f} ms")
    row(
        "CPU per 1,000 values: harvest, writer, roll-ups (waiting included)",
        f"{writing * 1000 / values:.3f} ms",
    )
    row("CPU per poll of 20 points: recorder", f"{recording / polls * 1e6:.2f} us")
    row("bytes written (write_bytes of the kernel)", f"{(written_bytes() - before) / 1e6:.1f} MB")
    row("size of trends.db", f"{(folder / FILE).stat().st_size / 1e6:.1f} MB")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    row("growth of the whole process (RSS), the bench's own values included", f"{grown / 1024:.1f} MB")


def fill(folder: Path, days: int) -> None:
    """Copy the recorded day into the days before it, without measuring."""
    db = TrendDatabase(folder / FILE)
    for start in range(START, START + DAY, BUCKET):
        copies: list[Bucket] = []
        for device in NAMES:
            for back in range(1, days):
                one = db.one(BUCKET, device, start)
                assert one is not None
                one.start -= back * DAY
                copies.append(one)
        db.write(copies)
    for hour in range(START - (days - 1) * DAY, START, HOUR):
        db.roll_up([hour])
    db.close()


def ask(folder: Path, days: int) -> None:
    """Ask for some days of one device as the agent does; print how long it takes."""
    step = BUCKET if days == 1 else HOUR
    points = [Known(name, Text(name, name), "") for name in POINTS]
    request = Request(str(folder / FILE), NAMES[7], points, START + DAY - days * DAY, START + DAY, step)
    raw = encode(request)
    walls, cpus, size = [], [], 0
    for _ in range(9):
        used, began = cpu_of_children(), time.perf_counter()
        size = len(subprocess.run(READER, input=raw, capture_output=True, check=True, env=ENVIRONMENT).stdout)
        walls.append((time.perf_counter() - began) * 1000)
        cpus.append((cpu_of_children() - used) * 1000)
    db = TrendDatabase(folder / FILE, read_only=True)
    sql = best(lambda: _rows(db, step, request))
    db.close()
    inside = best(lambda: answer(request))
    print(f"{days * 24} h of one device ({size / 1000:.0f} kB of answer, median of 9):")
    row("whole reader process", f"{sorted(walls)[4]:.0f} ms, {sorted(cpus)[4]:.0f} ms of CPU")
    row("of that: rows out of SQLite", f"{sql:.1f} ms")
    row("of that: opening, rows, decoding, building the answer", f"{inside:.1f} ms")


def _rows(db: TrendDatabase, step: int, request: Request) -> int:
    number, period = db._names.known_device(request.device) or 0, PERIODS[step]
    found = 0
    for start in range(int(request.start), int(request.end), step):
        table = period.table(start // period.seconds)
        found += len(
            db._db.rows(
                f"SELECT place, body FROM {table} WHERE place = ?",  # noqa: S608  # a table of ours
                (start // step << 20 | number,),
            )
        )
    assert found == (request.end - request.start) // step
    return found


def cpu_of_children() -> float:
    """Seconds of CPU of all ended children."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def best(what: Callable[[], object]) -> float:
    """The best of some runs, in milliseconds."""
    runs = []
    for _ in range(5):
        began = time.perf_counter()
        what()
        runs.append((time.perf_counter() - began) * 1000)
    return min(runs)


def worst_case() -> Iterator[tuple[str, str]]:
    """All points restless, a poll each second: cost of a poll, and memory of the recorder alone."""
    for restless in (False, True):
        recorder, branch = Recorder(), Branch(restless=restless)
        minutes = [0.0] * (4 * BUCKET // 60)
        for second in range(4 * BUCKET):
            answers, now = [branch.poll(device) for device in range(DEVICES)], instant(second)
            began = time.process_time()
            for device, values in zip(NAMES, answers, strict=True):
                recorder.take(device, values, now)
            minutes[second // 60] += (time.process_time() - began) / DEVICES / 60 * 1e6
            if second % BUCKET == LINGER:
                recorder.harvest(now)
        name = "all points restless" if restless else "as above"
        mean = sum(minutes) / len(minutes)
        yield (
            f"CPU per poll of 20 points, {name}",
            f"{mean:.2f} us, in the quietest minute {min(minutes):.2f} us",
        )
    recorder, branch = Recorder(), Branch(restless=True)
    tracemalloc.start()
    for second in range(2 * BUCKET):
        now = instant(second)
        for number, device in enumerate(NAMES):
            recorder.take(device, branch.poll(number), now)
        if second % BUCKET == LINGER:
            recorder.harvest(now)
    yield (
        "memory of the recorder, most at any time (tracemalloc)",
        f"{tracemalloc.get_traced_memory()[1] / 1e6:.2f} MB",
    )
    tracemalloc.stop()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="linewarden-trends-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        record(folder)
        fill(folder, 7)
        ask(folder, 1)
        ask(folder, 7)
    print(f"a poll each second of {DEVICES} devices x {len(POINTS)} points:")
    for figure in worst_case():
        row(*figure)


if __name__ == "__main__":
    main()
