"""`linewarden support`: what is in it with the agent and without, and that no secret is."""

import getpass
import gzip
import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from agent import api
from agent.cli import main
from agent.control_client import AgentError, ControlClient
from agent.store.database import FILE
from tests.bench.panel import log_in, port_of
from tests.support.test_bundle import unpacked
from tests.waiting import wait_for
from web.passwords import hash_password

ROOT = Path(__file__).parents[2]
SECRETS = {
    "community-file": "Zq7-community-in-file",
    "community": "Zq7-community-in-site",
    "broker": "Zq7 broker pass word",
    "metrics": "Zq7-metrics-token-0123456789",
    "login": "correct horse",
}
PHONE = "+8613912345678"

SITE = """
[site]
id = "support"
name = "Branch of {phone}"
timezone = "UTC"
language = "en"
[broker]
host = "127.0.0.1"
port = 9
user = "box"
password_file = "{folder}/broker.secret"
[agent]
data_dir = "{folder}/data"
socket = "{folder}/control.sock"
[panel]
user = "{user}"
[rights.people]
li = "technician"
"{user}" = "supervisor"
[[device]]
id = "pbx-1"
profile = "sip-pbx"
layer = "application"
address = "127.0.1.9"
port = 9
snmp = {{ community_file = "{folder}/community.secret", timeout = "100ms" }}
interval = "1s"
[[device]]
id = "switch-1"
profile = "generic-switch"
layer = "network"
address = "127.0.1.9"
port = 9
snmp = {{ community = "{community}", timeout = "100ms" }}
interval = "1s"
"""

PANEL = """
[listen]
port = 0
[agent]
socket = "{folder}/control.sock"
[session]
secret_file = "{folder}/session.key"
[metrics]
token_file = "{folder}/metrics.secret"
[users]
li = "{hashed}"
"""


def write_box(folder: Path) -> str:
    """Everything a box reads, with a secret in every place for one; the hash of the panel's user."""
    for name, key in (("community", "community-file"), ("broker", "broker"), ("metrics", "metrics")):
        path = folder / f"{name}.secret"
        path.write_text(f"{SECRETS[key]}\n")
        path.chmod(0o600)
    hashed = hash_password(SECRETS["login"])
    values = {"folder": folder, "user": getpass.getuser(), "phone": PHONE, "community": SECRETS["community"]}
    (folder / "site.toml").write_text(SITE.format(**values))
    (folder / "panel.toml").write_text(PANEL.format(folder=folder, hashed=hashed))
    return hashed


def pack(folder: Path, name: str = "box.tar.gz") -> dict[str, str]:
    """The bundle of a box, unpacked."""
    output = folder / name
    arguments = [
        "--site",
        f"{folder}/site.toml",
        "--socket",
        f"{folder}/control.sock",
        "--output",
        str(output),
    ]
    result = CliRunner().invoke(main, ["support", *arguments])
    assert result.exit_code == 0, result.output
    prefix = f"{name.removesuffix('.tar.gz')}/"
    return {key.removeprefix(prefix): body.decode() for key, body in unpacked(output.read_bytes()).items()}


def secrets_in(text: str, *more: str) -> list[str]:
    """Which secrets stand in a text, or a good part of one."""
    words = [*SECRETS.values(), PHONE, PHONE[1:], "Zq7", *more]
    return [word for word in words if word in text]


def test_a_dead_box_is_packed_from_outside(tmp_path: Path) -> None:
    """Machine, configuration, profiles, files; that the agent is silent is said."""
    hashed = write_box(tmp_path)
    files = pack(tmp_path)
    assert "no agent answers" in files["agent/silent.txt"]
    site = json.loads(files["config/site.json"])
    assert site["device"][1]["snmp"]["community"] == "<set>"
    assert site["device"][0]["snmp"]["community_file"] == f"{tmp_path}/community.secret"
    assert json.loads(files["config/panel.json"])["users"] == {"li": "<set>"}
    assert re.search(r"^[0-9a-f]{64}  sip-pbx$", files["config/profiles.txt"], re.MULTILINE)
    assert files["box/versions.txt"].startswith("linewarden ")
    assert "lo" in files["box/network.txt"]
    assert not re.search(r"\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b", files["box/network.txt"])
    assert "clock" in files["box/platform.txt"]
    everything = "".join(files.values())
    assert secrets_in(everything, hashed) == []


