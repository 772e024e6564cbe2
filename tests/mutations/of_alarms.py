"""Mutations of what people see and order: alarm list, annunciator, orders, and what a restart remembers."""

from tests.mutations.mutation import Mutation

ALARMS = (
    Mutation(
        "what returned unacknowledged is not raised anew",
        "alarm_states.py",
        "    S.RETURNED: {\n        T.RAISE: AlarmRaised,",
        "    S.RETURNED: {\n        T.RAISE: R.NOTHING_TO_DO,",
    ),
    Mutation(
        "what is acknowledged cannot be closed",
        "alarm_states.py",
        "T.ACKNOWLEDGE: R.ALREADY_ACKNOWLEDGED,\n        T.CLOSE: AlarmClosed,",
        "T.ACKNOWLEDGE: R.ALREADY_ACKNOWLEDGED,\n        T.CLOSE: R.ALREADY_CLOSED,",
    ),
    Mutation(
        "what is closed can be acknowledged",
        "alarm_states.py",
        "        T.ACKNOWLEDGE: R.ALREADY_CLOSED,",
        "        T.ACKNOWLEDGE: AlarmAcknowledged,",
    ),
    Mutation(
        "what is gone leaves the list unacknowledged",
        "alarm_states.py",
        "        AlarmCleared: S.RETURNED,",
        "        AlarmCleared: S.NORMAL,",
    ),
    Mutation(
        "what is gone and acknowledged stays on the list",
        "alarm_states.py",
        "        AlarmAcknowledged: S.NORMAL,",
        "        AlarmAcknowledged: S.RETURNED,",
    ),
    Mutation(
        "what is closed and gone stays on the list",
        "alarm_states.py",
        "    S.CLOSED: {\n        AlarmCleared: S.NORMAL,",
        "    S.CLOSED: {\n        AlarmCleared: S.CLOSED,",
    ),
    Mutation(
        "an acknowledgement outlives its occurrence",
        "alarms.py",
        "        state=AlarmState.UNACKNOWLEDGED,",
        "        state=AlarmState.ACKNOWLEDGED if event.occurrence > 1 else AlarmState.UNACKNOWLEDGED,",
    ),
    Mutation(
        "the number of the occurrence is retained",
        "alarms.py",
        "alarms.occurrences[event.alarm.id] = event.occurrence",
        "alarms.occurrences.setdefault(event.alarm.id, event.occurrence)",
    ),
    Mutation(
        "a new occurrence forgets what happened before",
        "alarms.py",
        "        status_changes=changes,",
        "        status_changes=changes[-1:],",
    ),
    Mutation(
        "a new occurrence seems to be a new alarm",
        "alarms.py",
        "time_created=before.time_created if before else event.at",
        "time_created=event.at",
    ),
    Mutation("the history grows for ever", "alarms.py", "    del ring[:-HISTORY]", "    del ring[:0]"),
    Mutation(
        "who acknowledged is not remembered",
        "alarms.py",
        "_remember(alarm.operator_changes, OperatorChange(event.at, event.by, act, event.note))\n\n\ndef _note",
        "pass\n\n\ndef _note",
    ),
    Mutation(
        "what is gone is still impacted",
        "alarms.py",
        "if not one.is_cleared and any(cause.alarm == alarm",
        "if any(cause.alarm == alarm",
    ),
    Mutation(
        "a replay does not see the end of chattering",
        "alarms.py",
        "alarm.chattering = event.count if event.began else 0",
        "alarm.chattering = event.count",
    ),
    Mutation(
        "a closed alarm counts as acknowledged only",
        "alarms.py",
        'return "closed" if self.state is AlarmState.CLOSED else "ack"',
        'return "ack"',
    ),
    Mutation(
        "two boots are taken for one",
        "alarms.py",
        "self.boot, self.boots = boot, self.boots + 1",
        "self.boot = boot",
    ),
    Mutation(
        "the delay is forgotten when a raise tells when it began",
        "alarms.py",
        "return event.at.mono - event.evidence.delay if crossed is None else crossed",
        "return event.at.mono",
    ),
)

