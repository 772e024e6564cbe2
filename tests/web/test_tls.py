"""Encryption: which pairs are taken, how long they last, their renewal, and the plain port beside."""

import http.client
import logging
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from tests.parts.panel_certificates import write_pair
from tests.waiting import wait_for
from tests.web.panel_person import CHEAP, settings_for
from tests.web.panel_room import Room
from tests.web.test_server import ROOT
from tests.web.test_settings import USER, written
from tests.web.test_streams import panel
from web.errors import SettingsError
from web.server import main
from web.settings import Tls, load
from web.tls import LOOK_EVERY, TELL_EVERY, Pair, inspect, make_context

DAY = 86400.0


@pytest.mark.parametrize("authority", [False, True])
def test_a_good_certificate_tells_its_last_day(tmp_path: Path, *, authority: bool) -> None:
    """Its own signature or that of an authority whose certificate is elsewhere."""
    pair = write_pair(tmp_path, "a", last=100, authority=authority)
    validity = inspect(make_context(pair.certificate, pair.key), pair.certificate)
    assert validity.fault == ""
    assert abs(validity.until - time.time() - 100 * DAY) < 600
    assert validity.sentence(time.time()) == ""
    assert "in 9 days" in validity.sentence(time.time() + 90 * DAY)


@pytest.mark.parametrize(("first", "last", "why"), [(-10, -1, "has expired"), (1, 10, "not yet valid")])
@pytest.mark.parametrize("authority", [False, True])
def test_what_browsers_would_refuse_is_told(
    tmp_path: Path, first: float, last: float, why: str, *, authority: bool
) -> None:
    """In the words of the library that refuses it."""
    pair = write_pair(tmp_path, "a", first, last, authority=authority)
    validity = inspect(make_context(pair.certificate, pair.key), pair.certificate)
    assert why in validity.fault
    assert "renew it" in validity.sentence(time.time())


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


def move(source: Tls, target: Tls) -> None:
    """Renew a pair as tools do it: new files under the old names."""
    Path(source.certificate).rename(target.certificate)
    Path(source.key).rename(target.key)


def test_a_renewed_pair_is_taken_up_and_a_broken_one_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Half of a renewal, or nonsense, leaves the old pair in force and is told once."""
    wall, pair = Wall(), write_pair(tmp_path, "a", last=100)
    held = Pair(pair.certificate, pair.key, wall)
    first = held.current()
    newer = write_pair(tmp_path, "b", last=300)
    Path(newer.certificate).rename(pair.certificate)
    assert held.current() is first
    for _ in range(2):
        wall.now += LOOK_EVERY
        assert held.current() is first
    assert caplog.text.count("stays as it was") == 1
    Path(newer.key).rename(pair.key)
    wall.now += LOOK_EVERY
    assert held.current() is not first
    assert held.validity.until - time.time() > 200 * DAY
    Path(pair.certificate).unlink()
    wall.now += LOOK_EVERY
    assert held.current() is held.context


def test_a_certificate_that_ends_is_told_every_day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A warning while there is time, an error when it is over."""
    wall, pair = Wall(), write_pair(tmp_path, "a", last=10)
    held = Pair(pair.certificate, pair.key, wall)
    assert "renew it" in caplog.text
    move(write_pair(tmp_path, "b", -10, -1), pair)
    wall.now += TELL_EVERY
    held.current()
    assert [one.levelno for one in caplog.records if "refuse" in one.message] == [logging.ERROR]


def test_old_versions_of_tls_are_refused(tmp_path: Path) -> None:
    """Nothing below 1.2."""
    pair = write_pair(tmp_path, "a")
    assert make_context(pair.certificate, pair.key).minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """At the start, with what to do."""
    pair = write_pair(tmp_path, "a")
    Path(pair.key).chmod(mode)
    path = written(tmp_path, f'{USER}[tls]\ncertificate = "{pair.certificate}"\nkey = "{pair.key}"\n')
    with pytest.raises(SettingsError, match="chmod 640"):
        load(path)
    Path(pair.key).chmod(0o640)
    assert load(path).tls == pair


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.0.2.1", "panel.example"])  # noqa: S104  # that is the point
def test_plain_words_across_a_network_are_a_decision(tmp_path: Path, address: str) -> None:
    """Without TLS only the loopback is served, unless the settings say otherwise."""
    listen = f'{USER}[listen]\naddress = "{address}"\n'
    with pytest.raises(SettingsError, match="plain_http = true"):
        load(written(tmp_path, listen))
    assert load(written(tmp_path, f"{listen}plain_http = true\n")).listen.address == address
    pair = write_pair(tmp_path, "a")
    tls = f'[tls]\ncertificate = "{pair.certificate}"\nkey = "{pair.key}"\n'
    assert load(written(tmp_path, listen + tls)).tls is not None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.1.9", "::1", "localhost"])
