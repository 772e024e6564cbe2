"""From the configuration to the parts that the composition root puts together. Pure but for reading secrets."""

from collections.abc import Callable, Iterator, Mapping

from agent.config.convert import Conversion, RawValue, convert
from agent.config.device_entries import DeviceEntry, Snmp
from agent.config.errors import ConfigError
from agent.config.load import Loaded
from agent.config.profile import Profile, ProfilePoint
from agent.config.secrets import community_of, phrase_of
from agent.config.site import SiteFile
from agent.config.tables import PRESENT, cell, is_cell, is_fixed, place, rows_of, with_rows
from agent.core.inputs import Restarted
from agent.core.model import Bad, Value
from agent.opening import CURSOR
from agent.sources.errors import LinkLost, PollError
from agent.sources.snmp.asking import Asker
from agent.sources.snmp.client import Access, Client, Community, User
from agent.sources.snmp.engine import Rediscovering
from agent.sources.snmp.libraries import Libraries
from agent.sources.snmp.poller import Post, SnmpPoller, Target
from agent.sources.snmp.reading import Reader
from agent.sources.snmp.tables import Rows, Table
from agent.store import pruning
from agent.store.trends.writer import Keep
from firmware.board import Board, Input, Lamp, PushButton

SNMP_PORT = 161


def keep(site: SiteFile) -> Keep:
    """How long trends are kept."""
    return Keep(site.trends.keep, site.trends.keep_hours)


def keep_events(site: SiteFile) -> pruning.Keep:
    """How much of the journal is kept: without a broker nobody else is waited for."""
    readers = (CURSOR,) if site.broker else ()
    return pruning.Keep(site.journal.keep, site.journal.max_size << 20, readers)


def board(site: SiteFile) -> Board:
    """The wiring map that firmware opens; empty where the site wires nothing."""
    wired = site.board
    return Board(
        lamps=tuple(Lamp(name, pin.pin, pin.active_high, pin.fail_safe) for name, pin in wired.lamps.items())
        if wired
        else (),
        inputs=tuple(
            Input(name, pin.pin, pin.normally, pin.pull, pin.debounce)
            for name, pin in site.wired_inputs.items()
        ),
        buttons=tuple(
            PushButton(name, pin.pin, pin.pull, pin.debounce) for name, pin in wired.buttons.items()
        )
        if wired
        else (),
    )


def snmp_devices(loaded: Loaded) -> list[tuple[DeviceEntry, Profile]]:
    """The devices that are polled over SNMP, with their kinds."""
    return _devices(loaded, "snmp")


def serial_upses(loaded: Loaded) -> list[tuple[DeviceEntry, Profile]]:
    """The UPSs on serial wires, with their kinds."""
    return _devices(loaded, "megatec")


def _devices(loaded: Loaded, kind: str) -> list[tuple[DeviceEntry, Profile]]:
    pairs = [(entry, loaded.profiles[entry.profile]) for entry in loaded.site.device]
    return [(entry, profile) for entry, profile in pairs if profile.kind == kind]


def snmp_poller(entry: DeviceEntry, profile: Profile, libraries: Libraries, post: Post) -> SnmpPoller:
    """What polls an SNMP device, with everything it stands on."""
    settings = entry.snmp or Snmp()
    access = _access(entry, settings)
    client: Client = libraries.client(access, settings.library)
    if settings.version == "3":
        client = Rediscovering(client, lambda what: post(Restarted(entry.id, what)))
    points = with_rows(profile, entry.rows).point
    # Two points may read one OID: it is asked for once.
    fixed = dict.fromkeys(point.oid for point in points if point.oid and not is_cell(point.oid))
    asker = Asker(client, spoils=settings.version == "1")
    source = Reader(asker, tuple(fixed), [Rows(table, client) for table in _tables(entry, profile)])
    target = Target(entry.id, Conversion(points), entry.interval, settings.retries)

    async def diagnose(error: PollError) -> PollError:
        return await libraries.diagnosis.explain(access, error)

    asked = diagnose if settings.version == "3" else None
    return SnmpPoller(target, source, client.renew, post, asked, libraries.bell)


def _tables(entry: DeviceEntry, profile: Profile) -> Iterator[Table]:
    """The tables with rows that must be found by name."""
    for table in profile.table:
        rows = rows_of(table, entry.rows).items()
        named = {place(table.name, row): key for row, key in rows if not is_fixed(key)}
        columns = tuple(dict.fromkeys(column.oid for column in table.column if column.oid))
        if named:
            yield Table(table.key, named, columns, cell, table.repetitions, PRESENT)


def _access(entry: DeviceEntry, settings: Snmp) -> Access:
    def who() -> Community | User:
        try:
            return _who(settings)
        except ConfigError as error:
            # A secret that cannot be read is a device that cannot be asked, for now.
            raise LinkLost(str(error)) from error

    return Access(entry.address or "", entry.port or SNMP_PORT, settings.version, who, settings.timeout)


def _who(settings: Snmp) -> Community | User:
    if settings.version != "3":
        return Community(community_of(settings).reveal())
    return User(
        name=settings.user or "",
        auth=settings.auth,
        auth_phrase=phrase_of(settings.auth_file or "").reveal(),
        priv=settings.priv,
        priv_phrase=phrase_of(settings.priv_file or "").reveal(),
    )


def reader(profile: Profile) -> Callable[[Mapping[str, RawValue]], Mapping[str, Value | Bad]]:
    """How to read a source that names its values like the points of its profile.

    A point that the source does not mention is absent, not bad: what a machine lacks raises nothing.
    """
    points: dict[str, ProfilePoint] = {point.name: point for point in profile.point}

    def read(raw: Mapping[str, RawValue]) -> Mapping[str, Value | Bad]:
        return {name: convert(point, raw[name]) for name, point in points.items() if name in raw}

    return read
