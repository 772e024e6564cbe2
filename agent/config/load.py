"""Site file and profiles together: every mistake at once, or what the composition root starts from."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
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
from agent.config.walk import StandIns, fill, parse_toml, read_text, read_toml
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


class _ProfileFile(Struct, frozen=True):
    """What a file says, as far as it could be read; its id also where the rest is broken, lest it be called unknown."""

    id: str
    profile: Profile | None
    mistakes: tuple[Mistake, ...]


class _Library(Struct):
    """Profiles as far as they could be read, and the ids of all."""

    profiles: dict[str, Profile] = {}
    ids: set[str] = set()
    mistakes: list[Mistake] = []

    def take(self, file: _ProfileFile) -> None:
        """Put one on the shelf; the later one of an id wins."""
        self.ids.add(file.id)
        self.mistakes.extend(file.mistakes)
        if file.profile is not None:
            self.profiles[file.profile.id] = file.profile


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
    file = _read_profile(path)
    if file.mistakes or file.profile is None:
        raise ConfigError(file.mistakes)
    return file.profile


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
            file = _read_profile(path)
            library.take(file)
            if file.id in seen:
                problem = f"is also the id of {seen[file.id].name}"
                library.mistakes.append(
                    Mistake(str(path), "id", problem, "give each profile an id of its own")
                )
            seen.setdefault(file.id, path)
    return library


def _read_profile(path: Path) -> _ProfileFile:
    try:
        return _profile_file(path, read_text(path))
    except ConfigError as error:
        return _ProfileFile(path.stem, None, error.mistakes)


@lru_cache(
    maxsize=256
)  # most of what a site costs to read; it is read anew with each change, they are not changed
def _profile_file(path: Path, text: str) -> _ProfileFile:
    data = parse_toml(path, text)
    report = Report(str(path))
    profile = fill(Profile, data, report, _STAND_INS)
    if profile is not None:
        check_profile(profile, data, report)
        _check_built_in(profile, report)
    return _ProfileFile(str(data.get("id", path.stem)), profile, tuple(report.mistakes))


def _check_built_in(profile: Profile, report: Report) -> None:
    """A profile of one's own may replace a built-in one, but not change what it is."""
    kind = BUILT_IN_PROFILES.get(profile.id)
    if kind is not None and profile.kind != kind:
        report.add(
            "kind",
            f'"{profile.kind}" does not fit the built-in profile "{profile.id}"',
            f'write kind = "{kind}"',
        )
