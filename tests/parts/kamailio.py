"""A real Kamailio with its SNMP sub-agent, and the `snmpd` of the server it runs on: a PBX as a bank has one.

The sub-agent speaks AgentX over a socket in the folder of the test: snmpstats reads `snmpstats.conf` where
SNMPCONFPATH points, as every program on Net-SNMP's library does. Processes of this Kamailio have a name of their own,
so that the `proc` line of this `snmpd` counts them and no others.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from tests.waiting import wait_for

PROGRAM = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin")
MODULES = next(Path("/usr/lib").glob("*/kamailio/modules"), None)
MISSING = (
    "" if PROGRAM and MODULES and (MODULES / "snmpstats.so").exists() else "no kamailio here: make parts"
)
"""Why there is none; empty where there is."""

MINOR, MAJOR = 5, 10
"""Dialogs at which this PBX calls itself busy and full."""

_KAMAILIO = """\
#!KAMAILIO
debug=1
log_stderror=yes
children=2
auto_aliases=no
disable_tcp=yes
listen=udp:{address}:{sip}
{modules}
modparam("ctl", "binrpc", "unix:{folder}/ctl")
modparam("usrloc", "db_mode", 0)
modparam("dialog", "db_mode", 0)
modparam("snmpstats", "sipEntityType", "registrarServer")
modparam("snmpstats", "sipEntityType", "proxyServer")
modparam("snmpstats", "dlg_minor_threshold", {minor})
modparam("snmpstats", "dlg_major_threshold", {major})
modparam("snmpstats", "MsgQueueMinorThreshold", 20000)
modparam("snmpstats", "MsgQueueMajorThreshold", 50000)
request_route {{
    if (is_method("REGISTER")) {{ save("location"); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
        sl_send_reply("404", "Not here");
        exit;
    }}
    if (is_method("OPTIONS")) {{ sl_send_reply("200", "OK"); exit; }}
    if (is_method("INVITE")) {{ record_route(); dlg_manage(); }}
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    t_relay();
}}
"""
_LOADED = (
    "kex", "tm", "sl", "rr", "pv", "ctl", "textops", "siputils", "usrloc", "registrar", "dialog", "snmpstats",
)  # fmt: skip
_SNMPD = """\
agentAddress udp:{address}:{snmp}
rocommunity public
sysName pbx
master agentx
agentXSocket unix:{agentx}
agentXTimeout 1
agentXRetries 1
proc {name}
"""


class Pbx:
    """The server with its `snmpd`, and Kamailio on it.

    Args:
        folder: for all that they write; its path must leave room for a unix socket's name.
        address: the loopback address of the server.
        sip: UDP port of Kamailio.
        snmp: UDP port of `snmpd`.
    """

    def __init__(self, folder: Path, address: str, sip: int, snmp: int) -> None:
        self.address, self.sip, self.snmp = address, sip, snmp
        self._folder = folder
        self._name = f"kam{sip}"
        self._server: subprocess.Popen[bytes] | None = None
        self._service: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        agentx = folder / "agentx"
        modules = "\n".join(f'loadmodule "{name}.so"' for name in _LOADED)
        words = {"address": address, "sip": sip, "snmp": snmp, "folder": folder, "agentx": agentx}
        words |= {"modules": modules, "minor": MINOR, "major": MAJOR, "name": self._name}
        (folder / "kamailio.cfg").write_text(_KAMAILIO.format(**words))
        (folder / "snmpd.conf").write_text(_SNMPD.format(**words))
        (folder / "snmpstats.conf").write_text(f"agentXSocket unix:{agentx}\n")
        program = folder / self._name
        if PROGRAM and not program.exists():
            program.symlink_to(PROGRAM)

    def __enter__(self) -> "Pbx":
        self.start_server()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.stop_server()

    # --- the server --------------------------------------------------------------------------------------------------

    def start_server(self) -> None:
        """Start `snmpd`: the server is up, whatever becomes of Kamailio."""
        program = shutil.which("snmpd") or "/usr/sbin/snmpd"
        command = [program, "-f", "-Ln", "-C", "-c", "snmpd.conf", "-I", "-smux,vacm_context"]
        self._server = self._spawn(command, "state")

    def stop_server(self) -> None:
        """End `snmpd`: nothing answers at the server any more."""
        if self._server is not None:
            self._server.kill()
            self._server.wait(20)
            self._server = None

    # --- Kamailio ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start Kamailio and wait until it answers to SIP and has joined `snmpd`."""
        command = [
            f"./{self._name}",
            "-f",
            "kamailio.cfg",
            "-DD",
            "-E",
            "-Y",
            str(self._folder),
            "-m",
            "16",
            "-M",
            "4",
        ]
        self._service = self._spawn(command, "state-of-kamailio")
        wait_for(self._answers, 60, "Kamailio answers")

    def kill(self) -> None:
        """End all processes of Kamailio at once, as when the kernel runs out of memory."""
        if self._service is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._service.pid, signal.SIGKILL)
            self._service.wait(20)
            self._service = None

    def freeze(self) -> None:
        """Have all its processes do nothing, the SNMP sub-agent too."""
        assert self._service is not None
        os.killpg(self._service.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        assert self._service is not None
        os.killpg(self._service.pid, signal.SIGCONT)

    def hang(self) -> None:
        """Have the processes that receive SIP do nothing, while all others go on, the SNMP sub-agent too."""
        for pid in self._receivers():
            os.kill(pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let them work again."""
        for pid in self._receivers():
            os.kill(pid, signal.SIGCONT)

    def _receivers(self) -> list[int]:
        command = ["kamcmd", "-s", f"unix:{self._folder}/ctl", "core.psx"]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        pids = [int(line.split()[1]) for line in said if line.split()[:1] == ["PID:"]]
        words = [line for line in said if "DSC:" in line]
        return [pid for pid, word in zip(pids, words, strict=True) if "udp receiver" in word]

    def _answers(self) -> bool:
        assert self._service is not None
        assert self._service.poll() is None, (self._folder / "log").read_text()
        request = (
            f"OPTIONS sip:{self.address}:{self.sip} SIP/2.0\r\nVia: SIP/2.0/UDP {self.address};rport;branch=z9hG4bKp\r\n"
            f"From: <sip:probe@{self.address}>;tag=1\r\nTo: <sip:{self.address}>\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.3)
            probe.connect((self.address, self.sip))
            try:
                probe.send(request.encode())
                return probe.recv(2000).startswith(b"SIP/2.0 200")
            except OSError:
                return False

    def _spawn(self, command: list[str], state: str) -> subprocess.Popen[bytes]:
        """A group of processes of its own, with Net-SNMP's files all in the folder."""
        keys = {
            "MIBS": "",
            "SNMPCONFPATH": str(self._folder),
            "SNMP_PERSISTENT_DIR": str(self._folder / state),
        }
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self._folder,
                env=os.environ | keys,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
