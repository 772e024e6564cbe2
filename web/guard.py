"""What every request passes: login, the CSRF check of every POST, and the headers of every response."""

import hmac
import secrets

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

HSTS = f"max-age={180 * 86400}"
"""For half a year; not for subdomains, which are not ours to decide about."""

LIVE_HEADER = "X-Linewarden-Live"
"""Sent by the page's own script, which wants the living part of the page and no redirect to a login."""

_OPEN = frozenset({"static", "login.form", "login.enter", "metrics.page", "switch.language", "switch.theme"})
"""What may be asked for without a login."""


def init_app(app: Flask) -> None:
    """Put the guard before and after every request of `app`."""
    app.before_request(_check_csrf)
    app.before_request(_require_login)
    app.after_request(_add_headers)
    app.jinja_env.globals.update(csrf_field=csrf_field)


def is_live() -> bool:
    """Whether the page's own script asks."""
    return LIVE_HEADER in request.headers


def csrf_token() -> str:
    """The token of this session; made when a form first needs it."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def csrf_field() -> Markup:
    """The hidden field that every form carries."""
    return Markup('<input type="hidden" name="csrf" value="{}">').format(csrf_token())


def local_path(given: str) -> str:
    """A path of this panel to go back to; the first page for anything else."""
    is_local = (
        given.startswith("/") and not given.startswith("//") and "\\" not in given and given.isprintable()
    )
    return given if is_local else url_for("branch.page")


def _check_csrf() -> None:
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    expected, given = str(session.get("csrf", "")), request.form.get("csrf", "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        abort(400, "csrf")


def _require_login() -> AnyResponse | None:
    if request.endpoint in _OPEN or g.get("user"):
        return None
    if is_live() or request.endpoint == "live.stream":
        return Response(status=401)
    wanted = request.full_path.rstrip("?") if request.method == "GET" else url_for("branch.page")
    return redirect(url_for("login.form", next=wanted))


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["HSTS"] and request.is_secure:
        response.headers["Strict-Transport-Security"] = HSTS
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
        response.vary.update(("Cookie", "Accept-Language"))
    return response
