"""When to poll: spread over the interval, gently after failures. Pure; seconds are monotonic."""

import math
from zlib import crc32

BREAKER_AFTER = 3
"""Failures in a row after which a device is polled less often, and through a new session."""

SLOWEST = 30.0
"""Seconds between polls of a dead device, if its own interval is not longer: a return must not be noticed late."""


SLOT = 0.25
"""Seconds between the slots on which polls fall: a processor that wakes rarely for many devices does each at a fraction
of the cost (docs/performance.md), and few enough share a slot that their answers do not wait for each other."""


def phase(device: str, interval: float) -> float:
    """Where in the interval a device's polls fall: spread over its slots by name, so the same after each restart."""
    slots = max(1, int(interval / SLOT))
    return crc32(device.encode()) % slots / slots * interval


def next_due(began: float, interval: float, device: str, failures: int, now: float) -> float:
    """The next moment to poll after one that began at `began`.

    The polls keep to a grid of the interval, so that lateness does not add up; slots that were missed are skipped.
    After `BREAKER_AFTER` failures the distance doubles with each further one, up to `SLOWEST`.
    """
    slot = phase(device, interval)
    step = interval * spacing(interval, failures)
    earliest = max(began + step - interval / 2, now)
    return slot + math.ceil((earliest - slot) / interval) * interval


def spacing(interval: float, failures: int) -> int:
    """How many intervals lie between two polls after so many failures in a row."""
    if failures < BREAKER_AFTER:
        return 1
    widest = max(1, int(SLOWEST / interval))
    return min(1 << min(failures - BREAKER_AFTER + 1, 20), widest)


def wants_new_session(failures: int) -> bool:
    """Whether so many failures in a row call for a new session: after a few, and then every few."""
    return failures > 0 and failures % BREAKER_AFTER == 0
