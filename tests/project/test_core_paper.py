"""The paper about the core shows the tables that the code runs on."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "tools"))

import core_tables


def test_the_tables_in_the_paper_are_those_of_the_code() -> None:
    """`python tests/tools/core_tables.py` writes them."""
    text = core_tables.PAPER.read_text()
    assert core_tables.filled(text) == text
    for name in core_tables.TABLES:
        assert f"<!-- table: {name} -->\n| " in text
