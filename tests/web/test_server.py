"""The panel as a process: starting, serving, ending."""

import http.client
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from panel_person import CHEAP, settings_for
from panel_room import Room
from waiting import wait_for

from web.errors import SettingsError
from web.server import build, main
from web.settings import Settings, Tls

ROOT = Path(__file__).parents[2]


def config_file(folder: Path, port: int) -> Path:
    """The settings of a panel of its own."""
    path = folder / "panel.toml"
    path.write_text(
        f'[listen]\nport = {port}\n[session]\nsecret_file = "{folder}/state/key"\n[users]\ndemo = "{CHEAP}"\n'
    )
    return path


@contextmanager
def running(settings: Settings) -> Iterator[int]:
    """A panel that serves in a thread; its port."""
    server = build(settings)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server.bind_addr[1]
    finally:
        server.stop()
        thread.join(20)


@pytest.mark.slow
def test_a_port_that_is_taken_is_told_with_a_remedy(tmp_path: Path) -> None:
    """Address, reason, and what to do, in one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = subprocess.run(
            [sys.executable, "-m", "web", "--config", str(config_file(tmp_path, port))],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert process.returncode == 1
    assert f"127.0.0.1:{port}" in process.stderr
    assert "choose another" in process.stderr
    assert "Traceback" not in process.stderr


def test_more_clients_than_threads_are_all_served(room: Room, tmp_path: Path) -> None:
    """Connections that say nothing do not keep others out."""
    with running(settings_for(room, tmp_path)) as port:
        idle = [http.client.HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(20)]
        for connection in idle:
            connection.connect()
        for _ in range(3):
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            client.request("GET", "/login")
            assert client.getresponse().status == 200
            client.close()
        for connection in idle:
            connection.close()


@pytest.mark.slow
def test_the_panel_speaks_tls(room: Room, tmp_path: Path) -> None:
    """With a certificate of its own; a pair that does not match is refused at the start."""
    for name in ("panel", "other"):
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ]
        command += ["-addext", "subjectAltName=DNS:localhost"]
        command += ["-keyout", str(tmp_path / f"{name}.key"), "-out", str(tmp_path / f"{name}.pem")]
        subprocess.run(command, check=True, capture_output=True)
    settings = settings_for(room, tmp_path)
    pair = Tls(str(tmp_path / "panel.pem"), str(tmp_path / "panel.key"))
    with running(replace(settings, tls=pair)) as port:
        trust = ssl.create_default_context(cafile=str(tmp_path / "panel.pem"))
        client = http.client.HTTPSConnection("localhost", port, context=trust, timeout=60)
        client.request("GET", "/login")
        response = client.getresponse()
        assert response.status == 200
        assert "Secure" in str(response.headers["Set-Cookie"])
        client.close()
    with pytest.raises(SettingsError, match="matching pair"):
        build(replace(settings, tls=replace(pair, key=str(tmp_path / "other.key"))))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_serves_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    """Started as a service starts it, ended as a service ends it."""
    config = config_file(tmp_path, 0)
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "web", "--config", str(config)],
            cwd=ROOT,
            stderr=output,
        )
    try:
        wait_for(lambda: "listens on" in log.read_text(), 60, "the panel to listen")
        port = int(log.read_text().split("127.0.0.1:")[1].split("/")[0])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", "/login")
        assert client.getresponse().status == 200
        process.send_signal(number)
        assert process.wait(60) == 0
        client.close()
    finally:
        process.kill()
        process.wait(20)
    assert "Traceback" not in log.read_text()


def test_a_mistake_in_the_settings_ends_the_command_with_its_remedy(tmp_path: Path) -> None:
    """One line, no trace."""
    result = CliRunner().invoke(main, ["--config", str(tmp_path / "none.toml")])
    assert result.exit_code == 1
    assert "no such file" in result.output


def test_the_hash_command_prints_what_the_settings_take() -> None:
    """And refuses a password that is too short."""
    result = CliRunner().invoke(main, ["hash", "--password", "correct horse"])
    assert result.exit_code == 0
    assert result.output.startswith("scrypt:")
    assert "correct horse" not in result.output
    assert CliRunner().invoke(main, ["hash", "--password", "short"]).exit_code == 1
