"""Slowing down who guesses passwords: each failure after the first few doubles the wait. Pure; time is an argument."""

import ipaddress
from collections import OrderedDict

from msgspec import Struct

FREE = 5
"""Failures that cost nothing: a tired person mistypes."""
FIRST_WAIT = 2.0
NAME_WAIT_MAX = 30.0
"""Seconds; low, because anybody may fail under the name of somebody else and must not lock them out for long."""
ADDRESS_WAIT_MAX = 300.0
FORGET_AFTER = 3600.0
KEYS_MAX = 512
"""Names and addresses remembered, each; the one that failed longest ago is forgotten first."""


class Record(Struct):
    """What is remembered of one name or address."""

    failures: int = 0
    until: float = 0.0
    last: float = 0.0


class Throttle:
    """Counts failures by one kind of key.

    Args:
        wait_max: the longest wait in seconds.
        keys_max: how many keys are remembered.
    """

    def __init__(self, wait_max: float, keys_max: int = KEYS_MAX) -> None:
        self._wait_max = wait_max
        self._keys_max = keys_max
        self._records: OrderedDict[str, Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def wait(self, key: str, now: float) -> float:
        """Seconds that `key` has to wait before it may try again; 0 when it need not."""
        record = self._records.get(key)
        return 0.0 if record is None else max(0.0, record.until - now)

    def failed(self, key: str, now: float) -> None:
        """`key` failed."""
        record = self._records.setdefault(key, Record())
        if now - record.last > FORGET_AFTER:
            record.failures = 0
        record.failures += 1
        record.last = now
        over = record.failures - FREE
        if over >= 0:
            record.until = now + min(self._wait_max, FIRST_WAIT * 2.0 ** min(over, 16))
        self._records.move_to_end(key)
        while len(self._records) > self._keys_max:
            self._records.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """`key` proved itself: its failures are forgotten."""
        self._records.pop(key, None)


def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv6 client commands a whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
