"""`linewarden inventory`: for a site, and for all that is shipped; as text in both languages and as data."""

import re
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from agent.cli import main
from agent.config.inventory import AlarmType, of_profiles, of_site
from agent.config.load import SHIPPED, load, load_profile
from tests.cli.journals import Branch


def run(*arguments: str, **environment: str) -> str:
    """What the command prints."""
    given = {"LINEWARDEN_SITE": "", "LINEWARDEN_LANGUAGE": "", **environment}
    result = CliRunner().invoke(main, ["inventory", *arguments], env=given)
    assert result.exit_code == 0, result.output
    return result.output


def decoded(text: str) -> list[AlarmType]:
    """The lines that `--json` prints."""
    return [msgspec.json.decode(line, type=AlarmType) for line in text.splitlines()]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A Chinese branch."""
    return Branch(tmp_path, 1.8e9, "zh").site


def test_as_data_it_is_the_inventory(site: Path) -> None:
    """Of the site, or without one of every shipped profile."""
    assert decoded(run("--site", str(site), "--json")) == of_site(load(site).branch)
    assert decoded(run("--json", LINEWARDEN_SITE=str(site))) == of_site(load(site).branch)
    profiles = [load_profile(path) for path in sorted(SHIPPED.glob("*.toml"))]
    assert decoded(run("--json")) == of_profiles({one.id: one for one in profiles})


def test_as_text_it_is_for_people(site: Path) -> None:
    """In the site's language; every alarm with limit, delays, causes and first action."""
    chinese = run("--site", str(site))
    assert "ups-1 (ups-1)" in chinese
    assert re.search(r"^  overload \(重要\): UPS 过载$", chinese, re.MULTILINE)
    assert re.search(r"^    告警条件 +负载率：高于 90 % 告警，降到 85 % 及以下恢复$", chinese, re.MULTILINE)
    assert "告警延时 30 秒，恢复延时 1 分钟；读数正常后自动恢复" in chinese
    assert "高于此值告警 60 % … 105 %；降到此值恢复 50 % … 100 %；告警延时 0 秒 … 10 分钟" in chinese
    english = run("--site", str(site), LINEWARDEN_LANGUAGE="en")
    assert not re.search(r"[\u4e00-\u9fff]", english)
    assert english.count("first action") == len(of_site(load(site).branch))
    assert "  door-open" not in english
    assert "  cabinet-door (warning): Cabinet door open" in english


def test_without_a_site_it_speaks_english_unless_asked() -> None:
    """Kinds of devices, with a pattern for rows."""
    assert re.search(r"^  uplink-down.uplink-\{row\} \(major\)", run(), re.MULTILINE)
    assert "交换机上联口 {row} 断开" in run(LINEWARDEN_LANGUAGE="zh")


def test_a_broken_site_file_is_told(tmp_path: Path) -> None:
    """With every mistake, as `check` does."""
    site = tmp_path / "site.toml"
    site.write_text('[site]\nid = "a"\n')
    result = CliRunner().invoke(main, ["inventory", "--site", str(site)])
    assert result.exit_code == 1
    assert "site.name" in result.output
