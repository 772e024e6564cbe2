"""The rig with a real PBX in the branch: Kamailio on a server with `snmpd`, phones and customers played by SIPp."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from flask.testing import FlaskClient

from agent import api
from agent.control_client import ControlClient
from tests.e2e.rig import HostRig
from tests.parts.kamailio import Pbx
from tests.parts.sipp import Sipp
from tests.parts.snmpd import free_udp_port
from tests.waiting import wait_for
from tests.web.panel_person import CHEAP, Person
from web.app import create_app
from web.settings import Agent, Session, Settings

SERVER, PHONES, CUSTOMERS = "127.0.1.31", "127.0.1.32", "127.0.1.33"
DEVICE = "pbx-2"
PATIENCE = 90.0
"""Seconds: Net-SNMP counts processes anew every 30 s, and a sub-agent joins again within 15 s."""

_DEVICE = """
[[device]]
id = "{id}"
profile = "kamailio"
layer = "application"
name = "Kamailio"
address = "{address}"
port = {port}
snmp = {{ community = "public", timeout = "3s", retries = 0 }}
interval = "1s"
unreachable_on_delay = "8s"
unreachable_off_delay = "500ms"
"""


class KamailioRig(HostRig):
    """A branch with a Kamailio of its own.

    Args:
        folder: for everything that the parts write.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.pbx = Pbx(folder / "pbx", SERVER, free_udp_port(SERVER), free_udp_port(SERVER))
        sip = (SERVER, self.pbx.sip)
        self.phone = Sipp(PHONES, free_udp_port(PHONES), sip)
        self.desk = Sipp(PHONES, free_udp_port(PHONES), sip)
        self.customers = Sipp(CUSTOMERS, free_udp_port(CUSTOMERS), sip)
        self._person: Person | None = None

    def _configure(self) -> None:
        super()._configure()
        entry = _DEVICE.format(id=DEVICE, address=SERVER, port=self.pbx.snmp)
        self.site.write_text(self.site.read_text() + entry)

    def register(self) -> None:
        """Have a dozen phones register; all their calls are answered by one."""
        self.desk.register(12, self.phone.port)

    # --- looking -----------------------------------------------------------------------------------------------------

    def standing(self) -> set[str]:
        """The types of the PBX's alarms that are not cleared."""
        alarms = self.branch().alarms
        return {one.type for one in alarms if one.resource == DEVICE and not one.is_cleared}

    def listed(self) -> set[str]:
        """The types of all its alarms on the list."""
        return {one.type for one in self.branch().alarms if one.resource == DEVICE}

    def point(self, name: str) -> api.PointView:
        """One point of the PBX, at the control socket."""
        with ControlClient(self.socket) as client:
            view = client.ask(api.AskDevice(DEVICE))
        assert isinstance(view, api.DeviceView)
        return next(one for one in view.points if one.name == name)

    def wait_standing(self, *types: str) -> None:
        """Wait until exactly these alarms of the PBX stand, on the list and at the NOC."""
        wait_for(lambda: self.standing() == set(types), PATIENCE, f"{types}; stand: {self.standing()}")
        wait_for(lambda: self.told() == set(types), PATIENCE, f"{types} at the NOC")

    def told(self) -> set[str]:
        """The types of the PBX's alarms that stand at the NOC."""
        return {
            message["alarm-type-id"]
            for message in self.subscriber.alarms().values()
            if message["resource"] == DEVICE and not message["is-cleared"]
        }

    def page(self, path: str = "/") -> str:
        """A page of the real panel, as somebody who has logged in sees it."""
        if self._person is None:
            settings = Settings(
                users={"li.na": CHEAP},
                agent=Agent(socket=str(self.socket), timeout=20.0),
                session=Session(secret_file=str(self.folder / "session.key")),
            )
            self._person = Person(create_app(settings))
            assert isinstance(self._person.client, FlaskClient)
            self._person.login("li.na")
        return self._person.get(path).text


@contextlib.contextmanager
def kamailio_rig(folder: Path) -> Iterator[KamailioRig]:
    """A rig whose PBX works, whose phones are registered and whose agent has heard every device."""
    rig = KamailioRig(folder)
    with contextlib.ExitStack() as stack:
        for part in (rig.pbx, rig.phone, rig.desk, rig.customers):
            stack.enter_context(part)
        rig.phone.answer()
        rig.register()
        stack.enter_context(rig)
        rig.start()
        wait_for(lambda: rig.point("registrations.users").value == 12, PATIENCE, "the phones")
        yield rig
