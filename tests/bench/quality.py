"""`python -m tests.bench.quality [EVENTS …]`: what `linewarden quality` costs on long journals. Prints figures; holds them to no bar.

Each journal is written by the real store: five months of alarms of sixty kinds that come, are acknowledged and clear, with storms
between. The command runs in a process of its own, as a person would call it.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from agent.core.events import AlarmAcknowledged, AlarmCleared, AlarmRaised, AnyEvent, Evidence
from agent.core.inputs import Door, Origin
from agent.core.model import AlarmKey, ClockQuality, Instant, Layer, Severity, Text
from agent.store.engine import Engine
from agent.store.records import Entry
from tests.cli.journals import Branch, entry

MONTHS = 150 * 86_400.0
WRITES = 5000
LONG = Text("UPS on battery, the load will be dropped soon", "UPS 转电池供电，即将断电，请立即处理")
EVIDENCE = Evidence("ups.status", "OB LB", delay=15.0, crossed=1.0, sampled=2.0)
LI = Origin("li.na", Door.PANEL, "192.0.2.7")
MEASURE = """
import resource, sys, time
sys.argv[0] = "linewarden"
from agent.cli import main
main(standalone_mode=False)
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss, file=sys.stderr)
"""


def events(count: int, end: float) -> Iterator[AnyEvent]:
    """So many alarm events up to a wall time."""
    chance, step = random.Random(4207), MONTHS / count
    occurrences: dict[int, int] = {}
    wall = end - MONTHS
    for number in range(count // 3):
        wall += step * (0.02 if number % 400 < 40 else 3.3) * chance.uniform(0.5, 1.5)
        kind = min(chance.randrange(60), chance.randrange(60))
        occurrence = occurrences[kind] = occurrences.get(kind, 0) + 1
        key = AlarmKey(f"device-{kind % 12}", f"alarm-{kind}")
        severity = chance.choice((Severity.WARNING, Severity.MINOR, Severity.MINOR, Severity.MAJOR))
        yield AlarmRaised(
            at=_at(wall, 0),
            alarm=key,
            occurrence=occurrence,
            code="101",
            severity=severity,
            layer=Layer.POWER,
            text=LONG,
            action=LONG,
            causes=LONG,
            evidence=EVIDENCE,
        )
        yield AlarmAcknowledged(at=_at(wall, 1), alarm=key, occurrence=occurrence, by=LI)
        yield AlarmCleared(at=_at(wall, 2), alarm=key, occurrence=occurrence, evidence=EVIDENCE)


def _at(wall: float, after: float) -> Instant:
    return Instant(wall + after - 1e9, wall + after, ClockQuality.NTP, "boot")


def fill(data: Path, entries: Iterator[Entry]) -> None:
    """Writes a journal."""
    with closing(Engine(data, suffix=lambda: "bench")) as engine:
        for number, one in enumerate(entries):
            engine.append([one])
            if number % WRITES == 0:
                engine.commit()
        engine.commit()


def measure(site: Path, *arguments: str) -> str:
    """Seconds and memory of one call."""
    command = [sys.executable, "-c", MEASURE, "quality", "--site", str(site), "--json", *arguments]
    began = time.monotonic()
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."}
    )
    cpu, kilobytes = done.stderr.split()[-2:]
    return f"{time.monotonic() - began:6.1f} s, {float(cpu):6.1f} s CPU, peak {int(kilobytes) / 1024:.0f} MB"


def main(counts: list[int]) -> None:
    """Prints a line for each journal and period."""
    for count in counts:
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
            now = time.time()
            branch = Branch(Path(folder), now)
            fill(branch.data, map(entry, events(count, now)))
            size = sum(path.stat().st_size for path in branch.data.iterdir()) / 1e6
            for days in (7, 150):
                print(
                    f"{count:9,} events ({size:.0f} MB), {days:3} days: {measure(branch.site, '--days', str(days))}"
                )


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1_000, 200_000])
