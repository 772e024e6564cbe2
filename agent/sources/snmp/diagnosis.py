"""Why an agent does not answer a v3 user, found by a process of its own.

gufo-snmp says only "auth" or nothing at all, since an agent that cannot decrypt a request says nothing either. pysnmp
hears the agent's reports, but it is too big to keep in the agent's memory for that. So it is asked in a short-lived
process, rarely, one device at a time.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

from agent.sources.errors import NotAuthentic, PollError
from agent.sources.snmp.client import Access, User

EVERY = 300.0
"""Seconds between two diagnoses of one device."""

SUSPECTS_MAX = 256

PATIENCE = 30.0
"""Seconds that one diagnosis may take."""

Finding = Literal["no reply", "unknown user", "wrong digest", "not in time window", "decryption", "answers"]
"""What a discovery finds."""

_SENTENCES: dict[str, str] = {
    "unknown user": "does not know the user {user}",
    "wrong digest": "refuses the user {user}: authentication phrase or protocol ({auth}) is wrong",
    "not in time window": "refuses the time of our requests: its engine boots or time stand still",
    "decryption": "cannot decrypt for {user}: privacy phrase or protocol ({priv}) is wrong",
}


class Suspect(Struct, frozen=True):
    """Whom to ask, as it goes to the process by its standard input."""

    address: str
    port: int
    timeout: float
    user: User


class Diagnosis:
    """Names the cause of v3 failures.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._last: dict[Suspect, tuple[float, str]] = {}
        """When each was diagnosed last, and what was found; whoever comes with another phrase is somebody else."""

    async def explain(self, access: Access, error: PollError) -> PollError:
        """The error that names the cause; the same error where nothing more can be said."""
        try:
            user = access.who()
        except PollError:
            return error
        if not isinstance(user, User):
            return error
        suspect = Suspect(access.address, access.port, access.timeout, user)
        finding = await self._finding(suspect)
        if finding not in _SENTENCES:
            return error
        sentence = _SENTENCES[finding].format(user=user.name, auth=user.auth, priv=user.priv)
        return NotAuthentic(f"{access.place} {sentence}")

    async def _finding(self, suspect: Suspect) -> str:
        asked, finding = self._last.get(suspect, (float("-inf"), ""))
        if self._clock() - asked < EVERY:
            return finding
        async with self._one_at_a_time:
            self._remember(suspect, finding)
            finding = await _ask_process(suspect)
            self._remember(suspect, finding)
        return finding

    def _remember(self, suspect: Suspect, finding: str) -> None:
        self._last.pop(suspect, None)
        self._last[suspect] = self._clock(), finding
        while len(self._last) > SUSPECTS_MAX:
            del self._last[next(iter(self._last))]


async def _ask_process(suspect: Suspect) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "agent.sources.snmp.discover",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await process.communicate(msgspec.json.encode(suspect))
    except TimeoutError:
        return ""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said.decode(errors="replace").strip()
