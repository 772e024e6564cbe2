"""The filters of the roles: what becomes of the inventory's YAML on the box."""

import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agent.config.load import load
from tests.ansible.rendering import plugin

SITE: dict[str, Any] = {"site": {"id": "sh-0042", "name": "Lujiazui", "timezone": "Asia/Shanghai"}}


@pytest.fixture(scope="module")
def filters() -> ModuleType:
    """As ansible loads them."""
    return plugin("linewarden")


def test_the_agent_is_told_of_the_panels_certificate(filters: ModuleType, tmp_path: Path) -> None:
    """Nobody has to write it twice, and the agent takes the file."""
    certificate = tmp_path / "panel.pem"
    certificate.touch()
    panel = {"tls": {"certificate": str(certificate), "key": "x"}}
    file = tmp_path / "site.toml"
    file.write_text(filters.to_toml(filters.told_of_panel(SITE, panel)))
    assert load(file).site.panel.certificate == str(certificate)
    own = filters.told_of_panel(SITE | {"panel": {"user": "web"}}, panel)
    assert own["panel"] == {"user": "web", "certificate": str(certificate)}


@pytest.mark.parametrize("panel", [{}, {"tls": None}, {"listen": {"port": 8080}}])
def test_a_panel_without_a_certificate_adds_nothing(filters: ModuleType, panel: dict[str, Any]) -> None:
    """There is nothing whose end could be told."""
    assert tomllib.loads(filters.to_toml(filters.told_of_panel(SITE, panel))) == SITE


@pytest.mark.parametrize("named", [None, "/elsewhere.pem"])
def test_a_site_that_says_which_certificate_has_its_way(filters: ModuleType, named: str | None) -> None:
    """A null takes back what the role would say."""
    panel = {"tls": {"certificate": "/panel.pem"}}
    told = filters.told_of_panel(SITE | {"panel": {"certificate": named}}, panel)
    assert told["panel"] == {"certificate": named}


@pytest.mark.parametrize(
    ("site", "pins"),
    [
        ({}, []),
        ({"board": {"lamps": {"red": {"pin": 17}}}, "input": [{"pin": "17"}]}, ["17"]),
        ({"board": {"lamps": {"red": 17}}, "input": None}, []),
        ({"board": ["red"], "input": {"pin": 17}}, []),
    ],
)
def test_a_wrong_type_is_left_for_the_check_to_tell(
    filters: ModuleType, site: dict[str, Any], pins: list[str]
) -> None:
    """The preflight's own word would be a traceback."""
    assert filters.pins_used_twice(site) == pins


def test_a_site_with_a_community_in_it_is_a_secret(filters: ModuleType) -> None:
    """It is not shown as a difference then."""
    device = {"id": "pbx-1", "snmp": {"community": "public"}}
    assert filters.has_words_of_its_own({"device": [device]})
    assert not filters.has_words_of_its_own({"device": [{"snmp": {"community_file": "credential:x"}}]})
