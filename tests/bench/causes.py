"""What the bench changes, and when the change left: a dry contact, an SNMP agent's answer, a frame on a serial line.

The SNMP agent and the UPS are those of the demo and the simulator, in this process. A change of theirs counts from the
first answer that carries it, since nobody can know of it before; the agent's encoding of that answer is in the figure.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from agent.demo.snmp_agents import SnmpAgent, serve
from agent.demo.values import Answers, integer
from firmware.simulator.megatec_model import UpsModel
from firmware.simulator.pin_bench import PinBenchClient
from firmware.simulator.pty_device import PtyDevice, Reply

OID = "1.3.6.1.4.1.99999.1.0"
ADDRESS = "127.0.1.200"

_WORDS = """
[[point]]
name = "{point}"
{leaf}
text = {{ en = "{point}", zh = "{point}（测）" }}
[[alarm]]
type = "changed"
point = "{point}"
severity = "minor"
{limit}
text = {{ en = "changed", zh = "已变化" }}
action = {{ en = "none", zh = "无" }}
causes = {{ en = "a bench", zh = "测试" }}
"""


class Cause(Protocol):
    """Something that raises one alarm and clears it again."""

    alarm: str
    """The alarm's id."""

    @property
    def began(self) -> float:
        """`perf_counter` seconds at which the last change left for the agent."""

    def change(self, *, active: bool) -> None:
        """Put it into its alarm position, or out of it."""


class Contact:
    """A dry contact of the simulated board; the way through the bench's socket is in the figure."""

    alarm = "room.door"

    def __init__(self, bench: PinBenchClient) -> None:
        self.began = 0.0
        self._bench = bench

    def change(self, *, active: bool) -> None:
        """Move the contact."""
        self.began = time.perf_counter()
        self._bench.contact("door", active=active)


class SnmpAnswer:
    """An SNMP agent with one value."""

    alarm = "changing-agent.changed"

    def __init__(self) -> None:
        self.began = 0.0
        self._value = 0
        self._told = 0

    def change(self, *, active: bool) -> None:
        """Let the next answer be another one."""
        self._value = int(active)

    def answers(self) -> Answers:
        """What the agent says now."""
        value = self._value
        if value != self._told:
            self._told, self.began = value, time.perf_counter()
        return {OID: integer(value)}

    @contextmanager
    def answering(self, port: int) -> Iterator[None]:
        """Answer at `ADDRESS` meanwhile."""
        loop = asyncio.new_event_loop()
        transport = loop.run_until_complete(serve(ADDRESS, port, SnmpAgent("public", self.answers)))
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield
        finally:
            loop.call_soon_threadsafe(transport.close)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


class SerialFrame:
    """A UPS on a pseudo-terminal, which has no line speed: at 2,400 baud a frame itself takes 0.2 s."""

    alarm = "changing-ups.changed"

    def __init__(self) -> None:
        self.began = 0.0
        self._model = UpsModel()
        self._model.now = max(self._model.now, time.monotonic())
        self._present = self._told = True

    def change(self, *, active: bool) -> None:
        """Let the next frame tell of lost mains, or of their return."""
        self._present = not active

    def _answer(self, command: bytes) -> Reply:
        present, now = self._present, time.monotonic()
        self._model.set_mains(present, now)
        answer = self._model.answer(command, now)
        if answer and command.startswith(b"Q1") and present != self._told:
            self._told, self.began = present, time.perf_counter()
        return [(0.0, answer)] if answer else []

    def plugged(self, link: Path) -> PtyDevice:
        """The line, until closed."""
        return PtyDevice(link, self._answer)


def write_devices(folder: Path, site: Path, port: int, line: Path, interval: float) -> None:
    """Add the two devices, and their kinds, to the site of a bench."""
    snmp = _WORDS.format(point="value", leaf=f'oid = "{OID}"', limit="raise_above = 0.5")
    ups = _WORDS.format(point="ups.status", leaf='type = "text"', limit='has = ["OB"]')
    for id_, kind, words in (("changing", "snmp", snmp), ("changing-line", "megatec", ups)):
        head = f'id = "{id_}"\nkind = "{kind}"\ntext = {{ en = "Changing", zh = "变化" }}\n'
        (folder / "profiles" / f"{id_}.toml").write_text(head + words)
    with site.open("a") as file:
        file.write(f"""
[[device]]
id = "changing-agent"
profile = "changing"
layer = "network"
address = "{ADDRESS}"
port = {port}
snmp = {{ community = "public", timeout = "1s", retries = 1 }}
interval = {interval}
[[device]]
id = "changing-ups"
profile = "changing-line"
layer = "power"
serial = "{line}"
interval = {interval}
""")
