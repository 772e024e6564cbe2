"""The charts in a real browser: at both widths, in both languages, by day and by night, and what their script does."""

# ruff: noqa: F811  # pytest finds fixtures by their names

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.panel_room import CALM
from tests.web.test_browser import (
    LATIN,
    PATIENCE,
    SAME_IN_CHINESE,
    TOO_SMALL,
    Site,
    browser,  # noqa: F401  # a fixture
    log_in,
    look,
    open_page,
    site,  # noqa: F401  # a fixture
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

COLOURS = """
() => ['.band', '.mean', 'line', 'text'].map((part) => {
  const style = getComputedStyle(document.querySelector(`svg.chart ${part}`));
  return part === '.band' || part === 'text' ? style.fill : style.stroke;
})
"""
LEGIBLE = "() => Math.min(...[...document.querySelectorAll('svg.chart text')].map((one) => one.getBoundingClientRect().height))"
CUT = """
() => [...document.querySelectorAll('svg.chart')].flatMap((chart) => {
  const frame = chart.getBoundingClientRect();
  return [...chart.querySelectorAll('text')].map((one) => [one.getBoundingClientRect(), one.textContent])
    .filter(([box]) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1)
    .map(([, text]) => text);
})
"""


def charts_of(browser: Browser, site: Site, language: str, width: str, **options: object) -> Page:
    """The page of a UPS that has been watched for eight days, with its charts."""
    site.room.trends.remember("ups-1", {**CALM["ups-1"], "battery.temperature": 39.0}, 8 * 24)
    page = log_in(open_page(browser, site, language, width, **options))
    page.goto(f"{site.base}/device/ups-1")
    expect(page.locator("svg.chart")).to_have_count(3, timeout=PATIENCE)
    return page


@pytest.mark.parametrize("width", ["phone", "desk"])
@pytest.mark.parametrize(("site", "language"), [("en", "en"), ("zh", "zh")], indirect=["site"])
def test_charts_stand_on_the_page_of_the_device(
    browser: Browser, site: Site, language: str, width: str
) -> None:
    """Fetched by the script, nothing cut off, nothing too small to read or to touch, no word in the wrong language."""
    page = charts_of(browser, site, language, width)
    if language == "en":
        look(page, "trends", language, width)
    else:
        words = page.locator("#trends").inner_text()
        names = {
            word for text in page.locator("#trends small").all_inner_texts() for word in LATIN.findall(text)
        }
        assert set(LATIN.findall(words)) - names - SAME_IN_CHINESE == {"CSV"}
        across = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert across[0] <= across[1]
    assert page.evaluate(TOO_SMALL) == []
    assert round(page.evaluate(LEGIBLE)) >= 11
    assert page.evaluate(CUT) == []


def test_colours_follow_the_scheme(browser: Browser, site: Site) -> None:
    """No colour is the drawing's own."""
    day = charts_of(browser, site, "en", "desk", color_scheme="light").evaluate(COLOURS)
    night = charts_of(browser, site, "en", "desk", color_scheme="dark").evaluate(COLOURS)
    assert all(one != other for one, other in zip(day, night, strict=True)), (day, night)


def test_another_span_is_shown_in_place(browser: Browser, site: Site) -> None:
    """And the part that renews itself does not wipe the charts away."""
    page = charts_of(browser, site, "en", "desk")
    page.click("#trends >> text=7 days")
    expect(page.locator("#trends [aria-current]")).to_have_text("7 days", timeout=PATIENCE)
    assert page.url.endswith("/device/ups-1")
    site.room.values["ups-1"]["ups.load"] = 55
    site.room.live(3)
    expect(page.locator("#points")).to_contain_text("55 %", timeout=PATIENCE)
    expect(page.locator("svg.chart")).to_have_count(3)


def test_without_script_a_link_leads_to_the_charts(browser: Browser, site: Site) -> None:
    """To a page of their own."""
    site.room.trends.remember("ups-1", CALM["ups-1"], 24)
    page = log_in(open_page(browser, site, "en", "phone", java_script_enabled=False))
    page.goto(f"{site.base}/device/ups-1")
    page.click("#trends a")
    expect(page.locator("svg.chart")).to_have_count(3, timeout=PATIENCE)
    with page.expect_download() as download:
        page.click("a.file")
    assert download.value.suggested_filename == "ups-1-24h.csv"
