"""Filters of the roles: TOML from the inventory's YAML, and what a site file asks for, a place for one run."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from ansible import constants


def to_toml(given: Mapping[str, Any]) -> str:
    """A table as TOML; keys whose value is null are left out, so that a host can take back what its group says."""
    return tomli_w.dumps(_plain(given), multiline_strings=False)


def credentials_in(given: Any) -> list[str]:
    """The names of all credentials that a site asks for (`credential:NAME`), each once, in order."""
    return sorted(
        {word.removeprefix("credential:") for word in _words(given) if word.startswith("credential:")}
    )


def pins_used_twice(site: Mapping[str, Any]) -> list[int]:
    """The pins that a site names more than once."""
    board = site.get("board") or {}
    kinds = [board.get(kind) or {} for kind in ("lamps", "inputs", "buttons")]
    wired = [one["pin"] for kind in kinds for one in kind.values() if one and "pin" in one]
    wired += [one["pin"] for one in site.get("input", []) if one.get("pin") is not None]
    return sorted(pin for pin, times in Counter(wired).items() if times > 1)


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


def _words(given: Any) -> Iterator[str]:
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, list | tuple):
        for one in given:
            yield from _words(one)
    elif isinstance(given, str) and re.fullmatch(r"credential:\S+", given):
        yield str(given)


class FilterModule:
    """What ansible takes up."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        own = (to_toml, credentials_in, pins_used_twice, told_of_panel, for_this_run)
        return {one.__name__: one for one in own}
