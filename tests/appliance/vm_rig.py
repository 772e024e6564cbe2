"""The rig around an agent in a booted machine: kernel GPIO read back from sysfs, a USB serial line, a real sandbox."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from agent import api
from agent.control_client import AgentError, ControlClient
from agent.core.inputs import Verb
from firmware.simulator.megatec_ups import MegatecUpsSimulator
from tests.appliance.lab import SCRIPTS, Machine
from tests.e2e.rig import SERVICE, SITE
from tests.parts.mosquitto import Mosquitto
from tests.parts.snmpd import Snmpd
from tests.parts.subscriber import Subscriber
from tests.waiting import wait_for

PINS = {
    "red": 17,
    "amber": 27,
    "green": 22,
    "horn": 24,
    "door": 5,
    "acknowledge": 16,
    "silence": 25,
    "test": 26,
}
AGENT = "linewarden-agent.service"
SOCKET = "/run/linewarden/control.sock"
LOOK_MICROSECONDS = 1_300_000
"""Longer than a phase of slow flashing, and short beside a lamp test."""


class Process:
    """What tests ask of the agent's process."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @property
    def pid(self) -> int:
        """In the machine."""
        return int(self._machine.run(f"systemctl show -P MainPID {AGENT}"))


class VmRig:
    """The branch around a machine.

    Args:
        machine: it runs, and the appliance is installed.
        folder: for what the parts on this machine write.
        broker: port of the broker, as the machine's site file has it.
        snmp: port of the PBX's SNMP agent.
    """

    def __init__(self, machine: Machine, folder: Path, broker: int, snmp: int) -> None:
        self.machine, self.folder = machine, folder
        self.mosquitto = Mosquitto(folder, f"persistence true\npersistence_location {folder}/\n", broker)
        self.snmpd = Snmpd(folder / "snmpd", ["127.0.0.1"], snmp, subtrees=("1.3.6.1.2.1.27",))
        self.agent = Process(machine)
        self._socket = folder / "control.sock"
        self.service(1)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.mosquitto)
            stack.enter_context(self.snmpd)
            self.ups = stack.enter_context(MegatecUpsSimulator(self.folder / "ups"))
            stack.enter_context(
                self._bridge(f"{self.folder / 'ups'},raw,echo=0", self.machine.serial("ttyUSB0"))
            )
            stack.enter_context(self._door())
            self.subscriber = stack.enter_context(Subscriber(self.mosquitto.port, SITE))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def _bridge(self, ours: str, theirs: Path) -> Iterator[None]:
        """A cable to a serial line, put in again after each boot of the machine."""
        again = f"while :; do socat {ours} UNIX-CONNECT:{theirs} 2>/dev/null; sleep 0.3; done"
        with subprocess.Popen(["sh", "-c", again], start_new_session=True) as process:
            try:
                yield
            finally:
                os.killpg(process.pid, signal.SIGTERM)

    @contextlib.contextmanager
    def _door(self) -> Iterator[None]:
        """The control socket, brought here; who comes through is root of the machine."""
        inside = ["socat", "-", f"UNIX-CONNECT:{SOCKET}"]
        ssh = [str(SCRIPTS / "ssh.sh"), str(self.machine.cache), *self.machine.shared, shlex.join(inside)]
        (self.folder / "door").write_text(f"#!/bin/sh\nexec {shlex.join(ssh)}\n")
        (self.folder / "door").chmod(0o755)
        command = ["socat", f"UNIX-LISTEN:{self._socket},fork", f"EXEC:{self.folder / 'door'}"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                wait_for(self._socket.exists, what="the way to the control socket")
                yield
            finally:
                process.terminate()

    # --- the agent -------------------------------------------------------------------------------------------------

    def afresh(self) -> None:
        """A branch without any past: empty data, the agent started, every device heard."""
        self.machine.run(f"systemctl stop {AGENT} && rm -rf /var/lib/linewarden/* && systemctl start {AGENT}")
        self.wait_until_watching()

    def wait_until_watching(self) -> None:
        """Wait until every device was heard."""
        wait_for(self._watches, timeout=60, what="the agent has heard every device")

    def _watches(self) -> bool:
        try:
            return all(one.sampled for one in self.branch().devices)
        except AgentError:
            return False

    def log(self) -> str:
        """What the agent logged."""
        return self.machine.run(f"journalctl --no-pager -o cat -u {AGENT}")

    # --- looking -----------------------------------------------------------------------------------------------------

    def lamp(self, name: str) -> str:
        """The level of the line in sysfs, over a while."""
        value = f"/sys/devices/platform/gpio-sim.0/gpiochip*/sim_gpio{PINS[name]}/value"
        now = "${EPOCHREALTIME/./}"  # within the shell: there a process takes as long as a flash
        looking = f"while [ {now} -lt $end ]; do read -r level < $path; echo $level; done | sort -u"
        script = f"path=$(echo {value}); end=$(( {now} + {LOOK_MICROSECONDS} )); {looking}"
        seen = set(self.machine.run(f"bash -c {shlex.quote(script)}").split())
        return "flash" if len(seen) == 2 else "steady" if seen == {"1"} else "off"

    def branch(self) -> api.BranchView:
        """Asked at the control socket."""
        with ControlClient(self._socket, timeout=60) as client:
            view = client.ask(api.AskBranch())
        assert isinstance(view, api.BranchView)
        return view

    # --- doing -------------------------------------------------------------------------------------------------------

    def _pull(self, name: str, *, up: bool) -> str:
        return f"sim-gpio pull {PINS[name]} {'up' if up else 'down'}"

    def press(self, button: str) -> None:
        """A button closes to ground."""
        self.machine.run(f"{self._pull(button, up=False)}; sleep 0.5; {self._pull(button, up=True)}")

    def contact(self, name: str, *, active: bool) -> None:
        """A normally open contact closes to ground."""
        self.machine.run(self._pull(name, up=not active))

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
        """The USB adapter itself."""
        self.machine.monitor("plug-usb" if plugged else "unplug-usb")

    def broker(self, *, running: bool) -> None:
        """The whole process."""
        (self.mosquitto.start if running else self.mosquitto.stop)()

    def order(self, verb: Verb, alarm: str = "") -> api.Answer:
        """Under the name of root, which the machine's command line gives it."""
        with ControlClient(self._socket, timeout=60) as client:
            return client.ask(api.GiveOrder(verb, alarm))

    def cli(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`linewarden` as a person types it on the box."""
        site = "/opt/linewarden/current/etc/site.toml"
        return self.machine.try_(f"LINEWARDEN_SITE={site} linewarden {shlex.join(arguments)}")

    def exported(self) -> list[dict[str, object]]:
        """The journal, as the box exports it."""
        return [json.loads(line) for line in self.cli("export").stdout.splitlines()]
