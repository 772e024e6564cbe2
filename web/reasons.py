"""Why the agent refused an order, in the language of the reader.

The agent gives its reasons as English sentences. The known ones are told in words for the room; one that nobody has
translated yet is shown as it is, which is better than hiding it.
"""

import re
from collections.abc import Callable, Mapping

from web.format import duration
from web.i18n import gettext, mark
from web.words import ROLES, VERBS, word

Values = Mapping[str, str]


def _as_they_are(values: Values) -> Values:
    return values


def _role_and_verb(values: Values) -> Values:
    return {"role": word(ROLES, values["role"]), "verb": word(VERBS, values["verb"])}


def _as_durations(values: Values) -> Values:
    return {name: duration(float(value)) for name, value in values.items()}


_REASONS: tuple[tuple[str, str, Callable[[Values], Values]], ...] = (
    (
        r"no occurrence of this alarm stands|no alarm .+",
        mark("This alarm is no longer on the list."),
        _as_they_are,
    ),
    (
        r"this occurrence is acknowledged already",
        mark("Somebody has acknowledged this alarm already."),
        _as_they_are,
    ),
    (
        r"this occurrence is closed already",
        mark("Somebody has closed this alarm already."),
        _as_they_are,
    ),
    (
        r"occurrence (?P<gone>\d+) is gone; (?P<now>\d+) stands now",
        mark("The alarm has come anew meanwhile (occurrence %(now)s). Look at it again, then acknowledge."),
        _as_they_are,
    ),
    (
        r"sequence A resets by itself",
        mark("There is nothing to reset: the lamps go out by themselves."),
        _as_they_are,
    ),
    (
        r"a reason is wanted",
        mark("Write a reason: everybody who sees it must know why."),
        _as_they_are,
    ),
    (
        r"it may last from (?P<least>\d+) to (?P<most>\d+) seconds",
        mark("It may last from %(least)s to %(most)s."),
        _as_durations,
    ),
    (
        r".+ is not (?:shelved|out-of-service)",
        mark("It is over already."),
        _as_they_are,
    ),
    (
        r"the box cannot be taken out of its own service",
        mark("The box cannot be taken out of its own service."),
        _as_they_are,
    ),
    (
        r"(?P<name>.+) has no rights through the panel",
        mark("%(name)s has no rights to give orders through the panel. Ask who administers the box."),
        _as_they_are,
    ),
    (
        r"a (?P<role>\w+) may not (?P<verb>[\w-]+)",
        mark("Your role (%(role)s) does not allow it: %(verb)s."),
        _role_and_verb,
    ),
    (
        r"(?P<user>.+) may not speak for (?P<name>.+)",
        mark("The agent does not take user %(user)s for its panel. Set [panel] user in the site file."),
        _as_they_are,
    ),
)


def tell(reason: str) -> str:
    """The reason as the reader should see it."""
    for pattern, message, prepare in _REASONS:
        match = re.fullmatch(pattern, reason)
        if match:
            return gettext(message, **prepare(match.groupdict()))
    return reason
