"""What `export --verify` says of the chain of hashes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    # Imported where they are used: other commands need no store.
    from agent.store.journal import Anchor
    from agent.store.records import Epoch, Position


def verify_chain(data_dir: Path, noted: tuple[str, str] | None) -> None:
    """Say where the chain is broken, or from where to which event it holds.

    A journal that ends too early, or that was written anew with hashes of its own, is a sound chain too: only the last
    event's id and hash, noted elsewhere before, tell it apart. So they are printed, and compared when given.
    """
    from agent.store import reader

    last = reader.last(data_dir)  # before the check: a running agent appends meanwhile
    broken = reader.verify(data_dir)
    if broken is not None:
        raise click.ClickException(f"the chain is broken at {broken.epoch}:{broken.seq}")
    if noted is not None:
        _compare(data_dir, *noted)
    begin = _begin(data_dir)
    click.echo(
        f"the chain holds{begin} up to {last.id}, hash {last.hash.hex()}"
        if last
        else f"the chain holds{begin}: no events"
    )


def _begin(data_dir: Path) -> str:
    """From where the chain holds, for a journal whose beginning was pruned, as an entry of it must say."""
    from agent.store import reader

    anchor = reader.anchor(data_dir)
    if not anchor.pruned:
        return ""
    if not _is_noted_as_pruned(data_dir, anchor.position):
        raise click.ClickException(
            f"the chain holds, but what is missing up to {begin_of(anchor)} was not pruned by us"
        )
    return f" from behind {begin_of(anchor)} ({anchor.pruned} events pruned)"


def _is_noted_as_pruned(data_dir: Path, place: "Position") -> bool:
    """Whether some entry says that events were pruned up to this place, or beyond it: a run may be under way."""
    from agent.core import events
    from agent.store import reader

    for record in reader.of_kind(data_dir, "journal.pruned"):
        try:
            event = events.decode(record.entry.body)
        except ValueError:
            continue
        if isinstance(event, events.JournalPruned) and place <= place_of(event.upto, "")[1]:
            return True
    return False


def begin_of(anchor: "Anchor") -> str:
    """The place of the last event that was pruned."""
    return f"{anchor.position.epoch}:{anchor.position.seq}"


def _compare(data_dir: Path, id_: str, hash_: str) -> None:
    from agent.store import reader

    place, anchor = place_of(id_, "--noted")[1], reader.anchor(data_dir)
    found = reader.record_at(data_dir, place)
    if place == anchor.position and hash_.lower() == anchor.hash.hex():
        return
    if place <= anchor.position:
        raise click.ClickException(
            f"the chain holds, but {id_}, which was noted, was pruned since (up to {begin_of(anchor)})"
        )
    if found is None or found.id != id_:
        raise click.ClickException(f"the chain holds, but {id_}, which was noted, is not in it")
    if found.hash.hex() != hash_.lower():
        raise click.ClickException(f"the chain holds, but {id_} is not the event that was noted")


def place_of(text: str, option: str) -> "tuple[Epoch, Position]":
    """The epoch and the place of an id such as 3-9f2a:120.

    Raises:
        click.BadParameter: it is no id.
    """
    from agent.store.records import Epoch, Position

    word, _, seq = text.rpartition(":")
    try:
        epoch = Epoch.parse(word)
        return epoch, Position(epoch.number, int(seq))
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is not EPOCH:SEQ, such as 3-9f2a:120", param_hint=option
        ) from error
