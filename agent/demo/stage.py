"""The stage: the devices of the software branch, and the socket through which scenarios are played on it."""

import asyncio
import json
import socket
import time
from pathlib import Path
from typing import Any

from agent.demo import site
from agent.demo.relay import Relay
from agent.demo.scenarios import CALM, SCENARIOS
from agent.demo.snmp_agents import SnmpAgent, serve
from agent.demo.world import World
from firmware.simulator.megatec_ups import MegatecUpsSimulator
from firmware.simulator.pin_bench import PinBenchClient


class Stage:
    """All that is not the box: SNMP agents, a UPS on a pty, the WAN, and whoever opens doors.

    Args:
        places: addresses, ports and files.
    """

    def __init__(self, places: site.Places) -> None:
        self._places = places
        self._world = World(time.monotonic())
        self._bench = PinBenchClient(places.bench)
        self._relay = Relay(places.wan_port, places.broker_port)
        self._agents: list[asyncio.DatagramTransport] = []
        self._ups: MegatecUpsSimulator | None = None
        self._server: asyncio.Server | None = None
        self.playing: set[str] = set()

    async def start(self) -> None:
        """Put everything up.

        Raises:
            OSError: a port is taken.
        """
        for device, address in site.ADDRESSES.items():
            agent = SnmpAgent(site.COMMUNITY, lambda device=device: self._answers(device))  # type: ignore[misc]  # mypy: the default binds the loop's value
            self._agents.append(await serve(address, self._places.snmp_port, agent))
        self._ups = MegatecUpsSimulator(self._places.serial)
        await self._relay.start()
        self._server = await asyncio.start_unix_server(self._serve, self._places.stage)

    async def close(self) -> None:
        """Take everything down."""
        if self._server is not None:
            self._server.close()
        await self._relay.cut()
        for agent in self._agents:
            agent.close()
        if self._ups is not None:
            self._ups.close()

    async def play(self, scenario: str, *, begin: bool) -> None:
        """Begin or end a scenario; `calm` ends all.

        Raises:
            KeyError: there is no such scenario.
        """
        if scenario == CALM:
            for one in sorted(self.playing):
                await self.play(one, begin=False)
            return
        await self._act(scenario, begin=begin)
        (self.playing.add if begin else self.playing.discard)(scenario)

    async def _act(self, scenario: str, *, begin: bool) -> None:
        match scenario:
            case "mains-cut":
                self._mains(present=not begin)
            case "trunk-down":
                self._world.trunk = not begin
            case "pbx-crash":
                self._world.pbx = not begin
            case "ups-dead":
                self._world.output = not begin
            case "wan-cut":
                await (self._relay.cut() if begin else self._relay.restore())
            case "cabinet-door":
                await asyncio.to_thread(self._bench.contact, "cabinet-door", active=begin)
            case _:
                raise KeyError(scenario)

    def _mains(self, *, present: bool) -> None:
        now = time.monotonic()
        (self._world.restore_mains if present else self._world.cut_mains)(now)
        if self._ups is not None:
            self._ups.mains(present)

    def _answers(self, device: str) -> Any:
        return self._world.answers(device, time.monotonic())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(json.dumps(await self._obey(line)).encode() + b"\n")
            await writer.drain()
        writer.close()

    async def _obey(self, line: bytes) -> dict[str, Any]:
        try:
            asked = json.loads(line)
            if "play" in asked:
                await self.play(asked["play"], begin=bool(asked.get("begin", True)))
            if "press" in asked:
                await asyncio.to_thread(self._bench.press, asked["press"])
        except (KeyError, TypeError, ValueError, OSError) as error:
            return {"error": f"{type(error).__name__}: {error}"}
        return {"playing": sorted(self.playing), "scenarios": list(SCENARIOS)}


def ask(stage: Path, command: dict[str, Any], patience: float = 5.0) -> dict[str, Any]:
    """Ask a stage from another process.

    Raises:
        OSError: no demo runs here.
        ValueError: the stage refused.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience)
        connection.connect(str(stage))
        connection.sendall(json.dumps(command).encode() + b"\n")
        answer: dict[str, Any] = json.loads(connection.makefile("rb").readline())
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer
