"""The one desk for orders: who may order what, through which door. Pure.

A door proves a name (the panel by login, the command line by the kernel's peer uid, a button by being in the room);
one table holds the rights of names. What the desk refuses is handed on with its reason, so that it is journalled too.
"""

from collections.abc import Mapping

import msgspec

from agent.config.site import Rights, Role
from agent.core.inputs import Door, Order, Verb

RIGHTS: Mapping[Role, frozenset[Verb]] = {
    Role.VIEWER: frozenset(),
    Role.TECHNICIAN: frozenset(
        {
            Verb.ACKNOWLEDGE,
            Verb.ACCEPT,
            Verb.SILENCE,
            Verb.RESET,
            Verb.LAMP_TEST,
            Verb.SHELVE,
            Verb.UNSHELVE,
            Verb.RETURN,
        }
    ),
    Role.SUPERVISOR: frozenset(Verb),
}
"""What each role may order."""

IN_THE_ROOM = frozenset({Verb.ACCEPT, Verb.SILENCE, Verb.RESET, Verb.LAMP_TEST})
"""What the buttons may order: nothing that outlives the lamps."""


class Desk:
    """Authorises orders.

    Args:
        rights: the table of rights, by person and door; may be replaced at any time.
    """

    def __init__(self, rights: Rights) -> None:
        self.rights = rights

    def authorise(self, order: Order) -> Order:
        """The order as the core takes it: with the reason of a refusal in `denied` where the right is missing."""
        return msgspec.structs.replace(order, denied=self._refusal(order))

    def may(self, name: str, door: Door) -> list[Verb]:
        """What somebody may order through a door; nothing for a name that nobody knows."""
        role = self.rights.role_of(name, door.value)
        return [] if role is None else [verb for verb in Verb if verb in RIGHTS[role]]

    def _refusal(self, order: Order) -> str:
        by = order.by
        if by.door is Door.BUTTON:
            return "" if order.verb in IN_THE_ROOM else "a button may not do that"
        role = self.rights.role_of(by.name, by.door.value)
        if role is None:
            return f"{by.name} has no rights through the {by.door.value}"
        if order.verb not in RIGHTS[role]:
            return f"a {role.value} may not {order.verb.value}"
        return ""
