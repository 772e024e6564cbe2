"""What a type of our schema accepts, in words a person can follow."""

import types
from collections.abc import Iterable
from functools import cache
from typing import Any, Union, get_args, get_origin

from msgspec import inspect


def without_none(annotation: Any) -> Any:
    """What an optional annotation is about. TOML knows no null: absence is a missing key."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    rest = [part for part in get_args(annotation) if part is not types.NoneType]
    return rest[0] if len(rest) == 1 else annotation


@cache
def type_info(annotation: Any) -> inspect.Type:
    """What msgspec knows of a type; remembered, since working it out costs more than reading the file."""
    return inspect.type_info(annotation)


def describe(annotation: Any) -> str:
    """What may stand where a value of this annotation is wanted, such as `a whole number from 1 to 65535`."""
    return _describe_info(type_info(without_none(annotation)))


def _describe_info(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata(extra_json_schema={"description": str(words)}):
            pass
        case inspect.Metadata(type=inner):
            words = _describe_info(inner)
        case inspect.IntType(ge=low, le=high):
            words = f"a whole number{_bounds(low, high)}"
        case inspect.FloatType(ge=low, le=high):
            words = f"a number{_bounds(low, high)}"
        case inspect.LiteralType(values=values):
            words = _one_of(values)
        case inspect.EnumType(cls=cls):
            words = _one_of(member.value for member in cls)
        case inspect.UnionType(types=kinds):
            words = " or ".join(_describe_info(kind) for kind in kinds)
        case _:
            words = _PLAIN.get(type(info), "a table")
    return words


def _one_of(values: Iterable[object]) -> str:
    return "one of " + ", ".join(f'"{value}"' for value in values)


def _bounds(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f", at least {low}" if low is not None else f", at most {high}" if high is not None else ""


_PLAIN: dict[type, str] = {
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.VarTupleType: "a list",
}
