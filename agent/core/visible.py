"""Whether a text says anything to a person who reads it: a reason of blanks that look like nothing is none."""

import re

INVISIBLE = (
    r"\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u2800\u3000\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Within the brackets of a regular expression, characters that leave the paper white.

Unicode's White_Space, control and Default_Ignorable_Code_Point, and the empty braille pattern.
"""
_VISIBLE = re.compile(f"[^{INVISIBLE}]")


def is_visible(text: str) -> bool:
    """Whether a text has at least one character that can be seen."""
    return _VISIBLE.search(text) is not None
