"""Commands that keep alarms from being annunciated for a while, and show what does: each wants a reason and an end."""

from pathlib import Path

import click

from agent import api
from agent.cli import words
from agent.cli.conversation import RefusedError, ask, branch_now, clock_of, id_of, language_of, stored
from agent.cli.options import socket_option
from agent.cli.quality_report import duration
from agent.cli.tables import table
from agent.cli.terminal import plain
from agent.config.words import MisreadError, read_duration


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return read_duration(value)
        except MisreadError as error:
            return self.fail(f"{error}: write 30m, 1h30m or 1d", param, ctx)


_for = click.option("--for", "seconds", type=_Duration(), required=True, help="How long: 30m, 1h30m, 1d.")
_reason = click.option("--reason", required=True, help="Why; everybody can read it.")
_note = click.option("--note", default="", help="What you found or did.")


NOTHING = frozenset({"no alarm has been over for so long", "no alarm has a history to compress"})
"""What the agent says where there is nothing to clear up."""


_ORDERED = (api.Kind.SHELVED, api.Kind.OUT_OF_SERVICE)
"""What people put aside themselves."""


def _order(socket_path: Path, order: api.GiveOrder, done: str, about: str = "") -> None:
    told = ask(socket_path, order, api.Done)
    say = words.speaker(language_of(branch_now(socket_path).status))
    click.echo(plain(f"{about}{': ' if about else ''}{say(done)}{stored(told, say)}"))


def _clear_up(socket_path: Path, order: api.GiveOrder, done: str) -> None:
    """Where there is nothing to clear up, all is as it was wanted."""
    try:
        _order(socket_path, order, done)
    except RefusedError as error:
        if error.reason not in NOTHING:
            raise
        click.echo(error.message)


def _put_aside(socket_path: Path, order: api.GiveOrder, done: str) -> None:
    """Order it, and say what is put aside and until when."""
    told = ask(socket_path, order, api.Done)
    view = ask(socket_path, api.AskMaintenance(), api.MaintenanceView)
    language, subject = language_of(view.status), order.alarm or order.device
    found = [one for one in view.suppressions if one.kind in _ORDERED and subject in one.subjects]
    name = found[0].names[0].in_language(language) if found else ""
    left = found[0].left if found else None
    until = view.status.now + (order.seconds if left is None else left)
    say = words.speaker(language)
    said = say(done).format(time=clock_of(view.status)(until))
    click.echo(plain(f"{subject}: {said}{stored(told, say)}{f' – {name}' if name else ''}"))


@click.command()
@socket_option
@click.argument("alarm")
@_for
@_reason
def shelve(socket_path: Path, alarm: str, seconds: float, reason: str) -> None:
    """Put ALARM aside for a while, with a reason.

    ALARM is its id or its three-digit code. It stays on the list, but lamps and horn leave it out.
    """
    order = api.GiveOrder(
        api.Verb.SHELVE, id_of(branch_now(socket_path), alarm), note=reason, seconds=seconds
    )
    _put_aside(socket_path, order, "put on the shelf until {time}")


@click.command()
@socket_option
@click.argument("alarm")
@_note
def unshelve(socket_path: Path, alarm: str, note: str) -> None:
    """Take ALARM off the shelf.

    ALARM is its id or its three-digit code.
    """
    id_ = id_of(branch_now(socket_path), alarm)
    _order(socket_path, api.GiveOrder(api.Verb.UNSHELVE, id_, note=note), "taken off the shelf", id_)


@click.command(name="out-of-service")
@socket_option
@click.argument("device")
@_for
@_reason
def out_of_service(socket_path: Path, device: str, seconds: float, reason: str) -> None:
    """Take DEVICE out of service (supervisors only).

    It is being worked on, and what follows from that is no news.
    """
    order = api.GiveOrder(api.Verb.TAKE_OUT, device=device, note=reason, seconds=seconds)
    _put_aside(socket_path, order, "out of service until {time}")


@click.command(name="in-service")
@socket_option
@click.argument("device")
@_note
def in_service(socket_path: Path, device: str, note: str) -> None:
    """Return DEVICE to service.

    What is still wrong is annunciated now.
    """
    _order(
        socket_path, api.GiveOrder(api.Verb.RETURN, device=device, note=note), "returned to service", device
    )


@click.command()
@socket_option
def maintenance(socket_path: Path) -> None:
    """What is suppressed now, and the maintenance windows.

    By whom, why and how long still.
    """
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
            say("as long as it is so") if one.left is None else duration(round(one.left), say),
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
            duration(one.seconds, say),
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
    """Take alarms that are long over off the list (supervisors).

    Without acknowledging each (RFC 8632).
    """
    _clear_up(socket_path, api.GiveOrder(api.Verb.PURGE, note=note, seconds=seconds), "purged")


@click.command()
@socket_option
def compress(socket_path: Path) -> None:
    """Shorten the history of listed alarms (supervisors only).

    To its last entry (RFC 8632); the journal keeps all.
    """
    _clear_up(socket_path, api.GiveOrder(api.Verb.COMPRESS), "compressed")


COMMANDS = (purge, compress, shelve, unshelve, out_of_service, in_service, maintenance)
