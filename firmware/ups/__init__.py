"""Serial UPS dialects: frames to values without I/O, and the dialogue over one line."""
