"""What site.yml says of whole inventories before any machine is touched: a copy of the example, and what newcomers get wrong."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.config.load import check
from tests.ansible.rendering import ROOT, plugin
from tests.ansible.test_preflight import PEM, SIGNER, ansible

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EXAMPLE = ROOT / "inventory/example"
HOSTS = ("sh-0042", "sh-0043", "bj-0007")
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
NOBODY = ("-e", "ansible_port=1", "-T", "5")
"""With addresses of loopback: whoever is connected to after all is not there."""


class Copy:
    """The example as somebody made it their own: values replaced, certificates signed, a bundle made.

    Args:
        folder: for everything.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "inventories/ours"
        shutil.copytree(EXAMPLE, self.folder)
        for path in self.folder.rglob("*.yml"):
            text = re.sub(r"ssh-ed25519 \S*EXAMPLE\S*", SIGNER, path.read_text())
            text = re.sub(r"age1EXAMPLE\w*", RECIPIENT, text)
            path.write_text(re.sub(r"(EXAMPLEexample)+\w*", "MIIB", text))
        self.change("hosts.yml", "ansible_host: 10.", "ansible_host: 127.")
        self.change(
            "hosts.yml", "mqtt.noc.bank.example:", "mqtt.noc.bank.example: { ansible_host: 127.0.0.9 }"
        )
        certificates = folder / "inventories/certificates"
        certificates.mkdir()
        for host in HOSTS:
            (certificates / f"{host}.pem").write_text(PEM)
        self.dist = folder / "dist"
        self.dist.mkdir()
        (self.dist / "bundles.json").write_text("[]")

    def add(self, file: str, **given: Any) -> None:
        """More variables, at the end of a file."""
        with (self.folder / file).open("a") as out:
            out.write(yaml.safe_dump(given))

    def change(self, file: str, old: str, new: str) -> None:
        """Other words in a file."""
        text = (self.folder / file).read_text()
        assert old in text
        (self.folder / file).write_text(text.replace(old, new))

    def play(self) -> "subprocess.CompletedProcess[str]":
        """The roll-out."""
        given = ("-e", f"appliance_bundles={self.dist}", *NOBODY)
        return ansible("ansible-playbook", "-i", str(self.folder), "site.yml", *given)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """One that is right."""
    return Copy(tmp_path)


def test_a_copier_has_only_to_replace_values(copy: Copy) -> None:
    """Then the roll-out goes on to the machines, brokers first."""
    done = copy.play()
    looks, _, rest = done.stdout.partition("PLAY [The NOC's brokers]")
    assert "fatal:" not in looks, looks
    assert "unreachable" in rest.lower()


def test_each_branch_of_the_copy_is_a_site_that_the_agent_takes(copy: Copy, tmp_path: Path) -> None:
    """But for the files, which only a box has; backups are made."""
    asked = ("boxes", "-m", "ansible.builtin.debug", "-a", "var=appliance_site")
    done = ansible("ansible", "-i", str(copy.folder), *asked)
    told = dict(re.findall(r"^(\S+) \| SUCCESS => (\{.*?^\})", done.stdout, re.MULTILINE | re.DOTALL))
    assert set(told) == set(HOSTS), done.stdout + done.stderr
    for host, text in told.items():
        site = json.loads(text)["appliance_site"]
        assert site["backup"]["recipients"] == [RECIPIENT]
        file = tmp_path / f"{host}.toml"
        file.write_text(plugin("linewarden").to_toml(site))
        others = [one for one in check(file) if not one.path.endswith("_file")]
        assert others == [], host


def test_the_example_itself_is_refused() -> None:
    """For all branches, with what to put in the place of its signer."""
    done = ansible("ansible-playbook", "-i", str(EXAMPLE), "site.yml", *NOBODY)
    assert done.returncode != 0
    for host in HOSTS:
        assert f"{host}: appliance_signers takes public keys" in done.stdout
    assert "Put the content of your own release-key.pub there" in done.stdout
    assert "PLAY [The inventory of the brokers]" not in done.stdout


Mistake = Callable[[Copy], None]


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (
            lambda copy: copy.change("host_vars/sh-0043.yml", "site: {", "site: { id: sh-0042,"),
            "Two boxes have one appliance_site.site.id: sh-0042 (sh-0042, sh-0043)",
        ),
        (
            lambda copy: copy.change(
                "hosts.yml",
                "canaries:\n      hosts:\n        sh-0042:",
                "canaries:\n      hosts:\n        sh-042:",
            ),
            "no group canaries, or none of the boxes in it",
        ),
        (
            lambda copy: copy.add("host_vars/bj-0007.yml", appliance_patiense=300),
            "bj-0007: no role knows appliance_patiense (did you mean appliance_patience?)",
        ),
        (
            lambda copy: copy.add("group_vars/brokers/main.yml", broker_redears=["a"]),
            "mqtt.noc.bank.example: no role knows broker_redears (did you mean broker_readers?)",
        ),
        (lambda copy: (copy.folder / "host_vars/bj-0007.yml").unlink(), "write host_vars/bj-0007.yml"),
        (lambda copy: (copy.folder / "../certificates/bj-0007.pem").unlink(), "tls/box.pem. ca.pem is what"),
        (
            lambda copy: (copy.folder / "group_vars/brokers/main.yml").unlink(),
            "missing required arguments: broker_ca, broker_certificate, broker_key",
        ),
        (lambda copy: copy.add("group_vars/brokers/main.yml", broker_key=""), "broker_key is empty"),
        (
            lambda copy: copy.add("group_vars/brokers/main.yml", broker_ca="/srv/ca.pem"),
            "broker_ca is no PEM",
        ),
        (
            lambda copy: copy.add("group_vars/brokers/main.yml", broker_ca="EXAMPLEexample"),
            "broker_ca is still what the example inventory has",
        ),
    ],
)
def test_a_mistake_is_told_before_any_machine_is_touched(copy: Copy, mistake: Mistake, words: str) -> None:
    """For the host concerned, with what to write."""
    mistake(copy)
    done = copy.play()
    assert done.returncode != 0
    assert words in done.stdout
    assert "PLAY [The NOC's brokers]" not in done.stdout


def test_who_forgets_the_inventory_speaks_to_nobody() -> None:
    """There is none by default."""
    done = ansible("ansible-playbook", "site.yml")
    assert "no hosts matched" in done.stdout
    assert "TASK" not in done.stdout
    assert "mqtt.noc.bank.example" not in ansible("ansible-inventory", "--list").stdout


@pytest.mark.parametrize(
    ("interface", "passes"), [("wlan0", False), ("wlp2s0", False), ("eth0", True), (None, True)]
)
def test_a_box_that_comes_by_wlan_is_refused(tmp_path: Path, interface: str | None, passes: bool) -> None:
    """It would be lost at its next start; a machine without a default route is none of those."""
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_facts": {"default_ipv4": {"interface": interface} if interface else {}}},
        "tasks": [{"ansible.builtin.import_role": {"name": "hardening", "tasks_from": "cable"}}],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    done = ansible("ansible-playbook", "-i", "localhost,", str(tmp_path / "play.yml"))
    assert (done.returncode == 0) is passes, done.stdout + done.stderr
    if not passes:
        assert f"its default route goes over WLAN ({interface})" in done.stdout
