"""How long a message takes in which one run of segments stands very often: read, mapped, written
and judged."""

import gc
import time
from collections.abc import Callable

from edigate.checks.causes import merged
from edigate.checks.law import rules
from edigate.checks.law.basis import Circumstances
from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.syntax.reader import read
from edigate.invoice import cii
from edigate.masterdata import PartnerDirectory
from tests.fuzz.mapping import TODAY
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, interchange


def seconds(run: str, times: int) -> float:
    """Processor seconds, the shortest of three; run: segments with `|` between them, `@` is the
    number of the run."""
    repeated = [
        segment.replace("@", str(n + 1)) for n in range(times) for segment in run.split("|")
    ]
    data = interchange(*HEAD, *PARTIES, *LINE, VAT19, *repeated, *SUMMARY)
    return shortest(lambda: _judge(data))


def reading(data: bytes) -> float:
    """Processor seconds of reading alone, the shortest of three."""
    return shortest(lambda: read(data))


def shortest(work: Callable[[], object], times: int = 3) -> float:
    """Processor seconds of the shortest of some runs."""
    gc.disable()  # what else the process holds is not this input's fault
    try:
        return min(_taken(work) for _ in range(times))
    finally:
        gc.enable()


def _taken(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _judge(data: bytes) -> None:
    ((found, message),) = read(data).messages()
    mapped = map_message(found, message, PartnerDirectory(), data=data)
    cii.write(mapped.invoice)
    judged = rules.check(mapped.invoice, mapped.origins, mapped.facts, Circumstances(today=TODAY))
    merged((*mapped.findings, *judged))
