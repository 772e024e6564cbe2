"""The first page: the branch now."""

from flask import Blueprint, g, render_template

from agent import api
from web.headline import headline, watching
from web.pages import gateway, live, times

blueprint = Blueprint("branch", __name__)


@blueprint.get("/")
def page() -> str:
    """What is wrong, since when, and what to do first."""
    view = gateway().branch(g.user)
    layers = [(layer, [device for device in view.devices if device.layer is layer]) for layer in api.Layer]
    return render_template(
        "branch.html",
        view=view,
        may=view.may,
        times=times(view.status),
        headline=headline(view),
        blind=watching(view).is_blind and bool(view.alarms),
        alarms=api.in_order(view.alarms),
        layers=[(layer, devices) for layer, devices in layers if devices],
        live=live(),
    )
