"""`make bench`: what the corridor costs on this machine. Prints figures; holds them to no bar.

The real agent polls a hundred devices of twenty OIDs (one `snmpd` at a hundred addresses) once a second and publishes
to a Mosquitto beside it; neither is counted. Then a dry contact, an SNMP agent's answer and a UPS's frame are changed,
and the time until the lamp's pin and until an MQTT subscriber is measured, while polling goes on.
"""

import getpass
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt

from agent import api
from agent.control_client import AgentError, ControlClient
from firmware.simulator.pin_bench import PinBenchClient
from tests.bench.branch_of import OIDS, write_site
from tests.bench.causes import Cause, Contact, SerialFrame, SnmpAnswer, write_devices
from tests.parts.mosquitto import Mosquitto
from tests.parts.snmpd import Snmpd, free_udp_port
from tests.waiting import wait_for

DEVICES = 100
INTERVAL = 1.0
SETTLE = 5.0
WINDOW = float(os.environ.get("BENCH_SECONDS", "30"))
FLIPS = 50
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def pss_mb(pid: int) -> float:
    """Proportional set size in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def written_bytes(pid: int) -> int:
    """Bytes that the process had the kernel write to a disk."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))


def watching(socket: Path) -> bool:
    """Whether every device has answered at least once."""
    try:
        with ControlClient(socket) as client:
            view = client.ask(api.AskBranch())
    except AgentError:
        return False
    return isinstance(view, api.BranchView) and all(one.sampled for one in view.devices if not one.built_in)


class Subscriber:
    """Notes when messages about alarms arrive."""

    def __init__(self, port: int) -> None:
        self.arrived: dict[tuple[str, bool], float] = {}
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("linewarden/v1/bench/alarm/+", 1)
        self._client.loop_start()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        cleared = not message.payload or json.loads(message.payload)["is-cleared"]
        alarm = message.topic.rpartition("/")[2]
        self.arrived.setdefault((alarm, not cleared), time.perf_counter())

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()


def latencies(
    cause: Cause, bench: PinBenchClient, subscriber: Subscriber, folder: Path
) -> tuple[list[float], list[float]]:
    """Milliseconds from a change to the lamp's pin, and to the subscriber."""
    to_lamp, to_mqtt = [], []
    for _ in range(FLIPS):
        subscriber.arrived.clear()
        cause.change(active=True)
        wait_for(lambda: bench.lamps()["amber"], what="the lamp lights")
        to_lamp.append((time.perf_counter() - cause.began) * 1000)
        wait_for(lambda: (cause.alarm, True) in subscriber.arrived, what="the alarm arrives")
        to_mqtt.append((subscriber.arrived[cause.alarm, True] - cause.began) * 1000)
        acknowledge(folder / "control.sock", cause.alarm)
        subscriber.arrived.clear()
        cause.change(active=False)
        wait_for(lambda: (cause.alarm, False) in subscriber.arrived, what="the clear arrives")
        wait_for(lambda: not bench.lamps()["amber"], what="the lamp is dark")
    return to_lamp, to_mqtt


def acknowledge(socket: Path, alarm: str) -> None:
    """Acknowledge an alarm, so that its end empties the topic and darkens the lamp."""
    with ControlClient(socket) as client:
        client.ask(api.GiveOrder(api.Verb.ACKNOWLEDGE, alarm))


def row(name: str, value: str) -> None:
    """Print one figure."""
    print(f"  {name:<52}{value}")


def spread(values: list[float]) -> str:
    """Median, p99 and maximum in milliseconds."""
    ordered = sorted(values)
    return f"median {statistics.median(ordered):.1f}  p99 {ordered[int(len(ordered) * 0.99) - 1]:.1f}  max {ordered[-1]:.1f} ms"


def measure(process: subprocess.Popen[bytes]) -> None:
    """Measure what a running agent takes."""
    time.sleep(SETTLE)
    cpu, written, began = cpu_seconds(process.pid), written_bytes(process.pid), time.monotonic()
    time.sleep(WINDOW)
    passed = time.monotonic() - began
    values = DEVICES * len(OIDS) * passed / INTERVAL
    used = cpu_seconds(process.pid) - cpu
    print(
        f"{DEVICES} devices x {len(OIDS)} OIDs every {INTERVAL:g} s over {passed:.0f} s, SNMP v2c, alarms quiet:"
    )
    row("CPU per 1,000 polled values", f"{used * 1000 / (values / 1000):.2f} ms")
    row("PSS of the agent", f"{pss_mb(process.pid):.1f} MB")
    row(
        "bytes written to disk",
        f"{(written_bytes(process.pid) - written) / passed * 86400 / 1e6:.1f} MB a day",
    )


def measure_latencies(causes: Mapping[str, Cause], folder: Path, broker: int) -> None:
    """Measure the way from each cause to lamp and subscriber."""
    bench, subscriber = PinBenchClient(folder / "pins.sock"), Subscriber(broker)
    print(f"{FLIPS} times each, while polling goes on; to MQTT after the commit:")
    for name, cause in causes.items():
        to_lamp, to_mqtt = latencies(cause, bench, subscriber, folder)
        row(f"from {name} to the lamp's pin", spread(to_lamp))
        row(f"from {name} to an MQTT subscriber", spread(to_mqtt))
    subscriber.close()


@contextmanager
def started(folder: Path, site: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The real agent on simulated pins, once it has seen every device."""
    command = [sys.executable, "-m", "agent.demo.agent_process", str(site), str(folder / "pins.sock")]
    with (folder / "agent.log").open("wb") as log:
        began = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        try:
            wait_for(lambda: watching(folder / "control.sock"), timeout=60, what="the first complete poll")
            row("from start to the first complete poll", f"{time.monotonic() - began:.1f} s")
            yield process
        except AssertionError:
            sys.stderr.write((folder / "agent.log").read_text()[-2000:])
            raise
        finally:
            process.terminate()
            process.communicate(timeout=30)


def main() -> None:
    """Measure and print."""
    answer, frame = SnmpAnswer(), SerialFrame()
    with tempfile.TemporaryDirectory(prefix="linewarden-bench-", dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        port, line = free_udp_port(), folder / "ups"
        addresses = [f"127.0.1.{n}" for n in range(1, DEVICES + 1)]
        with (
            Snmpd(folder / "snmpd", addresses, port),
            Mosquitto(folder) as broker,
            answer.answering(port),
            frame.plugged(line),
        ):
            site = write_site(
                folder, DEVICES, port, interval=INTERVAL, broker=broker.port, user=getpass.getuser()
            )
            write_devices(folder, site, port, line, INTERVAL)
            contact = Contact(PinBenchClient(folder / "pins.sock"))
            causes = {"a moved contact": contact, "a changed SNMP answer": answer, "a serial frame": frame}
            with started(folder, site) as process:
                measure(process)
                measure_latencies(causes, folder, broker.port)


if __name__ == "__main__":
    main()
