"""The Megatec dialect: frames to NUT values, and nothing believed that cannot be."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.errors import FrameError
from firmware.ups import megatec
from firmware.ups.megatec import Pack, parse_identity, parse_ratings, parse_status, readings

REGULAR = b"(226.0 195.0 226.0 014 49.0 27.5 30.0 00001000\r"
PARSERS = (parse_status, parse_ratings, parse_identity)
DIALECTS = ("ablerex", "bestups", "hunnox", "innovart33", "innovatae", "mustek", "q1", "zinto", "voltronic")


def with_flags(flags: str, volts_in: str = "226.0", volts_out: str = "226.0") -> bytes:
    """Make a status frame that differs from the regular one in these fields."""
    return f"({volts_in} 195.0 {volts_out} 014 49.0 27.5 30.0 {flags}\r".encode()


def test_the_regular_frame():
    """Each field has its NUT name, unit and type."""
    assert readings(parse_status(REGULAR)) == {
        "input.voltage": 226.0,
        "input.voltage.fault": 195.0,
        "output.voltage": 226.0,
        "ups.load": 14.0,
        "input.frequency": 49.0,
        "battery.voltage": 27.5,
        "ups.temperature": 30.0,
        "ups.status": "OL",
        "ups.alarm": "",
        "ups.test": False,
        "ups.type": "offline / line interactive",
        "ups.beeper.status": "disabled",
    }


@pytest.mark.parametrize(
    ("flags", "volts_in", "volts_out", "status"),
    [
        ("00001000", "226.0", "226.0", "OL"),
        ("10001000", "000.0", "220.0", "OB"),
        ("11001001", "000.0", "220.0", "OB LB"),
        ("01001000", "226.0", "226.0", "OL LB"),
        ("00101000", "226.0", "225.0", "OL BYPASS"),
        ("00101000", "250.0", "220.0", "OL TRIM"),
        ("00101000", "190.0", "220.0", "OL BOOST"),
        ("00101000", "000.0", "220.0", "OL"),
        ("00101000", "400.0", "100.0", "OL"),
        ("00011000", "226.0", "226.0", "OL ALARM"),
        ("00001010", "226.0", "226.0", "OL FSD"),
        ("11111111", "000.0", "000.0", "OB LB ALARM FSD"),
        ("11111111", "190.0", "220.0", "OB LB BOOST ALARM FSD"),
    ],
)
def test_status_tokens_come_in_a_fixed_order(flags, volts_in, volts_out, status):
    """The eight flags, with the voltages for what one flag shares, become NUT's tokens."""
    assert readings(parse_status(with_flags(flags, volts_in, volts_out)))["ups.status"] == status


def test_a_running_test_the_beeper_and_the_type_are_values_of_their_own():
    """Flags that are no power state do not hide in the status."""
    values = readings(parse_status(with_flags("00000101")))
    assert (values["ups.test"], values["ups.beeper.status"], values["ups.type"]) == (
        True,
        "enabled",
        "online",
    )
    assert values["ups.status"] == "OL"
    assert readings(parse_status(with_flags("00011000")))["ups.alarm"] == "UPS failed"


