"""What runs for a moment with more rights than the agent: resets of USB adapters, backups and their drill, in their sandboxes."""

import json

import pytest

from tests.appliance.vm_rig import VmRig
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(1800)

RESET = "linewarden-usb-reset.service"
BACKUPS = "/var/lib/linewarden-backup"


def test_an_adapter_is_reset_and_heard_again(rig: VmRig) -> None:
    """By a request such as the agent leaves; the line goes away for a moment and is opened anew by itself."""
    run = rig.machine.run

    def resets() -> int:
        return run(f"journalctl --no-pager -o cat -u {RESET}").count("ttyUSB0: reset at its USB port")

    earlier = resets()  # the agent may have asked while nothing hung at the other end
    run("runuser -u linewarden -- touch /run/linewarden-usb/ttyUSB0")
    wait_for(lambda: resets() > earlier, timeout=60, what="the helper")
    assert run("ls /run/linewarden-usb").split() == []
    assert "reset full-speed USB device" in run("journalctl -k --no-pager -o cat")

    def heard() -> float:
        return next(one.sampled or 0.0 for one in rig.branch().devices if one.id == "ups-2")

    before = rig.branch().status.now
    wait_for(lambda: heard() > before, timeout=60, what="the UPS is heard again")


def test_a_backup_is_made_and_rehearsed_beside_the_running_agent(rig: VmRig) -> None:
    """By the units that the timers start; what came of it is for the agent to read, the backup is not."""
    run = rig.machine.run
    for unit in ("backup", "drill"):
        assert run(f"systemctl is-active linewarden-{unit}.timer").strip() == "active"
        run(f"systemctl start linewarden-{unit}.service")
    made = run(f"stat -c '%U %a %s' {BACKUPS}/*.age").split()
    assert made[:2] == ["root", "600"]
    assert int(made[2]) > 1000
    told = json.loads(run(f"runuser -u linewarden -- cat {BACKUPS}/backup.json"))
    assert told["drill"] == "passed", told
