"""The way back of a firewall by which IT locks itself out; tried on a booted machine (tests/appliance)."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_our_own_sandbox_does_not_hold_it() -> None:
    """By its name systemd would take the shared drop-in of our units for it, under which nothing in /etc is written."""
    script = (ROOT / "ansible/roles/hardening/files/way-back").read_text()
    unit = re.search(r"\bunit=(\S+)", script)
    assert unit is not None
    shared = {place.name.removesuffix(".service.d") for place in (ROOT / "systemd").glob("*-.service.d")}
    assert shared
    assert not any(unit[1].startswith(prefix) for prefix in shared)
