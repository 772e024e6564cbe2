"""Commands that ask the running agent: status, alarms, why, devices, lamps."""

from collections.abc import Callable
from pathlib import Path

import click

from agent import api
from agent.cli import words
from agent.cli.conversation import ask, branch_now, clock_of, language_of
from agent.cli.options import socket_option
from agent.cli.tables import table
from agent.cli.terminal import plain
from agent.core.values import show


def broker_line(one: api.Status, when: Callable[[float], str], say: words.Say) -> str:
    """How the link to the broker is; when it is lost, why, and when it is tried next."""
    if one.broker == "connected":
        connected = say("connected (MQTT {version})").format(version=one.mqtt)
        return f"{connected}, {say(one.trouble)}: {one.trouble_detail}" if one.trouble else connected
    if one.broker != "lost":
        return say(one.broker)
    why_lost = f" ({say(one.trouble)}: {one.trouble_detail})" if one.trouble else ""
    again = (
        say("tried again at {time}").format(time=when(one.next_try))
        if one.next_try
        else say("being tried now")
    )
    return f"{say('lost')}{why_lost}, {again}"


@click.command()
@socket_option
def status(socket_path: Path) -> None:
    """How the box itself is."""
    view = branch_now(socket_path)
    one, when = view.status, clock_of(view.status)
    say = words.speaker(language_of(one))
    branch = [device for device in view.devices if not device.built_in]
    answering = sum(device.reachable for device in branch)
    standing = sum(not alarm.is_cleared for alarm in view.alarms)
    rows = [
        ("site", f"{one.site} ({one.name})"),
        (
            "version",
            say("{version}, configuration {config}").format(version=one.version, config=one.config[:12]),
        ),
        ("running since", say("{time} (boot {boot})").format(time=when(one.since), boot=one.boot[:8])),
        ("clock", f"{when(one.now)} ({say(one.clock)})"),
        (
            "journal",
            say("{journal}, epoch {epoch}, {seq} events").format(
                journal=say(one.journal), epoch=one.epoch, seq=one.seq
            ),
        ),
        (
            "broker",
            say("{broker}, {backlog} events waiting").format(
                broker=broker_line(one, when, say), backlog=one.backlog
            ),
        ),
        ("devices", say("{answering} of {all} answer").format(answering=answering, all=len(branch))),
        (
            "alarms",
            say("{standing} standing, {listed} listed").format(standing=standing, listed=len(view.alarms)),
        ),
    ]
    rows += [("card", text) for text in _written(socket_path, language_of(one))]
    click.echo(table([(say(label), text) for label, text in rows]))


def _written(socket_path: Path, language: str) -> list[str]:
    """What is written to the card in a day, where the kernel counts it."""
    box = ask(socket_path, api.AskDevice("box"), api.DeviceView)
    say = words.speaker(language)
    return [
        say("{amount} written").format(amount=_value(point, language))
        for point in box.points
        if point.name == "card.written" and point.quality is api.Quality.GOOD
    ]


@click.command()
@socket_option
def alarms(socket_path: Path) -> None:
    """The alarm list, the most urgent first.

    A consequence stands below the alarm that it follows from, whose code it names.
    """
    view = branch_now(socket_path)
    codes = {one.id: one.code for one in view.alarms}
    when, language = clock_of(view.status), language_of(view.status)
    say = words.speaker(language)
    rows = [
        (
            one.code,
            say(one.severity),
            _standing(one, say),
            when(one.last_raised),
            one.resource_name.in_language(language),
            one.text.in_language(language),
            ", ".join(codes.get(cause.alarm, cause.alarm) for cause in one.root_cause),
            one.id,
        )
        for one in api.in_order(view.alarms)
    ]
    head = ("code", "severity", "state", "raised", "device", "what", "follows from", "id")
    click.echo(table(rows, [say(word) for word in head]) if rows else say("no alarms"))


def _standing(alarm: api.AlarmView, say: words.Say) -> str:
    """Its state, and what keeps it from being annunciated."""
    ways = dict.fromkeys(one.kind.value for one in alarm.suppressed)
    return ", ".join(map(say, (alarm.state, *ways)))


