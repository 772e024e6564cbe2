"""Runs the real agent for a comparison with other pollers: on 127.0.1.1 to 127.0.1.100, until SIGTERM.

The agent has all its rooms (lamps on simulated pins, journal, trends) and publishes to a Mosquitto beside it. Whoever
compares counts what is in the control group in which this program was started: broker and this program leave it, so
that only the agent is counted.
"""

import argparse
import getpass
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from tests.bench.branch_of import write_site
from tests.parts.mosquitto import Mosquitto

DEVICES = 100
SHORTEST = 1.0
"""Seconds: the agent polls no faster."""


def leave_group() -> None:
    """Move this process out of its control group and away from its core, where that is allowed."""
    with suppress(OSError):
        mounts = [Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")]
        root = next(path for path in mounts if (path / "cgroup.procs").exists())
        harness = root / "peers-harness"
        (harness if harness.exists() else root).joinpath("cgroup.procs").write_text(str(os.getpid()))
    with suppress(OSError):
        os.sched_setaffinity(0, set(range(os.cpu_count() or 1)) - {0} or {0})


def run(folder: Path, interval: float, port: int, library: str) -> None:
    """Run agent and broker until SIGTERM."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    broker = Mosquitto(folder)
    user = getpass.getuser()
    site = write_site(
        folder, DEVICES, port, interval=interval, broker=broker.port, user=user, library=library
    )
    command = [sys.executable, "-m", "agent.demo.agent_process", str(site), str(folder / "pins.sock")]
    with (folder / "agent.log").open("wb") as log:
        # The agent is started in the group that counts; only then do this process and the broker leave it.
        agent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
    leave_group()
    with broker:
        while agent.poll() is None and not ended.wait(0.5):
            pass
        agent.terminate()
        agent.communicate(timeout=30)
    sys.stderr.write((folder / "agent.log").read_text()[-2000:])


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interval", type=float, default=SHORTEST)
    parser.add_argument("--port", type=int, required=True, help="UDP port of the devices")
    parser.add_argument("--library", default="auto", choices=["auto", "gufo-snmp", "pysnmp"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="linewarden-bench-", dir=os.environ.get("BENCH_DIR")) as name:
        run(Path(name), max(given.interval, SHORTEST), given.port, given.library)


if __name__ == "__main__":
    main()
