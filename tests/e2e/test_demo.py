"""The demo as a person meets it: the real command, the panel in Chromium, the NOC's side over MQTT."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from agent import api
from agent.control_client import ControlClient
from firmware.simulator.pin_bench import PinBenchClient
from tests.parts.subscriber import Subscriber
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Demo:
    """The running demo: its panel's address and login, its lamps, its broker."""

    def __init__(self, folder: Path, log: Path) -> None:
        text = log.read_text()
        self.url = re.search(r"http://127\.0\.0\.1:\d+/", text)[0]
        self.login, self.password = re.search(r"login (\S+) +password (\S+)", text).groups()
        self.broker = int(re.search(r"broker +127\.0\.0\.1:(\d+)", text)[1])
        self.bench = PinBenchClient(folder / "pins.sock")
        self.socket = folder / "control.sock"

    def lamp(self, name: str) -> str:
        """`off`, `steady` or `flash`, as the simulated pin shows over a period."""
        seen, end = set(), time.monotonic() + 0.6
        wait_for(lambda: seen.add(self.bench.lamps()[name]) or time.monotonic() > end, timeout=5)
        return "flash" if len(seen) == 2 else "steady" if seen == {True} else "off"

    def standing(self) -> set[str]:
        """The alarms that stand, without those of the machine itself."""
        with ControlClient(self.socket) as client:
            view = client.ask(api.AskBranch())
        return {one.id for one in view.alarms if not one.is_cleared and one.resource != "box"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`linewarden demo`, ended by Ctrl-C; it must end cleanly and leave nothing behind."""
    folder = tmp_path_factory.mktemp("d") / "demo"
    log = folder.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "demo"],
            cwd=ROOT,
            env=os.environ | {"LINEWARDEN_DEMO_DIR": str(folder), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=out,
        )
    try:
        wait_for(
            lambda: "Ctrl-C ends it" in log.read_text() or process.poll(), timeout=90, what="the demo runs"
        )
        assert process.poll() is None, log.read_text()
        yield Demo(folder, log)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    assert code == 0, log.read_text()
    assert "nothing is left behind" in log.read_text()
    assert not folder.exists()


@pytest.fixture(scope="module")
def subscriber(demo: Demo) -> Iterator[Subscriber]:
    """The NOC, from the start."""
    with Subscriber(demo.broker, "demo-0001") as one:
        yield one


@pytest.fixture(scope="module")
def page(demo: Demo) -> Iterator[Page]:
    """A logged-in browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        page = browser.new_page(locale="en-US")
        page.goto(demo.url)
        page.fill("input[name=name]", demo.login)
        page.fill("input[name=password]", demo.password)
        page.press("input[name=password]", "Enter")
        expect(page.locator("h1").first).to_be_visible()
        yield page
        browser.close()


def play(page: Page, demo: Demo, scenario: str) -> None:
    """Press the scenario's button on the demo's page."""
    page.goto(f"{demo.url}demo/")
    page.click(f"#{scenario} button")


@pytest.mark.parametrize(
    "scenario",
    [
        ("mains-cut", {"ups-1.on-battery", "ups-2.on-battery"}, "red"),
        ("trunk-down", {"trunk-1.los.span-1"}, "red"),
        ("pbx-crash", {"pbx-1.unreachable", "switch-1.pbx-port-down.pbx-port-1"}, "red"),
        (
            "ups-dead",
            {"ups-1.output-off", "switch-1.unreachable", "trunk-1.unreachable", "pbx-1.unreachable"},
            "red",
        ),
        ("cabinet-door", {"room.door-open"}, "amber"),
        ("wan-cut", {"broker.broker-lost"}, "amber"),
    ],
    ids=lambda case: case[0],
)
def test_a_scenario_shows_on_lamps_list_page_and_topics(
    page: Page, demo: Demo, subscriber: Subscriber, scenario: tuple[str, set[str], str]
) -> None:
    """Begun and ended on the demo's page; acknowledged on the branch's; afterwards everything is quiet again."""
    name, alarms, lamp = scenario
    wait_for(lambda: demo.standing() == set(), timeout=60, what="a quiet branch")
    play(page, demo, name)
    wait_for(lambda: alarms <= demo.standing(), timeout=40, what=f"{alarms}, there are {demo.standing()}")
    wait_for(lambda: demo.lamp(lamp) == "flash", what=f"{lamp} flashes")
    assert demo.lamp("horn") == "steady"
    if name == "wan-cut":
        wait_for(lambda: subscriber.retained["status"]["online"] is False, timeout=60, what="the will")
    else:
        for alarm in alarms:
            subscriber.wait_for_alarm(alarm, is_cleared=False)
    page.goto(demo.url)
    for alarm in alarms:
        card = page.locator(f"[id='alarm-{alarm}']")
        expect(card).to_be_visible()
        card.locator("form button.main").click()
    wait_for(lambda: demo.lamp(lamp) != "flash", timeout=30, what=f"{lamp} is acknowledged")
    play(page, demo, name)
    wait_for(lambda: demo.standing() == set(), timeout=60, what="the end")
    with ControlClient(demo.socket) as client:
        for one in client.ask(api.AskBranch()).alarms:
            client.ask(api.GiveOrder(api.Verb.ACKNOWLEDGE, one.id))
    for alarm in alarms:
        subscriber.wait_until_gone(alarm)
    assert subscriber.retained["status"]["online"] is True
    wait_for(lambda: demo.lamp(lamp) == "off" or lamp == "amber", timeout=30, what=f"{lamp} is dark")


def test_scenarios_can_be_played_from_the_command_line(demo: Demo) -> None:
    """On the demo that runs, without starting another."""

    def play_by_command(*options: str) -> str:
        command = [sys.executable, "-m", "agent.cli", "demo", "--scenario", "cabinet-door", *options]
        environment = os.environ | {"LINEWARDEN_DEMO_DIR": str(demo.socket.parent)}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert play_by_command() == "playing: cabinet-door\n"
    wait_for(lambda: "room.door-open" in demo.standing(), timeout=30, what="the door's alarm")
    assert play_by_command("--end") == "playing: nothing\n"
    wait_for(lambda: "room.door-open" not in demo.standing(), timeout=30, what="its end")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_the_screen_in_both_languages(
    page: Page, demo: Demo, language: str, width: int, tmp_path: Path
) -> None:
    """Branch, device and demo page, with an alarm standing: nothing overflows."""
    play(page, demo, "mains-cut")
    wait_for(lambda: "ups-1.on-battery" in demo.standing(), timeout=40, what="mains cut")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(demo.url)
    if page.locator(f"button[name=language][value={language}]").count():
        page.click(f"button[name=language][value={language}]")
    expect(page.locator("html")).to_have_attribute("lang", re.compile(language))
    folder = Path(os.environ.get("LINEWARDEN_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    for path in ("", "device/ups-1", "demo/"):
        page.goto(demo.url + path)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px too wide"
        name = path.strip("/").replace("/", "-") or "branch"
        page.screenshot(path=folder / f"demo-{name}-{width}-{language}.png", full_page=True)
    play(page, demo, "mains-cut")
    wait_for(lambda: "ups-1.on-battery" not in demo.standing(), timeout=40, what="mains back")
