"""The colours of the panel by day and by night, computed from its style sheets."""

import re
from collections.abc import Mapping
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from tests.web.panel_person import Person

STATIC = Path(__file__).parents[2] / "web" / "static"
Colour = tuple[float, float, float]

TEXT_ON = [
    *((text, behind) for text in ("ink", "soft", "link") for behind in ("paper", "card")),
    ("ink", "do"),
    ("main-ink", "main"),
    ("yes", "card"),
    ("no", "card"),
    ("paper", "soft"),
    *((f"{one}-ink", one) for one in ("critical", "major", "minor", "warning", "normal")),
]
"""What is written on what."""


def variables(sheet: str) -> dict[str, str]:
    """The variables of a style sheet's root."""
    root = re.search(r":root \{(.*?)\n\}", (STATIC / sheet).read_text(), re.DOTALL)
    assert root is not None
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6});", root[1]))


DAY = variables("panel.css")
NIGHT = DAY | variables("dark.css")
SCHEMES = {"day": DAY, "night": NIGHT}


def linear(colour: str) -> Colour:
    """Linear sRGB from #rrggbb (IEC 61966-2-1)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return red, green, blue


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour: str) -> Colour:
    """CIE L*a*b* under D65."""
    red, green, blue = linear(colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def difference(one: str, other: str) -> float:
    """CIE76 colour difference; 2.3 is just noticeable side by side."""
    return sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5


def test_the_measures_are_those_of_the_standards() -> None:
    """Black on white is 21; equal colours differ by nothing; red and green by much."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert difference("#123456", "#123456") == 0
    assert difference("#ff0000", "#00ff00") == pytest.approx(170.6, abs=0.5)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_stands_out_by_day_and_by_night(scheme: str) -> None:
    """WCAG's 4.5 to 1 for every pair of text and ground."""
    found = {
        (text, behind): contrast(SCHEMES[scheme][text], SCHEMES[scheme][behind]) for text, behind in TEXT_ON
    }
    assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_lamps_are_told_apart_by_day_and_by_night(scheme: str) -> None:
    """From each other and from a dark one by far more than the eye needs, and from the ground by 3 to 1 where lit."""
    sheet = (STATIC / "panel.css").read_text()
    lamps = {
        name: re.search(rf"\.{name} {{ --lamp: (#\w+)", sheet) for name in ("red", "amber", "green", "horn")
    }
    colours = {name: found[1] for name, found in lamps.items() if found}
    assert len(colours) == 4
    colours["off"] = SCHEMES[scheme]["lamp-off"]
    near = {
        (one, other): difference(colours[one], colours[other])
        for one, other in combinations(colours, 2)
        if difference(colours[one], colours[other]) < 30
    }
    assert near == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_severities_are_told_apart(scheme: str) -> None:
    """Neighbours in urgency differ clearly; a shape and a word tell them besides."""
    order = ("critical", "major", "minor", "warning", "normal")
    assert min(difference(SCHEMES[scheme][a], SCHEMES[scheme][b]) for a, b in pairwise(order)) > 15


def styles(page: str) -> Mapping[str, str]:
    """The style sheets of a page, each with when it applies."""
    links = re.findall(r'<link rel="stylesheet" href="/static/(\w+)\.css"(?: media="([^"]*)")?>', page)
    return dict(links)


def test_the_reader_chooses_the_colours_and_the_browser_remembers_it(person: Person) -> None:
    """By a cookie, without any script; by default the system decides."""
    assert styles(person.get("/").text) == {"panel": "", "dark": "(prefers-color-scheme: dark)"}
    answer = person.post("/theme", theme="dark", next="/device/ups-1")
    assert answer.location == "/device/ups-1"
    page = person.get("/").text
    assert styles(page) == {"panel": "", "dark": ""}
    assert '<meta name="color-scheme" content="dark">' in page
    assert 'value="dark" aria-pressed="true"' in page
    person.post("/theme", theme="light")
    assert styles(person.get("/").text) == {"panel": ""}
    person.post("/theme", theme="mauve")
    assert styles(person.get("/").text)["dark"] == "(prefers-color-scheme: dark)"


def test_a_stranger_may_choose_too_but_is_sent_nowhere_else(stranger: Person) -> None:
    """The login page is read at night as well."""
    assert stranger.post("/theme", theme="dark", next="//evil.example").location == "/"
    assert styles(stranger.get("/login").text) == {"panel": "", "dark": ""}
