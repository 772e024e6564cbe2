"""In which order a person should take alarms. Pure."""

from collections.abc import Mapping, Sequence

from agent.api.answers import AlarmView
from agent.core.model import Layer, Severity

SEVERITIES = tuple(one.word for one in sorted(Severity, reverse=True))
"""The worst first."""
_LAYERS = tuple(Layer)
"""In the order of dependence."""


def in_order(alarms: Sequence[AlarmView]) -> list[AlarmView]:
    """Alarms in the order in which a person should take them.

    What is annunciated before what is not, what stands before what is over, by severity, what nobody has acknowledged
    first; then by layer in the order of dependence and the oldest first. A consequence comes behind its root cause,
    which is taken as seriously as the worst of them.
    """
    leads = {alarm.id: alarm for alarm in alarms if not alarm.is_cleared}
    urgency = urgencies(alarms)

    def place(alarm: AlarmView) -> tuple[object, ...]:
        known = [leads[cause.alarm] for cause in alarm.root_cause if cause.alarm in leads]
        follows = known and not alarm.is_cleared and bool(alarm.suppressed) is bool(known[0].suppressed)
        lead = known[0] if follows else alarm
        return (*_place(lead, urgency), lead.id, lead is not alarm, *_place(alarm, urgency))

    return sorted(alarms, key=place)


def urgencies(alarms: Sequence[AlarmView]) -> dict[str, int]:
    """By alarm: the rank of the worst severity among it and its consequences; 0 is the worst there is."""
    ranks = {alarm.id: _rank(alarm) for alarm in alarms}
    for alarm in alarms:
        for cause in alarm.root_cause:
            if cause.alarm in ranks and not alarm.is_cleared:
                ranks[cause.alarm] = min(ranks[cause.alarm], _rank(alarm))
    return ranks


def _rank(alarm: AlarmView) -> int:
    return SEVERITIES.index(alarm.severity) if alarm.severity in SEVERITIES else len(SEVERITIES)


def _place(alarm: AlarmView, urgency: Mapping[str, int]) -> tuple[bool, bool, int, bool, int, float]:
    return (
        bool(alarm.suppressed),
        alarm.is_cleared,
        urgency[alarm.id],
        alarm.operator_state != "none",
        _LAYERS.index(alarm.layer),
        alarm.last_raised,
    )
