"""The charts of a device and their file: what they say, in both languages, and to whom."""

import csv
import io
import re
import xml.etree.ElementTree as ET

import pytest
from flask import Flask

from tests.web.panel_person import Person
from tests.web.panel_room import CALM, Room
from web.guard import LIVE_HEADER

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def remembered(room: Room) -> Room:
    """A room whose UPS has been watched for eight days."""
    room.trends.remember("ups-1", CALM["ups-1"], 8 * 24)
    return room


def charts(page: str) -> dict[str, ET.Element]:
    """The charts of a page by title."""
    found = re.findall(r"<svg [^>]*class=\"chart\".*?</svg>", page, re.DOTALL)
    roots = [ET.fromstring(text) for text in found]  # noqa: S314  # drawn by us
    return {root.findtext("title", ""): root for root in roots}


@pytest.mark.parametrize("span", ["24h", "7d"])
@pytest.mark.usefixtures("remembered")
def test_what_moved_has_a_chart_with_band_mean_and_words(person: Person, span: str) -> None:
    """Title and description say the same to those who do not see it."""
    page = person.get(f"/device/ups-1/trends?span={span}").text
    drawn = charts(page)
    assert set(drawn) == {"Battery temperature", "Input voltage", "Output voltage"}
    chart = drawn["Input voltage"]
    text = chart.findtext("desc", "")
    assert re.fullmatch(r"lowest 22\d(\.\d)? V, mean 23\d(\.\d)? V, highest 2[34]\d(\.\d)? V", text)
    assert chart.get("role") == "img"
    classes = [one.get("class") for one in chart.iter("path")]
    assert classes[0] == "band"
    assert classes[-1] == "mean"
    assert text in page


@pytest.mark.usefixtures("remembered")
def test_what_was_not_heard_is_a_gap(person: Person) -> None:
    """The line is broken, not drawn through."""
    mean = charts(person.get("/device/ups-1/trends").text)["Input voltage"].findall(".//path[@class='mean']")
    assert [one.get("d", "").count("M") for one in mean] == [2]


def test_the_limit_of_a_rule_is_drawn_where_it_is_near(remembered: Room, person: Person) -> None:
    """And told in any case."""
    page = person.get("/device/ups-1/trends").text
    assert "alarm above 40 °C" in page
    assert charts(page)["Battery temperature"].find(".//path[@class='limit level-minor']") is None
    remembered.trends.remember("ups-1", {"battery.temperature": 39.6}, 24)
    again = charts(person.get("/device/ups-1/trends").text)["Battery temperature"]
    assert [one.get("class") for one in again.iter("path")][1].startswith("limit level-")


@pytest.mark.usefixtures("remembered")
def test_what_stood_still_is_told_in_words(person: Person) -> None:
    """A straight line needs no drawing; words have their share of the time."""
    page = " ".join(person.get("/device/ups-1/trends").text.split())
    assert "always 100 %" in page
    assert "always on mains (OL)" in page


def test_the_chart_reaches_up_to_now(room: Room, person: Person) -> None:
    """What is not on the disk yet is part of it."""
    room.values["ups-1"]["input.voltage"] = 199.5
    room.live(60)
    page = person.get("/device/ups-1/trends").text
    assert "lowest 199.5 V" in page


@pytest.mark.usefixtures("remembered")
def test_both_languages(app: Flask) -> None:
    """Title, summary and legend."""
    person = Person(app, "zh")
    person.login()
    page = person.get("/device/ups-1/trends?span=7d").text
    assert "最低 2" in page
    assert "历史曲线" in page
    assert "输入电压" in charts(page)


def test_nothing_recorded_is_said(person: Person) -> None:
    """Not shown as an empty frame."""
    page = person.get("/device/box/trends?span=7d").text
    assert "Nothing has been recorded" in page
    assert charts(page) == {}


@pytest.mark.usefixtures("remembered")
def test_charts_bring_nothing_that_the_policy_blocks(person: Person) -> None:
    """No style, no script, no colour of their own: a style sheet dresses them."""
    page = person.get("/device/ups-1/trends").text
    assert not re.search(r"<[^>]+\s(style|on\w+|fill|stroke|font-family)=", page.split("<main")[1])
    assert not re.search(r"<script(?![^>]*src=)|<style", page)


def test_the_device_page_leads_to_the_charts(person: Person) -> None:
    """For the script as well as for those without; the part that renews itself every two seconds is without them."""
    page = person.get("/device/ups-1").text
    assert 'data-from="/device/ups-1/trends"' in page
    assert 'href="/device/ups-1/trends"' in page
    assert "trends" not in person.get("/device/ups-1", **{LIVE_HEADER: "1"}).text
    part = person.get("/device/ups-1/trends", **{LIVE_HEADER: "1"}).text
    assert "<header" not in part
    assert 'id="trends"' in part


@pytest.mark.usefixtures("remembered")
def test_the_file_holds_what_the_chart_shows(person: Person) -> None:
    """As CSV, with times in the time zone of the site."""
    response = person.get("/device/ups-1/trends.csv?span=24h")
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="ups-1-24h.csv"'
    rows = list(csv.DictReader(io.StringIO(response.text)))
    points = {row["point"] for row in rows}
    assert {"input.voltage", "ups.status"} <= points
    assert all(row["time"].endswith("+08:00") for row in rows)
    assert sum(row["point"] == "input.voltage" for row in rows) in range(265, 275)


@pytest.mark.parametrize("path", ["trends?span=1y", "trends.csv?span=x"])
def test_other_spans_are_not_there(person: Person, path: str) -> None:
    """Nobody asks for ten years by accident."""
    assert person.get(f"/device/ups-1/{path}").status_code == 404


@pytest.mark.parametrize("path", ["trends", "trends.csv"])
def test_a_device_that_is_not_there(person: Person, path: str) -> None:
    """Is told as such."""
    assert person.get(f"/device/none/{path}").status_code == 404


@pytest.mark.parametrize("path", ["trends", "trends.csv"])
def test_a_stranger_sees_nothing(stranger: Person, path: str) -> None:
    """The same login as everywhere."""
    assert stranger.get(f"/device/ups-1/{path}").status_code == 302


def test_a_damaged_file_is_told_and_the_page_stands(remembered: Room, person: Person) -> None:
    """The agent watches on; the reader says why."""
    (remembered.trends.folder / "trends.db").write_bytes(b"no database, but long enough to be one")
    response = person.get("/device/ups-1/trends")
    assert response.status_code == 200
    assert "cannot be read now" in response.text
    assert person.get("/device/ups-1/trends.csv").status_code == 503
