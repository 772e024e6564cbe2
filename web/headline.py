"""The one sentence of what matters now. Pure, but for the language of the request."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from agent import api
from web.i18n import gettext, ngettext
from web.words import SEVERITIES, word

ALSO = 3
"""How many more alarms the headline names."""


class Headline(Struct, frozen=True):
    """What stands at the top of the page."""

    level: str
    """A severity, `attention` (nothing stands, but look here) or `normal`."""
    title: str
    alarm: api.AlarmView | None = None
    """The alarm to begin with."""
    also: Sequence[api.AlarmView] = ()
    """The other alarms of the same severity, as many as there is room for."""
    more: Sequence[str] = ()
    """What else stands, in a few words each."""


def headline(view: api.BranchView) -> Headline:
    """What matters now."""
    alarms = api.in_order(view.alarms)
    quiet = [alarm for alarm in alarms if alarm.suppressed]
    loud = [alarm for alarm in alarms if not alarm.suppressed]
    standing = [alarm for alarm in loud if not alarm.is_cleared]
    if standing:
        found = _standing(standing, len(loud) - len(standing))
    elif loud:
        found = Headline("attention", over(len(loud)), loud[0])
    else:
        found = _without_alarms(view)
    return replace(found, more=[*found.more, suppressed(len(quiet))]) if quiet else found


def _standing(standing: Sequence[api.AlarmView], gone: int) -> Headline:
    """Root causes are counted, each as serious as the worst that follows from it."""
    urgency = api.urgencies(standing)
    ids = {alarm.id for alarm in standing}
    own = [alarm for alarm in standing if not any(cause.alarm in ids for cause in alarm.root_cause)]
    first, ranks = own[0], [urgency[alarm.id] for alarm in own]
    level = api.SEVERITIES[ranks[0]] if ranks[0] < len(api.SEVERITIES) else first.severity
    counts = [(name, ranks.count(rank)) for rank, name in enumerate(api.SEVERITIES)]
    more = [_briefly(name, count) for name, count in counts if count and name != level]
    if len(own) < len(standing):
        more.insert(0, following(len(standing) - len(own)))
    if gone:
        more.append(over(gone))
    worst = [alarm for alarm in own if urgency[alarm.id] == ranks[0]]
    return Headline(level, alarms_of(level, len(worst)), first, worst[1 : 1 + ALSO], more)


def suppressed(count: int) -> str:
    """So many alarms that lamps and horn leave out."""
    return ngettext("%(num)d alarm is not annunciated", "%(num)d alarms are not annunciated", count)


def following(count: int) -> str:
    """So many alarms that are consequences of others."""
    return ngettext("%(num)d more follows from it", "%(num)d more follow from them", count)


def alarms_of(severity: str, count: int) -> str:
    """So many alarms of a severity."""
    match severity:
        case "critical":
            return ngettext("%(num)d critical alarm", "%(num)d critical alarms", count)
        case "major":
            return ngettext("%(num)d major alarm", "%(num)d major alarms", count)
        case "minor":
            return ngettext("%(num)d minor alarm", "%(num)d minor alarms", count)
        case "warning":
            return ngettext("%(num)d warning", "%(num)d warnings", count)
    return ngettext("%(num)d alarm", "%(num)d alarms", count)


def _briefly(severity: str, count: int) -> str:
    return gettext("%(num)d × %(severity)s", num=count, severity=word(SEVERITIES, severity).lower())


def over(count: int) -> str:
    """So many alarms that are over but that nobody has acknowledged."""
    return ngettext(
        "%(num)d alarm is over but not acknowledged",
        "%(num)d alarms are over but not acknowledged",
        count,
    )


class Watching(Struct, frozen=True):
    """How many devices of the branch answer, have never been heard, and do not answer."""

    answering: int
    unheard: int
    silent: int

    @property
    def is_blind(self) -> bool:
        """Whether there is something to watch and none of it answers."""
        return not self.answering and self.silent > 0


def watching(view: api.BranchView) -> Watching:
    """How far the branch is being watched; the box's own parts prove nothing."""
    devices = [device for device in view.devices if not device.built_in]
    answering = sum(device.reachable for device in devices)
    unheard = sum(device.sampled is None and not device.cause for device in devices)
    return Watching(answering, unheard, len(devices) - answering - unheard)


def _without_alarms(view: api.BranchView) -> Headline:
    """No alarm is not the same as all well: somebody must be looking."""
    seen = watching(view)
    answering, unheard, silent = seen.answering, seen.unheard, seen.silent
    if unheard and not answering and not silent:
        return Headline("attention", gettext("Just started: no device has been heard yet"))
    if seen.is_blind:
        return Headline("attention", gettext("Nothing is being watched: no device answers"))
    if silent:
        return Headline(
            "attention",
            ngettext(
                "No alarms, but %(num)d device does not answer",
                "No alarms, but %(num)d devices do not answer",
                silent,
            ),
        )
    if unheard:
        return Headline(
            "attention",
            ngettext(
                "No alarms so far; %(num)d device not heard yet",
                "No alarms so far; %(num)d devices not heard yet",
                unheard,
            ),
        )
    return Headline(
        "normal",
        gettext("Everything normal"),
        more=_answering(view, answering),
    )


def _answering(view: api.BranchView, devices: int) -> list[str]:
    """Who answers: as many as have a tick in the list of devices."""
    parts = sum(device.built_in and device.reachable for device in view.devices)
    told = [
        (devices, ngettext("%(num)d device answers", "%(num)d devices answer", devices)),
        (parts, ngettext("%(num)d part of the box answers", "%(num)d parts of the box answer", parts)),
    ]
    return [words for count, words in told if count]
