"""A box of the small authority at the role's broker: let in by its certificate, and no more once that is revoked."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ansible.branch_ca import BranchCa, signed
from tests.ansible.role_broker import Broker, refused
from tests.parts.certificates import Pair
from tests.waiting import wait_for


@pytest.fixture
def ca(tmp_path: Path) -> BranchCa:
    """An authority that has signed for two branches."""
    one = BranchCa(tmp_path / "ca")
    one.run("init")
    return one


@pytest.fixture
def broker(ca: BranchCa, tmp_path: Path) -> Iterator[Broker]:
    """The role's broker with a certificate of that authority, trusting it alone, with its first list, which is empty."""
    folder = tmp_path / "broker"
    folder.mkdir()
    own = signed(ca, folder, "mqtt.bank.example", "broker", "--host", "127.0.0.1")
    one = Broker(folder, ca.file("ca.pem").read_bytes(), ca.file("crl.pem").read_bytes(), own)
    with one.mosquitto:
        yield one


def test_a_signed_box_gets_in_and_a_revoked_one_does_not(
    ca: BranchCa, broker: Broker, tmp_path: Path
) -> None:
    """Restarted with the new list, as the role does it; the neighbour is let in still."""
    box, neighbour = (signed(ca, tmp_path, site) for site in ("sh-0042", "sh-0043"))
    first = broker.client("sh-0042", box)
    assert first.publish("linewarden/v1/sh-0042/status")
    assert not first.publish("linewarden/v1/sh-0043/status")
    ca.run("revoke", "sh-0042")
    broker.revoke(ca.file("crl.pem").read_bytes())
    broker.mosquitto.stop()
    broker.mosquitto.start()
    wait_for(lambda: not first.connected, what="the end of the revoked one's connection")
    first.close()
    assert refused(broker, "sh-0042", box)
    broker.client("sh-0043", neighbour).close()


def test_a_reload_would_not_do(ca: BranchCa, broker: Broker, tmp_path: Path) -> None:
    """Why the role restarts: a reload turns down who comes, and leaves a revoked box that is there as it is."""
    box, other = (signed(ca, tmp_path, site) for site in ("sh-0042", "sh-0043"))
    first = broker.client("sh-0042", box)  # by one who comes in the same name it would be thrown out
    for site in ("sh-0042", "sh-0043"):
        ca.run("revoke", site)
    broker.revoke(ca.file("crl.pem").read_bytes())
    broker.mosquitto.reload()
    wait_for(lambda: refused(broker, "sh-0043", other), what="the new list to take effect")
    assert first.publish("linewarden/v1/sh-0042/status")
    first.close()


def test_one_authority_and_its_list_serve_all(ca: BranchCa, broker: Broker, tmp_path: Path) -> None:
    """From nothing, as the page says it: with the list in place the NOC gets in, and hears and orders a branch."""
    box, noc = (
        broker.client(name, signed(ca, tmp_path, name, command))
        for name, command in (("sh-0042", "sign"), ("noc", "noc"))
    )
    noc.subscribe("linewarden/v1/+/status")
    assert box.publish("linewarden/v1/sh-0042/status")
    assert noc.hears("linewarden/v1/sh-0042/status")
    assert noc.publish("linewarden/v1/sh-0042/cmd/acknowledge")
    box.close()
    noc.close()


def test_a_revoked_noc_is_shut_out_and_a_new_one_is_not(ca: BranchCa, broker: Broker, tmp_path: Path) -> None:
    """Its key was lost, say: the branches go on, and so does its successor with a key of its own."""
    (tmp_path / "new").mkdir()
    lost, box = signed(ca, tmp_path, "noc", "noc"), signed(ca, tmp_path, "sh-0042")
    broker.client("noc", lost).close()
    ca.run("revoke", "noc")
    broker.revoke(ca.file("crl.pem").read_bytes())
    broker.mosquitto.stop()
    broker.mosquitto.start()
    assert refused(broker, "noc", lost)
    assert not refused(broker, "sh-0042", box)
    assert not refused(broker, "noc", signed(ca, tmp_path / "new", "noc", "noc"))


