"""A box of the small authority at the role's broker: let in by its certificate, and no more once that is revoked."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ansible.branch_ca import BranchCa, request
from tests.ansible.role_broker import Broker
from tests.parts.certificates import Pair
from tests.waiting import wait_for

REFUSED = (ssl.SSLError, OSError)


@pytest.fixture
def ca(tmp_path: Path) -> BranchCa:
    """An authority that has signed for two branches."""
    one = BranchCa(tmp_path / "ca")
    one.run("init")
    return one


def enrolled(ca: BranchCa, folder: Path, site: str) -> Pair:
    """A box's key and its signed certificate."""
    key, csr = request(folder, site)
    ca.run("sign", str(csr))
    return Pair(csr.with_suffix(".pem"), key)


@pytest.fixture
def broker(ca: BranchCa, tmp_path: Path) -> Iterator[Broker]:
    """The role's broker, trusting that authority, with its first list, which is empty."""
    folder = tmp_path / "broker"
    folder.mkdir()
    one = Broker(folder, ca.file("ca.pem").read_bytes(), ca.file("crl.pem").read_bytes())
    with one.mosquitto:
        yield one


def test_a_signed_box_gets_in_and_a_revoked_one_does_not(
    ca: BranchCa, broker: Broker, tmp_path: Path
) -> None:
    """Restarted with the new list, as the role does it; the neighbour is let in still."""
    box, neighbour = (enrolled(ca, tmp_path, site) for site in ("sh-0042", "sh-0043"))
    first = broker.client("sh-0042", box)
    assert first.publish("linewarden/v1/sh-0042/status")
    assert not first.publish("linewarden/v1/sh-0043/status")
    ca.run("revoke", "sh-0042")
    broker.revoke(ca.file("crl.pem").read_bytes())
    broker.mosquitto.stop()
    broker.mosquitto.start()
    wait_for(lambda: not first.connected, what="the end of the revoked one's connection")
    first.close()
    with pytest.raises(REFUSED):
        broker.client("sh-0042", box)
    broker.client("sh-0043", neighbour).close()


def refused(broker: Broker, site: str, pair: Pair) -> bool:
    """Whether the broker turns a box down that comes now."""
    try:
        broker.client(site, pair).close()
    except REFUSED:
        return True
    return False


def test_a_reload_would_not_do(ca: BranchCa, broker: Broker, tmp_path: Path) -> None:
    """Why the role restarts: a reload turns down who comes, and leaves a revoked box that is there as it is."""
    box, other = (enrolled(ca, tmp_path, site) for site in ("sh-0042", "sh-0043"))
    first = broker.client("sh-0042", box)  # by one who comes in the same name it would be thrown out
    for site in ("sh-0042", "sh-0043"):
        ca.run("revoke", site)
    broker.revoke(ca.file("crl.pem").read_bytes())
    broker.mosquitto.reload()
    wait_for(lambda: refused(broker, "sh-0043", other), what="the new list to take effect")
    assert first.publish("linewarden/v1/sh-0042/status")
    first.close()


def test_certificates_of_the_authority_open_no_broker(ca: BranchCa, tmp_path: Path) -> None:
    """They are a client's alone: a box cannot pose as the broker."""
    pair = enrolled(ca, tmp_path, "mqtt-1")
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(ca.file("ca.pem")))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pair.cert, pair.key)
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        shake_hands(context, server)


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> None:
    """A handshake in memory."""
    ways = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(ways[0], ways[1], server_hostname="mqtt-1"),
        server.wrap_bio(ways[1], ways[0], server_side=True),
    ]
    for _ in range(5):
        for one in ends:
            try:
                one.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_a_certificate_of_somebody_else_s_making_lets_nobody_in(broker: Broker, tmp_path: Path) -> None:
    """Neither of another such authority, nor of that which signs for brokers."""
    other = BranchCa(tmp_path / "other")
    other.run("init")
    for pair in (enrolled(other, tmp_path, "sh-0042"), broker.authority.client("sh-0042")):
        assert refused(broker, "sh-0042", pair)
