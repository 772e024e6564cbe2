"""How long the box's certificate is good, as the box tells it, and the alarm that comes of it."""

import shutil
import time
from pathlib import Path

import pytest

from agent.config.branch import rules_of
from agent.config.load import SHIPPED, load_profile
from agent.core.limits import Verdict, judge
from agent.core.model import Severity, Text
from agent.sources.certificate import HOUR, Certificate
from tests.parts.certificates import Authority

DAY = 86_400.0


def test_what_is_left_is_told_in_whole_hours_and_follows_the_file(tmp_path: Path) -> None:
    """A renewed certificate counts as soon as its file is there; one that has ended is below 0."""
    bank, now, file = Authority(tmp_path, "bank"), time.time(), tmp_path / "our.pem"
    box = Certificate(str(file), lambda: True, lambda: now)
    assert box.readings() == {}
    for days in (10.0, 400.0, -2.0):
        shutil.copy(bank.client(f"box{days}", days=days).cert, file)
        left = box.readings()["certificate.left"]
        assert left % HOUR == 0
        assert left == pytest.approx(days * DAY, abs=HOUR + 5)
    file.unlink()
    assert box.readings() == {}


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\0\xff"]
)
def test_a_file_that_is_no_certificate_tells_nothing(tmp_path: Path, content: bytes) -> None:
    """The link to the broker tells of that, with the reason."""
    file = tmp_path / "our.pem"
    file.write_bytes(content)
    assert Certificate(str(file), lambda: True).readings() == {}


def test_without_a_certificate_or_a_clock_nothing_is_told(tmp_path: Path) -> None:
    """A box that believes it is 1970 would call each certificate good."""
    pair = Authority(tmp_path, "bank").client("box")
    assert Certificate(None, lambda: True).readings() == {}
    assert Certificate(str(pair.cert), lambda: False).readings() == {}
    assert Certificate(str(pair.cert), lambda: True).readings()


@pytest.mark.parametrize(
    ("days", "severity"), [(60, None), (29.9, Severity.WARNING), (2.9, Severity.MAJOR), (-5, Severity.MAJOR)]
)
def test_the_alarm_becomes_worse_as_the_end_comes_near(days: float, severity: Severity | None) -> None:
    """A month is enough to renew it, in the last days nothing else will do."""
    rules = rules_of(load_profile(SHIPPED / "raspberry-pi.toml"), Text("box", "箱"), (30.0, 10.0))
    levels = [rule for rule in rules if rule.type == "certificate-expiring"]
    held = [rule.severity for rule in levels if judge(rule.limit, days * DAY) is Verdict.ABNORMAL]
    assert max(held, default=None) == severity
