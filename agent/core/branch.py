"""Everything the core watches in a branch, and by which rules of the site."""

from collections.abc import Mapping

from msgspec import Struct

from agent.core.model import Device
from agent.core.sequences import Scheme
from agent.core.suppression.nouns import Design, MaintenanceWindow, Shelving


class Chatter(Struct, frozen=True):
    """When an alarm that comes and goes is told as one (ISA-18.2, chattering alarm)."""

    count: int = 5
    """So many raises …"""
    within: float = 600.0
    """… in so many seconds make it chatter."""
    quiet: float = 300.0
    """It ends when nothing has changed for so many seconds."""


class Branch(Struct, frozen=True):
    """Everything the core watches."""

    site: str
    devices: Mapping[str, Device]
    chatter: Chatter = Chatter()
    hold: float = 15.0
    """Seconds beyond its on-delay for which a raise waits at most for what may be its cause."""
    acknowledges: bool = False
    """Whether the button in the room also acknowledges the alarms (never critical ones)."""
    scheme: Scheme = Scheme()
    """How its annunciator works."""
    heartbeat: bool = False
    """Whether the green lamp blinks off now and then while the box is watching."""
    windows: tuple[MaintenanceWindow, ...] = ()
    designs: tuple[Design, ...] = ()
    shelving: Shelving = Shelving()
