"""A rig around one real agent: everything that a test may do to a branch, and everything it may look at.

Tests are written against `Rig` alone, so that the same tests run wherever a rig can be built: here the agent is a
process on simulated pins, with a real `snmpd`, a real Mosquitto and a UPS on a pty beside it.
"""

import contextlib
import getpass
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from agent import api
from agent.config.load import SHIPPED
from agent.control_client import AgentError, ControlClient
from agent.core.inputs import Verb
from agent.demo.site import shorten
from firmware.simulator.megatec_ups import MegatecUpsSimulator
from firmware.simulator.pin_bench import PinBenchClient
from tests.parts.mosquitto import Mosquitto
from tests.parts.snmpd import Snmpd, free_udp_port
from tests.parts.subscriber import Subscriber
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
SITE = "e2e"
SERVICE = "1.3.6.1.2.1.27.1.1.6.1"
"""applOperStatus of the PBX's call control: 1 up, 2 down, 4 congested."""

CONFIGURATION = """
[site]
id = "{site}"
name = "Test branch"
timezone = "Asia/Shanghai"
language = "en"
[broker]
host = "127.0.0.1"
port = {broker}
[agent]
data_dir = "{data}"
socket = "{socket}"
[chatter]
count = 100
[rights.people]
"{user}" = "supervisor"
[board.lamps]
red = {{ pin = 17 }}
amber = {{ pin = 27 }}
green = {{ pin = 22 }}
horn = {{ pin = 24 }}
[board.inputs]
door = {{ pin = 5, normally = "open", debounce = "10ms" }}
[board.buttons]
acknowledge = {{ pin = 16 }}
silence = {{ pin = 25 }}
test = {{ pin = 26 }}
[[input]]
name = "door"
type = "door-open"
severity = "minor"
text = {{ en = "Door open", zh = "门开" }}
[[device]]
id = "pbx-1"
profile = "sip-pbx"
layer = "application"
name = "PBX"
address = "127.0.1.1"
port = {snmp}
snmp = {{ community = "public", timeout = "500ms", retries = 1 }}
interval = "1s"
unreachable_on_delay = "1s"
unreachable_off_delay = "500ms"
[[device]]
id = "ups-2"
profile = "megatec"
layer = "power"
name = "UPS"
serial = "{serial}"
interval = "1s"
unreachable_on_delay = "1s"
unreachable_off_delay = "500ms"
"""


