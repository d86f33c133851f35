"""An invoice with faults in every line: the work grows with the lines, not with their square.

Counted are the lines of Python that run, so that a busy machine changes nothing.
"""

import io
import re
import sys
from collections.abc import Callable
from datetime import date
from types import FrameType

import pytest
from rich.console import Console

from edigate import pipeline
from edigate.checks.causes import merged
from edigate.checks.law.basis import Circumstances
from edigate.masterdata import PartnerDirectory
from edigate.report import as_json, as_terminal
from edigate.report.as_html import html
from edigate.report.as_text import text
from edigate.report.letter import Circumstance, held
from tests.fixtures.cases import engines
from tests.generate import interchange, invoice

CONDITIONS = pipeline.Conditions(
    Circumstances(today=date(2026, 10, 15)), PartnerDirectory(), {}, {}
)
FEW, MANY = 40, 160


def faulty(lines: int) -> bytes:
    """Every line lacks its quantity and its name, its price is no number and its GTIN is wrong."""
    message = invoice(lines)
    for pattern, becomes in (
        (rb"QTY[^']*'\n", b""),
        (rb"IMD[^']*'\n", b""),
        (rb"PRI\+AAA:[^']*'", b"PRI+AAA:abc'"),
        (rb"LIN\+(\d+)\+\+\d+:EN", rb"LIN+\1++4012345000008:EN"),
    ):
        message = re.sub(pattern, becomes, message)
    count = message.count(b"'")
    return interchange([re.sub(rb"UNT\+\d+", b"UNT+%d" % count, message)])


def steps(work: Callable[[], object]) -> int:
    """Lines of Python that `work` runs."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def judged(lines: int) -> pipeline.Examination:
    return pipeline.examine(faulty(lines), engines(), CONDITIONS)


def renderings(examination: pipeline.Examination) -> dict[str, Callable[[], object]]:
    """What is made of a verdict, by name."""
    (document,) = examination.documents
    verdict = pipeline.verdict_of(document, examination.data, examination.sha256)
    letter = held(verdict, Circumstance(document_id="X-1", tenant="T"), "de")
    whole = pipeline.input_verdict(examination, "in.edi")
    return {
        "letter": lambda: held(verdict, Circumstance(document_id="X-1", tenant="T"), "de"),
        "text": lambda: text(letter),
        "html": lambda: html([letter]),
        "json": lambda: as_json.dump(
            pipeline.report(document, examination.data, examination.sha256)
        ),
        "terminal": lambda: as_terminal.show(Console(file=io.StringIO(), width=100), whole, "de"),
        "merged again": lambda: merged(document.report.findings),
    }


def test_judging_grows_with_the_lines() -> None:
    judged(2)  # tables that are read once
    few, many = steps(lambda: judged(FEW)), steps(lambda: judged(MANY))
    assert many < 1.25 * few * MANY / FEW, (few, many)


@pytest.mark.parametrize("name", ["letter", "text", "html", "json", "terminal", "merged again"])
def test_renderings_grow_with_the_findings(name: str) -> None:
    few, many = judged(FEW), judged(MANY)
    assert len(many.documents[0].report.findings) > 0.9 * MANY
    renderings(judged(2))[name]()
    counts = [steps(renderings(examination)[name]) for examination in (few, many)]
    assert counts[1] < 1.25 * counts[0] * MANY / FEW, counts
