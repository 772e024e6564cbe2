"""Which parts of the agent still get on with their work: the tell-tale behind the watchdog. Pure but for its memory."""

from msgspec import Struct


class _Part(Struct):
    """What is known of one part; seconds are monotonic."""

    within: float
    essential: bool
    beat: float


class Progress:
    """Remembers when each part last got on, and names those that are late.

    A beat says that a part has gone round its loop once, whatever came of it: a device that does not answer, a broker
    that is away and a disk that is full are told elsewhere, and starting anew would mend none of them. Beats may come
    from any thread.
    """

    def __init__(self) -> None:
        self._parts: dict[str, _Part] = {}

    def expect(self, part: str, within: float, now: float, *, essential: bool = False) -> None:
        """Have a part count as stuck once so many seconds pass without a beat.

        Args:
            part: its name; expecting it again begins anew.
            within: seconds, from now or from the last beat.
            now: monotonic seconds.
            essential: without it nobody watches, so it is better to start the agent anew.
        """
        self._parts[part] = _Part(within, essential, now)

    def beat(self, part: str, now: float) -> None:
        """A part has got on; one of which nobody expects anything is not remembered."""
        known = self._parts.get(part)
        if known is not None:
            known.beat = max(known.beat, now)

    def stuck(self, now: float, *, essential: bool = False) -> tuple[str, ...]:
        """The names of the parts whose beat is late, in order; with `essential` only those without which nobody watches."""
        return tuple(
            sorted(
                name
                for name, part in self._parts.copy().items()
                if now - part.beat > part.within and (part.essential or not essential)
            )
        )
