"""Edges in: each source turns a piece of the world into readings."""