def test_the_loopback_needs_no_decision(tmp_path: Path, address: str) -> None:
    """Whoever listens there is on the box already."""
    assert load(written(tmp_path, f'{USER}[listen]\naddress = "{address}"\n')).listen.is_loopback


def test_the_plain_port_sends_browsers_on_and_takes_no_password(room: Room, tmp_path: Path) -> None:
    """To the same path, encrypted; a form in plain words goes nowhere; no page of ours is told in plain words."""
    pair = replace(write_pair(tmp_path, "a"), redirect_port=free_port())
    settings = replace(settings_for(room, tmp_path), tls=pair)
    with panel(settings) as server:
        client = http.client.HTTPConnection("127.0.0.1", pair.redirect_port, timeout=60)
        client.request("GET", "/device/ups-1?x=1", headers={"Host": "panel.example:80"})
        answer = client.getresponse()
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://panel.example:{server.port}/device/ups-1?x=1"
        answer.read()
        for method, host in (("POST", "panel.example"), ("GET", "evil.example/path"), ("GET", "a b")):
            client.request(method, "/login", headers={"Host": host})
            answer = client.getresponse()
            assert answer.status == 400
            answer.read()
        client.close()
        trust = ssl.create_default_context(cafile=pair.certificate)
        secure = http.client.HTTPSConnection("localhost", server.port, context=trust, timeout=60)
        secure.request("GET", "/login")
        answer = secure.getresponse()
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        assert "Secure" in str(answer.headers["Set-Cookie"])
        secure.close()


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def toml(folder: Path, pair: Tls, users: str = "demo") -> Path:
    """A whole panel.toml."""
    path = folder / "panel.toml"
    path.write_text(
        f'[listen]\nport = 0\n[session]\nsecret_file = "{folder}/state/key"\n'
        f'[tls]\ncertificate = "{pair.certificate}"\nkey = "{pair.key}"\n'
        f'[users]\n{users} = "{CHEAP}"\n'
    )
    return path


@pytest.mark.parametrize(
    ("last", "status", "says"),
    [(100, 0, "good until"), (5, 0, "in 4 days"), (-0.5, 1, "has expired"), (None, 1, "cannot be read")],
)
def test_the_check_tells_how_long_the_certificate_is_good(
    tmp_path: Path, last: float | None, status: int, says: str
) -> None:
    """Before it lands, and from cron."""
    pair = write_pair(tmp_path, "a", -1, last or 1)
    if last is None:
        Path(pair.certificate).unlink()
    result = CliRunner().invoke(main, ["--config", str(toml(tmp_path, pair)), "check"])
    assert result.exit_code == status
    assert says in result.output
    assert not (tmp_path / "state").exists()


@pytest.mark.slow
def test_a_hangup_signal_takes_up_users_and_certificate(tmp_path: Path) -> None:
    """Without a restart; settings that cannot be used leave everything as it was."""
    pair = write_pair(tmp_path, "a")
    path, log = toml(tmp_path, pair), tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "web", "--config", str(path)], cwd=ROOT, stderr=output
        )
    try:
        wait_for(lambda: "listens on" in log.read_text(), 60, "the panel to listen")
        move(write_pair(tmp_path, "b", last=200), pair)
        toml(tmp_path, pair, "li")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "is renewed" in log.read_text(), 60, "the renewal")
        assert "users are read anew" in log.read_text()
        path.write_text("[users]\n")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: "stay as they were" in log.read_text(), 60, "the refusal")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait(20)