def test_a_wrong_configuration_is_told_by_its_mistakes_alone(tmp_path: Path) -> None:
    """Of a file that cannot be understood nobody knows which word is a secret."""
    write_box(tmp_path)
    path = tmp_path / "site.toml"
    path.write_text(path.read_text() + f'[[device]]\nid = "x"\ncomunity = "{SECRETS["community"]}"\n')
    files = pack(tmp_path)
    assert "device" in files["config/mistakes.txt"]
    assert "config/site.json" not in files
    assert secrets_in("".join(files.values())) == []


def test_settings_of_the_panel_that_nobody_knows_are_not_told(tmp_path: Path) -> None:
    """A password in the wrong place is still a password."""
    write_box(tmp_path)
    path = tmp_path / "panel.toml"
    text = path.read_text().replace(
        "[listen]", 'password = "hunter2-hunter2"\n[listen]\npasword = "hunter2-hunter2"'
    )
    path.write_text(text)
    assert "hunter2" not in "".join(pack(tmp_path).values())


def test_a_bundle_is_not_written_over_another(tmp_path: Path) -> None:
    """With what to do instead."""
    write_box(tmp_path)
    pack(tmp_path)
    result = CliRunner().invoke(main, ["support", "--site", "x", "--output", f"{tmp_path}/box.tar.gz"])
    assert result.exit_code == 1
    assert "name another file" in result.output


@contextmanager
def running(folder: Path, name: str, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A part of the box, logging as much as it can."""
    with (folder / f"{name}.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stderr=log, stdout=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def failing(socket: Path) -> bool:
    """Whether the agent has tried both devices in vain."""
    try:
        with ControlClient(socket) as client:
            told = client.ask(api.AskFigures())
    except AgentError:
        return False
    return isinstance(told, api.Figures) and all(
        told.polls.get(device, api.Polls(0, 0)).failures > 2 for device in ("pbx-1", "switch-1")
    )


def read_metrics(port: int, token: str) -> int:
    """Ask for the metrics; the status."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    client.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
    status = client.getresponse().status
    client.close()
    return status


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_secret_of_a_living_box_is_in_its_logs_or_its_bundle(tmp_path: Path) -> None:
    """Agent and panel at their most talkative, with failing devices, a failing broker, a login, an order, metrics."""
    hashed = write_box(tmp_path)
    agent = ("agent.cli", "run", "--verbose", "--site", f"{tmp_path}/site.toml")
    with (
        running(tmp_path, "agent", *agent),
        running(tmp_path, "panel", "web", "--config", f"{tmp_path}/panel.toml"),
    ):
        wait_for(lambda: failing(tmp_path / "control.sock"), 90, "polls in vain")
        port = wait_for(lambda: port_of(tmp_path), 60, "the panel")
        cookie = log_in(port)
        assert read_metrics(port, SECRETS["metrics"]) == 200
        assert read_metrics(port, f"wrong-{SECRETS['metrics']}") == 401
        with ControlClient(tmp_path / "control.sock") as client:
            client.ask(api.GiveOrder(api.Verb.SILENCE, note=f"call {PHONE}"))
        files = pack(tmp_path)
    own = [hashed, cookie, cookie.split("=", 1)[1], (tmp_path / "session.key").read_bytes().hex()]
    for name, text in files.items():
        assert secrets_in(text, *own) == [], name
    logs = (tmp_path / "agent.log").read_text() + (tmp_path / "panel.log").read_text()
    assert secrets_in(logs, *own) == []
    assert "logger=web.login" in logs
    assert "watching support" in files["agent/log.txt"]
    assert "thread MainThread:" in files["agent/threads.txt"]
    assert "task corridor" in files["agent/tasks.txt"]
    assert "VmRSS" in files["agent/memory.txt"]
    assert "box.started" in files["store/journal.jsonl"]
    assert FILE in files["store/files.txt"]
    assert json.loads(files["agent/branch.json"])["status"]["site"] == "support"
    for line in logs.splitlines():
        assert re.match(r"time=\S+ level=\w+ logger=\S+ msg=", line), line
    assert (tmp_path / "box.tar.gz").stat().st_mode & 0o777 == 0o600
    assert gzip.decompress((tmp_path / "box.tar.gz").read_bytes())
    assert (tmp_path / "box.tar.gz").stat().st_size < 2_000_000
