"""The switch between the languages."""

from flask import Blueprint, current_app, redirect, request
from werkzeug.wrappers import Response

from web.guard import local_path
from web.i18n import COOKIE, known

blueprint = Blueprint("language", __name__)

YEAR = 365 * 86400


@blueprint.post("/language")
def switch() -> Response:
    """Remember the language in this browser, and go back."""
    response = redirect(local_path(request.form.get("next", "")))
    response.set_cookie(
        COOKIE,
        known(request.form.get("language", "")),
        max_age=YEAR,
        httponly=True,
        samesite="Strict",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response
