"""A real Mosquitto on a loopback port, with a configuration of its own."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import wait_for

PROGRAM = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")

BASE = """\
listener {port} 127.0.0.1
user {user}
# the default of 1000 drops QoS 1 messages of a slow reader in a drain
max_queued_messages 100000
"""
DEFAULTS = {
    "allow_anonymous": "true",
    "persistence": "false",
    # no limit: then what is acknowledged is written to the readers already
    "max_inflight_messages": "0",
}
"""What holds unless a test says otherwise."""


def free_port() -> int:
    """A port of the loopback address that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Mosquitto:
    """Runs the broker; as a context manager it starts at once and ends for good.

    Args:
        folder: for its files.
        extra: lines of the configuration; anonymous access is allowed unless they say otherwise.
        port: where to listen; a free one unless given.
    """

    def __init__(self, folder: Path, extra: str = "", port: int = 0) -> None:
        self.port = port or free_port()
        self._conf = folder / f"mosquitto-{self.port}.conf"
        self._log = folder / f"mosquitto-{self.port}.log"
        user = "root" if os.geteuid() == 0 else "nobody"
        settings = {line.split()[0] for line in extra.splitlines() if line.strip()}
        rest = "".join(f"{key} {value}\n" for key, value in DEFAULTS.items() if key not in settings)
        self._conf.write_text(BASE.format(port=self.port, user=user) + rest + extra)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, if it does not run, and wait until it listens."""
        if self._process is not None:
            return
        assert PROGRAM, "no mosquitto here"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "-c", str(self._conf)], stdout=log, stderr=subprocess.STDOUT
            )
        wait_for(self._listens, what="mosquitto to listen")

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def reload(self) -> None:
        """Have it read its files again, as `systemctl reload` does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def freeze(self) -> None:
        """Have it hang with all its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.send_signal(signal.SIGCONT)
            process.wait(20)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True
