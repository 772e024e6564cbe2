"""Commands by which a person deals with an alarm: ack, close."""

from pathlib import Path

import click

from agent import api
from agent.cli import words
from agent.cli.conversation import ask, branch_now, id_of, language_of, listed, stored
from agent.cli.options import socket_option
from agent.cli.terminal import plain

_occurrence = click.option(
    "--occurrence", default=0, type=click.IntRange(0, api.OCCURRENCE_MAX), help="Only this occurrence."
)


@click.command()
@socket_option
@click.argument("alarm")
@click.option("--note", default="", help="What you know or will do.")
@_occurrence
def ack(socket_path: Path, alarm: str, note: str, occurrence: int) -> None:
    """Acknowledge ALARM: you take care of it.

    ALARM is its id or its three-digit code.
    """
    order = api.GiveOrder(api.Verb.ACKNOWLEDGE, alarm, occurrence, note)
    done = ask(socket_path, order, api.Done)
    say = words.speaker(language_of(branch_now(socket_path).status))
    click.echo(say("acknowledged" if done.durable else "acknowledged; the disk does not take it yet"))


@click.command()
@socket_option
@click.argument("alarm")
@click.option("--note", default="", help="What you found or did.")
@_occurrence
def close(socket_path: Path, alarm: str, note: str, occurrence: int) -> None:
    """Close ALARM: it is dealt with (supervisors only).

    ALARM is its id or its three-digit code. It leaves the list when it is over; one that no reading ends leaves it
    now, but not while it is still so.
    """
    id_ = id_of(branch_now(socket_path), alarm)
    told = ask(socket_path, api.GiveOrder(api.Verb.CLOSE, id_, occurrence, note), api.Done)
    view = branch_now(socket_path)
    say = words.speaker(language_of(view.status))
    stands = listed(view, id_) is not None
    done = "closed; it leaves the list when it is over" if stands else "closed; it is off the list"
    click.echo(plain(f"{id_}: {say(done)}{stored(told, say)}"))


COMMANDS = (ack, close)
