"""What an authority has signed, in a file: the index; and the rule that a name has one key, and a key one name."""

import datetime as dt
import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class AuthorityError(ValueError):
    """The authority does not do that; nothing was changed."""


class Kind(StrEnum):
    """What a certificate is good for; what it says is how a person is told."""

    BRANCH = "branch"
    NOC = "noc"
    BROKER = "broker"


@dataclass
class Entry:
    """A certificate that was signed; times are ISO 8601, `key` is the SHA-256 of the public key."""

    serial: str
    name: str
    kind: Kind
    key: str
    until: str
    revoked: str = ""

    def is_good(self, now: dt.datetime) -> bool:
        """Whether it still lets somebody in."""
        return not self.revoked and dt.datetime.fromisoformat(self.until) > now


def load(file: Path) -> list[Entry]:
    """All that was signed, in order.

    Raises:
        AuthorityError: the file is damaged.
    """
    if not file.exists():
        return []
    try:
        return [Entry(**(one | {"kind": Kind(one["kind"])})) for one in json.loads(file.read_text())]
    except (KeyError, TypeError, ValueError) as error:
        raise AuthorityError(f"{file} is damaged; take it from a backup") from error


def keep(file: Path, entries: list[Entry]) -> None:
    """Write all that was signed."""
    text = json.dumps([asdict(one) for one in entries], indent=1)
    write(file, text.encode() + b"\n", 0o644)


def refuse_mixed(kind: Kind, name: str, key: str, entries: list[Entry], now: dt.datetime) -> None:
    """One key, one name; one name, one key, and one kind for good; a key that was revoked is never signed again.

    Raises:
        AuthorityError: what is asked for breaks that.
    """
    for one in entries:
        if one.name == name and one.kind is not kind:
            raise AuthorityError(f"{name} is the name of a {one.kind} here, and cannot be that of a {kind}")
        if one.key == key and one.name != name:
            raise AuthorityError(f"{name} has the key of {one.name}: {_REMEDY[kind]}")
        if one.key == key and one.revoked:
            raise AuthorityError(f"the key of {name} was revoked; {_REMEDY[kind]}")
        if one.name == name and one.key != key and one.is_good(now):
            raise AuthorityError(
                f"{name} has a certificate of another key, valid until {one.until[:10]}; first: revoke {name}"
            )


_REMEDY = {
    Kind.BRANCH: "delete box.key on the box (was its card copied?), and enrol again",
    Kind.NOC: "make a key for it alone",
    Kind.BROKER: "make a key for it alone",
}


def write(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole or not at all."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
