"""The messages that leave the box over MQTT, version 1, and their topics.

JSON, UTF-8, times ISO 8601 with offset, QoS 1. Alarms carry the leaves of RFC 8632 (`ietf-alarms`), events are
CloudEvents 1.0 in structured JSON, so that they are the same on MQTT 5 and 3.1.1. What is retained of an alarm, or of
the site as a whole, has 16 KiB at most.
"""

from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from agent.core.model import Text, Value

VERSION = "v1"


class Topics(Struct, frozen=True):
    """The topics of one site, all below `linewarden/v1/<site>`."""

    site: str

    @property
    def root(self) -> str:
        """What is above all of the site's topics."""
        return f"linewarden/{VERSION}/{self.site}"

    @property
    def status(self) -> str:
        """Retained: birth and last will."""
        return f"{self.root}/status"

    @property
    def event(self) -> str:
        """Not retained: every journal entry, in order."""
        return f"{self.root}/event"

    @property
    def limits(self) -> str:
        """Retained: what was changed on site of the limits of alarms."""
        return f"{self.root}/limits"

    @property
    def maintenance(self) -> str:
        """Retained: what is suppressed, and which windows there are."""
        return f"{self.root}/maintenance"

    def device(self, device: str) -> str:
        """Retained: the latest readings of a device."""
        return f"{self.root}/device/{device}"

    def alarm(self, alarm: str) -> str:
        """Retained: one alarm of the list; emptied when it leaves the list."""
        return f"{self.root}/alarm/{alarm}"


class StatusMessage(Struct, frozen=True):
    """Birth (`online` true) and last will (`online` false) of the box."""

    online: bool
    boot_id: str
    epoch: str
    since: str
    version: str
    config: str
    clock: str
    backlog: int
    mqtt: str
    """The protocol version in use, `5` or `3.1.1`."""
    journal: str
    """`healthy` or `degraded`."""
    time: str
    withheld: int = 0
    """Alarms and other retained messages that this broker does not take, however short."""


class ReadingMessage(Struct, frozen=True, omit_defaults=True):
    """The latest value of one point."""

    value: Value | None
    quality: str
    unit: str = ""
    cause: str = ""


class DeviceMessage(Struct, frozen=True):
    """The latest readings of one device; `time` is that of its last answer."""

    id: str
    name: str
    layer: str
    reachable: bool
    cause: str
    time: str | None
    points: dict[str, ReadingMessage]
    omitted: int | msgspec.UnsetType = msgspec.UNSET
    """Bytes that were left out because the whole would be too large; absent where nothing was."""


class OperatorChangeMessage(Struct, frozen=True):
    """One entry of RFC 8632's operator-state-change list."""

    time: str
    operator: str
    """Empty where it is the time's doing."""
    state: str
    """`ack`, `closed`, `shelved` or `un-shelved`."""
    text: str


class SuppressionMessage(Struct, frozen=True):
    """What keeps alarms from being annunciated: one way, with who answers for it, why, and until when."""

    id: str
    kind: str
    """`shelved`, `window`, `out-of-service` or `by-design`."""
    subjects: list[str]
    """Ids of alarms (`shelved`, `by-design`) or of devices."""
    responsible: str
    ordered_by: str
    """Empty where the site file says it."""
    reason: str
    since: str
    until: str | None
    """None for as long as something is so."""
    carried: bool = False
    """Whether the end is what was left before a start at which no clock could tell how long the box was off."""


class WindowMessage(Struct, frozen=True):
    """One maintenance window of the site file."""

    id: str
    devices: list[str]
    responsible: str
    reason: str
    open: bool
    next: str | None
    """When it opens next; None where it never does again."""
    seconds: float
    """How long it is open each time."""


class MaintenanceMessage(Struct, frozen=True):
    """The maintenance status of the branch."""

    suppressions: list[SuppressionMessage]
    windows: list[WindowMessage]
    time: str
    omitted: int | msgspec.UnsetType = msgspec.UNSET
    """Bytes that were left out because the whole would be too large; absent where nothing was."""


class AlarmMessage(Struct, frozen=True, rename="kebab"):
    """One alarm of the list as RFC 8632 names its leaves, with where it stands in the journal."""

    resource: str
    alarm_type_id: str
    alarm_type_qualifier: str
    is_cleared: bool
    perceived_severity: str
    alarm_text: str
    """In the site's language: what is wrong and what to do first."""
    operator_state: str
    time_created: str
    last_raised: str
    last_changed: str
    occurrence: int
    code: str
    layer: str
    text: Text
    action: Text
    root_cause_resource: list[str]
    """The resources that are its root cause; empty where it is a root cause itself."""
    root_cause_alarm: list[str]
    """The ids of the alarms that tell of them; such an alarm may be cleared while what it caused comes back."""
    impacted_resource: list[str]
    """The resources that it is the root cause of trouble for."""
    root_cause_since: str | None
    """Since when its root cause is known to be this; None where it never had one."""
    operator_state_change: list[OperatorChangeMessage]
    """What people did about it since it came on the list, the newest last."""
    shelved: bool
    """Whether a person has put it aside."""
    suppressed: list[SuppressionMessage]
    """All that keeps it from being annunciated; empty where lamps and horn tell of it."""
    suppressed_since: str | None
    """When that began, changed or ended last; None where it never was."""
    chattering: bool
    """Whether it comes and goes, and is held as one alarm until it is quiet."""
    epoch: str | None
    """Epoch and seq of the alarm's last event; null while that event is not on the disk."""
    seq: int | None
    durable: bool
    omitted: int | msgspec.UnsetType = msgspec.UNSET
    """Bytes that were left out because the whole would be too large; absent where nothing was."""


class ChangedNumber(Struct, frozen=True):
    """One number that was changed on site."""

    value: float
    configured: float
    by: str
    door: str
    reason: str
    time: str


class ChangedLimit(Struct, frozen=True):
    """What was changed on site of one alarm, by the names of its numbers."""

    alarm: str
    resource: str
    text: Text
    point: str
    unit: str
    numbers: dict[str, ChangedNumber]


class LimitsMessage(Struct, frozen=True):
    """The limits that were changed on site and are in force; nothing else differs from the configuration."""

    overrides: list[ChangedLimit]
    omitted: int | msgspec.UnsetType = msgspec.UNSET
    """Bytes that were left out because the whole would be too large; absent where nothing was."""


class CloudEvent(Struct, frozen=True):
    """One journal entry as a CloudEvents 1.0 event; the extension attributes are `epoch`, `seq`, `historical` and those about its time."""

    id: str
    source: str
    type: str
    time: str
    data: msgspec.Raw
    epoch: str
    seq: int
    subject: str | msgspec.UnsetType = msgspec.UNSET
    """The alarm's id, for events about an alarm."""
    historical: bool = False
    """Published more than a minute after it happened: late data never raises anything."""
    omitted: int | msgspec.UnsetType = msgspec.UNSET
    """Bytes of `data` that were left out because the broker takes no packet as large; `data` is then null. The
    journal has them: `linewarden export`."""
    correctedtime: str | msgspec.UnsetType = msgspec.UNSET
    """When it truly happened, where the clock of the box was found to have been wrong by more than a second; `time` and
    `data` stay as they were written."""
    timeuncertainty: int | msgspec.UnsetType = msgspec.UNSET
    """Seconds within which `correctedtime` is right, rounded up; absent where nobody can say."""
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


HISTORICAL_AFTER = 60.0
"""Seconds between event and publication beyond which an event is historical."""


def iso(wall: float) -> str:
    """Wall seconds as ISO 8601 with offset, in UTC with milliseconds."""
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds")
