"""What the agent answers over the control socket. Times are seconds since 1970 (UTC); texts come in both languages."""

from collections.abc import Mapping

from msgspec import Struct

from agent.api.limits import LimitsView
from agent.core.annunciator import Indication
from agent.core.events import Evidence
from agent.core.inputs import Origin, Verb
from agent.core.model import Layer, Quality, Text, Value
from agent.core.suppression.nouns import Kind


class Status(Struct, frozen=True):
    """The box itself."""

    site: str
    name: str
    language: str
    timezone: str
    version: str
    config: str
    boot: str
    since: float
    now: float
    clock: str
    journal: str
    """`healthy` or `degraded`."""
    broker: str
    """`connected`, `lost`, or `none` where no broker is configured."""
    epoch: str = ""
    seq: int = 0
    backlog: int = 0
    """Events on the disk that the broker has not confirmed yet."""
    mqtt: str = ""
    """The version of MQTT in use or tried last; empty where no broker is configured."""
    trouble: str = ""
    """The word for why the broker is lost, such as `credentials-refused`, or, connected, for what it is not told whole."""
    trouble_detail: str = ""
    """What the broker, TLS or the network said."""
    next_try: float = 0.0
    """When the broker is tried next; 0 while connected, and during an attempt."""


class OperatorNote(Struct, frozen=True):
    """One thing a person did about an alarm."""

    time: float
    by: Origin | None
    """None where it was the time's doing."""
    state: str
    text: str = ""


class RootCause(Struct, frozen=True):
    """The alarm that explains another."""

    alarm: str
    resource: str
    resource_name: Text
    text: Text
    """What that alarm says; the name of the resource where it has left the list."""


class Impacted(Struct, frozen=True):
    """A resource in trouble because of an alarm of another."""

    resource: str
    resource_name: Text


class SuppressionView(Struct, frozen=True):
    """What keeps alarms from being annunciated: one way, with who answers for it, why, and until when."""

    id: str
    kind: Kind
    subjects: tuple[str, ...]
    """Ids of alarms (shelved, by design) or of devices."""
    names: tuple[Text, ...]
    """What people call them: texts of alarms, names of devices."""
    responsible: str
    ordered_by: str
    """Empty where the site file says it."""
    reason: str
    since: float
    left: float | None
    """Seconds still to last; None for as long as something is so."""


class WindowView(Struct, frozen=True):
    """One maintenance window of the site file."""

    id: str
    devices: tuple[str, ...]
    names: tuple[Text, ...]
    responsible: str
    reason: str
    open: bool
    next: float | None
    """When it opens next; None where it never does again."""
    seconds: float
    """How long it is open each time."""


class MaintenanceView(Struct, frozen=True, tag="maintenance"):
    """The maintenance status of the branch."""

    status: Status
    suppressions: list[SuppressionView]
    windows: list[WindowView]


class AlarmView(Struct, frozen=True):
    """One alarm of the list."""

    id: str
    resource: str
    resource_name: Text
    type: str
    layer: Layer
    severity: str
    text: Text
    action: Text
    causes: Text
    state: str
    """`unacknowledged`, `acknowledged`, `returned-unacknowledged` or `closed`."""
    is_cleared: bool
    operator_state: str
    occurrence: int
    code: str
    last_raised: float
    last_changed: float
    raised_by: Evidence
    cleared_by: Evidence | None = None
    notes: list[OperatorNote] = []
    root_cause: list[RootCause] = []
    """What it is a consequence of; empty where it is a root cause itself."""
    impacted: list[Impacted] = []
    """The resources that it is the root cause of trouble for."""
    suppressed: list[SuppressionView] = []
    """All that keeps it from being annunciated."""


class PointView(Struct, frozen=True):
    """One point of a device: its last value and how far it may be believed."""

    name: str
    text: Text
    unit: str
    value: Value | None
    quality: Quality
    cause: str = ""
    """Why the value is bad: `missing`, `type`, `unknown`, `implausible`."""


class PassedView(Struct, frozen=True):
    """Something that passed of late without an alarm, such as a brief sag of the mains or a self-test."""

    time: float
    """Of the first reading that said so."""
    text: Text


