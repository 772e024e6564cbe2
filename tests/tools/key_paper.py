"""What docs/site.md and its Chinese twin must say of each key: its type and its default, in the words of the papers.

A section of keys stands below `<!-- keys: Struct -->`, with a row for each key of that Struct of the schema. Whoever adds a key
adds one row to each paper; the test prints it as it should begin.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
from msgspec import Struct, structs

from agent.config.describe import describe, without_none
from agent.config.profile import Profile
from agent.config.site import SiteFile
from agent.config.words import Duration, Wording
from agent.core.model import Severity
from web.settings import Settings

ROOT = Path(__file__).parents[2]
PAPERS = {"en": ROOT / "docs" / "site.md", "zh": ROOT / "docs" / "site.zh-CN.md"}
REQUIRED = {"en": "**required**", "zh": "**必填**"}
NOTHING = "–"

_SECTION = re.compile(r"<!-- keys: (\w+) -->\n(.*?)(?=\n#|\n<!-- keys|\Z)", re.DOTALL)
_ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
_EXAMPLE = re.compile(r"```toml\n(# (?:site|panel|profiles/own)\.toml\n.*?)```", re.DOTALL)

_KINDS: dict[str, tuple[str, str]] = {
    "lower-case letters, digits and hyphens, beginning with a letter or digit": ("slug", "短名"),
    "one line of text, not empty": ("line", "单行文字"),
    "text": ("text", "文字"),
    "a table": ("table", "表"),
    "a list": ("list", "列表"),
    "a table or a list": ("table or list", "表或列表"),
    "a whole number or a number or text or a table": ("number or text", "数字或文字"),
    "true or false": ("true or false", "true 或 false"),
    "a number": ("number", "数字"),
    "a whole number": ("whole number", "整数"),
    "an absolute path": ("path", "绝对路径"),
    "the absolute path of a file with the secret, or credential:NAME": ("secret file", "密钥文件"),
    "a host name or an IP address": ("host or IP", "主机名或 IP"),
    "a BCM pin number from 2 to 27": ("BCM pin 2–27", "BCM 引脚 2～27"),
}
_STARTS = {
    "a duration": ("duration", "时长"),
    "an OID": ("OID", "OID"),
    "an IANA name": ("time zone", "时区"),
    "lower-case words joined by dots": ("point", "数据点"),
    "a local date and time": ("local time", "当地时间"),
    "a rule of RFC 5545": ("RRULE", "RRULE"),
}


def schema() -> dict[str, type[Struct]]:
    """Every Struct that a person fills in TOML, by name. Texts in both languages are one kind of value, not a table of keys."""
    found: dict[str, type[Struct]] = {}

    def visit(kind: type[Struct]) -> None:
        if kind.__name__ in found or kind is Wording:
            return
        found[kind.__name__] = kind
        for field in structs.fields(kind):
            for part in _structs(field.type):
                visit(part)

    for root in (SiteFile, Profile, Settings):
        visit(root)
    return found


def _structs(annotation: Any) -> Iterator[type[Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        yield annotation
    for part in get_args(annotation):
        if not isinstance(part, str):
            yield from _structs(part)


def type_word(annotation: Any, language: str) -> str:
    """The type of a key as a paper has it."""
    annotation, at = without_none(annotation), ("en", "zh").index(language)
    if annotation is Wording:
        return ("both languages", "中英文字")[at]
    words = describe(annotation)
    start = next((known for known in _STARTS if words.startswith(known)), None)
    if words in _KINDS or start:
        return (_KINDS.get(words) or _STARTS[start or ""])[at]
    if match := re.fullmatch(r"a (whole )?number(?: from (\S+) to (\S+)|, at most (\S+))", words):
        whole, low, high, most = match.groups()
        number = (("whole number" if whole else "number"), ("整数" if whole else "数字"))[at]
        bounds = f"{low}–{high}" if low else f"≤ {most}"
        return f"{number} {bounds if at == 0 else bounds.replace('–', '～')}"
    if words.startswith("one of "):
        return " ".join(f"`{word}`" for word in re.findall(r'"([^"]*)"', words) if word)
    return (words, words)[at]


def default_word(field: structs.FieldInfo, language: str) -> str:
    """The default of a key as a paper has it."""
    if field.required:
        return REQUIRED[language]
    value = field.default if field.default is not msgspec.NODEFAULT else None
    if without_none(field.type) == Duration and isinstance(value, float):
        return f"`{_duration(value)}`"
    if isinstance(value, Severity):
        return f"`{value.word}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"`{value}`" if value else NOTHING
    return f"`{value:g}`" if isinstance(value, int | float) else NOTHING


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s" if seconds >= 1 or not seconds else f"{seconds * 1000:g}ms"


def row_begins(field: structs.FieldInfo, language: str) -> str:
    """The row of a key up to what a person writes."""
    return f"| `{field.encode_name}` | {type_word(field.type, language)} | {default_word(field, language)} |"


def rows(language: str) -> dict[str, dict[str, tuple[str, str, str]]]:
    """What a paper says: Struct → key → type, default, what for."""
    text = PAPERS[language].read_text(encoding="utf-8")
    return {
        name: {key: (kind, default, what) for key, kind, default, what in _ROW.findall(body)}
        for name, body in _SECTION.findall(text)
    }


def examples(language: str) -> dict[str, str]:
    """The examples of a paper by the file that they make together: `site`, `panel`, `profiles/own`."""
    made: dict[str, str] = {}
    for block in _EXAMPLE.findall(PAPERS[language].read_text(encoding="utf-8")):
        name = block.partition(".toml")[0].removeprefix("# ")
        made[name] = made.get(name, "") + block.partition("\n")[2]
    return made
