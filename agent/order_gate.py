"""How many orders one caller may give: the journal keeps every order, so nobody may fill it with them. Pure.

A person with many alarms to acknowledge is far below the bound, a program that goes wild is not.
"""

from collections import OrderedDict

from msgspec import Struct

BURST = 30.0
EVERY = 0.5
"""Seconds after which a caller may give one more, after a burst."""
REFUSED_BURST = 20.0
REFUSED_EVERY = 60.0
"""The same for orders that the desk refuses: of these one a minute says as much as a thousand."""
CALLERS_MAX = 256

NAME_MAX = 100
ALARM_MAX = 200
NOTE_MAX = 1000
"""Characters; what is longer is nothing that a person typed."""


class _Bucket(Struct):
    level: float
    at: float


class OrderGate:
    """Lets orders through by caller; remembers the callers of late only."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[tuple[str, bool], _Bucket] = OrderedDict()
        self.held = 0
        """Orders that were not let through since the start."""

    def admits(self, caller: str, mono: float, *, denied: bool) -> bool:
        """Whether one more order of a caller is taken now.

        Args:
            caller: who, however the door names them.
            mono: monotonic seconds.
            denied: whether the desk refuses it anyway.
        """
        burst, every = (REFUSED_BURST, REFUSED_EVERY) if denied else (BURST, EVERY)
        bucket = self._buckets.setdefault((caller, denied), _Bucket(burst, mono))
        self._buckets.move_to_end((caller, denied))
        while len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
        bucket.level = min(burst, bucket.level + (mono - bucket.at) / every)
        bucket.at = mono
        if bucket.level < 1.0:
            self.held += 1
            return False
        bucket.level -= 1.0
        return True


def too_long(alarm: str, device: str, note: str, name: str, place: str) -> str:
    """What of an order is longer than anybody types; empty where nothing is."""
    given = {
        "alarm": (alarm, ALARM_MAX),
        "device": (device, ALARM_MAX),
        "note": (note, NOTE_MAX),
        "name": (name, NAME_MAX),
        "place": (place, NAME_MAX),
    }
    return next((what for what, (text, most) in given.items() if len(text) > most), "")
