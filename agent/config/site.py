"""The site file: what one branch has, whom it listens to and where it speaks (design, section 6).

The Structs here are the schema of `site.toml`, with those of its larger parts: `board_entries`, `device_entries` and
`suppression_entries`. Durations are seconds once loaded.
"""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from agent.config.board_entries import BoardEntry, InputEntry, InputPin
from agent.config.device_entries import DeviceEntry
from agent.config.suppression_entries import DesignEntry, ShelvingSettings, WindowEntry
from agent.config.words import (
    AgeRecipient,
    Duration,
    FilePath,
    Host,
    Language,
    Line,
    Port,
    SecretFile,
    Slug,
    TimeZone,
)

NOC = "noc"
"""The NOC's own name below `linewarden/v1`: never the id of a site."""
MIN_KEEP = 86_400.0
"""Seconds: events are kept for no less."""
MQTT_PORT = 1883
MQTT_TLS_PORT = 8883


class Site(Struct, frozen=True):
    """The branch itself. `id` is part of every MQTT topic; `timezone` is a name of the IANA data base."""

    id: Slug
    name: Line
    timezone: TimeZone
    language: Language = "zh"


class Broker(Struct, frozen=True):
    """The NOC's MQTT broker. Without this table nothing is published.

    Attributes:
        host: name or address.
        port: 8883 with TLS, 1883 without, unless given.
        mqtt: protocol version; `auto` is 5, then 3.1.1 if the broker refuses 5.
        ca_file: PEM with the authorities to trust. Given, or port 8883, means TLS.
        cert_file: PEM with the box's own certificate, together with `key_file`.
        user: user name, together with `password_file`.
        client_id: MQTT client id; `linewarden-<site id>` unless given.
        keepalive: seconds between signs of life.
    """

    host: Host
    port: Port | None = None
    mqtt: Literal["auto", "5", "3.1.1"] = "auto"
    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: SecretFile | None = None
    user: Line | None = None
    password_file: SecretFile | None = None
    client_id: Line | None = None
    keepalive: Annotated[int, Meta(ge=5, le=3600)] = 60

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.ca_file is not None or self.cert_file is not None or self.port == MQTT_TLS_PORT

    @property
    def resolved_port(self) -> int:
        """The port to connect to."""
        return self.port or (MQTT_TLS_PORT if self.tls else MQTT_PORT)


class Role(StrEnum):
    """What a person may do: look, work on alarms, or also change what is watched and told."""

    VIEWER = "viewer"
    TECHNICIAN = "technician"
    SUPERVISOR = "supervisor"


class Rights(Struct, frozen=True):
    """Rights of people, and the highest role that each door lets through. An order needs both."""

    people: dict[Line, Role] = field(default_factory=dict)
    doors: dict[Literal["panel", "cli"], Role] = field(default_factory=dict)

    def role_of(self, person: str, door: str) -> Role | None:
        """The role of a person who comes through a door; None where either is unknown."""
        ranks = list(Role)
        doors = {"panel": Role.SUPERVISOR, "cli": Role.SUPERVISOR} | {
            str(key): role for key, role in self.doors.items()
        }
        roles = [self.people.get(person), doors.get(door)]
        known = [role for role in roles if role is not None]
        return min(known, key=ranks.index) if len(known) == len(roles) else None


class Panel(Struct, frozen=True):
    """The panel process.

    Attributes:
        user: the unix user it runs as, which the control socket lets speak for others.
        certificate: PEM of its certificate, as its own settings name it; how long it is good is then told.
    """

    user: Line = "linewarden-panel"
    certificate: FilePath | None = None


class AgentSettings(Struct, frozen=True):
    """Where the agent keeps its data and listens, how it logs, and whether the button also acknowledges alarms."""

    data_dir: FilePath = "/var/lib/linewarden"
    socket: FilePath = "/run/linewarden/control.sock"
    button_acknowledges_alarms: bool = False
    log: Literal["text", "json"] = "text"


class AnnunciatorSettings(Struct, frozen=True):
    """How lamps and horn tell of alarms, by ISA-18.1.

    Attributes:
        sequence: A resets by itself, M is reset by a person, R rings back when an acknowledged alarm is gone.
        first_out: the first alarm of several flashes in another way until it is acknowledged.
        heartbeat: the green lamp blinks off every few seconds, so that a box that has frozen is seen.
    """

    sequence: Literal["A", "M", "R"] = "A"
    first_out: bool = False
    heartbeat: bool = False


class CauseSettings(Struct, frozen=True):
    """How long the raise of what may be a consequence waits at most for what may be its cause."""

    hold: Duration = 15.0


class ChatterSettings(Struct, frozen=True):
    """When an alarm that comes and goes is told as one: so many raises within so long, until it has been quiet so long."""

    count: Annotated[int, Meta(ge=2, le=100)] = 5
    within: Duration = 600.0
    quiet: Duration = 300.0


class TrendSettings(Struct, frozen=True):
    """How long trends are kept: the five minutes, and the hours that they are rolled up into."""

    keep: Duration = 35 * 86_400.0
    keep_hours: Duration = 730 * 86_400.0


class JournalSettings(Struct, frozen=True):
    """How much of the event journal is kept; what is not told yet and what still stands stays in any case.

    Attributes:
        keep: how long events are kept, in seconds.
        max_size: MiB that the journal may take.
    """

    keep: Duration = 400 * 86_400.0
    max_size: Annotated[int, Meta(ge=8, le=4096)] = 64


class BackupSettings(Struct, frozen=True):
    """Who can open the backups of this box, where they are made, and how many are kept there.

    Attributes:
        recipients: public keys of age (`age1…`), the bank's recovery keys, whose secret sides are kept elsewhere.
        directory: of root alone, with the box's own key and what became of backups; IT fetches them from there.
        keep: how many are kept.
    """

    recipients: tuple[AgeRecipient, ...] = ()
    directory: FilePath = "/var/lib/linewarden-backup"
    keep: Annotated[int, Meta(ge=1, le=100)] = 3


class SiteFile(Struct, frozen=True):
    """The whole of `site.toml`."""

    site: Site
    broker: Broker | None = None
    board: BoardEntry | None = None
    input: tuple[InputEntry, ...] = ()
    device: tuple[DeviceEntry, ...] = ()
    rights: Rights = Rights()
    panel: Panel = Panel()
    agent: AgentSettings = AgentSettings()
    journal: JournalSettings = JournalSettings()
    backup: BackupSettings = BackupSettings()
    trends: TrendSettings = TrendSettings()
    cause: CauseSettings = CauseSettings()
    annunciator: AnnunciatorSettings = AnnunciatorSettings()
    chatter: ChatterSettings = ChatterSettings()
    window: tuple[WindowEntry, ...] = ()
    suppress: tuple[DesignEntry, ...] = ()
    shelving: ShelvingSettings = ShelvingSettings()

    @property
    def client_id(self) -> str:
        """The MQTT client id of the box."""
        given = self.broker.client_id if self.broker else None
        return given or f"linewarden-{self.site.id}"

    @property
    def wired_inputs(self) -> dict[str, InputPin]:
        """Every dry contact with its pin, from `[board.inputs]` and from `[[input]]`."""
        wired: dict[str, InputPin] = dict(self.board.inputs) if self.board else {}
        for entry in self.input:
            if entry.pin is not None:
                wired[entry.name] = InputPin(entry.pin, entry.normally or "open")
        return wired
