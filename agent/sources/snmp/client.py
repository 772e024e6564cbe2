"""What the SNMP source needs of a library, and what a library needs to know of an agent."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from agent.sources.errors import Garbled

Raw = int | float | str | bytes | None
"""A value as the wire gives it: INTEGER and counters as int, OCTET STRING as bytes, OID and IpAddress as str."""


ROWS_MAX = 5_000
"""Rows of one walk: an agent that never comes to an end must not be followed for ever."""


class Community(Struct, frozen=True):
    """Who asks, in v1 and v2c. Not encrypted on the wire, and never shown."""

    word: str

    def __repr__(self) -> str:
        return "Community(<secret>)"


class User(Struct, frozen=True):
    """Who asks, in v3 with authentication and privacy (authPriv, RFC 3414). The phrases are never shown."""

    name: str
    auth: str
    """Protocol of authentication: `SHA-1`, `SHA-224`, `SHA-256`, `SHA-384` or `SHA-512` (RFC 3414, RFC 7860)."""
    auth_phrase: str
    priv: str
    """Protocol of privacy: `AES` (RFC 3826), `AES-192`, `AES-256`, or with `-C` as Cisco's agents extend the key."""
    priv_phrase: str

    def __repr__(self) -> str:
        return f"User({self.name!r}, {self.auth}, {self.priv}, <secret>)"


class Access(Struct, frozen=True):
    """How to reach one agent."""

    address: str
    port: int
    version: str
    """`1`, `2c` or `3`."""
    who: Callable[[], Community | User]
    """Reads the secret, once for each session. May raise `PollError`."""
    timeout: float
    """Seconds to wait for the answer to one request."""

    @property
    def place(self) -> str:
        """The agent in a message."""
        return f"{self.address} port {self.port}"


class TooLarge(Garbled):
    """A request or its answer is larger than the agent or the library bears; a smaller one may be borne."""


Part = Sequence[tuple[str, Raw]]
"""Rows of a table in the agent's order, by OID."""


class Cursor:
    """Where a walk through everything below `root` stands.

    Args:
        root: an OID.
        repetitions: rows to ask for by one request; v1 agents are asked for one.
    """

    def __init__(self, root: str, repetitions: int) -> None:
        self.root = root
        self.repetitions = repetitions
        self.last = root
        """What was told last."""
        self.ended = False
        """Whether there is nothing more below the root."""
        self.doubtful = False
        """Whether what came last may be the end or a refusal."""
        self.own: Any = None
        """What the library keeps of it."""


class Client(Protocol):
    """One agent, asked through a library. Not for two tasks at a time.

    Both questions raise

        NoAnswer: nothing came in time, or (v3) nothing that proves itself.
        NothingListens: the port is closed.
        NotAuthentic: the agent refused the user.
        Garbled: what came is no answer.
        TooLarge: the request, or its answer, is larger than is borne.
        LinkLost: the request could not be sent, or there is no secret to send it with.

    What cannot be the answer is passed over as long as the answer may still come.
    """

    @property
    def timeout(self) -> float:
        """Seconds to wait for the answer to one request."""

    def get(self, oids: Sequence[str]) -> Awaitable[Mapping[str, Raw]]:
        """The values of some OIDs by one request; what the agent does not have is absent, and nothing else is told.

        An agent that refuses the whole request, since (v1) one OID is absent or it is too big and the library does
        not tell, gives an empty answer.
        """

    def step(self, cursor: Cursor) -> Awaitable[Part]:
        """The next rows of a walk by one request, which takes no longer than `timeout`; at its end the cursor says so.

        A step that failed may be tried again.
        """

    def renew(self) -> None:
        """Begin a new session with the next question."""

    def close(self) -> None:
        """Let go of the socket."""
