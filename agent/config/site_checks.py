"""What the types of the site file cannot say: names used once, pins used once, files that exist, dependencies."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address

from agent.config.board_entries import ROOM, BoardEntry, InputEntry
from agent.config.dependencies import check_dependencies
from agent.config.device_entries import DeviceEntry, Snmp
from agent.config.errors import Report
from agent.config.profile import BUILT_IN_KINDS, Profile
from agent.config.row_checks import check_device_rows
from agent.config.secret_checks import check_file, check_private, check_snmp_secrets, check_word
from agent.config.site import MIN_KEEP, NOC, Broker, SiteFile
from agent.config.words import show, suggest

BUILT_IN_IDS = frozenset({"box", "broker", "journal", ROOM})
"""Devices that every box makes by itself."""


def check_site(site: SiteFile, ids: frozenset[str], report: Report) -> None:
    """Note every mistake of a site file that its types let pass, profiles apart.

    Args:
        site: the site file as far as it could be filled.
        ids: ids of all devices in the file, also of those with mistakes of their own.
        report: takes the mistakes.
    """
    if site.site.id == NOC:
        problem = f"{show(NOC)} is the NOC's own name below linewarden/v1"
        report.add("site.id", problem, "give the branch another id")
    if site.broker is not None:
        _check_broker(site.broker, report)
    check_file(site.panel.certificate, "panel.certificate", report)
    _check_pins(site, report)
    _check_annunciator(site, report)
    if site.journal.keep < MIN_KEEP:
        report.add("journal.keep", "is too short", 'keep events for a day at least, such as "400d"')
    _check_inputs(site, report)
    _check_ids(site.device, report)
    _check_serials(site.device, report)
    for device in site.device:
        _check_times(device, report)
        if device.snmp is not None:
            _check_snmp(device.snmp, f"device[{device.id}].snmp", report)
    check_dependencies(site.device, ids | BUILT_IN_IDS, report)


def _check_broker(broker: Broker, report: Report) -> None:
    for key in ("ca_file", "cert_file", "key_file"):
        check_file(getattr(broker, key), f"broker.{key}", report)
    check_private(broker.key_file, "broker.key_file", report)
    check_word(broker.password_file, "broker.password_file", report)
    for key, other in (("cert_file", "key_file"), ("key_file", "cert_file"), ("password_file", "user")):
        if getattr(broker, key) is not None and getattr(broker, other) is None:
            report.add(f"broker.{other}", f"is missing beside {key}", f"add {other}, or remove {key}")


def _pins(site: SiteFile) -> Iterator[tuple[str, int]]:
    if site.board is not None:
        for group in ("lamps", "inputs", "buttons"):
            yield from (
                (f"board.{group}.{name}", part.pin) for name, part in getattr(site.board, group).items()
            )
    yield from ((f"input[{entry.name}]", entry.pin) for entry in site.input if entry.pin is not None)


def _check_pins(site: SiteFile, report: Report) -> None:
    users: defaultdict[int, list[str]] = defaultdict(list)
    for path, pin in _pins(site):
        users[pin].append(path)
    for pin, paths in users.items():
        for path in paths[1:]:
            report.add(
                f"{path}.pin", f"{pin} is already the pin of {paths[0]}", "give each part a pin of its own"
            )


def _check_annunciator(site: SiteFile, report: Report) -> None:
    board, settings = site.board or BoardEntry(), site.annunciator
    if settings.heartbeat and "green" not in board.lamps:
        report.add("annunciator.heartbeat", "there is no green lamp", "wire board.lamps.green, or remove it")
    if settings.sequence == "A" and "reset" in board.buttons:
        report.add(
            "board.buttons.reset", "sequence A resets by itself", 'remove it, or choose sequence "M" or "R"'
        )


def _check_inputs(site: SiteFile, report: Report) -> None:
    _check_once("input", (entry.name for entry in site.input), report)
    types = Counter((entry.type or entry.name) for entry in site.input)
    for entry in site.input:
        if types[entry.type or entry.name] > 1 and entry.type is not None:
            report.add(
                f"input[{entry.name}].type",
                f"{show(entry.type)} is used twice",
                "give each input a type of its own",
            )
    wired = site.board.inputs if site.board else {}
    for entry in site.input:
        _check_wiring(entry, wired, report)


def _check_wiring(entry: InputEntry, wired: Mapping[str, object], report: Report) -> None:
    path = f"input[{entry.name}]"
    if entry.name in wired and (entry.pin is not None or entry.normally is not None):
        given = "pin" if entry.pin is not None else "normally"
        report.add(
            f"{path}.{given}", f"is already in board.inputs.{entry.name}", "write it in one place only"
        )
    if entry.name not in wired and entry.pin is None:
        report.missing(f"{path}.pin", f"add pin, or wire {entry.name} in [board.inputs]")


def _check_once(table: str, names: Iterable[str], report: Report) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            report.add(f"{table}[{name}]", f"stands here {count} times", "give each a name of its own")


def _check_ids(devices: tuple[DeviceEntry, ...], report: Report) -> None:
    _check_once("device", (device.id for device in devices), report)
    for device in devices:
        if device.id in BUILT_IN_IDS:
            problem = f"{show(device.id)} is a device that every box has by itself"
            report.add(f"device[{device.id}].id", problem, "use another id")


def _check_serials(devices: tuple[DeviceEntry, ...], report: Report) -> None:
    owners: dict[str, str] = {}
    for device in devices:
        if device.serial is None:
            continue
        owner = owners.setdefault(device.serial, device.id)
        if owner != device.id:
            path = f"device[{device.id}].serial"
            report.add(
                path, f"{show(device.serial)} is already the line of {owner}", "give each device its own line"
            )


def _check_times(device: DeviceEntry, report: Report) -> None:
    path = f"device[{device.id}]"
    if not 1 <= device.interval <= 86400:
        report.add(f"{path}.interval", f"{device.interval:g} s does not fit", 'write "1s" to "1d"')
    elif device.stale_after is not None and device.stale_after <= device.interval:
        problem = f"{device.stale_after:g} s is not longer than interval"
        report.add(f"{path}.stale_after", problem, f'write more than "{device.interval:g}s", or remove it')


def _check_snmp(snmp: Snmp, path: str, report: Report) -> None:
    if report.knows(f"{path}.version"):
        return  # what else is wrong depends on it
    wanted, excluded = (_USER, _COMMUNITY) if snmp.version == "3" else (_COMMUNITY, _USER)
    for key in excluded:
        if getattr(snmp, key) is not None:
            report.add(f"{path}.{key}", f"has no meaning in version {snmp.version}", "remove it")
    if snmp.version == "3":
        for key in wanted:
            if getattr(snmp, key) is None:
                report.missing(f"{path}.{key}", f"add {key}: {_USER[key]}")
    elif snmp.community_file is not None and snmp.community is not None:
        report.add(f"{path}.community", "stands beside community_file", "keep community_file only")
    elif snmp.community_file is None and snmp.community is None:
        report.missing(f"{path}.community_file", "add community_file: a file with the community")
    if not 0.1 <= snmp.timeout <= 60:
        report.add(f"{path}.timeout", f"{snmp.timeout:g} s does not fit", 'write "100ms" to "60s"')
    phrases = {key: getattr(snmp, key) for key in ("auth_file", "priv_file")}
    check_snmp_secrets(snmp.community_file, phrases, path, report)


_COMMUNITY = {"community_file": "a file with the community", "community": ""}
_USER = {
    "user": "the user name",
    "auth_file": "a file with the phrase of authentication",
    "priv_file": "a file with the phrase of privacy",
}
"""The keys of who asks, in versions 1 and 2c and in version 3."""


def check_kinds(site: SiteFile, profiles: Mapping[str, Profile], ids: frozenset[str], report: Report) -> None:
    """Note every device whose profile does not exist, or does not fit how the device is reached.

    Args:
        site: the site file as far as it could be filled.
        profiles: the profiles that could be filled.
        ids: ids of all profiles, also of those with mistakes of their own.
        report: takes the mistakes.
    """
    for device in site.device:
        profile = profiles.get(device.profile)
        path = f"device[{device.id}]"
        if profile is not None:
            _check_kind(device, profile, path, report)
        elif device.profile and device.profile not in ids:
            usable = [id_ for id_, known in profiles.items() if known.kind not in BUILT_IN_KINDS]
            report.add(
                f"{path}.profile", f"no profile {show(device.profile)}", suggest(device.profile, usable)
            )


def _check_kind(device: DeviceEntry, profile: Profile, path: str, report: Report) -> None:
    if profile.kind in BUILT_IN_KINDS:
        report.add(
            f"{path}.profile",
            f"{show(profile.id)} is for a device that every box has",
            "name another profile",
        )
        return
    wanted, excluded = (
        (("address", "snmp"), ("serial",))
        if profile.kind == "snmp"
        else (("serial",), ("address", "port", "snmp"))
    )
    for key in wanted:
        if getattr(device, key) is None:
            report.missing(f"{path}.{key}", f"add {key}: {_HOW[key]}")
    for key in excluded:
        if getattr(device, key) is not None:
            report.add(f"{path}.{key}", f"has no meaning for profile {show(profile.id)}", "remove it")
    if device.address is not None and not _is_ip(device.address):
        problem = f"{show(device.address)} is no IP address"
        report.add(f"{path}.address", problem, "write the address: on the worst day no name is resolved")
    check_device_rows(device, profile, path, report)


def _is_ip(address: str) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return False
    return True


_HOW = {
    "address": "the IP address",
    "snmp": '{ community_file = "/…" }',
    "serial": 'path or URL, such as "/dev/serial/by-id/…"',
}
