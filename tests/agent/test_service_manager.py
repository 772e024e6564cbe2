"""What the service manager is told: ready, alive while everything essential gets on, ending."""

import asyncio
from pathlib import Path

import pytest

from agent.service_manager import ServiceManager
from agent.watchdog import attend
from tests.parts.manager import Manager


async def until(condition, seconds: float = 20.0) -> None:
    """Let the loop run until a condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # what is awaited is in another socket
            await asyncio.sleep(0.01)


def test_nothing_is_told_where_nobody_listens() -> None:
    """A process that a person started has no service manager, and does not miss it."""
    manager = ServiceManager({})
    manager.ready()
    manager.alive()
    assert (manager.is_there, manager.patience) == (False, 0.0)


def test_a_manager_that_is_gone_is_no_reason_to_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its socket has vanished: that is logged."""
    ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "none")}).ready()
    assert "cannot be told READY=1" in caplog.text


def test_a_manager_that_does_not_read_hangs_nobody(tmp_path: Path) -> None:
    """Its queue is full: the sign of life is lost, not the process."""
    with Manager(tmp_path / "notify") as manager:
        ours = ServiceManager(manager.environment)
        for _ in range(2000):
            ours.alive()
        assert 0 < manager.count("WATCHDOG=1") < 2000


def test_an_abstract_socket_is_reached(tmp_path: Path) -> None:
    """Its name begins with @ in the environment, and with a zero byte for the kernel."""
    name = f"linewarden-{tmp_path.name}"
    with Manager(Path("\0" + name)) as manager:
        ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert manager.heard() == [["READY=1"]]


def test_signs_of_life_stop_while_a_part_is_stuck(tmp_path: Path) -> None:
    """It says which part it is; the signs come again when it gets on, and the end is told."""
    stuck: list[str] = []

    async def scene(manager: Manager) -> None:
        ready, stop = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(attend(ServiceManager(manager.environment), ready, stop, lambda: stuck))
        await asyncio.sleep(0)
        assert manager.heard() == []
        ready.set()
        await until(lambda: manager.count("WATCHDOG=1") >= 2)
        assert manager.told[0] == ["READY=1"]
        stuck.append("corridor")
        await until(lambda: manager.count("STATUS=stuck: corridor") >= 2)
        fed = manager.count("WATCHDOG=1")
        await until(lambda: manager.count("STATUS=stuck: corridor") >= 4)
        assert manager.count("WATCHDOG=1") == fed
        stuck.clear()
        await until(lambda: manager.count("WATCHDOG=1") > fed)
        stop.set()
        await task
        assert manager.heard()[-1] == ["STOPPING=1"]

    with Manager(tmp_path / "notify", patience=0.15) as manager:
        asyncio.run(scene(manager))


def test_a_manager_without_watchdog_still_hears_ready_and_ending(tmp_path: Path) -> None:
    """WatchdogSec is not set: one sign of life does no harm, and nothing is sent over and over."""

    async def scene(manager: Manager) -> None:
        ready, stop = asyncio.Event(), asyncio.Event()
        ready.set()
        task = asyncio.create_task(attend(ServiceManager(manager.environment), ready, stop, tuple))
        await until(lambda: manager.count("READY=1") == 1)
        stop.set()
        await task
        assert manager.count("STOPPING=1") == 1

    with Manager(tmp_path / "notify") as manager:
        asyncio.run(scene(manager))
