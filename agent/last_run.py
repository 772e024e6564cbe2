"""How the last run ended, from what is left of it and from what the journal knows. Pure."""

from collections.abc import Iterator

from msgspec import Struct

from agent.core.runs import Ended, How, Run
from firmware.host.ended import KernelRecord, Remains, Reset, ServiceEnd

SERVICE: dict[str, How] = {
    "success": How.ORDERED,
    "watchdog": How.AGENT_HUNG,
    "timeout": How.AGENT_HUNG,
    "oom-kill": How.AGENT_OUT_OF_MEMORY,
}
"""What the results of systemd.exec(5) mean; all others are crashes."""

LONGEST = 200
"""Characters of a reading."""


class LastRun(Struct, frozen=True):
    """What a start has to tell of the runs before it.

    Attributes:
        ended: how each ended of which nobody was told yet, the oldest first.
        marks: by which all that was found is known again.
    """

    ended: tuple[Ended, ...] = ()
    marks: tuple[str, ...] = ()

    @property
    def readings(self) -> dict[str, float | bool | str]:
        """`run.ended`: the worst end as one line, its word first; nothing where there is none to tell of."""
        if not self.ended:
            return {}
        order = list(How)
        worst = max(self.ended, key=lambda ended: order.index(ended.how))
        more = f" (one of {len(self.ended)} ends)" if len(self.ended) > 1 else ""
        return {"run.ended": f"{worst.how} {worst.detail}".rstrip()[: LONGEST - len(more)] + more}


def last_run(remains: Remains, before: Run | None, version: str) -> LastRun:
    """What is to be told now.

    Each end is told by the start that journals it together with its marks, in one event: whoever dies before that is
    on the disk has told nothing, and the next start tells it.

    Args:
        remains: what is left.
        before: the last run that the journal knows of; None for none, then nothing is told.
        version: the one that begins.
    """
    marks = (*(record.mark for record in remains.records), *(end.mark for end in remains.services[-1:]))
    if before is None:
        return LastRun(marks=marks)
    records = [record for record in remains.records if record.mark not in before.marks]
    services = _new_services(remains.services, before)
    if remains.boot != before.boot:
        ended = [_machine(remains.reset, records, before), *map(_service, services)]
    else:
        ended = [_service(end) for end in services] or [_without_a_word(before)]
    return LastRun(tuple(_updated(ended, before.version != version)), marks)


def _new_services(ends: tuple[ServiceEnd, ...], before: Run) -> tuple[ServiceEnd, ...]:
    known = [at for at, end in enumerate(ends) if end.mark in before.marks]
    return ends[known[-1] + 1 :] if known else ends


def _service(end: ServiceEnd) -> Ended:
    how = SERVICE.get(end.result, How.AGENT_CRASHED)
    return Ended(how, "" if how is How.ORDERED else f"{end.result} {end.how}".strip())


def _without_a_word(before: Run) -> Ended:
    return (
        Ended(How.ORDERED) if before.stopped else Ended(How.AGENT_CRASHED, "it left no word of how it ended")
    )


def _machine(reset: Reset, records: list[KernelRecord], before: Run) -> Ended:
    """Why the machine went down. A record of its kernel says more than the reset, and that more than its absence."""
    panics = [record for record in records if record.fatal]
    if panics or (records and not before.stopped):
        return Ended(How.KERNEL_PANIC, (panics or records)[0].reason)
    if reset.watchdog:
        return Ended(How.MACHINE_WATCHDOG, "the hardware watchdog reset the machine")
    if reset.hot:
        return Ended(How.OVERHEATED)
    if before.stopped:
        return Ended(How.ORDERED, "the machine was restarted")
    if reset.warm:
        return Ended(
            How.MACHINE_WATCHDOG,
            "reset with the power on: by the hardware watchdog, or a panic without a record, or a forced restart",
        )
    return Ended(How.POWER_LOST, _of_the_power(reset))


def _of_the_power(reset: Reset) -> str:
    if reset.voltage:
        return "the supply voltage was out of bounds"
    if reset.warm is None:
        return "most likely: this machine does not tell a power cut from a reset"
    return "the power was cut"


def _updated(ended: list[Ended], other_version: bool) -> Iterator[Ended]:  # noqa: FBT001  # one fact
    """The last end in good order before another version began was for its sake."""
    yield from ended[:-1]
    last = ended[-1]
    yield Ended(How.UPDATED, last.detail) if other_version and last.how is How.ORDERED else last
