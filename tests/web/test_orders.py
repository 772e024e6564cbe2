"""Orders from the panel to the real desk and core, and how their outcome is told."""

import pytest
from flask import Flask

from agent.config.site import Role
from agent.core.inputs import Door, Verb
from tests.web.panel_person import Person
from tests.web.panel_room import Room


@pytest.fixture(autouse=True)
def mains_cut(room: Room) -> Room:
    """The branch with one alarm."""
    room.values["ups-1"]["ups.status"] = "OB"
    return room.live(30)


def test_an_alarm_is_acknowledged_with_who_where_and_a_note(mains_cut: Room, person: Person) -> None:
    """The agent gets the proved name; the page tells what was done."""
    page = person.order("acknowledge", alarm="ups-1.on-battery", occurrence="1", note="  on my\nway ")
    assert "Alarm acknowledged." in page
    assert "Acknowledged by demo (panel) at 16:01" in page
    assert "<q>on my way</q>" in page
    order = mains_cut.orders[0]
    assert (order.verb, order.by.name, order.by.door) == (Verb.ACKNOWLEDGE, "demo", Door.PANEL)
    assert order.by.place == "127.0.0.1"
    assert 'value="acknowledge"' not in page


def test_an_alarm_is_closed_by_a_supervisor_with_a_note(mains_cut: Room, person: Person) -> None:
    """The card says by whom, and offers it no more; it leaves the list when it is over."""
    mains_cut.entitle(Role.TECHNICIAN, "demo")
    assert 'value="close"' not in person.get("/").text
    mains_cut.entitle(Role.SUPERVISOR, "demo")
    assert 'id="close-ups-1.on-battery"' in person.get("/").text
    page = person.order("close", alarm="ups-1.on-battery", occurrence="1", note="known works")
    assert "Alarm closed." in page
    assert "Closed by demo (panel) at 16:01" in page
    assert "<q>known works</q>" in page
    assert (mains_cut.orders[0].verb, mains_cut.orders[0].note) == (Verb.CLOSE, "known works")
    assert 'value="close"' not in page
    assert "Somebody has closed this alarm already." in person.order("close", alarm="ups-1.on-battery")
    mains_cut.values["ups-1"]["ups.status"] = "OL"
    mains_cut.live(60)
    assert 'id="alarm-ups-1.on-battery"' not in person.get("/").text


def test_what_is_still_so_is_not_closed_for_good(mains_cut: Room, person: Person) -> None:
    """An alarm that no reading ends; a person cannot end it either while it holds."""
    mains_cut.entitle(Role.SUPERVISOR, "demo")
    mains_cut.keep("ups-1", "on-battery")
    page = person.order("close", alarm="ups-1.on-battery", occurrence="1")
    assert "Not done: It is still so: closing does not end it." in page
    mains_cut.values["ups-1"]["ups.status"] = "OL"
    mains_cut.live(60)
    page = person.order("close", alarm="ups-1.on-battery", occurrence="1")
    assert "Alarm closed." in page
    assert 'id="alarm-ups-1.on-battery"' not in page


def test_what_is_over_is_acknowledged_not_closed(mains_cut: Room, person: Person) -> None:
    """One button for it is enough."""
    mains_cut.entitle(Role.SUPERVISOR, "demo")
    mains_cut.values["ups-1"]["ups.status"] = "OL"
    page = (mains_cut.live(60), person.get("/").text)[1]
    assert 'value="acknowledge"' in page
    assert 'value="close"' not in page


def test_silence_and_lamp_test_are_done_and_shown(person: Person) -> None:
    """The horn stops; then all lamps are lit."""
    page = person.order("silence")
    assert "Horn silenced." in page
    assert 'class="lamp horn off"' in page
    page = person.order("lamp-test")
    assert "Lamp test is running" in page
    assert 'class="lamp amber steady"' in page


