"""Orders: what a person at the panel tells the agent to do, and what came of it."""

import logging
from collections.abc import Mapping
from math import isfinite

from flask import Blueprint, abort, current_app, flash, g, redirect, request
from werkzeug.wrappers import Response

from agent import api
from web import limits
from web.errors import AgentAway
from web.gateway import Gateway
from web.guard import local_path
from web.i18n import gettext, language, mark

log = logging.getLogger(__name__)

blueprint = Blueprint("orders", __name__)

_DONE: Mapping[api.Verb, str] = {
    api.Verb.ACKNOWLEDGE: mark("Alarm acknowledged."),
    api.Verb.CLOSE: mark("Alarm closed."),
    api.Verb.SILENCE: mark("Horn silenced. It sounds again with the next alarm."),
    api.Verb.RESET: mark("Lamps reset: what is acknowledged and normal again is no longer shown."),
    api.Verb.LAMP_TEST: mark("Lamp test is running: all lamps and the horn for a few seconds."),
    api.Verb.SHELVE: mark("Alarm shelved: lamps and horn leave it out until then."),
    api.Verb.UNSHELVE: mark("Alarm taken off the shelf: it is annunciated again."),
    api.Verb.TAKE_OUT: mark("Device taken out of service: what follows from the work is not annunciated."),
    api.Verb.RETURN: mark("Device returned to service: what is still wrong is annunciated now."),
    api.Verb.SET_LIMIT: mark("Limit changed. It holds from the next reading on."),
    api.Verb.REVERT_LIMIT: mark("The limit is as configured again."),
}
"""What the panel has buttons for, and what it says when that is done."""
NOTE_MAX = 500


@blueprint.post("/order")
def give() -> Response:
    """Give an order, then show the page again with what came of it."""
    try:
        order = _order()
    except limits.NumberError as error:
        reason = gettext("%(typed)s is no number.", typed=str(error))
        flash(gettext("Not done: %(reason)s", reason=reason), "failed")
        return redirect(local_path(request.form.get("back", "")))
    gateway: Gateway = current_app.extensions["gateway"]
    try:
        answer = gateway.order(order)
    except AgentAway:
        log.warning("order %s: the agent did not answer", order.verb.value, extra={"user": order.name})
        message = gettext("No answer from the agent: it is not known whether the order was carried out.")
        flash(message, "failed")
    else:
        _tell(order.verb, answer)
    return redirect(local_path(request.form.get("back", "")))


def _order() -> api.GiveOrder:
    form = request.form
    try:
        verb, occurrence = api.Verb(form.get("verb", "")), int(form.get("occurrence", "0"))
        seconds = float(form.get("seconds", "0"))
    except ValueError:
        abort(400)
    if verb not in _DONE or not isfinite(seconds):
        abort(400)
    return api.GiveOrder(
        verb,
        form.get("alarm", "")[:200],
        occurrence,
        " ".join(form.get("note", "").split())[:NOTE_MAX],
        form.get("device", "")[:200],
        seconds,
        name=g.user,
        place=request.remote_addr or "",
        numbers=limits.numbers_of(form) if verb is api.Verb.SET_LIMIT else {},
    )


def _tell(verb: api.Verb, answer: api.Done | api.Failed) -> None:
    if isinstance(answer, api.Failed):
        flash(gettext("Not done: %(reason)s", reason=api.in_words(answer.message, language())), "failed")
    elif answer.durable:
        flash(gettext(_DONE[verb]), "done")
    else:
        stored = gettext("The disk does not take it at present; it may be lost if the power fails.")
        flash(f"{gettext(_DONE[verb])} {stored}", "doubtful")
