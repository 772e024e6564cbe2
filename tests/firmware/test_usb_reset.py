"""Requests for a reset of a USB adapter: who asks, what counts as a request, which device it is."""

from pathlib import Path

import pytest

from firmware.usb_reset import UsbReset, main, taken, usb_device


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the requests."""
    made = tmp_path / "requests"
    made.mkdir()
    return made


def test_a_stable_name_is_asked_for_by_the_kernels_own(folder: Path, tmp_path: Path) -> None:
    """The link that udev made leads to it."""
    (tmp_path / "ttyUSB3").touch()
    (tmp_path / "ups").symlink_to("ttyUSB3")
    assert UsbReset(folder).ask(str(tmp_path / "ups"))
    assert list(taken(folder)) == ["ttyUSB3"]
    assert list(taken(folder)) == []


@pytest.mark.parametrize(
    "wire", ["/dev/ttyAMA0", "socket://127.0.0.1:4001", "/dev/linewarden/gone", "/dev/ttyUSB999"]
)
def test_what_is_no_usb_adapter_is_not_asked_for(folder: Path, wire: str) -> None:
    """A header's own line, a network, an adapter that is unplugged."""
    assert not UsbReset(folder).ask(wire)
    assert list(folder.iterdir()) == []


def test_where_nobody_listens_nobody_is_asked(tmp_path: Path) -> None:
    """An agent on a machine without the helper."""
    assert not UsbReset(tmp_path / "none").ask("/dev/ttyUSB0")


def test_whatever_else_lies_there_is_thrown_away_and_not_followed(folder: Path, tmp_path: Path) -> None:
    """The folder belongs to a less trusted side: only a name of the right form is a request."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    (folder / "ttyUSB1").symlink_to(tmp_path / "precious" / "file")
    (folder / "ttyUSB2").symlink_to(tmp_path / "precious")
    for name in ("ttyUSB", "ttyUSB1x", "..ttyUSB1", "tty", "ttyUSB99999"):
        (folder / name).touch()
    (folder / "ttyACM0" / "within").mkdir(parents=True)
    assert list(taken(folder)) == ["ttyUSB1", "ttyUSB2"]
    assert list(folder.iterdir()) == []
    assert (tmp_path / "precious" / "file").exists()


def test_the_device_of_a_line_is_found_above_its_interfaces(tmp_path: Path) -> None:
    """As `/sys` has it: line, port, interface, device."""
    device = tmp_path / "devices/pci0/usb1/1-3"
    port = device / "1-3:1.0/ttyUSB0"
    port.mkdir(parents=True)
    (device / "busnum").write_text("1\n")
    tty = tmp_path / "class/tty/ttyUSB0"
    tty.mkdir(parents=True)
    (tty / "device").symlink_to(port)
    assert usb_device("ttyUSB0", tmp_path) == device
    assert usb_device("ttyUSB7", tmp_path) is None


def test_a_line_that_is_not_there_is_told_and_not_asked_for_again(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The helper of this machine, which has no such line."""
    (folder / "ttyUSB999").touch()
    assert main(folder) == 1
    assert "ttyUSB999: not reset" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
