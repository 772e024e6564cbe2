"""Commands that ask the running agent: status, alarms, ack, why, devices, lamps."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from agent import api
from agent.cli.tables import table
from agent.control_client import AgentError, ControlClient
from agent.core.why import show

DEFAULT_SOCKET = "/run/linewarden/control.sock"

A = TypeVar("A")

socket_option = click.option(
    "--socket",
    "socket_path",
    type=click.Path(path_type=Path),
    default=DEFAULT_SOCKET,
    envvar="LINEWARDEN_SOCKET",
    show_default=True,
    show_envvar=True,
    help="The agent's control socket.",
)


def _ask(socket_path: Path, question: api.Question, expected: type[A]) -> A:
    try:
        with ControlClient(socket_path) as client:
            answer = client.ask(question)
    except AgentError as error:
        raise click.ClickException(str(error)) from error
    if isinstance(answer, expected):
        return answer
    message = (
        answer.message if isinstance(answer, api.Failed) else f"unexpected answer {type(answer).__name__}"
    )
    raise click.ClickException(message)


def _branch(socket_path: Path) -> api.BranchView:
    return _ask(socket_path, api.AskBranch(), api.BranchView)


def _language(view: api.Status) -> str:
    return os.environ.get("LINEWARDEN_LANGUAGE", view.language)


def _clock(status: api.Status) -> Callable[[float], str]:
    try:
        zone: tzinfo = ZoneInfo(status.timezone)
    except ZoneInfoNotFoundError:  # a minimal system has no time-zone data
        return lambda wall: datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return lambda wall: datetime.fromtimestamp(wall, zone).strftime("%Y-%m-%d %H:%M:%S")


@click.command()
@socket_option
def status(socket_path: Path) -> None:
    """How the box itself is."""
    view = _branch(socket_path)
    one, when = view.status, _clock(view.status)
    branch = [device for device in view.devices if not device.built_in]
    reachable = sum(device.reachable for device in branch)
    rows = [
        ("site", f"{one.site} ({one.name})"),
        ("version", f"{one.version}, configuration {one.config[:12]}"),
        ("running since", f"{when(one.since)} (boot {one.boot[:8]})"),
        ("clock", f"{when(one.now)} ({one.clock})"),
        ("journal", f"{one.journal}, epoch {one.epoch}, {one.seq} events"),
        ("broker", f"{one.broker}, {one.backlog} events waiting"),
        ("devices", f"{reachable} of {len(branch)} answer"),
        (
            "alarms",
            f"{sum(not alarm.is_cleared for alarm in view.alarms)} standing, {len(view.alarms)} listed",
        ),
    ]
    click.echo(table(rows))


@click.command()
@socket_option
def alarms(socket_path: Path) -> None:
    """The alarm list, the most urgent first."""
    view = _branch(socket_path)
    when, language = _clock(view.status), _language(view.status)
    rows = [
        (
            one.code,
            one.severity,
            one.state,
            when(one.last_raised),
            one.resource_name.in_language(language),
            one.text.in_language(language),
            one.id,
        )
        for one in view.alarms
    ]
    head = ("code", "severity", "state", "raised", "device", "what", "id")
    click.echo(table(rows, head) if rows else "no alarms")


@click.command()
@socket_option
@click.argument("alarm")
@click.option("--note", default="", help="What you know or will do.")
@click.option("--occurrence", default=0, help="Only this occurrence.")
def ack(socket_path: Path, alarm: str, note: str, occurrence: int) -> None:
    """Acknowledge ALARM (its id or code): you take care of it."""
    order = api.GiveOrder(api.Verb.ACKNOWLEDGE, alarm, occurrence, note)
    done = _ask(socket_path, order, api.Done)
    click.echo("acknowledged" if done.durable else "acknowledged; the disk does not take it yet")


@click.command()
@socket_option
@click.argument("alarm")
def why(socket_path: Path, alarm: str) -> None:
    """Why ALARM (its id or code) stands: reading, limit, delay, decision."""
    branch = _branch(socket_path)
    when, language = _clock(branch.status), _language(branch.status)
    told = _ask(socket_path, api.AskWhy(alarm), api.Why)
    one = told.alarm
    click.echo(f"{one.id}: {one.text.in_language(language)} ({one.severity}, {one.state}, code {one.code})")
    click.echo(table([(when(step.time), step.text.in_language(language)) for step in told.steps]))
    for label, text in (("causes", one.causes), ("first action", one.action)):
        if text.in_language(language):
            click.echo(f"{label}: {text.in_language(language)}")


@click.command()
@socket_option
@click.argument("device", required=False)
def devices(socket_path: Path, device: str | None) -> None:
    """All devices by layer, or the points of one DEVICE."""
    if device:
        language = _language(_branch(socket_path).status)
        _points(_ask(socket_path, api.AskDevice(device), api.DeviceView), language)
        return
    view = _branch(socket_path)
    when, language = _clock(view.status), _language(view.status)
    rows = [
        (
            one.layer.value,
            one.id,
            one.name.in_language(language),
            "answers" if one.reachable else one.cause or "not heard yet",
            when(one.sampled) if one.sampled else "never",
            str(sum(not alarm.is_cleared for alarm in one.alarms) or ""),
        )
        for layer in api.Layer
        for one in view.devices
        if one.layer is layer
    ]
    click.echo(table(rows, ("layer", "id", "name", "state", "last answer", "alarms")))


def _points(view: api.DeviceView, language: str) -> None:
    click.echo(
        f"{view.name.in_language(language)} ({view.profile}): {'answers' if view.reachable else view.cause or 'not heard yet'}"
    )
    rows = [
        (one.name, "" if one.value is None else show(one.value, one.unit), one.quality.value, one.cause)
        for one in view.points
    ]
    click.echo(table(rows, ("point", "value", "quality", "why not")))


@click.command()
@socket_option
@click.option("--test", is_flag=True, help="Light everything for a few seconds.")
@click.option("--silence", is_flag=True, help="Stop the horn.")
def lamps(socket_path: Path, *, test: bool, silence: bool) -> None:
    """What the stack light shows."""
    for wanted, verb in ((test, api.Verb.LAMP_TEST), (silence, api.Verb.SILENCE)):
        if wanted:
            _ask(socket_path, api.GiveOrder(verb), api.Done)
    shown = _branch(socket_path).lamps
    rows = [(lamp, getattr(shown, lamp).value) for lamp in ("red", "amber", "green")]
    click.echo(table([*rows, ("horn", "sounding" if shown.horn else "off")]))


COMMANDS = (status, alarms, ack, why, devices, lamps)
