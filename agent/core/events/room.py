"""What people and the calendar do about lamps, horn and whole devices: events of annunciation and suppression."""

from agent.core.events.base import Event
from agent.core.inputs import Origin
from agent.core.suppression.nouns import Ending, Kind, Suppression


class AnnunciationAcknowledged(Event, tag="annunciation.acknowledged", frozen=True, kw_only=True):
    """Someone in the room saw the lamps. Changes no operator state."""

    by: Origin
    order: str = ""


class AnnunciationSilenced(Event, tag="annunciation.silenced", frozen=True, kw_only=True):
    """Someone stopped the horn."""

    by: Origin
    order: str = ""


class AnnunciationReset(Event, tag="annunciation.reset", frozen=True, kw_only=True):
    """Someone took away what was acknowledged and is normal again (sequences M and R)."""

    by: Origin
    order: str = ""


class LampsTested(Event, tag="annunciation.tested", frozen=True, kw_only=True):
    """Someone tested the lamps and the horn."""

    by: Origin
    order: str = ""


class SuppressionBegan(Event, tag="suppression.began", frozen=True, kw_only=True):
    """Alarms are kept from being annunciated from now on. One of the same id takes the place of the one before."""

    suppression: Suppression
    order: str = ""


class SuppressionEnded(Event, tag="suppression.ended", frozen=True, kw_only=True):
    """They are not any more; what is still wrong is annunciated."""

    id: str
    kind: Kind
    subjects: tuple[str, ...]
    cause: Ending
    by: Origin | None = None
    note: str = ""
    order: str = ""
    carried: bool = False
    """Whether its time was over by what was left before a start at which no clock could tell how long the box was off."""


AnyRoomEvent = (
    AnnunciationAcknowledged
    | AnnunciationSilenced
    | AnnunciationReset
    | LampsTested
    | SuppressionBegan
    | SuppressionEnded
)
