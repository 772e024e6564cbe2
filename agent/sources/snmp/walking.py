"""A walk through a table, one request after the other, whatever the agent tells."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import pairwise

from agent.sources.errors import Garbled, NoAnswer, NotAuthentic
from agent.sources.snmp.client import ROWS_MAX, Client, Cursor, Part, Raw

Turn = Callable[[], AbstractAsyncContextManager[object]]
"""What each request waits for, so that others may ask the same agent in between."""


async def walk(
    client: Client, root: str, repetitions: int, turn: Turn = nullcontext
) -> list[tuple[str, Raw]]:
    """Everything below an OID in the agent's order.

    Args:
        client: asks.
        root: the OID.
        repetitions: rows asked for by one request.
        turn: entered for each request.

    Raises:
        PollError: what `Client.step` raises; `Garbled` also for rows that do not come in order (RFC 3416, section
            4.2.2), or do not come to an end.
    """
    rows: list[tuple[str, Raw]] = []
    cursor = Cursor(root, repetitions)
    while not cursor.ended:
        part = await _step(client, cursor, turn)
        if not _ascending([cursor.last, *(oid for oid, _ in part)]):
            raise Garbled(f"rows below {root} do not come in order after {cursor.last}")
        rows += part
        if len(rows) > ROWS_MAX:
            raise Garbled(f"more than {ROWS_MAX} rows below {root}")
        cursor.last = rows[-1][0] if rows else root
    return rows


async def _step(client: Client, cursor: Cursor, turn: Turn) -> Part:
    """One request of a walk; a datagram may be lost once, an agent may start anew once."""
    try:
        async with turn():
            return await client.step(cursor)
    except (NoAnswer, NotAuthentic):
        async with turn():
            return await client.step(cursor)


def _ascending(oids: list[str]) -> bool:
    places = [tuple(map(int, oid.split("."))) for oid in oids]
    return all(one < next_ for one, next_ in pairwise(places))
