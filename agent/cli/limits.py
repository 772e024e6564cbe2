"""Commands that tell and change the limits of alarms on site (ISA-18.2, management of change)."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from agent import api
from agent.cli import words
from agent.cli.conversation import ask, branch_now, clock_of, id_of, language_of
from agent.cli.limit_words import number
from agent.cli.options import socket_option
from agent.cli.tables import table
from agent.cli.terminal import plain
from agent.core.values import read_number

_reason = click.option("--reason", required=True, help="Why; it is kept in the journal.")


@click.group(invoke_without_command=True)
@socket_option
@click.option("--device", default="", help="Only of this device.")
@click.option("--changed", is_flag=True, help="Only what was changed on site.")
@click.pass_context
def limits(context: click.Context, socket_path: Path, device: str, *, changed: bool) -> None:
    """Limits and delays that may be changed on site.

    In force, configured, and who changed what and why. A star marks what was changed on site. What is not listed only
    the configuration changes.
    """
    context.obj = socket_path
    if context.invoked_subcommand is not None:
        return
    view = branch_now(socket_path)
    say, when = words.speaker(language_of(view.status)), clock_of(view.status)
    found = ask(socket_path, api.AskLimits(device), api.LimitsView).limits
    rows = [row for one in found if one.is_local or not changed for row in _rows(one, say, when)]
    head = ("alarm", "number", "in force", "configured", "bounds", "changed on site")
    nothing = "nothing was changed on site" if changed else "nothing may be changed on site"
    click.echo(table(rows, [say(word) for word in head]) if rows else say(nothing))


def _rows(one: api.LimitView, say: words.Say, when: Callable[[float], str]) -> Iterator[tuple[str, ...]]:
    for at, each in enumerate(one.numbers):
        bounds = "–"
        if each.low is not None and each.high is not None:
            bounds = f"{_shown(each, each.low, say)} … {_shown(each, each.high, say)}"
        in_force = ("* " if each.by else "") + _shown(each, each.value, say)
        change = f"{each.by.name}, {when(each.at)}: {each.reason}" if each.by else ""
        id_ = one.alarm if at == 0 else ""
        yield id_, each.name, in_force, _shown(each, each.configured, say), bounds, change


def _shown(one: api.NumberView, value: float, say: words.Say) -> str:
    return number(one.name, value, one.unit, say)


@limits.command("set")
@click.argument("alarm")
@click.argument("numbers", nargs=-1, required=True, metavar="NAME=VALUE...")
@_reason
@click.pass_obj
def set_(socket_path: Path, alarm: str, numbers: tuple[str, ...], reason: str) -> None:
    """Change numbers of ALARM on site (supervisors only).

    ALARM is its id or its three-digit code. Values are in the unit of the point, such as raise_above=70; times, as
    delays and battery runtimes are, in seconds or with units, such as on_delay=5m or raise_below=1h30m. Shows what was
    in force, what is now, and what the configuration says; the next reading is judged by it.
    """
    view = branch_now(socket_path)
    id_ = id_of(view, alarm)
    before = _numbers(socket_path, id_)
    given = dict(_number(one, before) for one in numbers)
    order = api.GiveOrder(api.Verb.SET_LIMIT, id_, note=reason, numbers=given)
    _carry_out(socket_path, order, "changed", before, words.speaker(language_of(view.status)))


@limits.command()
@click.argument("alarm")
@_reason
@click.pass_obj
def revert(socket_path: Path, alarm: str, reason: str) -> None:
    """Have ALARM judged as configured again (supervisors only).

    ALARM is its id or its three-digit code.
    """
    view = branch_now(socket_path)
    id_ = id_of(view, alarm)
    order = api.GiveOrder(api.Verb.REVERT_LIMIT, id_, note=reason)
    say = words.speaker(language_of(view.status))
    _carry_out(socket_path, order, "reverted", _numbers(socket_path, id_), say)


def _number(text: str, known: Mapping[str, api.NumberView]) -> tuple[str, float]:
    """A number by name; one that is not known may be a time: the agent says what is wrong with it."""
    name, _, value = text.partition("=")
    unit = known[name].unit if name in known else "s"
    try:
        number = read_number(value, unit)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise click.BadParameter(plain(f"{text} is not of the form raise_above=70 or on_delay=5m"))
    return name, number


def _carry_out(
    socket_path: Path,
    order: api.GiveOrder,
    what: str,
    before: Mapping[str, api.NumberView],
    say: words.Say,
) -> None:
    done = ask(socket_path, order, api.Done)
    after = _numbers(socket_path, order.alarm)
    click.echo(
        plain(f"{order.alarm}: {say(what if done.durable else f'{what}; the disk does not take it yet')}")
    )
    click.echo(table(list(_difference(before, list(after.values()), say))))


def _numbers(socket_path: Path, alarm: str) -> Mapping[str, api.NumberView]:
    found = ask(socket_path, api.AskLimits(), api.LimitsView).limits
    return {number.name: number for one in found if one.alarm == alarm for number in one.numbers}


def _difference(
    before: Mapping[str, api.NumberView], after: Sequence[api.NumberView], say: words.Say
) -> Iterator[tuple[str, ...]]:
    """One row for each number that is another one than before."""
    for one in after:
        old = before[one.name].value if one.name in before else one.configured
        if old != one.value:
            configured = say("configured: {value}").format(value=_shown(one, one.configured, say))
            yield f"  {one.name}", _shown(one, old, say), "→", _shown(one, one.value, say), configured


COMMANDS = (limits,)
