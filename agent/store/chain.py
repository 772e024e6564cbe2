"""The chain of hashes: each event carries SHA-256 over the hash before it and everything it says."""

import hashlib
import struct

import msgspec

from agent.store.records import START, Entry, Epoch, Position, Record

GENESIS = bytes(32)
"""What the first event of a new database is chained to."""


Said = tuple[bytes, bytes, float, bytes]
"""What an event says: kind, subject, wall time, body."""


def digest(previous: bytes, epoch: str, seq: int, said: Said) -> bytes:
    """The hash of one event. Every field is preceded by its length, so that no two events look alike."""
    kind, subject, wall, body = said
    state = hashlib.sha256()
    for field in (previous, epoch.encode(), str(seq).encode(), kind, subject, struct.pack(">d", wall), body):
        state.update(len(field).to_bytes(8, "big"))
        state.update(field)
    return state.digest()


def seal(head: bytes, body: bytes) -> bytes:
    """Binds a snapshot to the event it was taken at, given that event's hash."""
    return hashlib.sha256(head + body).digest()


class Head(msgspec.Struct, frozen=True):
    """The end of the chain.

    Attributes:
        epoch: the epoch the next event gets.
        seq: the last sequence number used in it, 0 for none.
        last: where the last event stands, possibly in an earlier epoch.
        hash: the last event's hash.
    """

    epoch: Epoch
    seq: int = 0
    last: Position = START
    hash: bytes = GENESIS

    def link(self, entry: Entry) -> Record:
        """The record `entry` becomes when it is appended here."""
        # SQLite keeps -0.0 as the integer 0; adding 0.0 hashes what will be read back
        entry = msgspec.structs.replace(entry, wall=entry.wall + 0.0)
        said = (entry.kind.encode(), entry.subject.encode(), entry.wall, entry.body)
        own = digest(self.hash, str(self.epoch), self.seq + 1, said)
        return Record(self.epoch, self.seq + 1, entry, own)

    def after(self, record: Record) -> "Head":
        """The head once `record` is appended."""
        return Head(record.epoch, record.seq, record.position, record.hash)

    def in_epoch(self, epoch: Epoch) -> "Head":
        """The head at the opening of a new epoch, which is chained to what came before."""
        return Head(epoch, 0, self.last, self.hash)
