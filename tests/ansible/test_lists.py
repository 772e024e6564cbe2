"""Whether a broker's authorities and its revocation lists go together: the filter, and what the role says."""

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.ansible.branch_ca import BranchCa, signed
from tests.ansible.rendering import ROOT
from tests.ansible.test_preflight import ansible

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def filters() -> ModuleType:
    """As ansible loads them: a file, not a package."""
    spec = importlib.util.spec_from_file_location("certificates", ROOT / "filter_plugins/certificates.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[BranchCa]:
    """The bank's authority and the small one."""
    made = [BranchCa(tmp_path_factory.mktemp(name)) for name in ("bank", "small")]
    for one in made:
        one.run("init", "--name", one.folder.name.rstrip("0"))
    return made


def text(name: str, *authorities: BranchCa) -> str:
    """Their files of that name, one after the other."""
    return "".join(one.file(name).read_text() for one in authorities)


def test_each_authority_needs_a_list(filters: ModuleType, two: list[BranchCa]) -> None:
    """In any order, with whatever stands between; who lacks one is named."""
    lacking = filters.authorities_without_list
    bank, small = two
    both = text("ca.pem", *two)
    assert lacking(both, "# lists\n" + text("crl.pem", small, bank), NOW) == []
    assert lacking(both, text("crl.pem", small), NOW) == ["CN=bank (has none)"]
    assert lacking(both, "", NOW) == ["CN=bank (has none)", "CN=small (has none)"]
    assert lacking(text("ca.pem", small), text("crl.pem", *two), NOW) == []


def test_a_list_that_is_not_in_force_is_none(filters: ModuleType, two: list[BranchCa]) -> None:
    """It shuts out everybody; a newer one beside it will do. Ansible's `now` has no zone."""
    given = text("ca.pem", two[0]), text("crl.pem", two[0])
    (late,) = filters.authorities_without_list(*given, NOW + timedelta(days=4000))
    assert late.startswith("CN=bank (out of date since 20")
    (early,) = filters.authorities_without_list(*given, NOW.replace(tzinfo=None) - timedelta(days=1))
    assert early.startswith("CN=bank (not before 20")


def test_a_list_of_another_key_is_of_no_use(filters: ModuleType, two: list[BranchCa], tmp_path: Path) -> None:
    """An authority that was founded anew bears the same name; and a client's certificate needs no list."""
    other = BranchCa(tmp_path / "other")
    other.run("init", "--name", "bank")
    lacking = filters.authorities_without_list
    assert lacking(text("ca.pem", two[0]), text("crl.pem", other), NOW) == ["CN=bank (has none)"]
    client = signed(other, tmp_path, "sh-0042").cert.read_text()
    assert lacking(text("ca.pem", other) + client, text("crl.pem", other), NOW) == []


@pytest.mark.parametrize(("which", "words"), [(0, "broker_ca is no PEM"), (1, "broker_revoked is no PEM")])
def test_rubbish_is_told_by_its_variable(
    filters: ModuleType, two: list[BranchCa], which: int, words: str
) -> None:
    """A path instead of the file's content, or a file that was torn."""
    given = [text("ca.pem", two[0]), text("crl.pem", two[0])]
    lines = given[which].splitlines()
    given[which] = "\n".join([*lines[:2], *lines[3:]])
    with pytest.raises(Exception, match=words):
        filters.authorities_without_list(*given, NOW)


def preflight(folder: Path, **given: Any) -> tuple[int, str]:
    """What the role asks of the inventory; no machine is touched."""
    role = {"name": "broker", "tasks_from": "preflight"}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"broker_certificate": "x", "broker_key": "x"} | given,
        "tasks": [{"ansible.builtin.import_role": role}],
    }
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    done = ansible("ansible-playbook", "-i", "localhost,", str(folder / "play.yml"))
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.slow
def test_the_role_refuses_what_would_shut_out_the_noc(two: list[BranchCa], tmp_path: Path) -> None:
    """And takes what is whole, or no list at all."""
    both = text("ca.pem", *two)
    for lists in (text("crl.pem", *two), ""):
        code, said = preflight(tmp_path, broker_ca=both, broker_revoked=lists)
        assert code == 0, said
    code, said = preflight(tmp_path, broker_ca=both, broker_revoked=text("crl.pem", two[1]))
    assert code != 0
    assert "needs a revocation list of each authority in broker_ca" in said
    assert "Without one: CN=bank (has none)" in said


@pytest.mark.slow
def test_only_brokers_are_asked_for_a_list() -> None:
    """With the words of the page: no box that is away or dead holds up a revocation."""
    words = ("--tags", "broker", "-l", "brokers", "--list-hosts", "--list-tasks", "site.yml")
    done = ansible("ansible-playbook", "-i", "inventory/example", *words)
    assert done.returncode == 0, done.stderr
    assert "mqtt.noc.bank.example" in done.stdout
    assert "broker : Write certificates and revoked ones" in done.stdout
    assert not {"sh-0042", "sh-0043", "bj-0007"} & set(done.stdout.split())


@pytest.mark.slow
@pytest.mark.parametrize(("opened", "words"), [(False, "passphrase"), (True, "nothing was signed here")])
def test_a_box_is_not_ended_that_could_not_be_revoked(tmp_path: Path, opened: bool, words: str) -> None:
    """Before it is even connected to: the key does not open, or the authority never signed for that branch."""
    word = tmp_path / "word"
    word.write_text("open sesame\n")
    BranchCa(tmp_path / "ca", "--passphrase-file", str(word)).run("init")
    given = ["-e", "decommission=sh-0042", "-e", f"decommission_ca={tmp_path / 'ca'}"]
    if opened:
        given += ["-e", f"decommission_ca_passphrase_file={word}"]
    done = ansible("ansible-playbook", "-i", "inventory/example", "-l", "sh-0042", *given, "decommission.yml")
    assert done.returncode != 0
    assert words in done.stdout
    assert "See what is there" not in done.stdout
    assert "unreachable=0" in done.stdout
