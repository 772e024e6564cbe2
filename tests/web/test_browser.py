"""The panel in a real browser: what it looks like at both widths in both languages, and what its script does."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from agent.core.model import ClockQuality
from tests.waiting import wait_for
from tests.web.panel_person import PASSWORD, settings_for
from tests.web.panel_room import Room, serving
from web import streams
from web.server import build
from web.wire import PanelServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"phone": (390, 844), "desk": (1280, 800)}
PATIENCE = 60_000

LATIN = re.compile(r"[A-Za-z][A-Za-z-]+")
SAME_IN_CHINESE = {
    *("linewarden", "English", "Asia", "Shanghai", "demo", "demo-", "NTP", "SNMP", "DDF", "NTU", "MQTT"),
    *("UPS", "APC", "Megatec", "Smart-UPS", "LOS", "OB", "OL", "LB", "Hz", "GiB", "MiB", "KiB"),
}
"""Names of products, standards and units."""

TOO_SMALL = """
() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden])')]
  .filter((one) => one.checkVisibility())
  .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 90)])
  .filter(([box]) => box.width < 44 || box.height < 44)
  .map(([box, html]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)
"""

WORDS = """
() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const words = [];
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest('noscript, small, [lang=en], .detail') && parent.checkVisibility()) words.push(walker.currentNode.data);
  }
  return words.join('\\n');
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the module."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


class Site:
    """A panel that serves a branch, and its address."""

    def __init__(self, room: Room, panel: PanelServer) -> None:
        self.room = room
        self.panel = panel
        self.base = f"http://127.0.0.1:{panel.port}"


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """The panel in front of a branch in good order; its language is the parameter."""
    room = Room(tmp_path, getattr(request, "param", "en")).live(30)
    server = build(settings_for(room, tmp_path))
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        with serving(room):
            yield Site(room, server)
    finally:
        server.stop()
        thread.join(30)


def trouble(room: Room) -> None:
    """A bad day: mains cut, PBX away, a trunk that came and went, the NOC lost, the clock unknown."""
    room.values["ups-1"]["ups.status"] = "OB"
    room.live(60)
    room.values["room"]["cabinet-door"] = True
    room.values["ups-1"].update({"battery.status": "low", "battery.charge": 9, "battery.runtime": 200})
    room.live(60)
    room.silent["pbx-1"] = "timeout"
    room.values["trunk-1"]["span.1.fault"] = "LOS"
    room.live(300)
    room.values["trunk-1"]["span.1.fault"] = "noAlarm"
    room.values["broker"]["broker.connected"] = False
    room.live(60)
    room.clock, room.broker, room.backlog = ClockQuality.UNSYNCED, "lost", 12


