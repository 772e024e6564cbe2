"""The command that exports trends, as part of `export`."""

import time
from datetime import timedelta
from pathlib import Path
from typing import IO

import click

from agent import api, trend_export
from agent.cli import words
from agent.cli.conversation import RefusedError, away, in_words
from agent.cli.moments import moment, zone_of
from agent.cli.options import socket_option
from agent.control_client import AgentError, ControlClient

STEPS = {"5m": 300, "1h": 3600}
BUSY_TRIES = 20
BUSY_PAUSE = 0.5
"""Seconds between two tries while others ask too."""


@click.command()
@socket_option
@click.option("--device", "devices", multiple=True, required=True, help="Id of a device; may be repeated.")
@click.option("--point", "points", multiple=True, help="Only this point; may be repeated.")
@click.option(
    "--from", "begin", default="", help="ISO 8601, in the site's time zone unless it says. [a day back]"
)
@click.option("--to", "end", default="", help="Likewise. [now]")
@click.option("--step", type=click.Choice(list(STEPS)), default="5m", show_default=True)
@click.option(
    "--output", type=click.File("w", encoding="utf-8", lazy=True), default="-", help="A file. [stdout]"
)
def trends(
    *,
    socket_path: Path,
    devices: tuple[str, ...],
    points: tuple[str, ...],
    begin: str,
    end: str,
    step: str,
    output: IO[str],
) -> None:
    """Write what devices told as CSV, rolled up.

    Lowest, mean and highest of each point and bucket.
    """
    try:
        with ControlClient(socket_path) as client:
            branch = client.ask(api.AskBranch())
            if not isinstance(branch, api.BranchView):
                raise click.ClickException("the agent does not say which site it watches")
            zone, language = zone_of(branch.status.timezone), branch.status.language
            until = moment(end, zone, "--to") or branch.status.now
            since = moment(begin, zone, "--from") or until - timedelta(days=1).total_seconds()
            output.write(trend_export.head())
            for device in devices:
                question = api.AskTrend(device, points, since, until, step=STEPS[step])
                for view in trend_export.pages(lambda asked: _ask(client, asked, language), question):
                    output.write(trend_export.lines(view, zone))
    except AgentError as error:
        raise away(error) from error


def _ask(client: ControlClient, question: api.AskTrend, site_language: str) -> api.TrendView:
    for _ in range(BUSY_TRIES):
        answer = client.ask(question)
        if isinstance(answer, api.TrendView):
            return answer
        if not isinstance(answer, api.Failed) or answer.code != "busy":
            break
        time.sleep(BUSY_PAUSE)
    if isinstance(answer, api.Failed):
        raise RefusedError(answer.message, in_words(answer.message, words.language(site_language)))
    raise click.ClickException("unexpected answer")
