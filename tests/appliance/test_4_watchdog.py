"""Show 3: a hung agent is restarted by its watchdog, a panicked kernel resets the machine; both are told as alarms."""

import json

import pytest

from tests.appliance.conftest import READY, Installed
from tests.appliance.lab import Machine
from tests.appliance.vm_rig import AGENT, VmRig
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(1800)

CMDLINE = "console=ttyS0 net.ifnames=0 mitigations=off quiet"
"""As the laboratory boots it."""
RAMOOPS = "memmap=1M$0x30000000 ramoops.mem_address=0x30000000 ramoops.mem_size=0x100000 ramoops.record_size=0x20000"
"""Memory that the kernel leaves alone, for its last words; on a Pi an overlay does that."""


def started(rig: VmRig) -> list[dict[str, object]]:
    """The journal's entries about starts of the agent."""
    return [event for event in rig.exported() if event["type"] == "linewarden.box.started"]


def test_a_hung_agent_is_started_again_and_says_so(rig: VmRig) -> None:
    """SIGSTOP: no sign of life, no answer to SIGABRT, killed; the next one tells what happened, as an alarm with cause."""
    pid = rig.agent.pid
    rig.machine.run(f"kill -STOP {pid}")
    wait_for(lambda: rig.agent.pid not in (0, pid), timeout=60, what="another agent")
    rig.wait_until_watching()
    alarm = rig.subscriber.wait_for_alarm("box.agent-hung", is_cleared=False)
    assert alarm["text"]["en"]
    assert "watchdog" in rig.cli("why", "box.agent-hung").stdout
    ended = started(rig)[-1]
    assert "agent-hung" in json.dumps(ended), ended


def test_an_agent_that_crashes_is_started_again_and_says_so(rig: VmRig) -> None:
    """SIGSEGV, as a fault in a library written in C would be."""
    pid = rig.agent.pid
    rig.machine.run(f"kill -SEGV {pid}")
    wait_for(lambda: rig.agent.pid not in (0, pid), timeout=60, what="another agent")
    rig.subscriber.wait_for_alarm("box.agent-crashed", is_cleared=False)


def test_a_restart_in_good_order_raises_nothing(rig: VmRig) -> None:
    """Nobody wants an alarm about what they ordered."""
    rig.machine.run(f"systemctl restart {AGENT}")
    rig.wait_until_watching()
    assert [one.id for one in rig.branch().alarms if one.resource == "box"] == []


def test_a_hung_panel_is_started_again(rig: VmRig) -> None:
    """It does not answer its own request any more."""
    show = "systemctl show -P MainPID linewarden-panel"
    pid = rig.machine.run(show).strip()
    rig.machine.run(f"kill -STOP {pid}")
    wait_for(lambda: rig.machine.run(show).strip() not in ("0", pid), timeout=60, what="another panel")


def boot_id(machine: Machine) -> str:
    """Of the boot; empty while it does not answer."""
    told = machine.try_("cat /proc/sys/kernel/random/boot_id", seconds=20)
    return told.stdout.strip() if told.returncode == 0 else ""


def test_a_panicked_kernel_is_reset_and_told(installed: Installed, rig: VmRig) -> None:
    """By itself within seconds; what it died of stays in memory (ramoops, as on a Pi), and is told as an alarm."""
    machine = installed.machine
    machine.run("echo ramoops > /etc/modules-load.d/ramoops.conf; sync")
    machine.off()
    machine.boot(qemu=("-append", f"{CMDLINE} {RAMOOPS}"))
    rig.wait_until_watching()
    before = boot_id(machine)
    machine.try_("(sleep 1; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &")
    wait_for(lambda: boot_id(machine) not in ("", before), timeout=120, what="another boot")
    rig.wait_until_watching()
    rig.subscriber.wait_for_alarm("box.kernel-panic", is_cleared=False)
    told = json.dumps(started(rig)[-1])
    assert "kernel-panic" in told, told
    assert "sysrq triggered crash" in rig.cli("why", "box.kernel-panic").stdout
    machine.off()
    machine.boot(restore=READY)


def test_a_hung_kernel_is_reset_by_the_hardware(installed: Installed, rig: VmRig) -> None:
    """A system manager that does not feed the watchdog any more: the hardware resets the machine, and says so afterwards."""
    machine = installed.machine
    before = machine.run("cat /proc/sys/kernel/random/boot_id")
    # Nobody feeds it and nobody panics: all processors spin with interrupts off, as far as that can be had from here.
    machine.try_(
        "echo 0 > /proc/sys/kernel/panic; (sleep 1; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &"
    )

    def is_back() -> bool:
        told = machine.try_("cat /proc/sys/kernel/random/boot_id", seconds=20)
        return told.returncode == 0 and told.stdout != before

    wait_for(is_back, timeout=120, what="another boot")
    rig.subscriber.wait_for_alarm("box.machine-watchdog", is_cleared=False)
    assert machine.run("cat /sys/class/watchdog/watchdog0/bootstatus").strip() == "32"
    machine.off()
    machine.boot(restore=READY)
