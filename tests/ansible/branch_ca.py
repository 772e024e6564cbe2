"""The authority's program as a person calls it, and requests as boxes make them."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from tests.ansible.rendering import ROOT
from tests.parts.certificates import Pair

TOOL = ROOT / "tools/branch_ca.py"


class BranchCa:
    """An authority in a folder.

    Args:
        folder: for its files.
        words: what every call has besides.
    """

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder, self._words = folder, words

    def try_(self, command: str, *words: str) -> "subprocess.CompletedProcess[str]":
        """What comes of a command."""
        given = [sys.executable, str(TOOL), command, "--ca", str(self.folder), *self._words, *words]
        return subprocess.run(given, capture_output=True, text=True, check=False)

    def run(self, command: str, *words: str) -> str:
        """What a command prints; it has to succeed."""
        done = self.try_(command, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refusal(self, command: str, *words: str) -> str:
        """What a command says against it; it has to fail and leave everything as it was."""
        before = self.state()
        done = self.try_(command, *words)
        assert done.returncode == 1, done.stdout + done.stderr
        assert self.state() == before
        return done.stderr

    def file(self, name: str) -> Path:
        """One of its files."""
        return self.folder / name

    def state(self) -> dict[str, bytes]:
        """All of its files."""
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}


def signed(ca: BranchCa, folder: Path, name: str, command: str = "sign", *words: str) -> Pair:
    """A key and its certificate, signed by a command of the authority."""
    key, csr = request(folder, name)
    ca.run(command, *words, str(csr))
    return Pair(csr.with_suffix(".pem"), key)


def request(folder: Path, site: str, subject: str = "", curve: str = "P-256") -> tuple[Path, Path]:
    """A key and a request, by openssl, as enrol.yml does it; the key stays if it is there."""
    key, csr = folder / f"{site}.key", folder / f"{site}.csr"
    if not key.exists():
        made = ["genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", "-out", str(key)]
        subprocess.run(["openssl", *made], check=True, capture_output=True)
    asked = ["req", "-new", "-utf8", "-key", str(key), "-subj", subject or f"/CN={site}", "-out", str(csr)]
    subprocess.run(["openssl", *asked], check=True, capture_output=True)
    return key, csr


def certificate(path: Path) -> x509.Certificate:
    """A certificate."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def revoked(ca: BranchCa) -> set[int]:
    """The serial numbers on the list, which has to be signed by the authority and to last."""
    listed = x509.load_pem_x509_crl(ca.file("crl.pem").read_bytes())
    key = certificate(ca.file("ca.pem")).public_key()
    assert listed.is_signature_valid(key)  # type: ignore[arg-type]  # EC, as init makes it
    assert listed.next_update_utc is not None
    assert listed.last_update_utc < datetime.now(UTC) - timedelta(minutes=30), (
        "a broker's clock may be behind"
    )
    assert listed.next_update_utc > datetime.now(UTC) + timedelta(days=3000)
    return {one.serial_number for one in listed}
