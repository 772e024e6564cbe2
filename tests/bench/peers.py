"""What the agent costs beside other pollers: one run on one machine, each at the same farm of a hundred devices.

`python -m tests.bench.peers [PEER …]` runs the laboratory's `bench.py` for the named peers and for the agent in turn, so
that a machine whose speed drifts drifts for all, and prints medians and ratios. Root is needed, and the peers' Debian
packages; a peer that is not installed is left out and named.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAB = Path(os.environ.get("LINEWARDEN_LAB", ROOT.parent / "shared" / "lab")) / "peers"
OURS = f"{ROOT}/tests/bench/agent-for-peers --interval {{interval}} --port {{port}}"
AGENTS = {"linewarden": OURS, "linewarden-pysnmp": f"{OURS} --library pysnmp"}
NEEDS = {
    "collectd-none": "collectd",
    "collectd-rrd": "rrdtool",
    "exporter": "prometheus-snmp-exporter",
    "prometheus": "prometheus",
    "zabbix-proxy": "zabbix_proxy",
    "check_snmp": "/usr/lib/nagios/plugins/check_snmp",
}
PEERS = ("gufo", "collectd-none", "collectd-rrd", "exporter", "prometheus", "zabbix-proxy", "pysnmp")


def measure(name: str, mode: str, out: Path) -> None:
    """One more run of a peer or of our agent; its figures are appended to `out`."""
    done = len(results(out, name, mode))
    command = [sys.executable, str(LAB / "bench.py"), name, mode, "--runs", str(done + 1)]
    if name in AGENTS:
        command[2:3] = ["cmd"]
        command += ["--name", name, "--cmd", AGENTS[name]]
    environment = os.environ | {
        "PEERS_OUT": str(out),
        "PEERS_PY": sys.executable,
        "PEERS_WORK": str(out.parent / "work"),
    }
    subprocess.run(command, cwd=LAB, env=environment, check=True, stdout=subprocess.DEVNULL)


def results(out: Path, name: str, mode: str) -> list[dict[str, float]]:
    """The runs of a peer so far."""
    rows = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    return [row for row in rows if (row["peer"], row["mode"]) == (name, mode)]


def installed(peer: str) -> bool:
    """Whether a peer's program is here."""
    return peer not in NEEDS or shutil.which(NEEDS[peer]) is not None


def show(out: Path, names: Sequence[str]) -> None:
    """Print the table of the runs at one second."""
    ours = _median(results(out, "linewarden", "i1"), "cpu_per_1k")
    print(
        f"{'100 devices x 20 OIDs every second':<36}{'CPU ms per 1,000':>18}{'ratio':>8}{'PSS MB':>9}{'gap p99 s':>11}"
    )
    for name in names:
        rows = results(out, name, "i1")
        cpu = _median(rows, "cpu_per_1k")
        line = f"{name:<36}{cpu * 1000:>18.1f}{cpu / ours:>8.2f}{_median(rows, 'pss_mb'):>9.1f}"
        print(f"{line}{_median(rows, 'gap_p99'):>11.3f}")
    for row in results(out, "linewarden", "dead"):
        print(
            f"10 of 100 devices silent, every 10 s: gap of the living p99 {row['gap_p99']} s, worst {row['gap_max']} s"
        )


def _median(rows: Sequence[dict[str, float]], key: str) -> float:
    return statistics.median(row[key] or float("nan") for row in rows) if rows else float("nan")


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", default=list(PEERS))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="where to keep the raw figures (JSON lines)")
    given = parser.parse_args()
    left_out = [peer for peer in given.peers if not installed(peer)]
    names = [*(peer for peer in given.peers if peer not in left_out), *AGENTS]
    with tempfile.TemporaryDirectory(prefix="linewarden-peers-") as folder:
        out = given.keep or Path(folder) / "runs.jsonl"
        for _ in range(given.runs):
            for name in names:
                measure(name, "i1", out)
        measure("linewarden", "dead", out)
        show(out, names)
    if left_out:
        print(f"not installed, left out: {', '.join(left_out)}")


if __name__ == "__main__":
    main()
