"""A further input syntax is one further entry of a list: a made-up one, whose messages are lines,
goes the whole way to a package."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from io import BytesIO
from typing import BinaryIO

import pytest

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.checks.verdict import State
from edigate.edifact.wing import EDIFACT
from edigate.findings import Finding, Place
from edigate.invoice.origin import Origin, OriginKind, Origins
from edigate.masterdata import PartnerDirectory
from edigate.pipeline import syntaxes
from edigate.slices import Bytes
from edigate.source import Agreed, AnnexEntry, Mapped, Survey, Wanted
from tests.fixtures.cases import case, engines, examined

_BEGINNING = b"TALLY|"
_SHOWN = pipeline.Presentation("0001-TEST", datetime(2026, 10, 16, 12, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Slip:
    """A line: `TALLY|number`, everything else of it being agreed."""

    reference: str
    start: int
    end: int
    number: int
    type: str = "TALLY"
    version: str = "1"
    findings: tuple[Finding, ...] = ()
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of lines."""

    slips: tuple[Slip, ...]
    control_reference: str = ""
    sender: str = "tally"
    recipient: str = "tally"
    test: bool = False
    findings: tuple[Finding, ...] = ()
    number: int = 1
    closed: bool = True

    @property
    def place(self) -> Place:
        return Place(0, "TALLY", "", 0, 0)

    def with_findings(self, findings: tuple[Finding, ...]) -> "Sheet":
        return replace(self, findings=findings)

    def units(self) -> tuple[Slip, ...]:
        return self.slips


@dataclass(frozen=True, slots=True)
class Binder:
    interchanges: tuple[Sheet, ...]
    findings: tuple[Finding, ...] = ()
    readable: bool = True


class Tally:
    """The made-up syntax."""

    name = "tally"

    def __init__(self, model: Mapped) -> None:
        self.model = model

    def recognises(self, beginning: bytes) -> bool:
        return beginning.startswith(_BEGINNING)

    def read(self, data: bytes, charsets: Mapping[str, str]) -> Binder:
        return Binder((Sheet(tuple(_slips(BytesIO(data)))),))

    def survey(self, source: BinaryIO, data: Bytes, charsets: Mapping[str, str]) -> Survey:
        return Survey(self, (Sheet(()),), (sum(1 for _ in source),), (), True)

    def messages(
        self, source: BinaryIO, survey: Survey, charsets: Mapping[str, str], wanted: Wanted
    ) -> Iterator[tuple[Sheet, Slip, bool]]:
        for slip in _slips(source):
            yield Sheet(()), slip, wanted(1, slip.number)

    def remains(self, source: BinaryIO, survey: Survey, charsets: Mapping[str, str]) -> Binder:
        return Binder((Sheet(tuple(_slips(source))),))

    def may_be_invoice(self, interchange: Sheet, message: Slip) -> bool:
        return True

    def is_invoice(self, message: Slip) -> bool:
        return True

    def doubts(self, data: Bytes, interchange: Sheet, message: Slip) -> tuple[Finding, ...]:
        return ()

    def mapped(self, data: Bytes, interchange: Sheet, message: Slip, agreed: Agreed) -> Mapped:
        place = Place(1, "TALLY", message.reference, message.start, message.end)
        origins = {path: Origin(OriginKind.SEGMENT, (place,)) for path in self.model.origins}
        invoice = replace(self.model.invoice, number=message.reference)
        return replace(
            self.model, invoice=invoice, origins=Origins(origins, self.name), annex=(), findings=()
        )

    def placed(self, findings: tuple[Finding, ...], message: Slip) -> tuple[Finding, ...]:
        return findings

    def parties(self, message: Slip) -> Iterator[str]:
        return iter(())

    def lines(self, message: Slip) -> tuple[str, ...]:
        return (f"TALLY|{message.reference}",)

    def heading(self, message: Slip) -> tuple[str, str]:
        return message.reference, "380"

    def days(self, entry: AnnexEntry) -> tuple[date, date] | None:
        return None

    def content_hash(self, message: Slip) -> str:
        return hashlib.sha256(message.reference.encode()).hexdigest()

    def original(self, data: Bytes, interchange: Sheet, message: Slip) -> bytes:
        return data[message.start : message.end]


def _slips(source: BinaryIO) -> Iterator[Slip]:
    start = 0
    for number, line in enumerate(source, 1):
        reference = line.removeprefix(_BEGINNING).strip().decode()
        yield Slip(reference, start, start + len(line), number)
        start += len(line)


DATA = b"TALLY|T-1\nTALLY|T-2\nTALLY|T-3\n"


@pytest.fixture
def conditions(monkeypatch: pytest.MonkeyPatch) -> pipeline.Conditions:
    """The made-up syntax stands in the list, and nowhere else."""
    model = next(
        d for d in examined(case("d96a-invoice")).documents if d.state is State.VALID
    ).mapped
    assert model is not None
    monkeypatch.setattr(syntaxes, "SYNTAXES", [EDIFACT, Tally(model)])
    day = Circumstances(today=case("d96a-invoice").today)
    return pipeline.Conditions(day, PartnerDirectory(), {}, {})


def test_a_syntax_in_the_list_is_converted_to_packages(conditions: pipeline.Conditions) -> None:
    examination = pipeline.examine(DATA, engines(), conditions)
    assert [d.state for d in examination.documents] == [State.VALID] * 3
    for number, document in enumerate(examination.documents, 1):
        original = pipeline.original_of(document, DATA)
        made = pipeline.draw(document, original, examination.sha256, _SHOWN)
        assert made.original == b"TALLY|T-%d\n" % number
        assert made.pdf.startswith(b"%PDF")
        assert f'"reference": "T-{number}"' in made.report_json.decode()
        assert pipeline.identity(document).number == f"T-{number}"
    assert len({pipeline.content_hash(d) for d in examination.documents}) == 3


def test_its_stream_gives_the_same_documents(conditions: pipeline.Conditions) -> None:
    survey = pipeline.surveyed(BytesIO(DATA), DATA, conditions)
    found = pipeline.judged(BytesIO(DATA), DATA, survey, engines(), conditions)
    documents = pipeline.examine(DATA, engines(), conditions).documents
    streamed = [d for _, _, d in found if isinstance(d, pipeline.JudgedMessage)]
    assert [(d.message, d.xml, d.report) for d in streamed] == [
        (d.message, d.xml, d.report) for d in documents
    ]


def test_what_no_syntax_recognises_is_read_by_the_first(conditions: pipeline.Conditions) -> None:
    found = pipeline.opened(b"nothing at all", conditions)
    assert found.syntax is EDIFACT
    assert [f.rule for f in found.transmission.findings][:2] == ["EDI-04", "EDI-01"]
    assert pipeline.opened(DATA, conditions).syntax.name == "tally"
