"""Rows of values become a plain table that can be pasted into a note, and the machine becomes one
line."""

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The table; numbers stand to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [
        max(len(heading), *(len(row[n]) for row in cells)) for n, heading in enumerate(headings)
    ]
    numeric = [all(isinstance(row[n], int | float) for row in rows) for n in range(len(headings))]
    lines = [title, _line(headings, widths, numeric), "  ".join("-" * width for width in widths)]
    return "\n".join([*lines, *(_line(row, widths, numeric) for row in cells)])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    fitted = (
        c.rjust(w) if n else c.ljust(w) for c, w, n in zip(cells, widths, numeric, strict=True)
    )
    return "  ".join(fitted).rstrip()


def machine() -> str:
    """Cores, processor, Python, load and the moment: figures mean nothing without them."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    return f"{usable} cores, {_processor()}, Python {platform.python_version()}, load {load}, {at}"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(
                line.partition(":")[2].strip() for line in lines if line.startswith("model name")
            )
    except (OSError, StopIteration):
        return platform.machine()
