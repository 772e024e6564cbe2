"""The page on enrolment, command by command as it is typed, and that what comes of it lets in whom it should."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ansible.branch_ca import BranchCa, request
from tests.ansible.rendering import ROOT
from tests.ansible.role_broker import Broker, refused
from tests.ansible.test_preflight import ansible
from tests.parts.certificates import Pair

pytestmark = pytest.mark.slow

PAGE = (ROOT.parent / "docs/enrolment.md").read_text()


def commands(text: str) -> list[str]:
    """All that is typed in a shell, without comments."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [line.split(" #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def section(title: str) -> str:
    """One of the page's sections."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def typed(line: str, folder: Path) -> None:
    """Run a command in `ansible/`, with the folder in place of those of the page."""
    line = line.replace("/srv/", f"{folder}/").replace("inventory/certificates/", f"{folder}/certificates/")
    path = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = subprocess.run(["sh", "-c", line], cwd=ROOT, env=path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, line + done.stderr


def followed(folder: Path) -> None:
    """Do what the page says from nothing, but for what needs machines; a box's request is there as enrol.yml leaves it."""
    (folder / "certificates").mkdir()
    request(folder / "certificates", "sh-0042")
    for line in commands(section("From nothing")):
        if not line.startswith("ansible-"):
            typed(line, folder)


def test_who_follows_the_page_lets_in_whom_he_should(tmp_path: Path) -> None:
    """Broker, NOC and a box by one authority and its list; after a revocation as the page says it, not the box."""
    followed(tmp_path)
    noc = Pair(tmp_path / "noc/noc.pem", tmp_path / "noc/noc.key")
    box = Pair(tmp_path / "certificates/sh-0042.pem", tmp_path / "certificates/sh-0042.key")
    keys = [tmp_path / "noc/mqtt.key", noc.key, tmp_path / "ca/ca.key", tmp_path / "word"]
    assert [oct(path.stat().st_mode & 0o777) for path in keys] == ["0o600"] * 4
    ca = BranchCa(tmp_path / "ca", "--passphrase-file", str(tmp_path / "word"))
    # The loopback address is none of the page's.
    ca.run("broker", "--host", "127.0.0.1", str(tmp_path / "noc/mqtt.csr"))
    own = Pair(tmp_path / "noc/mqtt.pem", tmp_path / "noc/mqtt.key")
    (tmp_path / "broker").mkdir()
    broker = Broker(tmp_path / "broker", ca.file("ca.pem").read_bytes(), ca.file("crl.pem").read_bytes(), own)
    with broker.mosquitto:
        for name, pair in (("noc", noc), ("sh-0042", box)):
            broker.client(name, pair).close()
        typed(commands(section("Revoke"))[0], tmp_path)
        broker.revoke(ca.file("crl.pem").read_bytes())
        broker.mosquitto.stop()
        broker.mosquitto.start()
        broker.client("noc", noc).close()
        assert refused(broker, "sh-0042", box)


def test_the_other_commands_of_the_page_work_too(tmp_path: Path) -> None:
    """For a bank with its own authority, and to look at an end."""
    followed(tmp_path)
    crl = ["-in", str(tmp_path / "ca/crl.pem"), "-outform", "DER", "-out", str(tmp_path / "noc/bank.crl")]
    subprocess.run(["openssl", "crl", *crl], check=True)
    for line in [*commands(section("A bank with an authority of its own")), *commands(section("Renew"))]:
        typed(line, tmp_path)
    assert (tmp_path / "noc/revoked.pem").read_text().count("BEGIN X509 CRL") == 2


@pytest.mark.slow
@pytest.mark.parametrize("line", [one for one in commands(PAGE) if one.startswith("ansible-playbook")])
def test_the_playbooks_of_the_page_take_what_they_are_given(line: str) -> None:
    """As far as ansible can tell without a machine."""
    words = shlex.split(line.replace("inventory/yours", "inventory/example").replace("--ask-vault-pass", ""))
    done = ansible(*words, "--syntax-check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_key_in_a_vault_is_opened_for_the_role(tmp_path: Path) -> None:
    """By the lookup that the page has."""
    (tmp_path / "word").write_text("x")
    (tmp_path / "mqtt.key").write_text("the key")
    opened = ("--vault-password-file", str(tmp_path / "word"))
    done = ansible("ansible-vault", "encrypt", *opened, str(tmp_path / "mqtt.key"))
    assert done.returncode == 0, done.stderr
    asked = f"msg={{{{ lookup('ansible.builtin.file', '{tmp_path / 'mqtt.key'}') }}}}"
    done = ansible(
        "ansible", "-i", "localhost,", *opened, "localhost", "-m", "ansible.builtin.debug", "-a", asked
    )
    assert '"msg": "the key"' in done.stdout
