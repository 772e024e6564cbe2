"""The leaves of our TOML files: durations, severities, secrets and names, each with how to read and describe it.

A leaf type may carry a reader in `Meta.extra`: a function from the TOML value to the value of the type, which raises
`MisreadError` with a problem. What the reader returns is still checked by msgspec.
"""

import math
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta

from agent.core import values
from agent.core.model import Severity, Text
from agent.core.visible import INVISIBLE
from agent.log_lines import blot

_IN_URL = re.compile(r"//[^/\s]*@")
"""Name and password in an address, which no message may quote."""


class MisreadError(ValueError):
    """A TOML value that a reader cannot take; the message is the problem."""


class Secret:
    """A word that is never printed: neither by `str` and `repr`, nor in a log, nor in the configuration hash."""

    __slots__ = ("_word",)

    def __init__(self, word: str) -> None:
        self._word = word
        blot.hide(word)

    def reveal(self) -> str:
        """The word itself, for the one who must send it."""
        return self._word

    def __repr__(self) -> str:
        return "<secret>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._word == other._word

    def __hash__(self) -> int:
        return hash(self._word)


def read_duration(given: object) -> float:
    """Seconds from a duration: a number is seconds, text has units: `500ms`, `10s`, `5m`, `1h30m`, `7d`.

    Raises:
        MisreadError: it is neither.
    """
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise MisreadError(f"{show(given)} is not a duration")
    if isinstance(given, str):
        try:
            return values.read_duration(given)
        except ValueError:
            raise MisreadError(f"{show(given)} is not a duration") from None
    if not (0 <= given <= 1e9):
        raise MisreadError(f"{show(given)} is not a duration")
    return float(given)


def read_severity(given: object) -> Severity:
    """A severity from its word in RFC 8632.

    Raises:
        MisreadError: it is no such word.
    """
    for severity in Severity:
        if given == severity.word:
            return severity
    raise MisreadError(f"{show(given)} is not a severity")


def read_secret(given: object) -> Secret:
    """A secret from text.

    Raises:
        MisreadError: it is no text, or empty.
    """
    if not isinstance(given, str) or not given:
        raise MisreadError("is not text" if given != "" else "is empty")
    return Secret(given)


def read_timezone(given: object) -> str:
    """The name of a time zone of the IANA data base, which must be installed.

    Raises:
        MisreadError: there is no such time zone.
    """
    try:
        ZoneInfo(str(given))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # OSError: the name of a folder of the data base, such as "Asia".
        raise MisreadError(f"{show(given)} is no time zone") from error
    return str(given)


def show(given: object) -> str:
    """A TOML value as a message quotes it: short, and in TOML's own spelling."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, dict):
        return "a table"
    if isinstance(given, list):
        return "a list"
    if isinstance(given, str):
        given = _IN_URL.sub("//…@", given)
        line = given.encode("unicode_escape").decode("ascii") if not given.isprintable() else given
        return f'"{line}"' if len(line) <= 60 else f'"{line[:57]}…"'
    if isinstance(given, float) and given.is_integer():
        return str(int(given))
    return str(given)


def is_finite(value: object) -> bool:
    """Whether a value is usable as a number; everything that is no float passes. TOML knows `inf` and `nan`."""
    return not isinstance(value, float) or math.isfinite(value)


def suggest(word: str, known: Iterable[str], what: str = "one of") -> str:
    """The remedy for a word that is not known: the closest known one, or all of them."""
    choices = sorted(known)
    close = get_close_matches(word, choices, n=1)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"write {what} {', '.join(choices)}" if choices else "remove it"


Duration = Annotated[
    float,
    Meta(
        extra={"read": read_duration}, description='a duration such as "500ms", "10s", "5m" or 10 (seconds)'
    ),
]
SeverityWord = Annotated[
    Severity,
    Meta(extra={"read": read_severity}, description='one of "warning", "minor", "major", "critical"'),
]
SecretWord = Annotated[Secret, Meta(extra={"read": read_secret}, description="text")]

TimeZone = Annotated[
    str, Meta(extra={"read": read_timezone}, description='an IANA name such as "Asia/Shanghai"')
]

Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}\Z",
        description="lower-case letters, digits and hyphens, beginning with a letter or digit",
    ),
]
AgeRecipient = Annotated[
    str,
    Meta(
        pattern=r"^age1[ac-hj-np-z02-9]{58}\Z",
        description="a public key of age, such as age-keygen prints: age1 and 58 letters and digits",
    ),
]
PointName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*\Z",
        description='lower-case words joined by dots, such as "battery.charge"',
    ),
]
Line = Annotated[
    str,
    Meta(
        pattern=rf"^(?=.*[^{INVISIBLE}])[^\x00-\x1f\x7f]*\Z",
        description="one line of text, not empty",
    ),
]
Host = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9:]([A-Za-z0-9.:_-]*[A-Za-z0-9])?\Z", description="a host name or an IP address"
    ),
]
FilePath = Annotated[str, Meta(pattern=r"^/[^\x00-\x1f]+\Z", description="an absolute path")]
SecretFile = Annotated[
    str,
    Meta(
        pattern=r"^(/[^\x00-\x1f]+|credential:[A-Za-z0-9][A-Za-z0-9._-]{0,127})\Z",
        extra={"hide": True},
        description="the absolute path of a file with the secret, or credential:NAME",
    ),
]
"""Never quoted where it is no path: somebody may have written the secret itself there. `agent.config.secrets.place` finds it."""
Port = Annotated[int, Meta(ge=1, le=65535)]
Pin = Annotated[int, Meta(ge=2, le=27, description="a BCM pin number from 2 to 27")]
Oid = Annotated[
    str,
    Meta(
        pattern=r"^[0-2](\.(0|[1-9][0-9]{0,9})){2,127}\Z",
        description='an OID in digits, such as "1.3.6.1.2.1.1.3.0"',
    ),
]
Language = Literal["en", "zh"]


class Wording(Text, frozen=True):
    """A text that must be written in both languages."""

    en: Line
    zh: Line

    def plain(self) -> Text:
        """The text as the core has it."""
        return Text(self.en, self.zh)
