"""What a worker's memory is used for: how often Python looks for garbage, and what goes back to the
system."""

import contextlib
import ctypes
import gc
import resource
from pathlib import Path

_ALLOCATIONS = 20_000
"""New objects after which Python looks for garbage; its own 700 is for programs that make few."""
_OWN_ACCOUNT = Path("/proc/self/statm")


def keep_loaded() -> None:
    """What is loaded now stays: to look through it for garbage again and again takes a quarter of a
    long invoice's time. Called once, when the engines have started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)


def give_back() -> None:
    """What a large job left over goes back to the system, as far as the C library can do that
    (glibc can)."""
    gc.collect()
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def resident() -> int:
    """Bytes of this process that are in memory now; 0 on systems that do not say."""
    if not _OWN_ACCOUNT.exists():
        return 0
    return int(_OWN_ACCOUNT.read_text("ascii").split()[1]) * resource.getpagesize()
