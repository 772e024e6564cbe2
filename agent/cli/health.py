"""`linewarden health`: whether the branch is watched, for programs that compare before and after."""

import json
from pathlib import Path

import click

from agent import api
from agent.cli.conversation import branch_now
from agent.cli.options import socket_option
from agent.core.model import Severity
from agent.core.suppression.nouns import OF_DEVICES


@click.command()
@socket_option
def health(socket_path: Path) -> None:
    """How well the branch is watched, as JSON.

    The roll-out compares it before and after an update: `answering` are devices with a fresh answer, `silent` the others; `critical` the alarms that an update has to wait for (none of a device that is out of service).
    """
    click.echo(json.dumps(told(branch_now(socket_path))))


def told(view: api.BranchView) -> dict[str, object]:
    """What matters of a branch for an update. A key, once there, keeps its meaning: another release reads it."""
    branch = [one for one in view.devices if not one.built_in]
    return {
        "version": view.status.version,
        "config": view.status.config,
        "boot": view.status.boot,
        "journal": view.status.journal,
        "broker": view.status.broker,
        "seq": view.status.seq,
        "epoch": view.status.epoch,
        "answering": sorted(one.id for one in branch if one.reachable and one.sampled is not None),
        "silent": sorted(one.id for one in branch if not one.reachable or one.sampled is None),
        "critical": sorted(
            one.id
            for one in view.alarms
            if not one.is_cleared and one.severity == Severity.CRITICAL.word and _is_in_need(one)
        ),
    }


def _is_in_need(alarm: api.AlarmView) -> bool:
    """A consequence is told by its cause, and people work on what is out of service."""
    return not alarm.root_cause and not any(one.kind in OF_DEVICES for one in alarm.suppressed)


COMMANDS = (health,)
