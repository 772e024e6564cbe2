"""A configuration that is changed while the agent runs: what is safe is taken up on SIGHUP, wholly or not at all."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import api
from agent.config.load import load
from agent.control import user_name
from agent.control_client import AgentError, ControlClient
from agent.core.inputs import Verb
from agent.store import reader
from tests.parts import lone_box
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
USER = user_name(os.getuid())
SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"
[agent]
data_dir = "{folder}/data"
socket = "{folder}/control/sock"
[rights.people]
"{user}" = "viewer"
[[device]]
id = "pbx-1"
profile = "sip-pbx"
layer = "application"
address = "127.0.1.1"
port = 9
snmp = {{ community = "swordfish-7" }}
"""
WINDOW = """[[window]]
id = "fans"
devices = ["pbx-1"]
begins = {begins}
duration = "1h"
reason = "x"
responsible = "y"
"""


class Running:
    """An agent in a process of its own.

    Args:
        folder: of its site file and its data.
    """

    def __init__(self, folder: Path) -> None:
        self.site, self.folder, self._socket = folder / "site.toml", folder, folder / "control/sock"
        self.site.write_text(SITE.format(folder=folder, user=USER))
        self._log = (folder / "log").open("wb")
        command = [sys.executable, "-m", "agent.cli", "run", "--site", str(self.site)]
        # The machine is in a zone of its own, which nobody may go by.
        env = {**os.environ, "TZ": "Pacific/Kiritimati"}
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=self._log, stderr=self._log)
        wait_for(self.status, 60, "the agent's first word")

    def status(self) -> api.Status | None:
        """How the box is; nothing while nobody answers."""
        assert self.process.poll() is None, self.log()
        with suppress(AgentError), ControlClient(self._socket) as client:
            branch = client.ask(api.AskBranch())
            assert isinstance(branch, api.BranchView)
            return branch.status
        return None

    def ask(self, question: api.Question) -> api.Answer:
        """Ask something."""
        with ControlClient(self._socket) as client:
            return client.ask(question)

    def windows(self) -> list[api.WindowView]:
        """Its maintenance windows."""
        told = self.ask(api.AskMaintenance())
        assert isinstance(told, api.MaintenanceView)
        return list(told.windows)

    def reload(self, before: str, after: str) -> None:
        """Change words of the site file, and tell the agent."""
        text = self.site.read_text()
        assert before in text
        self.site.write_text(text.replace(before, after))
        self.process.send_signal(signal.SIGHUP)

    def log(self) -> str:
        """What it has logged."""
        return (self.folder / "log").read_text()

    def logged(self, words: str) -> None:
        """Wait until it has logged these words."""
        wait_for(lambda: words in self.log(), 60, f"{words!r} in the log")

    def kinds(self) -> list[str]:
        """The kinds of the events in its journal."""
        return [record.entry.kind for record in reader.iterate(self.folder / "data")]

    def end(self) -> None:
        """End it in good order."""
        self.process.terminate()
        assert self.process.wait(30) == 0, self.log()
        self._log.close()


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """An agent that runs meanwhile."""
    one = Running(folder)
    try:
        yield one
        one.end()
    finally:
        one.process.kill()
        one.process.wait()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Running]:
    """The agent of a small site."""
    with running(tmp_path) as one:
        yield one


def test_a_name_and_rights_are_taken_up_without_a_restart(agent: Running) -> None:
    """The same process goes on; status, hash, rights and journal follow."""
    before = agent.status()
    assert before is not None
    shelve = api.GiveOrder(Verb.SHELVE, "pbx-1.unreachable", note="x", seconds=60.0)
    refused = agent.ask(shelve)
    assert isinstance(refused, api.Failed)
    assert "viewer" in str(refused)
    agent.reload('name = "Lujiazui"', 'name = "Pudong"')
    wait_for(lambda: (status := agent.status()) and status.name == "Pudong", 60, "the new name")
    agent.reload('"viewer"', '"supervisor"')
    wait_for(lambda: "viewer" not in str(agent.ask(shelve)), 60, "the new rights")
    after = agent.status()
    assert after is not None
    assert (after.boot, after.since) == (before.boot, pytest.approx(before.since, abs=1))
    assert after.config != before.config
    wait_for(lambda: agent.kinds().count("config.changed") == 2, 60, "the journal")
    assert agent.kinds().count("box.started") == 1


