"""A log record as one line: logfmt or JSON, nothing in it that could end the line, no secret, no whole phone number.

A leaf: it imports nothing of the project, so that every process of it can log alike.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

Style = Literal["text", "json"]

TEXT_MAX = 4000
TRACE_MAX = 8000
SECRET_MIN = 4
"""Shorter words are not blotted out: half of each line would be."""
SECRETS_MAX = 512
BLOT = "<secret>"

_KNOWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_BARE = re.compile(r"[A-Za-z0-9_.:/@+-]+", re.ASCII)
HIDDEN = "\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
"""A class of characters: C1 controls, line separators, what turns or hides text, halves of characters."""
_UNSAFE = re.compile(f"[{HIDDEN}]")
"""What JSON does not escape itself."""
_PHONE = re.compile(r"(?<![\w.+-])(?:\+\d[\d -]{6,18}\d|1[3-9]\d{9})(?![\w.-])", re.ASCII)
_PRIORITIES = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


class Blotter:
    """Knows words that must not be read in a log, and blots them out."""

    def __init__(self) -> None:
        self._words: dict[str, None] = {}
        self._pattern: re.Pattern[str] | None = None

    def hide(self, word: str) -> None:
        """From now on blot out this word, where it stands by itself."""
        if len(word) < SECRET_MIN:
            return
        # As it is, and as it stands in JSON, in a message about a Python value, and in one about bytes.
        for form in (word, json.dumps(word)[1:-1], repr(word)[1:-1], repr(word.encode())[2:-1]):
            if form not in self._words:
                self._words[form] = None
                self._pattern = None
        while len(self._words) > SECRETS_MAX:
            del self._words[next(iter(self._words))]

    def __call__(self, text: str) -> str:
        """The text without secrets, and with phone numbers of which only the last two digits are left."""
        if self._words:
            text = (self._pattern or self._compiled()).sub(BLOT, text)
        return _PHONE.sub(_masked, text)

    def _compiled(self) -> re.Pattern[str]:
        # From a copy: another thread may learn of a secret meanwhile.
        longest_first = list(self._words)
        longest_first.sort(key=len, reverse=True)
        one_of = "|".join(re.escape(one) for one in longest_first)
        self._pattern = re.compile(rf"(?<!\w)(?:{one_of})(?!\w)")
        return self._pattern


def _masked(found: re.Match[str]) -> str:
    number = found[0]
    return re.sub(r"\d", "*", number[:-2]) + number[-2:]


blot = Blotter()
"""The blotter of this process."""


def quote(text: str) -> str:
    """Text as a JSON string: whatever it holds, it stays within its quotes and on its line."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def logfmt(fields: Mapping[str, str]) -> str:
    """Fields as `key=value`, quoted where needed."""
    return " ".join(
        f"{key}={value if _BARE.fullmatch(value) else quote(value)}" for key, value in fields.items()
    )


def as_json(fields: Mapping[str, str]) -> str:
    """Fields as a JSON object."""
    return "{" + ",".join(f"{quote(key)}:{quote(value)}" for key, value in fields.items()) + "}"


class LineFormatter(logging.Formatter):
    """One line per record.

    Args:
        style: `text` is logfmt.
        journald: whether journald reads it, which knows the time itself and takes the urgency from a prefix.
        clean: takes away what must not be read.
    """

    def __init__(self, style: Style, *, journald: bool, clean: Callable[[str], str] = blot) -> None:
        super().__init__()
        self._render = logfmt if style == "text" else as_json
        self._journald = journald
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = self._render({key: self._clean(value) for key, value in self._fields(record)})
        return f"<{priority(record.levelno)}>{line}" if self._journald else line

    def _fields(self, record: logging.LogRecord) -> Iterable[tuple[str, str]]:
        if not self._journald:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            yield "time", f"{stamp}.{int(record.msecs):03d}Z"
        yield "level", record.levelname.lower()
        yield "logger", record.name
        yield "msg", _short(_message(record), TEXT_MAX)
        for key, value in record.__dict__.items():
            if key not in _KNOWN and _BARE.fullmatch(key):
                yield key, _short(str(value), TEXT_MAX)
        if record.exc_info:
            yield "trace", self.formatException(record.exc_info)[-TRACE_MAX:]


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError) as error:  # a library's own mistake must not cost the line
        return f"{record.msg} {record.args!r} ({error})"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def priority(level: int) -> int:
    """The urgency of a level in syslog's numbers (RFC 5424)."""
    return next((number for least, number in _PRIORITIES if level >= least), 7)
