-- Version 1. Applied as one transaction to an empty file.
CREATE TABLE epoch (
    number INTEGER PRIMARY KEY,
    suffix TEXT NOT NULL,
    reason TEXT NOT NULL,
    start BLOB NOT NULL             -- hash of the event before, in an earlier epoch
) STRICT;

CREATE TABLE event (
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    wall REAL NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (epoch, seq)
) STRICT, WITHOUT ROWID;

-- carries (epoch, seq) by itself, as every index of a table without rowid
CREATE INDEX event_subject ON event (subject);

CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    body BLOB NOT NULL,
    seal BLOB NOT NULL              -- SHA-256 over the event's hash and the body
) STRICT;

CREATE TABLE cursor (
    name TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
