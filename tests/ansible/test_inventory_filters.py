"""The filters that look at an inventory, and what the firewall makes of the panel's ports."""

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ansible.rendering import ROOT, plugin, render
from tests.release.parts import key


@pytest.fixture(scope="module")
def filters() -> ModuleType:
    """As ansible loads them."""
    return plugin("inventory")


def test_a_placeholder_is_found_wherever_it_stands(filters: ModuleType) -> None:
    """By the name of the variable, whose value may be a secret."""
    values = {
        "a": "EXAMPLEexample",
        "b": {"users": {"li.na": "x$EXAMPLEexample$y"}},
        "c": ["example"],
        "d": None,
    }
    assert filters.of_the_example(values) == ["a", "b"]


def test_empty_is_not_given(filters: ModuleType) -> None:
    """Lists, texts and null."""
    assert filters.empty_ones({"a": "", "b": [], "c": None, "d": "x"}) == ["a", "b", "c"]


def test_a_path_is_no_pem(filters: ModuleType) -> None:
    """Empty ones are told elsewhere."""
    assert filters.no_pem({"a": "/srv/ca.pem", "b": "", "c": "-----BEGIN CERTIFICATE-----\n"}) == ["a"]


def test_files_are_brought_by_variables(filters: ModuleType) -> None:
    """Those in our folder, wherever settings name them; an empty variable brings none."""
    site = {"broker": {"ca_file": "/etc/linewarden/tls/ca.pem", "key_file": "credential:box.key"}}
    panel = {"tls": {"certificate": "/etc/linewarden/tls/pannel.pem", "key": "/srv/panel.key"}}
    lacking = filters.files_nobody_brings([site, panel], {"ca.pem": "", "panel.pem": "x"})
    assert lacking == ["/etc/linewarden/tls/ca.pem", "/etc/linewarden/tls/pannel.pem"]
    assert filters.files_nobody_brings([site, {}], {"ca.pem": "x"}) == []


def test_what_ssh_keygen_writes_is_a_signer(filters: ModuleType, tmp_path: Path) -> None:
    """With its comment or without, and not when it was cut off."""
    public = key(tmp_path).with_suffix(".pub").read_text()
    kind, blob, *_ = public.split()
    assert filters.no_signers([public, f"{kind} {blob}", f"{kind} {blob} two words"]) == []
    assert filters.no_signers([f"{kind} {blob[:-4]}", f"ssh-rsa {blob}", kind]) == [kind, "ssh-rsa", kind]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("/srv/release-key.pub", "/srv/release-key.pub"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc", "-----BEGIN"),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEexample release@bank.example", "ssh-ed25519"),
        ("", "(nothing)"),
        (None, "None"),
    ],
)
def test_what_is_no_signer_is_named_by_its_beginning(filters: ModuleType, wrong: Any, told: str) -> None:
    """The rest may be secret."""
    assert filters.no_signers([wrong]) == [told]
    assert filters.no_signers(wrong) == [told]


@given(st.text())
def test_no_text_breaks_the_look_at_signers(text: str) -> None:
    """Whatever somebody pasted there."""
    assert len(plugin("inventory").no_signers([text])) == 1


def test_what_is_no_network_is_named(filters: ModuleType) -> None:
    """Firewalls take addresses and CIDR only: no names, no masks, and lists."""
    good = ["10.42.0.0/24", "10.42.0.1", "fd00::/8", "10.42.0.1/24"]
    wrong = ["pbx.example", "10.42.0.0/33", "10.1.0.0/44", "10.1.0.0/255.255.0.0", None]
    assert filters.no_networks({"a": good + wrong}) == [f"a: {one}" for one in wrong]
    assert filters.no_networks({"b": "10.1.0.0/24"}) == ["b: 10.1.0.0/24 (a list is wanted)"]


@pytest.mark.parametrize(
    ("panel", "ports"),
    [
        ({}, []),
        ({"users": {}}, [8080]),
        ({"listen": None, "tls": None}, [8080]),
        ({"listen": {"port": 8443}, "tls": {"certificate": "x", "key": "y"}}, [8443]),
        ({"listen": {"port": "8443"}, "tls": {"redirect_port": 8080}}, [8443, 8080]),
        ({"listen": {"port": 8443}, "tls": {"redirect_port": 0}}, [8443]),
    ],
)
def test_the_panels_ports_are_what_its_settings_say(
    filters: ModuleType, panel: dict[str, Any], ports: list[int]
) -> None:
    """The firewall has no word of its own."""
    assert filters.panel_ports(panel) == ports


def test_the_panels_port_unless_told_otherwise_is_the_panels_own(filters: ModuleType) -> None:
    """The two do not drift apart."""
    from web.settings import Listen

    assert filters.panel_ports({"users": {}}) == [Listen().port]


def test_the_firewall_opens_each_port_to_each_network() -> None:
    """The redirecting one too; and none without a panel."""

    def opened(ports: list[int]) -> list[str]:
        networks = ["10.42.0.0/24", "fd00::/8"]
        text = render(
            "hardening", "nftables.conf.j2", hardening_panel_networks=networks, hardening_panel_ports=ports
        )
        return re.findall(r"^        (ip6? saddr .*)$", text, re.MULTILINE)

    four, six = "ip saddr 10.42.0.0/24 tcp dport", "ip6 saddr fd00::/8 tcp dport"
    assert opened([8443]) == [f"{four} 8443 accept", f"{six} 8443 accept"]
    assert opened([8443, 80])[:2] == [f"{four} 8443 accept", f"{four} 80 accept"]
    assert len(opened([8443, 80])) == 4
    assert opened([]) == []


def test_one_id_of_two_machines_is_told(filters: ModuleType) -> None:
    """One machine under two names is one branch; what has no whole site is told elsewhere."""
    site = {"site": {"id": "sh-0042"}}
    hosts: dict[str, dict[str, Any]] = {
        "a": {"appliance_site": site, "ansible_host": "10.1.0.1"},
        "b": {"appliance_site": site, "ansible_host": "10.1.0.2"},
        "c": {"appliance_site": {"site": {"id": "sh-0043"}}},
        "d": {"appliance_site": "site.toml"},
        "e": {},
    }
    assert filters.ids_of_two(hosts, hosts) == ["sh-0042 (a, b)"]
    hosts["b"]["ansible_host"] = "10.1.0.1"
    assert filters.ids_of_two(hosts, hosts) == []
    hosts["b"]["ansible_port"] = 2222
    assert filters.ids_of_two(hosts, hosts) == ["sh-0042 (a, b)"]


def test_a_misspelt_variable_is_told_with_what_was_meant(filters: ModuleType) -> None:
    """From what the roles themselves say; names of one's own are not touched."""
    given = [
        "appliance_patiense",
        "base_ntp_servers",
        "broker_of_mine",
        "ansible_host",
        "appliances",
        "site_of_all",
    ]
    told = filters.unknown_variables(given, str(ROOT / "roles"))
    assert told == ["appliance_patiense (did you mean appliance_patience?)", "broker_of_mine"]


def test_every_default_of_a_role_is_a_known_variable(filters: ModuleType) -> None:
    """Else whoever sets it would be refused."""
    for path in (ROOT / "roles").glob("*/defaults/main.yml"):
        names = re.findall(r"^(\w+):", path.read_text(), re.MULTILINE)
        assert names
        assert filters.unknown_variables(names, str(ROOT / "roles")) == [], path
