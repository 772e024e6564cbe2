"""Show 2: power cuts at random moments under load.

What QEMU's cut does not model: a disk that loses or tears what it was told to write. What the guest had written without a
flush stays, since this machine's cache outlives QEMU. The recorded write log (tests/store/test_write_log.py) models that.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent import api
from agent.control_client import AgentError
from agent.core.inputs import Verb
from tests.appliance.conftest import READY, Installed
from tests.appliance.vm_rig import VmRig
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(7200)

CUTS = 20


class Load:
    """Alarms that come and go, and orders, as fast as the machine takes them; notes what it was promised."""

    def __init__(self, rig: VmRig) -> None:
        self._rig = rig
        self._ended = threading.Event()
        self.promised = 0
        """Orders that were answered as durable."""

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """In a thread, until the power is cut."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def _run(self) -> None:
        status = 1
        while not self._ended.is_set():
            status = 3 - status
            self._rig.service(status)
            try:
                answer = self._rig.order(Verb.LAMP_TEST)
            except (AgentError, OSError):
                continue
            if isinstance(answer, api.Done) and answer.durable:
                self.promised += 1


def test_twenty_power_cuts_under_load(installed: Installed, rig: VmRig) -> None:
    """Nothing that was acknowledged is lost, the databases are whole, and the lamps show what is wrong."""
    machine, chance = installed.machine, random.Random(20)
    promised, acknowledged = 0, set()
    for cut in range(CUTS):
        load = Load(rig)
        with load.running():
            time.sleep(
                chance.uniform(2, 12)
            )  # the moment is what is tried; there is no condition to wait for
            heard = {event["id"] for event in rig.subscriber.events}
            machine.off()
        promised += load.promised
        acknowledged |= heard
        rig.service(2 if cut % 2 else 1)
        machine.boot()
        rig.wait_until_watching()
        told = rig.cli("export", "--verify").stdout
        assert told.startswith("the chain holds up to "), told
        exported = rig.exported()
        ids = {event["id"] for event in exported}
        assert acknowledged <= ids, acknowledged - ids
        tested = sum(event["type"] == "linewarden.annunciation.tested" for event in exported)
        assert tested >= promised, (tested, promised)
        for name in ("journal.db", "trends.db"):
            check = f"python3 -c \"import sqlite3; print(sqlite3.connect('file:/var/lib/linewarden/{name}?mode=ro', uri=True)"
            assert machine.run(f"{check}.execute('PRAGMA integrity_check').fetchone()[0])\"").strip() == "ok"
        stands = any(one.id == "pbx-1.service-down" and not one.is_cleared for one in rig.branch().alarms)
        assert stands == bool(cut % 2)
        if stands:
            wait_for(lambda: rig.lamp("red") != "off", what="the red lamp")
    order = [(event["epoch"], event["seq"]) for event in rig.subscriber.events]
    assert order == sorted(order, key=lambda one: (int(str(one[0]).split("-")[0]), one[1]))
    machine.off()
    machine.boot(restore=READY)
