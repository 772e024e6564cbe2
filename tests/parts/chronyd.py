"""A real chronyd with one reference clock, which never touches the clock of the machine: what it makes of samples is in its log."""

import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import wait_for

PROGRAM = shutil.which("chronyd", path="/usr/sbin:/usr/bin:/sbin:/bin")
REFID = "GSM"


class Chronyd:
    """One process in a folder of its own: no ports, no servers, own sockets.

    Args:
        folder: whose owner runs it.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o750, exist_ok=True)
        self.socket = folder / "gsm.sock"
        self._folder, self._said = folder, folder / "said"
        (folder / "chrony.conf").write_text(
            f"refclock SOCK {self.socket} refid {REFID} poll 0 filter 2 delay 2\n"
            f"port 0\ncmdport 0\nbindcmdaddress {folder}/command.sock\npidfile {folder}/pid\n"
            f"logdir {folder}\nlog refclocks\nlogbanner 0\n"
        )

    def __enter__(self) -> Self:
        """Start it, and wait until it listens."""
        order = [str(PROGRAM), "-x", "-d", "-U", "-u", _me(), "-f", str(self._folder / "chrony.conf")]
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(order, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
        wait_for(self.socket.exists, what="chronyd to listen")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(10)

    @property
    def said(self) -> str:
        """What it says of itself."""
        return self._said.read_text()

    def offsets(self) -> list[float]:
        """Seconds by which each sample found the system's clock behind, as it took them."""
        log = self._folder / "refclocks.log"
        rows = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [float(row[6]) for row in rows if len(row) > 6 and row[2] == REFID and row[3] != "-"]


def _me() -> str:
    return Path.home().owner()
