"""Site file and profiles together: every mistake at once, or what the composition root starts from."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from agent.config.board_entries import InputEntry
from agent.config.branch import BUILT_IN_PROFILES, make_branch, make_devices
from agent.config.dependencies import check_alarms
from agent.config.device_entries import DeviceEntry
from agent.config.errors import ConfigError, Mistake, Report
from agent.config.profile import AlarmEntry, Profile, ProfilePoint, TableEntry
from agent.config.profile_checks import check_profile
from agent.config.site import Broker, Site, SiteFile
from agent.config.site_checks import check_kinds, check_site
from agent.config.suppression import check_suppression
from agent.config.walk import StandIns, fill, read_toml
from agent.config.words import Secret, Wording
from agent.core.branch import Branch
from agent.core.model import Layer, Severity

SHIPPED = Path(__file__).parents[1] / "profiles"
"""The profiles that come with linewarden."""

_NO_WORDS = Wording("-", "-")
_STAND_INS: StandIns = {
    SiteFile: {"site": Site("unknown", "unknown", "UTC")},
    InputEntry: {"severity": Severity.MAJOR, "text": _NO_WORDS},
    DeviceEntry: {"profile": "", "layer": Layer.MANAGEMENT},
    Broker: {"host": "unknown"},
    Profile: {"text": _NO_WORDS},
    ProfilePoint: {"text": _NO_WORDS},
    TableEntry: {"text": _NO_WORDS, "key": "0.0.0"},
    AlarmEntry: {"severity": Severity.MAJOR, "text": _NO_WORDS, "action": _NO_WORDS, "causes": _NO_WORDS},
}


class Loaded(Struct, frozen=True):
    """A configuration without mistakes.

    Attributes:
        site: the site file; how to reach each device is in its entries.
        profiles: all device kinds by id; how to read each point is in them.
        branch: what the core watches.
        config_hash: SHA-256 of the site file and of the profiles in use, in hex; secrets do not enter it.
    """

    site: SiteFile
    profiles: Mapping[str, Profile]
    branch: Branch
    config_hash: str


class _Library(Struct):
    """Profiles as far as they could be read, and the ids of all, so that a broken one is not called unknown."""

    profiles: dict[str, Profile] = {}
    ids: set[str] = set()
    mistakes: list[Mistake] = []


def load(site_path: Path, profile_dirs: Sequence[Path] = ()) -> Loaded:
    """Load a branch.

    Args:
        site_path: the site file.
        profile_dirs: folders with profiles of one's own, beside the folder `profiles` next to the site file. A later
            one wins over an earlier one, and all win over the shipped profiles.

    Raises:
        ConfigError: with every mistake of all files.
    """
    site, library, mistakes = _read_all(site_path, profile_dirs)
    if mistakes or site is None:
        raise ConfigError(tuple(mistakes))
    branch = make_branch(site, library.profiles)
    used = {device.profile for device in branch.devices.values()}
    kinds = {id_: profile for id_, profile in library.profiles.items() if id_ in used}
    return Loaded(site, library.profiles, branch, config_hash(site, kinds))


def check(site_path: Path, profile_dirs: Sequence[Path] = ()) -> list[Mistake]:
    """Every mistake of a site file and the profiles beside it; empty where `load` would succeed."""
    return _read_all(site_path, profile_dirs)[2]


def load_profile(path: Path) -> Profile:
    """Load one profile.

    Raises:
        ConfigError: with every mistake of the file.
    """
    library = _Library({}, set(), [])
    _read_profile(path, library)
    if library.mistakes:
        raise ConfigError(tuple(library.mistakes))
    return next(iter(library.profiles.values()))


def config_hash(site: SiteFile, profiles: Mapping[str, Profile]) -> str:
    """What tells two configurations apart: neither comments nor the order of keys, and never a secret."""
    content = {"site": site, "profiles": dict(profiles)}
    plain = msgspec.to_builtins(content, enc_hook=_hide, str_keys=True)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def _hide(value: object) -> str:
    if isinstance(value, Secret):
        return repr(value)
    raise NotImplementedError(type(value).__name__)


def _read_all(
    site_path: Path, profile_dirs: Sequence[Path]
) -> tuple[SiteFile | None, _Library, list[Mistake]]:
    library = _read_profiles([SHIPPED, site_path.parent / "profiles", *profile_dirs])
    report = Report(str(site_path))
    try:
        site = _read_site(site_path, library, report)
    except ConfigError as error:
        return None, library, [*error.mistakes, *library.mistakes]
    return site, library, [*report.mistakes, *library.mistakes]


def _read_site(path: Path, library: _Library, report: Report) -> SiteFile | None:
    data = read_toml(path)
    site = fill(SiteFile, data, report, _STAND_INS)
    if site is not None:
        check_site(site, frozenset(_ids(data.get("device"))), report)
        check_kinds(site, library.profiles, frozenset(library.ids), report)
        if not report.mistakes and not library.mistakes:
            devices = make_devices(site, library.profiles)
            check_alarms(site.device, devices, report)
            check_suppression(site, devices, library.profiles, report)
    return site


def _ids(entries: Any) -> Iterable[str]:
    rows = entries if isinstance(entries, list) else []
    return (str(row.get("id")) for row in rows if isinstance(row, dict))


def _read_profiles(folders: Iterable[Path]) -> _Library:
    library = _Library({}, set(), [])
    for folder in folders:
        seen: dict[str, Path] = {}
        for path in sorted(folder.glob("*.toml")):
            id_ = _read_profile(path, library)
            if id_ in seen:
                problem = f"is also the id of {seen[id_].name}"
                library.mistakes.append(
                    Mistake(str(path), "id", problem, "give each profile an id of its own")
                )
            seen.setdefault(id_, path)
    return library


def _read_profile(path: Path, library: _Library) -> str:
    """Read one profile into a library; returns its id, or its file name where it has none."""
    try:
        data = read_toml(path)
    except ConfigError as error:
        library.mistakes.extend(error.mistakes)
        data = {"id": path.stem}
    else:
        _take(data, Report(str(path)), library)
    id_ = str(data.get("id", path.stem))
    library.ids.add(id_)
    return id_


def _take(data: dict[str, Any], report: Report, library: _Library) -> None:
    profile = fill(Profile, data, report, _STAND_INS)
    if profile is not None:
        check_profile(profile, data, report)
        _check_built_in(profile, report)
        library.profiles[profile.id] = profile
    library.mistakes.extend(report.mistakes)


def _check_built_in(profile: Profile, report: Report) -> None:
    """A profile of one's own may replace a built-in one, but not change what it is."""
    kind = BUILT_IN_PROFILES.get(profile.id)
    if kind is not None and profile.kind != kind:
        report.add(
            "kind",
            f'"{profile.kind}" does not fit the built-in profile "{profile.id}"',
            f'write kind = "{kind}"',
        )
