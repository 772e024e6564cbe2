"""Trends of a device: its charts, which the device page shows too, and the same as CSV."""

import math
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from flask import Blueprint, Response, abort, render_template, request
from markupsafe import Markup

from agent import api, trend_export
from web import curve as curves
from web import format as formats
from web.axis import value_axis
from web.errors import AgentAway
from web.i18n import gettext, language, mark
from web.pages import gateway, live, times
from web.words import value_word

blueprint = Blueprint("trends", __name__)

SPANS = {"24h": 86_400, "7d": 7 * 86_400, "35d": 35 * 86_400}
SPAN_WORDS = {"24h": mark("24 hours"), "7d": mark("7 days"), "35d": mark("35 days")}
CHARTS_MAX = 48
WORDS_SHOWN = 4


class Panel(NamedTuple):
    """One point as it is shown."""

    point: api.TrendPoint
    summary: str
    limits: list[str]
    chart: Markup | None = None


@blueprint.get("/device/<id_>/trends")
def page(id_: str) -> str:
    """The charts of one device."""
    span = _span()
    branch = gateway().branch()
    device = next((one for one in branch.devices if one.id == id_), None)
    told = gateway().trend(api.AskTrend(id_, span=SPANS[span]))
    clock = times(branch.status)
    return render_template(
        "trends.html",
        view=branch,
        device=device,
        id_=id_,
        trouble=told.message if isinstance(told, api.Failed) else "",
        panels=[] if isinstance(told, api.Failed) else _panels(told, clock),
        step=_step(told),
        span=span,
        spans={name: gettext(word) for name, word in SPAN_WORDS.items()},
        zone=clock.zone_name,
        live=live(),
    )


@blueprint.get("/device/<id_>/trends.csv")
def download(id_: str) -> Response:
    """The same as a file, in answers of bounded size."""
    span = _span()
    zone = times(gateway().branch().status).zone
    step = 300.0 if span == "24h" else 3600.0
    views = trend_export.pages(_ask, api.AskTrend(id_, span=SPANS[span], step=step))
    # The first answer is waited for, so that what cannot be had is told as a page and not as half a file.
    views = chain([next(views)], views)
    lines: Iterator[str] = chain([trend_export.head()], (trend_export.lines(view, zone) for view in views))
    named = {"Content-Disposition": f'attachment; filename="{id_}-{span}.csv"'}
    return Response(lines, content_type="text/csv; charset=utf-8", headers=named)


def _span() -> str:
    span = request.args.get("span", "24h")
    return span if span in SPANS else abort(404)


def _ask(question: api.AskTrend) -> api.TrendView:
    told = gateway().trend(question)
    if isinstance(told, api.Failed):
        raise AgentAway(told.message)
    return told


def _step(told: api.TrendView | api.Failed) -> str:
    if isinstance(told, api.Failed):
        return ""
    if told.step < 3600:
        return gettext("%(minutes)d min", minutes=told.step // 60)
    return gettext("%(hours)d h", hours=told.step // 3600)


def _panels(view: api.TrendView, clock: formats.Times) -> list[Panel]:
    ticks = curves.time_ticks(view.start, view.end, clock.zone)
    panels: list[Panel] = []
    for point in view.points:
        if point.kind == "number":
            drawn = sum(panel.chart is not None for panel in panels)
            panels.append(_number(view, point, ticks, draws=drawn < CHARTS_MAX))
        elif point.kind == "flag":
            yes = curves.share_of_yes(point) or 0.0
            panels.append(Panel(point, gettext("yes: %(share)s of the time", share=_percent(yes)), []))
        elif point.kind == "word":
            panels.append(Panel(point, _words(point), []))
    # What moves is what people look for.
    return sorted(panels, key=lambda panel: panel.chart is None)


def _number(
    view: api.TrendView, point: api.TrendPoint, ticks: list[tuple[float, str]], *, draws: bool
) -> Panel:
    curve = curves.curve(view, point)
    if curve is None:
        return Panel(point, gettext("nothing was heard"), [])
    if curve.is_still:
        return Panel(point, gettext("always %(value)s", value=_value(curve.low, point)), _limits(point))
    summary = gettext(
        "lowest %(low)s, mean %(mean)s, highest %(high)s",
        low=_value(curve.low, point),
        mean=_value(_four_digits(curve.mean), point),
        high=_value(curve.high, point),
    )
    if not draws:
        return Panel(point, summary, _limits(point))
    from web.drawing import Frame, draw  # heavy: only where something is drawn

    name = point.text.in_language(language()) or point.name
    frame = Frame(view.start, view.end, ticks, value_axis(*curve.bounds, point.unit))
    return Panel(point, summary, _limits(point), draw(curve, frame, name, summary))


def _limits(point: api.TrendPoint) -> list[str]:
    above, below = mark("alarm above %(value)s"), mark("alarm below %(value)s")
    return [
        gettext(above if limit.above else below, value=_value(limit.value, point)) for limit in point.limits
    ]


def _words(point: api.TrendPoint) -> str:
    shares = curves.shares(point)
    if len(shares) == 1:
        return gettext("always %(value)s", value=value_word(shares[0][0]))
    told = [f"{value_word(word)} {_percent(share)}" for word, share in shares]
    rest = len(told) - WORDS_SHOWN
    return " · ".join(told[:WORDS_SHOWN]) + (f" (+{rest})" if rest > 0 else "")


def _percent(share: float) -> str:
    """A share; never rounded to all or nothing where it is neither."""
    percent = share * 100
    if 0 < percent < 0.1:
        return "< 0.1 %"
    if 99.9 < percent < 100:
        return "> 99.9 %"
    return f"{percent:.3g} %"


def _value(value: float, point: api.TrendPoint) -> str:
    return formats.value(value, point.unit)


def _four_digits(mean: float) -> float:
    """A mean, with no more digits than it is worth."""
    return round(mean, max(0, 3 - math.floor(math.log10(abs(mean))))) if mean else mean
