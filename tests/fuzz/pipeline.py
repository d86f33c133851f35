"""The whole way of an input: schema, official rules, report and, where the invoice is valid, the package."""

import json
import random
from collections.abc import Collection
from datetime import UTC, datetime

from edigate import pipeline
from edigate.checks.context import Circumstances
from edigate.checks.report import State
from edigate.edifact.reader import read
from edigate.mapping.partners import PartnerDirectory
from edigate.report import as_json
from tests.fixtures.cases import engines
from tests.fuzz import mapping

BUDGET = 2.0
"""Seconds of processor time per 10 kB, for everything but the page."""
LIMIT = mapping.LIMIT
_SHOWN = pipeline.Presentation("0" * 26, datetime(2026, 10, 16, 12, tzinfo=UTC))


def seeds() -> list[bytes]:
    """Fixtures and samples."""
    return mapping.seeds()


def words() -> list[bytes]:
    """As for the mapping."""
    return mapping.words()


def mutated(data: bytes, random_: random.Random) -> bytes:
    """As for the mapping."""
    return mapping.mutated(data, random_)


def check(data: bytes) -> Collection[str]:
    """Judged without an exception and to the end; what is reported is JSON; what is valid has a package."""
    partners: dict[str, object] = {}
    first = read(data, only={"INVOIC"})
    for _, message in first.messages():
        partners |= mapping.partners(message)
    conditions = pipeline.Conditions(
        Circumstances(today=mapping.TODAY),
        PartnerDirectory(partners),  # type: ignore[arg-type]
        {},
        {},
    )
    examination = pipeline.examine(data, engines(), conditions)
    seen: set[str] = set()
    for document in examination.documents:
        assert document.state is not State.NOT_CHECKED, document.report.findings
        mapping.sound(document.report.findings, document.message, data)
        assert not {"XSD-SYNTAX"} & {f.rule for f in document.report.findings}
        seen |= {f"{f.rule} {f.term}" for f in document.report.findings} | {document.state.value}
    shown = as_json.input_json(pipeline.input_verdict(examination, "in.edi"))
    assert json.loads(json.dumps(shown)) is not None
    for document in examination.documents:
        if document.state is State.VALID:
            original = pipeline.original_of(document, data)
            package = pipeline.draw(document, original, examination.sha256, _SHOWN)
            assert package.pdf.startswith(b"%PDF-")
    return seen
