"""The panel as a Flask application; `create_app` is its only constructor."""

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from flask import Flask, render_template
from werkzeug.exceptions import HTTPException

from agent import logs
from agent.api import Text
from web import branch, device, guard, i18n, limits, live, login, maintenance, orders, pages, switch, trends
from web.errors import AgentAway, AgentShut, Unknown
from web.extension import Extension, Nav
from web.gateway import Gateway
from web.passwords import Passwords
from web.settings import Settings, metrics_token, session_secret

REQUEST_BYTES_MAX = 64 * 1024


def create_app(settings: Settings, extensions: Sequence[Extension] = ()) -> Flask:
    """The panel.

    Args:
        settings: panel.toml.
        extensions: pages from outside, behind the same login.

    Raises:
        SettingsError: the session secret cannot be read or made.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=session_secret(Path(settings.session.secret_file)),
        SESSION_COOKIE_NAME="linewarden-session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=settings.tls is not None,
        HSTS=settings.tls is not None and settings.tls.hsts,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session.hours),
        MAX_CONTENT_LENGTH=REQUEST_BYTES_MAX,
    )
    app.extensions["gateway"] = Gateway(Path(settings.agent.socket), settings.agent.timeout)
    first = Nav(Text("Branch now", "网点现状"), "branch.page")
    second = Nav(Text("Maintenance", "检修"), "maintenance.page")
    app.extensions["navigation"] = [first, second, *(extension.nav for extension in extensions)]
    i18n.init_app(app, settings.language)
    login.init_app(
        app,
        login.Sessions(settings.users, settings.session.hours),
        Passwords(settings.users, time.monotonic),
    )
    guard.init_app(app)
    house = live.init_app(app, Path(settings.agent.socket)).streams
    if settings.metrics is not None:
        from web import metrics  # costs some MB, which a panel without metrics keeps

        token = metrics_token(Path(settings.metrics.token_file))
        logs.hide(token)
        metrics.init_app(app, token, house.__len__)
    for hashed in settings.users.values():
        logs.hide(hashed)
    pages.init_app(app)
    limits.init_app(app)
    for blueprint in (
        branch.blueprint,
        device.blueprint,
        maintenance.blueprint,
        limits.blueprint,
        orders.blueprint,
        switch.blueprint,
        trends.blueprint,
    ):
        app.register_blueprint(blueprint)
    for extension in extensions:
        app.register_blueprint(extension.blueprint)
    app.register_error_handler(AgentAway, _away)
    app.register_error_handler(Unknown, _unknown)
    app.register_error_handler(HTTPException, _refused)
    return app


def _away(error: AgentAway) -> tuple[str, int]:
    """Nothing fresh is known: say so, and show nothing that could be taken for the present."""
    shut = isinstance(error, AgentShut)
    return render_template("away.html", shut=shut, detail=str(error), live=pages.live()), 503


def _unknown(_: Unknown) -> tuple[str, int]:
    return render_template("error.html", code=404, live=pages.live()), 404


def _refused(error: HTTPException) -> tuple[str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    return render_template("error.html", code=error.code, live=pages.live()), error.code