ANNUNCIATOR = (
    Mutation(
        "the first-out mark is lost",
        "annunciator.py",
        "window.first = self.scheme.first_out and not any(",
        "window.first = not self.scheme.first_out and not any(",
    ),
    Mutation(
        "every alarm is the first",
        "annunciator.py",
        "            window.first = self.scheme.first_out and not any(\n"
        "                one.sequence in ALERTING for one in self.windows.values()\n            )",
        "            window.first = self.scheme.first_out",
    ),
    Mutation(
        "a consequence does not hand its mark on",
        "annunciator.py",
        "                window.first = True\n",
        "",
    ),
    Mutation(
        "an acknowledged window keeps its mark",
        "annunciator.py",
        "            window.first = False\n        elif",
        "            pass\n        elif",
    ),
    Mutation(
        "a major alarm does not light the red lamp",
        "annunciator.py",
        "if one.severity >= Severity.MAJOR",
        "if one.severity > Severity.MAJOR",
    ),
    Mutation(
        "what is gone and unseen does not sound",
        "annunciator.py",
        "horn = not SOUNDING.isdisjoint(states)",
        "horn = Sequence.ALERT in states",
    ),
    Mutation(
        "nobody is ever wanted for what is gone",
        "annunciator.py",
        "return mono - window.since >= WANTED_AFTER",
        "return False",
    ),
    Mutation(
        "an hour goes on over a restart",
        "annunciator.py",
        "            window.since = self.mono if window.sequence in UNSEEN else 0.0\n",
        "",
    ),
    Mutation(
        "the least urgent window rules its lamp",
        "annunciator.py",
        "return max(shows, key=URGENCY.index, default=Show.OFF)",
        "return min(shows, key=URGENCY.index, default=Show.OFF)",
    ),
    Mutation(
        "lock-in is lost",
        "sequences.py",
        "            A.RETURN: N.LOCKED_IN,",
        "            A.RETURN: over,",
    ),
    Mutation(
        "a silence acknowledges",
        "sequences.py",
        "            A.SILENCE: N.SILENCED,",
        "            A.SILENCE: N.ACKNOWLEDGED,",
    ),
    Mutation(
        "a silenced alarm that comes again keeps silent",
        "sequences.py",
        "            A.ACKNOWLEDGE: N.ACKNOWLEDGED,\n            A.ALARM: N.ALERT,",
        "            A.ACKNOWLEDGE: N.ACKNOWLEDGED,",
    ),
    Mutation(
        "an acknowledged consequence goes on alerting",
        "sequences.py",
        "            A.RETURN: over,\n            A.ALARM: N.ALERT,\n            A.EXPLAIN: N.BEHIND,",
        "            A.RETURN: over,\n            A.ALARM: N.ALERT,",
    ),
    Mutation(
        "what is set free does not alert",
        "sequences.py",
        "A.FREE: N.ALERT",
        "A.FREE: N.ACKNOWLEDGED",
    ),
    Mutation(
        "a silenced ringback cannot be reset",
        "sequences.py",
        "N.RINGBACK_SILENCED: {A.ALARM: N.ALERT, A.RESET: N.NORMAL,",
        "N.RINGBACK_SILENCED: {A.ALARM: N.ALERT,",
    ),
    Mutation(
        "sequence A keeps what only a reset would end",
        "sequences.py",
        "        N.AWAITS_RESET: N.NORMAL,\n",
        "",
    ),
)

