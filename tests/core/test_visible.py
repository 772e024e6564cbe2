"""What a reader can see of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.visible import is_visible

BLANK = [
    "",
    " ",
    "\x00",
    "\u200b",
    "\u2060",
    "\u3164",
    "\u2800",
    "\u00ad",
    "\u200e\ufeff",
    "\u3000 \t",
    "\U000e0041",
    "\ufe0f",
]


@pytest.mark.parametrize("text", BLANK, ids=ascii)
def test_what_leaves_the_paper_white_says_nothing(text: str) -> None:
    """However many characters it has."""
    assert not is_visible(text)
    assert is_visible(text + "x")


@given(st.text(st.characters(categories=["Cc", "Zs", "Zl", "Zp"])))
def test_neither_controls_nor_spaces_say_anything(text: str) -> None:
    """Of any script."""
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["x", "测试", "7", "?", "é", "🔧", "\u200bа"])
def test_what_people_write_is_seen(text: str) -> None:
    """In any script, and beside what is not seen."""
    assert is_visible(text)
