"""`python -m tests.bench.drain`: how fast the backlog of an outage reaches a subscriber. Prints figures; exits with 1 if an event is missing or out of order.

A journal of real events is written, then the real agent is started beside a Mosquitto and drains it; a subscriber in a
process of its own notes when the first and the last event arrive. Beside it the same payloads are sent by paho alone,
which is the ceiling of anything that is built on it.
"""

import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import paho.mqtt.client as mqtt

from agent.core import events as core_events
from agent.mqtt_contract import Topics
from agent.store.engine import Engine
from agent.store.records import Entry
from tests.bench.branch_of import write_site
from tests.bench.corridor import cpu_seconds, row
from tests.core.branch import Room
from tests.parts.mosquitto import Mosquitto

EVENTS = int(os.environ.get("BENCH_EVENTS", "20000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
PATIENCE = 120.0
TOPIC = Topics("bench").event
PAHO_WINDOW = 200


class Heard(NamedTuple):
    """What the subscriber noted: seconds from first to last, and the payloads in the order of arrival."""

    seconds: float
    payloads: list[bytes]


def fill(data: Path) -> None:
    """Write a journal of real alarm events: a reading that goes to and fro over its limit."""
    room, made = Room(), 0
    suffix = iter(("bench", "again"))
    engine = Engine(data, suffix=lambda: next(suffix))
    while made < EVENTS:
        room.events.clear()
        while len(room.events) < min(1_000, EVENTS - made):
            room.mono += 1.0
            room.polled(ups_temperature=50.0 if room.mono % 2 else 20.0)
        page = room.events[: EVENTS - made]
        engine.append(
            Entry(core_events.kind(one), core_events.subject(one), one.at.wall, core_events.encode(one))
            for one in page
        )
        engine.commit()
        made += len(page)
    engine.close()


def listen(port: int, expected: int, out: Connection) -> None:
    """Subscribe, note everything until as many events have come, and hand it over; a process of its own.

    It speaks MQTT 3.1.1 by hand, so that what is measured is not the subscriber: a subscriber on paho takes as much CPU as the publisher.
    """
    payloads: list[bytes] = []
    first = last = 0.0
    with socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(_packet(0x10, _text("MQTT") + b"\x04\x02\x00\x00" + _text("bench-ear")))
        wire.sendall(_packet(0x82, b"\x00\x01" + _text(TOPIC) + b"\x01"))
        wire.settimeout(PATIENCE)
        rest = bytearray()
        while len(payloads) < expected and (data := wire.recv(1 << 18)):
            rest += data
            answers = bytearray()
            for kind, body in _packets(rest):
                if kind >> 4 == 9:
                    out.send("ready")
                elif kind >> 4 == 3:
                    length = 2 + int.from_bytes(body[:2], "big")
                    answers += b"\x40\x02" + body[length : length + 2]
                    payloads.append(bytes(body[length + 2 :]))
            if answers:
                last = time.perf_counter()
                first = first or last
                wire.sendall(answers)
    out.send(Heard(last - first, payloads))


def _text(word: str) -> bytes:
    return len(word).to_bytes(2, "big") + word.encode()


def _packet(kind: int, body: bytes) -> bytes:
    """A packet with a body below 128 bytes (MQTT 3.1.1, 2.2)."""
    return bytes((kind, len(body))) + body


def _packets(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """The whole packets of a buffer, which are taken out of it."""
    at = 0
    while True:
        length, shift, start = 0, 0, at + 1
        while start < len(buffer) and shift < 28:
            byte = buffer[start]
            length |= (byte & 0x7F) << shift
            start, shift = start + 1, shift + 7
            if byte < 0x80:
                break
        else:
            break
        if start + length > len(buffer):
            break
        yield buffer[at], bytes(buffer[start : start + length])
        at = start + length
    del buffer[:at]


class Ear:
    """The subscriber's process."""

    def __init__(self, port: int, expected: int) -> None:
        self._here, there = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=listen, args=(port, expected, there), daemon=True)
        self._process.start()
        assert self._here.recv() == "ready"

    def heard(self) -> Heard:
        """What it noted, once all is there or patience ends."""
        heard: Heard = self._here.recv()
        self._process.join(20)
        return heard


def check(payloads: list[bytes]) -> str:
    """What is wrong with what was heard, by (epoch, seq); empty if nothing is."""
    events = [json.loads(payload) for payload in payloads]
    places = [(event["epoch"], event["seq"]) for event in events]
    own = [seq for epoch, seq in places if epoch == "1-bench"]
    if len(set(places)) != len(places):
        return f"{len(places) - len(set(places))} events came twice"
    missing = EVENTS - len(own)
    if missing > 0:
        return f"{missing} events are missing"
    return "" if own == sorted(own) and own[:EVENTS] == list(range(1, EVENTS + 1)) else "out of order"


def drain(folder: Path, inflight: int) -> tuple[float, float, list[bytes]]:
    """Events a second, CPU microseconds of the agent an event, and the payloads of one drain."""
    fill(folder / "data")
    with Mosquitto(folder, f"max_inflight_messages {inflight}\n") as broker:
        ear = Ear(broker.port, EVENTS)
        site = write_site(folder, 0, 0, interval=60.0, broker=broker.port, user="nobody")
        command = [sys.executable, "-m", "agent.demo.agent_process", str(site), str(folder / "pins.sock")]
        with (folder / "agent.log").open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
            try:
                heard = ear.heard()
                cpu = cpu_seconds(process.pid)
            finally:
                process.terminate()
                process.communicate(timeout=30)
    wrong = check(heard.payloads)
    if wrong:
        sys.exit(f"drain: {wrong}")
    return (EVENTS - 1) / heard.seconds, cpu * 1e6 / EVENTS, heard.payloads


def bare_paho(folder: Path, payloads: list[bytes]) -> tuple[float, float]:
    """Events a second, and CPU microseconds an event, of paho alone with the same payloads."""
    with Mosquitto(folder) as broker:
        ear = Ear(broker.port, len(payloads))
        here, there = multiprocessing.Pipe()
        process = multiprocessing.Process(target=publish, args=(broker.port, payloads, there), daemon=True)
        process.start()
        heard = ear.heard()
        cpu: float = here.recv()
        process.join(20)
    return (len(payloads) - 1) / heard.seconds, cpu * 1e6 / len(payloads)


def publish(port: int, payloads: list[bytes], out: Connection) -> None:
    """Send payloads at QoS 1 within a window; a process of its own."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(65_535)
    client.on_socket_register_write = lambda *_: None
    waiting, open_ = deque(payloads), 0

    def on_publish(*_: object) -> None:
        nonlocal open_
        open_ -= 1

    client.on_publish = on_publish
    client.connect("127.0.0.1", port)
    while not client.is_connected():
        client.loop(1.0)
    began = time.process_time()
    while waiting or open_:
        while waiting and open_ < PAHO_WINDOW:
            client.publish(TOPIC, waiting.popleft(), 1)
            open_ += 1
        client.loop(1.0)
    out.send(time.process_time() - began)
    client.disconnect()


def runs(name: str, inflight: int) -> list[bytes]:
    """Measure and print some drains into a broker that takes so many messages at once (0: no limit); returns what was sent."""
    rates, costs, payloads = [], [], list[bytes]()
    with tempfile.TemporaryDirectory(prefix="linewarden-bench-", dir=os.environ.get("BENCH_DIR")) as parent:
        for run in range(RUNS):
            folder = Path(parent) / str(run)
            folder.mkdir()
            rate, cost, payloads = drain(folder, inflight)
            rates.append(rate)
            costs.append(cost)
    row(f"agent, {name}: events/s at the subscriber", "  ".join(f"{rate:,.0f}" for rate in rates))
    row("  CPU per event, the agent's start included", "  ".join(f"{cost:.0f} us" for cost in costs))
    return payloads


def main() -> None:
    """Measure and print."""
    print(f"{EVENTS} events into a Mosquitto on loopback, QoS 1, in order, none missing:")
    runs("its default of 20 in flight", 20)
    payloads = runs("no limit in flight", 0)
    with tempfile.TemporaryDirectory(prefix="linewarden-bench-", dir=os.environ.get("BENCH_DIR")) as folder:
        bare = [bare_paho(Path(folder), payloads) for _ in range(RUNS)]
    row(f"paho alone (window {PAHO_WINDOW}): events/s", "  ".join(f"{rate:,.0f}" for rate, _ in bare))
    row("  CPU per event", "  ".join(f"{cost:.0f} us" for _, cost in bare))
    row("mean size of an event", f"{statistics.mean(map(len, payloads)):.0f} bytes")


if __name__ == "__main__":
    main()
