"""What leaves the core: the entries of the journal. Outcomes, never inputs.

An event says all that a reader needs without the profile that was in force: texts, limits and readings are inside.
"""

from agent.core.events.alarm import (
    AlarmAcknowledged,
    AlarmCauseChanged,
    AlarmChattering,
    AlarmCleared,
    AlarmClosed,
    AlarmCompressed,
    AlarmEvent,
    AlarmPurged,
    AlarmRaised,
    AlarmSeverityChanged,
    AlarmSuppressionChanged,
)
from agent.core.events.base import (
    Event,
    Evidence,
    Witness,
)
from agent.core.events.box import (
    BoxStarted,
    BoxStopped,
    ConditionPassed,
    ConfigurationChanged,
    DeviceRestarted,
    JournalOverflowed,
    JournalPruned,
    OrderRefused,
)
from agent.core.events.clock import ClockOffset, ClockStepped
from agent.core.events.journal import (
    AnyEvent,
    also_about,
    decode,
    encode,
    is_of_the_site,
    kind,
    kind_of,
    subject,
)
from agent.core.events.limits import (
    LimitChanged,
    LimitEvent,
    LimitReconfigured,
    LimitReverted,
)
from agent.core.events.room import (
    AnnunciationAcknowledged,
    AnnunciationReset,
    AnnunciationSilenced,
    LampsTested,
    SuppressionBegan,
    SuppressionEnded,
)

__all__ = [
    "AlarmAcknowledged",
    "AlarmCauseChanged",
    "AlarmChattering",
    "AlarmCleared",
    "AlarmClosed",
    "AlarmCompressed",
    "AlarmEvent",
    "AlarmPurged",
    "AlarmRaised",
    "AlarmSeverityChanged",
    "AlarmSuppressionChanged",
    "AnnunciationAcknowledged",
    "AnnunciationReset",
    "AnnunciationSilenced",
    "AnyEvent",
    "BoxStarted",
    "BoxStopped",
    "ClockOffset",
    "ClockStepped",
    "ConditionPassed",
    "ConfigurationChanged",
    "DeviceRestarted",
    "Event",
    "Evidence",
    "JournalOverflowed",
    "JournalPruned",
    "LampsTested",
    "LimitChanged",
    "LimitEvent",
    "LimitReconfigured",
    "LimitReverted",
    "OrderRefused",
    "SuppressionBegan",
    "SuppressionEnded",
    "Witness",
    "also_about",
    "decode",
    "encode",
    "is_of_the_site",
    "kind",
    "kind_of",
    "subject",
]
