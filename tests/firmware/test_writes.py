"""What the kernel counts for our control group, on made-up trees of /proc and /sys."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.host.writes import written_bytes

GROUP = "system.slice/linewarden-agent.service"


def tree(root: Path, stat: str | None, group: str = f"0::/{GROUP}\n") -> Path:
    """A machine whose group has this `io.stat`."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(group)
    folder = root / "sys/fs/cgroup" / GROUP
    folder.mkdir(parents=True)
    if stat is not None:
        (folder / "io.stat").write_text(stat)
    for number, name in (("179:0", "mmcblk0"), ("254:0", "zram0"), ("7:1", "loop1"), ("8:0", "sda")):
        block = root / "sys/dev/block" / number
        block.mkdir(parents=True)
        (block / "uevent").write_text(f"MAJOR=1\nDEVNAME={name}\nDEVTYPE=disk\n")
    return root


def test_all_disks_count_and_nothing_else(tmp_path: Path) -> None:
    """What is in memory, or on top of another disk, wears no card."""
    stat = (
        "179:0 rbytes=10 wbytes=4096 rios=1 wios=1 dbytes=0 dios=0\n8:0 rbytes=1 wbytes=512 rios=0 wios=1\n"
        "254:0 rbytes=1 wbytes=999 rios=1 wios=1\n7:1 rbytes=1 wbytes=999 rios=1 wios=1\n31:0 wbytes=100\n"
    )
    assert written_bytes(tree(tmp_path, stat)) == 4096 + 512 + 100


def test_a_group_that_has_written_nothing_yet(tmp_path: Path) -> None:
    """The file is empty then, which is a count."""
    assert written_bytes(tree(tmp_path, "")) == 0


@pytest.mark.parametrize("group", ["", "12:memory:/x\n", "9:name=systemd:/\n0::/elsewhere\n"])
def test_where_nobody_counts_nothing_is_told(tmp_path: Path, group: str) -> None:
    """Version 1 of control groups, no accounting, no /proc."""
    assert written_bytes(tree(tmp_path, "179:0 wbytes=1\n", group)) is None


def test_without_accounting_nothing_is_told(tmp_path: Path) -> None:
    """The service has no `io.stat` then."""
    assert written_bytes(tree(tmp_path / "a", None)) is None
    assert written_bytes(tmp_path / "b") is None


@example(stat="0\n\n0")
@given(stat=st.text(alphabet="0179:wbytes= \n-x.²", max_size=80))
def test_odd_words_upset_nobody(tmp_path_factory, stat: str) -> None:
    """Whatever a kernel to come writes there."""
    found = written_bytes(tree(tmp_path_factory.mktemp("odd"), stat))
    assert found is not None
    assert found >= 0
