"""Limits on the panel: shown on the page of a device, changed and taken back by a form, refused in words."""

import re

import pytest
from flask import Flask

from agent import api
from agent.config.site import Role
from agent.core.adjustments import TEXTS
from tests.web.panel_person import Person
from tests.web.panel_room import Room

LOAD = "ups-1.overload"
PAGE = "/device/ups-1/limits"


@pytest.fixture
def boss(room: Room, person: Person) -> Person:
    """Somebody who may change limits."""
    room.entitle(Role.SUPERVISOR, "demo")
    return person


def form_of(page: str, alarm: str = LOAD) -> dict[str, str]:
    """The fields of an alarm's form as a browser sends them, untouched."""
    form = page.partition(f'id="limit-{alarm}"')[2].partition("</form>")[0]
    fields = re.findall(r'<input type="(?:number|text|hidden)" name="([^"]+)" value="([^"]*)"', form)
    return {name: value for name, value in fields if name != "csrf"}


def change(person: Person, verb: str = "set-limit", note: str = "new recorder", **numbers: str) -> str:
    """Fill in the form of the load's limit as far as given and send it; returns the page that follows."""
    fields = {**form_of(person.get(PAGE).text), "verb": verb, "note": note, **numbers}
    response = person.post("/order", **fields)
    assert (response.status_code, response.location) == (302, PAGE)
    return person.get(PAGE).text


def section(page: str, alarm: str = LOAD) -> str:
    """What a page says of one limit, without its form."""
    return page.partition(f'id="limit-{alarm}"')[2].partition("</ul>")[0]


def test_the_device_page_shows_limits_and_delays(room: Room, person: Person) -> None:
    """Of every alarm whose limit may be changed; a technician sees no way to change them."""
    room.entitle(Role.TECHNICIAN, "demo")
    page = person.get("/device/ups-1").text
    told = section(page)
    assert ("UPS overloaded" in told, "90 %" in told, "85 %" in told, "on-delay" in told) == (True,) * 4
    assert "changed on site" not in page
    assert PAGE not in page
    assert "set-limit" not in person.get(PAGE).text
    assert "Your role does not allow it: change limits." in person.get(PAGE).text
    room.entitle(Role.SUPERVISOR, "demo")
    assert PAGE in person.get("/device/ups-1").text


def test_a_change_is_done_marked_and_taken_back(room: Room, boss: Person) -> None:
    """With who, why, and what is configured; the order holds only what was changed in the form."""
    page = change(boss, raise_above="95")
    assert "Limit changed. It holds from the next reading on." in page
    order = room.orders[-1]
    assert (order.alarm, order.note, order.numbers) == (LOAD, "new recorder", {"raise_above": 95.0})
    assert order.by.name == "demo"
    for told in (section(page), section(boss.get("/device/ups-1").text)):
        assert re.search(
            r"raised above</span> <strong>95 %</strong> <span class=\"mark\">changed on site", told
        )
        assert "configured: 90 %" in told
        assert "by demo (panel) at 16:00" in told
        assert "<q>new recorder</q>" in told
    page = change(boss, "revert-limit", "gone")
    assert "The limit is as configured again." in page
    assert "changed on site</span>" not in page
    assert 'value="revert-limit"' not in page


def test_what_somebody_else_changed_meanwhile_is_not_undone(room: Room, boss: Person) -> None:
    """A form that was opened before sends only what its person changed."""
    fields = form_of(boss.get(PAGE).text)
    change(boss, on_delay="120")
    boss.post("/order", **{**fields, "verb": "set-limit", "note": "x", "raise_above": "95"})
    assert room.orders[-1].numbers == {"raise_above": 95.0}
    assert "2 min" in section(boss.get(PAGE).text)


