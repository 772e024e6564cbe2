"""The nouns of the core: values, instants, devices with their points and alarm rules.

Words are those of RFC 8632 (alarms), ISA-18.2 (delays, limits) and the NUT variable names (points).
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from functools import cached_property

from msgspec import Struct, field

from agent.core.graph import AllOf

Value = float | int | bool | str
"""A good value in the unit of its point. Enumerated points carry their name, not their number."""


class Bad(Struct, frozen=True, tag="bad"):
    """What stands where a value should: the device answered, but not with something to believe."""

    cause: str
    """One of `missing`, `type`, `unknown`, `implausible`."""


class Quality(StrEnum):
    """How far a point may be believed now."""

    GOOD = "good"
    BAD = "bad"
    STALE = "stale"


class Severity(IntEnum):
    """Perceived severity with the numbers of RFC 8632; `cleared` exists only in notifications."""

    WARNING = 3
    MINOR = 4
    MAJOR = 5
    CRITICAL = 6

    @property
    def word(self) -> str:
        """The word of RFC 8632, as it leaves the box."""
        return self.name.lower()


class Layer(StrEnum):
    """Where a device stands in the call system; the order is the order of dependence."""

    POWER = "power"
    ENVIRONMENT = "environment"
    NETWORK = "network"
    ACCESS = "access"
    APPLICATION = "application"
    DATA = "data"
    MANAGEMENT = "management"


class ClockQuality(StrEnum):
    """How far wall time may be believed."""

    UNSYNCED = "unsynced"
    HOLDOVER = "holdover"
    RTC = "rtc"
    GSM = "gsm"
    NTP = "ntp"


class Instant(Struct, frozen=True, gc=False):
    """A moment on both clocks.

    Durations are differences of `mono` (seconds, meaningful within one `boot`); `wall` (seconds since 1970, UTC) is
    for people and calendars and carries its quality.
    """

    mono: float
    wall: float
    quality: ClockQuality = ClockQuality.UNSYNCED
    boot: str = ""


class Text(Struct, frozen=True):
    """What a person reads, in both languages of the product."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """The text in `language` (`en` or `zh`)."""
        return self.zh if language == "zh" else self.en


class AlarmKey(Struct, frozen=True, dict=True):
    """The identity of an alarm, RFC 8632 section 3.4: same key, same alarm."""

    resource: str
    type: str
    qualifier: str = ""

    @cached_property
    def id(self) -> str:
        """The slug under which the alarm is published and addressed, such as `ups-1.battery-low`."""
        parts = (self.resource, self.type, self.qualifier)
        return ".".join(part.lower().replace(".", "-").replace(" ", "-") for part in parts if part)


class Limit(Struct, frozen=True, omit_defaults=True):
    """The limit of one rule: numeric with separate raise and clear values, or a set of enumerated states.

    Exactly one of `raise_above`, `raise_below`, `among`, `tokens` is set. Between the raise and the clear value lies
    the deadband: there the condition stays as it is.
    """

    raise_above: float | None = None
    clear_below: float | None = None
    raise_below: float | None = None
    clear_above: float | None = None
    among: tuple[Value, ...] = ()
    """The condition holds while the point has one of these values."""
    tokens: tuple[str, ...] = ()
    """The condition holds while the point's space-separated status words have one of these (NUT's `ups.status`)."""
    per: float = 0.0
    """Where not 0, the numbers are of the change within so many seconds, not of the value itself."""
    clear_tokens: tuple[str, ...] = ()
    """With `tokens`: only words with one of these say that it is over; others say neither. Any others, where empty."""


class Point(Struct, frozen=True):
    """One thing a device tells: its name, unit (UCUM, empty for none) and what a person calls it."""

    name: str
    unit: str = ""
    text: Text = Text("", "")


class Cause(Struct, frozen=True):
    """A root cause (RFC 8632, root-cause-resource), and the alarm that tells of it."""

    resource: str
    alarm: str


class Unless(Struct, frozen=True):
    """What makes the readings of another rule say nothing, such as a self-test that runs."""

    point: str
    limit: Limit
    text: Text = Text("", "")
    """What a person calls it; nothing for the name of its point."""
    at_most: float = 0.0
    """Seconds after which it excuses nothing any more; 0 for no bound."""
    provided: tuple[tuple[str, float], ...] = ()
    """Points that may not read less meanwhile: a test without mains at the input is a mains failure."""


class Often(Struct, frozen=True):
    """That another rule of the device is what counts: how often its condition passed before its on-delay ended."""

    of: str
    """The alarm type of that rule."""
    text: Text
    """What a person calls what is counted."""


class Lost(Struct, frozen=True):
    """What makes more of a device's silence: that it began within seconds of something else, such as a mains failure."""

    after: tuple[str, ...]
    """Alarm types of the same device whose condition a reading told of shortly before."""
    within: float = 30.0
    """Seconds that may lie between."""
    beside: tuple[str, ...] = ()
    """Ids of alarms of other devices whose condition does as well, shortly before or after."""


