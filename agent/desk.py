"""The one desk for orders: who may order what, through which door. Pure.

A door proves a name (the panel by login, the command line by the kernel's peer uid, a button by being in the room);
one table holds the rights of names. What the desk refuses is handed on with its reason, so that it is journalled too.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct

from agent.core.inputs import Door, Order, Verb


class Role(StrEnum):
    """What a person is to the branch."""

    VIEWER = "viewer"
    TECHNICIAN = "technician"
    SUPERVISOR = "supervisor"


RIGHTS: Mapping[Role, frozenset[Verb]] = {
    Role.VIEWER: frozenset(),
    Role.TECHNICIAN: frozenset({Verb.ACKNOWLEDGE, Verb.ACCEPT, Verb.SILENCE, Verb.LAMP_TEST}),
    Role.SUPERVISOR: frozenset(Verb),
}
"""What each role may order."""

IN_THE_ROOM = frozenset({Verb.ACCEPT, Verb.SILENCE, Verb.LAMP_TEST})
"""What the buttons may order: nothing that outlives the lamps."""


class Person(Struct, frozen=True):
    """One row of the table of rights."""

    name: str
    role: Role
    doors: frozenset[Door]


class Desk:
    """Authorises orders.

    Args:
        people: the table of rights, by name.
    """

    def __init__(self, people: Mapping[str, Person]) -> None:
        self._people = people

    def authorise(self, order: Order) -> Order:
        """The order as the core takes it: with the reason of a refusal in `denied` where the right is missing."""
        return msgspec.structs.replace(order, denied=self._refusal(order))

    def _refusal(self, order: Order) -> str:
        by = order.by
        if by.door is Door.BUTTON:
            return "" if order.verb in IN_THE_ROOM else "a button may not do that"
        person = self._people.get(by.name)
        if person is None:
            return f"{by.name} is not in the table of rights"
        if by.door not in person.doors:
            return f"{by.name} may not order through the {by.door.value}"
        if order.verb not in RIGHTS[person.role]:
            return f"a {person.role.value} may not {order.verb.value}"
        return ""
