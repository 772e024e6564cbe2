"""What differs between two configurations, and which of it a running agent can take up. Pure.

Safe is what a part looks up each time that it needs it, so that nobody has to be stopped or asked anew for it.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from agent.config.load import Loaded
from agent.config.site import SiteFile

SAFE = (
    "site.name",
    "site.language",
    "site.timezone",
    "rights",
    "panel",
    "agent.button_acknowledges_alarms",
    "annunciator.heartbeat",
    "journal",
    "trends",
    "backup",
    "shelving",
    "window",
)
"""Tables of the site file, and single keys of tables, that are taken up while the agent runs."""


class Difference(Struct, frozen=True):
    """What differs, by names such as `rights.people`, `window[filters]` or `profile[sip-pbx]`; never by contents.

    Attributes:
        safe: what can be taken up while the agent runs.
        restart: what cannot.
    """

    safe: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()


def difference(before: Loaded, after: Loaded) -> Difference:
    """What differs between two configurations; secrets count, comments and the order of keys do not."""
    names = [*_of_site(before.site, after.site), *_of_profiles(before, after)]
    return Difference(tuple(filter(is_safe, names)), tuple(name for name in names if not is_safe(name)))


def is_safe(name: str) -> bool:
    """Whether a running agent can take up what bears this name."""
    return any(name == one or name.startswith((f"{one}.", f"{one}[")) for one in SAFE)


def _of_site(before: SiteFile, after: SiteFile) -> Iterator[str]:
    for table in SiteFile.__struct_fields__:
        old, new = getattr(before, table), getattr(after, table)
        if old == new:
            continue
        if isinstance(old, tuple):
            entries = _keys(_by_id(old), _by_id(new))
            yield from (f"{table}[{one}]" for one in entries)
            if not entries:
                yield table  # the same in another order, which is that of the lists that people see
        elif old is None or new is None:
            yield table
        else:
            yield from (f"{table}.{key}" for key in _keys(_fields(old), _fields(new)))


def _of_profiles(before: Loaded, after: Loaded) -> list[str]:
    """Only kinds that are in use matter; one that is in use no more, or newly, is told by its devices."""
    old, new = _in_use(before), _in_use(after)
    return [f"profile[{one}]" for one in old if one in new and old[one] != new[one]]


def _in_use(loaded: Loaded) -> dict[str, object]:
    used = {device.profile for device in loaded.branch.devices.values()}
    return {id_: profile for id_, profile in loaded.profiles.items() if id_ in used}


def _keys(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return [key for key in {**before, **after} if before.get(key) != after.get(key)]


def _fields(of: Struct) -> dict[str, object]:
    return msgspec.structs.asdict(of)


def _by_id(entries: Sequence[Struct]) -> dict[str, object]:
    return {getattr(one, "id", "") or getattr(one, "name", ""): one for one in entries}
