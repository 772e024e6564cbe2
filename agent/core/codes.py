"""Short codes of occurrences: what a person says, types on a phone or answers by text.

Three digits with no equal neighbours, because some modems double a key pressed on a speakerphone.
"""

from collections.abc import Collection

CODES = tuple(
    f"{number:03d}"
    for number in range(100, 1000)
    if f"{number:03d}"[0] != f"{number:03d}"[1] != f"{number:03d}"[2]
)
"""All codes in order: 9 × 9 × 9 of them. None begins with 0, so none is taken for a shorter number."""

_STRIDE = 271
"""Coprime to the number of codes, so that neighbours in time do not look alike."""


def next_code(raises: int, taken: Collection[str]) -> str:
    """The code of the next occurrence after so many raises, free among those taken.

    With more than 729 alarms on the list at once a code repeats; the alarm's id still tells them apart.
    """
    for step in range(len(CODES) if len(taken) < len(CODES) else 0):
        code = CODES[(raises + step) * _STRIDE % len(CODES)]
        if code not in taken:
            return code
    return CODES[raises * _STRIDE % len(CODES)]
