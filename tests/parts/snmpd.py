"""A real Net-SNMP agent on loopback, with values that a test can change while it runs."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests.waiting import wait_for

PASS_PROGRAM = Path(__file__).with_name("snmpd_values.py")


class Snmpd:
    """One `snmpd` process that may answer at many addresses, so that it is many devices.

    Args:
        folder: for its configuration and state.
        addresses: loopback addresses to answer at.
        port: the UDP port at all of them.
        values: OID → value (int, or str for text) below `subtrees`, served through `pass_persist`.
        subtrees: which subtrees come from `values`.
        extra: more lines of its configuration.
    """

    def __init__(  # noqa: PLR0917  # most tests give the first three
        self,
        folder: Path,
        addresses: list[str],
        port: int,
        values: dict[str, int | str] | None = None,
        subtrees: tuple[str, ...] = (),
        extra: tuple[str, ...] = (),
    ) -> None:
        self.addresses = addresses
        self.port = port
        self._folder = folder
        self._values_file = folder / "values.json"
        self._config = folder / "snmpd.conf"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.set(values or {})
        listen = ",".join(f"udp:{address}:{port}" for address in addresses)
        passes = [
            f"pass_persist .{tree} {sys.executable} {PASS_PROGRAM} {self._values_file}" for tree in subtrees
        ]
        lines = [f"agentAddress {listen}", "rocommunity public", "sysName branch", *passes, *extra]
        self._config.write_text("\n".join(lines) + "\n")

    def set(self, values: dict[str, int | str]) -> None:
        """Replace all values that are served."""
        new = self._values_file.with_suffix(".new")
        new.write_text(json.dumps(values))
        new.replace(self._values_file)

    def start(self) -> None:
        """Start it and wait until it answers."""
        program = shutil.which("snmpd") or "/usr/sbin/snmpd"
        # With -C and -c it would not read its own state, and be another engine at each start.
        environment = os.environ | {
            "MIBS": "",
            "SNMPCONFPATH": f"{self._folder}:{self._folder / 'state'}",
            "SNMP_PERSISTENT_DIR": str(self._folder / "state"),
        }
        command = [program, "-f", "-Ln", "-I", "-smux,vacm_context"]
        with (self._folder / "snmpd.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        wait_for(self._answers, timeout=20, what="snmpd answers")

    def stop(self) -> None:
        """End it; its ports are closed then."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def freeze(self) -> None:
        """Have it answer nothing while its ports stay open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def lose_identity(self) -> None:
        """Have it forget its engine id and boots, as a device does whose firmware was replaced; while stopped."""
        shutil.rmtree(self._folder / "state", ignore_errors=True)

    def __enter__(self) -> "Snmpd":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
        self.stop()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "snmpd.log").read_text()
        get_sysname = bytes.fromhex(
            "302902010104067075626c6963a01c0204000000010201000201003 00e300c06082b060102010105000500".replace(
                " ", ""
            )
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.connect((self.addresses[0], self.port))
            try:
                probe.send(get_sysname)
                return bool(probe.recv(2000))
            except OSError:
                return False


def free_udp_port(address: str = "127.0.1.1") -> int:
    """A UDP port that nobody has at an address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
