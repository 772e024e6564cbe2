"""Time offered to a real chronyd, and to one that is not there."""

import socket
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.chrony import Refclock, Sample, encode
from firmware.errors import RefclockAway
from firmware.modem.clock import Convention, parse_time, to_sample, utc_of
from tests.parts.chronyd import PROGRAM, Chronyd
from tests.waiting import wait_for

needs_chronyd = pytest.mark.skipif(PROGRAM is None, reason="no chronyd here: make parts")


@given(st.floats(0, 4e9), st.floats(-1e10, 1e10))
def test_a_sample_is_forty_bytes_that_say_what_they_should(at: float, offset: float) -> None:
    """Read back by the layout of chrony's structure."""
    packed = encode(Sample(at, offset))
    seconds, micros, told, pulse, leap, _, magic = struct.unpack("=qqdiiii", packed)
    assert len(packed) == 40
    assert 0 <= micros < 1_000_000
    assert seconds + micros / 1e6 == pytest.approx(at, abs=1e-6)
    assert (told, pulse, leap, magic) == (offset, 0, 0, 0x534F434B)


@needs_chronyd
def test_chrony_takes_the_time_of_a_modem(tmp_path: Path) -> None:
    """Told an hour ahead, it finds the system's clock wrong by that much, and selects the source."""
    with Chronyd(tmp_path / "chrony") as chrony:
        clock = Refclock(chrony.socket)

        def told() -> bool:
            now = time.time()
            line = time.strftime('+CCLK: "%y/%m/%d,%H:%M:%S+32"', time.gmtime(now + 9 * 3600))
            clock.offer(to_sample(utc_of(parse_time(line), Convention(), built=1.7e9), now))
            return "Selected source GSM" in chrony.said

        wait_for(told, 30, "chrony to select the source")
        assert "System clock wrong by 3" in chrony.said
        assert chrony.offsets()
        assert all(3599.4 < offset < 3600.6 for offset in chrony.offsets()[:2])


@needs_chronyd
def test_chrony_drops_what_is_no_sample(tmp_path: Path) -> None:
    """Another magic number or length is passed over; what comes after counts."""
    with Chronyd(tmp_path / "chrony") as chrony:
        good = encode(Sample(time.time(), 7.25))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            for wrong in (good[:-1], good + b"x", good[:-4] + b"SOCK", b""):
                sender.sendto(wrong, str(chrony.socket))

        def taken() -> list[float]:
            Refclock(chrony.socket).offer(Sample(time.time(), 7.25))
            return chrony.offsets()

        assert set(wait_for(taken, what="a sample in the log")) == {7.25}


def fill(clock: Refclock) -> None:
    """Offer more than any socket takes unread."""
    for _ in range(10_000):
        clock.offer(Sample(0.0, 0.0))


def test_a_chrony_that_is_not_there_is_told_by_meaning(tmp_path: Path) -> None:
    """No socket, a socket that nobody serves any more, and one that takes no more: each may be tried again."""
    path = tmp_path / "gsm.sock"
    clock = Refclock(path)
    with pytest.raises(RefclockAway, match="No such file"):
        clock.offer(Sample(0.0, 0.0))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        clock.offer(Sample(0.0, 0.0))
        assert listener.recv(100) == encode(Sample(0.0, 0.0))
        with pytest.raises(RefclockAway) as full:
            fill(clock)
        assert full.value.retryable
    with pytest.raises(RefclockAway, match="refused"):
        clock.offer(Sample(0.0, 0.0))
