"""Something real at the other end of every wire, with faults on command: for the demo and for tests."""
