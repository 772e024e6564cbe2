"""Show 6: from inside the units' own sandboxes, what they must not be able to do fails; and they are as intended.

A probe runs with every property of a unit, by its own drop-ins, only another program: what it reaches, the agent or the
panel would reach if somebody took it over.
"""

import json
import re
from collections.abc import Mapping

import pytest

from tests.appliance.conftest import Installed
from tests.appliance.lab import Machine

pytestmark = pytest.mark.timeout(1800)

AGENT, PANEL = "linewarden-agent", "linewarden-panel"
BARS = {AGENT: 2.0, PANEL: 1.5}

INTENDED = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "UMask": "0077",
    "KeyringMode": "private",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "DevicePolicy": "closed",
    "PrivateUsers": "yes",
    "PrivateIPC": "yes",
    "RemoveIPC": "yes",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProcSubset": "pid",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "IPAddressDeny": "::/0 0.0.0.0/0",
    "Restart": "always",
    "Type": "notify",
    "NotifyAccess": "main",
    "StartLimitIntervalUSec": "0",
}
"""What is in force for a unit, in systemd's own words: files are only asked for it, and a misspelt key is silent."""
EXCEPTIONS = {
    AGENT: {
        "User": "linewarden",
        "PrivateDevices": "no",
        "PrivateUsers": "no",
        "ProcSubset": "all",
        "ProtectClock": "no",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_NETLINK AF_UNIX",
        "WatchdogUSec": "30s",
    },
    PANEL: {
        "User": "linewarden-panel",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
        "WatchdogUSec": "1min",
    },
}
BARRED_CALLS = (
    "mount",
    "reboot",
    "init_module",
    "ptrace",
    "settimeofday",
    "bpf",
    "swapon",
    "chown",
    "setuid",
)

PROBE = r"""
import ctypes, json, os, socket, sys

def outcome(action):
    try:
        return ["done", str(action())[:80]]
    except BaseException as error:
        return ["failed", type(error).__name__ + ": " + str(error)[:80]]

def read(path):
    return lambda: open(path, "rb").read(16)

def write(path):
    return lambda: open(path, "ab").write(b"x")

def device(path):
    return lambda: os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))

def connect(host, port):
    def action():
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as wire:
            wire.settimeout(3)
            wire.sendto(b"x", (host, port))
    return action

def stream(host, port):
    return lambda: socket.create_connection((host, port), 5).close()

libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    def action():
        if getattr(libc, name)(*arguments) < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return action

def writable_code():
    import mmap
    mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)

def suid():
    path = "/tmp/suid"
    open(path, "w").close()
    os.chmod(path, 0o4755)
    assert not os.stat(path).st_mode & 0o4000 or True

def setuid():
    os.setuid(0)

attempts = eval(sys.argv[1])
print(json.dumps({name: outcome(action) for name, action in attempts.items()}))
"""

EVERYBODY = """
    "new privileges: setuid": setuid,
    "new privileges: suid file": suid,
    "new privileges: namespace": call("unshare", 0x10000000),
    "new privileges: code that was written": writable_code,
    "the clock": call("clock_settime", 0, (ctypes.c_long * 2)(1, 0)),
    "the host's name": call("sethostname", b"x", 1),
    "a kernel module": call("syscall", 313, 0, b"", 0),
    "a mount": call("mount", b"none", b"/mnt", b"tmpfs", 0, None),
    "a trace of process 1": call("ptrace", 16, 1, 0, 0),
    "the kernel's log": read("/dev/kmsg"),
    "kernel memory": read("/dev/mem"),
    "the disk": device("/dev/vda"),
    "the watchdog": device("/dev/watchdog0"),
    "a USB device itself": device("/dev/bus/usb/001/001"),
    "the clock by a correction": call("adjtimex", (ctypes.c_long * 64)(1)),
    "passwords": read("/etc/shadow"),
    "root's home": lambda: os.listdir("/root"),
    "everybody's home": lambda: os.listdir("/home/pi"),
    "secrets at rest": lambda: os.listdir("/etc/linewarden/credentials"),
    "secrets of the generation": lambda: os.listdir("/opt/linewarden/current/etc/credentials"),
    "the release": write("/opt/linewarden/current/release/bin/linewarden"),
    "a unit": write("/etc/systemd/system/linewarden-agent.service"),
    "the system": write("/usr/bin/python3"),
    "the configuration": write("/etc/linewarden/site.toml"),
    "a kernel setting": write("/proc/sys/kernel/panic"),
    "a foreign address": connect("192.0.2.1", 53),
    "a foreign stream": stream("10.0.2.3", 53),
    "a raw socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "another process's environment": read("/proc/1/environ"),
"""
OF_THE_AGENT = """
    "the panel's settings": read("/opt/linewarden/current/etc/panel.toml"),
    "the panel's session key": read("/var/lib/linewarden-panel/session.key"),
"""
OF_THE_PANEL = """
    "the journal": read("/var/lib/linewarden/journal.db"),
    "the data": lambda: os.listdir("/var/lib/linewarden"),
    "the site file": read("/opt/linewarden/current/etc/site.toml"),
    "the agent's credentials": lambda: os.listdir("/run/credentials/linewarden-agent.service"),
    "a lamp": device("/dev/gpiochip0"),
    "a serial wire": device("/dev/ttyUSB0"),
    "a request to reset an adapter": write("/run/linewarden-usb/ttyUSB99"),
"""
ALLOWED = {
    AGENT: """
        "its data": write("/var/lib/linewarden/probe"),
        "the site file": read("/opt/linewarden/current/etc/site.toml"),
        "a lamp": device("/dev/gpiochip0"),
        "a serial wire": device("/dev/ttyUSB0"),
        "how the clock is kept": call("adjtimex", (ctypes.c_long * 64)()),
        "a request to reset an adapter": write("/run/linewarden-usb/ttyUSB99"),
        "its secret": read(os.environ["CREDENTIALS_DIRECTORY"] + "/pbx-1.community"),
        "the branch": connect("10.0.2.2", 9),
    """,
    PANEL: """
        "its settings": read("/opt/linewarden/current/etc/panel.toml"),
        "the agent's door": lambda: socket.socket(socket.AF_UNIX).connect("/run/linewarden/control.sock"),
    """,
}


