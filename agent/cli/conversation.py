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

REMEDY = "is `linewarden run` running? else give --socket or set LINEWARDEN_SOCKET"


class RefusedError(click.ClickException):
    """The agent did not do or know it; the message is told in the reader's language."""

    def __init__(self, reason: str, told: str) -> None:
        super().__init__(plain(told))
        self.reason = reason
        """What the agent said."""


def ask(socket_path: Path, question: api.Question, expected: type[A]) -> A:
    """The answer of the agent.

    Raises:
        RefusedError: the agent gave a reason instead.
        click.ClickException: there is no agent, or the answer is another one.
    """
    try:
        with ControlClient(socket_path) as client:
            answer = client.ask(question)
    except AgentError as error:
        raise away(error) from error
    if isinstance(answer, expected):
        return answer
    if isinstance(answer, api.Failed):
        raise RefusedError(answer.message, in_words(answer.message, _language_at(socket_path)))
    raise click.ClickException(f"unexpected answer {type(answer).__name__}")


def in_words(reason: str, language: str) -> str:
    """Why something was not done: the agent's own words in English, those of the panel in Chinese."""
    return api.in_words(reason, language) if language == "zh" else reason


def _language_at(socket_path: Path) -> str:
    """The language to write in, after a question that had no answer; English where nobody says."""
    wish = words.language("")
    if wish:
        return wish
    try:
        with ControlClient(socket_path) as client:
            branch = client.ask(api.AskBranch())
    except AgentError:
        return "en"
    return language_of(branch.status) if isinstance(branch, api.BranchView) else "en"


def away(error: AgentError) -> click.ClickException:
    """That the agent does not answer, and what to do about it."""
    language = words.language("")
    told = in_words(str(error), language)
    if isinstance(error.__cause__, FileNotFoundError | ConnectionRefusedError | NotADirectoryError):
        told = f"{told}; {words.speaker(language)(REMEDY)}"
    return click.ClickException(plain(told))


def stored(done: api.Done, say: words.Say) -> str:
    """What is to be added where an order was carried out but is not on the disk yet."""
    return "" if done.durable else say("; the disk does not take it yet")


def listed(view: api.BranchView, alarm: str) -> api.AlarmView | None:
    """An alarm of the list by its id or the code of its occurrence."""
    return next((one for one in view.alarms if alarm in (one.id, one.code)), None)


def id_of(view: api.BranchView, alarm: str) -> str:
    """The id of an alarm given by id or code; as given where none such is on the list."""
    found = listed(view, alarm)
    return found.id if found else alarm


def branch_now(socket_path: Path) -> api.BranchView:
    """The branch now."""
    return ask(socket_path, api.AskBranch(), api.BranchView)


def language_of(view: api.Status) -> str:
    """The language to write in."""
    return words.language(view.language)


def clock_of(status: api.Status) -> Callable[[float], str]:
    """From seconds since 1970 to what a person of the site reads."""
    return clock(zone_of(status.timezone))
