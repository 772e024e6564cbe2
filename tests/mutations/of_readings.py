"""Mutations of what becomes of readings: limits, delays, chattering, trails, and which alarm explains which.

Not here, since only the rounding of a second's last digit could tell: a delay that ends on a stale reading, which the
timer that finds a source silent is always before.
"""

from tests.mutations.mutation import Mutation

LIMITS = (
    Mutation(
        "the limit itself raises", "limits.py", "value > limit.raise_above", "value >= limit.raise_above"
    ),
    Mutation(
        "the clear value does not clear", "limits.py", "NORMAL if value <= clear", "NORMAL if value < clear"
    ),
    Mutation(
        "the lower limit itself raises",
        "limits.py",
        "value < limit.raise_below",
        "value <= limit.raise_below",
    ),
    Mutation(
        "the deadband clears",
        "limits.py",
        "return Verdict.NORMAL if value <= clear else Verdict.DEADBAND",
        "return Verdict.NORMAL",
    ),
    Mutation(
        "what is no number is normal",
        "limits.py",
        "if isinstance(value, Bad) or value != value:",
        "if isinstance(value, Bad):",
    ),
    Mutation(
        "true is taken for one",
        "limits.py",
        "[one for one in limit.among if _kind(one) is _kind(value)]",
        "list(limit.among)",
    ),
    Mutation(
        "one more of m is wanted",
        "limits.py",
        "condition.recent.count(opposite) >= enough",
        "condition.recent.count(opposite) > enough",
    ),
    Mutation(
        "n of one more than m",
        "limits.py",
        "[*condition.recent, verdict][-among:]",
        "[*condition.recent, verdict][-among - 1 :]",
    ),
    Mutation(
        "the on-delay is ignored",
        "limits.py",
        "if condition.active else rule.on_delay",
        "if condition.active else 0.0",
    ),
    Mutation(
        "the off-delay is ignored",
        "limits.py",
        "return max(rule.off_delay, condition.quiet) if",
        "return condition.quiet if",
    ),
    Mutation(
        "a delay that was broken goes on",
        "limits.py",
        "            condition.since, condition.turned = None, mono",
        "            condition.turned = mono",
    ),
    Mutation(
        "each reading begins the delay anew",
        "limits.py",
        "    if condition.since is None:\n        condition.since, condition.crossed",
        "    if True:\n        condition.since, condition.crossed",
    ),
    Mutation(
        "a delay decides without a fresh sample", "limits.py", "if not fresh or mono < due:", "if mono < due:"
    ),
    Mutation(
        "a delay that ends right now has not ended",
        "limits.py",
        "if not fresh or mono < due:",
        "if not fresh or mono <= due:",
    ),
    Mutation(
        "chattering never ends",
        "limits.py",
        "if not condition.quiet or mono < condition.turned + condition.quiet:",
        "if mono < math.inf:",
    ),
    Mutation(
        "chattering begins one raise early",
        "limits.py",
        "len(condition.raises) == chatter.count and",
        "len(condition.raises) >= chatter.count - 1 and",
    ),
    Mutation(
        "a raise a day is chattering", "limits.py", " and mono - condition.raises[0] <= chatter.within", ""
    ),
    Mutation(
        "what came to rest chatters at once again",
        "limits.py",
        "condition.quiet, condition.raises = 0.0, []",
        "condition.quiet = 0.0",
    ),
    Mutation(
        "chattering does not hold", "limits.py", "max(rule.off_delay, condition.quiet)", "rule.off_delay"
    ),
    Mutation(
        "two boots are one stretch of time", "limits.py", "if self.boots == other.boots:", "if self.mono:"
    ),
    Mutation(
        "a counter that wraps falls", "trail.py", "                step += size", "                pass"
    ),
    Mutation(
        "a counter that begins anew wrapped",
        "trail.py",
        "if self.last > size * 0.75 and value < size * 0.25:",
        "if self.last > value:",
    ),
    Mutation(
        "two readings are a trend", "trail.py", "        if passed < self.per / 2:", "        if passed <= 0:"
    ),
    Mutation(
        "a change is taken over all time",
        "trail.py",
        "            readings.popleft()",
        "            break",
    ),
)

