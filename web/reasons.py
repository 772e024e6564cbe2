"""Why the agent refused an order, in the language of the reader.

The agent gives its reasons as English sentences. The known ones are told in words for the room; one that nobody has
translated yet is shown as it is, which is better than hiding it.
"""

import re
from collections.abc import Callable, Mapping

from web.format import duration
from web.i18n import gettext, mark
from web.limits import label
from web.words import ROLES, VERBS, word

Values = Mapping[str, str]


def _as_they_are(values: Values) -> Values:
    return values


def _role_and_verb(values: Values) -> Values:
    return {"role": word(ROLES, values["role"]), "verb": word(VERBS, values["verb"])}


def _as_durations(values: Values) -> Values:
    return {name: duration(float(value)) for name, value in values.items()}


def _named(values: Values) -> Values:
    return {**values, "name": label(values["name"])}


def _both_named(values: Values) -> Values:
    return {**values, "lower": label(values["lower"]), "upper": label(values["upper"])}


_REASONS: tuple[tuple[str, str, Callable[[Values], Values]], ...] = (
    (
        r"no alarm .+ can occur here",
        mark("There is no such alarm at this branch any more."),
        _as_they_are,
    ),
    (
        r"a reason is needed",
        mark("Write down the reason."),
        _as_they_are,
    ),
    (
        r"say what to change|nothing changes: it is so already",
        mark("Nothing was changed: it is so already."),
        _as_they_are,
    ),
    (
        r"nothing of it was changed on site",
        mark("It is as configured already."),
        _as_they_are,
    ),
    (
        r"(?P<name>\w+) must lie between (?P<low>\S+) and (?P<high>\S+)",
        mark("“%(name)s” must lie between %(low)s and %(high)s."),
        _named,
    ),
    (
        r"(?P<lower>\w+) \((?P<low>\S+)\) must be below (?P<upper>\w+) \((?P<high>\S+)\)",
        mark("“%(lower)s” (%(low)s) must be below “%(upper)s” (%(high)s)."),
        _both_named,
    ),
    (
        r"(?P<name>\w+) may not be changed on site",
        mark("“%(name)s” may not be changed on site."),
        _named,
    ),
    (
        r"its limit may not be changed on site",
        mark("This limit may not be changed on site."),
        _as_they_are,
    ),
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
