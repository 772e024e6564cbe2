"""Broken rules of time: steps of the wall clock, what they say of earlier times, and deadlines across them."""

from tests.mutations.mutation import Mutation

CLOCK = (
    Mutation("a step of the clock is not told", "wall_clock.py", "    if stepped:\n", "    if False:\n"),
    Mutation(
        "slewing counts as a step", "dating.py", "abs(after - before) > STEP", "abs(after - before) > 1e-9"
    ),
    Mutation("a step back is none", "dating.py", "abs(after - before) > STEP", "after - before > STEP"),
    Mutation(
        "a step is told again and again",
        "wall_clock.py",
        "            clock.told, clock.steps = at, [*clock.steps, at.mono][-STEPS:]\n",
        "            pass\n",
    ),
    Mutation(
        "a step is told after what was decided by it",
        "engine.py",
        "    events = _clock(state, now)\n    events += _apply(state, deciding.look(state, now))\n",
        "    events = _apply(state, deciding.look(state, now))\n",
    ),
    Mutation(
        "a clock that two fight over fills the journal",
        "wall_clock.py",
        "    return len(clock.steps) == STEPS and now.mono - clock.steps[0] < WITHIN\n",
        "    return False\n",
    ),
    Mutation(
        "a battery clock knows the time",
        "dating.py",
        "TRUSTED = (ClockQuality.GSM, ClockQuality.NTP)",
        "TRUSTED = (ClockQuality.RTC, ClockQuality.GSM, ClockQuality.NTP)",
    ),
    Mutation(
        "a boot is dated only where its clock was wrong",
        "wall_clock.py",
        "    if wrong or doubt is not None:\n",
        "    if wrong:\n",
    ),
    Mutation(
        "the first source has the last word",
        "wall_clock.py",
        "wrong = stepped if known is None else is_step(known.seconds, offset)",
        "wrong = stepped if known is None else False",
    ),
    Mutation(
        "what NTP said before somebody set the clock is forgotten",
        "wall_clock.py",
        "    elif stepped:\n        events += _offset_from_before(clock, now)\n",
        "",
    ),
    Mutation(
        "a boot that was right is dated by a guess",
        "wall_clock.py",
        "    elif clock.trusted is None or clock.trusted.boot != at.boot:\n",
        "    else:\n",
    ),
)

BOOTS = (
    Mutation(
        "boots without a time overlap",
        "wall_clock.py",
        "        latest = min(latest, doubt.first.mono + seconds)\n",
        "        pass\n",
    ),
    Mutation(
        "a boot without a time lies after its end",
        "wall_clock.py",
        "    seconds = latest - doubt.last.mono\n",
        "    seconds = latest - doubt.first.mono\n",
    ),
    Mutation(
        "a guess is given for certain",
        "wall_clock.py",
        "return seconds, room if room >= 0 else None",
        "return seconds, 0.0",
    ),
    Mutation(
        "a battery clock was wrong the other way",
        "wall_clock.py",
        "+ offset - (own.first.wall - own.first.mono)",
        "- offset + (own.first.wall - own.first.mono)",
    ),
    Mutation(
        "a battery clock is dated by a boot without one",
        "wall_clock.py",
        "            if own is None or not _is_by_battery(own):\n",
        "            if own is None:\n",
    ),
    Mutation(
        "a battery clock that was set meanwhile is taken for one that was not",
        "wall_clock.py",
        "if -STEP <= off <= OFF_AT_MOST else None",
        "",
    ),
    Mutation(
        "boots are remembered for ever",
        "wall_clock.py",
        "    while len(boots) > KEPT:\n",
        "    while False:\n",
    ),
)

READERS = (
    Mutation(
        "times are read as they were written",
        "dating.py",
        "    return at.wall if known is None else at.mono + known.seconds\n",
        "    return at.wall\n",
    ),
    Mutation(
        "a shelf stays in 1970",
        "redating.py",
        "        held.began = dated(held.began, offsets)\n",
        "        pass\n",
    ),
    Mutation(
        "evidence stays in 1970",
        "redating.py",
        "    alarm.raised_by = _evidence(alarm.raised_by, alarm.last_raised, offsets)\n",
        "",
    ),
    Mutation(
        "what people did stays in 1970",
        "redating.py",
        "    alarm.operator_changes = [replace(one, time=dated(one.time, offsets)) for one in alarm.operator_changes]\n",
        "",
    ),
    Mutation(
        "a changed limit stays in 1970",
        "redating.py",
        "replace(one, at=dated(one.at, offsets)) for name",
        "one for name",
    ),
    Mutation(
        "what happens after the clock was set by hand is dated by the hand",
        "redating.py",
        "    if known is None or not is_step(known.seconds, at.wall - at.mono):\n",
        "    if known is None or at.boot in offsets:\n",
    ),
    Mutation(
        "a reading from before a step is told by the clock of then",
        "dating.py",
        "    return reckoned if is_step(read, reckoned) else read\n",
        "    return read\n",
    ),
    Mutation(
        "from 1970 to now it stood for decades",
        "quality/spans.py",
        "    if begin.quality == UNKNOWN != end.quality:\n",
        "    if False:\n",
    ),
    Mutation(
        "the report takes times as they were written",
        "quality/notes.py",
        "Moment(at.mono, at.mono + known.seconds, at.boot, known.quality.value)",
        "at",
    ),
)

DEADLINES = (
    Mutation(
        "any two clocks are compared",
        "dating.py",
        "    return begin.quality in CONFIRMED and now.quality in CONFIRMED\n",
        "    return True\n",
    ),
    Mutation(
        "a battery clock is compared with NTP",
        "dating.py",
        "return now.quality is ClockQuality.RTC and 0",
        "return 0",
    ),
    Mutation(
        "a battery clock is followed over ten years",
        "dating.py",
        " and 0 <= now.wall - begin.wall <= OFF_AT_MOST",
        "",
    ),
    Mutation(
        "a shelf ends by the clock of its beginning, wrong as it was",
        "suppression/held.py",
        "return None if seconds is None else self.began.wall + seconds",
        "return self.suppression.until",
    ),
    Mutation(
        "that a time was carried over a reboot is not told",
        "suppression/held.py",
        "    carried = held.carried and cause is Ending.TIME\n",
        "    carried = False\n",
    ),
)

OF_TIME = CLOCK + BOOTS + READERS + DEADLINES