READINGS = (
    Mutation(
        "a device that fell silent is judged by its last words",
        "readings.py",
        "answering = not self.watch.cause and is_fresh(self.watch, self.now.mono)",
        "answering = is_fresh(self.watch, self.now.mono)",
    ),
    Mutation("a bad reading decides", "readings.py", " and condition.said is not None", ""),
    Mutation(
        "a self-test is taken for an outage",
        "readings.py",
        "value if excuse is None else EXCUSED, mono",
        "value, mono",
    ),
    Mutation(
        "a silent source is a healthy device",
        "readings.py",
        '            self.observe_reachable(cause="silent")\n',
        "",
    ),
    Mutation(
        "after a failure an answer like the last is passed over",
        "readings.py",
        "        watch.unsettled = watch.unsettled or bool(cause)\n",
        "",
    ),
    Mutation(
        "n of m counts only readings that differ",
        "readings.py",
        "        if is_restless(watch.conditions[index], watch.device.rules[index]):\n"
        "            watch.unsettled = True",
        "        if is_restless(watch.conditions[index], watch.device.rules[index]):\n            pass",
    ),
    Mutation(
        "a rule's timer runs only once",
        "readings.py",
        "        condition.timed = False\n",
        "",
    ),
    Mutation(
        "a restart does not wait for what chatters",
        "readings.py",
        "                condition.turned = now.mono\n",
        "",
    ),
    Mutation(
        "the counters of a restarted device go on",
        "readings.py",
        "            condition.trail.forget()",
        "            pass",
    ),
    Mutation(
        "the number of the occurrence is that of all raises",
        "moving.py",
        "occurrence=alarms.occurrences.get(id_, 0) + 1",
        "occurrence=alarms.raises + 1",
    ),
    Mutation("two alarms of one answer have one code", "moving.py", "    state.codes.add(code)\n", ""),
    Mutation(
        "a clear does not say what it was a consequence of",
        "moving.py",
        "            root_cause=alarm.root_cause,\n",
        "",
    ),
    Mutation(
        "the end of chattering is not told",
        "readings.py",
        "if alarm_list.decide(alarms, id_, Trigger.CHATTER) is AlarmChattering:",
        "if alarm_list.decide(alarms, id_, Trigger.CHATTER) is AlarmCleared:",
    ),
    Mutation(
        "a raise does not say when it was crossed",
        "evidence.py",
        "        crossed_mono=condition.since,\n",
        "",
    ),
)

