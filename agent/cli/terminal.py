"""Text of devices and people on a terminal: nothing in it may move the cursor, hide text or make a line of its own."""

import re

from agent.log_lines import HIDDEN

_UNSAFE = re.compile(f"[\x00-\x1f{HIDDEN}]")
"""On a terminal the controls that JSON escapes are unsafe too."""


def plain(text: str) -> str:
    """The text with every such character written out as an escape of Python's."""
    return _UNSAFE.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
