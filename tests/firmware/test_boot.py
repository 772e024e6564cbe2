"""What the Pi is given before the agent runs: one table behind config.txt, drawings and guide; names of wires."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from firmware.board import DEFAULT_BOARD, Board, Input, Lamp, PushButton
from firmware.boot import drawing, pins
from firmware.boot.header import GROUND, PIN_OF_GPIO, SUPPLY, name_of, pulled_up_at_reset

ROOT = Path(__file__).parents[2]
BOOT = ROOT / "firmware/boot"
CONFIG = (BOOT / "config.txt").read_text()
GUIDES = ("docs/wiring.md", "docs/wiring.zh-CN.md")


def test_each_pin_of_the_header_is_one_thing() -> None:
    """Forty pins: four supplies, eight grounds, 28 lines."""
    assert sorted([*SUPPLY, *GROUND, *PIN_OF_GPIO.values()]) == list(range(1, 41))
    assert (name_of(1), name_of(6), name_of(11)) == ("3.3 V", "GND", "GPIO 17")


def test_config_txt_is_what_the_table_says() -> None:
    """Written anew it stays as it is."""
    assert pins.with_gpio_lines(CONFIG) == CONFIG


def test_no_line_is_wired_twice_or_belongs_to_add_on_boards() -> None:
    """GPIO 0 and 1 are their identification bus."""
    used = [wire.gpio for wire in pins.wires()]
    assert len(used) == len(set(used))
    assert not {0, 1} & set(used)


def test_nothing_moves_between_power_up_and_config_txt() -> None:
    """What an output is set to is what the Pi's own resistors hold it at before: no lamp flashes, no relay clicks."""
    outputs = [wire for wire in pins.wires() if wire.setting.startswith("op")]
    assert len(outputs) == 7
    assert all((wire.setting == "op,dh") == pulled_up_at_reset(wire.gpio) for wire in outputs)


def test_a_lamp_waits_in_its_fail_safe_state_and_a_contact_on_its_own_side() -> None:
    """Also on boards that are wired otherwise."""
    board = Board(
        lamps=(Lamp("red", 7, active_high=False), Lamp("green", 22, fail_safe=True)),
        inputs=(Input("door", 5, pull="down"),),
        buttons=(PushButton("test", 26),),
    )
    settings = {wire.name: wire.setting for wire in pins.wires(board)}
    assert settings["lamp red"] == "op,dh"
    assert settings["lamp green"] == "op,dh"
    assert settings["input door"] == "ip,pd"
    assert settings["button test"] == "ip,pu"


def test_serial_lines_of_both_generations_lie_on_the_same_pins() -> None:
    """So that one wiring serves a Pi 4 and a Pi 5; the overlays' own pins are in their README."""
    overlays = {"uart4": (8, 9), "uart3-pi5": (8, 9), "uart0-pi5": (14, 15)}
    serial = {wire.gpio for wire in pins.wires() if wire.role == "serial"}
    for overlay, lines in overlays.items():
        assert f"dtoverlay={overlay}\n" in CONFIG
        assert set(lines) <= serial
    assert "dtoverlay=disable-bt" in CONFIG
    assert "console=serial" not in (BOOT / "cmdline.txt").read_text()


def test_the_kernels_line_is_one_line() -> None:
    """The firmware reads nothing after the first."""
    assert len((BOOT / "cmdline.txt").read_text().splitlines()) == 1


def test_lines_of_config_txt_fit_its_reader() -> None:
    """The firmware cuts lines at 98 characters; comments may be longer."""
    assert all(len(line) <= 98 for line in CONFIG.splitlines() if not line.startswith("#"))


def test_the_guides_example_is_the_default_board() -> None:
    """Names and pins of the site file's example are those of the agent's own table."""
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / GUIDES[0]).read_text(), re.DOTALL)
    board = tomllib.loads(example)["board"]
    assert {name: one["pin"] for name, one in board["lamps"].items()} == {
        lamp.name: lamp.pin for lamp in DEFAULT_BOARD.lamps
    }
    assert {name: one["pin"] for name, one in board["inputs"].items()} == {
        contact.name: contact.pin for contact in DEFAULT_BOARD.inputs
    }
    assert {name: one["pin"] for name, one in board["buttons"].items()} == {
        button.name: button.pin for button in DEFAULT_BOARD.buttons
    }


@pytest.mark.parametrize("name", drawing.drawings())
def test_drawings_are_made_from_the_table(name: str) -> None:
    """Drawn anew they stay as they are; they are well-formed, and both guides show them."""
    drawn = drawing.drawings()[name]
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == drawn
    assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314  # our own
    assert all(f"]({name})" in (ROOT / guide).read_text() for guide in GUIDES)


def test_the_header_names_every_wire() -> None:
    """In both languages, with its GPIO."""
    drawn = drawing.header()
    for wire in pins.wires():
        assert all(f">{text}<" in drawn for text in wire.text)
        assert f">GPIO {wire.gpio}<" in drawn


# --- names of serial wires -------------------------------------------------------------------------------------------

PATH = "platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1"


