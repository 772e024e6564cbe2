"""How a command talks with the running agent: ask, or end with what went wrong; in the site's language and time zone."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from agent import api
from agent.cli import words
from agent.cli.moments import clock, zone_of
from agent.cli.terminal import plain
from agent.control_client import AgentError, ControlClient

A = TypeVar("A")


def ask(socket_path: Path, question: api.Question, expected: type[A]) -> A:
    """The answer of the agent.

    Raises:
        click.ClickException: there is no agent, or the answer is another one.
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


def branch_now(socket_path: Path) -> api.BranchView:
    """The branch now."""
    return ask(socket_path, api.AskBranch(), api.BranchView)


def language_of(view: api.Status) -> str:
    """The language to write in."""
    return words.language(view.language)


def clock_of(status: api.Status) -> Callable[[float], str]:
    """From seconds since 1970 to what a person of the site reads."""
    return clock(zone_of(status.timezone))
