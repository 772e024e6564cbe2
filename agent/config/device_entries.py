"""The parts of the site file that say which devices are watched: how to reach each, and what it depends on."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from agent.config.words import Duration, Host, Line, PointName, Port, SecretFile, SecretWord, Slug
from agent.core.model import Layer

MIN_STALE_AFTER = 30.0
"""Seconds: no device is called stale sooner, however often it is polled."""


class Snmp(Struct, frozen=True):
    """How to ask an SNMP agent. Give secrets in files: a site file is read by more people than it seems.

    Version 3 is used with authentication and privacy (authPriv); what is weaker protects nothing.

    Attributes:
        version: of the protocol.
        community_file: file whose first line is the community (versions 1 and 2c).
        community: the community itself; discouraged outside a laboratory.
        user: user name (version 3).
        auth: protocol of authentication.
        auth_file: file whose first line is the phrase for it.
        priv: protocol of privacy; with `-C` as Cisco's agents extend short keys.
        priv_file: file whose first line is the phrase for it.
        timeout: seconds to wait for one answer.
        retries: how often to ask again before the poll counts as failed.
        library: `auto` is gufo-snmp where it is installed, pysnmp elsewhere.
    """

    version: Literal["1", "2c", "3"] = "2c"
    community_file: SecretFile | None = None
    community: SecretWord | None = None
    user: Line | None = None
    auth: Literal["SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"] = "SHA-256"
    auth_file: SecretFile | None = None
    priv: Literal["AES", "AES-192", "AES-256", "AES-192-C", "AES-256-C"] = "AES"
    priv_file: SecretFile | None = None
    timeout: Duration = 2.0
    retries: Annotated[int, Meta(ge=0, le=10)] = 1
    library: Literal["auto", "gufo-snmp", "pysnmp"] = "auto"


class Paths(Struct, frozen=True):
    """Several dependencies as one: redundant paths of which any is enough, or a path all of which is needed.

    One of the two is given. A dependency is the id of a device, or of an alarm that takes a part of it away, such as
    `switch-1.pbx-port-down`.
    """

    any_of: tuple["PointName | Paths", ...] = ()
    all_of: tuple["PointName | Paths", ...] = ()


class DeviceEntry(Struct, frozen=True):
    """One watched device: its kind, where it stands in the call system, how to reach it and how often.

    Attributes:
        rows: table of the profile → our name of a row → what stands in the column that names its rows.
        interval: seconds between polls.
        stale_after: seconds without a good answer after which points are stale; three intervals, at least 30 s.
        unreachable_on_delay: seconds without an answer before `unreachable` is raised.
        unreachable_off_delay: seconds of answers before it is cleared.
        depends_on: what it cannot work without, all of it: devices, alarms of devices, redundant paths.
        reached_through: what stands between the box and it, such as the switch before the card of a UPS: when that
            fails, the device's silence says nothing of the device itself.
        recovery_time: seconds that it may take to come back when what it depends on has come back.
        lost_with: alarms of other devices, such as that of another UPS or of a contact on the mains: where its link is lost
            within seconds of one of them, that is told (for kinds that have such an alarm, `[lost]`).
    """

    id: Slug
    profile: Slug
    layer: Layer
    name: Line | None = None
    address: Host | None = None
    port: Port | None = None
    serial: Line | None = None
    snmp: Snmp | None = None
    rows: dict[Slug, dict[Slug, Line]] = field(default_factory=dict)
    interval: Duration = 10.0
    stale_after: Duration | None = None
    unreachable_on_delay: Duration = 30.0
    unreachable_off_delay: Duration = 10.0
    depends_on: tuple[PointName | Paths, ...] = ()
    reached_through: tuple[PointName | Paths, ...] = ()
    recovery_time: Duration = 60.0
    lost_with: tuple[PointName, ...] = ()

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.id

    @property
    def resolved_stale_after(self) -> float:
        """Seconds without a good answer after which the points are stale."""
        return self.stale_after if self.stale_after is not None else max(3 * self.interval, MIN_STALE_AFTER)