def test_renewed_certificates_go_on(ca: BranchCa, broker: Broker, tmp_path: Path) -> None:
    """Of the NOC and of the broker itself: the same requests, signed again; nobody notices."""
    first = signed(ca, tmp_path, "noc", "noc").cert.read_bytes()
    again = signed(ca, tmp_path, "noc", "noc")
    assert again.cert.read_bytes() != first
    own = signed(ca, tmp_path / "broker", "mqtt.bank.example", "broker", "--host", "127.0.0.1")
    (tmp_path / "broker/certs/broker.pem").write_bytes(own.cert.read_bytes())
    broker.mosquitto.stop()
    broker.mosquitto.start()
    assert not refused(broker, "noc", again)


def test_the_broker_s_certificate_lets_nobody_in(ca: BranchCa, broker: Broker, tmp_path: Path) -> None:
    """It is a server's alone, whatever its name: who takes it from the broker is no client."""
    for name in ("mqtt-2", "mqtt.bank.example"):
        folder = tmp_path / "broker"
        assert refused(broker, name, signed(ca, folder, name, "broker", "--host", "127.0.0.1"))


def test_an_authority_without_a_list_lets_nobody_in(tmp_path: Path) -> None:
    """Why the role refuses that: Mosquitto wants one of each as soon as it has any; both in one file are taken."""
    bank, small = (BranchCa(tmp_path / name) for name in ("bank", "small"))
    for one, name in ((bank, "bank"), (small, "linewarden")):
        one.run("init", "--name", name)
    noc, box = signed(bank, tmp_path, "noc", "noc"), signed(small, tmp_path, "sh-0042")
    trusted = bank.file("ca.pem").read_bytes() + small.file("ca.pem").read_bytes()
    lists = [one.file("crl.pem").read_bytes() for one in (bank, small)]
    (tmp_path / "broker").mkdir()
    broker = Broker(tmp_path / "broker", trusted, lists[1])
    with broker.mosquitto:
        assert not refused(broker, "sh-0042", box)
        assert refused(broker, "noc", noc)
        broker.revoke(b"".join(lists))
        broker.mosquitto.stop()
        broker.mosquitto.start()
        assert not refused(broker, "sh-0042", box)
        assert not refused(broker, "noc", noc)


@pytest.mark.parametrize(("name", "command"), [("mqtt-1", "sign"), ("noc", "noc")])
def test_a_client_s_certificate_opens_no_broker(
    ca: BranchCa, tmp_path: Path, name: str, command: str
) -> None:
    """Neither a box nor a program of the NOC can pose as the broker."""
    with pytest.raises(ssl.SSLCertVerificationError, match="purpose"):
        shake_hands(*ends(ca, signed(ca, tmp_path, name, command)), name)


@pytest.mark.parametrize("host", ["mqtt.bank.example", "10.1.8.2", "fd00::2"])
def test_the_broker_s_certificate_is_good_for_its_hosts(ca: BranchCa, tmp_path: Path, host: str) -> None:
    """By each name and address that was given, and by no other; the CN of the request is none of them."""
    given = ("--host", "mqtt.bank.example", "--host", "10.1.8.2", "--host", "fd00::2")
    pair = signed(ca, tmp_path, "mqtt-1", "broker", *given)
    shake_hands(*ends(ca, pair), host)
    for other in ("mqtt-1", "mqtt.bank.example.evil.example", "10.1.8.3"):
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            shake_hands(*ends(ca, pair), other)


def ends(ca: BranchCa, pair: Pair) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Who comes, trusting the authority, and who serves by this certificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pair.cert, pair.key)
    return ssl.create_default_context(cafile=str(ca.file("ca.pem"))), server


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> None:
    """A handshake in memory."""
    ways = ssl.MemoryBIO(), ssl.MemoryBIO()
    pair = [
        client.wrap_bio(ways[0], ways[1], server_hostname=host),
        server.wrap_bio(ways[1], ways[0], server_side=True),
    ]
    for _ in range(5):
        for one in pair:
            try:
                one.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_a_certificate_of_somebody_else_s_making_lets_nobody_in(broker: Broker, tmp_path: Path) -> None:
    """Neither of another such authority, nor of one that the boxes may trust for something else."""
    other = BranchCa(tmp_path / "other")
    other.run("init")
    for pair in (signed(other, tmp_path, "sh-0042"), broker.authority.client("sh-0042")):
        assert refused(broker, "sh-0042", pair)
