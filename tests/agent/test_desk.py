"""Who may order what, through which door."""

import pytest

from agent.config.site import Rights, Role
from agent.core.inputs import Door, Order, Origin, Verb
from agent.desk import Desk

RIGHTS = Rights(
    people={"li.na": Role.TECHNICIAN, "wang": Role.SUPERVISOR, "guest": Role.VIEWER},
    doors={"cli": Role.TECHNICIAN},
)


@pytest.mark.parametrize(
    ("name", "door", "verb", "reason"),
    [
        ("li.na", Door.PANEL, Verb.ACKNOWLEDGE, ""),
        ("li.na", Door.PANEL, Verb.CLOSE, "a technician may not close"),
        ("wang", Door.PANEL, Verb.CLOSE, ""),
        ("wang", Door.CLI, Verb.CLOSE, "a technician may not close"),
        ("guest", Door.PANEL, Verb.SILENCE, "a viewer may not silence"),
        ("stranger", Door.PANEL, Verb.ACKNOWLEDGE, "stranger has no rights through the panel"),
        ("button", Door.BUTTON, Verb.ACCEPT, ""),
        ("button", Door.BUTTON, Verb.SILENCE, ""),
        ("button", Door.BUTTON, Verb.LAMP_TEST, ""),
        ("button", Door.BUTTON, Verb.RESET, ""),
        ("li.na", Door.PANEL, Verb.RESET, ""),
        ("guest", Door.PANEL, Verb.RESET, "a viewer may not reset"),
        ("wang", Door.PANEL, Verb.SET_LIMIT, ""),
        ("wang", Door.PANEL, Verb.REVERT_LIMIT, ""),
        ("wang", Door.CLI, Verb.SET_LIMIT, "a technician may not set-limit"),
        ("li.na", Door.PANEL, Verb.SET_LIMIT, "a technician may not set-limit"),
        ("li.na", Door.PANEL, Verb.REVERT_LIMIT, "a technician may not revert-limit"),
        ("button", Door.BUTTON, Verb.SET_LIMIT, "a button may not do that"),
        ("button", Door.BUTTON, Verb.REVERT_LIMIT, "a button may not do that"),
        ("button", Door.BUTTON, Verb.ACKNOWLEDGE, "a button may not do that"),
        ("button", Door.BUTTON, Verb.CLOSE, "a button may not do that"),
        ("button", Door.PANEL, Verb.ACCEPT, "button has no rights through the panel"),
    ],
)
def test_an_order_needs_the_right_of_the_person_and_of_the_door(
    name: str, door: Door, verb: Verb, reason: str
) -> None:
    """The lower of the two counts; whoever is in the room may do what a button does."""
    assert Desk(RIGHTS).authorise(Order("1", verb, Origin(name, door))).denied == reason
