"""Why orders are refused, told in both languages by one table for the panel and the command line."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import agent
from agent import api
from agent.api.refusals import REASONS
from agent.core.alarm_states import Refusal

CORE = Path(agent.__file__).parent / "core"
INTERNAL = {Refusal.NOTHING_TO_DO, Refusal.STILL_STANDS}
"""What no order of a person comes to."""


def literal(node: ast.expr) -> str:
    """A reason as the code spells it, with a sample for what it fills in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return ""


def reasons() -> Iterator[str]:
    """Every reason that the core spells out, and those of the table of states."""
    for name in ("orders.py", "suppression/orders.py"):
        for node in ast.walk(ast.parse((CORE / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "refused":
                yield literal(node.args[1])
    for name in ("limit_changes.py", "adjustments.py"):
        for node in ast.walk(ast.parse((CORE / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Return) and node.value is not None:
                yield literal(node.value)
    yield from (one.value for one in Refusal if one not in INTERNAL)


NOT_OF_ORDERS = {
    "s",
    "this alarm cannot occur any more",
    "the configuration leaves no room for it: 7",
    "the configuration says the same now",
    "7 and 7",
}
"""What these modules return besides: units, and why a change on site ends at a start."""


@pytest.mark.parametrize("reason", sorted(set(filter(None, reasons())) - NOT_OF_ORDERS))
def test_every_reason_of_the_core_is_told_in_chinese(reason: str) -> None:
    """One that is added brings its words along."""
    # two values that a helper makes, and a word of a table
    sample = reason.replace("between 7", "between 7 and 8").replace("is not 7", "is not shelved")
    told = api.in_words(sample, "zh")
    assert re.search(r"[\u4e00-\u9fff]", told), reason


def test_both_languages_fill_in_the_same() -> None:
    """And nothing that the pattern does not find; a missing one would hide a number."""
    for pattern, text in REASONS:
        fields = [
            {name for _, name, _, _ in string.Formatter().parse(told) if name} for told in (text.en, text.zh)
        ]
        assert fields[0] == fields[1], text
        assert fields[0] <= set(re.compile(pattern).groupindex), pattern


def test_what_a_person_wrote_is_only_quoted() -> None:
    """Braces and percent signs of a name do nothing."""
    told = api.in_words("{now} %(x)s {0.__class__} has no rights through the panel", "en")
    assert told.startswith("{now} %(x)s {0.__class__} has no rights to give orders through the panel.")


def test_a_reason_that_is_not_known_is_told_as_it_is() -> None:
    """Better than hiding it."""
    assert api.in_words("the moon is full", "zh") == "the moon is full"
