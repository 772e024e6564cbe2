"""A Megatec UPS as a pure model: what it would measure and answer at a given moment. Times are monotonic seconds."""

from dataclasses import dataclass


@dataclass
class UpsModel:
    """A line-interactive 24 V UPS.

    Attributes:
        load: % of its rating.
        temperature: degrees Celsius.
        discharge: % of charge lost per second at full load; scales with `load`. The default empties in 30 minutes at 14 %.
        recharge: % of charge regained per second on mains.
        low: % of charge below which it says "battery low".
        mains_voltage: V at its input while there are mains.
        test_tells_failure: whether it says "utility fail" while it tests its battery, as some makes do.
    """

    load: float = 14.0
    temperature: float = 30.0
    discharge: float = 0.4
    recharge: float = 0.05
    low: float = 20.0
    mains_voltage: float = 226.0
    charge: float = 100.0
    mains: bool = True
    beeper: bool = True
    failed: bool = False
    test_tells_failure: bool = False
    test_until: float = 0.0
    deep: bool = False
    """Whether it runs its battery down until it is low, as a calibration does."""
    sag_until: float = 0.0
    now: float = 0.0

    NOMINAL = 220.0
    EMPTY_VOLTS, FULL_VOLTS = 21.0, 27.4
    TRIM_ABOVE, BOOST_BELOW = 242.0, 198.0

    def advance(self, now: float) -> None:
        """Let the battery run down, or fill up, until `now`."""
        before, self.now = self.now, max(self.now, now)
        passed = self.now - before
        until = max(self.test_until, self.sag_until)
        drained = passed if self.deep or not self.mains else max(0.0, min(passed, until - before))
        self.charge -= drained * self.discharge * self.load / 100
        self.charge += (passed - drained) * self.recharge
        self.charge = min(100.0, max(0.0, self.charge))
        self.deep = self.deep and self.charge > self.low

    def set_mains(self, present: bool, now: float) -> None:  # noqa: FBT001  # mains are present or not: nothing reads plainer
        """Lose or regain the mains."""
        self.advance(now)
        self.mains = present

    def sag(self, seconds: float, now: float) -> None:
        """Lose the mains for so long."""
        self.advance(now)
        self.sag_until = now + seconds

    def test(self, seconds: float, now: float) -> None:
        """Test the battery for so long; 0 ends every test."""
        self.advance(now)
        self.test_until = now + seconds
        self.deep = self.deep and seconds > 0

    def calibrate(self, now: float) -> None:
        """Run the battery down until it is low (`TL`)."""
        self.advance(now)
        self.deep = True

    @property
    def powered(self) -> bool:
        """Whether there are mains at its input."""
        return self.mains and self.now >= self.sag_until

    @property
    def testing(self) -> bool:
        """Whether a battery test is running."""
        return self.deep or self.now < self.test_until

    @property
    def battery_low(self) -> bool:
        """Whether the charge is below the limit while the battery carries the load."""
        return self.charge <= self.low and (not self.powered or self.testing)

    def answer(self, command: bytes, now: float) -> bytes:
        """Give the answer to a command; empty where the UPS obeys without a word. Unknown commands are echoed."""
        self.advance(now)
        match command:
            case b"Q1\r":
                return self._status()
            case b"F\r":
                return b"#%05.1f %03d %05.1f %04.1f\r" % (self.NOMINAL, 4, 24.0, 50.0)
            case b"I\r":
                return b"#%-15s %-10s %-10s\r" % (b"LINEWARDEN", b"SIM1000", b"V1.0")
            case b"T\r":
                self.test(10.0, now)
            case b"TL\r":
                self.calibrate(now)
            case b"CT\r":
                self.test(0.0, now)
            case b"Q\r":
                self.beeper = not self.beeper
            case _:
                return command
        return b""

    def _status(self) -> bytes:
        volts_in = self.mains_voltage if self.powered else 0.0
        regulating = self.powered and not self.BOOST_BELOW <= volts_in <= self.TRIM_ABOVE
        volts_out = self.NOMINAL if regulating or not self.powered else volts_in
        battery = self.EMPTY_VOLTS + (self.FULL_VOLTS - self.EMPTY_VOLTS) * self.charge / 100
        flags = (
            not self.powered or (self.testing and self.test_tells_failure),
            self.battery_low,
            regulating,
            self.failed,
            True,
            self.testing,
            False,
            self.beeper,
        )
        bits = "".join("1" if flag else "0" for flag in flags)
        return (
            f"({volts_in:05.1f} {volts_in:05.1f} {volts_out:05.1f} {self.load:03.0f} {50.0 if self.powered else 0.0:04.1f}"
            f" {battery:04.1f} {self.temperature:04.1f} {bits}\r"
        ).encode()
