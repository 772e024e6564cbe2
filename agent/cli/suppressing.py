"""Commands that keep alarms from being annunciated for a while, and show what does: each wants a reason and an end."""

from pathlib import Path

import click

from agent import api
from agent.cli import words
from agent.cli.conversation import ask, branch_now, clock_of, language_of
from agent.cli.options import socket_option
from agent.cli.tables import table
from agent.config.words import MisreadError, read_duration
from agent.core.values import show


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return read_duration(value)
        except MisreadError as error:
            return self.fail(f"{error}: write 30m, 2h or 1d", param, ctx)


_for = click.option("--for", "seconds", type=_Duration(), required=True, help="How long: 30m, 2h, 1d.")
_reason = click.option("--reason", required=True, help="Why; everybody can read it.")
_note = click.option("--note", default="", help="What you found or did.")


def _order(socket_path: Path, order: api.GiveOrder, done: str) -> None:
    told = ask(socket_path, order, api.Done)
    say = words.speaker(language_of(branch_now(socket_path).status))
    click.echo(say(done) if told.durable else f"{say(done)}{say('; the disk does not take it yet')}")


@click.command()
@socket_option
@click.argument("alarm")
@_for
@_reason
def shelve(socket_path: Path, alarm: str, seconds: float, reason: str) -> None:
    """Put ALARM (its id or code) aside: it stays on the list, but lamps and horn leave it out."""
    _order(
        socket_path, api.GiveOrder(api.Verb.SHELVE, alarm, note=reason, seconds=seconds), "put on the shelf"
    )


@click.command()
@socket_option
@click.argument("alarm")
@_note
def unshelve(socket_path: Path, alarm: str, note: str) -> None:
    """Take ALARM (its id or code) off the shelf."""
    _order(socket_path, api.GiveOrder(api.Verb.UNSHELVE, alarm, note=note), "taken off the shelf")


@click.command(name="out-of-service")
@socket_option
@click.argument("device")
@_for
@_reason
def out_of_service(socket_path: Path, device: str, seconds: float, reason: str) -> None:
    """Take DEVICE out of service: it is being worked on, and what follows from that is no news."""
    order = api.GiveOrder(api.Verb.TAKE_OUT, device=device, note=reason, seconds=seconds)
    _order(socket_path, order, "taken out of service")


@click.command(name="in-service")
@socket_option
@click.argument("device")
@_note
def in_service(socket_path: Path, device: str, note: str) -> None:
    """Return DEVICE to service: what is still wrong is annunciated now."""
    _order(socket_path, api.GiveOrder(api.Verb.RETURN, device=device, note=note), "returned to service")


@click.command()
@socket_option
def maintenance(socket_path: Path) -> None:
    """What is suppressed now, by whom, why and how long still; and the maintenance windows."""
    view = ask(socket_path, api.AskMaintenance(), api.MaintenanceView)
    language, when = language_of(view.status), clock_of(view.status)
    say = words.speaker(language)
    held = [
        (
            say(one.kind.value),
            ", ".join(one.subjects),
            one.responsible,
            one.reason,
            when(one.since),
            say("as long as it is so") if one.left is None else show(round(one.left), "s"),
        )
        for one in view.suppressions
    ]
    head = ("kind", "about", "responsible", "reason", "since", "left")
    click.echo(table(held, [say(word) for word in head]) if held else say("nothing is suppressed"))
    rows = [
        (
            one.id,
            ", ".join(one.devices),
            one.responsible,
            one.reason,
            show(one.seconds, "s"),
            say("open") if one.open else when(one.next) if one.next is not None else say("never"),
        )
        for one in view.windows
    ]
    if rows:
        head = ("window", "devices", "responsible", "reason", "duration", "opens")
        click.echo(table(rows, [say(word) for word in head]))


@click.command()
@socket_option
@click.option(
    "--over-for", "seconds", type=_Duration(), required=True, help="How long they are over: 1d, 7d."
)
@_note
def purge(socket_path: Path, seconds: float, note: str) -> None:
    """Take alarms that are long over from the list without acknowledging each (RFC 8632)."""
    _order(socket_path, api.GiveOrder(api.Verb.PURGE, note=note, seconds=seconds), "purged")


@click.command()
@socket_option
def compress(socket_path: Path) -> None:
    """Shorten the history of every listed alarm to its last entry (RFC 8632); the journal keeps all."""
    _order(socket_path, api.GiveOrder(api.Verb.COMPRESS), "compressed")


COMMANDS = (purge, compress, shelve, unshelve, out_of_service, in_service, maintenance)
