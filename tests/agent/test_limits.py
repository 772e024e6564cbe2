"""Limits changed on site between the socket, the journal and the publisher."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from agent import api, limit_views, publications
from agent.core.branch import Branch
from agent.core.model import Point, Text
from agent.core.state import new_state
from agent.opening import remember
from tests.core.site import HOT, LOW, SITE, Site
from tests.parts.corridor_bench import bench, until


def run(story: Coroutine[Any, Any, None]) -> None:
    """Let a story happen."""
    asyncio.run(story)


def test_a_change_is_published_once_it_is_on_the_disk(tmp_path: Path) -> None:
    """And answered then; a change that is refused is not published at all."""

    async def story() -> None:
        async with bench(tmp_path, branch=SITE) as b:
            b.disk.free.clear()
            answer = asyncio.create_task(b.set_limit(HOT, raise_above=50))
            await until(lambda: b.corridor.state.durable.overrides)
            assert b.limits == []
            b.disk.free.set()
            assert await answer == api.Done(True, ["limit.changed"])
            assert b.limits == [[HOT]]
            refused = await b.set_limit(HOT, raise_above=500)
            assert refused == api.Failed("refused", "raise_above must lie between 30 and 60")
            assert b.limits == [[HOT]]

    run(story())


def test_while_the_disk_takes_nothing_a_change_is_published_at_once(tmp_path: Path) -> None:
    """It is in force, and whoever subscribes should know."""

    async def story() -> None:
        async with bench(tmp_path, branch=SITE) as b:
            await b.degrade()
            assert await b.set_limit(HOT, raise_above=50) == api.Done(False, ["limit.changed"])
            assert b.limits == [[HOT]]
            await b.recover()

    run(story())


def test_what_was_changed_is_remembered_by_the_journal(tmp_path: Path) -> None:
    """By whom and why; the limit is in force at once after a start."""

    async def story() -> None:
        async with bench(tmp_path, branch=SITE) as b:
            await b.set_limit(HOT, raise_above=50)
            await b.set_limit(HOT, on_delay=30)

    run(story())
    remembered = remember(tmp_path)
    try:
        assert remembered.durable.overrides[HOT].numbers["raise_above"].reason == "summer"
        site = Site(durable=remembered.durable)
        assert (site.numbers()["raise_above"], site.numbers()["on_delay"]) == (50, 30)
    finally:
        assert remembered.engine is not None
        remembered.engine.close()


def test_the_view_tells_force_configuration_and_bounds() -> None:
    """Of the rules that may be changed; numbers without bounds are shown, and not to be changed."""
    site = Site()
    site.set(raise_above=50)
    view = limit_views.limits(site.state)
    assert view is not None
    assert [(one.alarm, one.is_local) for one in view.limits] == [(HOT, True), (LOW, False)]
    above, below = view.limits[0].numbers[:2]
    assert (above.value, above.configured, above.low, above.high) == (50, 40, 30, 60)
    assert above.by is not None
    assert (above.by.name, above.reason) == ("li.na", "summer")
    assert (below.by, below.value) == (None, 35)
    charge = view.limits[1].numbers
    assert [(one.name, one.unit, one.low) for one in charge] == [
        ("raise_below", "%", 10),
        ("clear_above", "%", 15),
        ("on_delay", "s", None),
        ("off_delay", "s", None),
    ]
    assert limit_views.limits(site.state, "ups-9") is None
    assert limit_views.limits(site.state, "ups-1") == view


def test_a_point_is_called_as_people_call_it() -> None:
    """By its text, or by its name where it has none."""
    ups = SITE.devices["ups-1"]
    points = {**ups.points, "ups.temperature": Point("ups.temperature", "Cel", Text("Heat", "温度"))}
    state = new_state(Branch("sh-0042", {"ups-1": replace(ups, points=points)}))
    view = limit_views.limits(state)
    assert view is not None
    assert [one.point_text.en for one in view.limits] == ["Heat", "battery.charge"]


def test_the_message_tells_what_differs_and_nothing_else() -> None:
    """By alarm and number; empty when all is as configured."""
    site = Site()
    site.set(LOW, raise_below=25)
    site.set(HOT, raise_above=50, on_delay=60)
    message = publications.limits(site.state.durable.overrides.values())
    assert [(one.alarm, set(one.numbers)) for one in message.overrides] == [
        (LOW, {"raise_below"}),
        (HOT, {"raise_above", "on_delay"}),
    ]
    told = message.overrides[0].numbers["raise_below"]
    assert (told.value, told.configured, told.by, told.door, told.reason) == (
        25,
        20,
        "li.na",
        "panel",
        "summer",
    )
    assert told.time.startswith("2027-01-15T08:16:40")
    site.revert(LOW)
    site.revert(HOT)
    assert publications.limits(site.state.durable.overrides.values()).overrides == []
