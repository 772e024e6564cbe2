"""A small box: a real journal and the MQTT output over it, on an event loop of its own.

Run as a program, it publishes to a port until it is killed: `python -m tests.outputs.box FOLDER PORT [BROKER_JSON]`.
"""

import asyncio
import itertools
import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from msgspec.structs import replace

from agent import mqtt_contract as contract
from agent.config.site import Broker
from agent.core.dating import Offsets
from agent.core.model import Text
from agent.outputs.mqtt import MqttOutput, Pace
from agent.store.batch import Committed
from agent.store.engine import Engine
from agent.store.records import START, Entry
from agent.store.state import Limits, StoreState
from agent.store.writer import Writer
from tests.parts.loop import LoopThread
from tests.waiting import wait_for

SITE = "sh-0042"
TOPICS = contract.Topics(SITE)
QUICK = Pace(status=0.02, turn=0.02, reread=0.5, retry_first=0.02, retry_most=0.2, settled=0.0)
LONG_AGO = 1.6e9
BODY = b'{"what": [1, "\\u6f22"]}'


class Room:
    """A source whose state the test sets by hand."""

    def __init__(self) -> None:
        self.list: dict[str, contract.AlarmMessage] = {}
        self.temperature = {"ups-1": 20.0, "pbx-1": 30.0}
        self.epoch = ""
        self.changed: list[contract.ChangedLimit] = []
        self.clock = "ntp"

    def status(self, *, online: bool, mqtt: str) -> contract.StatusMessage:
        """Say how it is."""
        now = contract.iso(time.time())
        return contract.StatusMessage(
            online, "boot-1", self.epoch, now, "0", "hash", self.clock, 0, mqtt, "healthy", now
        )

    def alarms(self) -> Mapping[str, contract.AlarmMessage]:
        """Give the list."""
        return self.list

    def alarm(self, id_: str) -> contract.AlarmMessage | None:
        """Give one alarm."""
        return self.list.get(id_)

    def papers(self) -> Mapping[str, contract.MaintenanceMessage | contract.LimitsMessage]:
        """Nothing is suppressed; some limits are changed on site."""
        return {
            "maintenance": contract.MaintenanceMessage([], [], contract.iso(LONG_AGO)),
            "limits": contract.LimitsMessage(self.changed),
        }

    def offsets(self) -> Offsets:
        """The clock was always right."""
        return {}

    def devices(self) -> Sequence[str]:
        """Give the devices."""
        return list(self.temperature)

    def device(self, id_: str) -> contract.DeviceMessage:
        """Give a device."""
        points = {"ups.temperature": contract.ReadingMessage(self.temperature[id_], "good", "°C")}
        return contract.DeviceMessage(id_, id_, "power", True, "", None, points)


def alarm(id_: str, text: str = "on battery") -> contract.AlarmMessage:
    """One alarm of the list."""
    resource, _, kind = id_.partition(".")
    now = contract.iso(LONG_AGO)
    return contract.AlarmMessage(
        resource,
        kind,
        "",
        False,
        "major",
        text,
        "none",
        now,
        now,
        now,
        1,
        "A1",
        "power",
        Text("x", "x"),
        Text("y", "y"),
        [],
        [],
        [],
        None,
        [],
        False,
        [],
        None,
        False,
        "1-x",
        1,
        True,
    )


def changed_limit(alarm: str) -> contract.ChangedLimit:
    """A limit that somebody changed on site."""
    number = contract.ChangedNumber(95.0, 90.0, "li.na", "panel", "summer", contract.iso(LONG_AGO))
    return contract.ChangedLimit(
        alarm, alarm.partition(".")[0], Text("x", "x"), "ups.load", "%", {"raise_above": number}
    )


