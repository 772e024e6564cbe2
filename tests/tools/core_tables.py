"""Writes the core's tables into docs/core.md: `python -m tests.tools.core_tables`; a test checks that they are current."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from agent.core import events
from agent.core.alarm_states import (
    DECISIONS,
    FINALLY,
    QUIETLY,
    TRANSITIONS,
    WORSE,
    AlarmState,
    Refusal,
    Trigger,
)
from agent.core.annunciator import SHOWN
from agent.core.sequences import ADOPTED, SEQUENCE_A, SEQUENCE_M, SEQUENCE_R, Sequence, Signal, Table

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "docs" / "core.md"


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def decisions() -> str:
    """State by trigger: the event that is made, or why there is none."""

    def cell(state: AlarmState, trigger: Trigger) -> str:
        made = DECISIONS[state][trigger]
        return f"*{made.value}*" if isinstance(made, Refusal) else f"`{made.__struct_config__.tag}`"

    rows = [[state.value, *(cell(state, trigger) for trigger in Trigger)] for state in AlarmState]
    return markdown(["state", *(trigger.value for trigger in Trigger)], rows)


def transitions() -> str:
    """State by event: the state that follows."""
    kinds = [
        events.AlarmRaised,
        events.AlarmSeverityChanged,
        events.AlarmCleared,
        events.AlarmAcknowledged,
        events.AlarmClosed,
        events.AlarmPurged,
    ]

    def cell(state: AlarmState, kind: type[events.AlarmEvent]) -> str:
        following = TRANSITIONS[state].get(kind)
        special = (("quietly", QUIETLY), ("finally", FINALLY), ("worse", WORSE))
        found = [(how, table[state][kind].value) for how, table in special if kind in table.get(state, {})]
        return following.value + "".join(f", {how} {state}" for how, state in found) if following else ""

    rows = [[state.value, *(cell(state, kind) for kind in kinds)] for state in AlarmState]
    return markdown(["state", *(f"`{kind.__struct_config__.tag}`" for kind in kinds)], rows)


def sequence(table: Table) -> str:
    """Window state by signal: the state that follows."""
    rows = [
        [state.value, *(table[state][signal].value if signal in table[state] else "" for signal in Signal)]
        for state in Sequence
        if state in table
    ]
    return markdown(["window", *(signal.value for signal in Signal)], rows)


def shown() -> str:
    """Window state by what its lamp does."""
    return markdown(["window", "lamp"], [[state.value, SHOWN[state].value] for state in Sequence])


def adopted() -> str:
    """What becomes of a state by the sequence that the site changes to."""
    states = [state for state in Sequence if any(state in mapped for mapped in ADOPTED.values())]
    rows = [
        [state.value, *(mapped.get(state, state).value for mapped in ADOPTED.values())] for state in states
    ]
    return markdown(["window", *(f"in {one.value}" for one in ADOPTED)], rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "decisions": decisions,
    "transitions": transitions,
    "sequence-a": partial(sequence, SEQUENCE_A),
    "sequence-m": partial(sequence, SEQUENCE_M),
    "sequence-r": partial(sequence, SEQUENCE_R),
    "shown": shown,
    "adopted": adopted,
}


def filled(text: str) -> str:
    """The paper with every table as the code has it."""
    for name, table in TABLES.items():
        pattern = rf"(<!-- table: {name} -->\n).*?(<!-- end -->)"
        text = re.sub(
            pattern, lambda found, table=table: f"{found[1]}{table()}\n{found[2]}", text, flags=re.DOTALL
        )
    return text


if __name__ == "__main__":
    PAPER.write_text(filled(PAPER.read_text()))
