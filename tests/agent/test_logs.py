"""Log lines: one per record whatever a device says, fields, no secrets, and the last of them kept."""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.words import Secret
from agent.log_lines import BLOT, Blotter, LineFormatter, Style, priority, quote
from agent.logs import Ring

ROOT = Path(__file__).parents[2]
FIELD = re.compile(r'([A-Za-z0-9_.:/@+-]+)=("(?:[^"\\]|\\.)*"|[^\s"]+)(?: |\Z)')


def record(message: object, *args: object, level: int = logging.INFO, **fields: object) -> logging.LogRecord:
    """A record as the logging module makes it."""
    one = logging.makeLogRecord({"msg": message, "args": args, "levelno": level, "name": "agent.x"})
    one.levelname = logging.getLevelName(level)
    one.__dict__.update(fields)
    return one


def raised(message: str) -> object:
    """What `sys.exc_info` tells of an error."""
    try:
        int(message)
    except ValueError as error:
        error.args = (message,)
        return sys.exc_info()


def line(
    one: logging.LogRecord, style: Style = "text", *, journald: bool = True, clean: Blotter | None = None
) -> str:
    """The line of a record."""
    return LineFormatter(style, journald=journald, clean=clean or Blotter()).format(one)


def read(text: str) -> dict[str, str]:
    """The fields of a logfmt line, every character of it accounted for."""
    fields, at = {}, 0
    while at < len(text):
        found = FIELD.match(text, at)
        assert found is not None, text[at:]
        fields[found[1]] = json.loads(found[2]) if found[2].startswith('"') else found[2]
        at = found.end()
    return fields


def test_a_line_has_level_logger_message_and_fields() -> None:
    """The same in both styles; the time only where nobody else writes it."""
    one = record("poll of %s failed", "pbx-1", level=logging.WARNING, device="pbx-1", tries=3)
    expected = {
        "level": "warning",
        "logger": "agent.x",
        "msg": "poll of pbx-1 failed",
        "device": "pbx-1",
        "tries": "3",
    }
    assert read(line(one).removeprefix("<4>")) == expected
    assert json.loads(line(one, "json").removeprefix("<4>")) == expected
    told = read(line(one, journald=False))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told.pop("time"))
    assert told == expected


@pytest.mark.parametrize(
    ("level", "number"),
    [(logging.DEBUG, 7), (logging.INFO, 6), (logging.WARNING, 4), (logging.ERROR, 3), (logging.CRITICAL, 2)],
)
def test_journald_is_told_the_urgency(level: int, number: int) -> None:
    """In syslog's numbers."""
    assert priority(level) == number
    assert line(record("x", level=level)).startswith(f"<{number}>level=")


ATTACK = 'up"\n<0>level=critical msg="all \x1b[31mfine\x1b[0m" \r\u2028\u202e\x85\x00'


@pytest.mark.parametrize("style", ["text", "json"])
def test_what_a_device_says_cannot_make_a_line_of_its_own(style: Style) -> None:
    """No line end, no terminal sequence, no turned text; a reader still gets back what was said."""
    told = line(record("%s says %s", "d", ATTACK, device=ATTACK), style)
    assert told.isprintable()
    body = told.removeprefix("<6>")
    fields = read(body) if style == "text" else json.loads(body)
    assert fields["device"] == ATTACK
    assert fields["level"] == "info"


@given(st.text(), st.text(), st.sampled_from(["text", "json"]))
def test_every_text_stays_on_its_line_and_comes_back(message: str, field: str, style: Style) -> None:
    """Whatever it holds."""
    told = line(record("%s", message, field=field), style, clean=str).removeprefix("<6>")
    assert len(told.splitlines()) == 1
    fields = read(told) if style == "text" else json.loads(told)
    assert fields["field"] == field
    assert fields["msg"] == message


def test_a_trace_is_part_of_its_line() -> None:
    """With its beginning cut where it is endless."""
    told = line(record("died", exc_info=raised("x" * 20_000)))
    assert len(told) < 10_000
    assert "\n" not in told
    assert len(line(record("x" * 20_000))) < 5_000


def test_a_message_that_does_not_fit_its_values_is_told_all_the_same() -> None:
    """It is some library's mistake."""
    assert "%d of" in line(record("%d of", "x"))


