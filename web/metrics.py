"""`/metrics`: what the agent and the panel tell a Prometheus server. The one place that knows prometheus-client.

Names follow the conventions of Prometheus: base units, `_total` for what only grows. Everything comes from one fresh
answer of the agent; without one only `linewarden_up 0` and what the panel knows of itself are told.
"""

import hmac
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from agent import api
from web.errors import AgentAway
from web.pages import gateway
from web.words import ALARM_STATES, CLOCKS, SEVERITIES, SHOWS

blueprint = Blueprint("metrics", __name__)

Labels = tuple[str, ...]


def init_app(app: Flask, token: str, streams: Callable[[], int]) -> None:
    """Give `app` its metrics.

    Args:
        app: the panel.
        token: what a reader must show.
        streams: how many browsers are told of changes now.
    """
    app.extensions["metrics"] = token, Panel(streams, time.time())
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def page() -> Response:
    """All metrics, in the format that the reader asks for."""
    token, panel = current_app.extensions["metrics"]
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        return Response(
            "a bearer token is needed\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain"
        )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(panel)
    registry.register(_agent())
    encode, kind = _format(request.headers.get("Accept", ""))
    return Response(encode(registry), content_type=kind)


def _format(accepted: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    """What writes the metrics, and its content type; the plain format for whoever asks for what is none."""
    try:
        return choose_encoder(accepted)
    except (
        TypeError,
        ValueError,
    ):  # a version that is no number, which the library then compares with numbers
        return choose_encoder("")


def _agent() -> "Agent":
    try:
        return Agent(gateway().branch(), gateway().figures())
    except AgentAway:
        return Agent(None, None)


class Panel(Collector):
    """What the panel tells of itself."""

    def __init__(self, streams: Callable[[], int], since: float) -> None:
        self._streams = streams
        self._since = since

    def collect(self) -> Iterator[Metric]:
        """All of it."""
        yield _gauge("panel_streams", "Browsers that are told of changes as they happen.", self._streams())
        yield _gauge("panel_start_time_seconds", "When the panel was started, since 1970.", self._since)


class Agent(Collector):
    """What the agent tells, or that it does not."""

    def __init__(self, branch: api.BranchView | None, figures: api.Figures | None) -> None:
        self._branch = branch
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """All of it."""
        yield _gauge("up", "Whether the agent answers the panel.", self._branch is not None)
        if self._branch is not None:
            yield from _box(self._branch.status)
            yield from _alarms(self._branch)
            yield from _devices(self._branch)
            yield from _lamps(self._branch.lamps)
        if self._figures is not None:
            yield from _work(self._figures)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"linewarden_{name}", text, value=float(value))


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(f"linewarden_{name}", text, value=float(value))


def _gauges(name: str, text: str, labels: Labels, rows: Iterable[tuple[Labels, float]]) -> Metric:
    family = GaugeMetricFamily(f"linewarden_{name}", text, labels=labels)
    for values, number in rows:
        family.add_metric(values, float(number))
    return family


def _counters(name: str, text: str, labels: Labels, rows: Iterable[tuple[Labels, float]]) -> Metric:
    family = CounterMetricFamily(f"linewarden_{name}", text, labels=labels)
    for values, number in rows:
        family.add_metric(values, float(number))
    return family


def _one_of(name: str, text: str, label: str, known: Iterable[str], now: str) -> Metric:
    """A state as one gauge for each that it may have, of which one is 1."""
    words = dict.fromkeys([*known, now])
    return _gauges(name, text, (label,), [((word,), word == now) for word in words])


def _box(status: api.Status) -> Iterator[Metric]:
    told = {"site": status.site, "version": status.version, "config": status.config[:12]}
    yield InfoMetricFamily("linewarden_agent", "The agent and its configuration.", value=told)
    yield _gauge("agent_start_time_seconds", "When the agent was started, since 1970.", status.since)
    yield _gauge("agent_time_seconds", "The wall clock of the box, since 1970.", status.now)
    yield _one_of("clock_quality", "Where the wall clock comes from.", "quality", CLOCKS, status.clock)
    yield _gauge("journal_healthy", "Whether events can be stored.", status.journal == "healthy")
    number = status.epoch.partition("-")[0]
    if number.isdigit():
        yield _gauge("journal_epoch", "Number of the journal's epoch.", int(number))
    yield _counter("journal_events", "Events in the journal's present epoch.", status.seq)
    if status.broker != "none":
        yield _gauge(
            "broker_connected", "Whether the NOC's broker is connected.", status.broker == "connected"
        )
        yield _gauge("broker_backlog_events", "Events that the broker has not confirmed yet.", status.backlog)


def _alarms(view: api.BranchView) -> Iterator[Metric]:
    counted: dict[Labels, int] = {(severity, state): 0 for severity in SEVERITIES for state in ALARM_STATES}
    for alarm in view.alarms:
        key = (alarm.severity, alarm.state)
        counted[key] = counted.get(key, 0) + 1
    yield _gauges("alarms", "Alarms on the list.", ("severity", "state"), counted.items())


def _devices(view: api.BranchView) -> Iterator[Metric]:
    rows = [((one.id, one.layer.value), one.reachable) for one in view.devices]
    yield _gauges("device_reachable", "Whether a device answers.", ("device", "layer"), rows)
    sampled = [((one.id,), one.sampled) for one in view.devices if one.sampled is not None]
    name, text = "device_last_answer_timestamp_seconds", "When a device answered last, since 1970."
    yield _gauges(name, text, ("device",), sampled)


def _lamps(shown: api.Indication) -> Iterator[Metric]:
    lamps: Mapping[str, Enum] = {"red": shown.red, "amber": shown.amber, "green": shown.green}
    rows = [((lamp, word), show.value == word) for lamp, show in lamps.items() for word in SHOWS]
    yield _gauges("lamp_state", "What a lamp of the stack light does.", ("lamp", "state"), rows)
    yield _gauge("horn_sounding", "Whether the horn sounds.", shown.horn)


def _work(figures: api.Figures) -> Iterator[Metric]:
    polls = figures.polls.items()
    asked, failed = (
        [((device,), one.polls) for device, one in polls],
        [((device,), one.failures) for device, one in polls],
    )
    yield _counters("device_polls", "Polls of a device, also those that failed.", ("device",), asked)
    yield _counters("device_poll_failures", "Polls of a device without a usable answer.", ("device",), failed)
    yield _counter("inbox_dropped", "Readings that were dropped because too many waited.", figures.dropped)
    yield _counter("journal_lost_events", "Events that could only be counted.", figures.lost)
    yield _counter("log_suppressed_lines", "Log lines that were held back as too many.", figures.held_back)
    yield _gauge("control_connections", "Connections to the agent's control socket.", figures.connections)
    yield _gauge("control_followers", "Who follow the agent's changes.", figures.followers)
