"""One machine for all tests of the appliance: built, the playbook run on it twice, kept as a snapshot.

These tests are not part of `make test`: they boot machines and take over two hours. `make test-appliance` runs them,
with the machine's parts kept in the folder that `LINEWARDEN_VM` names.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.appliance import branch, rollout
from tests.appliance.lab import SCRIPTS, Machine
from tests.appliance.rollout import Keys, Recap
from tests.appliance.vm_rig import VmRig
from tests.e2e.rig import SITE

CACHE = os.environ.get("LINEWARDEN_VM", "")
os.environ.setdefault("LINEWARDEN_TEST_PATIENCE", "4")
"""The machine computes ten to twenty times slower than this one."""
BROKER, SNMP = 18831, 11631
READY = "ready"


def pytest_ignore_collect() -> bool | None:
    """Nothing here is collected where no machine is wanted."""
    return None if CACHE else True


class Installed(NamedTuple):
    """The appliance on its machine."""

    machine: Machine
    keys: Keys
    variables: dict[str, Any]
    first: Recap
    second: Recap
    checked: Recap


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """The machine, off in the end."""
    assert SCRIPTS.is_dir(), f"the laboratory's scripts are not at {SCRIPTS}"
    one = Machine(Path(CACHE).absolute(), int(os.environ.get("LINEWARDEN_VM_PORT", "2222")))
    one.build()
    yield one
    one.off()


@pytest.fixture(scope="session")
def installed(machine: Machine) -> Installed:
    """The playbook on the bare machine, three times: to install, to change nothing, to say that nothing would change.

    With `LINEWARDEN_VM_INSTALLED=1` the machine as an earlier run left it is taken: for work on single tests.
    """
    folder = machine.cache / "rollout"
    if not os.environ.get("LINEWARDEN_VM_INSTALLED"):
        _install(machine, folder)
    recaps = msgspec.json.decode((folder / "recaps.json").read_bytes(), type=list[Recap])
    variables = msgspec.json.decode((folder / "variables.json").read_bytes(), type=dict[str, Any])
    machine.off()
    machine.boot(restore=READY)
    return Installed(machine, Keys(folder), variables, *recaps)


def _install(machine: Machine, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    keys = Keys(folder)
    rollout.bundle(rollout.ROOT, folder / "dist", keys)
    variables = branch.variables(folder / "dist", keys.public, BROKER, SNMP)
    (folder / "variables.json").write_bytes(msgspec.json.encode(variables))
    hosts = rollout.inventory(folder / "inventory", machine, {SITE: variables}, [])
    machine.off()
    machine.boot(fresh=True)
    recaps = [rollout.play(hosts, *options)[1][SITE] for options in ((), ("--diff",), ("--check", "--diff"))]
    (folder / "recaps.json").write_bytes(msgspec.json.encode(recaps))
    machine.save(READY)


@pytest.fixture
def rig(installed: Installed, tmp_path: Path) -> Iterator[VmRig]:
    """The branch, without any past, around the machine as it was installed."""
    machine = installed.machine
    if not machine.is_on:
        machine.boot(restore=READY)
    with VmRig(machine, tmp_path, BROKER, SNMP) as one:
        one.afresh()
        yield one
