"""Backups: everything that makes this box this box, in one encrypted file; verified, rehearsed, restored."""
