"""The dialogue with a simulated UPS on a real pseudo-terminal, with every fault of its wire."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.errors import FrameError, LineLost, LineTimeout
from firmware.line import SerialLine
from firmware.simulator.megatec_model import UpsModel
from firmware.simulator.megatec_ups import Fault, MegatecUpsSimulator, distort, obey
from firmware.ups.megatec import Pack, parse_status, readings
from firmware.ups.session import MegatecUps
from tests.waiting import wait_for

LONG = 30.0


@pytest.fixture
def ups(tmp_path):
    """Give a simulated UPS whose clock the test moves."""
    now = [1000.0]
    with MegatecUpsSimulator(tmp_path / "ups", clock=lambda: now[0]) as simulator:
        simulator.now = now
        yield simulator


@pytest.fixture
def session(ups):
    """Give a dialogue with that UPS, and its line and trace."""
    sent = []
    with SerialLine(str(ups.path), trace=lambda way, data: way == "tx" and sent.append(data)) as line:
        dialogue = MegatecUps(line, Pack(low=21.0, high=27.4), deadline=LONG)
        dialogue.sent, dialogue.line = sent, line
        yield dialogue


def test_a_healthy_ups(session):
    """The first poll identifies the UPS, later ones ask for its status only."""
    values = session.poll()
    assert values["ups.status"] == "OL"
    assert values["device.mfr"] == "LINEWARDEN"
    assert values["battery.voltage.nominal"] == 24.0
    assert values["battery.charge"] == 100.0
    assert session.sent == [b"Q1\r", b"F\r", b"I\r"]
    assert session.poll() == values
    assert session.sent[3:] == [b"Q1\r"]


def test_a_power_failure_to_the_end_and_back(ups, session):
    """Mains lost, battery running down to low, mains back: the status tells each."""
    ups.mains(False)
    values = session.poll()
    assert (values["ups.status"], values["input.voltage"], values["output.voltage"]) == ("OB", 0.0, 220.0)
    ups.now[0] += 1500
    values = session.poll()
    assert values["ups.status"] == "OB LB"
    assert values["battery.charge"] < 20
    ups.mains(True)
    assert session.poll()["ups.status"] == "OL"


@pytest.mark.parametrize(
    "fault",
    [Fault.ECHO, Fault.COMMAS, Fault.SLOW, Fault.DRIP, Fault.NOISE, Fault.SHORT],
    ids=lambda fault: fault.value,
)
def test_faults_a_dialogue_bears(ups, session, fault):
    """Echo, commas, slowness, single bytes, noise and 46-byte frames give the same values."""
    healthy = session.poll()
    ups.fault(fault)
    values = session.poll()
    if fault is Fault.SHORT:
        healthy["ups.beeper.status"] = None
    assert values == healthy


@pytest.mark.parametrize(
    ("fault", "error"), [(Fault.SILENT, LineTimeout), (Fault.HALF, LineTimeout), (Fault.GARBAGE, FrameError)]
)
def test_faults_a_dialogue_tells(ups, tmp_path, fault, error):
    """Silence and halves are timeouts, garbage is a frame error, and all pass when the fault does."""
    ups.fault(fault)
    with SerialLine(str(tmp_path / "ups")) as line:
        dialogue = MegatecUps(line, deadline=LONG if error is FrameError else 0.4)
        with pytest.raises((error, LineTimeout) if error is FrameError else error):
            dialogue.poll()
        ups.fault(Fault.NONE)
        assert MegatecUps(line, deadline=LONG).poll()["ups.status"] == "OL"


def test_unplug_and_plug(ups, session):
    """A lost line is told, and after its return the UPS is identified anew: it may be another one."""
    session.poll()
    ups.unplug()
    with pytest.raises(LineLost):
        session.poll()
    with pytest.raises(LineLost):
        session.poll()
    ups.plug()
    del session.sent[:]
    assert session.poll()["device.mfr"] == "LINEWARDEN"
    assert session.sent == [b"Q1\r", b"F\r", b"I\r"]


class Scripted:
    """A line that answers from a list; the wire itself is tested elsewhere."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def exchange(self, request, **_):
        """Give or raise the next answer to the status; nothing else is ever answered."""
        self.asked.append(request)
        if request != b"Q1\r":
            raise LineTimeout("silence")
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


