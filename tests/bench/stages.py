"""CPU of every stage an invoice goes through, at three sizes: the least and the median of many
rounds.

    python -m tests.bench.stages [--quick]

CPU and not time, so that a busy machine changes little; the least is what the code costs, the
median what it cost today.
"""

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from edigate import pipeline
from edigate.checks.causes import merged
from edigate.checks.law import rules
from edigate.checks.law.basis import Circumstances
from edigate.checks.official.schematron import Schematron
from edigate.checks.verdict import Report, State
from edigate.config import Settings
from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.syntax import reader
from edigate.edifact.wing import EDIFACT
from edigate.invoice import cii
from edigate.masterdata import PartnerDirectory
from edigate.pdf.package import glyph_findings, package
from edigate.pipeline.packaging import page_content
from edigate.report import as_json
from edigate.service.conversion.collecting import keep_loaded
from edigate.service.sealing import keys
from edigate.source import Deviations
from tests.bench.table import table
from tests.generate import interchange, invoice

SIZES = (10, 150, 1500)
AT = datetime(2026, 10, 15, 9, 30, tzinfo=UTC)
PRESENTATION = pipeline.Presentation("01JADT6Z3K7Q-1", AT, AT, "edi@partner.example")
CONDITIONS = pipeline.Conditions(
    Circumstances(today=date(2026, 10, 15)), PartnerDirectory(), {}, {}
)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds of one stage."""

    stage: str
    least: float
    median: float


class Clock:
    """CPU time of the stages of one round: `lap` ends a stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.process_time()

    def lap(self, stage: str) -> None:
        """The time since the last lap goes to `stage`."""
        self.laps[stage] = (time.process_time() - self._last) * 1000
        self._last = time.process_time()


def round_of(data: bytes, engines: pipeline.Engines, sealer: pipeline.Sealer) -> dict[str, float]:
    """One invoice through every stage, as the pipeline goes, with the time of each.

    Each round begins with the bytes: a stage measured again and again on the same values would find
    them in caches that a real one never has.
    """
    clock = Clock()
    (interchange,) = reader.read(data, only={"INVOIC"}).interchanges
    (message,) = interchange.messages
    clock.lap("read")
    mapped = map_message(interchange, message, CONDITIONS.partners, Deviations())
    clock.lap("map")
    written = cii.write(mapped.invoice)
    clock.lap("write XML")
    found = (*mapped.findings, *engines.xsd.check(written.xml, written.paths, mapped.origins))
    clock.lap("XSD")
    found += engines.schematron.check(written.xml, written.paths, mapped.origins).findings
    clock.lap("Schematron, fast")
    found += rules.check(
        mapped.invoice, mapped.origins, mapped.facts, CONDITIONS.circumstances, mapped.coverage.lost
    )
    clock.lap("law rules")
    verdict = Report(State.VALID, merged(found), engines.artefacts.in_report())
    document = pipeline.JudgedMessage(
        EDIFACT, interchange, message, mapped, written.xml, verdict, alone=True
    )
    digest = pipeline.sha256(data)
    report = as_json.dump(pipeline.report(document, data, digest))
    clock.lap("merge, report")
    content = page_content(document, data, digest, report, PRESENTATION)
    assert not glyph_findings(content)
    pdf = package(content)
    clock.lap("page, PDF/A-3")
    sealer.seal(pdf)
    clock.lap("seal")
    return clock.laps


def costs(
    lines: int, engines: pipeline.Engines, official: Schematron | None, seconds: float
) -> list[Cost]:
    """Every stage for an invoice of so many lines, and the whole. seconds: CPU for all rounds, five
    at least."""
    data = interchange([invoice(lines)])
    rounds: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        sealer = keys.sealer(
            Settings(hostname="gw.edi.example", domain="edi.example", data=Path(folder))
        )
    while len(rounds) < 6 or sum(sum(laps.values()) for laps in rounds) < seconds * 1000:
        rounds.append(round_of(data, engines, sealer))
        clock = Clock()
        (document,) = pipeline.examine(data, engines, CONDITIONS).documents
        assert document.state is State.VALID, document.report.findings
        pipeline.draw(
            document,
            pipeline.original_of(document, data),
            pipeline.sha256(data),
            PRESENTATION,
            sealer,
        )
        clock.lap("the whole, by the pipeline")
        if official is not None:
            assert document.xml is not None
            official.check(document.xml)
            clock.lap("(Schematron, official)")
        rounds[-1] |= clock.laps
    counted = {stage: [laps[stage] for laps in rounds[1:]] for stage in rounds[0]}
    return [Cost(stage, min(found), statistics.median(found)) for stage, found in counted.items()]


def faulty(lines: int) -> bytes:
    """An interchange whose every line lacks its quantity: as many findings as there are lines, and
    more."""
    message = re.sub(rb"QTY[^']*'\n", b"", invoice(lines))
    count = message.count(b"'")
    return interchange([re.sub(rb"UNT\+\d+", b"UNT+%d" % count, message)])


def held(lines: int, engines: pipeline.Engines, seconds: float) -> tuple[float, float, int]:
    """Least and median CPU ms of judging a faulty invoice, and its findings."""
    data = faulty(lines)
    rounds: list[float] = []
    while len(rounds) < 3 or sum(rounds) < seconds * 1000:
        clock = Clock()
        (document,) = pipeline.examine(data, engines, CONDITIONS).documents
        clock.lap("all")
        rounds.append(clock.laps["all"])
    assert document.state is State.INVALID
    return min(rounds), statistics.median(rounds), len(document.report.findings)


def figures(*, quick: bool = False, sizes: Iterable[int] = SIZES) -> Iterator[str]:
    """The table of all sizes."""
    engines = pipeline.Engines.start()
    official = None if quick else Schematron(engines.artefacts, "official")
    seconds = 1.0 if quick else 6.0
    warm = interchange([invoice(10)])
    for _ in range(30):  # both engines get faster while they run
        (document,) = pipeline.examine(warm, engines, CONDITIONS).documents
        if official is not None and document.xml is not None:
            official.hits(document.xml)
    keep_loaded()
    found = {lines: costs(lines, engines, official, seconds) for lines in sizes}
    headings = ["CPU ms"] + [
        f"{lines:,} lines {word}" for lines in found for word in ("min", "median")
    ]
    rows = [
        [
            name,
            *(
                value
                for found_costs in found.values()
                for value in (found_costs[n].least, found_costs[n].median)
            ),
        ]
        for n, name in enumerate(c.stage for c in next(iter(found.values())))
    ]
    yield table("Stages of one invoice", headings, rows)
    judged = [(lines, *held(lines, engines, seconds / 6)) for lines in sizes]
    yield table(
        "Judging an invoice with a fault in every line",
        ("lines", "min ms", "median ms", "findings"),
        judged,
    )


if __name__ == "__main__":
    for text in figures(quick="--quick" in sys.argv):
        print(text)
