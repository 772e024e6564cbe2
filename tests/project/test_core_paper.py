"""The paper about the core shows the tables that the code runs on."""

from tests.tools import core_tables


def test_the_tables_in_the_paper_are_those_of_the_code() -> None:
    """`python -m tests.tools.core_tables` writes them."""
    text = core_tables.PAPER.read_text()
    assert core_tables.filled(text) == text
    for name in core_tables.TABLES:
        assert f"<!-- table: {name} -->\n| " in text
