"""The processes of the demo: started one after another, watched, and ended in the reverse order."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import Struct

PATIENCE = 8.0
"""Seconds that a process may take to end before it is killed."""


class Member(Struct):
    """One process and where it logs."""

    name: str
    process: asyncio.subprocess.Process
    log: Path


class DiedError(RuntimeError):
    """A process of the demo ended by itself; the message has the end of its log."""


class Family:
    """Starts and ends processes.

    Args:
        logs: the folder for their logs.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._members: list[Member] = []
        logs.mkdir(exist_ok=True)

    async def start(self, name: str, module: str, *arguments: str) -> None:
        """Start a module of ours as a process, in a session of its own so that Ctrl-C reaches only the parent."""
        log = self._logs / f"{name}.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._members.append(Member(name, process, log))

    def check(self) -> None:
        """Say which process has died, if one has.

        Raises:
            DiedError: one has.
        """
        for member in self._members:
            if member.process.returncode is not None:
                tail = "\n".join(member.log.read_text(errors="replace").splitlines()[-8:])
                raise DiedError(f"the {member.name} ended with {member.process.returncode}:\n{tail}")

    async def until(self, ready: Callable[[], Awaitable[bool]], within: float = 30.0) -> None:
        """Wait until something is ready.

        Raises:
            DiedError: a process died meanwhile, or it took too long.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while not await ready():
            self.check()
            if loop.time() > end:
                raise DiedError(f"{self._members[-1].name} is not ready after {within:g} s; see {self._logs}")
            await asyncio.sleep(0.1)

    async def end(self) -> None:
        """End all, the youngest first."""
        for member in reversed(self._members):
            if member.process.returncode is None:
                member.process.terminate()
                try:
                    await asyncio.wait_for(member.process.wait(), PATIENCE)
                except TimeoutError:
                    member.process.kill()
                    await member.process.wait()
            if member.process.stdin is not None:
                member.process.stdin.close()
        self._members.clear()
