"""Every link of our papers leads somewhere, and README's examples are what the code takes."""

import re
import tomllib
from pathlib import Path

import pytest

from agent.config.load import SHIPPED, check, load_profile
from web import words as panel_words
from web.settings import Settings, load

ROOT = Path(__file__).parents[2]
PAPERS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda p: p.name)
def test_links_lead_somewhere(paper: Path) -> None:
    """Each relative link names a file of the repository."""
    for target in re.findall(r"\]\(([^)#\s]+)", paper.read_text()):
        if "://" not in target:
            assert (paper.parent / target).exists(), f"{paper.name} links to {target}"


def examples() -> list[str]:
    """The TOML blocks of the README: a site file, then the panel's settings."""
    return re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_the_site_example_has_only_the_two_mistakes_that_the_readme_names(tmp_path: Path) -> None:
    """Files that are not there yet."""
    site = tmp_path / "site.toml"
    site.write_text(examples()[0])
    mistakes = check(site)
    assert [mistake.path for mistake in mistakes] == ["broker.ca_file", "device[pbx-1].snmp.community_file"]


def test_the_device_of_the_snmp_paper_lacks_only_its_secrets(tmp_path: Path) -> None:
    """Files that are not there yet."""
    device = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "snmp.md").read_text(), re.DOTALL)[0]
    site = tmp_path / "site.toml"
    site.write_text('[site]\nid = "a"\nname = "A"\ntimezone = "UTC"\n' + device)
    paths = [mistake.path for mistake in check(site)]
    assert paths == ["device[switch-1].snmp.auth_file", "device[switch-1].snmp.priv_file"]


def test_the_panel_example_is_what_the_panel_takes(tmp_path: Path) -> None:
    """But for the hash, which everybody makes themselves."""
    text = examples()[1].replace("scrypt:32768:8:1$…", "scrypt:32768:8:1$aaaa$" + "0" * 128)
    assert tomllib.loads(text)
    path = tmp_path / "panel.toml"
    path.write_text(text)
    assert isinstance(load(path), Settings)


def test_the_commands_of_the_readme_exist() -> None:
    """Each `linewarden WORD` of the papers is a command."""
    from agent.cli import main

    for paper in (ROOT / "README.md", ROOT / "README.zh-CN.md"):
        for word in re.findall(r"\blinewarden ([a-z]+(?:-[a-z]+)*)\b", paper.read_text()):
            assert word in main.commands or word in ("turns", "watches"), f"{paper.name}: linewarden {word}"


def test_every_race_of_the_paper_has_its_tests() -> None:
    """Each test that the paper on the core names is there."""
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "core.md").read_text()))
    there = {
        name
        for path in (ROOT / "tests" / "core").glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert len(named) > 10
    assert named - there == set()


def test_every_word_of_broker_trouble_is_explained() -> None:
    """What `status` may say stands in the paper, and nothing stands there that it never says."""
    from agent.outputs import mqtt_errors

    kinds = [one for one in vars(mqtt_errors).values() if isinstance(one, type) and hasattr(one, "word")]
    words = {kind.word for kind in kinds}
    assert len(words) == len(kinds)
    rows = re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs" / "broker.md").read_text(), re.MULTILINE)
    assert set(rows) == words
    assert words <= set(panel_words.VALUES), "the panel says each in the language of the reader"


def test_every_alarm_of_the_kamailio_paper_is_one() -> None:
    """The paper and the profile name the same alarms."""
    known = {alarm.type for alarm in load_profile(SHIPPED / "kamailio.toml").alarm} | {"unreachable"}
    told = re.findall(r"`([a-z-]+)`, (?:critical|major|warning)", (ROOT / "docs" / "kamailio.md").read_text())
    assert set(told) == known
