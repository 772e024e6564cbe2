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

from tests.waiting import wait_for
from tests.web.panel_person import CHEAP, settings_for
from tests.web.panel_room import Room
from web.errors import SettingsError
from web.server import build, main
from web.settings import Settings, Tls
from web.wire import THREADS

ROOT = Path(__file__).parents[2]


def config_file(folder: Path, port: int) -> Path:
    """The settings of a panel of its own."""
    path = folder / "panel.toml"
    path.write_text(
        f'[listen]\nport = {port}\n[session]\nsecret_file = "{folder}/state/key"\n[users]\ndemo = "{CHEAP}"\n'
    )
    return path


def certificate(folder: Path, name: str) -> Tls:
    """A self-signed certificate for localhost."""
    pair = Tls(str(folder / f"{name}.pem"), str(folder / f"{name}.key"))
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
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", pair.key, "-out", pair.certificate]
    subprocess.run(command, check=True, capture_output=True)
    Path(pair.key).chmod(0o600)
    return pair


@contextmanager
def running(settings: Settings) -> Iterator[int]:
    """A panel that serves in a thread; its port."""
    server = build(settings)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server.port
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


def is_open(silent: socket.socket) -> bool:
    """Whether the panel still waits for this client's first word."""
    silent.setblocking(False)
    try:
        return silent.recv(1) == b"?"
    except BlockingIOError:
        return True


def test_silent_clients_keep_nobody_waiting(room: Room, tmp_path: Path) -> None:
    """More of them than there are threads; who comes after them is served before their time is up."""
    with running(settings_for(room, tmp_path)) as port:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(3 * THREADS)]
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        client.request("GET", "/login")
        assert client.getresponse().status == 200
        assert all(is_open(one) for one in silent)
        for one in (client, *silent):
            one.close()


@pytest.mark.slow
def test_the_panel_speaks_tls(room: Room, tmp_path: Path) -> None:
    """With a certificate of its own, over one connection for several requests."""
    settings = settings_for(room, tmp_path)
    with running(replace(settings, tls=certificate(tmp_path, "panel"))) as port:
        trust = ssl.create_default_context(cafile=str(tmp_path / "panel.pem"))
        client = http.client.HTTPSConnection("localhost", port, context=trust, timeout=60)
        client.request("GET", "/login")
        response = client.getresponse()
        assert response.status == 200
        assert "Secure" in str(response.headers["Set-Cookie"])
        response.read()
        client.request("GET", "/static/panel.css")
        assert client.getresponse().read().startswith(b"/*")
        client.close()


@pytest.mark.slow
def test_under_tls_too_silence_keeps_nobody_waiting_and_plain_words_are_hung_up_on(
    room: Room, tmp_path: Path
) -> None:
    """The handshake is made by a worker, and only once the client speaks."""
    settings = settings_for(room, tmp_path)
    with running(replace(settings, tls=certificate(tmp_path, "panel"))) as port:
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(3 * THREADS)]
        with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
            plain.sendall(b"GET /login HTTP/1.1\r\n\r\n")
            assert b"200" not in plain.recv(1024)
        trust = ssl.create_default_context(cafile=str(tmp_path / "panel.pem"))
        client = http.client.HTTPSConnection("localhost", port, context=trust, timeout=60)
        client.request("GET", "/login")
        assert client.getresponse().status == 200
        assert all(is_open(one) for one in silent)
        for one in (client, *silent):
            one.close()


@pytest.mark.slow
def test_a_key_of_another_certificate_is_refused_at_the_start(room: Room, tmp_path: Path) -> None:
    """Not at the first browser."""
    pair, other = certificate(tmp_path, "panel"), certificate(tmp_path, "other")
    settings = settings_for(room, tmp_path)
    with pytest.raises(SettingsError, match="matching pair"):
        build(replace(settings, tls=replace(pair, key=other.key)))


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
