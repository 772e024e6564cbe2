"""Filters that look at an inventory: mistakes that would be noticed only on the first box, told before any machine is touched."""

import base64
import binascii
import difflib
import ipaddress
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

_EXAMPLE = "EXAMPLEexample"
"""What every placeholder of the example inventory has in it."""
_TLS = "/etc/linewarden/tls/"
_PLAIN_PORT = 8080
"""Where the panel listens unless told otherwise."""


def of_the_example(given: Mapping[str, Any]) -> list[str]:
    """The names of those variables that still hold a placeholder of the example inventory."""
    return [name for name, value in given.items() if any(_EXAMPLE in word for word in _words(value))]


def empty_ones(given: Mapping[str, Any]) -> list[str]:
    """The names of those variables that are there and say nothing."""
    return [name for name, value in given.items() if not value]


def no_pem(given: Mapping[str, Any]) -> list[str]:
    """The names of those variables that hold something, but no PEM: the path of a file, say."""
    return [name for name, value in given.items() if value and "-----BEGIN " not in str(value)]


def credentials_in(given: Any) -> list[str]:
    """The names of all credentials that a site asks for (`credential:NAME`), each once, in order."""
    found = (re.fullmatch(r"credential:(\S+)", word) for word in _words(given))
    return sorted({one[1] for one in found if one})


def files_nobody_brings(named: Any, brought: Mapping[str, Any]) -> list[str]:
    """The files below /etc/linewarden/tls that settings name and no variable has the content of.

    Args:
        named: the settings, whatever their shape.
        brought: PEM by name of the file in that folder.
    """
    words = {word for word in _words(named) if word.startswith(_TLS)}
    return sorted(word for word in words if not brought.get(word.removeprefix(_TLS)))


def no_signers(keys: Any) -> list[str]:
    """The beginnings of what is no public key as `ssh-keygen` writes it (RFC 4253, 6.6), or is the example's.

    Only the beginning, since it may be a private key that somebody put there.
    """
    wrong = [key for key in map(str, _list(keys)) if _EXAMPLE in key or not _is_public_key(key)]
    return [(key.split() or ["(nothing)"])[0] for key in wrong]


def no_networks(given: Mapping[str, Any]) -> list[str]:
    """What in lists of networks is neither an address nor a network (CIDR), each with the name of its list."""
    found = []
    for name, networks in given.items():
        if isinstance(networks, list | tuple):
            found += [f"{name}: {one}" for one in networks if not _is_network(str(one))]
        else:
            found.append(f"{name}: {networks} (a list is wanted)")
    return found


def panel_ports(panel: Any) -> list[int]:
    """The ports at which a panel with these settings listens; none without a panel."""
    if not panel:
        return []
    port = _table(_table(panel).get("listen")).get("port", _PLAIN_PORT)
    redirect = _table(_table(panel).get("tls")).get("redirect_port")
    return [int(one) for one in (port, redirect) if one]


def ids_of_two(hosts: Iterable[str], variables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The ids of branches that two machines have, each with its hosts.

    One machine under two names is one branch.

    Args:
        hosts: names in the inventory.
        variables: of each host, by its name.
    """
    found: dict[str, dict[str, str]] = {}
    for host in hosts:
        mine = variables[host]
        site = _table(_table(mine.get("appliance_site")).get("site")).get("id")
        place = f"{mine.get('ansible_host', host)}:{mine.get('ansible_port', 22)}"
        if isinstance(site, str):
            found.setdefault(site, {})[host] = place
    twice = {site: places for site, places in found.items() if len(set(places.values())) > 1}
    return [f"{site} ({', '.join(places)})" for site, places in twice.items()]


def unknown_variables(names: Iterable[str], roles: str) -> list[str]:
    """The variables that begin like those of a role and that no role knows, each with what may have been meant.

    Args:
        names: of all variables of a host.
        roles: folder of the roles, whose `meta/argument_specs.yml` say which variables there are.
    """
    specs = {path.parents[1].name: path for path in Path(roles).glob("*/meta/argument_specs.yml")}
    known = {name for path in specs.values() for name in _options(yaml.safe_load(path.read_text()))}
    beginnings = tuple(f"{role}_" for role in specs)
    unknown = sorted(str(name) for name in names if name not in known and name.startswith(beginnings))
    return [_with_guess(name, known) for name in unknown]


def _options(specs: Mapping[str, Any]) -> Iterator[str]:
    for entry in specs["argument_specs"].values():
        yield from entry.get("options", {})


def _with_guess(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.85)
    return f"{name} (did you mean {near[0]}?)" if near else name


def _is_public_key(text: str) -> bool:
    found = re.match(r"((?:sk-)?(?:ssh|ecdsa)-\S+) ([A-Za-z0-9+/]+={0,2})( |$)", text.strip())
    if found is None:
        return False
    try:
        blob = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return False
    kind = found[1].encode()
    rest = blob.removeprefix(struct.pack(">I", len(kind)) + kind)
    return len(rest) < len(blob) and _is_whole(rest)


def _is_whole(fields: bytes) -> bool:
    """Whether these are one or more fields, each as long as it says: a key that was cut off is none."""
    some = False
    while len(fields) >= 4:
        (size,) = struct.unpack(">I", fields[:4])
        some, fields = size > 0 and size <= len(fields) - 4, fields[4 + size :]
        if not some:
            return False
    return some and not fields


def _is_network(text: str) -> bool:
    _, slash, bits = text.partition("/")
    if slash and not bits.isdecimal():
        return False  # a mask, which neither firewall nor units take
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _words(given: Any) -> Iterator[str]:
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, list | tuple):
        for one in given:
            yield from _words(one)
    elif isinstance(given, str):
        yield str(given)


def _table(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _list(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else [given]


class FilterModule:
    """What ansible takes up."""

    def filters(self) -> dict[str, Any]:
        """By name."""
        values = (of_the_example, empty_ones, no_pem, no_signers, no_networks)
        whole = (credentials_in, files_nobody_brings, panel_ports, ids_of_two, unknown_variables)
        return {one.__name__: one for one in (*values, *whole)}
