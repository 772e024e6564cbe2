"""The wear of the memory card."""

from pathlib import Path

from firmware.host.files import Readings, hex_values


def read_card(root: Path) -> Readings:
    """Read JEDEC eMMC 5.0 wear, in steps of ten per cent; SD cards do not offer it."""
    device = root / "sys/block/mmcblk0/device"
    readings: Readings = {}
    steps = [step for step in hex_values(device / "life_time") if step]
    if steps:
        readings["card.wear"] = float(min(100, max(steps) * 10))
    names = {1: "normal", 2: "warning", 3: "urgent"}
    states = [names[state] for state in hex_values(device / "pre_eol_info") if state in names]
    if states:
        readings["card.pre_eol"] = states[0]
    return readings
