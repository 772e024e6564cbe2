"""The page of one device: whether it answers, its alarms and why they stand, its points."""

from collections.abc import Sequence

from flask import Blueprint, g, render_template

from agent import api
from web.errors import Unknown
from web.gateway import Gateway
from web.pages import gateway, live, times

blueprint = Blueprint("device", __name__)


@blueprint.get("/device/<id_>")
def page(id_: str) -> str:
    """One device."""
    agent = gateway()
    branch, device = agent.branch(g.user), agent.device(id_)
    names = {one.id: one.name for one in branch.devices}
    return render_template(
        "device.html",
        view=branch,
        may=branch.may,
        device=device,
        times=times(branch.status),
        alarms=api.in_order(device.alarms),
        limits=agent.limits(id_),
        steps={alarm.id: _steps(agent, alarm) for alarm in device.alarms},
        needs=[(one, names.get(one, api.Text(one, one))) for one in device.depends_on],
        carries=[(one.id, one.name) for one in branch.devices if id_ in one.depends_on],
        live=live(),
    )


def _steps(agent: Gateway, alarm: api.AlarmView) -> Sequence[api.WhyStep]:
    try:
        return agent.why(alarm.id).steps
    except Unknown:  # it left the list between two questions
        return ()