def test_a_file_with_mistakes_changes_nothing(agent: Running) -> None:
    """The mistakes are logged, no secret with them; what is mended is taken up at the next signal."""
    before = agent.status()
    agent.reload('community = "swordfish-7" }', 'comunity = "swordfish-8" }\nrecovery_time = "later"')
    agent.logged("reload 1: not taken up, 3 mistakes")
    assert "recovery_time" in agent.log()
    assert "swordfish" not in agent.log()
    after = agent.status()
    assert after is not None
    assert (after.config, after.since) == (before.config, pytest.approx(before.since, abs=1))
    agent.reload('comunity = "swordfish-8" }\nrecovery_time = "later"', 'community = "swordfish-7" }')
    agent.logged("reload 2: the same as what is in force")
    agent.site.write_text("[[")
    agent.process.send_signal(signal.SIGHUP)
    agent.logged("reload 3: not taken up, 1 mistakes")
    assert "config.changed" not in agent.kinds()


def test_what_needs_a_restart_is_named_and_keeps_the_rest_from_being_taken_up(agent: Running) -> None:
    """Never half of a configuration: nobody could say which one is in force."""
    before = agent.status()
    agent.reload('port = 9\nsnmp = { community = "swordfish-7" }', 'port = 10\nsnmp = { community = "sw-8" }')
    agent.logged("a restart is needed for: device[pbx-1]")
    agent.reload('name = "Lujiazui"', 'name = "Pudong"\nlanguage = "en"')
    wait_for(lambda: agent.log().count("restart is needed") == 2, 60, "the second warning")
    now = agent.status()
    assert (now.name, now.config) == ("Lujiazui", before.config)
    agent.reload("port = 10", "port = 9")
    wait_for(
        lambda: agent.log().count("restart is needed") == 3,
        60,
        "a community of its own, which is no part of the hash",
    )
    agent.reload("sw-8", "swordfish-7")
    agent.logged("taken up: site.name, site.language")
    assert agent.status().name == "Pudong"
    assert "swordfish" not in agent.log()


def test_a_window_moves_with_the_time_zone_of_the_site(agent: Running) -> None:
    """The same words of a window mean another time in another zone; one that is removed while open ends."""
    begins = datetime.now(ZoneInfo("Asia/Shanghai")).replace(microsecond=0, tzinfo=None) - timedelta(
        minutes=5
    )
    window = WINDOW.format(begins=begins.isoformat())
    with agent.site.open("a") as file:
        file.write(window)
    agent.process.send_signal(signal.SIGHUP)
    agent.logged("taken up: window[fans]")
    seen = agent.windows()
    assert [one.next for one in seen] == [None]
    agent.reload("Asia/Shanghai", "America/New_York")
    agent.logged("taken up: site.timezone")
    [one] = agent.windows()
    there = begins.replace(tzinfo=ZoneInfo("America/New_York")).timestamp()
    assert (one.next, one.open) == (there, False)
    agent.reload("America/New_York", "Asia/Shanghai")
    wait_for(lambda: agent.windows()[0].next is None, 60, "the zone of before")
    agent.reload(window, "")
    wait_for(lambda: not agent.windows(), 60, "no window")


@pytest.mark.slow
def test_the_noc_is_told_at_once_in_the_new_language_and_with_the_new_hash(tmp_path: Path) -> None:
    """What the broker retains is that of the configuration in force, not that of the start."""
    with lone_box.branch(tmp_path) as noc:
        site = tmp_path / "site.toml"
        told: list[str] = []

        async def story() -> None:
            async with lone_box.agent(tmp_path, "boot-1") as one:
                await lone_box.until(lambda: noc.at("/status"), "the birth")
                told.append(noc.at("/status")[-1].json["config"])
                text = site.read_text().replace('name = "Lujiazui"', 'name = "Pudong"\nlanguage = "en"')
                site.write_text(text)
                one.reload()
                await lone_box.until(
                    lambda: noc.at("/status")[-1].json["config"] == load(site).config_hash, "it"
                )
                await lone_box.until(
                    lambda: [event for event in noc.events() if event["type"] == "linewarden.config.changed"],
                    "the event",
                )

        asyncio.run(story())
        assert told != [load(site).config_hash]
        [event] = [event["data"] for event in noc.events() if event["type"] == "linewarden.config.changed"]
        assert event["before"] == told[0]
        assert event["config"] == load(site).config_hash
        assert event["changed"] == ["site.name", "site.language"]
        assert "Pudong" not in str(event)
