"""Alarms suppressed by design that would be so for ever or never, and shelving beyond sense: each with its line."""

from pathlib import Path

import pytest

from agent.config.load import check
from tests.config.test_profile_mistakes import HEAD, STATE
from tests.config.test_profile_mistakes import LOAD as LOAD_POINT
from tests.config.test_site_mistakes import UPS
from tests.config.test_suppression import GOOD, LOAD, WHILE, written

DURING, ALARM = "suppress[generator-test].while", "suppress[generator-test].alarms[0]"
CASES = {
    "an alarm of the box": (
        ("ups-1.on-battery", "journal.journal-degraded"),
        f'{ALARM}: "journal.journal-degraded" is of the box itself, which nothing makes meaningless — remove it',
    ),
    "its own condition": (
        (
            f'alarms = ["ups-1.on-battery"]\nwhile = {{ {WHILE}',
            f'alarms = ["ups-1.overload"]\nwhile = {{ {LOAD}, raise_above = 90',
        ),
        (
            f'{ALARM}: "ups-1.overload" is of ups.load of ups-1 itself'
            " — remove it, or write something else that makes it mean nothing"
        ),
    ),
    "how often its own condition comes": (
        (
            f'alarms = ["ups-1.on-battery"]\nwhile = {{ {WHILE}',
            'alarms = ["ups-1.mains-unstable"]\nwhile = { device = "ups-1", point = "ups.status", has = ["OB"]',
        ),
        (
            f'{ALARM}: "ups-1.mains-unstable" is of ups.status of ups-1 itself'
            " — remove it, or write something else that makes it mean nothing"
        ),
    ),
    "a number of a contact": (
        ("in = [true]", "raise_above = 5"),
        f'{DURING}.raise_above: does not fit a point of type "flag" — use in',
    ),
    "words of a number": (
        (WHILE, f'{LOAD}, in = ["high"]'),
        f'{DURING}.in: does not fit a point of type "number" — use raise_above or raise_below',
    ),
    "a word of a contact": (
        ("[true]", '["open"]'),
        f'{DURING}.in[0]: "open" does not fit a flag — write true or false',
    ),
    "a contact, however it is": (
        ("[true]", "[true, false]"),
        f"{DURING}.in: door is always one of these — leave out what is nothing special",
    ),
    "always above": (
        (WHILE, f"{LOAD}, raise_above = -1"),
        f"{DURING}.raise_above: above -1 it always is — write at least 0",
    ),
    "never above": (
        (WHILE, f"{LOAD}, raise_above = 200"),
        f"{DURING}.raise_above: above 200 it never is — stay below 200",
    ),
    "always below": (
        (WHILE, f"{LOAD}, raise_below = 201"),
        f"{DURING}.raise_below: below 201 it always is — write at most 200",
    ),
    "never below": (
        (WHILE, f"{LOAD}, raise_below = 0"),
        f"{DURING}.raise_below: below 0 it never is — stay above 0",
    ),
    "below although 0 can be believed": (
        (WHILE, 'device = "ups-1", point = "input.frequency", raise_below = 0'),
        f"{DURING}.raise_below: below 0 it never is — stay above 0",
    ),
    "never over": (
        (WHILE, f"{LOAD}, raise_above = 5, clear_below = -1"),
        f"{DURING}.clear_below: at -1 it would never be over — write at least 0",
    ),
    "over after years": (
        ("in = [true]", "in = [true], off_delay = 1e9"),
        f'{DURING}.off_delay: 1000000000 s does not fit — write at most "1d"',
    ),
    "so after days": (
        ("in = [true]", 'in = [true], on_delay = "25h"'),
        f'{DURING}.on_delay: 90000 s does not fit — write at most "1d"',
    ),
    "shelves for years": (
        ("[[window]]", '[shelving]\nlongest = "8d"\n[[window]]'),
        'shelving.longest: 691200 s does not fit — write at most "7d"',
    ),
    "shelves of critical alarms for days": (
        ("[[window]]", '[shelving]\nlongest = "3d"\nlongest_critical = "2d"\n[[window]]'),
        'shelving.longest_critical: 172800 s does not fit — write at most "1d"',
    ),
    "out of service for years": (
        ("[[window]]", '[shelving]\nlongest_out_of_service = "91d"\n[[window]]'),
        'shelving.longest_out_of_service: 7862400 s does not fit — write at most "90d"',
    ),
    "critical alarms longer than others": (
        ("[[window]]", '[shelving]\nlongest = "2h"\nlongest_critical = "3h"\n[[window]]'),
        "shelving.longest_critical: is longer than longest — write no more than longest",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_has_its_line(case: str, tmp_path: Path) -> None:
    """Path, problem and remedy."""
    (old, new), line = CASES[case]
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new))
    assert [str(one).removeprefix(f"{path}: ") for one in check(path)] == [line]


def test_a_counter_is_no_condition(tmp_path: Path) -> None:
    """Once above a number it stays there."""
    (tmp_path / "profiles").mkdir()
    counter = LOAD_POINT.replace('unit = "%"', "counter = 32")
    (tmp_path / "profiles" / "own.toml").write_text(HEAD + counter, encoding="utf-8")
    device = UPS.replace("apc-ups", "own").replace("ups-1", "own-1")
    text = GOOD.replace(WHILE, 'device = "own-1", point = "ups.load", raise_above = 5') + device
    path = written(tmp_path, text)
    line = f"{path}: {DURING}.point: ups.load is a counter, which only ever grows — name another point"
    assert [str(one) for one in check(path)] == [line]


@pytest.mark.parametrize(
    ("limit", "line"),
    [
        ('in = ["OF"]', '.in[0]: "OF" is no value of ups.status — write one of OB, OL'),
        ('has = ["OF"]', '.has[0]: "OF" is no word of ups.status — write one of OB, OL'),
        ('in = ["OL", "OB"]', ".in: ups.status is always one of these — leave out what is nothing special"),
        (
            'has = ["OB", "OL"]',
            ".has: ups.status always has one of these — leave out what is nothing special",
        ),
    ],
)
def test_words_that_are_never_or_always_said_are_mistakes(limit: str, line: str, tmp_path: Path) -> None:
    """Of a point whose profile lists its words, in a profile beside the site file."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "own.toml").write_text(HEAD + STATE, encoding="utf-8")
    device = UPS.replace("apc-ups", "own").replace("ups-1", "own-1")
    text = GOOD.replace(WHILE, f'device = "own-1", point = "ups.status", {limit}') + device
    path = written(tmp_path, text)
    assert [str(one).removeprefix(f"{path}: {DURING}") for one in check(path)] == [line]
    assert check(written(tmp_path, text.replace(limit, 'in = ["OB"]'))) == []
