"""The panel's way to the agent: one short connection a request, and no answer that is not fresh."""

from pathlib import Path
from typing import TypeVar

from agent import api
from agent.control_client import AgentError, AgentForbidden, ControlClient
from web.errors import AgentAway, AgentShut, Unknown

A = TypeVar("A")

TREND_PATIENCE = 10.0
"""Seconds at least for trends, which a process of their own reads: more than the agent gives it."""


class Gateway:
    """Asks the agent.

    A connection is opened for each request and closed after it: that costs less than a millisecond, needs no lock
    between threads, and never meets a connection which the agent has closed meanwhile.

    Args:
        socket: the agent's control socket.
        timeout: seconds to wait for an answer.
    """

    def __init__(self, socket: Path, timeout: float) -> None:
        self._socket = socket
        self._timeout = timeout

    def branch(self, name: str = "") -> api.BranchView:
        """The branch now, and what somebody of that name may order.

        Raises:
            AgentAway: no fresh answer can be had.
        """
        return self._ask(api.AskBranch(name), api.BranchView)

    def device(self, device: str) -> api.DeviceView:
        """One device with its points.

        Raises:
            Unknown: there is no such device.
            AgentAway: no fresh answer can be had.
        """
        return self._ask(api.AskDevice(device), api.DeviceView)

    def limits(self, device: str) -> list[api.LimitView]:
        """The limits of a device that may be changed on site.

        Raises:
            Unknown: there is no such device.
            AgentAway: no fresh answer can be had.
        """
        return self._ask(api.AskLimits(device), api.LimitsView).limits

    def why(self, alarm: str) -> api.Why:
        """Why an alarm stands.

        Raises:
            Unknown: it is not on the list.
            AgentAway: no fresh answer can be had.
        """
        return self._ask(api.AskWhy(alarm), api.Why)

    def maintenance(self) -> api.MaintenanceView:
        """What is suppressed, and which windows there are.

        Raises:
            AgentAway: no fresh answer can be had.
        """
        return self._ask(api.AskMaintenance(), api.MaintenanceView)

    def figures(self) -> api.Figures:
        """What the agent counts of its own work.

        Raises:
            AgentAway: no fresh answer can be had.
        """
        return self._ask(api.AskFigures(), api.Figures)

    def trend(self, question: api.AskTrend) -> api.TrendView | api.Failed:
        """What points of a device were, or why that cannot be read now.

        Raises:
            Unknown: there is no such device or point.
            AgentAway: no fresh answer can be had.
        """
        answer = self._answer(question, TREND_PATIENCE)
        if isinstance(answer, api.TrendView) or (isinstance(answer, api.Failed) and answer.code != "unknown"):
            return answer
        if isinstance(answer, api.Failed):
            raise Unknown(answer.message)
        raise AgentAway(f"the agent answered a question about trends by {type(answer).__name__}")

    def order(self, order: api.GiveOrder) -> api.Done | api.Failed:
        """Give an order; answered once it is on the disk.

        Raises:
            AgentAway: it is not known whether the order was taken.
        """
        answer = self._answer(order)
        if isinstance(answer, api.Done | api.Failed):
            return answer
        raise AgentAway(f"the agent answered an order by {type(answer).__name__}")

    def _ask(self, question: api.Question, expected: type[A]) -> A:
        answer = self._answer(question)
        if isinstance(answer, expected):
            return answer
        if isinstance(answer, api.Failed) and answer.code == "unknown":
            raise Unknown(answer.message)
        raise AgentAway(f"the agent answered {type(question).__name__} by {answer}")

    def _answer(self, question: api.Question, patience: float = 0.0) -> api.Answer:
        try:
            with ControlClient(self._socket, max(self._timeout, patience)) as client:
                return client.ask(question)
        except AgentForbidden as error:
            raise AgentShut(str(error)) from error
        except AgentError as error:
            raise AgentAway(str(error)) from error
