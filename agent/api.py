"""The messages that cross the control socket, one JSON object a line.

A client asks, the agent answers each question with one message. The panel, the command line and the demo know the
agent only by these. Times are seconds since 1970 (UTC); texts come in both languages.
"""

from typing import Any

import msgspec
from msgspec import Struct

from agent.core.annunciator import Indication
from agent.core.events import Evidence
from agent.core.inputs import Door, Origin, Verb
from agent.core.model import Layer, Quality, Text, Value

__all__ = [
    "AlarmView",
    "Answer",
    "AskBranch",
    "AskDevice",
    "AskTrend",
    "AskWhy",
    "BranchView",
    "DeviceView",
    "Done",
    "Door",
    "Failed",
    "GiveOrder",
    "Indication",
    "Layer",
    "OperatorNote",
    "PointView",
    "Quality",
    "Question",
    "Status",
    "Text",
    "TrendLimit",
    "TrendPoint",
    "TrendView",
    "Verb",
    "Why",
    "WhyStep",
    "decode_answer",
    "decode_question",
    "encode",
]

# --- questions ---------------------------------------------------------------------------------------------------


class AskBranch(Struct, frozen=True, tag="branch"):
    """The branch now: answered by `BranchView`."""


class AskDevice(Struct, frozen=True, tag="device"):
    """One device with its points: answered by `DeviceView`, or `Failed("unknown")`."""

    device: str


class AskWhy(Struct, frozen=True, tag="why"):
    """Why an alarm stands, by id or code: answered by `Why`, or `Failed("unknown")`."""

    alarm: str


class AskTrend(Struct, frozen=True, tag="trend"):
    """What points of a device were: answered by `TrendView`, `Failed("unknown")`, `Failed("busy")` or `Failed("late")`."""

    device: str
    points: tuple[str, ...] = ()
    """All that the device has, if empty."""
    start: float = 0.0
    """Unless given, `span` before the end."""
    end: float = 0.0
    """Unless given, now: the unfinished bucket is part of the answer."""
    span: float = 86_400.0
    step: float = 0.0
    """Seconds of a bucket, a multiple of five minutes; unless given, as fine as a chart can show."""


class GiveOrder(Struct, frozen=True, tag="order"):
    """An order: answered, once it is on the disk, by `Done` or `Failed("refused")`.

    Only the panel may speak for a `name` that it has proved by login; for any other client the name is that of the
    user who asks, as the kernel tells it.
    """

    verb: Verb
    alarm: str = ""
    """Id or code of the alarm, for the verbs that are about one."""
    occurrence: int = 0
    note: str = ""
    name: str = ""
    place: str = ""


Question = AskBranch | AskDevice | AskTrend | AskWhy | GiveOrder

# --- answers -----------------------------------------------------------------------------------------------------


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


class OperatorNote(Struct, frozen=True):
    """One thing a person did about an alarm."""

    time: float
    by: Origin
    state: str
    text: str = ""


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


class PointView(Struct, frozen=True):
    """One point of a device: its last value and how far it may be believed."""

    name: str
    text: Text
    unit: str
    value: Value | None
    quality: Quality
    cause: str = ""
    """Why the value is bad: `missing`, `type`, `unknown`, `implausible`."""


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


class BranchView(Struct, frozen=True, tag="branch"):
    """The branch now: the box, the lamps as they are, all devices, all alarms (the most urgent first)."""

    status: Status
    lamps: Indication
    devices: list[DeviceView]
    alarms: list[AlarmView]


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


Answer = BranchView | DeviceView | TrendView | Why | Done | Failed

_encoder = msgspec.json.Encoder()
_questions: msgspec.json.Decoder[Question] = msgspec.json.Decoder(Question)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def encode(message: Any) -> bytes:
    """A message as one line."""
    return _encoder.encode(message) + b"\n"


def decode_question(line: bytes) -> Question:
    """A question from its line.

    Raises:
        msgspec.MsgspecError: the line is no question.
    """
    return _questions.decode(line)


def decode_answer(line: bytes) -> Answer:
    """An answer from its line.

    Raises:
        msgspec.MsgspecError: the line is no answer of this version.
    """
    return _answers.decode(line)
