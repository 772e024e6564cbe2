"""What a browser remembers for its reader, by cookies: the language, and the colours by day or night."""

from flask import Blueprint, current_app, redirect, request
from werkzeug.wrappers import Response

from web import i18n
from web.guard import local_path

blueprint = Blueprint("switch", __name__)

YEAR = 365 * 86400
THEME = "linewarden-theme"
THEMES = ("auto", "light", "dark")


@blueprint.post("/language")
def language() -> Response:
    """Remember the language in this browser, and go back."""
    return _remember(i18n.COOKIE, i18n.known(request.form.get("language", "")))


@blueprint.post("/theme")
def theme() -> Response:
    """Remember the colours in this browser, and go back."""
    return _remember(THEME, _known(request.form.get("theme", "")))


def chosen_theme() -> str:
    """The colours that this browser wants; `auto` leaves it to its system."""
    return _known(request.cookies.get(THEME, ""))


def _known(name: str) -> str:
    return name if name in THEMES else THEMES[0]


def _remember(cookie: str, value: str) -> Response:
    response = redirect(local_path(request.form.get("next", "")))
    response.set_cookie(
        cookie,
        value,
        max_age=YEAR,
        httponly=True,
        samesite="Strict",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response
