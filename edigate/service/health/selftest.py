"""The installed program on its own demo messages: every stage for real and in memory, each proven
to do its work.

Nothing is sent, and nothing written but the key of a seal that is thrown away. Must not know how
the results are shown.
"""

import io
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pikepdf

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.checks.verdict import State
from edigate.config import Settings
from edigate.edifact.syntax import reader, second
from edigate.invoice import cii
from edigate.masterdata import PartnerDirectory, read_csv
from edigate.pdf.integrity import verify
from edigate.pdf.seal.inspection import SealState
from edigate.pipeline import Conditions, Engines, Examination, JudgedMessage, Presentation
from edigate.resources import template
from edigate.service.health.diagnosis import Diagnosis, fail, ok
from edigate.service.sealing import keys

_TODAY = date(2026, 11, 20)
"""The clock of the demo's messages; the self-test says the same on every day."""

_EXPECTED = {
    "1-invoice.edi": (State.VALID,),
    "2-mixed.edi": (State.VALID, State.INVALID),
    "3-credit-note.edi": (State.VALID,),
    "4-first.edi": (State.VALID,),
    "4-second.edi": (State.VALID,),
    "5-own.edi": (State.VALID,),
}
_HELD_BY = "UST-04"
"""What holds the one invoice of the demo that lacks its tax number."""

_RELATIONSHIPS = {
    "factur-x.xml": "/Alternative",
    "original.edi": "/Source",
    "report.json": "/Supplement",
}


@dataclass(frozen=True, slots=True)
class _Specimen:
    """One demo file after its check."""

    name: str
    data: bytes
    examination: Examination


def selftest(engines: Engines) -> Iterator[Diagnosis]:
    """Prove reading, judging, drawing and repeating on the shipped messages."""
    directory = read_csv(template("demo/partners.csv").read_text("utf-8-sig"))
    specimens = [_examined(name, engines, directory) for name in _EXPECTED]
    for specimen in specimens:
        yield _verdicts(specimen)
        yield _second_opinion(specimen)
    yield _truncated(specimens[0].data)
    yield _blind(specimens[0], engines)
    yield _sealed(specimens[0])
    for specimen in specimens:
        for document in specimen.examination.documents:
            if document.state is State.VALID:
                yield from _package(specimen, document)


def _examined(name: str, engines: Engines, directory: PartnerDirectory) -> _Specimen:
    data = template(f"demo/{name}").read_bytes()
    conditions = Conditions(Circumstances(today=_TODAY), directory, {}, {})
    return _Specimen(name, data, pipeline.examine(data, engines, conditions))


def _verdicts(specimen: _Specimen) -> Diagnosis:
    documents = specimen.examination.documents
    states = tuple(d.state for d in documents)
    said = ", ".join(states)
    if states != _EXPECTED[specimen.name]:
        return _wrong(
            "verdict", f"{specimen.name}: {said}, expected {', '.join(_EXPECTED[specimen.name])}"
        )
    for document in documents:
        errors = {f.rule for f in document.report.errors}
        if document.state is State.INVALID and errors != {_HELD_BY}:
            return _wrong(
                "verdict",
                f"{specimen.name}: held by {', '.join(sorted(errors))}, expected {_HELD_BY}",
            )
        if document.mapped is None or document.mapped.coverage.lost:
            return _wrong("verdict", f"{specimen.name}: data elements were lost")
    return ok("verdict", f"{specimen.name}: {said}")


def _second_opinion(specimen: _Specimen) -> Diagnosis:
    """Our reader against pydifact, message by message, those that are no invoices too."""
    transmission = reader.read(specimen.data)
    count = 0
    for interchange, message in transmission.messages():
        reading = second.compare(specimen.data, interchange, message)
        if reading.refused:
            return _wrong(
                "second reader", f"{specimen.name}, {message.reference}: refused, {reading.refused}"
            )
        if reading.differences:
            first = reading.differences[0]
            return _wrong(
                "second reader", f"{specimen.name}: {first.ours!r} here, {first.theirs!r} there"
            )
        count += len(message.segments)
    return ok("second reader", f"{specimen.name}: {count} segments, no difference")


