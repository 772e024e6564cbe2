"""A whole decommission: real playbook, broker, authority and backup, on a file system of its own."""

import json
import os
import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from tests.ansible.branch_ca import BranchCa, request
from tests.ansible.lone_root import UNITS, LoneRoot
from tests.ansible.role_broker import Broker
from tests.backup.parts import Box as BackedUp
from tests.parts.certificates import Pair
from tests.parts.listener import Listener

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="root mounts"),
]
SITE = """
[site]
id = "sh-0042"
name = "Lujiazui"
timezone = "Asia/Shanghai"

[broker]
host = "127.0.0.1"
port = {port}
ca_file = "/etc/linewarden/tls/ca.pem"
cert_file = "/etc/linewarden/tls/box.pem"
key_file = "credential:box.key"

[backup]
recipients = ["{recipient}"]
"""
TREE = "linewarden/v1/sh-0042"


class Branch:
    """A box with a certificate, a journal and things retained at the broker; and the control node.

    Args:
        folder: for everything.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.ca = folder, BranchCa(folder / "ca")
        self.ca.run("init")
        key, csr = request(folder, "sh-0042")
        self.ca.run("sign", str(csr))
        self.pair = Pair(folder / "sh-0042.pem", key)
        (folder / "broker").mkdir()
        crl = self.ca.file("crl.pem").read_bytes()
        self.broker = Broker(folder / "broker", self.ca.file("ca.pem").read_bytes(), crl)
        self.root, self.backed_up = LoneRoot(folder), BackedUp(folder / "backed-up")
        self._furnish(self.root)

    def _furnish(self, root: LoneRoot) -> None:
        text = SITE.format(port=self.broker.mosquitto.port, recipient=self.backed_up.recipient)
        root.write("opt/linewarden/current/etc/site.toml", text)
        root.write("etc/linewarden/tls/ca.pem", self.broker.authority.file.read_bytes())
        root.write("etc/linewarden/tls/box.pem", self.pair.cert.read_bytes())
        root.write("etc/linewarden/credentials/box.key", self.pair.key.read_bytes())
        root.copy(self.backed_up.data, "var/lib/linewarden")
        root.write("var/lib/linewarden-release/record.json", "{}")

    def listener(self) -> Listener:
        """Who writes and reads as the branch does."""
        made = ssl.create_default_context(cafile=str(self.broker.authority.file))
        made.load_cert_chain(self.pair.cert, self.pair.key)
        return Listener(self.broker.mosquitto.port, f"{TREE}/#", tls=made)

    def decommission(self, **given: Any) -> tuple[int, str]:
        """Run the playbook on it."""
        site = {
            "site": {"id": "sh-0042"},
            "broker": {"host": "127.0.0.1"},
            "backup": {"recipients": [self.backed_up.recipient]},
        }
        (self.folder / "inventory").mkdir(exist_ok=True)
        host = {"ansible_connection": "local", "appliance_site": site}
        hosts = {"all": {"children": {"boxes": {"hosts": {"box-42": host}}}}}
        (self.folder / "inventory/hosts.yml").write_text(yaml.safe_dump(hosts))
        told = {
            "decommission": "box-42",
            "ansible_become": False,
            "decommission_ca": str(self.ca.folder),
        } | given
        words = [
            "-i",
            str(self.folder / "inventory"),
            "-l",
            "box-42",
            "-e",
            json.dumps(told),
            "decommission.yml",
        ]
        done = self.root.play(*words)
        return done.returncode, done.stdout + done.stderr

    def is_revoked(self) -> bool:
        """Whether its certificate is on the list."""
        listed = x509.load_pem_x509_crl(self.ca.file("crl.pem").read_bytes())
        number = x509.load_pem_x509_certificate(self.pair.cert.read_bytes()).serial_number
        return listed.get_revoked_certificate_by_serial_number(number) is not None


@pytest.fixture
def branch(tmp_path: Path) -> Iterator[Branch]:
    """A branch whose broker runs, and retains things of it."""
    one = Branch(tmp_path)
    with one.broker.mosquitto:
        with one.listener() as noc:
            for topic in ("status", "alarm/停电", "device/ups-1"):
                noc.publish(f"{TREE}/{topic}", "x")
        yield one


def test_a_box_goes_and_nothing_is_left_but_its_backup(branch: Branch) -> None:
    """Stopped, forgotten, fetched, wiped, revoked; a second run changes nothing."""
    before = branch.root.left()
    assert {"etc/linewarden", "opt/linewarden", "var/lib/linewarden", "usr/local/bin/linewarden"} <= before
    code, said = branch.decommission()
    assert code == 0, said
    told = {path.name for path in branch.root.told.iterdir()}
    assert {f"linewarden-{unit}.{verb}" for unit in UNITS for verb in ("stop", "disable")} <= told
    with branch.listener() as noc:
        noc.publish(f"{TREE}/end", "x", retain=False)
        noc.await_message(lambda one: one.topic.endswith("/end"), "the end of what is retained")
        assert [one.topic for one in noc.heard if one.retained] == []
    kept = branch.folder / "decommissioned/box-42.age"
    assert (
        branch.backed_up.run("verify", "--identity", branch.backed_up.bank, kept, site=False).exit_code == 0
    )
    assert branch.root.left() == set()
    assert (branch.root.folder / "etc/systemd/system/other.service").exists()
    assert branch.is_revoked()
    code, said = branch.decommission()
    assert code == 0, said
    assert "changed=0" in said


def test_what_could_not_be_forgotten_keeps_the_box(branch: Branch) -> None:
    """With the broker away nothing is wiped or revoked: the next run needs the key; then it ends well."""
    before = branch.root.left()
    branch.broker.mosquitto.stop()
    code, said = branch.decommission()
    assert code != 0
    assert "may still retain some of sh-0042: unreachable" in said
    assert branch.root.left() == before
    assert not branch.is_revoked()
    branch.broker.mosquitto.start()
    code, said = branch.decommission(decommission_wipe=False)
    assert code == 0, said
    assert branch.root.left() - before <= {"var/lib/linewarden-backup", "var/lib/linewarden-release/last.age"}
    assert branch.is_revoked()