ENGINE = (
    Mutation(
        "a recovery is lost at the very tick",
        "engine.py",
        "    events += _apply(state, decide(state, Tick(), now))\n"
        "    if not isinstance(given, Tick):\n"
        "        events += _apply(state, decide(state, given, now))",
        "    events += _apply(state, decide(state, given, now))\n"
        "    if not isinstance(given, Tick):\n"
        "        events += _apply(state, decide(state, Tick(), now))",
    ),
    Mutation(
        "a clear does not reach the lamps",
        "annunciation.py",
        "    AlarmCleared: Signal.RETURN,",
        "    AlarmCleared: Signal.SILENCE,",
    ),
    Mutation(
        "an acknowledged alarm goes on flashing",
        "annunciation.py",
        "    AlarmAcknowledged: Signal.ACKNOWLEDGE,",
        "    AlarmAcknowledged: Signal.SILENCE,",
    ),
    Mutation(
        "a cause does not alert for what is worse",
        "annunciation.py",
        "speaks and window.severity < severity",
        "speaks and window.severity > severity",
    ),
    Mutation(
        "an equal consequence makes its cause alert anew",
        "annunciation.py",
        "speaks and window.severity < severity",
        "speaks and window.severity <= severity",
    ),
    Mutation(
        "what is set free alerts though somebody cares for it",
        "annunciation.py",
        'is not before and alarm.operator_state != "none":',
        'is not before and alarm.operator_state == "closed":',
    ),
    Mutation(
        "a replay does not know the sequence",
        "annunciation.py",
        "    durable.scheme = event.scheme\n",
        "",
    ),
    Mutation(
        "a start does not count as a boot",
        "engine.py",
        "            durable.alarms.enter(event.at.boot)\n",
        "",
    ),
    Mutation(
        "what nobody watches any more stands for ever",
        "engine.py",
        "if alarm.key not in watched and not alarm.is_cleared",
        "if alarm.key not in watched and alarm.is_cleared",
    ),
    Mutation(
        "what follows from a changed cause is not thought over",
        "engine.py",
        "        correlation.follow(state, changed)\n",
        "",
    ),
    Mutation(
        "what waited for its cause waits to the end of its hold",
        "engine.py",
        "    if state.held:\n",
        "    if not state.held:\n",
    ),
)

ORDERS = (
    Mutation(
        "an order that the desk refused is carried out",
        "orders.py",
        "    if given.denied:",
        "    if not given.id:",
    ),
    Mutation(
        "an order about an occurrence that is gone is carried out",
        "orders.py",
        "if given.occurrence not in (0, alarm.occurrence):",
        "if given.occurrence > alarm.occurrence:",
    ),
    Mutation(
        "a close only acknowledges",
        "orders.py",
        "    if trigger is Trigger.ACKNOWLEDGE:\n        return [",
        "    if True:\n        return [",
    ),
    Mutation(
        "the button acknowledges critical alarms",
        "orders.py",
        " and alarm.severity is not Severity.CRITICAL",
        "",
    ),
    Mutation(
        "the button acknowledges alarms where the site does not want it",
        "orders.py",
        "    if not state.branch.acknowledges:",
        "    if not state.durable.alarms.alarms:",
    ),
    Mutation(
        "the button leaves out what is gone",
        "orders.py",
        'if alarm.operator_state == "none" and alarm.severity is not Severity.CRITICAL',
        "if not alarm.is_cleared and alarm.severity is not Severity.CRITICAL",
    ),
    Mutation(
        "a reset is refused in sequence M",
        "orders.py",
        "if state.durable.scheme.sequence is Reset.AUTOMATIC:",
        "if state.durable.scheme.sequence is not Reset.RINGBACK:",
    ),
)

STATE = (
    Mutation(
        "a closed alarm is raised again after a restart",
        "state.py",
        "standing = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.CLOSED)",
        "standing = (AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED)",
    ),
    Mutation(
        "a restart forgets what began when",
        "state.py",
        "Condition(active=True, began=one.began, ",
        "Condition(active=True, ",
    ),
    Mutation(
        "a restart forgets what chatters",
        "state.py",
        "quiet = branch.chatter.quiet if one.chattering else 0.0",
        "quiet = 0.0",
    ),
    Mutation(
        "readings are believed too long",
        "state.py",
        "mono - watch.sampled.mono <= watch.device.stale_after",
        "mono - watch.sampled.mono <= 2 * watch.device.stale_after",
    ),
    Mutation(
        "a restart forgets which codes are taken",
        "state.py",
        "codes = {alarm.code for alarm in durable.alarms.alarms.values()}",
        "codes: set[str] = set()",
    ),
    Mutation(
        "a lamp test never ends by itself",
        "state.py",
        "    if state.testing_until:\n        due.append",
        "    if not due and state.testing_until < 0:\n        due.append",
    ),
    Mutation(
        "a device is asked again for ever",
        "state.py",
        "asks, state.asks = frozenset(state.asks), set()",
        "asks = frozenset(state.asks)",
    ),
)

