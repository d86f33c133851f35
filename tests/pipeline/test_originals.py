"""The original inside a package: the input itself, or the message alone in an envelope that says
the same."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pikepdf
import pytest

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.checks.verdict import State
from edigate.edifact.syntax import reader
from edigate.findings import Finding
from edigate.masterdata import PartnerDirectory, read_csv
from tests.fixtures.cases import Case, case, engines, examined, names
from tests.in_edifact import message_of, transmission_of
from tests.pdf.extract import squeezed, text

_MOMENT = datetime(2026, 10, 16, 8, 0, tzinfo=UTC)
_SHOWN = pipeline.Presentation("0001-TEST", _MOMENT, _MOMENT, "edi@partner.example")
_EXCERPT = {"de": "einer größeren Übertragung", "en": "larger interchange"}


def _conditions(wanted: Case) -> pipeline.Conditions:
    partners = read_csv(wanted.partners) if wanted.partners else PartnerDirectory()
    return pipeline.Conditions(Circumstances(today=wanted.today), partners, {}, {})


def _drawn(wanted: Case, number: int = 0, language: str = "de") -> pipeline.Package:
    examination = examined(wanted)
    document = examination.documents[number]
    original = pipeline.original_of(document, examination.data)
    return pipeline.draw(document, original, examination.sha256, replace(_SHOWN, language=language))


def _files(pdf: bytes) -> dict[str, bytes]:
    with pikepdf.Pdf.open(io.BytesIO(pdf)) as opened:
        return {name: spec.get_file().read_bytes() for name, spec in opened.attachments.items()}


def _told(findings: tuple[Finding, ...]) -> list[tuple[object, ...]]:
    return [
        (f.rule, f.severity, f.message, f.place and f.place.index, f.line, f.count)
        for f in findings
    ]


@pytest.mark.parametrize("name", names())
def test_alone_is_one_message_in_the_whole_input(name: str) -> None:
    examination = examined(case(name))
    messages = [
        m for interchange in transmission_of(examination).interchanges for m in interchange.messages
    ]
    for document in examination.documents:
        assert document.alone is (len(messages) == 1)
        if document.alone:
            assert pipeline.original_of(document, examination.data) == examination.data


@pytest.mark.parametrize("name", names())
def test_an_excerpt_is_the_message_byte_for_byte(name: str) -> None:
    examination = examined(case(name))
    for document in examination.documents:
        original = pipeline.original_of(document, examination.data)
        assert examination.data[document.message.start : document.message.end] in original
        again = reader.read(original)
        ((interchange, message),) = again.messages()
        assert [s[:3] for s in message.segments] == [s[:3] for s in message_of(document).segments]
        assert (interchange.sender, interchange.recipient) == (
            document.interchange.sender,
            document.interchange.recipient,
        )
        assert interchange.control_reference == document.interchange.control_reference


@pytest.mark.parametrize("name", names())
def test_an_excerpt_gets_the_same_verdict(name: str) -> None:
    wanted = case(name)
    examination = examined(wanted)
    for document in examination.documents:
        original = pipeline.original_of(document, examination.data)
        (again,) = pipeline.examine(original, engines(), _conditions(wanted)).documents
        assert again.state is document.state
        assert _told(again.report.findings) == _told(document.report.findings)
        assert again.xml == document.xml
        assert pipeline.content_hash(again) == pipeline.content_hash(document)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("name", "excerpt"), [("d01b-invoice", False), ("mixed-interchange", True)]
)
def test_the_page_says_that_it_is_an_excerpt(name: str, excerpt: bool, language: str) -> None:
    package = _drawn(case(name), language=language)
    assert (squeezed(_EXCERPT[language]) in text(package.pdf)) is excerpt
    assert pipeline.sha256(package.original) in text(package.pdf)


def test_the_package_holds_xml_original_and_report() -> None:
    wanted = case("mixed-interchange")
    examination = examined(wanted)
    package = _drawn(wanted)
    files = _files(package.pdf)
    assert files["factur-x.xml"] == examination.documents[0].xml
    assert (
        files["original.edi"]
        == package.original
        == pipeline.original_of(examination.documents[0], wanted.data)
    )
    assert files["report.json"] == package.report_json


def test_a_missing_glyph_goes_into_report_and_verdict() -> None:
    data = case("charset-unow").data.replace(b"Schraube", "Schraub𓀀".encode())
    assert data != case("charset-unow").data
    conditions = pipeline.Conditions(
        Circumstances(today=date(2026, 10, 16)), PartnerDirectory(), {}, {}
    )
    examination = pipeline.examine(data, engines(), conditions)
    (document,) = examination.documents
    package = pipeline.draw(document, data, examination.sha256, _SHOWN)
    added = {f.rule for f in package.document.report.findings} - {
        f.rule for f in document.report.findings
    }
    assert len(added) == 1
    assert added.pop().encode() in package.report_json
    assert package.document.state in (State.VALID, State.INVALID)
