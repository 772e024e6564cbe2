"""Messages that stand at the broker, made to fit into so many bytes. Pure.

What a reader needs most goes last. Each kind of message has its steps, from the mild to the harsh, and of each step as
little is done as will do. A shortened message is a valid one of its kind; it says in `omitted` how many bytes it lacks.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from agent import mqtt_contract as contract
from agent.core.model import Text
from agent.core.suppression.nouns import OF_DEVICES

Message = (
    contract.AlarmMessage | contract.MaintenanceMessage | contract.LimitsMessage | contract.DeviceMessage
)
Step = Callable[[Any, int], Any]
"""Takes a message and a degree: how many characters of each text, or entries of each list, are left."""

MILDEST = 1024
"""The degree that leaves most."""
CUT = "…"
"""Where a text goes on."""

_encode = msgspec.json.Encoder().encode


def encoded(message: Message, most: int) -> bytes:
    """A message as JSON, shortened if it must be; one that was shortened before may be shortened again.

    Where not even the key leaves fit they are returned all the same.

    Args:
        message: what is to be told.
        most: bytes that it may have.
    """
    payload = _encode(message)
    if len(payload) <= most:
        return payload
    whole = len(_encode(replace(message, omitted=UNSET))) + (message.omitted or 0)
    for step in _STEPS[type(message)]:
        harshest = step(message, 0)
        if _fits(harshest, whole, most):
            return _mildest(message, step, whole, most)
        message = harshest
    return _marked(message, whole)


def again(payload: bytes, branch: str, most: int) -> bytes:
    """The same for a message that was made before.

    Args:
        payload: the message.
        branch: where it stands below the site's root: `alarm`, `device`, `maintenance` or `limits`.
        most: as above.
    """
    return encoded(msgspec.json.decode(payload, type=_KINDS[branch]), most)


def _mildest(message: Message, step: Step, whole: int, most: int) -> bytes:
    """The mildest degree of a step that fits; the harshest one is known to."""
    low, stride = 0, 1
    # From the harsh end in growing strides: so nothing much larger than the bound is ever made.
    while low + stride <= MILDEST and _fits(step(message, low + stride), whole, most):
        low, stride = low + stride, stride * 2
    high = min(low + stride, MILDEST + 1)
    while high - low > 1:
        degree = (low + high) // 2
        low, high = (degree, high) if _fits(step(message, degree), whole, most) else (low, degree)
    return _marked(step(message, low), whole)


def _fits(message: Message, whole: int, most: int) -> bool:
    bare = len(_encode(replace(message, omitted=UNSET)))
    return bare + len(f',"omitted":{whole - bare}') <= most


def _marked(message: Message, whole: int) -> bytes:
    bare = replace(message, omitted=UNSET)
    return _encode(replace(bare, omitted=whole - len(_encode(bare))))


# --- texts ------------------------------------------------------------------------------------------------------------


def _cut(text: str, degree: int) -> str:
    return text if len(text) <= degree else text[: degree - 1] + CUT if degree else ""


def _cut_both(text: Text, degree: int) -> Text:
    return Text(_cut(text.en, degree), _cut(text.zh, degree))


def _without_reasons(ones: Sequence[Any], degree: int) -> list[Any]:
    return [replace(one, reason=_cut(one.reason, degree)) for one in ones]


def _without_names(one: contract.SuppressionMessage, degree: int) -> contract.SuppressionMessage:
    return replace(one, responsible=_cut(one.responsible, degree), ordered_by=_cut(one.ordered_by, degree))


def _of_subjects(ones: Sequence[contract.SuppressionMessage], most: int) -> list[contract.SuppressionMessage]:
    return [replace(one, subjects=one.subjects[:most]) for one in ones]


# --- an alarm ---------------------------------------------------------------------------------------------------------
# Readers count the alarms without a root cause and without a suppression: of each of these one stays, if there are any.


def _latest_changes(one: contract.AlarmMessage, degree: int) -> contract.AlarmMessage:
    return replace(one, operator_state_change=one.operator_state_change[-max(1, degree) :])


def _notes(one: contract.AlarmMessage, degree: int) -> contract.AlarmMessage:
    changes = [replace(change, text=_cut(change.text, degree)) for change in one.operator_state_change]
    return replace(one, operator_state_change=changes, suppressed=_without_reasons(one.suppressed, degree))


def _impacted(one: contract.AlarmMessage, degree: int) -> contract.AlarmMessage:
    suppressed = _of_subjects(one.suppressed, degree)
    return replace(one, impacted_resource=one.impacted_resource[:degree], suppressed=suppressed)


def _causes(one: contract.AlarmMessage, degree: int) -> contract.AlarmMessage:
    most = max(1, degree)
    return replace(
        one,
        root_cause_resource=one.root_cause_resource[:most],
        root_cause_alarm=one.root_cause_alarm[:most],
        suppressed=one.suppressed[:most],
    )


def _texts(one: contract.AlarmMessage, degree: int) -> contract.AlarmMessage:
    return replace(
        one,
        alarm_text=_cut(one.alarm_text, degree),
        text=_cut_both(one.text, degree),
        action=_cut_both(one.action, degree),
    )


def _who(one: contract.AlarmMessage, degree: int) -> contract.AlarmMessage:
    return replace(
        one,
        operator_state_change=one.operator_state_change[:degree],
        suppressed=[_without_names(by, degree) for by in one.suppressed],
    )


# --- the papers of the site -------------------------------------------------------------------------------------------

Maintenance = contract.MaintenanceMessage


def _reasons(one: Maintenance, degree: int) -> Maintenance:
    suppressions = _without_reasons(one.suppressions, degree)
    return replace(one, suppressions=suppressions, windows=_without_reasons(one.windows, degree))


def _next_windows(one: Maintenance, degree: int) -> Maintenance:
    """Those that are open, and then those that open next."""
    ranked = sorted(one.windows, key=lambda window: (not window.open, window.next is None, window.next or ""))
    kept = {window.id for window in ranked[:degree]}
    return replace(one, windows=[window for window in one.windows if window.id in kept])


def _subjects(one: Maintenance, degree: int) -> Maintenance:
    most = max(1, degree)
    windows = [replace(window, devices=window.devices[:most]) for window in one.windows]
    return replace(one, suppressions=_of_subjects(one.suppressions, most), windows=windows)


def _responsible(one: Maintenance, degree: int) -> Maintenance:
    return replace(one, suppressions=[_without_names(by, degree) for by in one.suppressions])


def _suppressions(one: Maintenance, degree: int) -> Maintenance:
    """Those of devices first: one of an alarm is told with the alarm too."""
    ranked = sorted(one.suppressions, key=lambda by: by.kind not in OF_DEVICES)
    kept = {by.id for by in ranked[:degree]}
    return replace(one, suppressions=[by for by in one.suppressions if by.id in kept])


Limits = contract.LimitsMessage


def _each_number(
    one: Limits, change: Callable[[contract.ChangedNumber], contract.ChangedNumber]
) -> list[contract.ChangedLimit]:
    return [
        replace(limit, numbers={name: change(number) for name, number in limit.numbers.items()})
        for limit in one.overrides
    ]


def _limit_reasons(one: Limits, degree: int) -> Limits:
    shorter = _each_number(one, lambda number: replace(number, reason=_cut(number.reason, degree)))
    return replace(one, overrides=shorter)


def _limit_texts(one: Limits, degree: int) -> Limits:
    texts = [replace(limit, text=_cut_both(limit.text, degree)) for limit in one.overrides]
    return replace(one, overrides=texts)


def _limit_names(one: Limits, degree: int) -> Limits:
    return replace(
        one, overrides=_each_number(one, lambda number: replace(number, by=_cut(number.by, degree)))
    )


def _overrides(one: Limits, degree: int) -> Limits:
    return replace(one, overrides=one.overrides[:degree])


# --- a device ---------------------------------------------------------------------------------------------------------


def _why_bad(one: contract.DeviceMessage, degree: int) -> contract.DeviceMessage:
    points = {name: replace(point, cause=_cut(point.cause, degree)) for name, point in one.points.items()}
    return replace(one, cause=_cut(one.cause, degree), points=points)


def _points(one: contract.DeviceMessage, degree: int) -> contract.DeviceMessage:
    return replace(one, points=dict(list(one.points.items())[:degree]))


def _name(one: contract.DeviceMessage, degree: int) -> contract.DeviceMessage:
    return replace(one, name=_cut(one.name, degree))


_STEPS: Mapping[type, Sequence[Step]] = {
    contract.AlarmMessage: (_latest_changes, _notes, _impacted, _causes, _texts, _who),
    contract.MaintenanceMessage: (_reasons, _next_windows, _subjects, _responsible, _suppressions),
    contract.LimitsMessage: (_limit_reasons, _limit_texts, _limit_names, _overrides),
    contract.DeviceMessage: (_why_bad, _points, _name),
}
_KINDS: Mapping[str, type[Message]] = {
    "alarm": contract.AlarmMessage,
    "maintenance": contract.MaintenanceMessage,
    "limits": contract.LimitsMessage,
    "device": contract.DeviceMessage,
}
