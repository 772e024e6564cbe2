"""Whether a limit fits the point that it is about: of a kind that its values have, with words that it can say."""

from collections.abc import Iterable

from agent.config.errors import Report
from agent.config.profile import ProfilePoint
from agent.config.words import show, suggest
from agent.core.model import Value

_FITTING = {
    "number": ("raise_above", "raise_below"),
    "text": ("in", "has"),
    "enum": ("in", "has"),
    "bits": ("has",),
    "flag": ("in",),
}
"""Which limits a point of each type can have."""


def check_kinds(kinds: Iterable[str], point: ProfilePoint, path: str, report: Report) -> None:
    """Note every kind of limit that a point cannot have.

    Args:
        kinds: of `in`, `has`, `raise_above` and `raise_below`, what is given.
        point: what the limit is about.
        path: of the limit.
        report: takes the mistakes.
    """
    for kind in kinds:
        if kind not in _FITTING[point.type]:
            fitting = " or ".join(_FITTING[point.type])
            report.add(f"{path}.{kind}", f'does not fit a point of type "{point.type}"', f"use {fitting}")


def check_words(
    among: tuple[Value, ...], has: tuple[str, ...], point: ProfilePoint, path: str, report: Report
) -> None:
    """Note every value and every word of a limit that its point can never say.

    Args:
        among: the values of `in`.
        has: the words of `has`.
        point: what the limit is about.
        path: of the limit.
        report: takes the mistakes.
    """
    if "in" in _FITTING[point.type]:
        for at, value in enumerate(among):
            _check_value(value, point, f"{path}.in[{at}]", report)
    check_tokens(has, point, f"{path}.has", report)


def check_tokens(tokens: tuple[str, ...], point: ProfilePoint, path: str, report: Report) -> None:
    """Note every word that a point can never say, where its profile lists them.

    Args:
        tokens: the words.
        point: what they are of.
        path: of the list of them.
        report: takes the mistakes.
    """
    known = {word for entry in (point.enum, point.bits) for text in entry.values() for word in text.split()}
    for at, token in enumerate(tokens):
        if known and "has" in _FITTING[point.type] and token not in known:
            report.add(f"{path}[{at}]", f"{show(token)} is no word of {point.name}", suggest(token, known))


def _check_value(value: Value, point: ProfilePoint, path: str, report: Report) -> None:
    if point.type == "flag" and not isinstance(value, bool):
        report.add(path, f"{show(value)} does not fit a flag", "write true or false")
    elif point.type != "flag" and not isinstance(value, str):
        report.add(path, f"{show(value)} does not fit words", "write text")
    elif point.type == "enum" and value not in point.enum.values():
        report.add(
            path, f"{show(value)} is no value of {point.name}", suggest(str(value), point.enum.values())
        )
