"""The parts of the site file that say what is wired to the GPIO header, and which dry contacts are watched.

Pins are BCM numbers, durations are seconds once loaded.
"""

from typing import Literal

from msgspec import Struct, field

from agent.config.words import Duration, Pin, SeverityWord, Slug, Wording

ROOM = "room"
"""The device that all dry contacts of the room form."""


class LampPin(Struct, frozen=True):
    """Where a lamp or the horn is wired. `fail_safe`: lit or dark when no process drives the pin."""

    pin: Pin
    active_high: bool = True
    fail_safe: bool = False


class InputPin(Struct, frozen=True):
    """Where a dry contact is wired, how it rests, and how long (seconds) a new position must last to count."""

    pin: Pin
    normally: Literal["open", "closed"] = "open"
    pull: Literal["up", "down"] = "up"
    debounce: Duration = 0.1


class ButtonPin(Struct, frozen=True):
    """Where a push button is wired."""

    pin: Pin
    pull: Literal["up", "down"] = "up"
    debounce: Duration = 0.03


class BoardEntry(Struct, frozen=True):
    """The `[board]` table: everything on the GPIO header, by name."""

    lamps: dict[Literal["red", "amber", "green", "blue", "horn"], LampPin] = field(default_factory=dict)
    inputs: dict[Slug, InputPin] = field(default_factory=dict)
    buttons: dict[Literal["acknowledge", "silence", "reset", "test"], ButtonPin] = field(default_factory=dict)


class InputEntry(Struct, frozen=True):
    """One dry contact that is watched: a point of the device `room`, and the alarm that comes of it.

    The pin is either here or under the same name in `[board.inputs]`. The point is true while the contact is away from its normal
    position; on that the alarm is raised.
    """

    name: Slug
    text: Wording
    severity: SeverityWord
    pin: Pin | None = None
    normally: Literal["open", "closed"] | None = None
    type: Slug | None = None
    """Alarm type; the name unless given."""
    action: Wording | None = None
    causes: Wording | None = None
    on_delay: Duration = 0.0
    off_delay: Duration = 0.0
    layer: Literal["environment"] = "environment"
