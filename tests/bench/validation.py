"""CPU per invoice of the official checks: XSD, the fast engine, the untouched stylesheet, in the
same run.

python -m tests.bench.validation
"""

import argparse
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from edigate.checks.official.artefacts import load
from edigate.checks.official.schematron import Schematron
from edigate.checks.official.xsd import XsdValidator
from edigate.invoice.cii import write
from tests.checks.invoices import of_size

SIZES = (3, 10, 50, 150, 1000, 1500)


@dataclass(frozen=True, slots=True)
class Row:
    """CPU milliseconds for one invoice of so many lines, the least seen."""

    lines: int
    xml_bytes: int
    xsd: float
    fast: float
    official: float

    @property
    def factor(self) -> float:
        """How many times the fast engine's speed is the official one's."""
        return self.official / self.fast


def cpu_ms(work: Callable[[], object], seconds: float = 1.0) -> float:
    """Least CPU time of `work` in milliseconds, tried for so many seconds of CPU, five times at
    least."""
    best, spent, runs = float("inf"), 0.0, 0
    while spent < seconds or runs < 5:
        start = time.process_time()
        work()
        used = time.process_time() - start
        best, spent, runs = min(best, used), spent + used, runs + 1
    return best * 1000


def measure(sizes: Iterable[int] = SIZES, seconds: float = 1.0) -> list[Row]:
    """Measure every size; the engines are warmed up on a small invoice first."""
    artefacts = load()
    xsd, fast, official = (
        XsdValidator(artefacts),
        Schematron(artefacts),
        Schematron(artefacts, "official"),
    )
    small = write(of_size(3)).xml
    for _ in range(30):
        fast.hits(small)
        official.hits(small)
    rows = []
    for lines in sizes:
        xml = write(of_size(lines)).xml
        rows.append(
            Row(
                lines,
                len(xml),
                cpu_ms(lambda xml=xml: xsd.check(xml), seconds),  # type: ignore[misc]
                cpu_ms(lambda xml=xml: fast.hits(xml), seconds),  # type: ignore[misc]
                cpu_ms(lambda xml=xml: official.hits(xml), seconds),  # type: ignore[misc]
            )
        )
    return rows


def peak_mib() -> float:
    """Largest resident memory of this process so far, in MiB (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def memory(rounds: int = 2000, lines: int = 50) -> tuple[float, float]:
    """Peak memory (MiB) of this process with the fast engine loaded, and after so many invoices."""
    engine = Schematron(load())
    xml = write(of_size(lines)).xml
    engine.hits(xml)
    loaded = peak_mib()
    for _ in range(rounds):
        engine.hits(xml)
    return loaded, peak_mib()


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, or the memory with --memory."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--memory", action="store_true", help="memory of one worker instead of CPU")
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds per cell")
    options = parser.parse_args(arguments)
    if options.memory:
        loaded, after = memory()
        print(
            f"peak memory with the fast engine {loaded:.0f} MiB, after 2,000 invoices of 50 lines "
            f"{after:.0f} MiB"
        )
        return
    print("lines     bytes    XSD ms   fast ms  official ms  factor")
    for row in measure(seconds=options.seconds):
        print(
            f"{row.lines:5d} {row.xml_bytes:9,d} {row.xsd:9.2f} {row.fast:9.2f} "
            f"{row.official:12.1f} {row.factor:7.1f}"
        )


if __name__ == "__main__":
    main()
