"""`linewarden demo`: the whole branch on this machine, without root. A second composition root.

Devices and stage run in this process; broker, agent and panel are processes of their own, as on a real box.
"""

import asyncio
import getpass
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from agent import api
from agent.control_client import AgentError, ControlClient
from agent.demo import site
from agent.demo.family import DiedError, Family
from agent.demo.panel_settings import LOGIN, write_panel_settings
from agent.demo.scenarios import SCENARIOS
from agent.demo.stage import Stage

Say = Callable[[str], None]

PANEL_PORT = 8080
HIGH_PORTS = (18000, 28000)


def folder() -> Path:
    """Where the demo of this user lives while it runs."""
    base = os.environ.get("LINEWARDEN_DEMO_DIR")
    return Path(base) if base else Path(tempfile.gettempdir()) / f"linewarden-demo-{os.getuid()}"


def find_stage() -> Path | None:
    """The socket of a demo that runs already, if one does."""
    path = folder() / "stage.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return None
    return path


def free_port(first: int, kind: socket.SocketKind = socket.SOCK_STREAM, address: str = "127.0.0.1") -> int:
    """The first free port from `first` on.

    Raises:
        OSError: none of a thousand is free.
    """
    for port in range(first, first + 1000):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {first} on")


def make_places(language: str) -> site.Places:
    """A fresh folder for this run, and ports that are free now.

    Raises:
        OSError: the folder belongs to somebody else, or no port is free.
    """
    place = folder()
    if place.exists():
        if place.is_symlink() or place.stat().st_uid != os.getuid():
            raise PermissionError(f"{place} belongs to somebody else")
        shutil.rmtree(place)
    place.mkdir(mode=0o700, parents=True)
    low, high = HIGH_PORTS
    start = low + secrets.randbelow(high - low)
    return site.Places(
        folder=place,
        user=getpass.getuser(),
        snmp_port=free_port(start, socket.SOCK_DGRAM, "127.0.1.1"),
        broker_port=free_port(start + 1000),
        wan_port=free_port(start + 2000),
        panel_port=free_port(PANEL_PORT),
        language=language,
    )


async def run_demo(language: str, scenario: str | None, say: Say) -> None:
    """Run the demo until Ctrl-C.

    Raises:
        DiedError: one of its processes ended by itself.
        OSError: ports or folder cannot be had.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    places = make_places(language)
    family, stage = Family(places.folder / "logs"), Stage(places)
    try:
        await _start(places, family, stage, say)
        if scenario is not None:
            await stage.play(scenario, begin=True)
            say(f"playing: {SCENARIOS[scenario].title.in_language(language)}")
        await _watch(family, stop)
    finally:
        say("ending …")
        await family.end()
        await stage.close()
        shutil.rmtree(places.folder, ignore_errors=True)
        say("ended, nothing is left behind")


async def _start(places: site.Places, family: Family, stage: Stage, say: Say) -> None:
    password = secrets.token_urlsafe(6)
    say("[1/5] writing the branch's configuration")
    site.write(places)
    write_panel_settings(places, password)
    say("[2/5] devices: PBX, trunk gateway, switch and APC UPS over SNMP; Megatec UPS on a serial line")
    await stage.start()
    say("[3/5] broker (MQTT 3.1.1)")
    await family.start("broker", "agent.demo.broker", str(places.broker_port))
    await family.until(lambda: _listens(places.broker_port))
    say("[4/5] agent, with simulated lamps and buttons")
    await family.start("agent", "agent.demo.agent_process", str(places.site), str(places.bench))
    await family.until(lambda: asyncio.to_thread(_watches, places))
    say("[5/5] panel")
    await family.start("panel", "agent.demo.panel", str(places.folder))
    await family.until(lambda: _listens(places.panel_port))
    _introduce(places, password, say)


def _introduce(places: site.Places, password: str, say: Say) -> None:
    (places.folder / "login").write_text(f"{LOGIN}\n{password}\n")
    say("")
    say(f"  panel     http://127.0.0.1:{places.panel_port}/     login {LOGIN}     password {password}")
    command = _command()
    say(f"  play      on the panel's page “Demo”, or: {command} demo --scenario NAME [--end]")
    say(f"            {', '.join(SCENARIOS)}")
    say(f"  broker    127.0.0.1:{places.broker_port}, topics below linewarden/v1/demo-0001")
    say(f"  ask       export LINEWARDEN_SOCKET={places.socket} LINEWARDEN_SITE={places.site}")
    say(f"            {command} alarms   (or status, devices, why, ack, lamps, export)")
    say("")
    say("Ctrl-C ends it.")


def _command() -> str:
    """How this command line was called, as short as it works from here."""
    called = Path(sys.argv[0])
    try:
        return str(called.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(called)


async def _watch(family: Family, stop: asyncio.Event) -> None:
    while not stop.is_set():
        family.check()
        try:
            await asyncio.wait_for(stop.wait(), 1.0)
        except TimeoutError:
            continue


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _watches(places: site.Places) -> bool:
    """Whether the agent has heard every device of the branch."""
    try:
        with ControlClient(places.socket) as client:
            answer = client.ask(api.AskBranch())
    except AgentError:
        return False
    return isinstance(answer, api.BranchView) and all(
        one.sampled for one in answer.devices if not one.built_in
    )


__all__ = ["DiedError", "find_stage", "run_demo"]
