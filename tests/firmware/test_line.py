"""A serial line on real pseudo-terminals: echo, noise, floods, silence, unplug and replug."""

import socket
import threading
import tracemalloc

import pytest

from firmware.errors import LineLost, LineTimeout, LineUrlError
from firmware.line import LineSettings, SerialLine
from firmware.simulator.pty_device import PtyDevice
from tests.waiting import wait_for

LONG = 30.0
"""A deadline no test reaches unless it fails."""


@pytest.fixture
def wire(tmp_path):
    """Give a function that puts a device with these answers on a line."""
    opened = []

    def make(answer, trace=None):
        device = PtyDevice(tmp_path / "line", answer)
        line = SerialLine(str(device.link), trace=trace)
        opened.extend((line, device))
        return line, device

    yield make
    for part in opened:
        part.close()


@pytest.mark.parametrize(
    "pieces",
    [
        [(0.0, b"(ok\r")],
        [(0.001, bytes([byte])) for byte in b"(ok\r"],
        [(0.0, b"(o"), (0.3, b"k\r")],
        [(0.0, b"Q1\r"), (0.0, b"(ok\r")],
        [(0.0, b"Q"), (0.1, b"1\r"), (0.1, b"(ok\r")],
        [(0.5, b"(ok\r")],
        [(0.0, b"(ok\r(and more\r")],
    ],
    ids=["whole", "bytewise", "halves", "echo", "echo in pieces", "slow", "more than asked"],
)
def test_an_answer_arrives_however_it_is_cut(wire, pieces):
    """The frame is the same whether it comes whole, in pieces, late, or after an echo."""
    line, _ = wire(lambda _: pieces)
    assert line.exchange(b"Q1\r", deadline=LONG) == b"(ok\r"


def test_what_came_unasked_is_thrown_away(wire):
    """A late answer to the question before is not taken for the answer to this one."""
    line, device = wire(lambda command: [(0.0, b"(answer to " + command)])
    line.open()
    device.send(b"(late answer\r")
    wait_for(lambda: line._port.in_waiting, what="the late answer at the line")
    assert line.exchange(b"Q1\r", deadline=LONG) == b"(answer to Q1\r"
    assert line.exchange(b"F\r", deadline=LONG) == b"(answer to F\r"


def test_silence_is_a_timeout_and_the_line_stays_open(wire):
    """No answer is told by meaning, and the next question is asked on the same line."""
    answers = iter([[], [(0.0, b"(ok\r")]])
    line, _ = wire(lambda _: next(answers))
    with pytest.raises(LineTimeout, match="0 bytes") as caught:
        line.exchange(b"Q1\r", deadline=0.2)
    assert not caught.value.echoed
    assert line.is_open
    assert line.exchange(b"Q1\r", deadline=LONG) == b"(ok\r"


def test_half_a_frame_is_a_timeout(wire):
    """A frame without its end is no answer, and does not leak into the next one."""
    answers = iter([[(0.0, b"(226.0 1")], [(0.0, b"(ok\r")]])
    line, _ = wire(lambda _: next(answers))
    with pytest.raises(LineTimeout, match="8 bytes"):
        line.exchange(b"Q1\r", deadline=0.5)
    assert line.exchange(b"Q1\r", deadline=LONG) == b"(ok\r"


def test_an_echo_alone_is_a_timeout_that_says_so(wire):
    """Who only echoes does not answer, but is there."""
    line, _ = wire(lambda command: [(0.0, command)])
    with pytest.raises(LineTimeout) as caught:
        line.exchange(b"I\r", deadline=0.5)
    assert caught.value.echoed


def test_a_flood_without_end_is_bounded_in_time_and_memory(wire):
    """100 kB of garbage without a terminator end in a timeout, and are not kept."""
    line, _ = wire(lambda _: [(0.0, b"\xa5" * 100_000)])
    line.open()
    tracemalloc.start()
    with pytest.raises(LineTimeout, match="256 bytes"):
        line.exchange(b"Q1\r", deadline=3.0, cap=256)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 400_000, "the device's own 100 kB and its slices included"


def test_a_frame_after_a_flood_is_found(wire):
    """Bytes beyond the cap are dropped from the old end: the answer that follows the noise is whole."""
    line, _ = wire(lambda _: [(0.0, b"\xa5" * 20_000 + b"(ok\r")])
    frame = line.exchange(b"Q1\r", deadline=LONG, cap=64)
    assert frame.endswith(b"\xa5(ok\r")
    assert len(frame) <= 64


def test_a_line_that_never_falls_silent_is_a_timeout(wire):
    """A device that babbles on and on cannot keep a question from ending."""
    line, device = wire(lambda _: [])
    line.open()
    babbling = threading.Thread(target=device.send, args=(b"babble " * 2_000_000,))
    babbling.start()
    with pytest.raises(LineTimeout):
        line.exchange(b"Q1\r", until=b"\xff", deadline=0.5)
    device.unplug()
    babbling.join(20)
    assert not babbling.is_alive()