REGULAR = b"(226.0 195.0 226.0 014 49.0 27.5 30.0 00001000\r"
LOST_ZERO = b"(226.0 195.0 226.0 014 49.0 27.5 30.0 1001000\r"
SHORT = b"(226.0 195.0 226.0 014 49.0 27.5 30.0 0000100\r"


def test_a_garbled_frame_is_asked_for_once_more():
    """One damaged answer costs a repetition, two are an error."""
    assert MegatecUps(Scripted(b"(2x6\r", REGULAR)).poll()["ups.status"] == "OL"
    with pytest.raises(FrameError):
        MegatecUps(Scripted(b"(2x6\r", b"(2x6\r", REGULAR)).poll()


def test_a_frame_that_lost_a_byte_tells_no_power_failure():
    """A flag field shortened by the wire is not believed; a UPS that always sends it so is."""
    assert MegatecUps(Scripted(LOST_ZERO, REGULAR)).poll()["ups.status"] == "OL"
    ups = MegatecUps(Scripted(SHORT, SHORT, SHORT))
    assert ups.poll()["ups.status"] == "OL"
    assert ups.poll()["ups.status"] == "OL", "its widths are known now: one question is enough"
    with pytest.raises(FrameError, match="unusual widths"):
        MegatecUps(Scripted(b"garbage\r", LOST_ZERO)).poll()


def test_a_ups_that_knows_only_its_status_is_not_asked_for_ever():
    """Ratings and identity are asked for in two polls, then left alone; their absence costs no reading."""
    line = Scripted(*[REGULAR] * 4)
    ups = MegatecUps(line)
    for _ in range(4):
        assert "device.mfr" not in ups.poll()
    assert line.asked == [b"Q1\r", b"F\r", b"I\r"] * 2 + [b"Q1\r"] * 2


@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([REGULAR, SHORT, LOST_ZERO]), min_size=2, max_size=2)
)
def test_no_answer_breaks_the_dialogue(answers):
    """Whatever two answers come, the dialogue gives readings or FrameError, and asks at most twice."""
    line = Scripted(*answers)
    try:
        assert "ups.status" in MegatecUps(line).poll()
    except FrameError:
        assert line.asked == [b"Q1\r", b"Q1\r"]


def test_another_status_request():
    """Mustek's relatives are asked QS."""
    line = Scripted()
    with pytest.raises(LineTimeout):
        MegatecUps(line, status_request=b"QS\r").poll()
    assert line.asked == [b"QS\r"]


def test_the_model_tests_its_battery_and_beeps():
    """T runs ten seconds on battery, CT stops it, Q toggles the beeper; unknown commands come back."""
    model = UpsModel(now=0.0)
    assert model.answer(b"T\r", 1.0) == b""
    assert readings(parse_status(model.answer(b"Q1\r", 5.0)))["ups.test"] is True
    assert readings(parse_status(model.answer(b"Q1\r", 11.0)))["ups.test"] is False
    assert model.charge < 100
    model.answer(b"T\r", 20.0)
    model.answer(b"CT\r", 21.0)
    assert not model.testing
    before = model.beeper
    assert model.answer(b"Q\r", 22.0) == b""
    assert model.beeper is not before
    assert model.answer(b"XYZ\r", 23.0) == b"XYZ\r"


@pytest.mark.parametrize(("volts", "status"), [(226.0, "OL"), (190.0, "OL BOOST"), (250.0, "OL TRIM")])
def test_the_model_regulates(volts, status):
    """Outside the window the model bucks or boosts, and says so."""
    assert readings(parse_status(UpsModel(mains_voltage=volts).answer(b"Q1\r", 1.0)))["ups.status"] == status


