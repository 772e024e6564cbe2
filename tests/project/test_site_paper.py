"""docs/site.md and its Chinese twin name every key that a person may write, with its type and default, and no other."""

import re
import tomllib
from pathlib import Path

import pytest
from msgspec import structs

from agent.config.load import check, load_profile
from tests.tools.key_paper import PAPERS, examples, row_begins, rows, schema
from web.settings import Settings
from web.settings import load as load_panel

LANGUAGES = list(PAPERS)
each_language = pytest.mark.parametrize("language", LANGUAGES)


@each_language
def test_every_key_has_its_row_and_no_other_has_one(language: str) -> None:
    """The failure prints the rows that are missing, as they should begin."""
    told = rows(language)
    assert set(told) == set(schema())
    wanted = {
        (name, field.encode_name): row_begins(field, language)
        for name, kind in schema().items()
        for field in structs.fields(kind)
    }
    found = {
        (name, key): f"| `{key}` | {kind} | {default} |"
        for name, keys in told.items()
        for key, (kind, default, _) in keys.items()
    }
    assert found == wanted


@each_language
def test_every_key_says_what_it_is_for(language: str) -> None:
    """In the language of the paper."""
    for name, keys in rows(language).items():
        for key, (_, _, what) in keys.items():
            assert what.strip(), (name, key)
            assert bool(re.search(r"[\u4e00-\u9fff]", what)) == (language == "zh"), (name, key, what)


@each_language
def test_both_papers_have_the_keys_in_the_order_of_the_code(language: str) -> None:
    """Who compares them finds them."""
    for name, kind in schema().items():
        assert list(rows(language)[name]) == [field.encode_name for field in structs.fields(kind)]


@each_language
def test_every_key_stands_in_an_example(language: str) -> None:
    """As a key of TOML, or in a comment that shows it."""
    text = "\n".join(examples(language).values())
    keys = {key for keys in rows(language).values() for key in keys}
    missing = {key for key in keys if not re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", text)}
    assert missing == set()


@each_language
def test_the_examples_make_a_site_a_profile_and_a_panel_that_load(language: str, tmp_path: Path) -> None:
    """With the files that they name put somewhere else, and a hash of everybody's own."""
    texts = {
        name: re.sub(r"/etc/linewarden/", f"{tmp_path}/", text) for name, text in examples(language).items()
    }
    for path in re.findall(rf'"({tmp_path}/[^"]+)"', "\n".join(texts.values())):
        secret = Path(path)
        secret.parent.mkdir(exist_ok=True)
        secret.write_text("a phrase that nobody knows\n")
        secret.chmod(0o600)
    (tmp_path / "profiles").mkdir()
    own = tmp_path / "profiles" / "own.toml"
    own.write_text(texts["profiles/own"], encoding="utf-8")
    assert load_profile(own).id == "own-pbx"
    site = tmp_path / "site.toml"
    site.write_text(texts["site"], encoding="utf-8")
    assert check(site) == []
    panel = tmp_path / "panel.toml"
    panel.write_text(texts["panel"].replace("$…", "$aaaa$" + "0" * 128), encoding="utf-8")
    assert isinstance(load_panel(panel), Settings)


def test_both_papers_show_the_same_examples() -> None:
    """But for their comments."""
    made = [{name: tomllib.loads(text) for name, text in examples(one).items()} for one in LANGUAGES]
    assert made[0] == made[1]
