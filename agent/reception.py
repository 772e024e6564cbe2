"""Who answers the control socket: what the box knows, and orders on their way to the desk and through the core."""

import logging
from collections.abc import Awaitable, Callable
from uuid import uuid4

import msgspec

from agent import api
from agent.clock import Clock
from agent.control import Caller, origin
from agent.core.inputs import Door, Order, Origin
from agent.corridor import Corridor
from agent.desk import Desk
from agent.order_gate import OrderGate, too_long
from agent.outlook import Outlook
from agent.support import living

log = logging.getLogger(__name__)


class Reception:
    """Answers questions and takes orders.

    Args:
        outlook: what the box can say of itself.
        desk: authorises orders.
        corridor: carries them out.
        clock: tells how fast they come.
        panel_user: the unix user that may speak for others; may be replaced at any time.
        trend: answers what points were.
        figures: what the agent counts of its own work.
    """

    def __init__(
        self,
        outlook: Outlook,
        desk: Desk,
        corridor: Corridor,
        clock: Clock,
        panel_user: str,
        *,
        trend: Callable[[api.AskTrend], Awaitable[api.Answer | msgspec.Raw]],
        figures: Callable[[], api.Figures],
    ) -> None:
        self._outlook, self._desk, self._corridor, self._clock = outlook, desk, corridor, clock
        self.panel_user = panel_user
        self._trend, self._figures = trend, figures
        self._gate = OrderGate()

    async def answer(self, question: api.Question, caller: Caller) -> api.Answer | msgspec.Raw:
        """The answer to one question of one caller."""
        match question:
            case api.GiveOrder():
                return await self._take_order(question, caller)
            case api.AskTrend():
                return await self._trend(question)
            case api.AskFigures() | api.AskSupport() | api.Watch():
                return self._of_the_agent(question)
            case _:
                return self._of_the_branch(question)

    def _of_the_branch(
        self, question: api.AskBranch | api.AskDevice | api.AskLimits | api.AskWhy | api.AskMaintenance
    ) -> api.Answer:
        match question:
            case api.AskBranch():
                may = self._desk.may(question.name, Door.PANEL)
                return msgspec.structs.replace(self._outlook.branch(), may=may)
            case api.AskDevice():
                device = self._outlook.device_view(question.device)
                return device or api.Failed("unknown", f"no device {question.device}")
            case api.AskLimits():
                limits = self._outlook.limits(question.device)
                return limits or api.Failed("unknown", f"no device {question.device}")
            case api.AskWhy():
                why = self._outlook.why(question.alarm)
                return why or api.Failed("unknown", f"no alarm {question.alarm}")
            case api.AskMaintenance():
                return self._outlook.maintenance()

    def _of_the_agent(self, question: api.AskFigures | api.AskSupport | api.Watch) -> api.Answer:
        match question:
            case api.AskFigures():
                return self._figures()
            case api.AskSupport():
                return api.Support(living.gather())
            case api.Watch():
                return api.Failed("busy", "the socket itself tells changes")

    async def _take_order(self, question: api.GiveOrder, caller: Caller) -> api.Answer:
        by = origin(caller, question, self.panel_user)
        if by is None:
            return api.Failed("refused", f"{caller.name} may not speak for {question.name}")
        long = too_long(question.alarm, question.device, question.note, by.name, by.place)
        if long:
            return api.Failed("malformed", f"the {long} is longer than anybody types")
        order = self._desk.authorise(self._order(question, by))
        who = f"{by.door.value} {by.name} {caller.uid}"
        if not self._gate.admits(who, self._clock.mono(), denied=bool(order.denied)):
            log.warning("too many orders at once, not taken", extra={"by": by.name})
            return api.Failed(
                "refused" if order.denied else "busy", order.denied or "too many orders at once"
            )
        return await self._corridor.order(order)

    def _order(self, question: api.GiveOrder, by: Origin) -> Order:
        return Order(
            id=uuid4().hex,
            verb=question.verb,
            by=by,
            alarm=self._outlook.alarm_id(question.alarm),
            occurrence=question.occurrence,
            note=question.note,
            device=question.device,
            seconds=question.seconds,
            numbers=question.numbers,
        )
