"""What may go wrong in the panel.

PanelError
├── SettingsError      panel.toml or what it names cannot be used     (also a ValueError)
├── ListenError        the address cannot be listened on              (also an OSError)
├── Unknown            the agent knows no such device or alarm        (also a LookupError)
└── AgentAway          nothing fresh can be had from the agent        (also a ConnectionError)
    └── AgentShut      the agent does not let this user in            (also a PermissionError)
"""


class PanelError(Exception):
    """The root."""


class SettingsError(PanelError, ValueError):
    """A setting cannot be used; the message names the path and the remedy."""


class ListenError(PanelError, OSError):
    """The panel cannot listen where it should; the message names the address and the remedy."""


class Unknown(PanelError, LookupError):  # noqa: N818  # an answer rather than a fault
    """The agent knows no such device or alarm."""


class AgentAway(PanelError, ConnectionError):  # noqa: N818  # the state, as people say it
    """No fresh answer from the agent: what was shown before must not be taken for what is."""


class AgentShut(AgentAway, PermissionError):  # noqa: N818
    """The agent is there but its socket is shut for the panel's user."""
