"""Enrolment and decommission as IT runs them: a key made once, a request while one is due, and no box ended by a slip."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.branch_ca import BranchCa
from tests.ansible.test_preflight import BIN, ansible

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0, reason="root owns a box's key"),
]


class Box:
    """This machine as a box to enrol, with everything below a scratch folder.

    Args:
        folder: for box and control node.
        site: the id of the branch.
    """

    def __init__(self, folder: Path, site: str = "sh-0042") -> None:
        self._folder, self._site = folder, site
        self.key = folder / "box/credentials/box.key"
        self.requests = folder / "certificates"
        self.csr, self.certificate = (self.requests / f"box{suffix}" for suffix in (".csr", ".pem"))

    def enrol(self, *words: str, **given: Any) -> "subprocess.CompletedProcess[str]":
        """Run the role."""
        certificate = self.certificate.read_text() if self.certificate.exists() else ""
        told = {
            "appliance_site": {"site": {"id": self._site}},
            "appliance_certificate": certificate,
            "enrol_key": str(self.key),
            "enrol_folder": str(self.requests),
        }
        play = {"hosts": "box", "gather_facts": False, "vars": told | given, "roles": ["enrol"]}
        (self._folder / "play.yml").write_text(yaml.safe_dump([play]))
        (self._folder / "hosts.yml").write_text(
            yaml.safe_dump({"all": {"hosts": {"box": {"ansible_connection": "local"}}}})
        )
        return ansible(
            "ansible-playbook", "-i", str(self._folder / "hosts.yml"), *words, str(self._folder / "play.yml")
        )

    def changes(self, *words: str, **given: Any) -> int:
        """How many tasks changed something in a run, which has to succeed."""
        done = self.enrol(*words, **given)
        assert done.returncode == 0, done.stdout + done.stderr
        found = re.search(r"changed=(\d+)", done.stdout)
        assert found
        return int(found[1])


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box that was never enrolled."""
    return Box(tmp_path)


@pytest.fixture
def ca(tmp_path: Path) -> BranchCa:
    """An authority."""
    one = BranchCa(tmp_path / "ca")
    one.run("init")
    return one


def test_a_box_is_enrolled_once(box: Box, ca: BranchCa) -> None:
    """Key and request; a second run changes nothing; the request goes when it was answered; renewal keeps the key."""
    assert box.changes() == 4  # folder of the key, key, folder of requests, request
    key, asked = box.key.read_bytes(), box.csr.read_bytes()
    assert [oct(path.stat().st_mode & 0o777) for path in (box.key, box.key.parent)] == ["0o600", "0o700"]
    assert sorted(path.name for path in box.key.parent.iterdir()) == ["box.key"]
    assert box.changes() == 0
    assert (box.key.read_bytes(), box.csr.read_bytes()) == (key, asked)

    ca.run("sign", str(box.csr))
    assert box.changes() == 1
    assert not box.csr.exists()
    assert box.changes() == 0

    assert box.changes(enrol_renew=True) == 1
    assert box.changes(enrol_renew=True) == 0
    ca.run("sign", "--days", "30", str(box.csr))
    assert box.changes() == 0  # due again: its end is near
    ca.run("sign", str(box.csr))
    assert box.changes() == 1
    assert not box.csr.exists()
    assert box.key.read_bytes() == key


