"""Inbox, worker threads, supervised tasks and quiet logs."""

import asyncio
import logging
import threading

import pytest

from agent.core.inputs import Door, Order, Origin, Polled, Tick, Verb
from agent.inbox import Inbox
from agent.logs import Quiet
from agent.sources.worker import Worker
from agent.tasks import Backoff, supervise, surviving
from firmware.errors import PinError
from tests.waiting import wait_for


def test_inputs_of_many_threads_arrive_once_each_and_in_their_order() -> None:
    """Ten threads post a hundred inputs each; nothing is lost or doubled."""

    async def run() -> list[str]:
        inbox = Inbox(asyncio.get_running_loop())

        def post(thread: int) -> None:
            for number in range(100):
                inbox.post(Polled(f"{thread}:{number:03d}", {}))

        threads = [threading.Thread(target=post, args=(n,)) for n in range(10)]
        for thread in threads:
            thread.start()
        taken: list[str] = []
        async with asyncio.timeout(20):
            while len(taken) < 1000:
                taken += [given.device for given in await inbox.take(5.0) if isinstance(given, Polled)]
        for thread in threads:
            thread.join()
        return taken

    taken = asyncio.run(run())
    assert len(set(taken)) == 1000
    for thread in range(10):
        own = [device for device in taken if device.startswith(f"{thread}:")]
        assert own == sorted(own)


def test_a_full_inbox_drops_readings_and_counts_them_but_never_orders() -> None:
    """People wait for orders."""

    async def run() -> tuple[int, int]:
        inbox = Inbox(asyncio.get_running_loop(), capacity=2)
        for number in range(5):
            inbox.post(Polled(str(number), {}))
        inbox.post(Order("1", Verb.SILENCE, Origin("button", Door.BUTTON)))
        return len(await inbox.take(1.0)), inbox.dropped

    assert asyncio.run(run()) == (3, 3)


def test_taking_from_an_empty_inbox_ends_in_time() -> None:
    """So that what is due is not forgotten."""

    async def run() -> list[object]:
        return list(await Inbox(asyncio.get_running_loop()).take(0.01))

    assert asyncio.run(run()) == []


def test_what_is_posted_after_the_end_is_dropped() -> None:
    """A thread left behind does no harm."""

    async def run() -> Inbox:
        return Inbox(asyncio.get_running_loop())

    asyncio.run(run()).post(Tick())


def test_a_worker_works_at_once_and_again_until_stopped() -> None:
    """And closes what it owns in its own thread."""
    done, closed = [], threading.Event()
    worker = Worker("test", 0.001, lambda: done.append(threading.current_thread().name), closed.set)
    worker.start()
    wait_for(lambda: len(done) >= 3)
    worker.stop()
    assert closed.wait(5)
    assert set(done) == {"test"}


def test_a_hung_worker_is_left_behind() -> None:
    """Waiting for its end does not wait for the kernel."""
    release = threading.Event()
    worker = Worker("hung", 1.0, release.wait)
    worker.start()
    worker.stop()
    worker.join(0.01)
    release.set()
    worker.join(5.0)


def test_stopping_a_worker_waits_for_nothing() -> None:
    """So that many can be told before the first is waited for; one that never began has nothing to wait for."""
    release, closed = threading.Event(), threading.Event()
    worker = Worker("busy", 1.0, release.wait, closed.set)
    worker.start()
    worker.stop()
    assert not closed.is_set()
    release.set()
    worker.join(20)
    assert closed.is_set()
    Worker("never", 1.0, release.wait).join(20)


