"""A second look at the readings: what may be raised and cleared by them, and what must have been by now."""

from collections.abc import Container, Mapping

from msgspec import Struct

from agent.core.branch import Branch
from agent.core.events import AlarmCleared, AlarmRaised
from agent.core.model import REACHABLE, Bad, Device, Rule, Value, alarm_key
from tests.simulation.invariants import is_abnormal, must
from tests.simulation.scenario import INTERVAL

EARLY = 1e-3
"""Seconds by which a delay may seem short: what is subtracted and added again is not quite the same."""

Said = bool | str | None
"""Abnormal or not; a word for the deadband between them; None where a reading says nothing."""


class Story(Struct):
    """What the readings of one device have said since the box started."""

    device: Device
    ids: tuple[str, ...]
    heard: float
    """When the device was last heard of, well or not."""
    says: tuple[Said, ...]
    """By rule, what the newest readings say …"""
    since: float
    """… since when …"""
    times: int
    """… and how often in turn."""
    values: Mapping[str, Value | Bad] | None
    against: list[dict[bool, float]]
    """By rule and side: when a reading before those said otherwise."""
    recent: list[list[Said]]
    """By rule: what the readings before those said."""


class Witness:
    """Judges raises and clears by the readings that the core was given, in seconds of the day.

    Args:
        branch: what is watched.
    """

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self._stories: dict[str, Story] = {}

    def begin(self, now: float) -> None:
        """The box starts, and knows nothing of what was said before."""
        for device in self._branch.devices.values():
            rules = device.rules
            self._stories[device.id] = Story(
                device,
                tuple(alarm_key(device, rule).id for rule in rules),
                heard=now,
                says=(None,) * len(rules),
                since=now,
                times=0,
                values=None,
                against=[{True: now, False: now} for _ in rules],
                recent=[[] for _ in rules],
            )

    def answered(self, device: str, values: Mapping[str, Value | Bad], now: float) -> None:
        """The device answers."""
        story = self._stories[device]
        if now - story.heard >= story.device.stale_after:
            story.since = now  # whoever was silent for so long counts as away, and must come back first
        if story.values == values:
            story.heard, story.times = now, story.times + 1
            return
        says = tuple(_says(rule, values) for rule in story.device.rules)
        story.values = dict(values)
        self._heard(story, says, now)

    def failed(self, device: str, now: float) -> None:
        """The device does not answer: nothing is said but that."""
        story = self._stories[device]
        story.values = None
        self._heard(
            story, tuple(True if rule.point == REACHABLE else None for rule in story.device.rules), now
        )

    def judge(self, event: AlarmRaised | AlarmCleared, now: float) -> None:
        """A raise or clear: the newest reading says so, and so did those before it for as long as the rule wants."""
        story, raised = self._stories[event.alarm.resource], isinstance(event, AlarmRaised)
        at = story.ids.index(event.alarm.id)
        rule, what = story.device.rules[at], f"{event.alarm.id} was {'raised' if raised else 'cleared'}"
        if rule.point == REACHABLE and event.evidence.detail == "silent":
            must(now - story.heard >= story.device.stale_after - EARLY, f"{what} though it was heard of")
            return
        must(story.says[at] is raised, f"{what} when its newest reading says {story.says[at]}")
        must(now - story.heard <= story.device.stale_after + EARLY, f"{what} by a reading of long ago")
        enough, among = rule.confirm
        if among > 1:
            recent = [*story.recent[at], *[story.says[at]] * min(story.times, among)][-among:]
            must(recent.count(raised) >= enough, f"{what} after {recent}")
            return
        delay = rule.on_delay if raised else rule.off_delay
        unbroken = now - story.against[at][raised]
        must(unbroken >= delay - EARLY, f"{what} after {unbroken} s instead of {delay} s")

    def check(self, device: str, standing: Container[str], now: float) -> None:
        """What its readings have said for long enough has become so."""
        story = self._stories[device]
        steady = now - story.since
        if steady <= INTERVAL:
            return
        for at, said in enumerate(story.says):
            if isinstance(said, bool) and said is not (story.ids[at] in standing):
                limit = self._patience(story.device.rules[at], raised=said)
                must(steady <= limit, f"{story.ids[at]} has been {said} for {steady} s")

    def _patience(self, rule: Rule, *, raised: bool) -> float:
        longest = rule.on_delay + self._branch.hold
        if not raised:
            longest = max(rule.off_delay, self._branch.chatter.quiet)
        return longest + INTERVAL * (rule.confirm[1] + 1)

    def _heard(self, story: Story, says: tuple[Said, ...], now: float) -> None:
        if says != story.says:
            for at, said in enumerate(story.says):
                _note(story, at, said)
            story.says, story.since, story.times = says, now, 0
        story.heard, story.times = now, story.times + 1


def _note(story: Story, at: int, said: Said) -> None:
    """Keep what a rule's readings said until now, before they say something else."""
    among = story.device.rules[at].confirm[1]
    if said is not None:
        story.recent[at] = [*story.recent[at], *[said] * min(story.times, among)][-among:]
        for side in (True, False):
            if said is not side:
                story.against[at][side] = story.heard


def _says(rule: Rule, values: Mapping[str, Value | Bad]) -> Said:
    value = True if rule.point == REACHABLE else values.get(rule.point, Bad("missing"))
    if isinstance(value, Bad):
        return None
    if any(is_abnormal(one.limit, values[one.point]) for one in rule.unless):  # type: ignore[arg-type]
        return None
    abnormal = is_abnormal(rule.limit, value)
    return "deadband" if abnormal is None else abnormal
