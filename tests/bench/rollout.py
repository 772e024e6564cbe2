"""What a roll-out costs on this machine: a start, a switch of releases, a way back; bundles, tasks' bytes.

    python -m tests.bench.rollout

The releases are real bundles, installed below a folder; the agent is a real process that says READY as to systemd, over a
branch whose devices are served by `snmpd`. What is not in the figures: systemd itself, and the time for which a new
generation is watched before it counts as good.
"""

import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from agent.release import health, parts
from agent.release.errors import UnhealthyError
from agent.release.health import Health
from agent.release.install import install
from agent.release.layout import Layout
from agent.release.make_bundle import make
from agent.release.switch import Switch, Terms
from agent.release.thin import thin
from tests.parts.manager import Manager
from tests.parts.snmpd import Snmpd, free_udp_port
from tests.parts.source_tree import tree
from tests.release.parts import box, key, trust
from tests.waiting import wait_for

STARTS = 7
DEVICE = """
[[device]]
id = "switch-{n}"
profile = "generic-switch"
layer = "network"
address = "127.0.1.{n}"
port = {port}
snmp = {{ community = "public" }}
interval = "2s"
"""


class Processes:
    """Agent and panel as processes: the units of a machine without systemd."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.agent: subprocess.Popen[bytes] | None = None
        self.stopped = 0.0
        self.spans: list[float] = []
        """Seconds from each stop to the next readiness."""

    def reload(self) -> None:
        """Nothing to do."""

    def stop(self) -> None:
        """In good order."""
        self.stopped = time.perf_counter()
        if self.agent is not None:
            self.agent.terminate()
            self.agent.wait(60)
            self.agent = None

    def start(self, *, panel: bool) -> None:  # noqa: ARG002  # the protocol's
        """Until it says that it is ready."""
        notify = self.layout.root / f"notify-{time.monotonic_ns()}"
        with Manager(notify) as manager:
            command = [
                self.layout.current / "release/bin/linewarden",
                "run",
                "--site",
                self.layout.current / "etc/site.toml",
            ]
            log = (self.layout.root / "agent.log").open("ab")
            self.agent = subprocess.Popen(
                command, env=os.environ | manager.environment, stdout=log, stderr=log
            )
            log.close()
            wait_for(lambda: manager.count("READY=1"), timeout=120, what="READY")
        self.spans.append(time.perf_counter() - self.stopped)

    def is_active(self, unit: str) -> bool:  # noqa: ARG002  # the protocol's
        """There is no panel here."""
        return False

    def enable(self, *, panel: bool) -> None:
        """Nothing to do."""


def size(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def show(what: str, seconds: list[float]) -> None:
    """One line."""
    ordered = sorted(seconds)
    print(f"{what:48} {ordered[0]:6.2f} {statistics.median(ordered):6.2f} {ordered[-1]:6.2f} s")


def main() -> None:
    """All of it, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        signer = key(folder)
        machine = os.uname().machine
        bundles = {}
        for version in ("8.0.1", "8.0.2"):
            made = make(tree(folder, version), folder / "dist", machine, signer, "bench")
            bundles[version] = folder / "dist" / made.file
        layout = box(folder / "box")
        trust(layout, signer)
        port = free_udp_port()
        devices = "".join(DEVICE.format(n=n, port=port) for n in range(1, 13))
        site = '[site]\nid = "bench"\nname = "Bench"\ntimezone = "UTC"\nlanguage = "en"\n'
        site += f'[agent]\ndata_dir = "{layout.data}"\nsocket = "{folder}/control.sock"\n'
        (layout.wanted / "site.toml").write_text(site + devices)
        os.environ["LINEWARDEN_SOCKET"] = f"{folder}/control.sock"
        print(f"{'':48} {'min':>6} {'median':>6} {'max':>6}")
        releases, grown = {}, {}
        for version, path in bundles.items():
            slim = thin(path, parts.stock(layout), folder / "thin")
            before, begin = size(layout.root / "opt"), time.perf_counter()
            releases[version] = install(slim, layout)[0]
            show(
                f"install {version}, {slim.stat().st_size / 1e6:.1f} of {path.stat().st_size / 1e6:.1f} MB",
                [time.perf_counter() - begin],
            )
            grown[version] = size(layout.root / "opt") - before
        print("bytes written to the card:", {v: f"{n / 1e6:.1f} MB" for v, n in grown.items()})
        with Snmpd(folder / "snmpd", [f"127.0.1.{n}" for n in range(1, 13)], port):
            measure(layout, releases)


def measure(layout: Layout, releases: dict[str, str]) -> None:
    """Starts, switches and ways back."""
    units = Processes(layout)
    terms = Terms(patience=30, settle=2)
    good = Switch(layout, units, terms)
    one, two = releases.values()
    good.apply(one)
    starts = []
    for _ in range(STARTS):
        units.stop()
        units.stopped = time.perf_counter()
        units.start(panel=False)
        starts.append(units.spans[-1])
    show("start of the agent until it is ready", starts)
    switches, backs = [], []
    for _ in range(3):
        for release in (two, one):
            good.apply(release)
            switches.append(units.spans[-1])
        bad = Switch(layout, units, Terms(patience=0.1, settle=1), ask=_worse)
        try:
            bad.apply(two)
        except UnhealthyError:
            backs.append(units.spans[-1])
    show("switch: from the stop of the old to the ready new", switches)
    show("way back: from the stop of the bad to the ready old", backs)
    units.stop()


def _worse(release: Path, panel: bool) -> Health:  # the protocol's
    return health.ask(release, panel=panel) if "8.0.1" in str(release.resolve()) else Health(error="made up")


if __name__ == "__main__":
    main()