def test_unplug_and_replug_under_the_same_path(wire):
    """The line is lost when its adapter goes, also between questions, and works again when it is back."""
    line, device = wire(lambda _: [(0.0, b"(ok\r")])
    for _ in range(3):
        assert line.exchange(b"Q1\r", deadline=LONG) == b"(ok\r"
        device.unplug()
        with pytest.raises(LineLost):
            line.exchange(b"Q1\r", deadline=LONG)
        assert not line.is_open
        with pytest.raises(LineLost, match=str(device.link)):
            line.exchange(b"Q1\r", deadline=LONG)
        device.plug()
    assert line.exchange(b"Q1\r", deadline=LONG) == b"(ok\r"


def test_unplug_in_the_middle_of_an_answer(wire):
    """A line that goes while an answer is awaited is lost at once, not after the deadline."""
    asked = threading.Event()

    def silent(_):
        asked.set()
        return []

    line, device = wire(silent)
    failures = []

    def ask():
        try:
            line.exchange(b"Q1\r", deadline=600)
        except LineLost as error:
            failures.append(error)

    worker = threading.Thread(target=ask)
    worker.start()
    assert asked.wait(20)
    device.unplug()
    worker.join(20)
    assert len(failures) == 1


def test_a_busy_line_is_lost_and_not_shared(wire):
    """Two programs never read the same wire: the second is told."""
    line, device = wire(lambda _: [(0.0, b"(ok\r")])
    line.open()
    with SerialLine(str(device.link)) as second, pytest.raises(LineLost):
        second.open()
    assert line.exchange(b"Q1\r", deadline=LONG) == b"(ok\r"


def test_the_trace_sees_every_byte(wire):
    """What went out, what came in and when the line came and went is handed to the trace."""
    seen = []
    line, device = wire(lambda _: [(0.0, b"(ok\r")], trace=lambda way, data: seen.append((way, data)))
    line.exchange(b"Q1\r", deadline=LONG)
    device.unplug()
    with pytest.raises(LineLost):
        line.exchange(b"Q1\r", deadline=LONG)
    received = b"".join(data for way, data in seen if way == "rx")
    assert seen[:2] == [("open", b""), ("tx", b"Q1\r")]
    assert received == b"(ok\r"
    assert seen[-1] == ("lost", b"")


def test_a_line_that_talks_unasked_is_read_frame_by_frame(wire):
    """A call-record printer's lines come one by one, none lost between two calls."""
    line, device = wire(lambda _: [])
    line.open()
    device.send(b"one\r\ntwo\r\nth")
    assert line.receive(b"\r\n", deadline=LONG) == b"one\r\n"
    assert line.receive(b"\r\n", deadline=LONG) == b"two\r\n"
    device.send(b"ree\r\n")
    assert line.receive(b"\r\n", deadline=LONG) == b"three\r\n"


def test_a_line_over_the_network():
    """A socket URL works as a serial line, and a closed connection is a lost line."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"(ok\r")
                connection.recv(1)  # until the test asks again

        thread = threading.Thread(target=serve)
        thread.start()
        with SerialLine(f"socket://127.0.0.1:{server.getsockname()[1]}") as line:
            assert line.exchange(b"Q1\r", deadline=LONG) == b"(ok\r"
            line.write(b"x")
            thread.join(20)
            with pytest.raises(LineLost):
                wait_for(lambda: line.receive(deadline=0.2), what="the end of the connection")


def test_a_looped_line():
    """The loop of pyserial gives back what was sent: an echo and nothing more."""
    with SerialLine("loop://", LineSettings(baudrate=9600)) as line, pytest.raises(LineTimeout) as caught:
        line.exchange(b"Q1\r", deadline=0.2)
    assert caught.value.echoed


@pytest.mark.parametrize("url", ["spy:///dev/ttyUSB0", "hwgrep://x", "COM1", "ttyUSB0", "", "http://host/"])
def test_other_names_are_a_mistake_of_configuration(url):
    """Only absolute paths and the named schemes are lines."""
    with pytest.raises(LineUrlError, match="absolute path"):
        SerialLine(url)


@pytest.mark.parametrize("url", ["socket://nohost", "socket://127.0.0.1:99999"])
def test_a_malformed_url_is_told_as_such(url):
    """A URL that cannot be taken apart is an error of the line, never of another library."""
    with pytest.raises((LineUrlError, LineLost)):
        SerialLine(url).open()


def test_a_file_is_no_line(tmp_path):
    """A path that is no serial device is a lost line."""
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(LineLost):
        SerialLine(str(path)).open()


def test_deadlines_are_of_the_whole_exchange(wire):
    """A device that drips bytes for ever does not stretch the deadline with each of them."""
    line, _ = wire(lambda _: [(0.01, b"x")] * 100_000)
    with pytest.raises(LineTimeout):  # 100 000 drips would outlast the limit of any test
        line.exchange(b"Q1\r", deadline=0.3)
