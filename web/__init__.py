"""The panel: a process of its own that sees the agent only through the control socket."""
