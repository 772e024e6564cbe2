"""A second composition root: a whole branch in software, for trying and for tests."""
