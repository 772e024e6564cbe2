"""What a client may ask the agent over the control socket, and order."""

from typing import Annotated

from msgspec import Meta, Struct

from agent.core.inputs import Verb

OCCURRENCE_MAX = 2**31 - 1
"""No alarm comes more often; a number of thousands of digits would stand in reply and journal."""


class AskBranch(Struct, frozen=True, tag="branch"):
    """The branch now: answered by `BranchView`."""

    name: str = ""
    """Somebody who came through the panel; the answer says what they may order there."""


class AskDevice(Struct, frozen=True, tag="device"):
    """One device with its points: answered by `DeviceView`, or `Failed("unknown")`."""

    device: str


class AskLimits(Struct, frozen=True, tag="limits"):
    """The limits that may be changed on site: answered by `LimitsView`, or `Failed("unknown")`."""

    device: str = ""
    """Of one device; of all if empty."""


class AskWhy(Struct, frozen=True, tag="why"):
    """Why an alarm stands, by id or code: answered by `Why`, or `Failed("unknown")`."""

    alarm: str


class AskMaintenance(Struct, frozen=True, tag="maintenance"):
    """What is suppressed, and which windows there are: answered by `MaintenanceView`."""


class AskFigures(Struct, frozen=True, tag="figures"):
    """What the agent counts of its own work: answered by `Figures`."""


class AskSupport(Struct, frozen=True, tag="support"):
    """What the running agent alone can say of itself, for a support bundle: answered by `Support`."""


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
    occurrence: Annotated[int, Meta(ge=0, le=OCCURRENCE_MAX)] = 0
    note: str = ""
    """Shelving and taking out of service want one: the reason."""
    device: str = ""
    """Id of the device, for the verbs that are about one."""
    seconds: float = 0.0
    """For how long, for the verbs that have an end."""
    name: str = ""
    place: str = ""
    numbers: dict[str, float] = {}
    """What is to be changed of a limit, by name (`raise_above`, `on_delay` …); delays in seconds."""


class Watch(Struct, frozen=True, tag="watch"):
    """Tell me whenever something has changed: answered by one `Change` after another, until the client hangs up."""


Question = (
    AskBranch
    | AskDevice
    | AskFigures
    | AskLimits
    | AskMaintenance
    | AskSupport
    | AskTrend
    | AskWhy
    | GiveOrder
    | Watch
)
