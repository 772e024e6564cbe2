"""Plain columns for a terminal."""

import unicodedata
from collections.abc import Sequence

from agent.cli.terminal import plain


def width(text: str) -> int:
    """Columns that a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Rows as aligned columns, safe for a terminal; the last column is left as long as it is."""
    lines = [[plain(cell) for cell in line] for line in (*([head] if head else []), *rows)]
    columns = range(max((len(line) for line in lines), default=0))
    widths = [max(width(line[column]) for line in lines) for column in columns]
    return "\n".join(
        "  ".join(cell + " " * (widths[column] - width(cell)) for column, cell in enumerate(line)).rstrip()
        for line in lines
    )
