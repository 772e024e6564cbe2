"""What the panel costs on this machine, and how soon an open page hears of an alarm. Prints figures; holds them to no bar.

A real agent with one dry contact and the real panel process stand side by side; then streams are opened, the contact
is moved, and the time until the first and the last of all streams has the event is taken.
"""

import getpass
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from agent.config.load import SHIPPED
from firmware.simulator.pin_bench import PinBenchClient
from tests.bench.corridor import cpu_seconds, pss_mb, watching
from tests.waiting import wait_for
from web.passwords import hash_password

STREAMS = 40
PER_SESSION = 4
FLIPS = 20
SETTLE = 5.0
WINDOW = float(os.environ.get("BENCH_SECONDS", "30"))
PASSWORD = "correct horse"

SITE = """
[site]
id = "bench"
name = "Bench"
timezone = "UTC"
language = "en"
[agent]
data_dir = "{folder}/data"
socket = "{folder}/control.sock"
[rights.people]
li = "technician"
[panel]
user = "{user}"
[board.inputs]
door = {{ pin = 5, normally = "open", debounce = "10ms" }}
[[input]]
name = "door"
severity = "minor"
text = {{ en = "Door open", zh = "门开" }}
"""


def write_files(folder: Path) -> tuple[Path, Path]:
    """Site file and panel.toml."""
    site, panel = folder / "site.toml", folder / "panel.toml"
    site.write_text(SITE.format(folder=folder, user=getpass.getuser()))
    (folder / "profiles").mkdir()
    for shipped in SHIPPED.glob("*.toml"):
        (folder / "profiles" / shipped.name).write_text(shipped.read_text())
    panel.write_text(
        f'[listen]\nport = 0\n[agent]\nsocket = "{folder}/control.sock"\n'
        f'[session]\nsecret_file = "{folder}/session.key"\n[users]\nli = "{hash_password(PASSWORD)}"\n'
    )
    return site, panel


@contextmanager
def process(folder: Path, name: str, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A part of its own, with its log."""
    with (folder / f"{name}.log").open("wb") as log:
        child = subprocess.Popen([sys.executable, "-m", *command], stderr=log, stdin=subprocess.PIPE)
    try:
        yield child
    finally:
        child.terminate()
        child.communicate(timeout=30)


def port_of(folder: Path) -> int:
    """Where the panel listens; 0 while it does not."""
    found = re.search(r"127\.0\.0\.1:(\d+)", (folder / "panel.log").read_text())
    return int(found[1]) if found else 0


def log_in(port: int) -> str:
    """A session's cookie."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    client.request("GET", "/login")
    response = client.getresponse()
    cookie = str(response.headers["Set-Cookie"]).split(";")[0]
    token = re.search(r'name="csrf" value="([^"]+)"', response.read().decode())
    assert token is not None
    body = f"csrf={token[1]}&name=li&password={PASSWORD.replace(' ', '+')}"
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    client.request("POST", "/login", body, headers)
    response = client.getresponse()
    response.read()
    client.close()
    assert response.status == 302, response.status
    return str(response.headers["Set-Cookie"]).split(";")[0]


class Page:
    """An open page: one stream."""

    def __init__(self, port: int, cookie: str) -> None:
        self._client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._client.request("GET", "/live", headers={"Cookie": cookie})
        self._response = self._client.getresponse()
        assert self._response.status == 200, self._response.status

    def hear(self) -> None:
        """Wait for the next event."""
        while b"event: change" not in self._response.readline():
            pass

    def close(self) -> None:
        """Close the page."""
        self._response.close()
        self._client.close()


def measure_idle(panel: int, what: str) -> None:
    """Memory and work while nothing happens."""
    began, spent = time.perf_counter(), cpu_seconds(panel)
    time.sleep(WINDOW)
    share = (cpu_seconds(panel) - spent) / (time.perf_counter() - began)
    print(f"panel {what}: {pss_mb(panel):.1f} MB PSS, {100 * share:.2f} % of one core")


def measure_latency(pages: list[Page], pins: PinBenchClient) -> None:
    """From the dry contact (10 ms debounce) to the first and to the last page."""
    first, last = [], []
    for flip in range(FLIPS):
        time.sleep(1.3)
        began = time.perf_counter()
        pins.contact("door", active=flip % 2 == 0)
        pages[0].hear()
        first.append(1000 * (time.perf_counter() - began))
        for page in pages[1:]:
            page.hear()
        last.append(1000 * (time.perf_counter() - began))
    for what, times in (("first", first), ("last", last)):
        print(
            f"alarm to {what} of {len(pages)} pages: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms"
        )


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        site, settings = write_files(folder)
        pins = PinBenchClient(folder / "pins.sock")
        stack.enter_context(
            process(folder, "agent", "agent.demo.agent_process", str(site), str(folder / "pins.sock"))
        )
        wait_for(lambda: watching(folder / "control.sock"), 60, "the agent")
        panel = stack.enter_context(process(folder, "panel", "web", "--config", str(settings)))
        port = wait_for(lambda: port_of(folder), 60, "the panel")
        cookies = [log_in(port) for _ in range(STREAMS // PER_SESSION)]
        time.sleep(SETTLE)
        measure_idle(panel.pid, "idle")
        pages = [Page(port, cookies[n // PER_SESSION]) for n in range(STREAMS)]
        for page in pages:
            stack.callback(page.close)
        time.sleep(SETTLE)
        measure_idle(panel.pid, f"with {STREAMS} streams")
        measure_latency(pages, pins)
        measure_idle(panel.pid, "after the alarms")


if __name__ == "__main__":
    main()
