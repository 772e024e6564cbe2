"""What the running agent alone can say of itself: its last log lines, its threads and tasks, its memory."""

import asyncio
import sys
import threading
import traceback
from pathlib import Path
from types import CodeType

from agent import logs

STACK_MAX = 30


def gather(proc: Path = Path("/proc/self")) -> dict[str, str]:
    """Text by file name. To be called on the loop, which tells its tasks."""
    return {
        "agent/log.txt": "".join(f"{line}\n" for line in logs.recent()),
        "agent/threads.txt": threads(),
        "agent/tasks.txt": _tasks(),
        "agent/memory.txt": _read(proc / "status") + _read(proc / "smaps_rollup"),
        "agent/limits.txt": _read(proc / "limits"),
    }


def threads() -> str:
    """Where each thread is: files, lines and functions, no values."""
    names = {one.ident: one.name for one in threading.enumerate()}
    told = []
    for ident, frame in sorted(sys._current_frames().items()):  # noqa: SLF001  # the documented way
        places = [_place(one.f_code, line) for one, line in traceback.walk_stack(frame)]
        told.append("\n".join([f"thread {names.get(ident, '?')}:", *places[:STACK_MAX]]))
    return "\n\n".join(told) + "\n"


def _place(code: CodeType, line: int) -> str:
    return f"  {code.co_filename}:{line} {code.co_qualname}"


def _tasks() -> str:
    rows = []
    for task in sorted(asyncio.all_tasks(), key=lambda one: one.get_name()):
        places = [_place(frame.f_code, frame.f_lineno) for frame in task.get_stack(limit=3)]
        rows.append("\n".join([f"task {task.get_name()}:", *places]))
    return "\n".join(rows) + "\n"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"{path}: {error.strerror}\n"
