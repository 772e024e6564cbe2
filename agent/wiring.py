"""From the configuration to the parts that the composition root puts together. Pure but for reading secrets."""

from collections.abc import Callable, Mapping

from agent.config.convert import RawValue, by_point, convert, convert_all
from agent.config.errors import ConfigError
from agent.config.load import Loaded
from agent.config.profile import Profile, ProfilePoint
from agent.config.secrets import community_of
from agent.config.site import DeviceEntry, SiteFile, Snmp
from agent.core.model import Bad, Value
from agent.sources.errors import LinkLost
from agent.sources.snmp import Target
from agent.sources.snmp_client import SnmpClient
from agent.store.trends.writer import Keep
from firmware.board import Board, Input, Lamp, PushButton

SNMP_PORT = 161


def keep(site: SiteFile) -> Keep:
    """How long trends are kept."""
    return Keep(site.trends.keep, site.trends.keep_hours)


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


def snmp_target(entry: DeviceEntry, profile: Profile) -> Target:
    """What to ask an SNMP device, and how to read its answer."""
    # Two points may read one OID: it is asked for once.
    oids = tuple(dict.fromkeys(point.oid for point in profile.point if point.oid))
    retries = (entry.snmp or Snmp()).retries

    def read(raw: Mapping[str, RawValue]) -> Mapping[str, Value | Bad]:
        return convert_all(profile.point, by_point(profile.point, raw))

    return Target(entry.id, oids, read, entry.interval, retries)


def snmp_client(entry: DeviceEntry) -> SnmpClient:
    """A client for an SNMP device. A community that cannot be read is a device that cannot be asked, for now."""
    settings = entry.snmp or Snmp()

    def community() -> str:
        try:
            return community_of(settings).reveal()
        except ConfigError as error:
            raise LinkLost(str(error)) from error

    return SnmpClient(entry.address or "", entry.port or SNMP_PORT, community, settings.timeout)


def reader(profile: Profile) -> Callable[[Mapping[str, RawValue]], Mapping[str, Value | Bad]]:
    """How to read a source that names its values like the points of its profile.

    A point that the source does not mention is absent, not bad: what a machine lacks raises nothing.
    """
    points: dict[str, ProfilePoint] = {point.name: point for point in profile.point}

    def read(raw: Mapping[str, RawValue]) -> Mapping[str, Value | Bad]:
        return {name: convert(point, raw[name]) for name, point in points.items() if name in raw}

    return read
