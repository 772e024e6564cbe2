"""What the panel says and orders of shelved alarms, devices out of service, and maintenance windows."""

import re

import pytest

from agent.core.inputs import Verb
from tests.web.panel_person import Person
from tests.web.panel_room import Room
from tests.web.test_pages import headline_of


def on_battery(room: Room) -> None:
    """The UPS is on battery."""
    room.values["ups-1"]["ups.status"] = "OB"
    room.live(30)


def words_of(page: str) -> str:
    """The text of a page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_shelved_alarm_stays_in_sight_but_calls_nobody(room: Room, person: Person) -> None:
    """The card says by whom, why and until when; headline and horn leave it out."""
    on_battery(room)
    page = person.order(
        "shelve", alarm="ups-1.on-battery", seconds="7200", note="works of the grid company until noon"
    )
    assert "Alarm shelved" in page
    assert room.orders[-1].seconds == 7200.0
    assert headline_of(page).startswith("Everything normal")
    assert "1 alarm is not annunciated" in headline_of(page)
    assert 'class="lamp horn off"' in page
    card = re.search(r'<article class="alarm[^"]*hushed".*?</article>', page, re.DOTALL)
    assert card is not None
    assert "Not annunciated: shelved, until 18:01: works of the grid company until noon" in words_of(card[0])
    assert "Take off the shelf" in card[0]
    page = person.order("unshelve", alarm="ups-1.on-battery")
    assert headline_of(page).startswith("1 major alarm")
    assert 'class="lamp horn flash"' in page


def test_a_device_out_of_service_is_said_to_be_on_every_page(person: Person) -> None:
    """On its own, on the branch's, and on that of maintenance, from where it can be returned."""
    person.order("take-out-of-service", device="ups-1", seconds="7200", note="batteries")
    for path in ("/", "/device/ups-1", "/maintenance"):
        assert "out of service" in words_of(person.get(path).text), path
    told = words_of(person.get("/maintenance").text)
    assert "UPS A (APC) out of service, until 18:00: batteries" in told
    assert "Return to service" in told
    assert "Device returned to service" in person.order("return-to-service", device="ups-1")
    assert "Every alarm is annunciated." in person.get("/maintenance").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"seconds": "7200", "note": " "}, "Write a reason"),
        ({"seconds": "30", "note": "x"}, "It may last from 1 min to 1 d."),
        ({"seconds": "1e9", "note": "x"}, "It may last from 1 min to 1 d."),
    ],
)
def test_an_order_that_cannot_be_is_refused_in_words(
    room: Room, person: Person, fields: dict[str, str], said: str
) -> None:
    """And nothing is suppressed."""
    on_battery(room)
    assert said in person.order("shelve", alarm="ups-1.on-battery", **fields)
    assert "Every alarm is annunciated." in person.get("/maintenance").text


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf", "soon", "0x10", "1e999"])
def test_a_time_that_is_none_is_no_form_of_ours(room: Room, person: Person, seconds: str) -> None:
    """Nobody's browser sends it."""
    sent = person.post("/order", verb="shelve", alarm="ups-1.on-battery", seconds=seconds, note="x")
    assert sent.status_code == 400
    assert not [one for one in room.orders if one.verb is Verb.SHELVE]


def test_who_may_not_order_has_no_form_for_it(room: Room, person: Person) -> None:
    """A viewer sees what is suppressed, and by whom."""
    on_battery(room)
    person.order("shelve", alarm="ups-1.on-battery", seconds="7200", note="fuse")
    person.post("/logout")
    person.login("viewer")
    page = person.get("/").text
    assert "fuse" in page
    assert 'value="unshelve"' not in page
    assert 'value="take-out-of-service"' not in person.get("/device/ups-1").text


def test_reasons_cannot_bring_in_markup(room: Room, person: Person) -> None:
    """They are text, wherever they are shown."""
    on_battery(room)
    person.order("shelve", alarm="ups-1.on-battery", seconds="7200", note="<script>alert(1)</script>")
    for path in ("/", "/maintenance", "/device/ups-1"):
        assert "<script>alert" not in person.get(path).text
