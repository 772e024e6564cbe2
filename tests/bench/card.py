"""`python -m tests.bench.card`: what a branch of twelve devices writes to the card in a day. Prints figures; holds them to no bar.

Virtual time, the real journal and the real trends on a small ext4 of their own where this machine lets us mount one: then
what its disk took is told, the file system's own journal included, besides what the kernel counts for the process. After each
event, each move of the cursor and each bucket of trends all dirty pages are flushed, as the kernel does within half a minute
in real time, so that a page that is touched twice counts twice.

Left out: the logs (journald), the panel, whatever else runs on the box, and what a card itself writes when it is told to write
a page, which may be many times that.
"""

import os
import random
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyrage

from agent.backup.make import make
from agent.core.events import AnyEvent
from agent.store.engine import Engine
from agent.store.pruning import STEP, Keep, plan
from agent.store.records import Entry
from agent.store.trends.bucket import BUCKET
from agent.store.trends.recorder import Recorder
from agent.store.trends.writer import Keep as TrendKeep
from agent.store.trends.writer import TrendWriter
from agent.trends import LINGER
from tests.bench import quality, trends
from tests.bench.trends import DAY, INTERVAL, NAMES, Branch, instant, row, written_bytes
from tests.cli.journals import entry
from tests.waiting import wait_for

DEVICES = 12
SNAPSHOT = 4000
"""Bytes of the core's state, as a branch of that size has it."""


@contextmanager
def disk() -> Iterator[tuple[Path, Callable[[], int | None]]]:
    """A directory, and how many bytes its disk has taken; None where it has none of its own."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        image, mounted = Path(name) / "image", Path(name) / "mounted"
        with image.open("wb") as file:
            file.truncate(1 << 30)
        mounted.mkdir()
        subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], check=True)
        done = subprocess.run(["mount", "-o", "loop", image, mounted], check=False, capture_output=True)
        if done.returncode:
            yield Path(name), lambda: None
            return
        number = mounted.stat().st_dev
        stat = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat")
        try:
            yield mounted, lambda: int(stat.read_text().split()[6]) * 512
        finally:
            subprocess.run(["umount", mounted], check=True)


def told(name: str, before: tuple[int, int | None], taken: Callable[[], int | None]) -> None:
    """Print what was written since."""
    os.sync()
    process, whole = (written_bytes() - before[0]) / 1e6, taken()
    disk_took = (
        "" if whole is None or before[1] is None else f", its disk took {(whole - before[1]) / 1e6:.1f} MB"
    )
    row(name, f"{process:.1f} MB{disk_took}")


def now(taken: Callable[[], int | None]) -> tuple[int, int | None]:
    """The counters."""
    os.sync()
    return written_bytes(), taken()


def journal_day(folder: Path, count: int) -> None:
    """So many events, each by itself, each confirmed by the broker by itself."""
    chance = random.Random(1)
    with closing(Engine(folder, suffix=lambda: "bench")) as engine:
        for number, one in enumerate(_events(count)):
            engine.append([entry(one)])
            if number % 500 == 499:
                engine.snapshot(chance.randbytes(SNAPSHOT))
            engine.commit()
            os.sync()
            engine.set_cursor("mqtt", *engine.last)
            engine.commit()
            os.sync()


def _events(count: int) -> Iterator[AnyEvent]:
    return iter(list(quality.events(count, float(trends.START + DAY)))[:count])


def trends_day(folder: Path) -> None:
    """A day of polls."""
    recorder, branch = Recorder(), Branch()
    writer = TrendWriter(folder, TrendKeep(), lambda: "bench")
    due = BUCKET + LINGER
    for seconds in range(0, DAY + BUCKET, INTERVAL):
        for number, device in enumerate(NAMES[:DEVICES]):
            recorder.take(device, branch.poll(number), instant(seconds))
        if seconds >= due:
            due += BUCKET
            buckets = recorder.harvest(instant(seconds))
            wanted = writer.written + len(buckets)
            writer.submit(buckets, instant(seconds))
            wait_for(lambda count=wanted: writer.written >= count, what="the batch")
            os.sync()
    assert writer.stop(60)


def prune(folder: Path, share: int) -> int:
    """Prune a journal down to a share of its size; returns how many events went."""
    with closing(Engine(folder, suffix=lambda: "bench")) as engine:
        engine.snapshot(b"state")
        engine.commit()
        size = (folder / "journal.db").stat().st_size
        found = plan(folder, Keep(1e9, size * share // 100), None, lambda _record: False).plan
        assert found is not None
        for step in found.steps:
            engine.prune(step, (), 2 * STEP)
            engine.commit()
            os.sync()
        return found.count


def fill(folder: Path, count: int) -> None:
    """A long journal."""
    with closing(Engine(folder, suffix=lambda: "bench")) as engine:
        batch: list[Entry] = []
        for one in quality.events(count, float(trends.START)):
            batch.append(entry(one))
            if len(batch) == 2000:
                engine.append(batch)
                engine.commit()
                batch = []
        engine.append(batch)
        engine.commit()


def main() -> None:
    """Measure a day."""
    with disk() as (root, taken):
        print(f"a day of {DEVICES} devices x 20 points every {INTERVAL} s:")
        before = now(taken)
        (root / "trends").mkdir()
        trends_day(root / "trends")
        told("trends", before, taken)
        for count in (90, 600, 6000):
            before = now(taken)
            journal_day(root / f"day-{count}", count)
            told(f"journal, {count} events, each committed and confirmed by itself", before, taken)
        fill(root / "long", 60_000)
        size = (root / "long" / "journal.db").stat().st_size / 1e6
        before = now(taken)
        gone = prune(root / "long", 95)
        told(f"pruning a journal of {size:.0f} MB by {gone} events", before, taken)
        (root / "etc").mkdir()
        (root / "etc" / "site.toml").write_text("x" * 4000)
        before = now(taken)
        make(
            root / "backup.age",
            site="bench",
            data_dir=root / "long",
            config_dir=root / "etc",
            recipients=[str(pyrage.x25519.Identity.generate().to_public())],
            own_key=root / "own.key",
            wall=0.0,
        )
        told(f"a backup of a journal of {size:.0f} MB", before, taken)


if __name__ == "__main__":
    main()
