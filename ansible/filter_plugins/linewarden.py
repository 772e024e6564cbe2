"""Filters of the roles: TOML from the inventory's YAML, what of a site file clashes, a place for one run."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from ansible import constants

_KINDS = ("lamps", "inputs", "buttons")


def to_toml(given: Mapping[str, Any]) -> str:
    """A table as TOML; keys whose value is null are left out, so that a host can take back what its group says."""
    return tomli_w.dumps(_plain(given), multiline_strings=False)


def pins_used_twice(site: Mapping[str, Any]) -> list[str]:
    """The pins that a site names more than once; what has the wrong type is left for `linewarden check` to tell."""
    board = _table(site.get("board"))
    wired = [_table(one).get("pin") for kind in _KINDS for one in _table(board.get(kind)).values()]
    wired += [_table(one).get("pin") for one in _list(site.get("input"))]
    counted = Counter(str(pin) for pin in wired if pin is not None)
    return sorted(pin for pin, times in counted.items() if times > 1)


def has_words_of_its_own(given: Any) -> bool:
    """Whether a site has an SNMP community in it instead of a credential: then it is a secret itself."""
    if isinstance(given, Mapping):
        return "community" in given or any(has_words_of_its_own(one) for one in given.values())
    return any(has_words_of_its_own(one) for one in _list(given))


def told_of_panel(site: Mapping[str, Any], panel: Mapping[str, Any]) -> dict[str, Any]:
    """A site with the panel's certificate, whose end the agent tells; a site that says something of it has its way.

    The agent may not read the panel's settings, which hold hashes of passwords.
    """
    certificate = (panel.get("tls") or {}).get("certificate")
    if certificate is None:
        return dict(site)
    return {**site, "panel": {"certificate": certificate, **(site.get("panel") or {})}}


def for_this_run(name: str) -> str:
    """A path on the control node, the same for all hosts of a run and no other run; gone when it ends, however it ends.

    A lookup of that setting would make another folder for each host, which nobody deletes.
    """
    return str(Path(constants.DEFAULT_LOCAL_TMP) / name)


def _table(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _list(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else []


def _plain(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {str(key): _plain(value) for key, value in given.items() if value is not None}
    if isinstance(given, list | tuple):
        return [_plain(one) for one in given]
    # Ansible's own kinds of text and numbers carry marks of where they come from.
    for kind in (bool, int, float, str):
        if isinstance(given, kind):
            return kind(given)
    return given


class FilterModule:
    """What ansible takes up."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        own = (to_toml, told_of_panel, for_this_run, pins_used_twice, has_words_of_its_own)
        return {one.__name__: one for one in own}
