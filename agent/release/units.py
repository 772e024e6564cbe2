"""The units of linewarden, by systemctl. Tests put processes in its place."""

from typing import Protocol

from agent.release.commands import run
from agent.release.errors import CommandError

AGENT, PANEL = "linewarden-agent.service", "linewarden-panel.service"
AT_START = ("linewarden-release.service", "linewarden-crash.service")
"""What runs for a moment at the start of the machine."""
START_SECONDS = 300.0


class Units(Protocol):
    """What a switch does with the units."""

    def reload(self) -> None:
        """Have changed units take effect when they are started next."""

    def reload_agent(self) -> None:
        """Have the running agent take up its configuration anew.

        Raises:
            CommandError: it does not run.
        """

    def stop(self) -> None:
        """Stop agent and panel."""

    def start(self, *, panel: bool) -> None:
        """Start the agent, and the panel where there is one; returns when they are ready.

        Raises:
            CommandError: they do not become ready.
        """

    def is_active(self, unit: str) -> bool:
        """Whether a unit is ready."""

    def enable(self, *, panel: bool) -> None:
        """Have them started with the machine."""


class SystemdUnits:
    """Those of this machine."""

    def reload(self) -> None:
        """As the protocol has it."""
        run(["systemctl", "daemon-reload"])

    def reload_agent(self) -> None:
        """As the protocol has it."""
        run(["systemctl", "reload", AGENT])

    def stop(self) -> None:
        """As the protocol has it."""
        run(["systemctl", "stop", PANEL, AGENT])

    def start(self, *, panel: bool) -> None:
        """As the protocol has it."""
        run(["systemctl", "start", AGENT], START_SECONDS)
        if panel:
            run(["systemctl", "start", PANEL], START_SECONDS)

    def is_active(self, unit: str) -> bool:
        """As the protocol has it."""
        try:
            return run(["systemctl", "is-active", unit]).strip() == "active"
        except CommandError:
            return False

    def enable(self, *, panel: bool) -> None:
        """As the protocol has it."""
        run(["systemctl", "enable", "--quiet", AGENT, *AT_START])
        run(["systemctl", "enable" if panel else "disable", "--quiet", PANEL])
