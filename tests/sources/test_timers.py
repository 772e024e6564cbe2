"""Shared timers: all of one moment wake, deadlines hit only what was not done."""

import asyncio

import pytest

from agent.sources.timers import Bell, Deadlines


def test_all_who_wait_for_a_moment_wake_then_and_not_before() -> None:
    """Two for one moment, one for a later one, one that was cancelled meanwhile."""

    async def run() -> list[tuple[str, bool]]:
        loop, bell = asyncio.get_running_loop(), Bell()
        woken: list[tuple[str, bool]] = []
        soon, later = loop.time() + 0.05, loop.time() + 0.1

        async def sleep(name: str, due: float) -> None:
            await bell.at(due)
            woken.append((name, loop.time() >= due))

        tasks = [
            asyncio.create_task(sleep(*one)) for one in (("a", soon), ("b", later), ("c", soon), ("d", soon))
        ]
        await asyncio.sleep(0)
        tasks[3].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return woken

    assert asyncio.run(run()) == [("a", True), ("c", True), ("b", True)]


def test_a_deadline_hits_only_what_is_not_done() -> None:
    """One answered, one given up on, one that began later and has its own time."""

    async def run() -> None:
        loop, deadlines = asyncio.get_running_loop(), Deadlines(0.1)
        answered, silent, cancelled = loop.create_future(), loop.create_future(), loop.create_future()
        for one in (answered, silent, cancelled):
            deadlines.watch(one, lambda: TimeoutError("silent"))
        answered.set_result(1)
        cancelled.cancel()
        began = loop.time()
        with pytest.raises(TimeoutError):
            await silent
        assert loop.time() - began >= 0.09
        late = loop.create_future()
        deadlines.watch(late, lambda: TimeoutError("late"))
        began = loop.time()
        with pytest.raises(TimeoutError):
            await late
        assert loop.time() - began >= 0.09
        assert answered.result() == 1

    asyncio.run(run())