class Box:
    """Opens a journal, runs the output, and takes orders from a test.

    Args:
        folder: of the journal.
        port: the broker's.
        pace: times.
        suffix: of the epoch it opens, if it does.
        broker: more of the broker's settings.
        alarms: ids of the alarms on the list.
        memory: where the version of MQTT is remembered.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        pace: Pace = QUICK,
        suffix: str = "box",
        broker: Mapping[str, Any] | None = None,
        alarms: Sequence[str] = (),
        memory: Path | None = None,
    ) -> None:
        self.links: list[bool] = []
        self.room = Room()
        self.room.list = {id_: alarm(id_) for id_ in alarms}
        self.submitted = self.committed = 0
        self._thread = LoopThread()
        suffixes = (f"{suffix}{n}" for n in itertools.count())
        engine = Engine(folder, suffix=lambda: next(suffixes))
        cursor = engine.cursor("mqtt") or START
        backlog = len(engine.after(*cursor, 1_000_000))
        self.room.epoch = str(engine.epoch)
        self._output: MqttOutput | None = None
        self.writer = Writer(
            folder,
            lambda reason: Engine(folder, suffix=lambda: next(suffixes), reason=reason),
            lambda done: self._post(self._on_commit, done),
            lambda state: self._post(self._on_state, state),
            lambda counts: Entry("overflow", "", 0.0, json.dumps(counts).encode()),
            engine=engine,
            limits=Limits(cursor_delay=0.02),
        )
        settings = Broker(**({"host": "127.0.0.1", "port": port} | dict(broker or {})))
        self._make = lambda: MqttOutput(
            settings,
            "linewarden-test",
            SITE,
            self.room,
            self.writer,
            cursor,
            backlog,
            self.links.append,
            pace,
            memory=memory,
        )
        self.output = self._output = self._thread.call(self._make)
        self._task = self._thread.call(lambda: asyncio.ensure_future(self.output.run()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- orders -----------------------------------------------------------------------------------------------------

    def submit(self, count: int, wall: float = LONG_AGO, body: bytes = BODY) -> None:
        """Have events journalled."""
        self.submitted += count
        for _ in range(count):
            self.writer.submit([Entry("test.happened", "ups-1.on-battery", wall, body)])

    def raise_alarm(self, id_: str, text: str = "on battery") -> None:
        """Put an alarm on the list, or change it."""
        self._thread.call(self._change, id_, alarm(id_, text))

    def drop_alarm(self, id_: str) -> None:
        """Take an alarm off the list."""
        self._thread.call(self._change, id_, None)

    def change_limits(self, *alarms: str) -> None:
        """Have these limits, and no others, be changed on site."""
        self._thread.call(self._change_limits, [changed_limit(id_) for id_ in alarms])

    def warm_up(self, device: str, temperature: float, *, urgent: bool) -> None:
        """Change a reading."""

        def change() -> None:
            self.room.temperature[device] = temperature
            if urgent:
                self.output.device_changed(device)

        self._thread.call(change)

    def set_clock(self, quality: str) -> None:
        """Change the quality of the clock."""

        def change() -> None:
            self.room.clock = quality
            self.output.state_changed()

        self._thread.call(change)

    def responds(self) -> bool:
        """Whether the loop is free."""
        return self._thread.call(lambda: True)

    def await_up(self) -> None:
        """Wait for the connection."""
        wait_for(lambda: self.output.connected, 60, "the box to connect")

    def await_drained(self, timeout: float = 90) -> None:
        """Wait until the broker has confirmed every event."""
        wait_for(lambda: self.committed == self.submitted and not self.output.backlog, timeout, "the drain")

    def stop(self, *, farewell: bool = True) -> None:
        """End it in good order, or without a word to the broker."""
        if self._output is None:
            return
        self._thread.run(self._end(farewell=farewell))
        self.writer.stop(20)
        self._output = None
        self._thread.stop()

    async def _end(self, *, farewell: bool) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        link = self.output._link
        await self.output.close() if farewell else self.output._drop()
        if link is not None:
            await asyncio.to_thread(link.join, 20)

    # --- on the loop --------------------------------------------------------------------------------------------------

    def _post(self, call: Any, what: object) -> None:
        if not self._thread.loop.is_closed():
            self._thread.loop.call_soon_threadsafe(call, what)

    def _change(self, id_: str, message: contract.AlarmMessage | None) -> None:
        if message is None:
            self.room.list.pop(id_, None)
        else:
            self.room.list[id_] = replace(message)
        self.output.alarms_changed([id_])

    def _change_limits(self, changed: list[contract.ChangedLimit]) -> None:
        self.room.changed = changed
        self.output.papers_changed()

    def _on_commit(self, done: Sequence[Committed]) -> None:
        count = sum(len(one.records) for one in done)
        self.committed += count
        if self._output is not None:
            self.output.events_committed(count)

    def _on_state(self, state: StoreState) -> None:
        self.room.epoch = str(state.epoch or "")
        if self._output is not None:
            self.output.state_changed()


if __name__ == "__main__":
    settings = json.loads(sys.argv[3]) if len(sys.argv) > 3 else None
    with Box(Path(sys.argv[1]), int(sys.argv[2]), broker=settings) as box:
        box.await_up()
        threading.Event().wait()
