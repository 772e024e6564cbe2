"""The walk over TOML: files that are none, and data of any shape."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from agent.config.errors import ConfigError, Report
from agent.config.profile import Profile
from agent.config.profile_checks import check_profile
from agent.config.site import SiteFile
from agent.config.site_checks import check_site
from agent.config.walk import fill, read_toml
from agent.config.words import show


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b"[site]\nid = sh\n",
            "site.toml: line 2, column 6: is not TOML: Invalid value — correct the syntax there",
        ),
        (b"[site]\nid = '\xff'\n", "site.toml: byte 13: is not UTF-8 — save the file as UTF-8"),
    ],
    ids=["syntax", "encoding"],
)
def test_what_is_no_toml_is_one_mistake(content: bytes, expected: str, tmp_path: Path) -> None:
    """A file that cannot be parsed is told by the place where it breaks."""
    path = tmp_path / "site.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_toml(path)
    assert str(caught.value).replace(str(path), "site.toml") == expected


def test_a_file_that_is_not_there_is_one_mistake(tmp_path: Path) -> None:
    """A missing file, or a folder in its place, is a mistake like any other."""
    for path, problem in (
        (tmp_path / "site.toml", "no such file or directory"),
        (tmp_path, "is a directory"),
    ):
        with pytest.raises(ConfigError) as caught:
            read_toml(path)
        assert [(m.path, m.problem) for m in caught.value.mistakes] == [("file", problem)]


class Leaf(Struct, frozen=True):
    """A small schema of the test."""

    number: int = 1
    words: tuple[str, ...] = ()
    by_number: dict[int, float] = {}


class Tree(Struct, frozen=True):
    """Its upper part."""

    leaf: Leaf
    more: tuple[Leaf, ...] = ()


@pytest.mark.parametrize(
    "content",
    [
        "x = " + "[" * 50_000,
        "x = " + "{a=" * 3_000,
        f"x = {'9' * 5_000}",
        "a" + ".a" * 20_000 + " = 1",
        "#" * 2_000_000,
    ],
    ids=["brackets", "tables", "digits", "dots", "long"],
)
def test_a_nasty_file_is_one_mistake_and_quickly_so(content: str, tmp_path: Path) -> None:
    """Neither a traceback, nor minutes, nor a gigabyte."""
    (tmp_path / "site.toml").write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_toml(tmp_path / "site.toml")
    assert len(caught.value.mistakes) == 1


def test_a_pipe_is_no_site_file(tmp_path: Path) -> None:
    """Nobody waits for what never comes."""
    os.mkfifo(tmp_path / "site.toml")
    with pytest.raises(ConfigError, match="no regular file"):
        read_toml(tmp_path / "site.toml")


def test_no_message_quotes_the_credentials_of_an_address() -> None:
    """Somebody may have written them where a host belongs."""
    assert "hunter2" not in show("mqtts://noc:hunter2@noc.bank")


def test_right_data_fills_the_struct() -> None:
    """Defaults stand where nothing is said, whole numbers pass for numbers, keys of tables become numbers."""
    report = Report("x.toml")
    tree = fill(Tree, {"leaf": {"by_number": {"5": 2}}, "more": [{"words": ["a", "b"]}]}, report)
    assert report.mistakes == []
    assert tree == Tree(Leaf(by_number={5: 2.0}), (Leaf(words=("a", "b")),))


def test_every_level_is_looked_at() -> None:
    """Each mistake has the path to it, wherever it stands; what is right beside it is kept."""
    report = Report("x.toml")
    tree = fill(
        Tree,
        {"leaf": {"number": "1", "by_number": {"a": "b"}}, "more": [{"words": ["a", 2]}, 3], "a b\n": 1},
        report,
    )
    assert tree == Tree(Leaf(), (Leaf(words=("a",)),))
    assert [mistake.path for mistake in report.mistakes] == [
        '"a b\\n"',
        "leaf.number",
        "leaf.by_number.a",
        "leaf.by_number.a",
        "more[0].words[1]",
        "more[1]",
    ]


SCALAR = st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates()
KEYS = st.text(max_size=4) | st.sampled_from(
    [
        "site",
        "id",
        "name",
        "device",
        "input",
        "board",
        "lamps",
        "red",
        "pin",
        "snmp",
        "text",
        "en",
        "zh",
        "depends_on",
        "point",
        "alarm",
        "type",
        "kind",
        "enum",
        "bits",
        "in",
        "has",
        "oid",
        "raise_above",
        "clear_below",
        "precedence",
    ]
)
TOML = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)
TABLE = st.dictionaries(KEYS, TOML, max_size=8)


@given(TABLE)
def test_no_table_breaks_the_site_file(data: dict[str, object]) -> None:
    """Whatever stands in a site file, the answer is a list of one-line mistakes, never a crash."""
    report = Report("site.toml")
    site = fill(SiteFile, data, report)
    if site is not None:
        check_site(site, frozenset(), report)
    assert site is not None or report.mistakes
    assert all(str(mistake).isprintable() for mistake in report.mistakes)


@given(TABLE.map(lambda data: {"id": "own", "kind": "snmp", "text": {"en": "a", "zh": "b"}} | data))
def test_no_table_breaks_a_profile(data: dict[str, object]) -> None:
    """The same for a profile."""
    report = Report("own.toml")
    profile = fill(Profile, data, report)
    if profile is not None:
        check_profile(profile, data, report)
    assert profile is not None or report.mistakes
    assert all(str(mistake).isprintable() for mistake in report.mistakes)
