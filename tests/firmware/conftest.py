"""Pins and recordings for the tests of the firmware."""

import os
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

ROOT = Path(__file__).parents[2]


@pytest.fixture
def factory():
    """Give a set of pins of its own to each test."""
    with_pins = MockFactory()
    yield with_pins
    with_pins.close()


@pytest.fixture
def recordings() -> Path:
    """Give the folder of recorded serial UPSs, or skip where it is absent."""
    folder = Path(os.environ.get("LINEWARDEN_DEVICES", ROOT.parent / "shared" / "devices")) / "ups-serial"
    if not folder.is_dir():
        pytest.skip("no recorded devices: set LINEWARDEN_DEVICES")
    return folder
