"""A machine that really boots (QEMU), by the laboratory's scripts: a Debian with kernel GPIO, serial lines, a watchdog."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

SCRIPTS = Path(os.environ.get("LINEWARDEN_LAB", Path(__file__).parents[3] / "shared/lab")) / "vm"
PACKAGES = "chrony nftables socat"
SECONDS = 900.0
UNREACHABLE = 255
"""The status by which ssh says that it did not get through."""


class LabError(AssertionError):
    """A script of the laboratory failed."""


class Machine:
    """One machine.

    Args:
        cache: folder of its parts (`build.sh`), kept between runs.
        port: of this machine's loopback, for ssh; the panel is at the next one.
    """

    def __init__(self, cache: Path, port: int = 2222) -> None:
        self.cache, self.port = cache, port
        self.key = cache / "id_ed25519"

    @property
    def shared(self) -> list[str]:
        """Options of ssh by which commands share one connection: a handshake takes a second in there."""
        path = self.cache / "mux"
        alive = ["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"]
        return ["-o", "ControlMaster=auto", "-o", f"ControlPath={path}", "-o", "ControlPersist=120", *alive]

    def forget(self) -> None:
        """Forget the shared connection: the machine at its other end goes away."""
        subprocess.run(
            ["ssh", "-o", f"ControlPath={self.cache / 'mux'}", "-O", "exit", "127.0.0.1"],
            capture_output=True,
            check=False,
        )

    @property
    def panel_port(self) -> int:
        """Where its panel is reached."""
        return self.port + 1

    def build(self) -> None:
        """Make the parts of the machine, unless they are there."""
        if (self.cache / "base.img").exists():
            return
        self._script("build.sh", environment={"LAB_VM_PACKAGES": PACKAGES})

    def boot(self, *, fresh: bool = False, restore: str = "", qemu: Sequence[str] = ()) -> None:
        """Start it and wait until ssh answers.

        Args:
            fresh: the disk as it was built.
            restore: go on from this snapshot instead of booting.
            qemu: more arguments of QEMU's.
        """
        options = ["--port", str(self.port), "--forward", f"{self.panel_port}:8443"]
        options += ["--fresh"] if fresh else []
        options += ["--restore", restore] if restore else []
        self.forget()
        self._script("boot.sh", *options, *(["--", *qemu] if qemu else []))

    def off(self) -> None:
        """Cut its power."""
        self.forget()
        if self.is_on:
            self._script("cut-power.sh", "--off")

    @property
    def is_on(self) -> bool:
        """Whether it runs."""
        pid = self.cache / "vm/pid"
        return pid.is_file() and Path(f"/proc/{pid.read_text().strip()}").exists()

    def cut(self) -> None:
        """Cut its power and start it again on the same disk."""
        self.forget()
        self._script("cut-power.sh")

    def save(self, name: str) -> None:
        """Keep memory and disk as they are now."""
        self._script("snapshot.sh", name)

    def monitor(self, *words: str) -> str:
        """Tell QEMU something."""
        return self._script("monitor.sh", *words)

    def run(self, command: str, *, check: bool = True, seconds: float = SECONDS, stdin: bytes = b"") -> str:
        """What a command in it prints; root runs it."""
        done = self.try_(command, seconds, stdin)
        if check and done.returncode:
            raise LabError(f"{command!r} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def try_(
        self, command: str, seconds: float = SECONDS, stdin: bytes = b""
    ) -> "subprocess.CompletedProcess[str]":
        """A command in it, however it ends."""
        words = [str(SCRIPTS / "ssh.sh"), str(self.cache), *self.shared, command]
        try:
            done = subprocess.run(words, input=stdin, capture_output=True, check=False, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            self.forget()  # what is at its other end is no more
            return subprocess.CompletedProcess(words, UNREACHABLE, "", str(error))
        return subprocess.CompletedProcess(
            words, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )

    def console(self) -> str:
        """What its console showed, over all boots."""
        return (self.cache / "vm/console.log").read_text(errors="replace")

    def serial(self, name: str) -> Path:
        """The socket at the other end of a serial line."""
        return self.cache / "vm" / f"{name}.sock"

    def _script(self, name: str, *words: str, environment: dict[str, str] | None = None) -> str:
        self.cache.mkdir(parents=True, exist_ok=True)
        command = [str(SCRIPTS / name), str(self.cache), *words]
        done = subprocess.run(
            command,
            env=os.environ | (environment or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        if done.returncode:
            raise LabError(f"{name} {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout
