"""The papers about alarms are what profiles and code say, complete, and their diagram is the alarm list's own table."""

import re
from itertools import pairwise

import pytest

from agent.config.load import SHIPPED, load_profile
from agent.core.alarm_states import TRANSITIONS, AlarmState
from tests.tools import alarm_paper

LANGUAGES = sorted(alarm_paper.PAPERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_paper_is_current(language: str) -> None:
    """`python -m tests.tools.alarm_paper` writes it."""
    assert alarm_paper.PAPERS[language].read_text() == alarm_paper.paper(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_alarm_of_every_profile_has_its_place(language: str) -> None:
    """One anchor each, to which a runbook or a message can point."""
    text = alarm_paper.PAPERS[language].read_text()
    anchors = re.findall(r'<a id="([^"]+)"></a>', text)
    assert len(anchors) == len(set(anchors))
    for path in SHIPPED.glob("*.toml"):
        profile = load_profile(path)
        types = ["unreachable", *(alarm.type for alarm in profile.alarm)]
        types += [alarm.type for table in profile.table for alarm in table.alarm]
        for type_ in types:
            assert any(re.fullmatch(rf"{profile.id}\.{type_}(\..+)?", one) for one in anchors), type_


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_within_the_paper_lead_to_anchors(language: str) -> None:
    """The list of device kinds at its top."""
    text = alarm_paper.PAPERS[language].read_text()
    targets = re.findall(r"\]\(#([^)]+)\)", text)
    assert len(targets) >= len(list(SHIPPED.glob("*.toml")))
    assert set(targets) <= set(re.findall(r'<a id="([^"]+)"></a>', text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_diagram_is_the_table_of_transitions(language: str) -> None:
    """Read back from the paper, arrow by arrow; nothing more and nothing less."""
    text = alarm_paper.PAPERS[language].read_text()
    [drawn] = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)\n```", text, re.DOTALL)
    arrows = set(re.findall(r"^    (\w+) --> (\w+): (.+)$", drawn, re.MULTILINE))
    known = {words.in_language(language): tag for tag, words in alarm_paper.EVENTS.items()}
    special = [(table, f", {how.in_language(language)}") for table, how in alarm_paper.SPECIAL]
    known |= {word + how: tag + how for word, tag in known.items() for _, how in special}
    found = {(tail.replace("_", "-"), head.replace("_", "-"), known[word]) for tail, head, word in arrows}
    assert found == {
        (state.value, following.value, str(event.__struct_config__.tag) + how)
        for table, how in ((TRANSITIONS, ""), *special)
        for state, row in table.items()
        for event, following in row.items()
    }
    named = re.findall(r"^    (\w+): .+$", drawn, re.MULTILINE)
    assert [one.replace("_", "-") for one in named] == [state.value for state in AlarmState]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_is_whole(language: str) -> None:
    """Each row has as many cells as its head, none of them empty."""
    lines = alarm_paper.PAPERS[language].read_text().splitlines()
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if line.startswith("|")]
    assert all(cell.strip() for row in rows for cell in row)
    for above, below in pairwise(lines):
        if above.startswith("|") and below.startswith("|"):
            assert above.count("|") - above.count("\\|") == below.count("|") - below.count("\\|"), below


def test_both_readmes_lead_to_it() -> None:
    """Each in its language."""
    assert "(docs/alarms.md)" in (alarm_paper.ROOT / "README.md").read_text()
    assert "(docs/alarms.zh-CN.md)" in (alarm_paper.ROOT / "README.zh-CN.md").read_text()