class DeviceView(Struct, frozen=True, tag="device"):
    """One device: whether it answers, and (when asked for alone) its points."""

    id: str
    name: Text
    layer: Layer
    profile: str
    built_in: bool
    reachable: bool
    cause: str
    """Why it did not answer last; empty when it did."""
    sampled: float | None
    depends_on: tuple[str, ...] = ()
    alarms: list[AlarmView] = []
    points: list[PointView] = []
    suppressed: list[SuppressionView] = []
    """Windows and orders by which the device is out of service."""
    passed: list[PassedView] = []
    """The newest first; only where it is asked for alone."""


class BranchView(Struct, frozen=True, tag="branch"):
    """The branch now: the box, the lamps as they are, all devices, all alarms (the most urgent first)."""

    status: Status
    lamps: Indication
    devices: list[DeviceView]
    alarms: list[AlarmView]
    may: list[Verb] = []
    """What the name in the question may order through the panel."""
    sequence: str = "A"
    """Of the annunciator: `A`, `M` or `R`; a reset is for the latter two."""


class Change(Struct, frozen=True, tag="change"):
    """Something may have changed: ask again for what you show. Comes every few seconds also where nothing has."""

    run: str
    """Of the agent; another one than before means that it was started anew."""
    revision: int
    """Grows with alarms, lamps, who answers, and the box itself."""
    devices: list[str] = []
    """Which devices have told or failed to tell their points since the notice before."""


class Polls(Struct, frozen=True):
    """How often a device was polled since the agent was started, and how often without a usable answer."""

    polls: int
    failures: int


class Figures(Struct, frozen=True, tag="figures"):
    """What the agent counts of its own work since it was started, and how busy its socket is."""

    polls: Mapping[str, Polls] = {}
    """By device."""
    dropped: int = 0
    """Readings dropped because too many waited."""
    lost: int = 0
    """Events that could only be counted, since neither disk nor memory took them."""
    held_back: int = 0
    """Log lines held back as too many of a kind."""
    connections: int = 0
    followers: int = 0


class Support(Struct, frozen=True, tag="support"):
    """Texts about the agent by file name, without secrets."""

    files: Mapping[str, str]


class WhyStep(Struct, frozen=True):
    """One step from the world to the alarm, for a person."""

    time: float
    text: Text


class Why(Struct, frozen=True, tag="why"):
    """Which reading, limit, delay and decision made an alarm."""

    alarm: AlarmView
    steps: list[WhyStep]


class TrendLimit(Struct, frozen=True):
    """The limit of an alarm rule about a point."""

    value: float
    above: bool
    """Whether the alarm is raised above it or below it."""
    severity: str
    text: Text


class TrendPoint(Struct, frozen=True):
    """One point over the buckets of a `TrendView`, in whose order all lists are; None where nothing good was heard."""

    name: str
    text: Text
    unit: str
    kind: str
    """`number`, `flag` (1 and 0: the mean is the share of the time), `word`, or `none`: nothing good at all."""
    limits: list[TrendLimit]
    count: list[int]
    bad: list[int]
    low: list[float | None]
    mean: list[float | None]
    high: list[float | None]
    words: list[dict[str, int]] = []
    """How often each word was told; only of kind `word`."""


class TrendView(Struct, frozen=True, tag="trend"):
    """What points of a device were from `start` to `end`, in buckets of `step` seconds; one without answers is left out."""

    device: str
    start: float
    end: float
    step: int
    until: float
    """Before `end` if the answer would have been too large: ask again from here."""
    starts: list[int]
    polls: list[int]
    clock: list[str]
    """The worst quality of the clock in each bucket."""
    points: list[TrendPoint]


class Done(Struct, frozen=True, tag="done"):
    """An order was carried out."""

    durable: bool
    """False while the journal is degraded: it is done, but the disk does not know yet."""
    events: list[str] = []


class Failed(Struct, frozen=True, tag="failed"):
    """A question without an answer."""

    code: str
    """`unknown` (no such thing), `refused` (an order that was not carried out), `malformed` (not a question),
    `late` (an order of which nobody knows yet whether it was carried out; trends that could not be read in time),
    `busy` (too many such questions at once), `unreadable` (the disk does not give it)."""
    message: str


Answer = (
    MaintenanceView
    | BranchView
    | Change
    | DeviceView
    | Figures
    | LimitsView
    | Support
    | TrendView
    | Why
    | Done
    | Failed
)
