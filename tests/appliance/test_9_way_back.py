"""A firewall by which IT locks itself out goes back to what it was, by itself."""

from pathlib import Path

import pytest

from tests.appliance import rollout
from tests.appliance.conftest import READY, Installed
from tests.appliance.lab import Machine
from tests.e2e.rig import SITE
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(3600)

NOWHERE = "192.0.2.0/24"


def rules(machine: Machine) -> str:
    """Who may come in; empty where we may not."""
    machine.forget()
    return machine.try_("nft list chain inet filter input", seconds=30).stdout


def test_a_firewall_that_lets_nobody_in_is_taken_back(installed: Installed, tmp_path: Path) -> None:
    """The run fails, for it comes in anew and cannot; minutes later the box is as it was."""
    machine = installed.machine
    variables = installed.variables | {"hardening_admin_networks": [NOWHERE], "hardening_way_back": "90s"}
    hosts = rollout.inventory(tmp_path / "inventory", machine, {SITE: variables}, [])
    code, recaps = rollout.play(hosts)
    assert code != 0
    assert "Come in anew" in recaps[SITE].text
    wait_for(lambda: "dport 22 accept" in rules(machine), timeout=90, what="the way back")
    assert NOWHERE not in rules(machine)
    assert NOWHERE not in machine.run("cat /etc/nftables.conf")
    machine.off()
    machine.boot(restore=READY)
