"""The broker's rules, as the role renders them, in a real Mosquitto: each branch in its own tree, and nowhere else."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ansible.role_broker import Broker, Client
from tests.parts.certificates import Authority

ROOT = "linewarden/v1"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The role's broker."""
    one = Broker(tmp_path_factory.mktemp("broker"))
    with one.mosquitto:
        yield one


@pytest.fixture
def branch(broker: Broker) -> Iterator[Client]:
    """A branch."""
    one = broker.client("sh-0042")
    yield one
    one.close()


@pytest.fixture
def noc(broker: Broker) -> Iterator[Client]:
    """The NOC."""
    one = broker.client("noc")
    yield one
    one.close()


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        (f"{ROOT}/sh-0042/status", True),
        (f"{ROOT}/sh-0042/alarm/pbx-1.unreachable", True),
        (f"{ROOT}/sh-0043/status", False),
        (f"{ROOT}/sh-0042x/status", False),
        (f"{ROOT}/noc/noc-1/state", False),
        ("linewarden/v2/sh-0042/status", False),
        ("$SYS/broker/uptime", False),
        ("other", False),
    ],
)
def test_a_branch_writes_below_its_own_name_only(branch: Client, topic: str, *, allowed: bool) -> None:
    """Whatever else it tries is refused by the broker, and it is told so."""
    assert branch.publish(topic) == allowed


@pytest.mark.parametrize(
    ("topic", "heard"),
    [
        (f"{ROOT}/sh-0042/cmd/acknowledge", True),
        (f"{ROOT}/noc/noc-1/state", True),
        (f"{ROOT}/sh-0043/alarm/x", False),
        (f"{ROOT}/noc/noc-1/notes", False),
    ],
)
def test_a_branch_hears_its_own_tree_and_the_noc_s_state(
    branch: Client, noc: Client, topic: str, *, heard: bool
) -> None:
    """Even if it asks for everything."""
    branch.subscribe("#")
    assert noc.publish(topic)
    last = f"{ROOT}/sh-0042/status"
    assert branch.publish(last)
    assert branch.hears(topic if heard else last)


def test_the_noc_hears_all_branches(branch: Client, noc: Client) -> None:
    """And may order."""
    noc.subscribe(f"{ROOT}/+/status")
    assert branch.publish(f"{ROOT}/sh-0042/status")
    assert noc.hears(f"{ROOT}/sh-0042/status")
    assert noc.publish(f"{ROOT}/sh-0042/cmd/acknowledge")


def test_a_reader_only_reads(broker: Broker, branch: Client) -> None:
    """A dashboard gives no orders."""
    reader = broker.client("dashboard")
    reader.subscribe(f"{ROOT}/#")
    assert not reader.publish(f"{ROOT}/sh-0042/cmd/acknowledge")
    assert branch.publish(f"{ROOT}/sh-0042/status")
    assert reader.hears(f"{ROOT}/sh-0042/status")
    reader.close()


def test_nobody_is_thrown_out_in_his_own_name(broker: Broker) -> None:
    """A client id is a session: a branch that claims that of another, or of the NOC, gets none but its own."""
    names = ("linewarden-sh-0042", "noc-history")
    branch, noc = broker.client("sh-0042", client_id=names[0]), broker.client("noc", client_id=names[1])
    noc.subscribe(f"{ROOT}/+/status")
    for claimed in names:
        other = broker.client("sh-0043", client_id=claimed)
        assert other.publish(f"{ROOT}/sh-0043/alarm/x")
        other.close()
    assert branch.publish(f"{ROOT}/sh-0042/status")
    assert noc.hears(f"{ROOT}/sh-0042/status")
    assert branch.connected
    assert noc.connected
    branch.close()
    noc.close()


def test_nobody_comes_in_without_a_certificate_of_ours(broker: Broker, tmp_path: Path) -> None:
    """Neither without any, nor with one of another authority."""
    stranger = Authority(tmp_path, "stranger").client("sh-0042")
    with pytest.raises((ssl.SSLError, OSError, AssertionError)):
        broker.client("sh-0042", stranger)
