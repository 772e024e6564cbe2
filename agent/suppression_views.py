"""What is suppressed, as the messages that the panel and the command line see. Pure."""

from collections.abc import Iterable, Sequence

from agent import api
from agent.core.model import Instant, Text
from agent.core.state import State
from agent.core.suppression.held import Held, remaining, since
from agent.core.suppression.nouns import OF_DEVICES, Kind, MaintenanceWindow, Suppressed, id_of
from agent.core.suppression.windows import next_begin


def maintenance(state: State, status: api.Status, now: Instant) -> api.MaintenanceView:
    """All that is suppressed, and the windows with those that open next first."""
    held = state.durable.suppressions
    windows = [_window(state, one, now) for one in state.branch.windows]
    return api.MaintenanceView(
        status,
        [_suppression(state, one, now) for one in held.values()],
        sorted(windows, key=lambda one: (not one.open, one.next is None, one.next or 0.0)),
    )


def of_alarm(state: State, by: Sequence[Suppressed], now: Instant) -> list[api.SuppressionView]:
    """What suppresses an alarm."""
    held = state.durable.suppressions
    return [_suppression(state, held[one.id], now) for one in by if one.id in held]


def of_device(state: State, device: str, now: Instant) -> list[api.SuppressionView]:
    """By what a device is out of service."""
    return [
        _suppression(state, one, now)
        for one in state.durable.suppressions.values()
        if one.suppression.kind in OF_DEVICES and device in one.suppression.subjects
    ]


def _suppression(state: State, held: Held, now: Instant) -> api.SuppressionView:
    one, left = held.suppression, remaining(held, now)
    return api.SuppressionView(
        id=one.id,
        kind=one.kind,
        subjects=one.subjects,
        names=_names(state, one.subjects),
        responsible=one.responsible,
        ordered_by=one.by.name if one.by else "",
        reason=one.reason,
        since=since(held, now),
        left=None if left is None else max(0.0, left),
    )


def _window(state: State, one: MaintenanceWindow, now: Instant) -> api.WindowView:
    return api.WindowView(
        id=one.id,
        devices=one.devices,
        names=_names(state, one.devices),
        responsible=one.responsible,
        reason=one.reason,
        open=id_of(Kind.WINDOW, one.id) in state.durable.suppressions,
        next=next_begin(one, now.wall),
        seconds=one.seconds,
    )


def _names(state: State, subjects: Iterable[str]) -> tuple[Text, ...]:
    """Texts of alarms and names of devices."""
    texts = {
        id_: Text(f"{watch.device.name.en}: {rule.text.en}", f"{watch.device.name.zh}：{rule.text.zh}")
        for watch in state.watches.values()
        for id_, rule in zip(watch.links.ids, watch.device.rules, strict=True)
    }
    texts |= {id_: watch.device.name for id_, watch in state.watches.items()}
    return tuple(texts.get(one, Text(one, one)) for one in subjects)
