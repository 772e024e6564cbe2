"""What can be seen of a box from outside the agent, also when the agent is dead: machine, configuration, store, journal."""

import hashlib
import platform
import re
import sys
import tomllib
from collections import deque
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from agent import __version__, clock_offsets, publications
from agent.config.errors import ConfigError
from agent.config.load import Loaded, check, load
from agent.config.secrets import read_secret_file
from agent.config.words import Secret
from agent.core.dating import Offset
from agent.sources.box import wall_clock_quality
from agent.store import reader
from agent.store.errors import StoreError
from agent.store.records import Position
from firmware.host.machine import read_host
from firmware.host.network import interfaces

ENTRIES = 500
"""The last so many entries of the journal."""
SET = "<set>"

_PLATFORM = ("etc/os-release", "proc/device-tree/model", "proc/uptime", "proc/loadavg", "proc/meminfo")
_HOLDS_SECRET = re.compile(r"(community|password|token|secret|key|auth|priv)\w*_file\Z")
_QUOTED = re.compile(r'"[^"]*"')
_PANEL_KEYS: Mapping[str, frozenset[str]] = {
    "": frozenset({"language", "log"}),
    "listen": frozenset({"address", "port", "plain_http"}),
    "agent": frozenset({"socket", "timeout"}),
    "session": frozenset({"secret_file", "hours"}),
    "tls": frozenset({"certificate", "key", "redirect_port", "hsts"}),
    "metrics": frozenset({"token_file"}),
}
"""What of panel.toml is told as it stands."""


def gather(site_path: Path, root: Path = Path("/")) -> dict[str, str]:
    """Text by file name.

    Args:
        site_path: the site file; it may be wrong or missing.
        root: what stands before /sys, /proc, /etc and /dev.
    """
    files = {
        "box/versions.txt": _versions(),
        "box/platform.txt": _platform(root),
        "box/network.txt": "".join(f"{one}\n" for one in interfaces()),
        "box/serial.txt": _serial_ports(root),
        "config/panel.json": _panel(site_path.with_name("panel.toml")),
    }
    try:
        loaded = load(site_path)
    except ConfigError:
        # The file as it stands is left out: nobody can say which of its words are secrets.
        # For the same reason no mistake says what stands there.
        mistakes = "".join(_QUOTED.sub('"…"', f"{one}\n") for one in check(site_path))
        return files | {"config/mistakes.txt": mistakes, "box/host.json": _json(read_host(root))}
    learn_secrets(loaded)
    data_dir = Path(str(loaded.site.agent.data_dir))
    return files | {
        "config/site.json": _json(msgspec.to_builtins(loaded.site, enc_hook=_hide, str_keys=True)),
        "config/profiles.txt": _profiles(loaded),
        "box/host.json": _json(read_host(root, data_dir if data_dir.is_dir() else root)),
        "store/files.txt": _files(data_dir),
        "store/journal.jsonl": _journal(data_dir, loaded.site.site.id),
    }


def learn_secrets(loaded: Loaded) -> None:
    """Read every secret that the configuration names and that this user may read: what is known can be blotted out."""
    for value in _secret_files(msgspec.to_builtins(loaded.site, enc_hook=_hide, str_keys=True)):
        try:
            read_secret_file(value)
        except ConfigError:
            continue


def _secret_files(table: object) -> Iterable[str]:
    if isinstance(table, dict):
        for key, value in table.items():
            if isinstance(value, str) and _HOLDS_SECRET.search(str(key)):
                yield value
            else:
                yield from _secret_files(value)
    elif isinstance(table, list | tuple):
        for one in table:
            yield from _secret_files(one)


def _hide(value: object) -> str:
    if isinstance(value, Secret):
        return SET
    raise NotImplementedError(type(value).__name__)


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value, order="sorted")).decode() + "\n"


def _versions() -> str:
    parts = sorted({f"{one.metadata['Name']} {one.version}" for one in metadata.distributions()})
    return "\n".join([f"linewarden {__version__}", f"python {sys.version}", *parts]) + "\n"


def _platform(root: Path) -> str:
    rows = [f"platform {platform.platform()}", f"machine {platform.machine()}"]
    rows.append(f"clock {wall_clock_quality(root).value}")
    rows += [f"--- /{name}\n{_read(root / name)}" for name in _PLATFORM]
    return "\n".join(rows) + "\n"


def _serial_ports(root: Path) -> str:
    folders = [("dev/serial/by-id", "*"), ("dev/serial/by-path", "*"), ("dev", "ttyUSB*"), ("dev", "ttyACM*")]
    found = [path for folder, names in folders for path in sorted((root / folder).glob(names))]
    rows = [f"{path} -> {path.readlink().name}" if path.is_symlink() else str(path) for path in found]
    return "".join(f"{row}\n" for row in rows) or "none\n"


def _panel(path: Path) -> str:
    """The panel's settings as far as they are known to hold no secret; of its users the names."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return _json({"cannot be read": type(error).__name__})
    told: dict[str, Any] = {}
    for name, value in given.items():
        if name == "users" and isinstance(value, dict):
            told[name] = dict.fromkeys(value, SET)
        elif isinstance(value, dict):
            known = _PANEL_KEYS.get(name, frozenset())
            told[name] = {key: one if key in known else SET for key, one in value.items()}
        else:
            told[name] = value if name in _PANEL_KEYS[""] else SET
    return _json(told)


def _profiles(loaded: Loaded) -> str:
    used = sorted({device.profile for device in loaded.branch.devices.values()} & set(loaded.profiles))
    rows = []
    for id_ in used:
        plain = msgspec.to_builtins(loaded.profiles[id_], enc_hook=_hide, str_keys=True)
        body = msgspec.json.encode(plain, order="sorted")
        rows.append(f"{hashlib.sha256(body).hexdigest()}  {id_}\n")
    return f"{loaded.config_hash}  configuration\n" + "".join(rows)


def _files(folder: Path) -> str:
    try:
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return "".join(f"{path.stat().st_size:>12}  {path.relative_to(folder)}\n" for path in found)
    except OSError as error:
        return f"{error}\n"


def _journal(data_dir: Path, site: str) -> str:
    """The last entries as the CloudEvents that the NOC gets."""
    lines: deque[str] = deque(maxlen=ENTRIES)
    try:
        with reader.view(data_dir) as view:
            epoch, seq = view.last
        records = reader.page(data_dir, Position(epoch, max(0, seq - ENTRIES)), ENTRIES)
        offsets: dict[str, Offset] = {}
        clock_offsets.gather(records, offsets)
        for record in records:
            event = publications.event(site, record, record.entry.wall, offsets)
            lines.append(msgspec.json.encode(event).decode())
    except (StoreError, ValueError) as error:
        lines.append(_json({"cannot be read": str(error)}).replace("\n", " "))
    return "".join(f"{line}\n" for line in lines)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").replace("\0", "")
    except OSError as error:
        return f"{error.strerror}\n"