def wire_name(table: Path, **properties: str) -> str:
    """What udev's helper says of a device with these properties."""
    environment = {"PATH": os.defpath, "LINEWARDEN_WIRES": str(table), **properties}
    done = subprocess.run(
        [BOOT / "udev/wire-name"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"SUBSYSTEM": "tty", "ID_SERIAL_SHORT": "A5069RR4", "ID_PATH": f"{PATH}.1:1.0"}, "ups"),
        ({"SUBSYSTEM": "tty", "ID_PATH": f"{PATH}.3:1.0"}, "smdr"),
        ({"SUBSYSTEM": "tty", "ID_PATH": f"{PATH}.4:1.2", "ID_USB_INTERFACE_NUM": "02"}, "modem"),
        ({"SUBSYSTEM": "tty", "ID_PATH": f"{PATH}.4:1.3", "ID_USB_INTERFACE_NUM": "03"}, ""),
        ({"SUBSYSTEM": "usb", "ID_PATH": f"{PATH}.4"}, "modem"),
        ({"SUBSYSTEM": "usb", "ID_PATH": f"{PATH}.3"}, "smdr"),
        ({"SUBSYSTEM": "usb", "ID_SERIAL_SHORT": "A5069RR4"}, "ups"),
        ({"SUBSYSTEM": "tty", "ID_PATH": f"{PATH}.2:1.0", "ID_SERIAL_SHORT": "stranger"}, ""),
        ({"SUBSYSTEM": "tty", "ID_PATH": f"{PATH}:1.0"}, ""),
        ({"SUBSYSTEM": "tty"}, ""),
    ],
)
def test_an_adapter_is_known_by_serial_number_or_socket(properties: dict[str, str], expected: str) -> None:
    """The ports of a modem apart; the USB device as a whole too, to keep ModemManager off it."""
    assert wire_name(BOOT / "udev/wires.example", **properties) == expected


def test_a_table_with_mistakes_names_nothing_wrong(tmp_path: Path) -> None:
    """No table, half a line, a name that would leave the folder: a stranger, not an error that stops udev."""
    assert wire_name(tmp_path / "absent", ID_SERIAL_SHORT="X") == ""
    table = tmp_path / "wires"
    table.write_text("ups serial\n../../sda serial X\nUPS serial X\nups colour X\n\nsmdr serial X")
    assert wire_name(table, ID_SERIAL_SHORT="X") == ""
    table.write_text("ups serial\n../../sda serial X\nsmdr serial X\n")
    assert wire_name(table, ID_SERIAL_SHORT="X") == "smdr"


UDEVADM = shutil.which("udevadm")


def udev_complaints(rules: Path) -> list[str]:
    """What udev itself finds wrong with a file of rules, read in a mount namespace of its own."""
    folder = rules.parent
    script = f"mkdir -p /run/udev/rules.d && mount --bind {folder} /run/udev/rules.d && udevadm test /sys/class/mem/null"
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert rules.name in told, told
    about = (line for line in told.splitlines() if rules.name in line and not line.startswith("Reading"))
    return [line for line in about if "Unknown group 'gpio'" not in line]  # the group is a Pi's


@pytest.mark.skipif(UDEVADM is None or os.geteuid() != 0, reason="wants udevadm and root")
def test_udev_reads_the_rules_without_complaint(tmp_path: Path) -> None:
    """And would complain of a key that there is not."""
    good = shutil.copy(BOOT / "udev/70-linewarden.rules", tmp_path)
    assert udev_complaints(Path(good)) == []
    (tmp_path / "bad").mkdir()
    bad = tmp_path / "bad/70-linewarden.rules"
    bad.write_text((BOOT / "udev/70-linewarden.rules").read_text() + '\nSUBSYSTEM=="tty", NOSUCHKEY="1"\n')
    assert udev_complaints(bad) != []


def test_our_rules_come_after_those_they_build_on() -> None:
    """60-serial finds out what an adapter is; 77-mm would hand it to ModemManager."""
    (rules,) = (BOOT / "udev").glob("*.rules")
    assert "60-serial.rules" < rules.name < "77-mm-usb-device-blacklist.rules"


def test_shell_scripts_can_be_read() -> None:
    """By the plain shell of a Debian."""
    for script in (BOOT / "udev/wire-name", BOOT / "readonly/linewarden-rw"):
        assert os.access(script, os.X_OK)
        subprocess.run(["sh", "-n", script], check=True)


def mounts() -> dict[str, tuple[str, frozenset[str]]]:
    """Of the read-only root's table: by place what is mounted there, and how."""
    lines = (line.split() for line in (BOOT / "readonly/fstab").read_text().splitlines())
    rows = [words for words in lines if words and not words[0].startswith("#")]
    assert all(len(words) == 6 for words in rows)
    return {words[1]: (words[0], frozenset(words[3].split(","))) for words in rows}


def test_all_that_units_write_to_the_card_persists() -> None:
    """Each state directory of a unit, and each directory that is made at a start, lies on the data partition."""
    table = mounts()
    states = [
        f"/var/lib/{name}"
        for unit in (ROOT / "systemd").glob("*.service")
        for name in re.findall(r"^StateDirectory=(\S+)", unit.read_text(), re.MULTILINE)
    ]
    made = re.findall(
        r"^d\s+(/(?:etc|opt|var)/\S+)",
        (ROOT / "systemd/tmpfiles.d/linewarden.conf").read_text(),
        re.MULTILINE,
    )
    assert states
    assert made
    for place in (*states, *made):
        owners = [table[at] for at in table if at != "/" and Path(place).is_relative_to(at)]
        assert owners, place
        assert all(source.startswith("/data/") for source, _ in owners), place


def test_nothing_but_releases_runs_from_the_data_partition() -> None:
    """And nowhere there does a file give more rights than its caller has."""
    for place, (source, options) in mounts().items():
        if source.startswith(("/data", "tmpfs", "LABEL=linewarden-data")):
            assert {"nodev", "nosuid"} <= options, place
        if source.startswith("/data/") and place != "/opt/linewarden":
            assert "noexec" in options, place
    assert "ro" in mounts()["/"][1]
