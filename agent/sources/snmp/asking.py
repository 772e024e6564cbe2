"""Many variables of one agent, in requests of a size and make-up that it bears."""

from collections.abc import Iterable, Mapping, Sequence

from agent.sources.snmp.client import Client, Raw, TooLarge

PDU_OIDS = 24
"""Variables asked for in one request: fits an answer into one datagram of the usual agents."""

GROW_AFTER = 60
"""Polls in smaller requests after which greater ones are tried again; each time after twice as many."""

GROW_AFTER_MOST = 64 * GROW_AFTER

REFUSALS = 2
"""Requests refused without a culprit, with no greater answer in between, after which the size is to blame."""


class Asker:
    """Reads the variables of one agent.

    An agent that answers a request with an error answers no variable of it, without saying which one it dislikes: v1
    knows no absent variable, a broken sub-agent spoils the others, and what is too big is refused whole (RFC 3416,
    section 4.2.1). So such a request is halved until the culprits stand alone; these are then asked for apart from
    the others, so that they spoil nothing and their return is noticed.

    Requests stay small for an agent that cannot bear greater ones. One refusal may have another reason, which passes.

    Args:
        client: asks.
        spoils: whether one absent variable spoils the others (v1).
    """

    def __init__(self, client: Client, *, spoils: bool = False) -> None:
        self._client = client
        self._spoils = spoils
        self._most = PDU_OIDS
        self._refusals = 0
        """Requests lately refused without a culprit."""
        self._good = 0
        """Polls since the requests were made smaller."""
        self._grow_after = GROW_AFTER
        self._apart: list[str] = []

    async def get(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        """The values of some OIDs; what the agent does not have is absent. Raises what `Client.get` raises."""
        if len(oids) <= self._most and not self._apart:
            return await self._part(oids)
        self._grow()
        values: dict[str, Raw] = {}
        for part in _parts([oid for oid in oids if oid not in self._apart], self._most):
            values.update(await self._part(part))
        values.update(await self._return_of(set(oids)))
        return values

    def forget(self) -> None:
        """Ask for all together again: what was absent may have come back elsewhere."""
        self._apart.clear()

    async def _part(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        try:
            values = await self._client.get(oids)
        except TooLarge:
            return await self._halves(oids, REFUSALS)
        if not values:
            return await self._halves(oids, 1)
        if self._refusals and len(oids) > self._most // 2:
            self._refusals = 0
        return values

    async def _halves(self, oids: Sequence[str], weight: int) -> Mapping[str, Raw]:
        """What can be had of variables that were refused together.

        Args:
            oids: these variables.
            weight: how many refusals this one counts as: where it was said that the size is the reason, all.
        """
        if len(oids) <= 1:
            self._apart.extend(oids)
            return {}
        middle = (len(oids) + 1) // 2
        values: dict[str, Raw] = {}
        alone, before = len(self._apart), self._refusals
        for half in (oids[:middle], oids[middle:]):
            values.update(await self._part(half))
        if values and len(self._apart) == alone:
            # Nobody is to blame: together they were too big, or the agent was unwell for a moment.
            self._refusals = max(before, self._refusals) + weight
            if self._refusals >= REFUSALS:
                self._shrink(middle)
        return values

    def _shrink(self, most: int) -> None:
        if most < self._most:
            self._most, self._good = most, 0

    def _grow(self) -> None:
        """After a while, try greater requests again: the answers, or the agent, may be others than they were."""
        if self._most == PDU_OIDS:
            return
        self._good += 1
        if self._good >= self._grow_after:
            self._most, self._good = min(2 * self._most, PDU_OIDS), 0
            self._grow_after = min(2 * self._grow_after, GROW_AFTER_MOST)

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
            values.update(await self._returned(part))
        self._apart = [oid for oid in self._apart if oid not in values]
        return values

    async def _returned(self, oids: Sequence[str]) -> Mapping[str, Raw]:
        try:
            return await self._client.get(oids)
        except TooLarge:
            halves = (oids[: len(oids) // 2], oids[len(oids) // 2 :]) if len(oids) > 1 else ()
            values: dict[str, Raw] = {}
            for half in halves:
                values.update(await self._returned(half))
            return values


def _parts(oids: Sequence[str], most: int) -> Iterable[Sequence[str]]:
    return (oids[start : start + most] for start in range(0, len(oids), most))
