"""The settings of the panel: `/etc/linewarden/panel.toml`.

Every key may be left out except `[users]`. What follows are the defaults, with one user as an example:

    language = ""                     # "zh" or "en"; empty: as the site (told by the agent) has it
    log = "text"                      # or "json"

    [listen]
    address = "127.0.0.1"
    port = 8080                       # 0: any free port
    plain_http = false                # true: passwords may cross the network in plain words

    [agent]
    socket = "/run/linewarden/control.sock"
    timeout = 5.0                     # seconds to wait for an answer

    [session]
    secret_file = "/var/lib/linewarden-panel/session.key"   # made with mode 0600 where missing
    hours = 12.0

    [tls]                             # leave the whole table out for plain HTTP on the loopback
    certificate = "/etc/linewarden/tls/panel.pem"    # with its chain; renewed files are taken up without a restart
    key = "/etc/linewarden/tls/panel.key"            # not for others to read
    redirect_port = 0                 # a plain port that sends browsers to the encrypted one; 0: none
    hsts = true                       # browsers that came once come encrypted for half a year

    [metrics]                         # leave the whole table out for no /metrics
    token_file = "/etc/linewarden/metrics.token"     # at least 16 characters; not for others to read

    [users]                           # name = hash, as `linewarden-panel hash` prints it
    "li.na" = "scrypt:32768:8:1$…"

The panel proves names; what a name may order is decided by the agent (`[rights]` in its site file).
"""

import ipaddress
import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from web.errors import SettingsError

DEFAULT_PATH = Path("/etc/linewarden/panel.toml")
SECRET_BYTES = 32
TOKEN_CHARACTERS = 16

_NAME = re.compile(r"[^\s\x00-\x1f]{1,64}")
_HASH = re.compile(r"scrypt:\d+:\d+:\d+\$[^$]+\$[0-9a-f]+")


