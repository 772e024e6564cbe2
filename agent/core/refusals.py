"""How an order is refused: with the reason, and journalled."""

from agent.core.events import OrderRefused
from agent.core.inputs import Order
from agent.core.model import Instant


def refused(given: Order, reason: str, now: Instant) -> OrderRefused:
    """The event of an order that is not carried out."""
    return OrderRefused(
        at=now, order=given.id, verb=given.verb, by=given.by, reason=reason, alarm=given.alarm
    )
