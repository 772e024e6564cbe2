"""Keeps the panel small: its threads share two arenas of the C library's allocator instead of one each.

Each arena keeps what was freed in it. Measured after forty pages were renewed at once: 46 MB without, 37 MB with.
"""

import ctypes

M_ARENA_MAX = -8
"""glibc's malloc.h."""
ARENAS = 2


def share_arenas() -> None:
    """To be called before the first thread; does nothing where the C library is another one."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