class Listen(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the panel is reached."""

    address: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    plain_http: bool = False
    """That the panel may be reached from elsewhere without TLS: a decision, never an oversight."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return self.address == "localhost"


class Agent(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the agent is reached, and how long (seconds) its answer may take."""

    socket: str = "/run/linewarden/control.sock"
    timeout: Annotated[float, Meta(gt=0, le=60)] = 5.0


class Session(Struct, frozen=True, forbid_unknown_fields=True):
    """How long a login lasts, and the file of the secret that signs it."""

    secret_file: str = "/var/lib/linewarden-panel/session.key"  # noqa: S105  # a path
    hours: Annotated[float, Meta(gt=0, le=168)] = 12.0


class Tls(Struct, frozen=True, forbid_unknown_fields=True):
    """PEM files of the certificate (with its chain) and of its key, and how browsers are kept to it."""

    certificate: str
    key: str
    redirect_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    hsts: bool = True


class Metrics(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may read `/metrics`: whoever shows the token of this file."""

    token_file: str


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All of panel.toml."""

    users: dict[str, str]
    """Hash by name."""
    language: Literal["", "en", "zh"] = ""
    listen: Listen = field(default_factory=Listen)
    agent: Agent = field(default_factory=Agent)
    session: Session = field(default_factory=Session)
    tls: Tls | None = None
    metrics: Metrics | None = None
    log: Literal["text", "json"] = "text"


def load(path: Path) -> Settings:
    """The settings of a file.

    Raises:
        SettingsError: the file cannot be read, is not TOML or holds what cannot be used.
    """
    try:
        settings = msgspec.toml.decode(path.read_bytes(), type=Settings)
    except FileNotFoundError as error:
        raise SettingsError(
            f"{path}: there is no such file; create it or name another by --config"
        ) from error
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be read ({error.strerror}); let the panel's user read it"
        ) from error
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: {_remedy(str(error))}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML ({error}); correct the syntax there") from error
    _check(path, settings)
    return settings


def _remedy(message: str) -> str:
    """What msgspec found, with its path in the file and what to write instead."""
    what, _, where = message.partition(" - at ")
    place = where.strip("`").removeprefix("$").removeprefix(".")
    table = place.split(".", maxsplit=1)[0].removesuffix("[...]")
    if table.startswith("users") or "`users`" in what:
        remedy = "write a user as name = hash, the hash as `linewarden-panel hash` prints it"
    elif "field" in what:
        remedy = f"the keys here are: {', '.join(_keys(table))}"
    else:
        remedy = _REMEDIES.get(place, "correct the value")
    return f"{place or 'top level'}: {what[:1].lower()}{what[1:]}; {remedy}"


_REMEDIES = {
    "language": 'write "zh" or "en", or leave it out',
    "listen.address": 'write an address as text, such as "127.0.0.1"',
    "listen.port": "write a number from 1 to 65535, or 0 for any free port",
    "agent.socket": "write the path of the agent's control socket",
    "agent.timeout": "write seconds, up to 60",
    "session.secret_file": "write the path of a file in a folder of the panel's user",
    "session.hours": "write hours, up to 168",
    "tls.certificate": "write the path of a PEM file",
    "tls.key": "write the path of a PEM file",
    "tls.redirect_port": "write a number from 1 to 65535, or 0 for none",
    "metrics.token_file": "write the path of a file with the token",
    "log": 'write "text" or "json"',
}


def _keys(table: str) -> tuple[str, ...]:
    kind = {"listen": Listen, "agent": Agent, "session": Session, "tls": Tls, "metrics": Metrics}.get(
        table, Settings
    )
    return kind.__struct_fields__


def _check(path: Path, settings: Settings) -> None:
    if not settings.users:
        raise SettingsError(
            f"{path}: users: nobody could log in; add a user, with a hash of `linewarden-panel hash`"
        )
    for name, hashed in settings.users.items():
        if not (_NAME.fullmatch(name) and _HASH.fullmatch(hashed)):
            raise SettingsError(
                f"{path}: users.{name}: is no name of up to 64 characters with its hash; "
                "write name = hash, the hash as `linewarden-panel hash` prints it"
            )
    _check_wire(path, settings)


def _check_wire(path: Path, settings: Settings) -> None:
    """Whether nobody on the way reads what is said."""
    listen, tls = settings.listen, settings.tls
    if tls is None and not listen.is_loopback and not listen.plain_http:
        raise SettingsError(
            f"{path}: listen.address: {listen.address} is reached from elsewhere, but there is no [tls]; "
            "add [tls], or write plain_http = true where passwords may cross that network in plain words"
        )
    for key, name in (("certificate", tls.certificate), ("key", tls.key)) if tls else ():
        if not os.access(name, os.R_OK):
            raise SettingsError(
                f"{path}: tls.{key}: {name} cannot be read; name a PEM file that the panel's user may read"
            )
    if tls:
        check_private(Path(tls.key), "tls.key")


def check_private(path: Path, what: str) -> None:
    """Whether a file with a secret is kept from others; its group may read it.

    Raises:
        SettingsError: others may read it, or its group may write it.
    """
    if path.stat().st_mode & 0o027:
        raise SettingsError(f"{path}: {what} is open to others; chmod 640 it")


def metrics_token(path: Path) -> str:
    """The token that whoever reads the metrics must show.

    Raises:
        SettingsError: it cannot be read, is open to others, or could be guessed.
    """
    try:
        check_private(path, "metrics.token_file")
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path}: metrics.token_file cannot be read; write a token of letters and digits into it"
        ) from error
    if len(token) < TOKEN_CHARACTERS or not token.isprintable() or " " in token:
        raise SettingsError(
            f"{path}: metrics.token_file holds no token; write {TOKEN_CHARACTERS} or more letters and digits into it"
        )
    return token


def session_secret(path: Path) -> bytes:
    """The secret that signs sessions; made where it is missing, for its owner only.

    Raises:
        SettingsError: it can neither be read nor made, is too short, or others may read it.
    """
    try:
        return _read_secret(path) if path.exists() else _make_secret(path)
    except OSError as error:
        raise SettingsError(
            f"{path}: session.secret_file cannot be read or made ({error.strerror}); give its folder to the panel's user"
        ) from error


def _read_secret(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise SettingsError(
            f"{path}: session.secret_file is open to others; chmod 600 it, or remove it to have a new one"
        )
    secret = path.read_bytes()
    if len(secret) < SECRET_BYTES:
        raise SettingsError(f"{path}: session.secret_file is too short; remove it to have a new one")
    return secret


def _make_secret(path: Path) -> bytes:
    """A new secret, complete under its name or not there at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = secrets.token_bytes(SECRET_BYTES)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return secret