@pytest.mark.parametrize(
    ("frame", "name", "value"),
    [
        (b"(226,0 195,0 226,0 014 49,0 27,5 30,0 00001000\r", "input.voltage", 226.0),
        (b"(226,0 195,0 226,0 014 49,0 27,5 30,0 00001000\r", "battery.voltage", 27.5),
        (b"(---.- 195.0 226.0 014 49.0 27.5 30.0 00001000\r", "input.voltage", None),
        (b"(226.0 195.0 226.0 --- 49.0 27.5 30.0 00001000\r", "ups.load", None),
        (b"(226.0 195.0 226.0 014 49.0 27.5 --.- 00001000\r", "ups.temperature", None),
        (b"(226.0 195.0 226.0 014 49.0 27.5      00001000\r", "ups.temperature", None),
        (b"(      195.0 226.0 014 49.0 27.5 30.0 00001000\r", "input.voltage", None),
        (b"(226.0 195.0 226.0 014 49.0 27.5 30.0 0000100\r", "ups.beeper.status", None),
        (b"(226.0 195.0 226.0 014 49.0 27.5 30.0 0000100\r", "input.voltage", 226.0),
        (b"(226.0 195.0 226.0 14 49.0 27.5 30.0 00001000\r", "ups.load", 14.0),
        (b"(226.0 195.0 226.0 014 49.0 9.75 -5.0 00001000\r", "ups.temperature", -5.0),
        (b"\xff\x00Q(22" + REGULAR, "input.voltage", 226.0),
        (b"Q1" + REGULAR, "battery.voltage", 27.5),
        (REGULAR.rstrip(b"\r"), "input.voltage", 226.0),
        (REGULAR.replace(b"\r", b" \r\n"), "input.voltage", 226.0),
        (b"(2320.0 195.0 226.0 014 49.0 27.5 30.0 00001000\r", "input.voltage", None),
        (b"(226.0 195.0 999.9 014 49.0 27.5 30.0 00001000\r", "output.voltage", None),
        (b"(226.0 195.0 226.0 300 49.0 27.5 30.0 00001000\r", "ups.load", None),
        (b"(226.0 195.0 226.0 014 490.0 27.5 30.0 00001000\r", "input.frequency", None),
        (b"(226.0 195.0 226.0 014 49.0 27.5 300.0 00001000\r", "ups.temperature", None),
        (b"(226.0 195.0 226.0 014 49.0 999.9 30.0 00001000\r", "battery.voltage", None),
    ],
)
def test_quirks_of_real_ups(frame, name, value):
    """Commas, blanks, dashes, noise before the bracket, short frames, and values out of physics."""
    assert readings(parse_status(frame))[name] == value


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\r",
        b"NAK\r",
        b"(NAK\r",
        b"(ACK\r",
        b"Q1\r",
        b"#220.0 000 024.0 50.0\r",
        REGULAR[1:],
        REGULAR[:24] + b"\r",
        REGULAR[:-6] + b"\r",
        REGULAR.replace(b"00001000", b"00002000"),
        REGULAR.replace(b"00001000", b"000010000"),
        REGULAR.replace(b"226.0", b"2x6.0"),
        REGULAR.replace(b"226.0", b"2\x006.0"),
        REGULAR.replace(b"226.0", b"2\xb26.0"),
        REGULAR.replace(b"226.0", b"1e309"),
        REGULAR.replace(b"226.0", b"  nan"),
        REGULAR.replace(b"226.0", b"1_0.0"),
        REGULAR.replace(b"226.0", b"-26.0"),
        b"(MMM.M NNN.N PPP.P QQQ RR.R S.SS TT.T b7b6b5b4b3b2b1b0\r",
        b"(" + b"1 " * 5000 + b"\r",
    ],
)
def test_what_is_no_status_frame(frame):
    """Refusals, echoes, halves and damage are frame errors, never values."""
    with pytest.raises(FrameError):
        parse_status(frame)


@pytest.mark.parametrize(
    ("parse", "frame"), [(parse, f) for parse in PARSERS[1:] for f in (b"", b"F\r", b"(NAK\r", b"#\r")]
)
def test_what_is_no_rating_and_no_identity(parse, frame):
    """The other two parsers refuse the same way."""
    with pytest.raises(FrameError):
        parse(frame)


@pytest.mark.parametrize("parse", PARSERS)
@given(noise=st.binary(max_size=200) | st.text("(#0123456789.,- \r", max_size=80).map(str.encode))
def test_no_bytes_raise_anything_but_a_frame_error(parse, noise):
    """Whatever comes over the wire, a parser gives values or says FrameError."""
    for frame in (noise, b"(" + noise, b"#" + noise, REGULAR[: len(noise) % 47] + noise):
        try:
            parse(frame)
        except FrameError:
            continue


@given(position=st.integers(0, 46), byte=st.integers(0, 255))
def test_one_damaged_byte_never_leaves_physics(position, byte):
    """With any one byte replaced, every value is still possible, or unknown, or the frame is refused."""
    try:
        status = parse_status(REGULAR[:position] + bytes([byte]) + REGULAR[position + 1 :])
    except FrameError:
        return
    assert status.input_voltage is None or 0 <= status.input_voltage <= 480
    assert status.ups_load is None or 0 <= status.ups_load <= 200
    assert status.ups_temperature is None or -40 <= status.ups_temperature <= 120


@given(lost=st.integers(0, 45))
def test_a_lost_byte_shows_in_the_layout(lost):
    """A frame that lost one byte is refused or has other widths than a regular one: it is never trusted at once."""
    try:
        status = parse_status(REGULAR[:lost] + REGULAR[lost + 1 :])
    except FrameError:
        return
    assert status.layout != megatec.REGULAR_LAYOUT


def test_ratings_and_identity_join_the_readings():
    """F and I bring the nominal values and the names; dashes are no name."""
    ratings = parse_ratings(b"#220,0 004 024.0 50.0\r")
    identity = parse_identity(b"#-------------   ------     VT12046Q  \r")
    values = readings(parse_status(REGULAR), ratings, identity)
    assert values["input.voltage.nominal"] == 220.0
    assert values["input.current.nominal"] == 4.0
    assert values["battery.voltage.nominal"] == 24.0
    assert values["input.frequency.nominal"] == 50.0
    assert (values["device.mfr"], values["device.model"], values["ups.firmware"]) == (None, None, "VT12046Q")


