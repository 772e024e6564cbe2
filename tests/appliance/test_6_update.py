"""Show 4: a bad release goes back by itself and says why; a good one goes through canary and waves.

The three branches of the inventory are one machine under three names: what is shown is their order, and what happens on
the canary; the waves find their work done.
"""

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.appliance import rollout
from tests.appliance.conftest import READY, Installed
from tests.appliance.vm_rig import VmRig
from tests.e2e.rig import SITE
from tests.parts.source_tree import tree
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(5400)

WAVES = ["wave-1", "wave-2"]


class Release(NamedTuple):
    """A bundle of a changed source tree."""

    folder: Path
    name: str


def released(folder: Path, installed: Installed, version: str, *, broken: bool = False) -> Release:
    """A later version; a broken one cannot poll SNMP."""
    copy = tree(folder, version)
    if broken:
        place = copy / "agent/sources/snmp/poller.py"
        place.write_text(place.read_text() + "\n\nSnmpPoller.run = lambda self: self.not_there()\n")
    output = folder / f"dist-{version}"
    made = rollout.bundle(copy, output, installed.keys)
    return Release(output, str(made["release"]))


def played(folder: Path, installed: Installed, release: Release) -> tuple[int, dict[str, rollout.Recap]]:
    """The playbook with this release over the inventory of three."""
    variables = installed.variables | {
        "appliance_bundles": str(release.folder),
        "appliance_patience": 90,
        "appliance_waves": [1, 1],
        "base_hostname": SITE,
    }
    boxes = dict.fromkeys((SITE, *WAVES), variables)
    hosts = rollout.inventory(folder / f"inventory-{release.name}", installed.machine, boxes, [SITE])
    return rollout.play(hosts)


def touched(text: str) -> set[str]:
    """The boxes that a run did anything on, after it had looked at the inventory."""
    _, _, after = text.partition("PLAY [The canaries")
    return set(re.findall(r"^(?:ok|changed|fatal|failed|skipping): \[([^] ]+)", after, re.MULTILINE))


def status(rig: VmRig) -> dict[str, object]:
    """What the program that switches says."""
    told: dict[str, object] = json.loads(rig.machine.run("linewarden-release status"))
    return told


def test_a_bad_release_stays_with_the_canary_and_goes_back(
    installed: Installed, rig: VmRig, tmp_path: Path
) -> None:
    """The old one runs again, no other branch was touched, and the NOC is told why."""
    before = status(rig)["version"]
    bad = released(tmp_path, installed, "0.9.1", broken=True)
    code, recaps = played(tmp_path, installed, bad)
    assert code != 0
    assert recaps[SITE].failed == 1
    assert touched(recaps[SITE].text) == {SITE}
    assert "pbx-1 does not answer" in recaps[SITE].text
    now = status(rig)
    assert now["version"] == before
    assert now["last"]["result"] == "rolled-back"
    rig.wait_until_watching()
    rig.subscriber.wait_for_alarm("box.update-failed", is_cleared=False)
    wait_for(
        lambda: "pbx-1 does not answer" in json.dumps(rig.subscriber.retained.get("device/box", {})),
        timeout=60,
        what="the reason at the broker",
    )
    installed.machine.off()
    installed.machine.boot(restore=READY)


def test_a_good_release_goes_through_canary_and_waves(
    installed: Installed, rig: VmRig, tmp_path: Path
) -> None:
    """The canary first; the waves, which are the same machine under other names, find their work done."""
    good = released(tmp_path, installed, "0.9.2")
    code, recaps = played(tmp_path, installed, good)
    assert code == 0, recaps[SITE].text
    assert status(rig)["version"] == good.name
    assert [recaps[name].failed for name in (SITE, *WAVES)] == [0, 0, 0]
    assert recaps[SITE].changed > 0
    assert [recaps[name].changed for name in WAVES] == [0, 0]
    rig.wait_until_watching()
    assert rig.branch().status.version == "0.9.2"
    assert rig.cli("export", "--verify").stdout.startswith("the chain holds up to ")
    installed.machine.off()
    installed.machine.boot(restore=READY)


def test_a_branch_in_need_is_left_alone(installed: Installed, rig: VmRig, tmp_path: Path) -> None:
    """Something critical stands: the wave goes on without it, and the box says that an update waits."""
    rig.service(2)
    rig.subscriber.wait_for_alarm("pbx-1.service-down", is_cleared=False, perceived_severity="critical")
    variables = installed.variables | {"appliance_site": installed.variables["appliance_site"] | {}}
    variables["appliance_site"]["site"] = variables["appliance_site"]["site"] | {"name": "Renamed"}
    hosts = rollout.inventory(tmp_path / "inventory", installed.machine, {SITE: variables}, [])
    code, recaps = rollout.play(hosts)
    assert code == 0, recaps[SITE].text
    assert "postponed" in recaps[SITE].text
    assert rig.branch().status.name == "Test branch"
    rig.service(1)
    installed.machine.off()
    installed.machine.boot(restore=READY)


def test_power_is_cut_in_the_middle_of_an_update(installed: Installed, rig: VmRig, tmp_path: Path) -> None:
    """The next start goes back before the agent runs; the program says so, and a second run would finish."""
    machine = installed.machine
    before = status(rig)["version"]
    release = released(tmp_path, installed, "0.9.3")
    entry = json.loads((release.folder / "bundles.json").read_text())[0]
    machine.run("cat > /root/update.tar", stdin=(release.folder / entry["file"]).read_bytes())
    machine.run("linewarden-release install /root/update.tar")
    machine.run(f"nohup linewarden-release apply --settle 600 {release.name} > /root/apply.log 2>&1 &")
    wait_for(
        lambda: release.name in machine.run("readlink /opt/linewarden/current/release"),
        timeout=120,
        what="the switch has begun",
    )
    machine.cut()
    rig.wait_until_watching()
    now = status(rig)
    assert (now["version"], now["last"]["result"]) == (before, "interrupted")
    rig.subscriber.wait_for_alarm("box.update-failed", is_cleared=False)
    told = json.loads(machine.run(f"linewarden-release apply --patience 120 --settle 6 {release.name}"))
    assert told["result"] == "running"
    assert status(rig)["version"] == release.name
    rig.subscriber.wait_for_alarm("box.update-failed", is_cleared=True)
    machine.off()
    machine.boot(restore=READY)