def _truncated(data: bytes) -> Diagnosis:
    """A file cut off before its UNZ must not be read in part."""
    if reader.read(data[: data.rindex(b"UNZ")]).readable:
        return _wrong("truncation", "a file without UNZ was taken for complete")
    return ok("truncation", "a file without UNZ is refused as a whole")


def _blind(specimen: _Specimen, engines: Engines) -> Diagnosis:
    """The official rules must still see: an invoice whose total was changed has to be held."""
    xml = specimen.examination.documents[0].xml or b""
    broken = xml.replace(b"<ram:GrandTotalAmount>", b"<ram:GrandTotalAmount>9")
    rules = {f.rule for f in engines.schematron.check(broken).findings}
    if broken == xml or "BR-CO-15" not in rules:
        return _wrong("official rules", "a wrong total was not found by BR-CO-15")
    return ok("official rules", "a wrong total is found by BR-CO-15")


def _package(specimen: _Specimen, document: JudgedMessage) -> Iterator[Diagnosis]:
    number = pipeline.identity(document).number
    created = datetime.combine(_TODAY, datetime.min.time(), UTC)
    presentation = Presentation(document_id="selftest", created_at=created)
    original = pipeline.original_of(document, specimen.data)
    first, again = (
        pipeline.draw(document, original, specimen.examination.sha256, presentation)
        for _ in ("once", "again")
    )
    if first.pdf != again.pdf:
        yield _wrong("determinism", f"{number}: the same invoice gave two different files")
    else:
        yield ok(
            "determinism",
            f"{number}: twice the same {len(first.pdf)} bytes, CRC {zlib.crc32(first.pdf):08x}",
        )
    problem = _structure(first.pdf, document, original)
    yield (
        _wrong("package", f"{number}: {problem}")
        if problem
        else ok("package", f"{number}: PDF/A-3 with its 3 files")
    )


def _sealed(specimen: _Specimen) -> Diagnosis:
    """A seal of a new key must hold, and break when one byte is changed."""
    document = specimen.examination.documents[0]
    presentation = Presentation(
        document_id="selftest", created_at=datetime.combine(_TODAY, datetime.min.time(), UTC)
    )
    with tempfile.TemporaryDirectory(prefix="edigate-selftest-") as folder:
        settings = Settings(
            hostname="selftest.example", domain="selftest.example", data=Path(folder)
        )
        sealer = keys.sealer(settings)
    original = pipeline.original_of(document, specimen.data)
    pdf = pipeline.draw(document, original, specimen.examination.sha256, presentation, sealer).pdf
    changed = bytearray(pdf)
    changed[len(pdf) // 2] ^= 1
    sound, broken = (
        verify(file, lambda _: (), frozenset({sealer.fingerprint}))
        for file in (pdf, bytes(changed))
    )
    if sound.seal.state is not SealState.INTACT or sound.problems:
        return _wrong("seal", f"a new seal is {sound.seal.state.value}")
    if broken.seal.state is SealState.INTACT:
        return _wrong("seal", "a changed byte was not noticed")
    return ok("seal", "a new seal holds, and breaks when one byte is changed")


def _structure(pdf: bytes, document: JudgedMessage, original: bytes) -> str:
    """What is wrong with the package, empty when nothing is (ISO 19005-3, 6.8; Factur-X 1.09)."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        files = {
            name: opened.attachments[name].get_file().read_bytes() for name in opened.attachments
        }
        if set(files) != set(_RELATIONSHIPS):
            return f"the attachments are {sorted(files)}"
        associated = {str(spec.UF): str(spec.AFRelationship) for spec in opened.Root.AF}
        if associated != _RELATIONSHIPS:
            return f"the associated files are {associated}"
        with opened.open_metadata() as metadata:
            if metadata.pdfa_status not in ("3A", "3B", "3U"):
                return f"the metadata claim PDF/A {metadata.pdfa_status or 'nothing'}"
    if files["original.edi"] != original:
        return "the original in it is not what was received"
    if files["factur-x.xml"] != document.xml:
        return "the XML in it is not what was checked"
    assert document.mapped is not None
    if cii.read(files["factur-x.xml"]) != document.mapped.invoice:
        return "the XML in it does not say what the invoice says"
    return ""


def _wrong(topic: str, message: str) -> Diagnosis:
    return fail(
        topic,
        message,
        "install the locked requirements again; if it stays so, report it with `--json`",
    )
