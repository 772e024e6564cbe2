"""How the store is, and the bounds it works within."""

from enum import Enum

import msgspec

from agent.store.records import Epoch


class Health(Enum):
    """Whether what is submitted becomes durable."""

    OPENING = "opening"
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    STOPPED = "stopped"


class StoreState(msgspec.Struct, frozen=True):
    """The state of the store, told at each change.

    Attributes:
        health: healthy, degraded, or the thread has ended.
        epoch: the epoch of what is being written; None while no database could be opened yet.
        reason: `full` or `failed` while degraded.
        detail: the error, for the log and the person on site.
    """

    health: Health
    epoch: Epoch | None = None
    reason: str = ""
    detail: str = ""


class Limits(msgspec.Struct, frozen=True):
    """Bounds of the writer; times in seconds.

    Attributes:
        entries: entries that may wait to become durable.
        bytes: their bytes.
        linger: how long a commit waits for company.
        cursor_delay: how long a moved cursor may wait for a commit to ride with.
        retry_first: the pause before a failed store is opened again.
        retry_most: what the pause doubles up to.
    """

    entries: int = 10_000
    bytes: int = 16 << 20
    linger: float = 0.0
    cursor_delay: float = 5.0
    retry_first: float = 1.0
    retry_most: float = 60.0


DEFAULTS = Limits()
