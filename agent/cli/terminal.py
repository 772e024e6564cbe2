"""Text of devices and people on a terminal: nothing in it may move the cursor, hide text or make a line of its own."""

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
"""Control characters, line separators, what turns or hides text, halves of characters."""


def plain(text: str) -> str:
    """The text with every such character written out as an escape of Python's."""
    return _UNSAFE.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
