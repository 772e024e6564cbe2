"""The page of what is not annunciated now, by whom, why and until when; and of the maintenance windows."""

from flask import Blueprint, g, render_template

from web.pages import gateway, live, times

blueprint = Blueprint("maintenance", __name__)


@blueprint.get("/maintenance")
def page() -> str:
    """The maintenance status."""
    agent = gateway()
    branch, maintenance = agent.branch(g.user), agent.maintenance()
    return render_template(
        "maintenance.html",
        view=branch,
        may=branch.may,
        maintenance=maintenance,
        times=times(branch.status),
        live=live(),
    )
