"""SQLite: one writer; the journal and what derives from it; read-only readers."""
