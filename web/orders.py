"""Orders: what a person at the panel tells the agent to do, and what came of it."""

import logging

from flask import Blueprint, abort, current_app, flash, g, redirect, request
from werkzeug.wrappers import Response

from agent import api
from web import limits, reasons
from web.errors import AgentAway
from web.gateway import Gateway
from web.guard import local_path
from web.i18n import gettext

log = logging.getLogger(__name__)

blueprint = Blueprint("orders", __name__)

VERBS = frozenset(
    {
        api.Verb.ACKNOWLEDGE,
        api.Verb.SILENCE,
        api.Verb.RESET,
        api.Verb.LAMP_TEST,
        api.Verb.SET_LIMIT,
        api.Verb.REVERT_LIMIT,
    }
)
"""What the panel has buttons for."""
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
    except ValueError:
        abort(400)
    if verb not in VERBS:
        abort(400)
    note = " ".join(form.get("note", "").split())[:NOTE_MAX]
    return api.GiveOrder(
        verb,
        form.get("alarm", "")[:200],
        occurrence,
        note,
        name=g.user,
        place=request.remote_addr or "",
        numbers=limits.numbers_of(form) if verb is api.Verb.SET_LIMIT else {},
    )


def _tell(verb: api.Verb, answer: api.Done | api.Failed) -> None:
    if isinstance(answer, api.Failed):
        flash(gettext("Not done: %(reason)s", reason=reasons.tell(answer.message)), "failed")
    elif answer.durable:
        flash(_done(verb), "done")
    else:
        stored = gettext("The disk does not take it at present; it may be lost if the power fails.")
        flash(f"{_done(verb)} {stored}", "doubtful")


def _done(verb: api.Verb) -> str:
    match verb:
        case api.Verb.ACKNOWLEDGE:
            return gettext("Alarm acknowledged.")
        case api.Verb.SILENCE:
            return gettext("Horn silenced. It sounds again with the next alarm.")
        case api.Verb.SET_LIMIT:
            return gettext("Limit changed. It holds from the next reading on.")
        case api.Verb.REVERT_LIMIT:
            return gettext("The limit is as configured again.")
        case api.Verb.RESET:
            return gettext("Lamps reset: what is acknowledged and normal again is no longer shown.")
        case _:
            return gettext("Lamp test is running: all lamps and the horn for a few seconds.")