class Bounds(Struct, frozen=True):
    """Between which values, both included, a number of a rule may be changed on site."""

    low: float
    high: float


class Rule(Struct, frozen=True):
    """From one point to one alarm type: when it is raised and cleared, what to say and do then, and what explains it."""

    type: str
    point: str
    severity: Severity
    limit: Limit
    text: Text
    action: Text = Text("", "")
    causes: Text = Text("", "")
    qualifier: str = ""
    on_delay: float = 0.0
    off_delay: float = 0.0
    confirm: tuple[int, int] = (1, 1)
    """How many of the last how many readings must say it before a delay begins."""
    unless: tuple[Unless, ...] = ()
    brief: Text | None = None
    """What a person calls its condition where it passes before the on-delay ends; None where that is not noted."""
    often: Often | None = None
    """Where it is about how often another rule's condition passed; `point` is then a name for that."""
    lost: Lost | None = None
    """Where it is about a silence that began within seconds of something else; `point` is then `REACHABLE`."""
    counter: int = 0
    """Bits of the counter that the point is, where its change is limited: it wraps, and begins anew with its device."""
    explained_by: tuple[str, ...] = ()
    """Alarm types of the same device of which this one is a consequence."""
    explained_by_dependencies: bool = False
    """Whether it is a consequence of what the device depends on."""
    takes_down: bool = False
    """Whether what depends on the device cannot work while this alarm stands."""
    worsens: bool = False
    """Whether it raises nothing, but makes the alarm of its type worse while it holds."""
    will_clear: bool = True
    """Whether a normal reading clears the alarm (RFC 8632, will-clear); what does not is closed by a person."""
    adjustable: Mapping[str, Bounds] = {}
    """Which of its numbers may be changed on site, by the names of `agent.core.adjustments`."""


REACHABLE = "reachable"
"""The point that every device has: does it answer?"""

UNREACHABLE = "unreachable"
"""The alarm type of a device that does not answer."""


class Device(Struct, frozen=True):
    """A watched device as the core sees it. Every device has an `unreachable` rule with delays of its own."""

    id: str
    layer: Layer
    name: Text
    """What people call it; a site calls it the same in both languages, the box's own parts have a name in each."""
    rules: tuple[Rule, ...]
    points: Mapping[str, Point] = field(default_factory=dict)
    stale_after: float = 180.0
    """Seconds without a good answer after which the points are stale and the device counts as silent."""
    depends_on: AllOf = AllOf(())
    """What it cannot work without."""
    reached_through: AllOf = AllOf(())
    """What stands between the box and it: where that fails, the device's silence says nothing of the device."""
    recovery_time: float = 60.0
    """Seconds that it may take to come back when what it depends on has come back."""
    profile: str = ""
    prompt: bool = False
    """Whether every change of its readings is told at once: they are few, and somebody's hand is behind them."""
    built_in: bool = False
    """True for the box itself, its journal and its broker link, which do not prove that the branch is polled."""


def alarm_key(device: Device, rule: Rule) -> AlarmKey:
    """The alarm that a rule of a device is about."""
    return AlarmKey(device.id, rule.type, rule.qualifier)
