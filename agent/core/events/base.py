"""What all events are made of: the instant at which they happened, and the evidence for what they tell."""

from msgspec import Struct

from agent.core.model import Instant, Limit, Text, Value


class Witness(Struct, frozen=True):
    """A condition near in time that makes more of a device's silence."""

    alarm: str
    """Id of the alarm whose condition it is, whether that is raised or not."""
    text: Text
    apart: float
    """Seconds from the reading that is known of it to the silence; negative where the silence came first."""


class Evidence(Struct, frozen=True, omit_defaults=True, gc=False):
    """Which reading, limit and delay made a condition change."""

    point: str
    value: Value
    unit: str = ""
    limit: Limit = Limit()
    delay: float = 0.0
    """The on-delay or off-delay that was waited out, in seconds."""
    crossed: float = 0.0
    """Wall time of the reading that crossed the limit."""
    crossed_mono: float | None = None
    """Monotonic second of that reading, in the boot of the event; None in entries of versions that did not tell it."""
    sampled: float = 0.0
    """Wall time of the newest reading when the decision fell."""
    detail: str = ""
    """What the source said, for a device that does not answer."""
    excuse: Text | None = None
    """What it was held to be at first, such as a self-test: the excuse has ended, or has lasted too long."""
    witness: Witness | None = None
    """What the silence of a device began together with."""
    counted: Text | None = None
    """What was counted, where the value is how often it came."""


class Event(Struct, frozen=True, tag_field="type", kw_only=True, gc=False):
    """The root of all events: each happened at an instant. Nothing in one refers back to it, so none needs collecting."""

    at: Instant