@given(
    steps=st.lists(st.tuples(st.floats(0, 5000), st.booleans()), max_size=20),
    load=st.floats(0, 150),
    temperature=st.floats(0, 60),
)
def test_the_model_always_answers_a_regular_frame(steps, load, temperature):
    """Whatever happens to it, the model's frame is read back with its load and a charge within its limits."""
    model, now = UpsModel(load=load, temperature=temperature), 0.0
    for passed, mains in steps:
        now += passed
        model.set_mains(mains, now)
        status = parse_status(model.answer(b"Q1\r", now))
        assert len(model.answer(b"Q1\r", now)) == 47
        assert status.ups_load == pytest.approx(load, abs=0.51)
        assert status.utility_fail is not mains
        assert 0 <= model.charge <= 100


@given(st.sampled_from(Fault), st.binary(max_size=60))
def test_a_fault_never_breaks_the_simulator(fault, answer):
    """Each fault gives pieces with waiting times for any answer."""
    for delay, data in distort(answer, b"Q1\r", fault, random.Random(1)):
        assert delay >= 0
        assert isinstance(data, bytes)


def test_typed_orders(ups):
    """What a person types reaches the UPS; nonsense gives the list of orders."""
    assert obey(ups, ["mains", "off"]) == "done"
    assert not ups.model.mains
    assert obey(ups, ["fault", "silent"]) == "done"
    assert obey(ups, ["unplug"]) == "done"
    assert not ups.path.is_symlink()
    assert obey(ups, ["plug"]) == "done"
    assert ups.path.is_symlink()
    assert "garbage" in obey(ups, ["fault", "nonsense"])


def test_a_sag_ends_by_itself_and_costs_charge(ups, session):
    """Three seconds without mains, and what the battery gave meanwhile."""
    assert obey(ups, ["sag", "3"]) == "done"
    assert session.poll()["ups.status"] == "OB"
    ups.now[0] += 3
    values = session.poll()
    assert (values["ups.status"], values["input.voltage"]) == ("OL", 226.0)
    assert ups.model.charge < 100


def test_a_test_until_low_is_a_calibration(ups, session):
    """It runs the battery down with mains at the input, and ends when it is low; a typed 0 ends it sooner."""
    ups.model.test_tells_failure = True
    assert obey(ups, ["test", "low"]) == "done"
    ups.now[0] += 60
    values = session.poll()
    assert (values["ups.status"], values["ups.test"], values["input.voltage"]) == ("OB", True, 226.0)
    ups.now[0] += 1500
    values = session.poll()
    assert (values["ups.status"], values["ups.test"]) == ("OL", False)
    assert values["battery.charge"] <= 20
    obey(ups, ["test", "10"])
    assert session.poll()["ups.test"] is True
    obey(ups, ["test", "0"])
    assert session.poll()["ups.test"] is False


def test_a_link_that_drops_with_the_mains(ups, session):
    """On command the adapter is gone as soon as the mains are, and back when it is plugged in."""
    obey(ups, ["drops", "on"])
    session.poll()
    ups.mains(False)
    with pytest.raises(LineLost):
        session.poll()
    ups.plug()
    assert session.poll()["ups.status"] == "OB"


@pytest.mark.slow
def test_the_simulator_by_hand(tmp_path):
    """As a program it serves a UPS at the path given, obeys typed orders and takes its path away at the end."""
    link = tmp_path / "ups"
    with subprocess.Popen(
        [sys.executable, "-m", "firmware.simulator.megatec_ups", "--link", str(link)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        wait_for(link.is_symlink, what="the line of the simulator")
        with SerialLine(str(link)) as line:
            assert MegatecUps(line, deadline=LONG).poll()["ups.status"] == "OL"
            process.stdin.write("mains off\n")
            process.stdin.flush()
            wait_for(
                lambda: MegatecUps(line, deadline=LONG).poll()["ups.status"] == "OB", what="the power failure"
            )
        process.communicate("quit\n", timeout=20)
    assert process.returncode == 0
    assert not link.is_symlink()
