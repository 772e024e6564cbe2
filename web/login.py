"""Login and logout. A session is a signed cookie that names a user and dies with its password, its time, a logout or the panel."""

import hashlib
import hmac
import logging
import math
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request, session, url_for
from msgspec import Struct
from werkzeug.wrappers import Response

from web.guard import local_path
from web.i18n import gettext
from web.passwords import Outcome, Passwords

log = logging.getLogger(__name__)

blueprint = Blueprint("login", __name__)

ENDED_MAX = 1024
"""Sessions remembered as logged out; beyond that the oldest is forgotten and lives on until it expires."""


class Bearer(Struct, frozen=True):
    """What a session's cookie says, for as long as somebody relies on it."""

    name: str = ""
    id: str = ""
    mark: str = ""
    until: float = 0.0


class Sessions:
    """Who is logged in.

    Args:
        users: hash by name.
        hours: how long a login lasts.
    """

    def __init__(self, users: Mapping[str, str], hours: float) -> None:
        self._users = users
        self._seconds = hours * 3600.0
        # Which sessions were logged out is known to this run only, so a restart ends all of them: else a cookie that
        # was copied before its logout would be good again. The price is one login more after an update or a mains
        # failure; a file of ended sessions would spare it, but where that file is lost or the disk is full, a logout
        # would silently be worth nothing.
        self._run = secrets.token_bytes(16)
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, name: str) -> bool:
        """Whether there is such a user."""
        return name in self._users

    def begin(self, name: str, now: float) -> None:
        """Log `name` in; what the session held before is gone."""
        session.clear()
        session.permanent = True
        session.update(
            user=name, id=secrets.token_urlsafe(16), until=now + self._seconds, mark=self._mark(name)
        )

    def user(self, now: float) -> str:
        """The name of this session; empty if nobody is logged in."""
        one = bearer()
        return one.name if self.holds(one, now) else ""

    def holds(self, one: Bearer, now: float) -> bool:
        """Whether a session is still good: the user known, the password the same, the time not up, no logout."""
        if one.name not in self._users or one.mark != self._mark(one.name):
            return False
        with self._lock:
            return one.id not in self._ended and now < one.until

    def end(self) -> None:
        """Log out: a copy of the cookie is worth nothing any more."""
        with self._lock:
            self._ended[str(session.get("id"))] = None
            while len(self._ended) > ENDED_MAX:
                self._ended.popitem(last=False)
        session.clear()

    def _mark(self, name: str) -> str:
        """Changes with the password and with each run, so that both end the sessions from before."""
        return hmac.new(self._run, self._users[name].encode(), hashlib.sha256).hexdigest()[:32]


def init_app(app: Flask, known: Sessions, passwords: Passwords) -> None:
    """Give `app` its login."""
    app.extensions["sessions"] = known
    app.extensions["passwords"] = passwords
    app.before_request(_know_user)
    app.register_blueprint(blueprint)


def bearer() -> Bearer:
    """Whoever the session of the request says it is."""
    return Bearer(
        str(session.get("user", "")),
        str(session.get("id", "")),
        str(session.get("mark", "")),
        float(session.get("until", 0)),
    )


def sessions() -> Sessions:
    """Who is logged in at this panel."""
    known: Sessions = current_app.extensions["sessions"]
    return known


def _know_user() -> None:
    g.user = sessions().user(time.time())


@blueprint.get("/login")
def form() -> str | Response:
    """The form; who is logged in already has no need of it."""
    if g.user:
        return redirect(local_path(request.args.get("next", "")))
    return _form("")


@blueprint.post("/login")
def enter() -> tuple[str, int] | Response:
    """Try a name and a password."""
    passwords: Passwords = current_app.extensions["passwords"]
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    outcome, wait = passwords.check(name, password, request.remote_addr or "")
    if outcome is Outcome.WELCOME:
        sessions().begin(name, time.time())
        log.info("login", extra={"user": name, "address": request.remote_addr})
        return redirect(local_path(request.form.get("next", "")))
    # A name that nobody has may be a password in the wrong field.
    known = name if sessions().knows(name) else "an unknown name"
    log.warning("login refused from %s", request.remote_addr, extra={"user": known, "outcome": outcome.value})
    if outcome is Outcome.WAIT:
        seconds = math.ceil(wait)
        return _form(gettext("Too many attempts. Wait %(seconds)d seconds.", seconds=seconds)), 429
    return _form(gettext("Name or password is wrong.")), 401


@blueprint.post("/logout")
def leave() -> Response:
    """Log out."""
    sessions().end()
    return redirect(url_for("login.form"))


def _form(message: str) -> str:
    wanted = request.values.get("next", "")
    return render_template("login.html", message=message, next=wanted, name=request.form.get("name", ""))
