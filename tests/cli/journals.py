"""Journals for the tests of commands that need no running agent: a site, its real core, and its real store."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from agent.config.load import load
from agent.core.engine import step
from agent.core.events import AnyEvent, encode, kind, subject
from agent.core.inputs import Door, Input, Order, Origin, Polled, Started, Tick, Verb
from agent.core.model import ClockQuality, Instant, Value
from agent.core.state import new_state
from agent.store.engine import Engine
from agent.store.records import Entry, Record

SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"
language = "{language}"

[agent]
data_dir = "{data}"

[[device]]
id = "ups-1"
profile = "megatec"
layer = "power"
serial = "/dev/ttyUSB0"

[[input]]
name = "cabinet-door"
pin = 5
severity = "warning"
text = {{ en = "Cabinet door open", zh = "机柜门打开" }}
"""
LI = Origin("li.na", Door.PANEL)
CALM: dict[str, Value] = {"ups.status": "OL", "ups.load": 40, "ups.temperature": 30}


def entry(event: AnyEvent) -> Entry:
    """An event as the corridor hands it to the store."""
    return Entry(kind(event), subject(event), event.at.wall, encode(event))


class Branch:
    """A branch whose core is driven by a test and whose journal is on the disk.

    Args:
        folder: where the site file and the data directory are.
        now: wall seconds at which it begins.
    """

    def __init__(self, folder: Path, now: float, language: str = "en") -> None:
        self.site, self.data = folder / "site.toml", folder / "data"
        self.data.mkdir()
        self.site.write_text(SITE.format(language=language, data=self.data))
        self.state = new_state(load(self.site).branch)
        self.mono, self.wall = 1000.0, now
        self.events: list[AnyEvent] = []
        self._written = 0
        self.give(Started("1", "0"))

    def give(self, given: Input) -> None:
        """Gives one input to the core."""
        now = Instant(self.mono, self.wall, ClockQuality.NTP, "boot")
        self.events += step(self.state, given, now)

    def live(self, seconds: float, every: float = 5.0, **points: Value) -> None:
        """Time passes with a poll every few seconds; `ups_status="OB"` overrides one point."""
        changed = {name.replace("_", "."): value for name, value in points.items()}
        for _ in range(int(seconds / every)):
            self.mono += every
            self.wall += every
            self.give(Tick())
            self.give(Polled("ups-1", {**CALM, **changed}))
            self.give(Polled("room", {"cabinet-door": False}))

    def acknowledge(self, alarm: str) -> None:
        """Li Na takes care of an alarm."""
        self.give(Order("o-1", Verb.ACKNOWLEDGE, LI, alarm))

    def write(self) -> list[Record]:
        """Puts what happened since the last time on the disk, in an epoch of its own."""
        new = self.events[self._written :]
        self._written = len(self.events)
        return write(self.data, map(entry, new))


def write(data: Path, entries: Iterable[Entry]) -> list[Record]:
    """Appends to the journal of a data directory."""
    with closing(Engine(data, suffix=lambda: "test")) as engine:
        records = list(engine.append(entries))
        engine.commit()
    return records
