"""How long the certificates of a box are good, as the box tells it, and the alarms that come of it."""

import shutil
import time
from pathlib import Path

import pytest

from agent.box import box_reader
from agent.config.branch import rules_of
from agent.config.load import SHIPPED, load, load_profile
from agent.core.limits import Verdict, judge
from agent.core.model import Bad, Severity, Text
from agent.parts import Parts
from agent.sources.certificate import HOUR, Certificate
from tests.parts.certificates import Authority
from tests.parts.panel_certificates import write_pair

DAY = 86_400.0
POINT = "certificate.left"


def certificate(file: Path | None, *, believed: bool = True) -> Certificate:
    """As the box has it."""
    return Certificate(POINT, lambda: None if file is None else str(file), lambda: believed)


def test_what_is_left_is_told_in_whole_hours_and_follows_the_file(tmp_path: Path) -> None:
    """A renewed certificate counts as soon as its file is there; one that has ended is below 0."""
    bank, now, file = Authority(tmp_path, "bank"), time.time(), tmp_path / "our.pem"
    box = Certificate(POINT, lambda: str(file), lambda: True, lambda: now)
    assert box.readings() == {POINT: None}
    for days in (10.0, 400.0, -2.0):
        shutil.copy(bank.client(f"box{days}", days=days).cert, file)
        left = box.readings()[POINT]
        assert left is not None
        assert left % HOUR == 0
        assert left == pytest.approx(days * DAY, abs=HOUR + 5)
    file.unlink()
    assert box.readings() == {POINT: None}


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\0\xff"]
)
def test_a_file_that_is_no_certificate_is_a_missing_value(tmp_path: Path, content: bytes) -> None:
    """People see that there should be one."""
    file = tmp_path / "our.pem"
    file.write_bytes(content)
    assert certificate(file).readings() == {POINT: None}


def test_without_a_certificate_or_a_clock_nothing_is_told(tmp_path: Path) -> None:
    """A box that believes it is 1970 would call each certificate good."""
    pair = Authority(tmp_path, "bank").client("box")
    assert certificate(None).readings() == {}
    assert certificate(pair.cert, believed=False).readings() == {}
    assert certificate(pair.cert).readings()[POINT] is not None


def test_the_box_tells_of_both_by_the_configuration_in_force(tmp_path: Path) -> None:
    """The panel's is that which the site file names now, also with a chain behind it; one that cannot be read is missing."""
    own = Authority(tmp_path, "bank").client("box", days=90)
    pairs = {days: Path(write_pair(tmp_path, f"panel{days}", last=days).certificate) for days in (20, 200)}
    pairs[20].write_bytes(pairs[20].read_bytes() + pairs[200].read_bytes())
    site = tmp_path / "site.toml"
    broker = f'[broker]\nhost = "m"\ncert_file = "{own.cert}"\nkey_file = "{own.key}"\n'
    head = f'[site]\nid = "a"\nname = "A"\ntimezone = "UTC"\n[agent]\ndata_dir = "{tmp_path}"\n'
    site.write_text(head)
    started = load(site)
    in_force = [started.site]
    parts = Parts(time.monotonic)
    read = box_reader(started, Path("/"), parts, {}, is_believed=lambda: True, in_force=lambda: in_force[-1])
    assert not [name for name in read().values if "certificate" in name]
    for days, file in pairs.items():
        site.write_text(f'{head}{broker}[panel]\ncertificate = "{file}"\n')
        in_force.append(load(site).site)
        told = read().values
        assert told["certificate.left"] == pytest.approx(90 * DAY, abs=HOUR + 60)
        assert told["panel.certificate.left"] == pytest.approx(days * DAY, abs=HOUR + 60)
    pairs[200].unlink()
    assert read().values["panel.certificate.left"] == Bad("missing")


@pytest.mark.parametrize("type_", ["certificate-expiring", "panel-certificate-expiring"])
@pytest.mark.parametrize(
    ("days", "severity"), [(60, None), (29.9, Severity.WARNING), (2.9, Severity.MAJOR), (-5, Severity.MAJOR)]
)
def test_the_alarm_becomes_worse_as_the_end_comes_near(
    type_: str, days: float, severity: Severity | None
) -> None:
    """A month is enough to renew it, in the last days nothing else will do."""
    rules = rules_of(load_profile(SHIPPED / "raspberry-pi.toml"), Text("box", "箱"), (30.0, 10.0))
    levels = [rule for rule in rules if rule.type == type_]
    assert len(levels) == 2
    held = [rule.severity for rule in levels if judge(rule.limit, days * DAY) is Verdict.ABNORMAL]
    assert max(held, default=None) == severity