def probe(machine: Machine, unit: str, attempts: str) -> Mapping[str, list[str]]:
    """What comes of attempts from inside a sandbox that has every property of a unit."""
    machine.run("cat > /usr/local/lib/probe.py", stdin=PROBE.encode())
    code = re.sub(r"\s*\n\s*", " ", f"{{{attempts}}}").replace('"', '\\"').replace("%", "%%")
    override = (
        "[Service]\nType=oneshot\nRestart=no\nWatchdogSec=0\nExecStart=\n"
        f'ExecStart=/usr/bin/python3 /usr/local/lib/probe.py "{code}"\n'
        "ExecStopPost=\nStandardOutput=file:/run/probe.json\n"
    )
    # The name begins as the others do, so the shared drop-in is taken up; its own ones are linked.
    script = f"""
        set -e
        cd /run/systemd/system
        cp /etc/systemd/system/{unit}.service {unit}-probe.service
        mkdir -p {unit}-probe.service.d
        cp /etc/systemd/system/{unit}.service.d/*.conf {unit}-probe.service.d/
        cat > {unit}-probe.service.d/90-probe.conf
        systemctl daemon-reload
        systemctl start {unit}-probe.service || journalctl --no-pager -n 20 -u {unit}-probe.service >&2
        cat /run/probe.json
        rm -rf /run/probe.json {unit}-probe.service {unit}-probe.service.d
        systemctl daemon-reload
    """
    return json.loads(machine.run(script, stdin=override.encode()))


@pytest.mark.parametrize(("unit", "own"), [(AGENT, OF_THE_AGENT), (PANEL, OF_THE_PANEL)])
def test_what_a_unit_must_not_do_fails(installed: Installed, unit: str, own: str) -> None:
    """Files of the other, devices, privileges, the system, addresses: each attempt fails."""
    found = probe(installed.machine, unit, EVERYBODY + own)
    done = {name: told for name, (how, told) in found.items() if how == "done"}
    assert done == {}
    assert len(found) > 25
    # Not because nobody answers there: the kernel does not let it out.
    assert "PermissionError" in found["a foreign address"][1], found


@pytest.mark.parametrize("unit", [AGENT, PANEL])
def test_what_a_unit_needs_works_in_the_same_sandbox(installed: Installed, unit: str) -> None:
    """So that the attempts above fail for what they are, not because nothing works in there."""
    found = probe(installed.machine, unit, ALLOWED[unit])
    assert {name: told for name, (how, told) in found.items() if how != "done"} == {}


@pytest.mark.parametrize("unit", [AGENT, PANEL])
def test_the_exposure_is_within_its_bar(installed: Installed, unit: str) -> None:
    """By `systemd-analyze security`, of the unit as it is in force."""
    told = installed.machine.run(f"systemd-analyze security --no-pager {unit} | tail -1")
    exposure = re.search(r"(\d+\.\d+)", told)
    assert exposure is not None, told
    assert float(exposure[1]) <= BARS[unit]


@pytest.mark.parametrize("unit", [AGENT, PANEL])
def test_what_is_in_force_is_what_was_meant(installed: Installed, unit: str) -> None:
    """Asked of the system manager: the shared hardening, and no exception but those that are written down."""
    told = installed.machine.run(f"systemctl show --all --no-pager {unit}")
    properties = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    meant = INTENDED | EXCEPTIONS[unit]
    found = {name: " ".join(sorted(properties[name].split())) for name in meant}
    assert found == {name: " ".join(sorted(value.split())) for name, value in meant.items()}
    allowed = set(properties["SystemCallFilter"].split())
    assert not allowed & set(BARRED_CALLS)
    assert len(allowed) > 100