def test_a_certificate_of_another_key_or_name_is_not_taken(box: Box, ca: BranchCa, tmp_path: Path) -> None:
    """A box that was exchanged, or whose branch got another id, asks anew; so it does over a torn request."""
    box.changes()
    ca.run("sign", str(box.csr))
    first = box.certificate.read_bytes()
    box.key.unlink()
    assert box.changes() == 2
    text = box.csr.read_text()
    box.csr.write_text(text[: len(text) // 2])
    assert box.changes() == 1
    renamed = Box(tmp_path, "sh-0043")
    assert renamed.changes() == 1
    shown = subprocess.run(
        ["openssl", "req", "-in", str(box.csr), "-noout", "-subject"], check=True, capture_output=True
    )
    assert b"sh-0043" in shown.stdout
    assert box.certificate.read_bytes() == first


def test_nothing_of_the_key_is_shown(box: Box) -> None:
    """Not even to somebody who looks at everything; and in check mode nothing is made."""
    looked = box.enrol("--check", "--diff")
    assert looked.returncode == 0, looked.stdout
    assert not box.key.exists()
    done = box.enrol("-vvv", "--diff")
    assert done.returncode == 0, done.stdout
    assert "PRIVATE" not in done.stdout + done.stderr
    assert not set(box.key.read_text().splitlines()[1:-1]) & set(re.findall(r"[\w+/=]{20,}", done.stdout))


@pytest.mark.parametrize("site", ["noc", "SH 1", "a/CN=noc", "+"])
def test_a_name_that_no_branch_may_have_is_not_asked_for(tmp_path: Path, site: str) -> None:
    """Before a key is made."""
    box = Box(tmp_path, site)
    done = box.enrol()
    assert done.returncode != 0
    assert "is not the id of a branch" in done.stdout
    assert not box.key.exists()


def test_a_box_cannot_ask_in_the_name_of_another(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose programs were exchanged: the control node reads what it asks for, and keeps nothing of it."""
    fake = tmp_path / "bin/openssl"
    fake.parent.mkdir()
    asks = f"exec /usr/bin/openssl req -new -key {box.key} -subj /CN=sh-0043"
    fake.write_text(f'#!/bin/sh\ncase "$*" in *"-subj /CN"*) {asks};; *) exec /usr/bin/openssl "$@";; esac\n')
    fake.chmod(0o755)
    monkeypatch.setattr("tests.ansible.test_preflight.BIN", f"{fake.parent}:{BIN}")
    done = box.enrol()
    assert done.returncode != 0
    assert "asks for another name than sh-0042" in done.stdout
    assert not box.csr.exists()


@pytest.mark.parametrize("playbook", ["enrol.yml", "decommission.yml", "site.yml"])
def test_the_playbooks_are_understood(playbook: str) -> None:
    """With the example inventory."""
    done = ansible("ansible-playbook", "-i", "inventory/example", "--syntax-check", playbook)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("-l", "sh-0042"),
        ("-e", "decommission=sh-0042"),
        ("-l", "sh-0042", "-e", "decommission=sh-0043"),
        ("-l", "sh-0042,sh-0043", "-e", "decommission=sh-0042"),
        ("-l", "canaries", "-e", "decommission=canaries"),
    ],
)
def test_no_box_is_ended_by_a_slip(words: tuple[str, ...]) -> None:
    """One box, named twice; else nothing is even connected to."""
    done = ansible("ansible-playbook", "-i", "inventory/example", *words, "decommission.yml")
    assert done.returncode != 0
    assert "This ends a box for good" in done.stdout
    assert "unreachable=0" in done.stdout
    assert "unreachable=1" not in done.stdout


def test_decommission_revokes(ca: BranchCa, box: Box, tmp_path: Path) -> None:
    """By the small authority; a second time there is nothing to do."""
    box.changes()
    ca.run("sign", str(box.csr))
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.import_role": {"name": "decommission", "tasks_from": "revoke"}}],
        "vars": {"decommission_ca": str(ca.folder), "decommission_site": "sh-0042"},
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    before = ca.file("crl.pem").read_bytes()
    for changed in ("changed=1", "changed=0"):
        done = ansible("ansible-playbook", "-i", "localhost,", str(tmp_path / "play.yml"))
        assert done.returncode == 0, done.stdout
        assert changed in done.stdout
    assert ca.file("crl.pem").read_bytes() != before


def test_the_example_takes_up_a_certificate_once_there_is_one() -> None:
    """And does without until then."""
    asked = ("-m", "ansible.builtin.debug", "-a", "var=appliance_certificate")
    done = ansible("ansible", "-i", "inventory/example", "sh-0042", *asked)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"appliance_certificate": ""' in done.stdout