def open_page(
    browser: Browser, site: Site, language: str = "en", width: str = "desk", **options: object
) -> Page:
    """A page of a browser that asks for a language, at a width."""
    across, down = WIDTHS[width]
    context = browser.new_context(
        viewport={"width": across, "height": down}, locale={"zh": "zh-CN", "en": "en-GB"}[language], **options
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(site.base)
    return page


def log_in(page: Page) -> Page:
    """Log in as a person does."""
    page.fill("input[name=name]", "demo")
    page.fill("input[name=password]", PASSWORD)
    page.click("button.main")
    expect(page.locator("#headline")).to_be_visible(timeout=PATIENCE)
    return page


def look(page: Page, name: str, language: str, width: str) -> None:
    """What holds for every page, and a picture of it where one is wanted."""
    folder = os.environ.get("LINEWARDEN_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"panel-{name}-{language}-{width}.png", full_page=True)
    across = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert across[0] <= across[1], name
    if width == "phone":
        assert page.evaluate(TOO_SMALL) == []
    if language == "zh":
        assert set(LATIN.findall(page.evaluate(WORDS))) - SAME_IN_CHINESE == set()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("site", "language"), [("en", "en"), ("zh", "zh")], indirect=["site"])
def test_every_page_fits_speaks_and_can_be_touched(
    browser: Browser, site: Site, language: str, width: str
) -> None:
    """Login, the branch on a good and on a bad day, a device, and the agent away."""
    page = open_page(browser, site, language, width)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    look(page, "login", language, width)
    log_in(page)
    look(page, "calm", language, width)
    trouble(site.room)
    page.reload()
    look(page, "trouble", language, width)
    page.click("button[name=theme][value=dark]")
    expect(page.locator("button[name=theme][value=dark][aria-pressed=true]")).to_be_visible(timeout=PATIENCE)
    look(page, "trouble-night", language, width)
    page.goto(f"{site.base}/device/ups-1")
    for why in page.locator("details.why summary").all():
        why.click()
    page.locator(".acknowledge summary").first.click()
    page.locator("#service-ups-1 summary").click()
    if language == "en":
        look(page, "device", language, width)
    page.locator("#service-ups-1 input[name=note]").fill("12")
    page.locator("#service-ups-1 button").click()
    expect(page.locator("#subject .hush")).to_be_visible(timeout=PATIENCE)
    page.goto(f"{site.base}/maintenance")
    look(page, "maintenance", language, width)
    page.goto(site.base)
    look(page, "hushed", language, width)
    assert errors == []
    page.context.close()


@pytest.mark.parametrize(
    ("scheme", "choice"), [("light", "auto"), ("dark", "auto"), ("light", "dark"), ("dark", "light")]
)
def test_text_stands_out_from_what_is_behind_it(
    browser: Browser, site: Site, scheme: str, choice: str
) -> None:
    """WCAG's 4.5 to 1 for everything that is read, in both schemes, the reader's choice before the system's."""
    trouble(site.room)
    page = log_in(open_page(browser, site, width="phone", color_scheme=scheme, reduced_motion="reduce"))
    page.click(f"button[name=theme][value={choice}]")
    expect(page.locator(f"button[name=theme][value={choice}][aria-pressed=true]")).to_be_visible(
        timeout=PATIENCE
    )
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == (
        "rgb(14, 17, 20)" if (scheme if choice == "auto" else choice) == "dark" else "rgb(243, 244, 241)"
    )
    page.click("#alarms button.main >> nth=0")
    expect(page.locator(".outcome")).to_be_visible(timeout=PATIENCE)
    script = Path(__file__).with_name("contrast.js").read_text()
    assert page.evaluate(script) == []
    page.context.close()


def test_the_first_screen_of_a_phone_tells_what_since_when_and_what_to_do(
    browser: Browser, site: Site
) -> None:
    """Without scrolling."""
    trouble(site.room)
    page = log_in(open_page(browser, site, width="phone"))
    for selector in ("#headline h1", "#headline .what", "#headline .when", "#headline .do", "#lamps"):
        expect(page.locator(selector)).to_be_in_viewport(timeout=PATIENCE)
    page.context.close()


def test_the_page_follows_the_branch_without_losing_a_note(browser: Browser, site: Site) -> None:
    """A new alarm arrives above the one for which somebody writes; focus and words stay."""
    site.room.values["ups-1"]["ups.status"] = "OB"
    site.room.live(30)
    page = log_in(open_page(browser, site))
    page.locator("#alarm-ups-1\\.on-battery .acknowledge summary").click()
    note = page.locator("#alarm-ups-1\\.on-battery .acknowledge input[name=note]")
    note.fill("generator is")
    site.room.silent["pbx-1"] = "timeout"
    site.room.live(60)
    expect(page.locator("#alarm-pbx-1\\.unreachable")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#headline h1")).to_have_text("1 critical alarm", timeout=PATIENCE)
    page.keyboard.type(" coming")
    assert note.input_value() == "generator is coming"
    page.locator("#alarm-ups-1\\.on-battery button.main").click()
    expect(page.locator("#alarm-ups-1\\.on-battery q")).to_have_text("generator is coming", timeout=PATIENCE)
    assert page.title().startswith("1 critical alarm")
    page.context.close()


def test_lost_contact_is_shown_and_mends_itself(browser: Browser, site: Site) -> None:
    """When the panel cannot be reached, what is on the screen is marked as old; it comes back by itself."""
    page = log_in(open_page(browser, site))
    page.context.set_offline(True)
    expect(page.locator("#lost")).to_be_visible(timeout=PATIENCE)
    assert "old" in str(page.locator("body").get_attribute("class"))
    look(page, "lost", "en", "desk")
    page.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden(timeout=PATIENCE)
    page.context.close()


def test_a_lost_agent_takes_the_place_of_the_branch(browser: Browser, tmp_path: Path) -> None:
    """Nothing of the old page is left; when the agent is back, so is the branch."""
    room = Room(tmp_path).live(30)
    server = build(settings_for(room, tmp_path))
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        site = Site(room, server)
        with serving(room):
            page = log_in(open_page(browser, site, width="phone"))
        expect(page.locator("#away")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#devices")).to_have_count(0, timeout=PATIENCE)
        look(page, "away", "en", "phone")
        with serving(room):
            expect(page.locator("#headline")).to_be_visible(timeout=PATIENCE)
        page.context.close()
    finally:
        server.stop()
        thread.join(30)


def test_a_login_that_ends_leads_to_the_login(browser: Browser, site: Site) -> None:
    """The script does not go on showing what it last got."""
    page = log_in(open_page(browser, site))
    page.context.clear_cookies()
    expect(page.locator("input[name=password]")).to_be_visible(timeout=PATIENCE)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_without_script_everything_works(browser: Browser, site: Site, width: str) -> None:
    """Login, list, acknowledge with a note, device page, lamps, language, colours, logout; it reloads or is held still."""
    site.room.values["ups-1"]["ups.status"] = "OB"
    site.room.live(30)
    page = log_in(open_page(browser, site, width=width, java_script_enabled=False))
    assert page.locator("noscript meta[http-equiv=refresh]").count() == 1
    page.locator("noscript a").click()
    expect(page.locator("noscript .banner")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Silence the horn").click()
    expect(page.locator(".outcome.done")).to_contain_text("Horn silenced", timeout=PATIENCE)
    page.get_by_role("button", name="Lamp test").click()
    expect(page.locator(".outcome.done")).to_contain_text("Lamp test is running", timeout=PATIENCE)
    page.locator("#device-ups-1").click()
    expect(page.locator("#points")).to_be_visible(timeout=PATIENCE)
    page.locator("details.why summary").first.click()
    page.locator(".acknowledge summary").click()
    page.fill(".acknowledge input[name=note]", "generator")
    page.locator(".acknowledge button.main").click()
    expect(page.locator("#alarms q")).to_have_text("generator", timeout=PATIENCE)
    page.locator(".backwards a").click()
    expect(page.locator("#alarms .state")).to_have_text("acknowledged", timeout=PATIENCE)
    page.get_by_role("button", name="dark", exact=True).click()
    page.get_by_role("button", name="中文").click()
    expect(page.locator("#headline h1")).to_have_text("1 条重要告警", timeout=PATIENCE)
    expect(page.get_by_role("button", name="深色")).to_have_attribute(
        "aria-pressed", "true", timeout=PATIENCE
    )
    page.get_by_role("button", name="退出").click()
    expect(page.locator("input[name=password]")).to_be_visible(timeout=PATIENCE)
    page.context.close()


def test_an_alarm_appears_by_the_stream_and_not_by_asking(browser: Browser, site: Site) -> None:
    """With the page's own polling slowed to nothing, only the stream can bring it; a closed stream falls back to asking."""
    page = open_page(browser, site)
    page.add_init_script(
        "const real = setTimeout; window.setTimeout = (f, ms) => real(f, ms > 5000 ? 1e8 : ms);"
    )
    log_in(page)
    house = site.panel.wsgi_app.extensions["live"].streams
    wait_for(lambda: len(house) == 1, PATIENCE / 1000, "the page's stream")
    site.room.silent["pbx-1"] = "timeout"
    site.room.live(60)
    expect(page.locator("#alarm-pbx-1\\.unreachable")).to_be_visible(timeout=PATIENCE)
    page.goto("about:blank")
    wait_for(lambda: len(house) == 0, PATIENCE / 1000, "the end of the stream")
    page.context.close()


def test_a_page_without_a_stream_asks_every_few_seconds(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The panel had no room for one more."""
    monkeypatch.setattr(streams, "STREAMS_MAX", 0)
    page = log_in(open_page(browser, site))
    site.room.silent["pbx-1"] = "timeout"
    site.room.live(60)
    expect(page.locator("#alarm-pbx-1\\.unreachable")).to_be_visible(timeout=PATIENCE)
    assert page.locator("#lost").is_hidden()
    page.context.close()
