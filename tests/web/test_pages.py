"""The pages in front of a real agent's core: what they say, and what they never say."""

import re
import socket
from pathlib import Path

import pytest
from flask import Blueprint, Flask

from agent.api import Text
from agent.core.model import Bad, ClockQuality
from tests.web.panel_person import Person, settings_for
from tests.web.panel_room import Room, serving
from web.app import create_app
from web.extension import Nav
from web.guard import LIVE_HEADER
from web.settings import Settings


def headline_of(page: str) -> str:
    """The text of the headline without its tags."""
    found = re.search(r'<section class="headline.*?</section>', page, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_a_calm_branch_is_said_to_be_normal(person: Person) -> None:
    """With the number of those that answer, which is more than silence; as many as have a tick in the list."""
    page = person.get().text
    assert headline_of(page) == "Everything normal 6 devices answer 3 parts of the box answer"
    assert page.count('class="tick"') == 6 + 3
    assert 'class="lamp green steady"' in page


def test_an_alarm_is_told_with_what_where_since_when_and_what_to_do(room: Room, person: Person) -> None:
    """The screen alone is enough."""
    room.values["ups-1"]["ups.status"] = "OB"
    room.live(200)
    page = person.get().text
    told = headline_of(page)
    assert told.startswith("1 major alarm UPS A (APC): Mains failed: UPS on battery since 16:00 (3 min)")
    assert "Do first Check the mains" in told
    assert "on battery (OB)" in page
    assert "Mains failure in the building" in page
    assert 'class="lamp red flash"' in page
    assert 'class="lamp horn flash"' in page


def test_the_alarm_to_begin_with_stands_first(room: Room, person: Person) -> None:
    """The most severe; among equals what lies below and came before."""
    room.values["trunk-1"]["span.1.fault"] = "LOS"
    room.live(10)
    room.values["ups-1"]["ups.status"] = "OB"
    room.live(10)
    room.silent["pbx-1"] = "timeout"
    room.live(10)
    ids = re.findall(r'<article class="[^"]*" id="alarm-([^"]+)"', person.get().text)
    assert ids == ["pbx-1.unreachable", "ups-1.on-battery", "trunk-1.los.span-1"]


def test_a_device_that_does_not_answer_is_told_with_its_cause(room: Room, person: Person) -> None:
    """In words, not in the code of the wire."""
    room.silent["pbx-1"] = "timeout"
    room.live(60)
    assert "no answer since 16:00" in person.get().text
    device = person.get("/device/pbx-1").text
    assert "no answer in time" in device
    assert ">stale<" in device.replace("\n", "")


def test_an_alarm_that_came_and_went_is_told_as_over(room: Room, person: Person) -> None:
    """It waits for somebody to see it."""
    room.values["ups-1"]["ups.status"] = "OB"
    room.live(30)
    room.values["ups-1"]["ups.status"] = "OL"
    room.live(30)
    page = person.get().text
    assert headline_of(page).startswith("1 alarm is over but not acknowledged")
    assert "over, not acknowledged" in page
    assert "The condition is over." in page


def test_no_alarm_is_not_called_normal_when_nobody_looks(tmp_path: Path) -> None:
    """Just started, and later without any answer."""
    room = Room(tmp_path)
    with serving(room):
        person = Person(create_app(settings_for(room, tmp_path)))
        person.login()
        assert headline_of(person.get().text) == "Just started: no device has been heard yet"
        room.live(5).sleep(1000.0)
        assert headline_of(person.get().text) == "Nothing is being watched: no device answers"


def test_alarms_of_a_branch_that_nobody_watches_are_said_to_be_old_news(room: Room, person: Person) -> None:
    """They stand, but no device confirms them any more."""
    room.values["ups-1"]["ups.status"] = "OB"
    room.live(30)
    assert "only what was known before" not in person.get().text
    room.sleep(1000.0)
    page = person.get().text
    assert "only what was known before" in page
    assert 'class="lamp green off"' in page


def test_an_untrustworthy_clock_and_a_full_disk_are_said_at_the_top(room: Room, person: Person) -> None:
    """Both change what a person should do."""
    room.clock, room.journal, room.broker, room.backlog = ClockQuality.UNSYNCED, "degraded", "lost", 12
    page = person.get().text
    assert "The clock of the box is not synchronised" in page
    assert "do not cut the power of the box" in page
    assert "lost, 12 events waiting" in " ".join(page.split())


def test_the_device_page_tells_points_with_unit_quality_and_cause(room: Room, person: Person) -> None:
    """A bad point has no value but a reason."""
    room.values["ups-1"]["battery.charge"] = Bad("implausible")
    room.live(2)
    page = " ".join(person.get("/device/ups-1").text.split())
    assert "27.5 °C" in page
    assert "41 min" in page
    assert "not plausible" in page
    assert "Access switch" in page


def test_the_device_page_tells_what_passed_without_an_alarm(room: Room, person: Person) -> None:
    """A brief sag is no alarm, and no secret either; nor is a self-test."""
    assert "Passed without an alarm" not in person.get("/device/ups-1").text
    for test in ("passed", "in progress"):
        room.live(2)
        room.values["ups-1"] |= {"ups.status": "OB", "ups.test.result": test}
        room.live(1)
        room.values["ups-1"] |= {"ups.status": "OL", "ups.test.result": "passed"}
        room.live(1)
    page = " ".join(person.get("/device/ups-1").text.split())
    assert "Passed without an alarm" in page
    assert "Brief mains sag of 1 s, no alarm" in page
    assert "Self-test of 1 s, no alarm" in page
    assert "This device has no alarm" in page


def test_the_device_page_tells_why_an_alarm_stands(room: Room, person: Person) -> None:
    """The chain from reading to decision, and what the device depends on."""
    room.values["trunk-1"]["span.1.fault"] = "LOS"
    room.live(60)
    page = person.get("/device/trunk-1").text
    assert "Why this alarm stands" in page
    assert "LOS at the decision" in page
    assert 'href="/device/switch-1"' in page


def test_an_unknown_device_is_told_as_such(person: Person) -> None:
    """Not as a fault of the panel."""
    response = person.get("/device/none")
    assert response.status_code == 404
    assert "not known here" in response.text


def test_without_the_agent_nothing_is_shown_but_a_banner(room: Room, tmp_path: Path) -> None:
    """And the status says so to programs too."""
    person = Person(create_app(settings_for(room, tmp_path)))
    person.login()
    assert person.get().status_code == 200
    settings = settings_for(room, tmp_path)
    away = Settings(settings.users, session=settings.session)
    lost = Person(create_app(away))
    lost.login()
    for path in ("/", "/device/ups-1"):
        response = lost.get(path)
        assert response.status_code == 503
        assert "No contact with the agent" in response.text
        assert "Do first" in response.text
        assert "Everything normal" not in response.text


def test_when_the_agent_goes_away_and_comes_back_so_does_the_page(tmp_path: Path) -> None:
    """The panel needs no restart, and remembers nothing to show meanwhile."""
    room = Room(tmp_path).live(30)
    person = Person(create_app(settings_for(room, tmp_path)))
    person.login()
    with serving(room):
        assert person.get().status_code == 200
    assert person.get().status_code == 503
    with serving(room):
        assert person.get().status_code == 200


def test_a_socket_that_is_shut_is_told_apart(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another person has to mend it; root passes every mode, so the refusal is made at the system call."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    response = person.get()
    assert response.status_code == 503
    assert "its socket is shut" in response.text


def test_the_living_part_comes_alone_and_leaves_the_messages(person: Person) -> None:
    """The page's own script must not swallow what is meant for the person."""
    assert person.post("/order", verb="silence", back="/").status_code == 302
    part = person.get("/", **{LIVE_HEADER: "1"}).text
    assert 'id="live"' in part
    assert "<header" not in part
    assert "Horn silenced" not in part
    assert "Horn silenced" in person.get().text


def test_without_script_the_page_reloads_itself_unless_held(person: Person) -> None:
    """So that a note can be written."""
    reload = '<noscript><meta http-equiv="refresh" content="10"></noscript>'
    assert reload in person.get("/").text
    assert reload not in person.get("/?hold").text
    assert reload not in person.get("/login").text


def test_nothing_is_inline_that_the_policy_would_block(room: Room, person: Person) -> None:
    """No style attribute, no handler, no script or style element with content, nothing from elsewhere."""
    room.values["ups-1"]["ups.status"] = "OB"
    room.live(60)
    for path in ("/", "/device/ups-1", "/login", "/none"):
        page = person.get(path).text
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
        assert not re.search(r"<script(?![^>]*src=)|<style", page)
        assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_names_and_notes_cannot_bring_in_markup(room: Room, person: Person) -> None:
    """What people write is text."""
    room.values["ups-1"]["ups.status"] = "OB"
    room.live(30)
    page = person.order("acknowledge", alarm="ups-1.on-battery", note="<b onclick=x>&")
    assert "&lt;b onclick=x&gt;&amp;" in page
    assert "<b onclick" not in page


def test_the_browser_chooses_the_language_and_else_the_site(tmp_path: Path) -> None:
    """A browser that speaks neither gets the language of the site once the agent has told it."""
    room = Room(tmp_path, "zh").live(30)
    with serving(room):
        app = create_app(settings_for(room, tmp_path))
        for asked, expected in (
            ("zh-CN,zh;q=0.9", "一切正常"),
            ("en-GB", "Everything normal"),
            ("fr", "一切正常"),
        ):
            person = Person(app, asked)
            person.login()
            assert expected in person.get().text


class Page:
    """A page from outside."""

    blueprint = Blueprint("outside", __name__)
    nav = Nav(Text("Outside", "外部"), "outside.page")


@Page.blueprint.get("/outside")
def page() -> str:
    """Its content."""
    return "from outside"


def test_a_page_from_outside_stands_behind_the_same_login(room: Room, tmp_path: Path) -> None:
    """And in the navigation, in the reader's language."""
    app: Flask = create_app(settings_for(room, tmp_path), [Page()])
    person = Person(app, "zh")
    assert person.get("/outside").location == "/login?next=/outside"
    person.login()
    assert person.get("/outside").text == "from outside"
    assert ">外部</a>" in person.get("/").text
