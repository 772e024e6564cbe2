"""What the box can say of itself at any moment: the messages for the socket and for MQTT, made of its parts."""

from collections.abc import Callable, Iterable, Mapping

from agent import __version__, api, limit_views, publications, suppression_views, views
from agent import mqtt_contract as contract
from agent.clock import Clock
from agent.config.load import Loaded
from agent.core.alarms import impacted
from agent.core.dating import Offsets, by_clock_of
from agent.core.model import Instant
from agent.corridor import Corridor
from agent.ledger import Ledger
from agent.outputs.mqtt_happenings import LinkState
from agent.store.state import Health


class Outlook:
    """Looks at the core's state and at the health of the parts; changes nothing.

    Args:
        loaded: the configuration in force; may be replaced at any time.
        corridor: holds the core's state and the journal's health.
        ledger: what the disk knows.
        clock: tells now.
    """

    def __init__(self, loaded: Loaded, corridor: Corridor, ledger: Ledger, clock: Clock) -> None:
        self.loaded = loaded
        self._corridor = corridor
        self._ledger = ledger
        self._clock = clock
        self._began = clock.now()
        self.link = "none" if loaded.site.broker is None else "lost"
        self.backlog = 0
        self.uplink: Callable[[], LinkState] = lambda: LinkState(connected=False, version="")
        """How the link to the broker is; the composition root sets it where there is one."""

    @property
    def journal(self) -> str:
        """`healthy` or `degraded`; healthy until the store says otherwise, so that no start raises an alarm."""
        return "degraded" if self._corridor.health.health in (Health.DEGRADED, Health.STOPPED) else "healthy"

    @property
    def epoch(self) -> str:
        """The epoch in force as text; empty before the journal could be opened."""
        return str(self._corridor.health.epoch or "")

    # --- for the socket ------------------------------------------------------------------------------------------

    def branch(self) -> api.BranchView:
        """The branch now."""
        now = self._clock.now()
        return views.branch(self._corridor.state, self._status(now), now)

    def maintenance(self) -> api.MaintenanceView:
        """What is suppressed, and which windows there are."""
        now = self._clock.now()
        return suppression_views.maintenance(self._corridor.state, self._status(now), now)

    def _status(self, now: Instant) -> api.Status:
        site, uplink = self.loaded.site.site, self.uplink()
        return api.Status(
            site=site.id,
            name=site.name,
            language=site.language,
            timezone=site.timezone,
            version=__version__,
            config=self.loaded.config_hash,
            boot=self._clock.boot,
            since=by_clock_of(now, self._began.mono, self._began.wall),
            now=now.wall,
            clock=now.quality.value,
            journal=self.journal,
            broker=self.link,
            epoch=self.epoch,
            seq=self._corridor.last_seq,
            backlog=self.backlog,
            mqtt=uplink.version,
            trouble=uplink.trouble,
            trouble_detail=uplink.detail,
            next_try=now.wall + max(0.0, uplink.next_try - now.mono) if uplink.next_try else 0.0,
        )

    def device_view(self, device: str) -> api.DeviceView | None:
        """One device with its points."""
        return views.device(self._corridor.state, device, self._clock.now())

    def limits(self, device: str) -> api.LimitsView | None:
        """The limits of one device, or of all, that may be changed on site."""
        return limit_views.limits(self._corridor.state, device)

    def why(self, alarm: str) -> api.Why | None:
        """Why an alarm stands, by id or code."""
        return views.explain(self._corridor.state, alarm, self._clock.now())

    def alarm_id(self, alarm: str) -> str:
        """The id of an alarm given by id or code; unchanged if there is none such."""
        found = views.find(self._corridor.state, alarm)
        return found.id if found else alarm

    # --- for MQTT ------------------------------------------------------------------------------------------------

    def status(self, *, online: bool, mqtt: str) -> contract.StatusMessage:
        """Birth or last will of the box."""
        now = self._clock.now()
        return contract.StatusMessage(
            online=online,
            boot_id=self._clock.boot,
            epoch=self.epoch,
            since=contract.iso(by_clock_of(now, self._began.mono, self._began.wall)),
            version=__version__,
            config=self.loaded.config_hash,
            clock=now.quality.value,
            backlog=self.backlog,
            mqtt=mqtt,
            journal=self.journal,
            time=contract.iso(now.wall),
        )

    def alarms(self) -> Mapping[str, contract.AlarmMessage]:
        """The whole alarm list by id."""
        messages = ((id_, self.alarm(id_)) for id_ in self._corridor.state.durable.alarms.alarms)
        return {id_: message for id_, message in messages if message is not None}

    def alarm(self, id_: str) -> contract.AlarmMessage | None:
        """One alarm; None if it is not on the list."""
        alarm = self._corridor.state.durable.alarms.alarms.get(id_)
        if alarm is None:
            return None
        language = self.loaded.site.site.language
        return publications.alarm(
            alarm,
            impacted(self._corridor.state.durable.alarms, id_),
            self._corridor.state.durable.suppressions,
            language,
            self._ledger.reference(id_),
            now=self._clock.now(),
            durable=self._ledger.durable(id_),
        )

    def listed(self) -> list[str]:
        """The ids of the alarms of the list, all of which tell times, as far as they may be published."""
        ledger = self._ledger
        alarms = self._corridor.state.durable.alarms.alarms
        return [id_ for id_ in alarms if ledger.degraded or ledger.durable(id_)]

    def offsets(self) -> Offsets:
        """What is known by now of the clocks of the boots."""
        return self._corridor.state.durable.clock.offsets

    def papers(self) -> Mapping[str, contract.MaintenanceMessage | contract.LimitsMessage]:
        """The messages about the site as a whole, by the last level of their topics."""
        state = self._corridor.state
        return {
            "maintenance": publications.maintenance(state, self._clock.now()),
            "limits": publications.limits(state.durable.overrides.values()),
        }

    def devices(self) -> Iterable[str]:
        """The ids of all devices."""
        return self._corridor.state.watches

    def device(self, id_: str) -> contract.DeviceMessage:
        """The latest readings of one device.

        Raises:
            KeyError: there is no such device.
        """
        return publications.device(
            self._corridor.state.watches[id_], self.loaded.site.site.language, self._clock.now()
        )
