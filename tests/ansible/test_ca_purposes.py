"""What the small authority signs besides branches: the NOC's programs, brokers; and that nobody gets the one for the other."""

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.ansible.branch_ca import BranchCa, certificate, request, revoked, signed

pytestmark = pytest.mark.slow


@pytest.fixture
def ca(tmp_path: Path) -> BranchCa:
    """An authority with a name that is reserved."""
    one = BranchCa(tmp_path / "ca")
    one.run("init", "--reserved", "dashboard", "--reserved", "noc-2")
    return one


def test_what_a_request_asks_for_besides_is_not_given(ca: BranchCa, tmp_path: Path) -> None:
    """A box that asks to be a server, an authority, or the broker's host gets what every branch gets."""
    key, csr = request(tmp_path, "sh-0042")
    asked = ["-new", "-key", str(key), "-subj", "/CN=sh-0042", "-out", str(csr)]
    for word in (
        "extendedKeyUsage=serverAuth,clientAuth",
        "subjectAltName=DNS:mqtt.bank.example",
        "basicConstraints=CA:TRUE",
    ):
        asked += ["-addext", word]
    subprocess.run(["openssl", "req", *asked], check=True, capture_output=True)
    assert len(list(x509.load_pem_x509_csr(csr.read_bytes()).extensions)) >= 3
    ca.run("sign", str(csr))
    given = certificate(tmp_path / "sh-0042.pem").extensions
    purposes = given.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not given.get_extension_for_class(x509.BasicConstraints).value.ca
    assert all(not isinstance(one.value, x509.SubjectAlternativeName) for one in given)


@pytest.mark.parametrize("name", ["noc", "noc-2", "dashboard", "later"])
def test_the_noc_s_names_are_signed_by_a_command_of_their_own(
    ca: BranchCa, tmp_path: Path, name: str
) -> None:
    """For clients alone, as OpenSSL sees it; `sign` refuses them, also one that was reserved later."""
    ca.run("reserve", "later")
    pair = signed(ca, tmp_path, name, "noc")
    assert certificate(pair.cert).subject.rfc4514_string() == f"CN={name}"
    checked = ["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", str(ca.file("ca.pem"))]
    subprocess.run(["openssl", *checked, str(pair.cert)], check=True, capture_output=True)
    assert "is reserved" in ca.refusal("sign", str(pair.cert.with_suffix(".csr")))


def test_what_was_not_reserved_is_not_the_noc_s(ca: BranchCa, tmp_path: Path) -> None:
    """Else a slip gave a branch's name away; and a name that a branch has is not reserved any more."""
    _, csr = request(tmp_path, "sh-0042")
    assert "is not reserved" in ca.refusal("noc", str(csr))
    ca.run("sign", str(csr))
    assert "is the name of a branch" in ca.refusal("reserve", "later", "sh-0042")
    for odd in ("NOC", "a b", "+", ""):
        assert "is no name to reserve" in ca.refusal("reserve", odd)
    other = BranchCa(tmp_path / "other")
    other.folder.mkdir()
    assert "is no name to reserve" in other.refusal("init", "--reserved", "a b")


def test_a_broker_gets_a_certificate_for_a_server_alone(ca: BranchCa, tmp_path: Path) -> None:
    """With the names and addresses that were given; whole as OpenSSL sees it, and no client's."""
    pair = signed(
        ca, tmp_path, "mqtt.bank.example", "broker", "--host", "mqtt.bank.example", "--host", "10.1.8.2"
    )
    made = certificate(pair.cert)
    assert list(made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    found = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(one.value) for one in found] == ["mqtt.bank.example", "10.1.8.2"]
    for purpose, good in (("sslserver", True), ("sslclient", False)):
        checked = ["verify", "-x509_strict", "-purpose", purpose, "-CAfile", str(ca.file("ca.pem"))]
        done = subprocess.run(["openssl", *checked, str(pair.cert)], check=False, capture_output=True)
        assert (done.returncode == 0) == good


@pytest.mark.parametrize(
    "host", ["", "*.bank.example", "MQTT", "a b", "mqtt:8883", "10.1.8.0/28", "10.1.8", "-a", "a..b", "a."]
)
def test_a_host_that_is_none_is_refused(ca: BranchCa, tmp_path: Path, host: str) -> None:
    """Patterns too: a certificate is for the hosts that somebody wrote down."""
    _, csr = request(tmp_path, "mqtt-1")
    assert "neither a host's name in lower case nor an address" in ca.refusal(
        "broker", "--host", host, str(csr)
    )
    assert not (tmp_path / "mqtt-1.pem").exists()


def test_a_broker_has_a_name_and_a_key_of_its_own(ca: BranchCa, tmp_path: Path) -> None:
    """Neither the NOC's, nor that of a branch, nor the other way round; and it is told by which hosts it is reached."""
    mixed = signed(ca, tmp_path, "mqtt-1", "broker", "--host", "mqtt-1").cert.with_suffix(".csr")
    assert "is the name of a broker" in ca.refusal("sign", str(mixed))
    assert "is the name of a broker" in ca.refusal("reserve", "mqtt-1")
    key, csr = request(tmp_path, "sh-0042")
    ca.run("sign", str(csr))
    assert "is the name of a branch" in ca.refusal("broker", "--host", "mqtt", str(csr))
    assert ca.try_("broker", str(mixed)).returncode == 2
    for name, words in (("noc", ("noc",)), ("mqtt-2", ("broker", "--host", "mqtt-2"))):
        (tmp_path / f"{name}.key").write_bytes(key.read_bytes())
        copied = str(request(tmp_path, name)[1])
        assert "has the key of sh-0042" in ca.refusal(*words, copied)
    assert "is reserved" in ca.refusal("broker", "--host", "mqtt", str(tmp_path / "noc.csr"))
    _, odd = request(tmp_path, "odd", "/CN=MQTT+")
    assert "is no name of a host" in ca.refusal("broker", "--host", "mqtt", str(odd))


def test_the_noc_and_a_broker_are_revoked_as_a_branch_is(ca: BranchCa, tmp_path: Path) -> None:
    """By name, also one with dots, or by the certificate's file; all are on the one list."""
    made = [
        signed(ca, tmp_path, "noc", "noc"),
        signed(ca, tmp_path, "mqtt.bank.example", "broker", "--host", "10.1.8.2"),
        signed(ca, tmp_path, "dashboard", "noc"),
    ]
    for which in ("noc", "mqtt.bank.example", str(tmp_path / "dashboard.pem")):
        assert "1 revoked" in ca.run("revoke", which)
    assert revoked(ca) == {certificate(one.cert).serial_number for one in made}
    assert "the key of noc was revoked; make a key" in ca.refusal("noc", str(tmp_path / "noc.csr"))