SUPPRESSION = (
    Mutation(
        "what ends unseen asks for an acknowledgement",
        "alarms.py",
        "return alarm.behind or (bool(alarm.suppressed) and not alarm.unseen)",
        "return alarm.behind",
    ),
    Mutation(
        "a suppressed cause hides its consequences",
        "alarms.py",
        "any(cause is None or not cause.suppressed for cause in causes)",
        "any(cause is None or not cause.listed or cause.listed for cause in causes)",
    ),
    Mutation(
        "an alarm that is suppressed goes on alerting",
        "annunciation.py",
        "        annunciator.follow(id_, Signal.SUPPRESS)",
        "        annunciator.follow(id_, Signal.SILENCE)",
    ),
    Mutation(
        "what was suppressed stays dark",
        "sequences.py",
        "A.RELEASE: N.ALERT",
        "A.RELEASE: N.ACKNOWLEDGED",
    ),
    Mutation(
        "a start forgets what is suppressed",
        "engine.py",
        "                    recount(held, durable.latest, event.at)",
        "                    held.left = 0.0",
    ),
    Mutation(
        "a suppression ends by the wall clock",
        "suppression/held.py",
        "    if held.crossed and held.until is not None and tells_time_from(held.began, now):",
        "    if held.until is not None:",
    ),
    Mutation(
        "a critical alarm is shelved for a day",
        "suppression/orders.py",
        "short if _is_grave(state, *place) else shelving.longest",
        "shelving.longest",
    ),
    Mutation(
        "what may become critical is shelved for a day",
        "suppression/orders.py",
        "for at in (index, *levels)]",
        "for at in (index,)]",
    ),
    Mutation(
        "a shelf is renewed for ever",
        "suppression/orders.py",
        "if before + given.seconds > RENEWALS * longest:",
        "if before + given.seconds < 0:",
    ),
    Mutation(
        "a box that reboots again and again suppresses for ever",
        "suppression/held.py",
        "held.left, held.carried = held.left - REBOOT, True",
        "held.carried = True",
    ),
    Mutation(
        "the button acknowledges what is dark",
        "orders.py",
        "if window.sequence in ALERTING]",
        "]",
    ),
    Mutation(
        "an alarm that alerted ends without a word in a window",
        "alarms.py",
        "(bool(alarm.suppressed) and not alarm.unseen)",
        "bool(alarm.suppressed)",
    ),
    Mutation(
        "what people put aside wants their acknowledgement",
        "alarms.py",
        "any(one.kind in BY_PEOPLE for one in alarm.suppressed)",
        "any(one.kind is Kind.OUT_OF_SERVICE for one in alarm.suppressed)",
    ),
    Mutation(
        "what ended unnoticed in a window stays dark",
        "annunciation.py",
        "        _relight(durable, annunciator, alarm)\n",
        "        pass\n",
    ),
    Mutation(
        "a design that nobody can tell of holds for ever",
        "suppression/by_design.py",
        "    if seen.condition.said is not None:\n        seen.known",
        "    if True:\n        seen.known",
    ),
    Mutation(
        "a design begins though its point cannot be read",
        "suppression/by_design.py",
        "fresh=condition.said is not None",
        "fresh=True",
    ),
    Mutation(
        "a design that was changed keeps its old alarms",
        "suppression/by_design.py",
        "held is None or differs(held.suppression, begun)",
        "held is None",
    ),
    Mutation(
        "what is over is purged by the wall clock",
        "alarms.py",
        "return now.mono - alarm.ended.mono",
        "return now.wall - alarm.status_changes[-1].time.wall",
    ),
    Mutation(
        "what still holds can be closed for good",
        "orders.py",
        "if final and is_abnormal(state, given.alarm):",
        "if False:",
    ),
    Mutation(
        "an alarm is shelved without a reason",
        "suppression/orders.py",
        "    if not is_visible(given.note):",
        "    if not given.by.name:",
    ),
)

OF_ALARMS = ALARMS + ANNUNCIATOR + ENGINE + ORDERS + STATE + SUPPRESSION
