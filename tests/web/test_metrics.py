"""The metrics as a Prometheus server reads them, by the library's own parsers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
from prometheus_client.parser import text_string_to_metric_families as parse

from tests.web.panel_person import Person, settings_for
from tests.web.panel_room import Room
from web.app import create_app
from web.errors import SettingsError
from web.settings import Metrics, metrics_token

TOKEN = "0123456789abcdef-token"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def reader(room: Room, tmp_path: Path) -> Person:
    """Who reads the metrics of a panel that tells them."""
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o640)
    return Person(create_app(replace(settings_for(room, tmp_path), metrics=Metrics(str(path)))))


def samples(reader: Person) -> dict[tuple[str, ...], float]:
    """Every sample by name and labels."""
    answer = reader.get("/metrics", Authorization=f"Bearer {TOKEN}")
    assert answer.status_code == 200
    return {
        (one.name, *one.labels.values()): one.value for family in parse(answer.text) for one in family.samples
    }


def test_the_branch_is_told_in_numbers(reader: Person, room: Room) -> None:
    """What stands, who answers, how the box is."""
    room.values["ups-1"]["ups.status"] = "OB"
    room.silent["pbx-1"] = "timeout"
    room.live(60)
    found = samples(reader)
    assert found["linewarden_up",] == 1
    assert found["linewarden_alarms", "critical", "unacknowledged"] == 1
    assert found["linewarden_alarms", "warning", "acknowledged"] == 0
    assert found["linewarden_device_reachable", "pbx-1", "application"] == 0
    assert found["linewarden_device_reachable", "ups-1", "power"] == 1
    assert found["linewarden_device_polls_total", "pbx-1"] == 90
    assert found["linewarden_device_poll_failures_total", "pbx-1"] == 60
    assert found["linewarden_device_poll_failures_total", "ups-1"] == 0
    assert found["linewarden_journal_events_total",] == 17
    assert found["linewarden_journal_epoch",] == 3
    assert found["linewarden_broker_connected",] == 1
    assert found["linewarden_clock_quality", "ntp"] == 1
    assert found["linewarden_clock_quality", "rtc"] == 0
    assert found["linewarden_lamp_state", "red", "flash"] == 1
    assert found["linewarden_horn_sounding",] == 1
    assert found["linewarden_panel_streams",] == 0


def test_a_silent_agent_is_a_number_and_no_error(reader: Person, room: Room) -> None:
    """The server that asks must not take the panel for dead."""
    room.leave()
    found = samples(reader)
    assert found["linewarden_up",] == 0
    assert not [name for name in found if "alarms" in name[0]]


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"]
)
def test_without_the_token_nothing_is_told(reader: Person, given: str) -> None:
    """And no login page either, which a machine would take for an answer."""
    answer = reader.get("/metrics", **({"Authorization": given} if given else {}))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "linewarden_" not in answer.text


@pytest.mark.parametrize("version", ["abc", "", "1.x", "²", "1.0.0.0.0-"])
def test_a_version_that_is_none_gets_a_format_all_the_same(reader: Person, version: str) -> None:
    """The plain one, where nothing else can be made of it."""
    asked = f"application/openmetrics-text; version={version}"
    answer = reader.get("/metrics", Authorization=f"Bearer {TOKEN}", Accept=asked)
    assert answer.status_code == 200
    assert "linewarden_up 1" in answer.text


def test_a_login_does_not_open_the_metrics_and_a_token_not_the_panel(reader: Person) -> None:
    """They are for different readers."""
    assert reader.get("/", Authorization=f"Bearer {TOKEN}").status_code == 302
    reader.login()
    assert reader.get("/metrics").status_code == 401


def test_metrics_are_off_unless_asked_for(person: Person) -> None:
    """Then there is no such page, and the library is not even loaded."""
    assert person.get("/metrics").status_code == 404
    command = "import sys, web.server, agent.cli, agent.app; print('prometheus_client' in sys.modules)"
    root = Path(__file__).parents[2]
    told = subprocess.run(
        [sys.executable, "-c", command], cwd=root, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"


def test_names_texts_and_units_follow_the_conventions(reader: Person) -> None:
    """Prefixed, plain words, a text for each, units and `_total` where they belong; the strict parser agrees."""
    answer = reader.get("/metrics", Authorization=f"Bearer {TOKEN}", Accept=OPEN_METRICS)
    assert answer.content_type.startswith("application/openmetrics-text")
    families = list(strict(answer.text))
    assert len(families) > 20
    for family in families:
        assert re.fullmatch(r"linewarden_[a-z]+(_[a-z]+)*", family.name), family.name
        assert family.documentation.endswith("."), family.name
        assert not family.name.endswith(("_count", "_sum", "_bucket")), family.name
        if family.type == "counter":
            assert all(one.name.endswith("_total") for one in family.samples)
        else:
            assert not family.name.endswith("_total")
        if "time" in family.name.split("_") or "timestamp" in family.name:
            assert family.name.endswith("_seconds")
    keys = [(one.name, tuple(sorted(one.labels.items()))) for family in families for one in family.samples]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        (TOKEN, 0o644, "open to others"),
        ("short", 0o600, "no token"),
        ("two words of a token", 0o600, "no token"),
        (None, 0o600, "cannot be read"),
    ],
)
def test_a_token_that_protects_nothing_is_refused(
    tmp_path: Path, text: str | None, mode: int, why: str
) -> None:
    """At the start, with what to do; the token itself is not told."""
    path = tmp_path / "token"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    with pytest.raises(SettingsError, match=why) as told:
        metrics_token(path)
    assert text is None or text not in str(told.value)
