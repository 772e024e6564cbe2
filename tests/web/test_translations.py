"""Every string of the panel speaks both languages."""

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask

from agent.api import refusals
from agent.config.load import SHIPPED, load_profile
from agent.config.site import Role
from agent.config.tables import with_rows
from agent.core.alarm_states import AlarmState
from agent.core.annunciator import Show
from agent.core.inputs import Door, Verb
from agent.core.model import ClockQuality, Layer, Quality, Severity
from web import format as formats
from web import i18n, words

WEB = Path(__file__).parents[2] / "web"
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
KEYWORDS = {"mark": None, "gettext": None, "_": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
NAMES = {"linewarden", "English", "中文"}
"""What stands in templates and is the same in every language."""


def used() -> set[str]:
    """The messages of code and templates."""
    found = extract_from_dir(WEB, METHODS, keywords=KEYWORDS)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def catalogue() -> dict[str, Message]:
    """The Chinese catalogue by message."""
    with i18n.TRANSLATIONS.joinpath("zh/LC_MESSAGES/messages.po").open("rb") as file:
        messages = list(read_po(file, locale="zh"))
    return {one.id if isinstance(one.id, str) else one.id[0]: one for one in messages if one.id}


def test_every_message_is_translated_and_none_is_left_over() -> None:
    """Catalogue and panel hold the same messages."""
    messages = catalogue()
    assert len(messages) > 150
    assert used() - set(messages) == set()
    assert set(messages) - used() == set()
    assert [one.id for one in messages.values() if one.fuzzy or not one.string] == []


def placeholders(text: str) -> list[str]:
    """What is filled into a message."""
    return sorted(re.findall(r"%\(\w+\)[sd]|%%", text))


def test_translations_fill_in_the_same_values() -> None:
    """A missing placeholder would hide a number; a wrong one would break the page."""
    for message in catalogue().values():
        english = message.id if isinstance(message.id, str) else message.id[1]
        chinese = message.string if isinstance(message.string, str) else message.string[0]
        assert placeholders(english) == placeholders(chinese), english


def raw_text(template: Path) -> Iterator[str]:
    """The words of a template that stand outside of `{{ }}` and of tags, and in attributes that people read."""
    tokens = jinja2.Environment(autoescape=True).lex(template.read_text(encoding="utf-8"))
    text = "".join(value if kind == "data" else " " for _, kind, value in tokens)
    for attribute in re.findall(r'(?:title|alt|placeholder|aria-label)="([^"]*)"', text):
        yield from re.findall(r"[^\W\d_]{2,}", attribute)
    yield from re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>|&\w+;", " ", text))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_holds_a_string_of_its_own(template: Path) -> None:
    """Everything that is read goes through gettext."""
    assert set(raw_text(template)) - NAMES == set()


def test_the_search_for_raw_text_finds_what_it_should(tmp_path: Path) -> None:
    """Else the test above could not fail."""
    path = tmp_path / "page.html"
    path.write_text('<p title="Hint">{{ _("x") }} Hello {% if a %}there{% endif %}</p>')
    assert set(raw_text(path)) == {"Hint", "Hello", "there"}


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        (words.SEVERITIES, [one.word for one in Severity]),
        (words.ALARM_STATES, [one.value for one in AlarmState if one is not AlarmState.NORMAL]),
        (words.LAYERS, [one.value for one in Layer]),
        (words.QUALITIES, [one.value for one in Quality]),
        (words.DOORS, [one.value for one in Door]),
        (words.SHOWS, [one.value for one in Show]),
        (words.CLOCKS, [one.value for one in ClockQuality]),
        (refusals.ROLES, [one.value for one in Role]),
        (refusals.VERBS, [one.value for one in Verb]),
        (words.JOURNALS, ["healthy", "degraded"]),
        (words.BROKERS, ["connected", "lost", "none"]),
    ],
)
def test_every_enumerated_word_of_the_agent_is_known(table: dict[str, str], keys: list[str]) -> None:
    """And none that the agent does not have."""
    assert sorted(table) == sorted(keys)


def test_the_order_of_layers_and_severities_is_that_of_the_agent() -> None:
    """The page sorts by it."""
    assert list(words.LAYERS) == [one.value for one in Layer]
    assert list(words.SEVERITIES) == [one.word for one in sorted(Severity, reverse=True)]


def test_the_words_and_units_of_the_shipped_profiles_are_known() -> None:
    """A device kind that is added brings its words along."""
    values: set[str] = set()
    units: set[str] = set()
    for path in SHIPPED.glob("*.toml"):
        for point in with_rows(load_profile(path), {}).point:
            units.add(point.unit or "%")
            values |= set((point.enum or {}).values()) | set((point.bits or {}).values())
    unknown = {
        one
        for one in values
        if one not in words.VALUES and any(token not in words.TOKENS for token in one.split())
    }
    assert unknown == set()
    assert units - set(formats.UNITS) - {"By"} == set()


def test_the_catalogue_is_served_without_a_compiled_file(app: Flask) -> None:
    """Nothing has to be compiled when the panel is installed."""
    assert list(i18n.TRANSLATIONS.rglob("*.mo")) == []
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert i18n.gettext("Acknowledge") == "确认"
        assert i18n.ngettext("%(num)d warning", "%(num)d warnings", 3) == "3 条提示告警"
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert i18n.ngettext("%(num)d warning", "%(num)d warnings", 3) == "3 warnings"


def test_messages_are_plain_text() -> None:
    """No message carries markup or a format that is not filled in by name."""
    for message in used():
        assert "<" not in message
        assert not re.search(r"%[^(%]|{", message)
