"""What the pages share: the way to the agent, the site's time, and the helpers that templates call."""

from flask import Flask, current_app, g, request

from agent import api
from web import format as formats
from web import words
from web.gateway import Gateway
from web.guard import is_live
from web.i18n import language
from web.switch import chosen_theme

RELOAD_SECONDS = 10
"""How often a page without script reloads itself."""

SHELF_SPANS = (1800, 7200, 28800, 86400)
CRITICAL_SHELF_SPANS = (1800, 7200, 14400)
SERVICE_SPANS = (7200, 28800, 86400, 7 * 86400)
"""Seconds that people may choose from; a site may allow less, and then says so."""


def init_app(app: Flask) -> None:
    """Give the templates their helpers."""
    app.jinja_env.globals.update(
        alarm_state=lambda alarm: words.word(words.ALARM_STATES, alarm.state),
        broker_word=lambda name: words.word(words.BROKERS, name),
        clock_word=lambda name: words.word(words.CLOCKS, name),
        door_word=lambda name: words.word(words.DOORS, name),
        journal_word=lambda name: words.word(words.JOURNALS, name),
        kind_word=lambda name: words.word(words.SUPPRESSIONS, name),
        layer_word=lambda name: words.word(words.LAYERS, name),
        limit_of=formats.limit,
        point_cause=lambda name: words.word(words.BAD_CAUSES, name),
        poll_cause=formats.poll_cause,
        quality_word=lambda name: words.word(words.QUALITIES, name),
        reading_of=formats.reading,
        severity_word=lambda name: words.word(words.SEVERITIES, name),
        service_spans=SERVICE_SPANS,
        shelf_spans=lambda severity: CRITICAL_SHELF_SPANS if severity == "critical" else SHELF_SPANS,
        show_word=lambda name: words.word(words.SHOWS, name),
        span_of=formats.duration,
        value=formats.value,
        verb_word=lambda name: api.verb_word(name, language()),
    )
    app.context_processor(_context)


def _context() -> dict[str, object]:
    return {
        "language": language(),
        "theme": chosen_theme(),
        "here": request.full_path.rstrip("?") if request.method == "GET" else "/",
        "user": g.get("user", ""),
        "navigation": current_app.extensions["navigation"],
        "reload_seconds": 0 if "hold" in request.args else RELOAD_SECONDS,
    }


def gateway() -> Gateway:
    """The way to the agent."""
    way: Gateway = current_app.extensions["gateway"]
    return way


def live() -> bool:
    """Whether only the living part of the page is wanted."""
    return is_live()


def times(status: api.Status) -> formats.Times:
    """The time of the site; also learns the site's language for browsers that ask for none."""
    current_app.config["SITE_LANGUAGE"] = status.language
    return formats.Times(status.timezone, status.now)
