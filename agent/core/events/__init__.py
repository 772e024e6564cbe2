"""What leaves the core: the entries of the journal. Outcomes, never inputs.

An event says all that a reader needs without the profile that was in force: texts, limits and readings are inside.
"""

from agent.core.events.alarm import AlarmAcknowledged as AlarmAcknowledged
from agent.core.events.alarm import AlarmCauseChanged as AlarmCauseChanged
from agent.core.events.alarm import AlarmChattering as AlarmChattering
from agent.core.events.alarm import AlarmCleared as AlarmCleared
from agent.core.events.alarm import AlarmClosed as AlarmClosed
from agent.core.events.alarm import AlarmCompressed as AlarmCompressed
from agent.core.events.alarm import AlarmEvent as AlarmEvent
from agent.core.events.alarm import AlarmPurged as AlarmPurged
from agent.core.events.alarm import AlarmRaised as AlarmRaised
from agent.core.events.alarm import AlarmSeverityChanged as AlarmSeverityChanged
from agent.core.events.alarm import AlarmSuppressionChanged as AlarmSuppressionChanged
from agent.core.events.base import Event as Event
from agent.core.events.base import Evidence as Evidence
from agent.core.events.base import Witness as Witness
from agent.core.events.box import BoxStarted as BoxStarted
from agent.core.events.box import BoxStopped as BoxStopped
from agent.core.events.box import ConditionPassed as ConditionPassed
from agent.core.events.box import ConfigurationChanged as ConfigurationChanged
from agent.core.events.box import DeviceRestarted as DeviceRestarted
from agent.core.events.box import JournalOverflowed as JournalOverflowed
from agent.core.events.box import JournalPruned as JournalPruned
from agent.core.events.box import OrderRefused as OrderRefused
from agent.core.events.clock import ClockOffset as ClockOffset
from agent.core.events.clock import ClockStepped as ClockStepped
from agent.core.events.journal import AnyEvent as AnyEvent
from agent.core.events.journal import also_about as also_about
from agent.core.events.journal import decode as decode
from agent.core.events.journal import encode as encode
from agent.core.events.journal import is_of_the_site as is_of_the_site
from agent.core.events.journal import kind as kind
from agent.core.events.journal import kind_of as kind_of
from agent.core.events.journal import subject as subject
from agent.core.events.limits import LimitChanged as LimitChanged
from agent.core.events.limits import LimitEvent as LimitEvent
from agent.core.events.limits import LimitReconfigured as LimitReconfigured
from agent.core.events.limits import LimitReverted as LimitReverted
from agent.core.events.room import AnnunciationAcknowledged as AnnunciationAcknowledged
from agent.core.events.room import AnnunciationReset as AnnunciationReset
from agent.core.events.room import AnnunciationSilenced as AnnunciationSilenced
from agent.core.events.room import LampsTested as LampsTested
from agent.core.events.room import SuppressionBegan as SuppressionBegan
from agent.core.events.room import SuppressionEnded as SuppressionEnded
