"""The paper about the core shows the tables that the code runs on."""

from typing import get_args

from agent.core.inputs import Input
from tests.tools import core_tables


def test_the_tables_in_the_paper_are_those_of_the_code() -> None:
    """`python -m tests.tools.core_tables` writes them."""
    text = core_tables.PAPER.read_text()
    assert core_tables.filled(text) == text
    for name in core_tables.TABLES:
        assert f"<!-- table: {name} -->\n| " in text


def test_the_paper_names_every_input() -> None:
    """What the core can be told is one union; each of its members has a row."""
    text = core_tables.PAPER.read_text()
    assert [one.__name__ for one in get_args(Input) if f"`{one.__name__}`" not in text] == []
