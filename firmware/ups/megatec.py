"""Megatec, also called Q1: the ASCII dialect most small UPSs speak, at 2400 8N1, each frame ended by CR. No I/O here.

```
> Q1   < (226.0 195.0 226.0 014 49.0 27.5 30.0 00001000    status
> F    < #220.0 000 024.0 50.0                             ratings
> I    < #-------------   ------     VT12046Q              identity
```

Names of values are NUT's. What a UPS leaves blank or dashed, and what physics forbids, is None: unknown, never believed.
"""

from msgspec import Struct

from firmware.ups.megatec_frames import (
    IDENTITY,
    RATINGS,
    REGULAR_LAYOUT,
    STATUS,
    TEST_START,
    TEST_STOP,
    Identity,
    Ratings,
    Status,
    parse_identity,
    parse_ratings,
    parse_status,
)

__all__ = [
    "IDENTITY",
    "RATINGS",
    "REGULAR_LAYOUT",
    "STATUS",
    "TEST_START",
    "TEST_STOP",
    "Identity",
    "Pack",
    "Ratings",
    "Readings",
    "Status",
    "Value",
    "parse_identity",
    "parse_ratings",
    "parse_status",
    "readings",
    "ups_status",
]

Value = float | str | bool | None
Readings = dict[str, Value]

CELL_VOLTS = 2.0
"""Nominal voltage of one lead-acid cell; the nominal pack voltage over it is the number of cells."""
PER_CELL_BELOW = 3.0
"""No pack has less than three cells, so a smaller battery voltage is that of one cell (online UPSs)."""


class Pack(Struct, frozen=True, forbid_unknown_fields=True):
    """What the site knows of the battery.

    Attributes:
        factor: times the voltage the UPS reports gives the voltage of the pack; None lets the ratings decide.
        low: pack voltage at which it is empty, V.
        high: pack voltage at which it is full, V. Both, or no charge is estimated.
    """

    factor: float | None = None
    low: float | None = None
    high: float | None = None


def readings(
    status: Status, ratings: Ratings | None = None, identity: Identity | None = None, pack: Pack | None = None
) -> Readings:
    """Give all values by their NUT names; None marks what this UPS should tell and did not.

    `ups.test` (a test is running) is ours: NUT has no boolean for it. `battery.charge` is there only where the pack's
    limits are given.
    """
    pack = pack or Pack()
    volts = _pack_voltage(status.battery_voltage, ratings, pack)
    values: Readings = {
        "input.voltage": status.input_voltage,
        "input.voltage.fault": status.input_voltage_fault,
        "output.voltage": status.output_voltage,
        "ups.load": status.ups_load,
        "input.frequency": status.input_frequency,
        "battery.voltage": volts,
        "ups.temperature": status.ups_temperature,
        "ups.status": ups_status(status),
        "ups.alarm": "UPS failed" if status.ups_failed else "",
        "ups.test": status.test_in_progress,
        "ups.type": "offline / line interactive" if status.standby_type else "online",
        "ups.beeper.status": _beeper(status.beeper_on),
    }
    if pack.low is not None and pack.high is not None and pack.low < pack.high:
        values["battery.charge"] = _charge(volts, pack.low, pack.high)
    return values | _nominal(ratings) | _names(identity)


def ups_status(status: Status) -> str:
    """Give NUT's status tokens in a fixed order: OL or OB, LB, then TRIM, BOOST or BYPASS, ALARM, FSD."""
    tokens = ["OB" if status.utility_fail else "OL"]
    if status.battery_low:
        tokens.append("LB")
    if status.bypass_or_avr:
        tokens += _regulation(status.input_voltage, status.output_voltage)
    if status.ups_failed:
        tokens.append("ALARM")
    if status.shutdown_active:
        tokens.append("FSD")
    return " ".join(tokens)


def _regulation(volts_in: float | None, volts_out: float | None) -> list[str]:
    """Tell bypass, buck and boost apart, which share one flag, by output over input voltage as NUT does."""
    if not volts_in or volts_out is None:
        return []
    ratio = volts_out / volts_in
    if not 0.5 <= ratio < 1.5:
        return []
    return ["TRIM" if ratio < 0.95 else "BYPASS" if ratio < 1.05 else "BOOST"]


def _pack_voltage(volts: float | None, ratings: Ratings | None, pack: Pack) -> float | None:
    if volts is None:
        return None
    if pack.factor is not None:
        return round(volts * pack.factor, 2)
    if volts >= PER_CELL_BELOW or volts == 0:
        return volts
    nominal = ratings.battery_voltage_nominal if ratings else None
    return round(volts * nominal / CELL_VOLTS, 2) if nominal else None


def _charge(volts: float | None, low: float, high: float) -> float | None:
    if volts is None:
        return None
    return round(min(1.0, max(0.0, (volts - low) / (high - low))) * 100, 1)


def _beeper(on: bool | None) -> str | None:  # noqa: FBT001  # a flag of the frame, not a mode
    return None if on is None else "enabled" if on else "disabled"


def _nominal(ratings: Ratings | None) -> Readings:
    if ratings is None:
        return {}
    return {
        "input.voltage.nominal": ratings.input_voltage_nominal,
        "input.current.nominal": ratings.input_current_nominal,
        "battery.voltage.nominal": ratings.battery_voltage_nominal,
        "input.frequency.nominal": ratings.input_frequency_nominal,
    }


def _names(identity: Identity | None) -> Readings:
    if identity is None:
        return {}
    return {
        "device.mfr": identity.device_mfr,
        "device.model": identity.device_model,
        "ups.firmware": identity.ups_firmware,
    }
