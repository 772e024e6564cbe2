"""Strict loading of TOML into frozen msgspec Structs, reporting every mistake at once with its path and a remedy.

The Structs are the only schema: their type information drives the walk, and msgspec itself checks each leaf.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec
from msgspec import Struct, inspect, structs

from agent.config.describe import describe, type_info, without_none
from agent.config.errors import ConfigError, Mistake, Report
from agent.config.words import MisreadError, is_finite, show, suggest

T = TypeVar("T", bound=Struct)

StandIns = Mapping[type, Mapping[str, object]]
"""By Struct: what stands in for which of its required fields."""

LARGEST = 1_000_000
"""Characters of a file of ours; a hundred devices take thirty thousand."""
_DEEP = re.compile(r"^[ \t\[]*(?:[^\s=.\"'\[\]#]+[ \t]*\.[ \t]*){16}", re.MULTILINE)
"""A key of so many parts that reading it takes minutes."""
_NOBODY = "write what a person would"
_FAILED: Any = object()
_NAMING_KEYS = ("id", "name", "type")
_TOML_PLACE = re.compile(r"^(?P<what>.*) \(at (?P<where>line \d+, column \d+|end of document)\)$", re.DOTALL)


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        ConfigError: the file cannot be read or is not TOML; one mistake, with line and column.
    """
    return parse_toml(path, read_text(path))


def read_text(path: Path) -> str:
    """The text of a file that a person wrote.

    Raises:
        ConfigError: it cannot be read, or is nothing that a person would write; one mistake.
    """
    try:
        return _text_of(path)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        mistake = Mistake(str(path), "file", reason, "create it, name another, or make it readable")
    except UnicodeDecodeError as error:
        mistake = Mistake(str(path), f"byte {error.start}", "is not UTF-8", "save the file as UTF-8")
    raise ConfigError((mistake,))