def test_a_reset_is_offered_where_the_sequence_asks_for_it(mains_cut: Room, person: Person) -> None:
    """Not in sequence A; in R the lamp flashes slowly and the horn gives bursts until somebody resets it."""
    assert 'value="reset"' not in person.get("/").text
    assert "There is nothing to reset" in person.order("reset")
    mains_cut.annunciate("R")
    person.order("acknowledge", alarm="ups-1.on-battery", occurrence="1")
    mains_cut.values["ups-1"]["ups.status"] = "OL"
    mains_cut.live(30)
    page = person.get("/").text
    assert 'value="reset"' in page
    assert all(word in page for word in ("flashing slowly", "short bursts", "somebody has to act"))
    page = person.order("reset")
    assert "Lamps reset" in page
    assert not any(word in page for word in ("flashing slowly", "short bursts", "somebody has to act"))


def test_an_order_that_only_memory_holds_is_told_so(mains_cut: Room, person: Person) -> None:
    """Done, but a power cut may lose it."""
    mains_cut.durable = False
    assert "may be lost if the power fails" in person.order("acknowledge", alarm="ups-1.on-battery")


@pytest.mark.parametrize(
    ("user", "fields", "expected"),
    [
        ("demo", {"alarm": "none"}, "Not done: This alarm is no longer on the list."),
        ("demo", {"alarm": "ups-1.on-battery", "occurrence": "7"}, "has come anew meanwhile (occurrence 1)"),
        ("nobody", {"alarm": "ups-1.on-battery"}, "nobody has no rights to give orders"),
    ],
)
def test_a_refusal_is_told_in_words_for_the_room(
    app: Flask, user: str, fields: dict[str, str], expected: str
) -> None:
    """The reason comes from the agent; nothing was changed."""
    person = Person(app)
    person.login(user)
    page = person.order("acknowledge", **fields)
    assert expected in page
    assert "Acknowledged by" not in page


def test_an_acknowledgement_that_came_second_is_told(app: Flask, person: Person) -> None:
    """Two people with two phones; the second is told in Chinese."""
    person.order("acknowledge", alarm="ups-1.on-battery")
    second = Person(app, "zh")
    second.login()
    assert "未执行：该告警已有人确认。" in second.order("acknowledge", alarm="ups-1.on-battery")


def test_a_panel_that_the_agent_does_not_know_is_told_how_to_mend_it(mains_cut: Room, person: Person) -> None:
    """The process runs as another user than the site file says."""
    mains_cut.panel_user = "somebody-else"
    assert "Set [panel] user in the site file." in person.order("silence")


@pytest.mark.parametrize(
    "fields", [{"verb": "explode"}, {"verb": ""}, {"verb": "purge"}, {"verb": "silence", "occurrence": "x"}]
)
def test_what_is_no_order_of_the_panel_is_refused(room: Room, person: Person, fields: dict[str, str]) -> None:
    """It does not reach the agent."""
    assert person.post("/order", **fields).status_code == 400
    assert room.orders == []


def test_without_an_answer_nothing_is_claimed(person: Person, room: Room) -> None:
    """Whether the order was carried out is not known then."""
    room.socket.unlink()
    response = person.post("/order", verb="silence", back="/")
    assert response.status_code == 302
    assert "it is not known whether the order was carried out" in person.get(response.location).text


def test_after_an_order_the_page_is_where_the_person_was(person: Person) -> None:
    """And never outside the panel."""
    assert person.post("/order", verb="silence", back="/device/ups-1").location == "/device/ups-1"
    assert person.post("/order", verb="silence", back="//evil.example").location == "/"


def test_only_what_a_person_may_order_has_a_button(app: Flask, person: Person) -> None:
    """Who may nothing is told so; the desk would refuse all the same."""
    assert {'value="acknowledge"', 'value="silence"', 'value="lamp-test"'} <= buttons(person.get("/").text)
    looker = Person(app)
    looker.login("nobody")
    page = looker.get("/").text
    assert buttons(page) == set()
    assert "nobody may look, but not give orders." in page
    assert buttons(looker.get("/device/ups-1").text) == set()


def buttons(page: str) -> set[str]:
    """The orders that a page offers."""
    return {one for verb in Verb if (one := f'value="{verb.value}"') in page}
