"""The page of limits in a real browser: it fits, speaks, can be touched, and works without script."""

import pytest
from playwright.sync_api import Browser, expect

from agent.config.site import Role
from tests.web.test_browser import PATIENCE, WIDTHS, Site, browser, log_in, look, open_page, site

__all__ = ["browser", "site"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LOAD = '[id="limit-ups-1.overload"]'


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("site", "language"), [("en", "en"), ("zh", "zh")], indirect=["site"])
def test_limits_fit_speak_and_can_be_touched(browser: Browser, site: Site, language: str, width: str) -> None:
    """With every form open, and one number changed on site."""
    site.room.entitle(Role.SUPERVISOR, "demo")
    page = log_in(open_page(browser, site, language, width))
    page.goto(f"{site.base}/device/ups-1/limits")
    page.locator(f"{LOAD} summary").click()
    page.fill(f"{LOAD} input[name=raise_above]", "95")
    page.fill(f"{LOAD} input[name=note]", "recorder" if language == "en" else "新增录音机")
    page.click(f"{LOAD} button.main")
    expect(page.locator(f"{LOAD} .mark")).to_be_visible(timeout=PATIENCE)
    for summary in page.locator("summary").all():
        summary.click()
    look(page, "limits", language, width)
    page.goto(f"{site.base}/device/ups-1")
    expect(page.locator("#limits .mark")).to_be_visible(timeout=PATIENCE)
    page.context.close()


def test_limits_are_changed_and_taken_back_without_script(browser: Browser, site: Site) -> None:
    """The browser itself refuses what is out of bounds, and a form without a reason."""
    site.room.entitle(Role.SUPERVISOR, "demo")
    page = log_in(open_page(browser, site, java_script_enabled=False))
    page.goto(f"{site.base}/device/ups-1?hold")
    page.locator("#limits a.button").click()
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    page.locator(f"{LOAD} summary").click()
    page.fill(f"{LOAD} input[name=note]", "recorder")
    page.fill(f"{LOAD} input[name=raise_above]", "200")
    page.click(f"{LOAD} button.main")
    assert site.room.orders == []
    page.fill(f"{LOAD} input[name=raise_above]", "95")
    page.click(f"{LOAD} button.main")
    expect(page.locator(".outcome.done")).to_contain_text("Limit changed", timeout=PATIENCE)
    page.locator(f"{LOAD} summary").click()
    page.fill(f"{LOAD} input[name=note]", "gone")
    page.click(f"{LOAD} button[value=revert-limit]")
    expect(page.locator(".outcome.done")).to_contain_text("as configured again", timeout=PATIENCE)
    page.context.close()