CAUSES = (
    Mutation(
        "a cause is hidden behind its consequence",
        "correlation.py",
        "    if found:\n        return found\n    id_ =",
        "    id_ =",
    ),
    Mutation(
        "who waits to come back is a cause of its own",
        "correlation.py",
        "return former or (Cause(watch.device.id, id_),)",
        "return (Cause(watch.device.id, id_),)",
    ),
    Mutation(
        "what stood behind a cause that is gone is not thought over",
        "correlation.py",
        "if not _explained(state, watch, index):",
        "if _explained(state, watch, index):",
    ),
    Mutation(
        "an alarm of long ago explains though a newer one does",
        "correlation.py",
        "min(told, key=lambda at: _distance(state, watch.conditions[at], effect))",
        "told[0]",
    ),
    Mutation(
        "what says nothing of a fault ends it",
        "limits.py",
        "return Verdict.NORMAL if is_over else Verdict.DEADBAND",
        "return Verdict.NORMAL",
    ),
    Mutation(
        "who waits behind a cause is not told that it has got one itself",
        "correlation.py",
        "state.dirty |= waiting & state",
        "state.dirty |= set() & state",
    ),
    Mutation(
        "a silence of long ago explains",
        "correlation.py",
        "return abs(_before(state, cause, effect)) <= TOGETHER",
        "return _before(state, cause, effect) >= -TOGETHER",
    ),
    Mutation(
        "a later outage explains",
        "correlation.py",
        "    return _before(state, cause, effect) >= -TOGETHER",
        "    return _before(state, cause, effect) > -86_400",
    ),
    Mutation(
        "a card that is cut off is a dead device",
        "correlation.py",
        "if _fell_together(state, silence, effect) and not way_is_cut(state, watch, silence):",
        "if _fell_together(state, silence, effect):",
    ),
    Mutation(
        "the way to a device explains nothing",
        "correlation.py",
        "    if rule.point == REACHABLE and watch.device.reached_through.of:",
        "    if rule.point != REACHABLE and watch.device.reached_through.of:",
    ),
    Mutation(
        "a raise does not wait for its cause",
        "correlation.py",
        "    return undecided and not roots(state, watch, index)",
        "    return False",
    ),
    Mutation(
        "a raise waits for ever",
        "correlation.py",
        "if mono >= condition.since + rule.on_delay + state.branch.hold:",
        "if mono < condition.since:",
    ),
    Mutation(
        "a silence does not wait for the alarm that explains it",
        "correlation.py",
        "    if any(_is_pending(watch.conditions[at]) for at in watch.links.own[index]):\n        return True\n",
        "",
    ),
    Mutation(
        "what seems to fail explains already",
        "correlation.py",
        "    own = [at for at in watch.links.own[index] if conditions[at].active]",
        "    own = [at for at in watch.links.own[index] if _is_failing(conditions[at])]",
    ),
    Mutation(
        "who comes back is alerted for at once",
        "correlation.py",
        "return mono >= watch.freed + watch.device.recovery_time and heard > watch.freed",
        "return heard > watch.freed",
    ),
    Mutation(
        "who comes back is alerted for without a fresh sample",
        "correlation.py",
        "return mono >= watch.freed + watch.device.recovery_time and heard > watch.freed",
        "return mono >= watch.freed + watch.device.recovery_time",
    ),
    Mutation(
        "nobody looks again whether it came back",
        "correlation.py",
        "        arm(state, mono + watch.device.recovery_time, watch.device.id, RECHECK)\n",
        "",
    ),
    Mutation(
        "the causes of a failure are not asked at once",
        "correlation.py",
        "        for id_ in _elders(state, watch, watch.device.rules[index]):\n            ask(state, id_, mono)",
        "        pass",
    ),
    Mutation(
        "a device is asked at every failure", "correlation.py", "mono - watch.asked >= ASK_AGAIN", "mono"
    ),
    Mutation(
        "what a device takes down is not thought over",
        "correlation.py",
        "        state.dirty |= state.behind[id_]\n",
        "        pass\n",
    ),
    Mutation(
        "the first of two redundant paths must have failed today",
        "correlation.py",
        "    return () if fails and last_straw else None",
        "    return None",
    ),
    Mutation(
        "who lived on without both paths is hidden behind them",
        "correlation.py",
        "    return () if fails and last_straw else None",
        "    return () if fails else None",
    ),
    Mutation(
        "former causes do not follow theirs",
        "correlation.py",
        "        found.update(dict.fromkeys(behind or (cause,)))",
        "        found.update(dict.fromkeys((cause,)))",
    ),
    Mutation(
        "any_of is taken for all_of",
        "graph.py",
        "isinstance(need, AnyOf) and len(failing)",
        "len(need.of) < 0 and len(failing)",
    ),
    Mutation(
        "all_of is taken for any_of",
        "graph.py",
        "(isinstance(need, AnyOf) and len(failing)",
        "(isinstance(need, AllOf) and len(failing)",
    ),
    Mutation(
        "an alarm of a device is a device",
        "graph.py",
        '    return word.partition(".")[0]',
        '    return word.partition(":")[0]',
    ),
    Mutation(
        "only what is needed at first hand counts",
        "graph.py",
        "frozenset(first).union(*(self._ancestors[one] for one in first))",
        "frozenset(first)",
    ),
    Mutation(
        "an alarm explains another of its type, whatever it is about",
        "links.py",
        ' and cause.qualifier in ("", rule.qualifier)',
        "",
    ),
    Mutation(
        "the alarm of a part takes nothing down",
        "links.py",
        "if rule.takes_down or ids[at] in words",
        "if rule.takes_down",
    ),
)

OF_READINGS = LIMITS + READINGS + CAUSES