def test_an_identity_packed_otherwise_is_kept_whole():
    """Where the columns do not fit, the text is the model and nothing is guessed."""
    assert parse_identity(b"#ACME #1 SuperPower 1000 Deluxe Edition (HK)\r") == megatec.Identity(
        None, "ACME #1 SuperPower 1000 Deluxe Edition (HK)", None
    )


@pytest.mark.parametrize(
    ("volts", "nominal", "pack", "expected"),
    [
        ("27.5", "024.0", Pack(), 27.5),
        ("2.27", "024.0", Pack(), 27.24),
        ("2.27", None, Pack(), None),
        ("2.27", "---.-", Pack(), None),
        ("2.27", None, Pack(factor=36), 81.72),
        ("27.5", "024.0", Pack(factor=2), 55.0),
        ("--.-", "024.0", Pack(factor=2), None),
    ],
)
def test_battery_voltage_is_that_of_the_pack(volts, nominal, pack, expected):
    """A voltage per cell is scaled by the nominal voltage or the site's factor, and unknown without either."""
    frame = f"(226.0 195.0 226.0 014 49.0 {volts} 30.0 00000000\r".encode()
    ratings = parse_ratings(f"#220.0 000 {nominal} 50.0\r".encode()) if nominal else None
    assert readings(parse_status(frame), ratings, None, pack)["battery.voltage"] == expected


@pytest.mark.parametrize(
    ("volts", "charge"),
    [("27.4", 100.0), ("29.0", 100.0), ("21.0", 0.0), ("10.0", 0.0), ("24.2", 50.0), ("--.-", None)],
)
def test_charge_is_estimated_only_between_known_limits(volts, charge):
    """With the pack's empty and full voltage there is a charge; without them there is none."""
    status = parse_status(f"(226.0 195.0 226.0 014 49.0 {volts} 30.0 00001000\r".encode())
    assert readings(status, pack=Pack(low=21.0, high=27.4))["battery.charge"] == charge
    for pack in (None, Pack(low=21.0), Pack(low=27.4, high=21.0)):
        assert "battery.charge" not in readings(status, pack=pack)


def recorded(folder, dialect):
    """Give the recorded exchanges of a dialect that speak Q1, F or I, with the fields cut by its own table."""
    data = json.loads((folder / f"qx__{dialect}.json").read_text())
    expected = {
        (entry["cmd"], field["var"]): field["raw"]
        for entry in data["expected_raw_fields"]
        for field in entry["fields"]
    }
    return data, expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_recorded_status_frames(recordings, dialect):
    """Every recorded status of a Q1 relative gives the numbers its field table gives."""
    data, expected = recorded(recordings, dialect)
    exchanges = [e for e in data["test_exchanges"] if e["cmd"] in ("Q1\r", "QS\r")]
    for exchange in exchanges:
        values = readings(parse_status(exchange["answer"].encode("latin-1")))
        for (command, name), raw in expected.items():
            if command == exchange["cmd"] and isinstance(values.get(name), float):
                assert values[name] == float(raw), (dialect, name)
    for exchange in data["recorded_in_comments"]:
        if exchange["cmd"] in ("Q1\r", "QS\r"):
            assert readings(parse_status(exchange["answer"].encode()))["battery.voltage"] == 27.5
    assert exchanges or dialect == "voltronic"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_recorded_ratings_and_identities(recordings, dialect):
    """Recorded ratings and names agree with the field tables of their dialect."""
    data, expected = recorded(recordings, dialect)
    for exchange in data["test_exchanges"]:
        command, frame = exchange["cmd"], exchange["answer"].encode("latin-1")
        wanted = {name: raw for (cmd, name), raw in expected.items() if cmd == command}
        if command == "F\r" and frame.startswith(b"#"):
            got = msgspec.structs.asdict(parse_ratings(frame))
            for name, raw in wanted.items():
                if name.replace(".", "_") not in got:
                    continue  # a field of that relative alone
                assert got[name.replace(".", "_")] == float(raw), (dialect, name)
        if command in ("I\r", "FW?\r") and frame.startswith(b"#") and len(frame) == 39:
            got = msgspec.structs.asdict(parse_identity(frame))
            for name, raw in wanted.items():
                key = name.replace("ups.mfr", "device.mfr").replace(".", "_")
                assert got.get(key) == (raw.strip() if raw.strip(" -") else None), (dialect, name)


def test_every_other_recorded_answer_is_harmless(recordings):
    """All answers of all dialects, this one or not, give values or FrameError."""
    for path in sorted(recordings.glob("qx__*.json")):
        data = json.loads(path.read_text())
        for exchange in data["test_exchanges"] + data["recorded_in_comments"]:
            for parse in PARSERS:
                try:
                    parse(exchange["answer"].encode("utf-8"))
                except FrameError:
                    continue
