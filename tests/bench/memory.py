"""Memory and CPU of the processes of a running gateway, from Linux's own account of them.

    python -m tests.bench.memory [--quick]

RSS counts shared pages in every process that has them; PSS shares them out, so that PSS can be
added up.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.gateway import Gateway
from tests.bench.table import table

_MIB = 1024


@dataclass(frozen=True, slots=True)
class Usage:
    """Memory in MiB, CPU in seconds since the start."""

    rss: float
    peak: float
    pss: float
    cpu: float


def usage(pid: int) -> Usage:
    """What a process uses now. Raises: OSError when it is gone, or on a system without /proc."""
    status = _kilobytes(f"/proc/{pid}/status")
    shared = _kilobytes(f"/proc/{pid}/smaps_rollup")
    ticks = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    cpu = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
    return Usage(status["VmRSS"] / _MIB, status["VmHWM"] / _MIB, shared["Pss"] / _MIB, cpu)


def _kilobytes(path: str) -> dict[str, int]:
    found = {}
    for line in Path(path).read_text("ascii").splitlines():
        name, _, value = line.partition(":")
        if value.endswith(" kB"):
            found[name] = int(value.split()[0])
    return found


def ready(gateway: Gateway, workers: int) -> list[int]:
    """Process ids of the workers once all of them have said that they are ready."""
    deadline = time.monotonic() + 60
    while sum(event.get("event") == "worker.ready" for event in gateway.events()) < workers:
        if time.monotonic() > deadline:
            raise TimeoutError("the workers are not ready")
        time.sleep(0.1)
    return gateway.workers()


def rows(gateway: Gateway, when: str) -> Iterator[tuple[str, float, float, float]]:
    """One row for each process: RSS, its peak, PSS."""
    pids = {
        "daemon": gateway.process.pid,
        **{f"worker {n}": pid for n, pid in enumerate(gateway.workers(), 1)},
    }
    for name, pid in pids.items():
        found = usage(pid)
        yield (f"{name}, {when}", found.rss, found.peak, found.pss)


HEADINGS = ("memory, MiB", "RSS", "peak RSS", "PSS")


def figures(*, quick: bool = False) -> Iterator[str]:
    """A gateway that has only been started; what it takes under load stands with the throughput."""
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(Path(folder), workers=2)
        try:
            gateway.start()
            ready(gateway, 2)
            time.sleep(0.5 if quick else 3.0)
            yield table("Memory of an idle gateway", HEADINGS, list(rows(gateway, "idle")))
            gateway.stop()
        finally:
            gateway.kill()


if __name__ == "__main__":
    for text in figures(quick="--quick" in sys.argv):
        print(text)