class Rig(Protocol):
    """What a test may do and see."""

    subscriber: Subscriber

    def lamp(self, name: str) -> str:
        """`off`, `steady` or `flash`, as the pin shows over a while."""

    def press(self, button: str) -> None:
        """Press a button in the room."""

    def contact(self, name: str, *, active: bool) -> None:
        """Move a dry contact."""

    def service(self, status: int) -> None:
        """Have the PBX's agent tell another state of its service."""

    def snmp(self, *, running: bool) -> None:
        """Stop or start the PBX's SNMP agent."""

    def mains(self, *, present: bool) -> None:
        """Cut or restore the mains at the UPS."""

    def serial(self, *, plugged: bool) -> None:
        """Unplug the UPS's serial wire, or plug it in."""

    def broker(self, *, running: bool) -> None:
        """Stop or start the broker."""

    def branch(self) -> api.BranchView:
        """The branch as the agent tells it."""

    def order(self, verb: Verb, alarm: str = "") -> api.Answer:
        """Order something through the control socket."""

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line."""


class HostRig:
    """The rig on this machine.

    Args:
        folder: for everything that the parts write.
        data: where the agent keeps its data; below the folder unless given.
    """

    def __init__(self, folder: Path, data: Path | None = None) -> None:
        self.folder = folder
        self.site = folder / "site.toml"
        self.socket = folder / "control.sock"
        self.data = data or folder / "data"
        self.agent: subprocess.Popen[bytes] | None = None
        self.mosquitto = Mosquitto(folder, f"persistence true\npersistence_location {folder}/\n")
        self.snmpd = Snmpd(folder / "snmpd", ["127.0.1.1"], free_udp_port(), subtrees=("1.3.6.1.2.1.27",))
        self.service(1)
        self._bench = PinBenchClient(folder / "pins.sock")

    def __enter__(self) -> "HostRig":
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.mosquitto)
            stack.enter_context(self.snmpd)
            self.ups = stack.enter_context(MegatecUpsSimulator(self.folder / "ups-2"))
            self.subscriber = stack.enter_context(Subscriber(self.mosquitto.port, SITE))
            self._configure()
            stack.callback(self.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _configure(self) -> None:
        text = CONFIGURATION.format(
            site=SITE,
            broker=self.mosquitto.port,
            data=self.data,
            socket=self.socket,
            user=getpass.getuser(),
            snmp=self.snmpd.port,
            serial=self.folder / "ups-2",
        )
        self.site.write_text(text)
        profiles = self.folder / "profiles"
        profiles.mkdir(exist_ok=True)
        for shipped in SHIPPED.glob(
            "[!r]*.toml"
        ):  # the machine below keeps its patience: its health is its own
            (profiles / shipped.name).write_text(shorten(shipped.read_text(), most=1))

    # --- the agent -------------------------------------------------------------------------------------------------

    def spawn(self) -> None:
        """Start the agent and do not wait."""
        command = [
            sys.executable,
            "-m",
            "agent.demo.agent_process",
            str(self.site),
            str(self.folder / "pins.sock"),
        ]
        with (self.folder / "agent.log").open("ab") as log:
            self.agent = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def start(self) -> None:
        """Start the agent and wait until it has heard every device."""
        self.spawn()
        wait_for(self._watches, timeout=40, what="the agent has heard every device")

    def stop(self) -> None:
        """End the agent in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the agent at once."""
        self._end(signal.SIGKILL)

    def _end(self, number: int) -> None:
        if self.agent is not None:
            self.agent.send_signal(number)
            self.agent.communicate(timeout=30)
            self.agent = None

    def log(self) -> str:
        """What the agent logged."""
        return (self.folder / "agent.log").read_text()

    def answers(self) -> bool:
        """Whether the agent answers at its socket."""
        try:
            self.branch()
        except AgentError:
            return False
        return True

    def _watches(self) -> bool:
        assert self.agent is not None
        assert self.agent.poll() is None, self.log()
        return self.answers() and all(one.sampled for one in self.branch().devices)

    # --- looking -----------------------------------------------------------------------------------------------------

    def lamp(self, name: str) -> str:
        """Both states within a period of flashing are flashing."""
        seen = {self._bench.lamps()[name]}
        with contextlib.suppress(AssertionError):
            wait_for(lambda: seen.add(self._bench.lamps()[name]) or len(seen) == 2, timeout=0.6)
        return "flash" if len(seen) == 2 else "steady" if seen == {True} else "off"

    def branch(self) -> api.BranchView:
        """Asked at the control socket."""
        with ControlClient(self.socket) as client:
            view = client.ask(api.AskBranch())
        assert isinstance(view, api.BranchView)
        return view

    def why(self, alarm: str) -> api.Why:
        """Asked at the control socket."""
        with ControlClient(self.socket) as client:
            told = client.ask(api.AskWhy(alarm))
        assert isinstance(told, api.Why)
        return told

    # --- doing -------------------------------------------------------------------------------------------------------

    def press(self, button: str) -> None:
        """On the simulated pin."""
        self._bench.press(button)

    def contact(self, name: str, *, active: bool) -> None:
        """On the simulated pin."""
        self._bench.contact(name, active=active)

    def service(self, status: int) -> None:
        """Served by `snmpd`."""
        self.snmpd.set({"1.3.6.1.2.1.27.1.1.2.1": "call control", SERVICE: status})

    def snmp(self, *, running: bool) -> None:
        """The whole process."""
        (self.snmpd.start if running else self.snmpd.stop)()

    def mains(self, *, present: bool) -> None:
        """At the simulated UPS."""
        self.ups.mains(present)

    def serial(self, *, plugged: bool) -> None:
        """The pty goes away, as an adapter does."""
        (self.ups.plug if plugged else self.ups.unplug)()

    def broker(self, *, running: bool) -> None:
        """The whole process."""
        (self.mosquitto.start if running else self.mosquitto.stop)()

    def order(self, verb: Verb, alarm: str = "") -> api.Answer:
        """Under the name of the user who runs the tests."""
        with ControlClient(self.socket) as client:
            return client.ask(api.GiveOrder(verb, alarm))

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`linewarden` as a person types it."""
        command = [sys.executable, "-m", "agent.cli", *arguments]
        environment = os.environ | {"LINEWARDEN_SOCKET": str(self.socket), "LINEWARDEN_SITE": str(self.site)}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@contextlib.contextmanager
def host_rig(folder: Path, data: Path | None = None) -> Iterator[HostRig]:
    """A rig whose agent runs and has heard every device."""
    with HostRig(folder, data) as rig:
        rig.start()
        yield rig
