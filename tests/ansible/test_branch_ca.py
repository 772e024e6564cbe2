"""The small authority: what it signs, what it refuses, and that nothing of a refusal stays."""

import importlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from agent.config.words import Slug
from tests.ansible.branch_ca import TOOL, BranchCa, certificate, request, revoked


@pytest.fixture
def ca(tmp_path: Path) -> BranchCa:
    """An authority with a name that is reserved."""
    one = BranchCa(tmp_path / "ca")
    one.run("init", "--reserved", "dashboard", "--reserved", "noc-2")
    return one


def test_a_branch_gets_a_certificate_for_a_client_alone(ca: BranchCa, tmp_path: Path) -> None:
    """With its name, its key, an end, and nothing else that the request says; whole as OpenSSL sees it."""
    _, csr = request(tmp_path, "sh-0042")
    assert ca.run("sign", str(csr)).endswith("sh-0042.pem: sh-0042\n")
    made = certificate(tmp_path / "sh-0042.pem")
    assert made.subject.rfc4514_string() == "CN=sh-0042"
    assert made.public_key() == x509.load_pem_x509_csr(csr.read_bytes()).public_key()
    assert list(made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert (made.not_valid_after_utc - made.not_valid_before_utc).days == 825
    checked = ["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", str(ca.file("ca.pem"))]
    subprocess.run(["openssl", *checked, str(tmp_path / "sh-0042.pem")], check=True, capture_output=True)


def test_a_certificate_ends_with_the_authority(tmp_path: Path) -> None:
    """What outlived it would be refused anyway, at an hour nobody expects."""
    ca = BranchCa(tmp_path / "ca")
    ca.run("init", "--days", "30")
    _, csr = request(tmp_path, "sh-0042")
    signed = ca.try_("sign", str(csr))
    ends = [certificate(path).not_valid_after_utc for path in (tmp_path / "sh-0042.pem", ca.file("ca.pem"))]
    assert ends[0] == ends[1]
    assert f"The authority ends on {ends[1]:%Y-%m-%d}" in signed.stderr
    assert ca.try_("sign", "--days", "29", str(csr)).stderr == ""


def test_an_authority_that_has_ended_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be a certificate that ends before it begins; and the index stays as it was."""
    monkeypatch.syspath_prepend(TOOL.parent)
    authority = importlib.import_module("authority")
    now = datetime.now(UTC).replace(microsecond=0)
    one = authority.Authority(tmp_path)
    one.found("bank", 1, (), now - timedelta(days=3))
    _, csr = request(tmp_path, "sh-0042")
    with pytest.raises(authority.AuthorityError, match="the authority itself ended"):
        one.sign_branch(csr.read_bytes(), 825, now)
    assert not (tmp_path / "index.json").exists()
    ca = BranchCa(tmp_path)
    assert "the authority itself ended" in ca.refusal("sign", str(csr))


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("/CN=noc", "'noc' is reserved"),
        ("/CN=noc-2", "'noc-2' is reserved"),
        ("/CN=dashboard", "'dashboard' is reserved"),
        ("/CN=SH-0042", "is no id of a branch"),
        (r"/CN=\+", "is no id of a branch"),
        ("/CN=#", "is no id of a branch"),
        ("/CN=-sh", "is no id of a branch"),
        ("/CN=sh-0042 ", "is no id of a branch"),
        ("/CN=陆家嘴", "is no id of a branch"),
        (f"/CN={'a' * 64}", "is no id of a branch"),
        ("/CN=sh-0042/CN=noc", "another name than a CN alone"),
        ("/O=bank/CN=sh-0042", "another name than a CN alone"),
        ("/OU=sh-0042", "another name than a CN alone"),
    ],
)
def test_a_name_that_no_branch_may_have_is_refused(
    ca: BranchCa, tmp_path: Path, subject: str, words: str
) -> None:
    """A CN is a user of the broker: a wrong one reads all branches, or writes into another one's tree."""
    _, csr = request(tmp_path, "box", subject)
    assert words in ca.refusal("sign", str(csr))
    assert not (tmp_path / "box.pem").exists()


def test_what_is_no_request_of_ours_is_refused(ca: BranchCa, tmp_path: Path) -> None:
    """Rubbish, other kinds of keys, requests that were changed, files that are not there."""
    _, weak = request(tmp_path, "sh-0001", curve="secp256k1")
    assert "EC P-256" in ca.refusal("sign", str(weak))
    _, good = request(tmp_path, "sh-0042")
    lines = good.read_text().splitlines()
    for text in ("", "rubbish", "\n".join([*lines[:3], *lines[4:]]), "\n".join(lines[:3])):
        (tmp_path / "bad.csr").write_text(text)
        assert "no request" in ca.refusal("sign", str(tmp_path / "bad.csr"))
    assert "No such file" in ca.refusal("sign", str(tmp_path / "none.csr"))


def test_a_request_that_was_changed_on_the_way_is_refused(ca: BranchCa, tmp_path: Path) -> None:
    """Its own signature says so."""
    _, csr = request(tmp_path, "sh-0042")
    der = subprocess.run(
        ["openssl", "req", "-in", str(csr), "-outform", "DER"], check=True, capture_output=True
    ).stdout
    changed = tmp_path / "changed.csr"
    asked = ["openssl", "req", "-inform", "DER", "-out", str(changed)]
    subprocess.run(asked, input=der.replace(b"sh-0042", b"sh-0043"), check=True, capture_output=True)
    assert "not signed by its own key" in ca.refusal("sign", str(changed))


def test_the_good_ones_among_many_are_signed(ca: BranchCa, tmp_path: Path) -> None:
    """A refusal is told with its file and by the exit code; it holds up nobody else."""
    given = [str(request(tmp_path, name)[1]) for name in ("sh-0042", "noc", "sh-0043")]
    done = ca.try_("sign", *given)
    assert done.returncode == 1
    assert f"{given[1]}: 'noc' is reserved" in done.stderr
    assert sorted(path.name for path in tmp_path.glob("*.pem")) == ["sh-0042.pem", "sh-0043.pem"]


def test_a_renewed_certificate_has_the_same_key(ca: BranchCa, tmp_path: Path) -> None:
    """And another number; the old one stays good until its end."""
    _, csr = request(tmp_path, "sh-0042")
    numbers = set()
    for _ in range(2):
        ca.run("sign", str(csr))
        numbers.add(certificate(tmp_path / "sh-0042.pem").serial_number)
    assert len(numbers) == 2
    assert revoked(ca) == set()
    assert "2 revoked" in ca.run("revoke", "sh-0042")
    assert revoked(ca) == numbers


def test_one_branch_has_one_key(ca: BranchCa, tmp_path: Path) -> None:
    """A second box of that name is refused until the first is revoked; so is a key that another branch has."""
    key, csr = request(tmp_path, "sh-0042")
    ca.run("sign", str(csr))
    (tmp_path / "new").mkdir()
    _, other = request(tmp_path / "new", "sh-0042")
    assert "first: revoke sh-0042" in ca.refusal("sign", str(other))
    (tmp_path / "sh-0043.key").write_bytes(key.read_bytes())
    _, copied = request(tmp_path, "sh-0043")
    assert "has the key of sh-0042" in ca.refusal("sign", str(copied))
    ca.run("revoke", "sh-0042")
    ca.run("sign", str(other))
    assert "was revoked" in ca.refusal("sign", str(csr))


def test_one_certificate_can_be_revoked(ca: BranchCa, tmp_path: Path) -> None:
    """By its file; a second time changes nothing, and what was never signed here is refused."""
    for site in ("sh-0042", "sh-0043"):
        ca.run("sign", str(request(tmp_path, site)[1]))
    file = tmp_path / "sh-0042.pem"
    assert "1 revoked" in ca.run("revoke", str(file))
    assert revoked(ca) == {certificate(file).serial_number}
    before = ca.state()
    assert "was revoked before" in ca.run("revoke", "sh-0042")
    assert ca.state() == before
    assert "nothing was signed here" in ca.refusal("revoke", "sh-0099")
    assert "nothing was signed here" in ca.refusal("revoke", str(ca.file("ca.pem")))
    assert "is not a certificate" in ca.refusal("revoke", str(tmp_path / "sh-0042.csr"))


def test_a_list_written_anew_keeps_what_is_on_it(ca: BranchCa, tmp_path: Path) -> None:
    """Also if it was lost."""
    ca.run("sign", str(request(tmp_path, "sh-0042")[1]))
    ca.run("revoke", "sh-0042")
    before = revoked(ca)
    ca.file("crl.pem").unlink()
    ca.run("crl")
    assert revoked(ca) == before != set()


def test_the_key_is_for_its_owner_and_may_need_a_passphrase(tmp_path: Path) -> None:
    """Without it, or with another one, nothing is signed, revoked or listed."""
    word, wrong, empty = (tmp_path / name for name in ("word", "wrong", "empty"))
    word.write_text("open sesame\n")
    wrong.write_text("close sesame\n")
    empty.write_text("\n")
    folder = tmp_path / "ca"
    ca = BranchCa(folder, "--passphrase-file", str(word))
    ca.run("init")
    assert (folder.stat().st_mode & 0o777, (folder / "ca.key").stat().st_mode & 0o777) == (0o700, 0o600)
    assert b"ENCRYPTED" in (folder / "ca.key").read_bytes()
    _, csr = request(tmp_path, "sh-0042")
    ca.run("sign", str(csr))
    for shut in (BranchCa(folder), BranchCa(folder, "--passphrase-file", str(wrong))):
        for words in (("sign", str(csr)), ("revoke", "sh-0042"), ("crl",)):
            assert "passphrase" in shut.refusal(*words)
    assert "line 1 is empty" in BranchCa(folder, "--passphrase-file", str(empty)).refusal("crl")
    assert "1 revoked" in ca.run("revoke", "sh-0042")


def test_an_authority_is_founded_once(ca: BranchCa, tmp_path: Path) -> None:
    """A second key would shut out every branch; and where there is none, nothing is signed."""
    assert "is an authority already" in ca.refusal("init")
    done = BranchCa(tmp_path / "none").try_("crl")
    assert done.returncode == 1
    assert "No such file" in done.stderr
    ca.file("index.json").write_text("[{")
    assert "damaged" in ca.refusal("sign", str(request(tmp_path, "sh-0042")[1]))


def test_a_check_tells_beforehand_whether_it_could_revoke(ca: BranchCa, tmp_path: Path) -> None:
    """And changes nothing, well or ill."""
    ca.run("sign", str(request(tmp_path, "sh-0042")[1]))
    before = ca.state()
    ca.run("check")
    ca.run("check", "sh-0042")
    assert ca.state() == before
    assert "nothing was signed here" in ca.refusal("check", "sh-0043")
    (tmp_path / "word").write_text("open sesame\n")
    shut = BranchCa(tmp_path / "shut", "--passphrase-file", str(tmp_path / "word"))
    shut.run("init")
    shut.run("check")
    assert "missing passphrase" in BranchCa(shut.folder).refusal("check")
    ca.file("ca.key").write_bytes(b"")
    assert "cannot be used" in ca.refusal("check")
    other = BranchCa(tmp_path / "other")
    other.run("init")
    ca.file("ca.key").write_bytes(other.file("ca.key").read_bytes())
    assert "is not the key of ca.pem" in ca.refusal("check")


def test_two_people_at_once_lose_nothing(ca: BranchCa, tmp_path: Path) -> None:
    """Each waits for the other: what both signed is in the index."""
    given = [request(tmp_path, f"sh-{n}")[1] for n in range(6)]
    words = [sys.executable, str(TOOL), "sign", "--ca", str(ca.folder)]
    running = [subprocess.Popen([*words, str(csr)], stdout=subprocess.DEVNULL) for csr in given]
    assert [one.wait(60) for one in running] == [0] * 6
    for n in range(6):
        assert "1 revoked" in ca.run("revoke", f"sh-{n}")


def test_names_are_those_that_the_site_file_takes() -> None:
    """The pattern of the authority, and that of `[site] id`."""
    (pattern,) = [one.pattern for one in Slug.__metadata__]  # type: ignore[attr-defined]  # of Annotated
    assert pattern is not None
    words = pattern.removeprefix("^").removesuffix(r"\Z")
    assert f'SITE_ID = re.compile(r"{words}")' in (TOOL.parent / "authority.py").read_text()