@click.command()
@socket_option
@click.argument("alarm")
def why(socket_path: Path, alarm: str) -> None:
    """Say why ALARM stands: reading, limit, delay, decision.

    ALARM is its id or its three-digit code.
    """
    branch = branch_now(socket_path)
    when, language = clock_of(branch.status), language_of(branch.status)
    told = ask(socket_path, api.AskWhy(alarm), api.Why)
    one, say = told.alarm, words.speaker(language)
    state = f"{say(one.severity)}, {say(one.state)}, {say('code')} {one.code}"
    name, title = one.resource_name.in_language(language), one.text.in_language(language)
    if name not in title:
        title = f"{name}{'：' if language == 'zh' else ': '}{title}"
    click.echo(plain(f"{one.id}: {title} ({state})"))
    click.echo(table([(when(step.time), step.text.in_language(language)) for step in told.steps]))
    for label, text in (("causes", one.causes), ("first action", one.action)):
        if text.in_language(language):
            click.echo(plain(f"{say(label)}: {text.in_language(language)}"))


@click.command()
@socket_option
@click.argument("device", required=False)
def devices(socket_path: Path, device: str | None) -> None:
    """All devices by layer, or the points of one DEVICE."""
    if device:
        status = branch_now(socket_path).status
        found = ask(socket_path, api.AskDevice(device), api.DeviceView)
        _points(found, language_of(status), clock_of(status))
        return
    view = branch_now(socket_path)
    when, language = clock_of(view.status), language_of(view.status)
    say = words.speaker(language)
    rows = [
        (
            say(one.layer.value),
            one.id,
            one.name.in_language(language),
            _state_and_service(one, say),
            when(one.sampled) if one.sampled else say("never"),
            str(sum(not alarm.is_cleared for alarm in one.alarms) or ""),
        )
        for layer in api.Layer
        for one in view.devices
        if one.layer is layer
    ]
    head = ("layer", "id", "name", "state", "last answer", "alarms")
    click.echo(table(rows, [say(word) for word in head]))


def _state_and_service(device: api.DeviceView, say: words.Say) -> str:
    """Its state, and why what it says is not annunciated."""
    ways = dict.fromkeys(_SERVICE[one.kind] for one in device.suppressed if one.kind in _SERVICE)
    return ", ".join((_state(device, say), *map(say, ways)))


_SERVICE = {api.Kind.WINDOW: "in a maintenance window", api.Kind.OUT_OF_SERVICE: "out of service"}


def _state(device: api.DeviceView, say: words.Say) -> str:
    """Whether it answers; if not, the cause, then what the wire said."""
    if device.reachable:
        return say("answers")
    cause, _, detail = device.cause.partition(": ")
    if not cause:
        return say("not heard yet")
    return f"{say(cause)}: {detail}" if detail and detail != cause else say(cause)


def _points(view: api.DeviceView, language: str, when: Callable[[float], str]) -> None:
    say = words.speaker(language)
    click.echo(plain(f"{view.name.in_language(language)} ({view.profile}): {_state_and_service(view, say)}"))
    rows = [
        (
            one.name,
            _value(one, language),
            say(one.quality.value),
            say(one.cause),
        )
        for one in view.points
    ]
    click.echo(table(rows, [say(word) for word in ("point", "value", "quality", "why not")]))
    for passed in view.passed:
        click.echo(plain(f"{when(passed.time)} {passed.text.in_language(language)}"))


def _value(point: api.PointView, language: str) -> str:
    """A value with its unit; a time in the language of the reader."""
    shown = "" if point.value is None else show(point.value, point.unit)
    return api.in_chinese(shown) if language == "zh" and point.unit in api.TIME else shown


@click.command()
@socket_option
@click.option("--test", is_flag=True, help="Light everything for a few seconds.")
@click.option("--silence", is_flag=True, help="Stop the horn.")
@click.option("--reset", is_flag=True, help="Take away what is acknowledged and normal again.")
def lamps(socket_path: Path, *, test: bool, silence: bool, reset: bool) -> None:
    """What the stack light shows."""
    orders = ((test, api.Verb.LAMP_TEST), (silence, api.Verb.SILENCE), (reset, api.Verb.RESET))
    for wanted, verb in orders:
        if wanted:
            ask(socket_path, api.GiveOrder(verb), api.Done)
    view = branch_now(socket_path)
    shown, say = view.lamps, words.speaker(language_of(view.status))
    rows = [(say(lamp), say(getattr(shown, lamp).value)) for lamp in ("red", "amber", "green", "blue")]
    click.echo(table([*rows, (say("horn"), say(_sound(shown)))]))


def _sound(shown: api.Indication) -> str:
    if shown.horn:
        return "sounding"
    return "ringback" if shown.ringback else "quiet"


COMMANDS = (status, alarms, why, devices, lamps)
