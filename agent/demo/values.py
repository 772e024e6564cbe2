"""SNMP values without an SNMP library: a kind and what it holds."""

from typing import NamedTuple


class Answer(NamedTuple):
    """One value as an agent sends it."""

    kind: str
    value: int | str


Answers = dict[str, Answer]
"""Values by OID."""


def integer(value: int) -> Answer:
    """INTEGER."""
    return Answer("integer", value)


def gauge(value: int) -> Answer:
    """Gauge32."""
    return Answer("gauge", value)


def counter(value: int) -> Answer:
    """Counter32."""
    return Answer("counter", value)


def ticks(value: int) -> Answer:
    """TimeTicks, hundredths of a second."""
    return Answer("ticks", value % 2**32)


def text(value: str) -> Answer:
    """OCTET STRING."""
    return Answer("text", value)


def oid(value: str) -> Answer:
    """OBJECT IDENTIFIER."""
    return Answer("oid", value)
