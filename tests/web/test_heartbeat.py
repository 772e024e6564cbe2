"""The panel's signs of life: given while it answers itself, and only then."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from agent.service_manager import ServiceManager
from tests.parts.manager import Manager
from tests.waiting import wait_for
from tests.web.panel_person import settings_for
from tests.web.panel_room import Room
from tests.web.test_server import certificate, running
from web.heartbeat import Heartbeat
from web.wire import CLIENT_TIMEOUT, THREADS


@contextmanager
def watched(address: tuple[str, int], manager: Manager, *, encrypted: bool = False) -> Iterator[Heartbeat]:
    """A heartbeat against an address."""
    beat = Heartbeat(lambda: address, ServiceManager(manager.environment), encrypted=encrypted)
    beat.start()
    try:
        yield beat
    finally:
        beat.stop()


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_panel_that_answers_is_ready_and_alive(tmp_path: Path, *, encrypted: bool) -> None:
    """With and without TLS, and also while the agent is away; its end is told."""
    settings = settings_for(Room(tmp_path), tmp_path)  # its agent was never started
    if encrypted:
        settings = replace(settings, tls=certificate(tmp_path, "own"))
    with Manager(tmp_path / "notify", patience=0.3) as manager, running(settings) as port:
        with watched(("127.0.0.1", port), manager, encrypted=encrypted):
            wait_for(lambda: manager.count("WATCHDOG=1") >= 2, what="signs of life")
            assert manager.told[0] == ["READY=1"]
        wait_for(lambda: manager.count("STOPPING=1") == 1, what="the end")


def test_a_panel_that_does_not_answer_gives_no_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It listens, as a hung process does, but nobody serves: never ready, never alive."""
    monkeypatch.setattr("web.heartbeat.PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as hung, Manager(tmp_path / "notify", 0.3) as manager:
        with watched(hung.getsockname(), manager):
            attempts = [hung.accept()[0] for _ in range(3)]
            assert manager.heard() == []
        for one in attempts:
            one.close()


def test_a_crowd_does_not_make_the_panel_look_dead(tmp_path: Path) -> None:
    """Whoever is turned away has an answer too: strangers must not be able to have the panel restarted."""
    notify = tmp_path / "notify"
    with Manager(notify, patience=0.3) as manager, running(settings_for(Room(tmp_path), tmp_path)) as port:
        crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(4 * THREADS + 64)]
        try:
            with watched(("127.0.0.1", port), manager):
                wait_for(lambda: manager.count("WATCHDOG=1") >= 3, timeout=3 * CLIENT_TIMEOUT, what="life")
        finally:
            for one in crowd:
                one.close()


def test_a_panel_that_hangs_later_loses_its_signs_of_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answered once, so it is ready; then it does not, and says so instead of living."""
    monkeypatch.setattr("web.heartbeat.PATIENCE", 0.1)
    with (
        socket.create_server(("127.0.0.1", 0)) as panel,
        Manager(tmp_path / "notify", 0.3) as manager,
        watched(panel.getsockname(), manager),
    ):
        client, _ = panel.accept()
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        client.close()
        wait_for(lambda: manager.count("STATUS=does not answer itself") >= 2, what="silence")
        assert manager.count("READY=1") == 1
        assert manager.count("WATCHDOG=1") == 0