def test_a_worker_survives_what_nobody_foresaw(caplog: pytest.LogCaptureFixture) -> None:
    """A UPS that made its reader stumble once is read again."""
    turns: list[int] = []

    def work() -> None:
        turns.append(len(turns))
        if len(turns) < 3:
            raise KeyError("nobody foresaw this")

    told: list[str] = []
    worker = Worker("ups", 0.001, work)
    worker.told = lambda part, error: told.append(f"{part}: {error}")
    worker.start()
    wait_for(lambda: len(told) > 3)
    worker.stop()
    assert "ups died" in caplog.text
    assert told[0].startswith("ups: KeyError in test_plumbing.py:")
    assert told[2:4] == ["ups: ", "ups: "]
    assert "foresaw" not in "".join(told)


def test_a_wire_that_fails_is_told_in_its_own_words(caplog: pytest.LogCaptureFixture) -> None:
    """What firmware foresaw needs no trace, and says what to look at."""
    told: list[tuple[str, str]] = []
    with surviving("lamps", lambda part, error: told.append((part, error))):
        raise PinError("lamp red on GPIO 17: busy")
    assert told == [("lamps", "lamp red on GPIO 17: busy")]
    assert "Traceback" not in caplog.text


def test_a_part_whose_awaited_future_is_cancelled_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only whoever owns the supervisor's task ends it."""
    monkeypatch.setattr("agent.tasks.FIRST_PAUSE", 0.001)
    lives: list[int] = []

    async def run() -> bool:
        enough = asyncio.Event()

        async def part() -> None:
            lives.append(len(lives))
            if len(lives) == 3:
                enough.set()
                await asyncio.Event().wait()
            answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            answer.cancel()
            await answer

        task = asyncio.create_task(supervise("part", part))
        async with asyncio.timeout(20):
            await asyncio.wait([task, asyncio.create_task(enough.wait())], return_when="FIRST_COMPLETED")
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return task.cancelled()

    assert asyncio.run(run())
    assert lives == [0, 1, 2]


def test_a_part_that_dies_is_started_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The others never notice."""
    monkeypatch.setattr("agent.tasks.FIRST_PAUSE", 0.001)
    lives: list[int] = []
    told: list[str] = []

    async def run() -> None:
        enough = asyncio.Event()

        async def part() -> None:
            lives.append(len(lives))
            if len(lives) == 3:
                enough.set()
                await asyncio.Event().wait()
            raise RuntimeError("died")

        task = asyncio.create_task(supervise("part", part, lambda _part, error: told.append(error)))
        async with asyncio.timeout(20):
            await enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert lives == [0, 1, 2]
    assert "part died" in caplog.text
    assert [error.split(" ")[0] for error in told] == ["", "RuntimeError", "", "RuntimeError", ""]


def test_a_part_that_ends_by_itself_has_failed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part of the agent is ever done; one that thinks so is told of and started again."""
    monkeypatch.setattr("agent.tasks.FIRST_PAUSE", 0.001)
    told: list[str] = []

    async def run() -> None:
        enough = asyncio.Event()

        async def part() -> None:
            if len(told) > 2:
                enough.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(supervise("part", part, lambda _part, error: told.append(error)))
        async with asyncio.timeout(20):
            await enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert told == ["", "ended by itself", ""]


def test_pauses_double_up_to_a_minute() -> None:
    """A part that dies at once is not started a hundred times a second, and a mended one not an hour late."""
    backoff = Backoff()
    assert [backoff.pause() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_the_same_warning_is_told_once_a_minute_with_the_count_of_the_rest() -> None:
    """Per message and the thing it is about; information is never held back."""
    quiet = Quiet(every=1000.0)

    def told(level: int, message: str, *args: object) -> bool:
        return quiet.filter(logging.LogRecord("x", level, "f", 1, message, args, None))

    assert told(logging.WARNING, "%s is gone", "ups-1")
    assert not told(logging.WARNING, "%s is gone", "ups-1")
    assert told(logging.WARNING, "%s is gone", "ups-2")
    assert told(logging.INFO, "%s is gone", "ups-1")
    assert told(logging.INFO, "%s is gone", "ups-1")
    again = Quiet(every=-1.0)
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "%s is gone", ("ups-1",), None)
    assert again.filter(record)
