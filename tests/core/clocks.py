"""What the tests of time share: a room whose clock is found, set and lost."""

from agent.core.events import ClockOffset, ClockStepped
from agent.core.model import ClockQuality
from agent.core.state import decode_snapshot, encode_snapshot
from tests.core.branch import Room

YEARS = 10 * 365 * 86_400.0
UNSYNCED, HOLDOVER, RTC, GSM, NTP = ClockQuality
ON_BATTERY = "ups-1.on-battery"


def find_time(room: Room, wall: float, quality: ClockQuality = NTP) -> None:
    """A source tells what time it is."""
    room.offset, room.quality = wall - room.mono, quality
    room.wait(0)


def stepped(room: Room) -> list[ClockStepped]:
    """How often the clock was set, by the journal."""
    return [one for one in room.events if isinstance(one, ClockStepped)]


def offsets(room: Room) -> list[ClockOffset]:
    """What was appended of earlier times."""
    return [one for one in room.events if isinstance(one, ClockOffset)]


def reboot(room: Room, *, wall: float = 0.0, quality: ClockQuality = UNSYNCED, boot: str = "b") -> Room:
    """The machine starts anew with what the journal remembers."""
    durable = decode_snapshot(encode_snapshot(room.state.durable))
    return Room(room.state.branch, durable, mono=20.0, wall=wall, quality=quality, boot=boot)
