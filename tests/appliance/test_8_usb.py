"""A serial adapter that hangs: the agent asks, a helper with the right resets it at its port, and it is heard again."""

import pytest

from tests.appliance.vm_rig import VmRig
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(1800)

HELPER = "linewarden-usb-reset.service"


def test_an_adapter_is_reset_and_heard_again(rig: VmRig) -> None:
    """By a request such as the agent leaves; the line goes away for a moment and is opened anew by itself."""
    run = rig.machine.run
    run("runuser -u linewarden -- touch /run/linewarden-usb/ttyUSB0")
    wait_for(
        lambda: "ttyUSB0: reset at its USB port" in run(f"journalctl --no-pager -o cat -u {HELPER}"),
        timeout=60,
        what="the helper",
    )
    assert run("ls /run/linewarden-usb").split() == []
    assert "reset full-speed USB device" in run("journalctl -k --no-pager -o cat")

    def heard() -> float:
        return next(one.sampled or 0.0 for one in rig.branch().devices if one.id == "ups-2")

    before = rig.branch().status.now
    wait_for(lambda: heard() > before, timeout=60, what="the UPS is heard again")
