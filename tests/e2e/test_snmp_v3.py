"""A switch asked over SNMP v3, its ports found by name, in a real agent: restarts and refusals as people see them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import api
from agent.control_client import ControlClient
from tests.e2e.rig import HostRig
from tests.parts import snmp_users
from tests.parts.snmpd import Snmpd, free_udp_port
from tests.waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ADDRESS = "127.0.1.9"
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1"
IF_STATUS = "1.3.6.1.2.1.2.2.1.8"
UP, DOWN = 1, 2

SWITCH = """
[[device]]
id = "switch-1"
profile = "generic-switch"
layer = "network"
address = "{address}"
port = {port}
interval = "1s"
unreachable_on_delay = "1s"
unreachable_off_delay = "500ms"
rows = {{ uplink = {{ core = "Gi0/24" }}, pbx-port = {{ main = "Gi0/1" }} }}
[device.snmp]
version = "3"
user = "{user}"
auth = "SHA-256"
auth_file = "{folder}/auth"
priv = "AES"
priv_file = "{folder}/priv"
timeout = "1s"
"""


class SwitchRig(HostRig):
    """The rig with a switch beside the PBX."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.switch = Snmpd(
            folder / "switch",
            [ADDRESS],
            free_udp_port(ADDRESS),
            subtrees=(IF_NAME, IF_STATUS),
            extra=snmp_users.config(),
        )
        self.ports(uplink=24, pbx=1)

    def ports(self, *, uplink: int, pbx: int, state: int = UP) -> None:
        """Which number each port has now, and the state of the uplink."""
        names = {f"{IF_NAME}.{uplink}": "Gi0/24", f"{IF_NAME}.{pbx}": "Gi0/1"}
        self.switch.set({**names, f"{IF_STATUS}.{uplink}": state, f"{IF_STATUS}.{pbx}": UP})

    def _configure(self) -> None:
        super()._configure()
        for name, phrase in (("auth", snmp_users.AUTH_PHRASE), ("priv", snmp_users.PRIV_PHRASE)):
            (self.folder / name).write_text(phrase)
            (self.folder / name).chmod(0o640)
        user = snmp_users.user().name
        text = SWITCH.format(address=ADDRESS, port=self.switch.port, user=user, folder=self.folder)
        self.site.write_text(self.site.read_text() + text)

    def device(self) -> api.DeviceView:
        """The switch as the agent tells it."""
        with ControlClient(self.socket) as client:
            view = client.ask(api.AskDevice("switch-1"))
        assert isinstance(view, api.DeviceView)
        return view

    def point(self, name: str) -> object:
        """The value of a point of the switch."""
        return {point.name: point.value for point in self.device().points}.get(name)

    def standing(self) -> set[str]:
        """The alarms of the switch that stand."""
        return {alarm.id for alarm in self.device().alarms if not alarm.is_cleared}

    def told(self, kind: str) -> list[dict[str, object]]:
        """The data of the events of a kind about the switch that reached the broker."""
        events = [event for event in list(self.subscriber.events) if event["type"] == f"linewarden.{kind}"]
        return [event["data"] for event in events if "switch-1" in str(event["data"])]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SwitchRig]:
    """One agent for the tests of this file."""
    with SwitchRig(tmp_path_factory.mktemp("v3")) as rig, rig.switch:
        rig.start()
        yield rig


def test_ports_are_found_by_name_and_their_alarms_say_which(rig: SwitchRig) -> None:
    """Both ports are read; the uplink goes down while the switch numbers its ports anew; it returns."""
    assert (rig.point("uplink.core.status"), rig.point("pbx-port.main.status")) == ("up", "up")
    rig.ports(uplink=1, pbx=24, state=DOWN)
    alarm = "switch-1.uplink-down.uplink-core"
    wait_for(lambda: rig.standing() == {alarm}, timeout=30, what="only the uplink's alarm stands")
    assert rig.point("pbx-port.main.status") == "up"
    assert rig.lamp("red") == "flash"
    rig.ports(uplink=1, pbx=24)
    wait_for(lambda: not rig.standing(), timeout=30, what="the alarm is over")


def test_a_restart_of_the_agent_is_told_once(rig: SwitchRig) -> None:
    """The engine boots count up: polling goes on, nothing stands after, and the NOC hears of it as an event."""
    before = len(rig.told("device.restarted"))
    rig.switch.stop()
    rig.switch.start()
    wait_for(lambda: len(rig.told("device.restarted")) == before + 1, timeout=60, what="the restart is told")
    wait_for(lambda: not rig.standing(), timeout=30, what="nothing stands")
    assert "counts another boot" in str(rig.told("device.restarted")[-1]["detail"])


def test_a_user_who_is_no_longer_let_in_is_named(rig: SwitchRig) -> None:
    """The switch lost its users: unreachable, and alarm and page say that it does not know ours, without a secret."""
    config = rig.folder / "switch" / "snmpd.conf"
    whole = config.read_text()
    rig.switch.stop()
    shutil.rmtree(rig.folder / "switch" / "state")
    config.write_text("\n".join(line for line in whole.splitlines() if "createUser" not in line) + "\n")
    config.write_text(config.read_text() + "rocommunity public\n")
    rig.switch.start()
    wait_for(
        lambda: "does not know the user sha-256-aes" in rig.device().cause,
        timeout=60,
        what="the cause is named",
    )
    wait_for(lambda: rig.standing() == {"switch-1.unreachable"}, timeout=30, what="the switch is unreachable")
    rig.switch.stop()
    config.write_text(whole)
    shutil.rmtree(rig.folder / "switch" / "state")
    rig.switch.start()
    wait_for(lambda: not rig.standing(), timeout=90, what="the switch is back")
    assert "phrase to" not in rig.log()
