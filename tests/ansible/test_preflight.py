"""Mistakes of an inventory are told before any machine is touched, each in one sentence that says what to write."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.rendering import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
BIN = Path(sys.executable).parent
SIGNER = "ssh-ed25519 " + base64.b64encode(b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)).decode()
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
TLS = "/etc/linewarden/tls"
GOOD: dict[str, Any] = {
    "appliance_site": {
        "site": {"id": "sh-0042"},
        "board": {"lamps": {"red": {"pin": 17}, "green": {"pin": 22}}, "buttons": {"test": {"pin": 26}}},
        "device": [{"id": "pbx-1", "snmp": {"community_file": "credential:pbx-1.community"}}],
    },
    "appliance_credentials": {"pbx-1.community": "an example"},
    "appliance_signers": [SIGNER],
    "appliance_networks": ["10.42.0.0/24"],
}


def ansible(*words: str) -> "subprocess.CompletedProcess[str]":
    """A program of ansible, as IT runs it."""
    environment = os.environ | {"ANSIBLE_NOCOLOR": "1", "PATH": f"{BIN}:{os.environ['PATH']}"}
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def preflight(
    folder: Path, given: dict[str, Any], good: dict[str, Any] = GOOD
) -> "subprocess.CompletedProcess[str]":
    """What the role asks of the inventory; no machine is touched."""
    (folder / "dist").mkdir()
    bundle = {"machine": "x86_64", "file": "b.tar", "release": "1-a"}
    (folder / "dist/bundles.json").write_text(json.dumps([bundle, bundle | {"machine": "aarch64"}]))
    role = {"name": "appliance", "tasks_from": "inventory"}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "vars": good | {"appliance_bundles": str(folder / "dist")} | given,
        "tasks": [{"ansible.builtin.import_role": role}],
    }
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    return ansible("ansible-playbook", "-i", "localhost,", str(folder / "play.yml"))


def site(**tables: Any) -> dict[str, Any]:
    """The good site with other tables."""
    return {"appliance_site": GOOD["appliance_site"] | tables}


@pytest.mark.parametrize(
    "given",
    [
        {},
        site(broker={"ca_file": f"{TLS}/ca.pem", "cert_file": f"{TLS}/box.pem", "key_file": "/srv/box.key"})
        | {"appliance_ca": PEM, "appliance_certificate": PEM, "appliance_panel_key": PEM}
        | {"appliance_panel": {"tls": {"certificate": "/srv/panel.pem", "key": f"{TLS}/panel.key"}}},
    ],
)
def test_a_good_inventory_passes(tmp_path: Path, given: dict[str, Any]) -> None:
    """So that the mistakes below fail for what they are; files outside of our folder are their owner's matter."""
    done = preflight(tmp_path, given)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"appliance_credentials": {}}, "appliance_credentials lacks pbx-1.community"),
        (
            site(board={"lamps": {"red": {"pin": 17}, "amber": {"pin": 17}}}),
            "two things hang on one pin of appliance_site.board: 17",
        ),
        (site(board={"lamps": {"red": {"pin": 5}}}, input=[{"name": "door", "pin": 5}]), "one pin"),
        (site(site={"id": "noc"}), "is the NOC's own name"),
        (site(board={"lamps": {"red": {"pin": 17}, "amber": {"pin": "17"}}}), "one pin"),
        ({"appliance_networks": ["pbx.example"]}, "these are neither: appliance_networks: pbx.example"),
        ({"appliance_bundles": "/nowhere"}, "/nowhere has no bundles.json"),
        ({"appliance_override": "perhaps"}, "appliance_override"),
        ({"appliance_patience": "soon"}, "appliance_patience"),
        ({"appliance_site": "site.toml"}, "appliance_site"),
        (
            site(broker={"ca_file": f"{TLS}/ca.pem"}) | {"appliance_certificate": PEM},
            f"names files that nothing brings: {TLS}/ca.pem. ca.pem is what appliance_ca says",
        ),
        (
            {"appliance_panel": {"tls": {"certificate": f"{TLS}/panel.pem", "key": f"{TLS}/panel.key"}}},
            f"names files that nothing brings: {TLS}/panel.key, {TLS}/panel.pem.",
        ),
        ({"appliance_ca": "/srv/ca.pem"}, "appliance_ca is no PEM"),
        ({"appliance_signers": []}, "appliance_signers is empty"),
        ({"appliance_networks": []}, "appliance_networks is empty"),
        (site(site={}), "appliance_site.site.id is empty"),
        ({"appliance_signers": [SIGNER, "/srv/release-key.pub"]}, "the example's: /srv/release-key.pub"),
        ({"hardening_admin_networks": ["10.1.0.0/44"]}, "hardening_admin_networks: 10.1.0.0/44"),
        ({"hardening_panel_networks": ["10.1.0"]}, "hardening_panel_networks: 10.1.0"),
        (
            site(backup={"recipients": ["age1EXAMPLEexample"]}),
            "appliance_site is, or has in it, what the example",
        ),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    """Missing secrets, one pin twice, reserved names, wrong types."""
    done = preflight(tmp_path, given)
    assert done.returncode != 0
    assert words in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["appliance_site", "appliance_signers", "appliance_networks"])
def test_what_is_required_has_no_empty_default(tmp_path: Path, name: str) -> None:
    """What was deleted from the inventory is missing, not empty."""
    given = {key: value for key, value in GOOD.items() if key != name}
    done = preflight(tmp_path, given, good={})
    assert done.returncode != 0
    assert f"missing required arguments: {name}" in done.stdout


def test_a_release_is_tried_by_somebody_first(tmp_path: Path) -> None:
    """A group of canaries that is misspelt is no reason to go to all branches at once."""
    (tmp_path / "hosts").write_text(
        "[boxes]\na ansible_connection=local\nb ansible_connection=local\n\n[canary]\na\n"
    )
    (tmp_path / "given.json").write_text(json.dumps(GOOD | {"appliance_bundles": str(tmp_path)}))
    words = ("-i", str(tmp_path / "hosts"), "site.yml", "-e", f"@{tmp_path / 'given.json'}", "--check")
    done = ansible("ansible-playbook", *words)
    assert done.returncode != 0
    assert "no group canaries" in done.stdout
    assert "Gathering Facts" not in done.stdout


def test_no_secret_is_printed(tmp_path: Path) -> None:
    """Not even by a mistake about secrets, at any loudness that IT uses."""
    done = preflight(tmp_path, {"appliance_credentials": {"other": "a-very-secret-word"}})
    assert done.returncode != 0
    assert "a-very-secret-word" not in done.stdout + done.stderr


def test_the_roles_pass_the_strictest_lint() -> None:
    """ansible-lint, profile production."""
    done = ansible("ansible-lint", "--nocolor", "--offline", "--profile", "production")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_inventory_is_understood() -> None:
    """Every host of the three branches gets a whole site file, and each secret it names is in the vault."""
    done = ansible("ansible-inventory", "-i", "inventory/example", "--list")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["boxes"]["hosts"]) == {"sh-0042", "sh-0043", "bj-0007"}
