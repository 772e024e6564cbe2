"""Many variables of one agent, in requests of a size and make-up that it bears."""

from collections.abc import Iterable, Mapping, Sequence

from agent.sources.snmp.client import Client, Raw

PDU_OIDS = 24
"""Variables asked for in one request: fits an answer into one datagram of the usual agents."""


class Asker:
    """Reads the variables of one agent.

    An agent that answers a request with an error answers no variable of it, without saying which one it dislikes: v1
    knows no absent variable, a broken sub-agent spoils the others, and what is too big is refused whole (RFC 3416,
    section 4.2.1). So such a request is halved until the culprits stand alone; these are then asked for apart from
    the others, so that they spoil nothing and their return is noticed.

    Args:
        client: asks.
        spoils: whether one absent variable spoils the others (v1).
    """

    def __init__(self, client: Client, *, spoils: bool = False) -> None:
        self._client = client
        self._spoils = spoils
        self._most = PDU_OIDS
        self._apart: list[str] = []

    async def get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """The values of some OIDs; what the agent does not have is absent. Raises what `Client.get` raises."""
        if len(oids) <= self._most and not self._apart:
            return await self._client.get(oids) or await self._halves(oids)
        values: dict[str, Raw] = {}
        for part in _parts([oid for oid in oids if oid not in self._apart], self._most):
            values.update(await self._part(part))
        values.update(await self._return_of(set(oids)))
        return values

    def forget(self) -> None:
        """Ask for all together again: what was absent may have come back elsewhere."""
        self._apart.clear()

    async def _part(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        return await self._client.get(oids) or await self._halves(oids)

    async def _halves(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """What can be had of variables that were refused together."""
        if len(oids) <= 1:
            self._apart.extend(oids)
            return {}
        middle = (len(oids) + 1) // 2
        values: dict[str, Raw] = {}
        alone = len(self._apart)
        for half in (oids[:middle], oids[middle:]):
            values.update(await self._part(half))
        if values and len(self._apart) == alone:
            # Nobody is to blame: together they were too big.
            self._most = min(self._most, middle)
        return values

    async def _return_of(self, asked: set[str]) -> Mapping[str, Raw]:
        """Ask for those that stand apart; who answers is asked with the others from now on."""
        waiting = [oid for oid in self._apart if oid in asked]
        if not waiting:
            return {}
        if self._spoils:
            # One at a time, in turn: together the absent ones would hide the one that came back.
            self._apart.remove(waiting[0])
            self._apart.append(waiting[0])
            waiting = waiting[:1]
        values: dict[str, Raw] = {}
        for part in _parts(waiting, self._most):
            values.update(await self._client.get(part))
        self._apart = [oid for oid in self._apart if oid not in values]
        return values


def _parts(oids: Sequence[str], most: int) -> Iterable[Sequence[str]]:
    return (oids[start : start + most] for start in range(0, len(oids), most))
