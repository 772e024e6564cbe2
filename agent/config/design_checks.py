"""What may be wrong with alarms that are suppressed by design: with what is named, and with when it is so.

A design that is so for ever would switch an alarm off; one that can never be so only looks like one.
"""

from collections.abc import Iterator, Mapping

from agent.config.errors import Report
from agent.config.fit_checks import check_kinds, check_words
from agent.config.profile import Profile, ProfilePoint
from agent.config.site import SiteFile
from agent.config.suppression_entries import DesignEntry, During
from agent.config.tables import with_rows
from agent.config.words import Wording, show, suggest
from agent.core.model import Device, Rule, alarm_key
from agent.core.suppression.nouns import DAY

LONGEST_DELAY = DAY


def check_designs(
    site: SiteFile, branch: Mapping[str, Device], profiles: Mapping[str, Profile], report: Report
) -> None:
    """Note every mistake of the designs of a site.

    Args:
        site: the site file.
        branch: the devices as the core will watch them.
        profiles: their kinds, by id.
        report: takes the mistakes.
    """
    for design in site.suppress:
        path = f"suppress[{design.id}]"
        _check_alarms(design, branch, path, report)
        _check_limit(design.during, f"{path}.while", report)
        device = branch.get(design.during.device)
        if device is None:
            problem = f"{show(design.during.device)} is no device of this site"
            report.add(f"{path}.while.device", problem, suggest(design.during.device, branch))
        else:
            _check_point(design.during, _points(device, site, profiles), f"{path}.while", report)


# --- the alarms ------------------------------------------------------------------------------------------------------


def _check_alarms(design: DesignEntry, branch: Mapping[str, Device], path: str, report: Report) -> None:
    known = {
        alarm_key(device, rule).id: (device, rule) for device in branch.values() for rule in device.rules
    }
    if not design.alarms:
        report.add(f"{path}.alarms", "names nothing", "write which alarms mean nothing then")
    for at, alarm in enumerate(design.alarms):
        where = f"{path}.alarms[{at}]"
        if alarm not in known:
            report.add(where, f"{show(alarm)} is no alarm of this site", suggest(alarm, known))
            continue
        device, rule = known[alarm]
        if device.built_in:
            problem = f"{show(alarm)} is of the box itself, which nothing makes meaningless"
            report.add(where, problem, "remove it")
        elif (device.id, _point_of(device, rule)) == (design.during.device, design.during.point):
            problem = f"{show(alarm)} is of {design.during.point} of {device.id} itself"
            report.add(where, problem, "remove it, or write something else that makes it mean nothing")


def _point_of(device: Device, rule: Rule) -> str:
    """What an alarm is about in the end: one of how often another passed is about the other's point."""
    if rule.often is None:
        return rule.point
    counted = (rule.often.of, rule.qualifier)
    return next((one.point for one in device.rules if (one.type, one.qualifier) == counted), rule.point)


# --- when it is so ---------------------------------------------------------------------------------------------------


def _points(device: Device, site: SiteFile, profiles: Mapping[str, Profile]) -> dict[str, ProfilePoint]:
    """The points of a device as its kind has them; dry contacts are flags."""
    if device.profile not in profiles:
        return {
            name: ProfilePoint(name, Wording(point.text.en, point.text.zh), "flag")
            for name, point in device.points.items()
        }
    rows = next((entry.rows for entry in site.device if entry.id == device.id), {})
    return {point.name: point for point in with_rows(profiles[device.profile], rows).point}


def _check_point(during: During, points: Mapping[str, ProfilePoint], path: str, report: Report) -> None:
    point = points.get(during.point)
    if point is None:
        problem = f"{show(during.point)} is no point of {during.device}"
        report.add(f"{path}.point", problem, suggest(during.point, points))
        return
    check_kinds(during.limit_kinds, point, path, report)
    if point.counter:
        report.add(f"{path}.point", f"{point.name} is a counter, which only ever grows", "name another point")
    check_words(during.among, during.has, point, path, report)
    if not report.knows(path):
        for key, problem, remedy in (*_out_of_reach(during, point), *_every_word(during, point)):
            report.add(f"{path}.{key}", problem, remedy)


def _out_of_reach(during: During, point: ProfilePoint) -> Iterator[tuple[str, str, str]]:
    """Numbers of which every value that is believed lies on one side."""
    least, most = point.minimum, point.maximum
    if point.zero:
        least, most = (None if end is None else reach(end, 0.0) for end, reach in ((least, min), (most, max)))
    for raised, clear, near, far, side in (
        ("raise_above", "clear_below", least, most, 1.0),
        ("raise_below", "clear_above", most, least, -1.0),
    ):
        begin, end, word = getattr(during, raised), getattr(during, clear), raised.removeprefix("raise_")
        if begin is not None and near is not None and (begin - near) * side < 0:
            yield raised, f"{word} {show(begin)} it always is", f"write at {_BOUND[side]} {show(near)}"
        elif end is not None and near is not None and (end - near) * side < 0:
            yield clear, f"at {show(end)} it would never be over", f"write at {_BOUND[side]} {show(near)}"
        if begin is not None and far is not None and (begin - far) * side >= 0:
            yield raised, f"{word} {show(begin)} it never is", f"stay {_WITHIN[side]} {show(far)}"


_BOUND = {1.0: "least", -1.0: "most"}
_WITHIN = {1.0: "below", -1.0: "above"}


def _every_word(during: During, point: ProfilePoint) -> Iterator[tuple[str, str, str]]:
    """Words of which one is always said."""
    flags = (True, False) if point.type == "flag" else tuple(point.enum.values())
    if during.among and flags and set(flags) <= set(during.among):
        yield "in", f"{point.name} is always one of these", "leave out what is nothing special"
    words = [set(text.split()) for text in point.enum.values()]
    if during.has and words and not any(one.isdisjoint(during.has) for one in words):
        yield "has", f"{point.name} always has one of these", "leave out what is nothing special"


def _check_limit(during: During, path: str, report: Report) -> None:
    if len(during.limit_kinds) != 1:
        report.add(path, "needs one of in, has, raise_above and raise_below", "write when it is so")
    for clear, raised, way in (("clear_below", "raise_above", 1), ("clear_above", "raise_below", -1)):
        end, begin = getattr(during, clear), getattr(during, raised)
        if end is not None and (begin is None or (begin - end) * way < 0):
            report.add(
                f"{path}.{clear}", f"does not go with {raised}", f"write it on the other side of {raised}"
            )
    for key, delay in (("on_delay", during.on_delay), ("off_delay", during.off_delay)):
        if delay > LONGEST_DELAY:
            report.add(f"{path}.{key}", f"{show(delay)} s does not fit", 'write at most "1d"')
