"""A limit changed on site, from the command line to the broker, over a kill and a start with another configuration."""

import pytest

from tests.e2e.rig import HostRig
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

LOAD = "ups-2.overload"


def await_overrides(rig: HostRig, alarms: list[str]) -> None:
    """Wait until the broker says that exactly these limits are changed on site."""

    def told() -> bool:
        message = rig.subscriber.retained.get("limits")
        return message is not None and [one["alarm"] for one in message["overrides"]] == alarms

    wait_for(told, timeout=60, what=f"{alarms} at the broker")


def test_a_limit_is_changed_kept_and_reviewed(rig: HostRig) -> None:
    """It survives a kill; another configured value is told; bounds without room for it revert it."""
    await_overrides(rig, [])
    done = rig.cli("limits", "set", LOAD, "raise_above=100", "--reason", "new recorder")
    assert done.returncode == 0, done.stderr
    assert "→" in done.stdout
    await_overrides(rig, [LOAD])
    rig.kill()
    rig.start()
    assert "* 100 %" in rig.cli("limits", "--changed").stdout
    profile = rig.folder / "profiles" / "megatec.toml"
    text = profile.read_text()
    rig.stop()
    profile.write_text(text.replace("raise_above = 90", "raise_above = 92"))
    rig.start()
    wait_for(lambda: "limit.reconfigured" in rig.subscriber.kinds(), timeout=60, what="the news")
    rig.stop()
    profile.write_text(text.replace("raise_above = [60, 105]", "raise_above = [60, 95]"))
    rig.start()
    await_overrides(rig, [])
    wait_for(lambda: "limit.reverted" in rig.subscriber.kinds(), timeout=60, what="the event of it")
    limits = [kind for kind in rig.subscriber.kinds() if kind.startswith("limit.")]
    assert limits == ["limit.changed", "limit.reconfigured", "limit.reverted"]
    event = next(one for one in rig.subscriber.events if one["type"] == "linewarden.limit.reverted")
    assert event["subject"] == LOAD
    assert "between 60 % and 95 %" in event["data"]["reason"]
    assert event["data"]["before"]["raise_above"] == 100
    assert event["data"]["after"]["raise_above"] == 90