@pytest.mark.parametrize(
    ("numbers", "note", "expected"),
    [
        ({"raise_above": "200"}, "x", "“raised above” must lie between 60 % and 105 %."),
        ({"clear_below": "90"}, "x", "“cleared at or below” (90 %) must be below “raised above” (90 %)."),
        ({"raise_above": "95"}, "", "Write down the reason."),
        ({}, "x", "Nothing was changed: it is so already."),
        ({"raise_above": "many"}, "x", "many is no number."),
        ({"raise_above": "nan"}, "x", "nan is no number."),
        ({"raise_above": "1e999"}, "x", "1e999 is no number."),
        ({"raise_above": ""}, "x", " is no number."),
        ({"alarm": "ups-9.hot", "raise_above": "95"}, "x", "There is no such alarm at this branch any more."),
        ({"alarm": "ups-1.on-battery", "on_delay": "9"}, "x", "This limit may not be changed on site."),
        ({"verb": "revert-limit"}, "x", "It is as configured already."),
    ],
)
def test_what_cannot_be_is_told_in_words_for_the_room(
    boss: Person, numbers: dict[str, str], note: str, expected: str
) -> None:
    """The reason comes from the agent; nothing was changed."""
    page = change(boss, numbers.pop("verb", "set-limit"), note, **numbers)
    assert f"Not done: {expected}" in page
    assert "changed on site</span>" not in page


def test_a_technician_who_sends_the_form_all_the_same_is_refused(room: Room, boss: Person) -> None:
    """By the desk."""
    fields = form_of(boss.get(PAGE).text)
    room.entitle(Role.TECHNICIAN, "demo")
    boss.post("/order", **{**fields, "verb": "set-limit", "note": "x", "raise_above": "95"})
    assert "Your role (technician) does not allow it: change limits." in boss.get(PAGE).text
    assert room.orders[-1].denied


def test_a_form_without_its_token_is_no_order(room: Room, boss: Person) -> None:
    """As with every form."""
    response = boss.post_raw("/order", verb="set-limit", alarm=LOAD, raise_above="95", note="x")
    assert response.status_code == 400
    assert room.orders == []


def test_a_reason_cannot_bring_in_markup(boss: Person) -> None:
    """It is text, wherever it is shown."""
    page = change(boss, note="<script>alert(1)</script>", raise_above="95")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_speaks_chinese(room: Room, app: Flask) -> None:
    """Labels, bounds, marks and refusals."""
    room.entitle(Role.SUPERVISOR, "demo")
    person = Person(app, "zh")
    person.login()
    page = change(person, note="新增录音机", raise_above="95")
    assert "限值已修改" in page
    told = section(page)
    assert all(word in told for word in ("高于此值告警", "现场改动", "配置值：90 %", "demo（面板）"))
    assert "60 % 至 105 %" in page
    assert "“高于此值告警”须在 60 % 与 105 % 之间。" in change(person, raise_above="200")


def test_a_device_without_such_limits_says_so(boss: Person) -> None:
    """Its page has no section for them."""
    assert "Nothing of this device may be changed on site." in boss.get("/device/journal/limits").text
    assert 'id="limits"' not in boss.get("/device/journal").text
    assert boss.get("/device/ups-9/limits").status_code == 404


@pytest.mark.parametrize(
    ("typed", "seconds"), [("7m", 420.0), ("1h", 3600.0), ("1m30s", 90.0), ("90", 90.0), ("2 min", 120.0)]
)
def test_a_delay_is_typed_as_a_duration(room: Room, boss: Person, typed: str, seconds: float) -> None:
    """As on the command line and in the site file; a bare number is seconds. Bounds have their units."""
    assert "from 0 s to 1 h, such as" in boss.get(PAGE).text
    assert "Limit changed." in change(boss, off_delay=typed)
    assert room.orders[-1].numbers == {"off_delay": seconds}
    assert "“off-delay” must lie between 0 s and 1 h." in change(boss, off_delay="2h")
    assert "5x is no number." in change(boss, off_delay="5x")


def test_a_form_sends_back_what_it_showed_in_chinese_too(room: Room, app: Flask) -> None:
    """Untouched fields are no change, and what is shown can be typed."""
    room.entitle(Role.SUPERVISOR, "demo")
    person = Person(app, "zh")
    person.login()
    assert "限值已修改" in change(person, note="试", off_delay="1 分钟 30 秒")
    assert room.orders[-1].numbers == {"off_delay": 90.0}
    assert form_of(person.get(PAGE).text)["off_delay"] == "1 分钟 30 秒"
    assert "没有改动" in change(person, note="试")
    assert "“恢复延时”须在 0 秒 与 1 小时 之间。" in change(person, note="试", off_delay="2h")


def test_a_reason_about_a_number_that_is_not_known_is_told_as_it_is() -> None:
    """A later agent may have more of them."""
    told = api.in_words("swing may not be changed on site", "en")
    assert told == "“swing” may not be changed on site."
    assert api.NUMBER_TEXTS is TEXTS
