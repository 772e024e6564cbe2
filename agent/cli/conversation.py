"""How a command asks the running agent, and in which language and time zone it tells the answer."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from agent import api
from agent.cli import words
from agent.cli.terminal import plain
from agent.control_client import AgentError, ControlClient

A = TypeVar("A")


def ask(socket_path: Path, question: api.Question, expected: type[A]) -> A:
    """The answer to a question.

    Raises:
        click.ClickException: nobody answers, or the agent answers that it cannot; with what it says.
    """
    try:
        with ControlClient(socket_path) as client:
            answer = client.ask(question)
    except AgentError as error:
        raise click.ClickException(plain(str(error))) from error
    if isinstance(answer, expected):
        return answer
    message = (
        answer.message if isinstance(answer, api.Failed) else f"unexpected answer {type(answer).__name__}"
    )
    raise click.ClickException(plain(message))


def branch_of(socket_path: Path) -> api.BranchView:
    """The branch now."""
    return ask(socket_path, api.AskBranch(), api.BranchView)


def language_of(view: api.Status) -> str:
    """The language to write."""
    return words.language(view.language)


def clock_of(status: api.Status) -> Callable[[float], str]:
    """From seconds since 1970 to what people at the site read."""
    try:
        zone: tzinfo = ZoneInfo(status.timezone)
    except ZoneInfoNotFoundError:  # a minimal system has no time-zone data
        return lambda wall: datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return lambda wall: datetime.fromtimestamp(wall, zone).strftime("%Y-%m-%d %H:%M:%S")