def test_secrets_are_blotted_out_wherever_they_stand() -> None:
    """In messages, fields and traces; not inside of longer words."""
    clean = Blotter()
    for word in ("s3cr3t-Community", "s3cr3t", "abc"):
        clean.hide(word)
    trace = raised("refused: s3cr3t")
    one = record("ask %s, s3cr3ts", "s3cr3t-Community", field="x=s3cr3t", exc_info=trace)
    told = line(one, clean=clean)
    assert re.findall(r"s3cr3t\w*", told) == ["s3cr3ts"]
    assert told.count("<secret>") == 3
    assert "-Community" not in told
    assert clean("abc") == "abc"


@pytest.mark.parametrize("secret", ['pa"ss word', "back\\slash", "tab\there", "机房口令"])
def test_a_secret_is_known_in_every_form_it_takes(secret: str) -> None:
    """In JSON, in a message about a value of Python, in one about bytes."""
    clean = Blotter()
    clean.hide(secret)
    for form in (
        secret,
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        repr(secret),
        repr(secret.encode()),
    ):
        assert BLOT in clean(f"given: {form}.")


def test_a_secret_of_the_configuration_is_known_to_the_logs() -> None:
    """From the moment it is read."""
    Secret("zebra-crossing-7")
    assert "zebra" not in LineFormatter("text", journald=True).format(record("it is zebra-crossing-7."))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call +8613912345678 now", "call +***********78 now"),
        ("call 13912345678", "call *********78"),
        ("call +49 30 1234567", "call +** ** *****67"),
        ("1.3.6.1.4.1.318", "1.3.6.1.4.1.318"),
        ("12345678 bytes", "12345678 bytes"),
        ("2026-11-22T01:02:03", "2026-11-22T01:02:03"),
        ("epoch 3-9f2a:13912345678", "epoch 3-9f2a:*********78"),
    ],
)
def test_of_a_phone_number_only_its_end_is_told(text: str, expected: str) -> None:
    """Enough to know which; not enough to ring it."""
    assert Blotter()(text) == expected


def test_the_last_lines_are_kept_within_bounds() -> None:
    """Of number and of size."""
    ring = Ring(lines=3, size=100)
    for number in range(10):
        ring.add(str(number))
    assert ring.lines() == ["7", "8", "9"]
    ring.add("x" * 99)
    assert ring.lines() == ["9", "x" * 99]
    ring.add("y" * 1000)
    assert ring.lines() == ["y" * 1000]
    ring.add("z")
    assert ring.lines() == ["z"]


def test_quotes_are_those_of_json() -> None:
    """Any reader of logs knows them."""
    assert quote('a"b\\\n') == '"a\\"b\\\\\\n"'
    assert json.loads(quote("中\x7f")) == "中\x7f"


SCRIPT = """
import logging, threading
from agent.logs import configure, held_back, recent
configure({style!r})
log = logging.getLogger("agent.part")
log.info("hello %s", "you", extra={{"device": "pbx-1"}})
for _ in range(5):
    log.warning("again")
thread = threading.Thread(target=lambda: 1 / 0)
thread.start(); thread.join()
print(held_back(), len(recent()))
raise RuntimeError("the\\nend")
"""


@pytest.fixture(params=["text", "json"])
def process(request: pytest.FixtureRequest) -> tuple[str, list[str], str]:
    """A process that logs, dies in a thread and then altogether; its style, its lines, what it printed."""
    script = SCRIPT.format(style=request.param)
    environment = {key: value for key, value in os.environ.items() if key != "JOURNAL_STREAM"}
    told = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return request.param, told.stderr.splitlines(), told.stdout


def test_a_process_logs_every_record_as_one_line(process: tuple[str, list[str], str]) -> None:
    """Also what ends a thread or the process; what was held back is counted."""
    style, lines, printed = process
    fields = [json.loads(one) if style == "json" else read(one) for one in lines]
    assert [one["level"] for one in fields] == ["info", "warning", "critical", "critical"]
    assert fields[0]["device"] == "pbx-1"
    assert "ZeroDivisionError" in fields[2]["trace"]
    assert "RuntimeError: the\nend" in fields[3]["trace"]
    assert printed.split() == ["4", "3"]


def test_under_journald_lines_carry_priorities(tmp_path: Path) -> None:
    """Known by the device and inode that systemd puts into the environment."""
    path = tmp_path / "journal"
    with path.open("w") as stream:
        status = os.fstat(stream.fileno())
        environment = os.environ | {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        script = "import logging; from agent.logs import configure; configure(); logging.error('x')"
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, stderr=stream, check=True)
    assert path.read_text() == "<3>level=error logger=root msg=x\n"
