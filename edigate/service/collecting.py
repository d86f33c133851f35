"""How often Python looks for garbage in a process that makes many short-lived values from one invoice."""

import gc

_ALLOCATIONS = 20_000
"""New objects after which Python looks for garbage; its own 700 is for programs that make few."""


def keep_loaded() -> None:
    """What is loaded now stays: to look through it for garbage again and again takes a quarter of a long invoice's
    time. Called once, when the engines have started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)
