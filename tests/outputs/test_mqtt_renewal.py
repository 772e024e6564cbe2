"""Certificates that are renewed while the link to the broker stands: taken up at once, and nothing is lost or told wrongly."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.outputs.box import TOPICS, Box
from tests.outputs.brokers import Papers, context, kind, make_papers
from tests.outputs.test_mqtt_trouble import await_events
from tests.parts.certificates import Pair
from tests.parts.listener import Listener
from tests.parts.mosquitto import Mosquitto
from tests.waiting import wait_for

pytestmark = pytest.mark.slow


class Link:
    """A box, a broker that wants certificates and logs whose they are, and the NOC's ear.

    Args:
        folder: for all files.
        papers: of this run.
        broker: that runs.
        box: what makes a box.
    """

    def __init__(self, folder: Path, papers: Papers, broker: Mosquitto, box: Callable[..., Box]) -> None:
        self._log = folder / f"mosquitto-{broker.port}.log"
        self.cert, self.key = folder / "our.pem", folder / "our.key"
        self.place(papers.box)
        files = {"ca_file": str(papers.ca), "cert_file": str(self.cert), "key_file": str(self.key)}
        self.box = box(broker.port, broker=files)
        self.box.await_up()

    def place(self, pair: Pair) -> None:
        """Have the box find this pair."""
        shutil.copy(pair.cert, self.cert)
        shutil.copy(pair.key, self.key)

    def renew(self) -> bool:
        """Have the box look at its files; whether it gave up the connection."""
        return self.box._thread.run(self.box.output.renew())

    def logins(self, name: str) -> int:
        """How often the box came with a certificate of this name."""
        lines = [line for line in self._log.read_text().splitlines() if "as linewarden-test" in line]
        return sum(f"u'{name}'" in line for line in lines)


def test_a_renewed_certificate_is_taken_up_and_nothing_is_lost(
    tmp_path: Path, box: Callable[..., Box]
) -> None:
    """One new connection, without the will being told; every event arrives; a second look does nothing."""
    papers = make_papers(tmp_path)
    one = kind("certificate", tmp_path, papers)
    with (
        Mosquitto(tmp_path, one.extra + "use_identity_as_username true\n") as broker,
        Listener(broker.port, tls=context(one, papers)) as noc,
    ):
        link = Link(tmp_path, papers, broker, box)
        assert not link.renew()
        link.box.submit(300)
        link.place(papers.authority.client("renewed"))
        assert link.renew()
        link.box.submit(300)
        wait_for(lambda: link.logins("renewed"), what="the new certificate")
        link.box.await_drained()
        await_events(noc, 600)
        assert not link.renew()
        assert link.logins("renewed") == 1
        assert link.box.links == [True, False, True]
        assert link.box.output.state.trouble == ""
        told = [heard.json["online"] for heard in noc.at(TOPICS.status)]
        assert told
        assert all(told)


def test_a_half_renewed_pair_does_not_cost_the_connection(
    tmp_path: Path, box: Callable[..., Box], caplog: pytest.LogCaptureFixture
) -> None:
    """A certificate whose key is not there yet is told and not used; once the key is there both are."""
    papers = make_papers(tmp_path)
    one = kind("certificate", tmp_path, papers)
    with Mosquitto(tmp_path, one.extra + "use_identity_as_username true\n") as broker:
        link = Link(tmp_path, papers, broker, box)
        new = papers.authority.client("renewed")
        shutil.copy(new.cert, link.cert)
        assert not link.renew()
        assert "the connection stays as it is" in caplog.text
        assert link.box.output.connected
        link.place(new)
        assert link.renew()
        wait_for(lambda: link.logins("renewed"), what="the new certificate")
        link.box.await_up()
        assert link.box.links == [True, False, True]