def parse_toml(path: Path, text: str) -> dict[str, Any]:
    """The content of a TOML file whose text was read.

    Raises:
        ConfigError: it is not TOML; one mistake, with line and column.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        mistake = _syntax_mistake(path, str(error))
    except (RecursionError, ValueError):
        mistake = Mistake(
            str(path), "file", "has a number too long, or too many brackets in each other", _NOBODY
        )
    raise ConfigError((mistake,))


def _text_of(path: Path) -> str:
    if path.exists() and not path.is_file() and not path.is_dir():
        raise _wrong_file(path, "is no regular file", "name a file")
    with path.open(encoding="utf-8") as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise _wrong_file(path, f"is longer than {LARGEST} characters", _NOBODY)
    if _DEEP.search(text):
        raise _wrong_file(path, "has a key of too many parts", _NOBODY)
    return text


def _wrong_file(path: Path, problem: str, remedy: str) -> ConfigError:
    return ConfigError((Mistake(str(path), "file", problem, remedy),))


def _syntax_mistake(path: Path, message: str) -> Mistake:
    match = _TOML_PLACE.match(message)
    what, where = (match["what"], match["where"]) if match else (message, "file")
    return Mistake(str(path), where, f"is not TOML: {what}", "correct the syntax there")


def fill(
    kind: type[T], data: Mapping[str, Any], report: Report, stand_ins: StandIns | None = None
) -> T | None:
    """Fill a Struct with TOML data, noting every mistake.

    Args:
        kind: the Struct, whose fields may be Structs, variable-length tuples, dicts and leaves.
        data: the parsed TOML table.
        report: takes the mistakes.
        stand_ins: what to use for a required field with a mistake, so that the rest of its table can still be
            checked.

    Returns:
        The Struct, to be used only where the report stayed empty. An optional part with mistakes has its default, a
        list lacks its bad entries. None where too much is missing.
    """
    value = _Walk(report, stand_ins or {}).value(kind, data, "")
    return None if value is _FAILED else value


class _Walk:
    """One walk over one table. Each method returns the value, or `_FAILED` after a mistake was noted."""

    def __init__(self, report: Report, stand_ins: StandIns) -> None:
        self._report = report
        self._stand_ins = stand_ins

    def value(self, annotation: Any, data: Any, path: str) -> Any:
        annotation = without_none(annotation)
        info = type_info(annotation)
        if isinstance(info, inspect.StructType):
            return self._struct(info.cls, data, path)
        if isinstance(info, inspect.VarTupleType):
            return self._tuple(get_args(annotation)[0], data, path)
        if isinstance(info, inspect.DictType):
            return self._dict(annotation, data, path)
        if isinstance(info, inspect.UnionType) and isinstance(data, dict | list):
            wanted = inspect.StructType if isinstance(data, dict) else inspect.VarTupleType
            parts = [part for part in get_args(annotation) if isinstance(type_info(part), wanted)]
            if parts:
                return self.value(parts[0], data, path)
        return self._leaf(annotation, info, data, path)

    def _struct(self, kind: type[Struct], data: Any, path: str) -> Any:
        if not isinstance(data, dict):
            return self._wrong(path, data, "a table")
        fields = _fields(kind)
        for key in data:
            if key not in fields:
                self._report.add(_join(path, key), "unknown key", suggest(key, fields, "only"))
        values: dict[str, Any] = {}
        for key, field in fields.items():
            value = self._field(field, key, data, path)
            if value is not _FAILED:
                values[field.name] = value
        values = {**self._stand_ins.get(kind, {}), **values}
        failed = any(field.required and field.name not in values for field in fields.values())
        return _FAILED if failed else kind(**values)

    def _field(self, field: structs.FieldInfo, key: str, data: dict[str, Any], path: str) -> Any:
        if key in data:
            return self.value(field.type, data[key], _join(path, key))
        if field.required:
            self._report.add(_join(path, key), "is missing", f"add {key}: {describe(field.type)}")
        return _FAILED

    def _tuple(self, item: Any, data: Any, path: str) -> Any:
        if not isinstance(data, list):
            return self._wrong(path, data, "a list")
        values = [self.value(item, entry, f"{path}[{_label(entry, at)}]") for at, entry in enumerate(data)]
        return tuple(value for value in values if value is not _FAILED)

    def _dict(self, annotation: Any, data: Any, path: str) -> Any:
        if not isinstance(data, dict):
            return self._wrong(path, data, "a table")
        key_type, value_type = get_args(annotation)
        values = {}
        for word, entry in data.items():
            key = self._key(key_type, word, path)
            value = self.value(value_type, entry, _join(path, word))
            if key is not _FAILED and value is not _FAILED:
                values[key] = value
        return values

    def _key(self, key_type: Any, word: str, path: str) -> Any:
        try:
            # A key of TOML is text; where the Struct wants a number, its digits are meant.
            return msgspec.convert(word, key_type, strict=False)
        except msgspec.ValidationError:
            info = type_info(key_type)
            known = [str(value) for value in info.values] if isinstance(info, inspect.LiteralType) else []
            remedy = suggest(word, known) if known else f"write {describe(key_type)}"
            self._report.add(
                _join(path, word), "unknown key" if known else "is not a key for this table", remedy
            )
            return _FAILED

    def _leaf(self, annotation: Any, info: inspect.Type, data: Any, path: str) -> Any:
        extra = (info.extra if isinstance(info, inspect.Metadata) else None) or {}
        reader = extra.get("read")
        try:
            value = msgspec.convert(reader(data) if reader else data, annotation)
        except MisreadError as error:
            self._report.add(path, str(error), f"write {describe(annotation)}")
            return _FAILED
        except msgspec.ValidationError:
            return self._wrong(path, data, describe(annotation), hide="hide" in extra)
        return value if is_finite(value) else self._wrong(path, data, "a finite number")

    def _wrong(self, path: str, data: Any, wanted: str, *, hide: bool = False) -> Any:
        given = "what stands here" if hide else show(data)
        self._report.add(path or "file", f"{given} does not fit", f"write {wanted}")
        return _FAILED


@cache
def _fields(kind: type[Struct]) -> dict[str, structs.FieldInfo]:
    return {field.encode_name: field for field in structs.fields(kind)}


def _join(path: str, key: str) -> str:
    bare = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else show(key)
    return f"{path}.{bare}" if path else bare


def _label(entry: Any, at: int) -> str:
    """What tells an entry of a list apart: its id or name, an alarm's type and qualifier, else its place."""
    if not isinstance(entry, dict):
        return str(at)
    names = [entry.get(key) for key in _NAMING_KEYS]
    name = next((name for name in names if isinstance(name, str) and _is_label(name)), str(at))
    qualifier = entry.get("qualifier")
    return f"{name}.{qualifier}" if isinstance(qualifier, str) and _is_label(qualifier) else name


def _is_label(name: str) -> bool:
    return name.isprintable() and 0 < len(name) <= 60
