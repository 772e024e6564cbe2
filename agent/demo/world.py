"""The software branch as a model: what has happened to it, and what each of its SNMP agents says then. Pure."""

from dataclasses import dataclass, field

from agent.demo.values import Answers, counter, gauge, integer, oid, text, ticks

UPS = "ups-1"
SWITCH = "switch-1"
TRUNKS = "trunk-1"
PBX = "pbx-1"

DISCHARGE_PER_SECOND = 1.2
"""Per cent of the APC's battery: a demo must not take half an hour."""


@dataclass
class World:
    """What stands in the room and how it is. Times are monotonic seconds."""

    began: float
    mains: bool = True
    mains_changed: float = field(default=0.0)
    trunk: bool = True
    pbx: bool = True
    output: bool = True
    """Whether the APC feeds what hangs on it."""

    def cut_mains(self, now: float) -> None:
        """The street goes dark."""
        if self.mains:
            self.mains, self.mains_changed = False, now

    def restore_mains(self, now: float) -> None:
        """The street is lit again."""
        if not self.mains:
            self.mains, self.mains_changed = True, now

    def charge(self, now: float) -> float:
        """What is left in the APC's battery, per cent."""
        passed = (now - self.mains_changed) * DISCHARGE_PER_SECOND
        return 100.0 if self.mains else max(5.0, 100.0 - passed)

    def answers(self, device: str, now: float) -> Answers | None:
        """All that a device's agent knows; None for one that does not answer."""
        if (device == PBX and not self.pbx) or (device != UPS and not self.output):
            return None
        tell = {UPS: self._ups, SWITCH: self._switch, TRUNKS: self._trunks, PBX: self._pbx}[device]
        return self._system(device, now) | tell(now)

    def _uptime(self, now: float) -> int:
        return int((now - self.began + 86_400 * 30) * 100)

    def _system(self, device: str, now: float) -> Answers:
        return {
            "1.3.6.1.2.1.1.1.0": text(f"simulated {device}"),
            "1.3.6.1.2.1.1.2.0": oid(
                "1.3.6.1.4.1.318.1.3.2.7" if device == UPS else "1.3.6.1.4.1.8072.3.2.10"
            ),
            "1.3.6.1.2.1.1.3.0": ticks(self._uptime(now)),
            "1.3.6.1.2.1.1.5.0": text(device),
        }

    def _ups(self, now: float) -> Answers:
        apc = "1.3.6.1.4.1.318.1.1.1"
        charge = self.charge(now)
        on_battery = 0 if self.mains else int((now - self.mains_changed) * 100)
        return {
            f"{apc}.1.1.1.0": text("Smart-UPS 3000 RM"),
            f"{apc}.1.2.3.0": text("AS0012345678"),
            f"{apc}.2.1.1.0": integer(2 if charge > 30 else 3),
            f"{apc}.2.1.2.0": ticks(on_battery),
            f"{apc}.2.2.1.0": gauge(int(charge)),
            f"{apc}.2.2.2.0": gauge(26),
            f"{apc}.2.2.3.0": ticks(int(charge * 36 * 100)),
            f"{apc}.2.2.4.0": integer(1),
            f"{apc}.2.2.8.0": gauge(54 if self.mains else 48),
            f"{apc}.3.2.1.0": gauge(228 if self.mains else 0),
            f"{apc}.3.2.4.0": gauge(50 if self.mains else 0),
            f"{apc}.3.2.5.0": integer(1 if self.mains else 3),
            f"{apc}.4.1.1.0": integer(7 if not self.output else 2 if self.mains else 3),
            f"{apc}.4.2.1.0": gauge(229),
            f"{apc}.4.2.2.0": gauge(50),
            f"{apc}.4.2.3.0": gauge(31),
            f"{apc}.7.2.3.0": integer(1),
            f"{apc}.8.1.0": integer(1),
        }

    def _switch(self, _now: float) -> Answers:
        table: Answers = {}
        for index in (1, 2):
            pbx_port_dead = index == 2 and not self.pbx
            table |= {
                f"1.3.6.1.2.1.2.2.1.7.{index}": integer(1),
                f"1.3.6.1.2.1.2.2.1.8.{index}": integer(2 if pbx_port_dead else 1),
                f"1.3.6.1.2.1.31.1.1.1.15.{index}": gauge(0 if pbx_port_dead else 1000),
            }
        return table

    def _trunks(self, _now: float) -> Answers:
        loss_of_signal, sends_rai, no_alarm = 64, 4, 1
        ds1 = "1.3.6.1.2.1.10.18"
        return {
            f"{ds1}.6.1.8.1": text("CT-SH-0042-01"),
            f"{ds1}.6.1.8.2": text("CT-SH-0042-02"),
            f"{ds1}.6.1.10.1": integer(no_alarm if self.trunk else loss_of_signal + sends_rai),
            f"{ds1}.6.1.10.2": integer(no_alarm),
            f"{ds1}.7.1.5.1": gauge(0 if self.trunk else 12),
            f"{ds1}.7.1.5.2": gauge(0),
            f"{ds1}.7.1.6.1": gauge(0),
            f"{ds1}.7.1.6.2": gauge(0),
        }

    def _pbx(self, now: float) -> Answers:
        return {
            "1.3.6.1.2.1.25.1.1.0": ticks(self._uptime(now)),
            "1.3.6.1.2.1.25.1.6.0": gauge(142),
            "1.3.6.1.2.1.25.2.2.0": integer(4_194_304),
            "1.3.6.1.2.1.27.1.1.2.1": text("call control"),
            "1.3.6.1.2.1.27.1.1.4.1": text("5.8.3"),
            "1.3.6.1.2.1.27.1.1.6.1": integer(1),
            "1.3.6.1.2.1.27.1.1.8.1": gauge(17),
            "1.3.6.1.2.1.27.1.1.9.1": gauge(9),
            "1.3.6.1.2.1.27.1.1.10.1": counter(8123),
        }
