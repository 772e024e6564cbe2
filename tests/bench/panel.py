"""What the panel costs on this machine, and how soon an open page hears of an alarm. Prints figures; holds them to no bar.

A real agent with one dry contact and the real panel process stand side by side; then streams are opened, the contact
is moved, and the time until the first and the last of all streams has the event is taken.
"""

import getpass
import http.client
import os
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from agent.config.load import SHIPPED
from firmware.simulator.pin_bench import PinBenchClient
from tests.bench.corridor import cpu_seconds, pss_mb, watching
from tests.parts.panel_certificates import write_pair
from tests.waiting import wait_for
from web.passwords import hash_password

STREAMS = 40
PER_SESSION = 4
FLIPS = 20
SETTLE = 5.0
WINDOW = float(os.environ.get("BENCH_SECONDS", "30"))
PASSWORD = "correct horse"
TOKEN = "0123456789abcdef"

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


def write_files(folder: Path) -> Path:
    """The site file."""
    site = folder / "site.toml"
    site.write_text(SITE.format(folder=folder, user=getpass.getuser()))
    (folder / "profiles").mkdir()
    for shipped in SHIPPED.glob("*.toml"):
        (folder / "profiles" / shipped.name).write_text(shipped.read_text())
    return site


def write_panel(folder: Path, *, full: bool) -> Path:
    """panel.toml; with TLS and metrics where it shall be full."""
    path = folder / "panel.toml"
    text = (
        f'[listen]\nport = 0\n[agent]\nsocket = "{folder}/control.sock"\n'
        f'[session]\nsecret_file = "{folder}/session.key"\n[users]\nli = "{hash_password(PASSWORD)}"\n'
    )
    if full:
        pair, token = write_pair(folder, "panel"), folder / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        text += f'[tls]\ncertificate = "{pair.certificate}"\nkey = "{pair.key}"\n'
        text += f'[metrics]\ntoken_file = "{token}"\n'
    path.write_text(text)
    return path


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
    found = re.search(r"listens on https?://127\.0\.0\.1:(\d+)", (folder / "panel.log").read_text())
    return int(found[1]) if found else 0


def connect(port: int, trust: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
    """A browser's connection."""
    if trust is None:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    return http.client.HTTPSConnection("localhost", port, timeout=60, context=trust)


def log_in(port: int, trust: ssl.SSLContext | None = None) -> str:
    """A session's cookie."""
    client = connect(port, trust)
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
    """An open page: one stream, and a connection to renew it."""

    def __init__(self, port: int, cookie: str, trust: ssl.SSLContext | None) -> None:
        self._cookie = cookie
        self._client, self._renewing = connect(port, trust), connect(port, trust)
        self._client.request("GET", "/live", headers={"Cookie": cookie})
        self._response = self._client.getresponse()
        assert self._response.status == 200, self._response.status

    def renew(self) -> None:
        """Ask for the living part of the page."""
        self._renewing.request("GET", "/", headers={"Cookie": self._cookie, "X-Linewarden-Live": "1"})
        answer = self._renewing.getresponse()
        assert b'id="live"' in answer.read()

    def hear(self) -> None:
        """Wait for the next event."""
        while b"event: change" not in self._response.readline():
            pass

    def close(self) -> None:
        """Close the page."""
        self._response.close()
        self._client.close()
        self._renewing.close()


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


def measure_renewals(pages: list[Page]) -> None:
    """All pages asking at once, as after an alarm."""
    with ThreadPoolExecutor(len(pages)) as pool:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            for done in [pool.submit(page.renew) for page in pages]:
                done.result()
            times.append(1000 * (time.perf_counter() - began))
    print(f"{len(pages)} pages renewed at once: median {statistics.median(times):.0f} ms for all")


def measure(folder: Path, pins: PinBenchClient, *, full: bool) -> None:
    """One panel, plain or with TLS and metrics."""
    print("--- TLS and metrics" if full else "--- plain HTTP")
    settings = write_panel(folder, full=full)
    trust = ssl.create_default_context(cafile=str(folder / "panel.pem")) if full else None
    with process(folder, "panel", "web", "--config", str(settings)) as panel, ExitStack() as stack:
        port = wait_for(lambda: port_of(folder), 60, "the panel")
        cookies = [log_in(port, trust) for _ in range(STREAMS // PER_SESSION)]
        time.sleep(SETTLE)
        measure_idle(panel.pid, "idle")
        pages = [Page(port, cookies[n // PER_SESSION], trust) for n in range(STREAMS)]
        for page in pages:
            stack.callback(page.close)
        time.sleep(SETTLE)
        measure_idle(panel.pid, f"with {STREAMS} streams")
        measure_latency(pages, pins)
        measure_renewals(pages)
        measure_idle(panel.pid, "after the alarms")


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site, pins = write_files(folder), PinBenchClient(folder / "pins.sock")
        agent = ("agent.demo.agent_process", str(site), str(folder / "pins.sock"))
        with process(folder, "agent", *agent):
            wait_for(lambda: watching(folder / "control.sock"), 60, "the agent")
            for full in (False, True):
                measure(folder, pins, full=full)


if __name__ == "__main__":
    main()
