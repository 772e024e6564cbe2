"""Phones and customers of a real PBX, played by SIPp: bounded in number and in time."""

import shutil
import subprocess
from pathlib import Path

PROGRAM = shutil.which("sipp")
MISSING = "" if PROGRAM else "no sipp here: make parts"
SCENARIOS = Path(__file__).with_name("sipp")
PATIENCE = 60
"""Seconds after which any SIPp is ended."""


class Sipp:
    """Somebody at a loopback address with a port of its own.

    Args:
        address: where they are.
        port: their UDP port.
        pbx: address and port of the PBX.
    """

    def __init__(self, address: str, port: int, pbx: tuple[str, int]) -> None:
        self.address, self.port = address, port
        self._pbx = f"{pbx[0]}:{pbx[1]}"
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Sipp":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.kill()
            process.wait(20)

    def register(self, count: int, phone: int) -> None:
        """Register so many users, whose calls go to the phone at this port."""
        self.wait(self.begin("register", count, 50, "-key", "phone", str(phone)))

    def answer(self) -> None:
        """Be a phone that answers every call."""
        assert PROGRAM
        command = [PROGRAM, "-sf", str(SCENARIOS / "answer.xml"), *self._common()]
        self._spawn(command)

    def call(self, count: int, seconds: float) -> subprocess.Popen[bytes]:
        """Begin so many calls, ten a second, that last so long."""
        return self.begin("call", count, 10, "-d", str(int(seconds * 1000)))

    def flood(self, count: int) -> None:
        """Send so many requests, two hundred a second, and wait for no answer."""
        self.wait(self.begin("options", count, 200))

    def begin(self, scenario: str, count: int, rate: int, *more: str) -> subprocess.Popen[bytes]:
        """Begin a scenario so many times."""
        assert PROGRAM
        bounds = ["-m", str(count), "-l", str(count), "-r", str(rate)]
        return self._spawn(
            [PROGRAM, "-sf", str(SCENARIOS / f"{scenario}.xml"), *self._common(), *bounds, *more, self._pbx]
        )

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for its end; 0 says that every call went as its scenario has it."""
        assert process.wait(PATIENCE + 20) == 0

    def _common(self) -> list[str]:
        return ["-i", self.address, "-p", str(self.port), "-nostdin", "-timeout", str(PATIENCE)]

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._running.append(process)
        return process
