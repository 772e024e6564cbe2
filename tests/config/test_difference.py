"""What differs between two configurations, and whether a running agent can take it up."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from agent.cli.running import check
from agent.config.difference import SAFE, Difference, difference, is_safe
from agent.config.load import load
from agent.config.site import SiteFile

SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"
[broker]
host = "mqtt.noc.example"
[rights.people]
"li.na" = "viewer"
[[device]]
id = "pbx-1"
profile = "own"
layer = "application"
address = "10.1.1.1"
snmp = { community = "swordfish-7" }
[[device]]
id = "pbx-2"
profile = "own"
layer = "application"
address = "10.1.1.2"
snmp = { community = "swordfish-7" }
[[window]]
id = "fans"
devices = ["pbx-1"]
begins = 2027-01-03T01:00:00
duration = "1h"
reason = "x"
responsible = "y"
"""
OWN = """
id = "own"
kind = "snmp"
text = { en = "Own", zh = "自有" }
[unreachable]
severity = "major"
text = { en = "Own", zh = "自有" }
action = { en = "Own", zh = "自有" }
causes = { en = "Own", zh = "自有" }
[[point]]
name = "up"
oid = "1.3.6.1.2.1.1.3.0"
text = { en = "Up", zh = "运行" }
"""
BROKER = '[broker]\nhost = "mqtt.noc.example"\n'


def between(folder: Path, *changes: tuple[str, str], own: str = OWN) -> Difference:
    """What differs after some words of the site file, or a profile, were changed."""
    site, profiles = folder / "site.toml", folder / "profiles"
    profiles.mkdir()
    (profiles / "own.toml").write_text(OWN)
    site.write_text(SITE)
    before, text = load(site), SITE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    site.write_text(text)
    (profiles / "own.toml").write_text(own)
    return difference(before, load(site))


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('"Lujiazui"', '"Pudong"', "site.name"),
        ('"Asia/Shanghai"', '"Asia/Urumqi"', "site.timezone"),
        ('"viewer"', '"supervisor"', "rights.people"),
        ("[broker]", '[panel]\nuser = "web"\n[broker]', "panel.user"),
        ("[broker]", '[journal]\nkeep = "90d"\n[broker]', "journal.keep"),
        ("[broker]", '[trends]\nkeep = "9d"\n[broker]', "trends.keep"),
        ("[broker]", '[shelving]\nlongest = "8h"\n[broker]', "shelving.longest"),
        ('id = "fans"', 'id = "filters"', "window[fans]"),
        ('duration = "1h"', 'duration = "2h"', "window[fans]"),
    ],
)
def test_what_each_part_looks_up_when_it_needs_it_is_safe(
    tmp_path: Path, old: str, new: str, name: str
) -> None:
    """It is named, not quoted."""
    found = between(tmp_path, (old, new))
    assert name in found.safe
    assert found.restart == ()


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ('"sh-0042"', '"sh-0043"', "site.id"),
        ('"mqtt.noc.example"', '"mqtt2.noc.example"', "broker.host"),
        (BROKER, "", "broker"),
        ('"10.1.1.1"', '"10.1.1.3"', "device[pbx-1]"),
        ('"swordfish-7"', '"swordfish-8"', "device[pbx-1]"),
        ("[broker]", '[agent]\nlog = "json"\n[broker]', "agent.log"),
        ("[broker]", '[cause]\nhold = "20s"\n[broker]', "cause.hold"),
        ("[broker]", '[annunciator]\nsequence = "M"\n[broker]', "annunciator.sequence"),
        ("[broker]", "[board.lamps]\nred = { pin = 17 }\n[broker]", "board"),
    ],
)
def test_what_was_built_from_the_configuration_needs_a_restart(
    tmp_path: Path, old: str, new: str, name: str
) -> None:
    """Wires, pollers, the rules of the core."""
    assert between(tmp_path, (old, new)) == Difference((), (name,))


def test_both_kinds_are_told_together(tmp_path: Path) -> None:
    """Whoever reads it decides; here nothing is left out."""
    found = between(tmp_path, ('"Lujiazui"', '"Pudong"'), ('id = "pbx-2"', 'id = "pbx-3"'))
    assert found == Difference(("site.name",), ("device[pbx-2]", "device[pbx-3]"))


def test_the_order_of_entries_is_a_difference(tmp_path: Path) -> None:
    """Lists of people show devices in it."""
    found = between(
        tmp_path,
        ('"pbx-1"', '"swap"'),
        ('"10.1.1.1"', '"10.1.1.9"'),
        ('"pbx-2"', '"pbx-1"'),
        ('"10.1.1.2"', '"10.1.1.1"'),
        ('"swap"', '"pbx-2"'),
        ('"10.1.1.9"', '"10.1.1.2"'),
    )
    assert found == Difference((), ("device",))


def test_comments_and_unused_profiles_are_none(tmp_path: Path) -> None:
    """The agent goes on as it was."""
    assert between(tmp_path, ("[broker]", "# of the NOC\n[broker]")) == Difference()


def test_a_profile_in_use_needs_a_restart(tmp_path: Path) -> None:
    """Its rules are in the core's state."""
    own = OWN.replace('severity = "major"', 'severity = "minor"')
    assert between(tmp_path, own=own) == Difference((), ("profile[own]",))


def test_each_safe_name_is_one_of_the_site_file() -> None:
    """A table that was renamed would silently want a restart."""
    tables = {field.name: field for field in msgspec.structs.fields(SiteFile)}
    for name in SAFE:
        table, _, key = name.partition(".")
        assert table in tables
        assert not key or key in tables[table].type.__struct_fields__
    assert not is_safe("panels.user")


def test_the_command_answers_programs(tmp_path: Path) -> None:
    """The hash that the agent will have, or exit status 3 and what needs the restart; 1 where nothing could be compared."""
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    site = SITE.replace('"own"', '"sip-pbx"')
    old.write_text(site)

    def ask(text: str) -> Result:
        new.write_text(text)
        return CliRunner().invoke(check, ["--site", str(new), "--reloadable-from", str(old)])

    safe = ask(site.replace("Lujiazui", "Pudong"))
    assert (safe.exit_code, safe.stdout.strip()) == (0, load(new).config_hash)
    unsafe = ask(site.replace("10.1.1.1", "10.1.1.7"))
    assert (unsafe.exit_code, unsafe.stdout) == (3, "")
    assert "device[pbx-1]" in unsafe.stderr
    wrong = ask(site.replace("10.1.1.1", "no host"))
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "swordfish" not in unsafe.stderr + wrong.stderr
