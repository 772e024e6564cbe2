"""Bytes written to the card: by this service and all its processes, as the kernel counts them for its control group.

Control groups version 2 (kernel.org, cgroup-v2, "io.stat"): one line a disk, `wbytes` in bytes since the group was made,
which is the start of the service. Data are counted when the kernel sends them to the disk, to whoever dirtied the page, on
file systems that support it, such as ext4; the file system's own journal is not in it. Without the `io` controller for
the service (`IOAccounting=yes`) there is no such file, and nothing is told.
"""

from pathlib import Path

from firmware.host.files import text_of

_NO_CARD = ("zram", "ram", "loop", "dm-")
"""Names of block devices that are no card: in memory, or on top of another that is counted."""


def written_bytes(root: Path = Path("/")) -> int | None:
    """Bytes that the control group of this process has written since it was made; None where nobody counts.

    Args:
        root: what stands before /proc and /sys.
    """
    path = _group(text_of(root / "proc/self/cgroup") or "")
    told = None if path is None else text_of(root / "sys/fs/cgroup" / path / "io.stat")
    if told is None:
        return None
    return sum(_bytes(line, root) for line in told.splitlines() if line.strip())


def _group(text: str) -> str | None:
    """The path of the group in version 2's one hierarchy, which has the number 0."""
    found = (line.removeprefix("0::") for line in text.splitlines() if line.startswith("0::"))
    path = next(found, None)
    return None if path is None else path.strip("/")


def _bytes(line: str, root: Path) -> int:
    """The bytes written of one line: `MAJOR:MINOR rbytes=… wbytes=… rios=…`."""
    device, *pairs = line.split()
    event = text_of(root / "sys/dev/block" / device / "uevent") or ""
    names = [word.removeprefix("DEVNAME=") for word in event.split("\n") if word.startswith("DEVNAME=")]
    if names and names[0].startswith(_NO_CARD):
        return 0
    values = dict(pair.partition("=")[::2] for pair in pairs)
    word = values.get("wbytes", "")
    return int(word) if word.isdecimal() else 0
