"""Small files of the kernel, below one root path: what is absent or unreadable is None, never an error."""

from pathlib import Path

Readings = dict[str, float | bool | str]
"""Values by the name of their point."""


def text_of(path: Path) -> str | None:
    """Read a small file of the kernel; None where it is absent or refuses."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return None


def number_of(path: Path) -> float | None:
    """Read a number; None where there is none."""
    text = text_of(path)
    try:
        return float(text) if text else None
    except ValueError:
        return None


def hex_values(path: Path) -> list[int]:
    """Read hexadecimal numbers between spaces; none where one of them is none."""
    try:
        return [int(word, 16) for word in (text_of(path) or "").split()]
    except ValueError:
        return []
