"""The conversion on one page: bytes -> messages -> Invoice -> factur-x.xml -> verdict -> sealed PDF/A-3.

Pure: no files, no network, no clock; the same bytes, conditions and engines give the same outcome. What a mail is,
whom a document concerns and where it is kept is the worker's business.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, localcontext
from typing import BinaryIO, Protocol

from edigate import __version__
from edigate.checks import artefacts as official
from edigate.checks import rules
from edigate.checks.artefacts import Artefacts
from edigate.checks.causes import merged
from edigate.checks.context import Circumstances
from edigate.checks.report import Report, State
from edigate.checks.schematron import Engine, NotChecked, Schematron
from edigate.checks.xsd import XsdValidator
from edigate.edifact import reader
from edigate.edifact.envelope import Bytes, single_message
from edigate.edifact.limits import Limits
from edigate.edifact.segments import Interchange, Message, Transmission
from edigate.edifact.stream import Closed, Finished, Opened, stream
from edigate.findings import Finding, Severity, Texts, finding
from edigate.invoice import cii
from edigate.invoice.model import Attachment, Identifier
from edigate.invoice.terms import term_of, walk
from edigate.mapping.deviations import Deviations
from edigate.mapping.mapper import map_message
from edigate.mapping.partners import PartnerDirectory
from edigate.mapping.result import AnnexEntry, Kind, Mapped
from edigate.mapping.values import days
from edigate.pdf.content import AnnexRow, Content, Provenance
from edigate.pdf.package import glyph_findings, package
from edigate.report import as_json
from edigate.report.sources import Account, Element, Source
from edigate.report.verdicts import Identity, InputVerdict, InterchangeVerdict, OtherMessage, Verdict, Written


class Sealer(Protocol):
    """Signs a package so that any later change shows."""

    def seal(self, pdf: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Engines:
    """What is costly to start and cheap to use: once per process."""

    artefacts: Artefacts
    xsd: XsdValidator
    schematron: Schematron

    @classmethod
    def start(cls, engine: Engine = "fast", allow_unknown: bool = False) -> "Engines":
        """Load the official rules.

        Raises: Misconfigured for unknown rule files, NotChecked when the engine does not start.
        """
        artefacts = official.load(allow_unknown)
        return cls(artefacts, XsdValidator(artefacts), Schematron(artefacts, engine))


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a verdict depends on besides the bytes. deviations: by UNB sender id or GLN of the partner."""

    circumstances: Circumstances
    partners: PartnerDirectory
    deviations: Mapping[str, Deviations]
    charsets: Mapping[str, str]
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Document:
    """One INVOIC: what was read, mapped and found. mapped and xml are None when the message could not be used.

    alone: the input holds this one message and nothing else, so that the input itself is the original.
    """

    interchange: Interchange
    message: Message
    mapped: Mapped | None
    xml: bytes | None
    report: Report
    alone: bool = False

    @property
    def state(self) -> State:
        """The verdict in one word."""
        return self.report.state

    def with_findings(self, added: tuple[Finding, ...], state: State | None = None) -> "Document":
        """The document with findings that were made outside the message (duplicates, missing glyphs)."""
        findings = merged((*self.report.findings, *added))
        held = any(f.severity is Severity.ERROR for f in added)
        now = state or (State.INVALID if held and self.state is State.VALID else self.state)
        return replace(self, report=replace(self.report, findings=findings, state=now))


@dataclass(frozen=True, slots=True)
class Examination:
    """One input, read and judged. documents holds every INVOIC in order; nothing of an unreadable input is judged."""

    data: bytes
    sha256: str
    transmission: Transmission
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Presentation:
    """What the page shows of the way the document came. created_at is aware UTC: the only date the file knows."""

    document_id: str
    created_at: datetime
    received_at: datetime | None = None
    received_from: str | None = None
    language: str = "de"
    logo: bytes | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A finished package, and the document with the findings that drawing the page added."""

    pdf: bytes
    original: bytes
    report_json: bytes
    document: Document


def examine(data: bytes, engines: Engines, conditions: Conditions) -> Examination:
    """Read everything in `data` and judge every INVOIC in it."""
    found = opened(data, conditions)
    documents = tuple(
        document_of(found, interchange, message, engines, conditions)
        for interchange, message in (found.transmission.messages() if found.transmission.readable else ())
        if message.type == "INVOIC"
    )
    return replace(found, documents=documents)


def opened(data: bytes, conditions: Conditions) -> Examination:
    """Read everything in `data` and judge nothing yet."""
    transmission = reader.read(data, conditions.limits, only={"INVOIC"}, charsets=conditions.charsets)
    return Examination(data, sha256(data), transmission, ())


def document_of(
    examination: Examination, interchange: Interchange, message: Message, engines: Engines, conditions: Conditions
) -> Document:
    """Judge one INVOIC of an input that was opened."""
    alone = sum(len(i.messages) for i in examination.transmission.interchanges) == 1
    return replace(judge(interchange, message, engines, conditions, examination.data), alone=alone)


def judged(
    source: BinaryIO, data: Bytes, engines: Engines, conditions: Conditions
) -> Iterator[Opened | Document | Message | Closed | Finished]:
    """The same for an input of any size, in constant memory: what the reader's stream gives, with every INVOIC judged.

    data: the same input by slices. What comes before `Finished` is provisional: nothing of a truncated input may be
    used.
    """
    interchange: Interchange | None = None
    for event in stream(source, conditions.limits, only={"INVOIC"}, charsets=conditions.charsets):
        if isinstance(event, Opened):
            interchange = event.interchange
        if isinstance(event, Message) and event.type == "INVOIC" and interchange is not None:
            yield judge(interchange, event, engines, conditions, data)
        else:
            yield event


def judge(
    interchange: Interchange, message: Message, engines: Engines, conditions: Conditions, data: Bytes
) -> Document:
    """Judge one INVOIC: mapping, XML schema, official Schematron, German law, in this order.

    data: the input the message was read from (packages of objects stand outside the message).
    """
    versions = engines.artefacts.in_report()
    findings = message.findings
    if not message.readable:
        report = Report(_state(interchange, None, findings), merged(findings), versions)
        return Document(interchange, message, None, None, report)
    mapped = map_message(interchange, message, conditions.partners, _deviations(interchange, message, conditions), data)
    findings += mapped.findings
    written = cii.write(mapped.invoice)
    findings += tuple(
        finding("CHK-02", place=mapped.origins.place(path), term=term_of(path)) for path in written.altered
    )
    if mapped.kind is Kind.INVOICE:
        try:
            findings += _validated(written, mapped, engines)
        except NotChecked as reason:
            findings += (finding("CHK-01", reason=reason.message),)
            return Document(
                interchange, message, mapped, written.xml, Report(State.NOT_CHECKED, merged(findings), versions)
            )
        # Numbers of 40 digits are read, so their products need 80: the rules must not be stopped by rounding.
        with localcontext(prec=100):
            findings += rules.check(
                mapped.invoice, mapped.origins, mapped.facts, conditions.circumstances, mapped.coverage.lost
            )
    report = Report(_state(interchange, mapped, findings), merged(findings), versions)
    return Document(interchange, message, mapped, written.xml, report)


def _validated(written: cii.CiiDocument, mapped: Mapped, engines: Engines) -> tuple[Finding, ...]:
    """XSD and Schematron; the Schematron is skipped only where the XSD already holds the invoice for content the
    engine cannot compute with.

    Raises: NotChecked.
    """
    schema = engines.xsd.check(written.xml, written.paths, mapped.origins)
    try:
        return (*schema, *engines.schematron.check(written.xml, written.paths, mapped.origins).findings)
    except NotChecked:
        if any(f.severity is Severity.ERROR for f in schema):
            return schema
        raise


def _deviations(interchange: Interchange, message: Message, conditions: Conditions) -> Deviations:
    """Those of the UNB sender, else of the first party named in the message that has some."""
    known = conditions.deviations
    if interchange.sender in known or not known:
        return known.get(interchange.sender, Deviations())
    parties = (s.value(2) for s in message.segments if s.tag == "NAD")
    return next((known[gln] for gln in parties if gln in known), Deviations())


def _state(interchange: Interchange, mapped: Mapped | None, findings: tuple[Finding, ...]) -> State:
    if interchange.test:
        return State.TEST
    if mapped is not None and mapped.kind is not Kind.INVOICE:
        return State.NOT_AN_INVOICE
    if mapped is None or any(f.severity is Severity.ERROR for f in findings):
        return State.INVALID
    return State.VALID


def original_of(document: Document, data: Bytes) -> bytes:
    """The EDIFACT original of one document: the input exactly as received when it holds nothing else, otherwise the
    exact bytes of the message in an envelope of its own, with counts of 1."""
    return (
        data
        if document.alone and isinstance(data, bytes)
        else single_message(data, document.interchange, document.message)
    )


def draw(
    document: Document,
    original: bytes,
    input_sha256: str,
    presentation: Presentation,
    sealer: Sealer | None = None,
) -> Package:
    """Make the PDF/A-3 package of a valid document; a glyph that is missing is a finding.

    original: as `original_of` gives it. input_sha256: of the whole input it came in.
    """
    assert document.mapped is not None
    assert document.xml is not None
    found = glyph_findings(_content(document, original, input_sha256, b"", presentation))
    if found:
        document = document.with_findings(found)
    report_json = as_json.dump(report(document, original, input_sha256))
    pdf = package(_content(document, original, input_sha256, report_json, presentation))
    return Package(sealer.seal(pdf) if sealer else pdf, original, report_json, document)


def _content(
    document: Document, original: bytes, input_sha256: str, report_json: bytes, presentation: Presentation
) -> Content:
    mapped, xml, interchange = document.mapped, document.xml, document.interchange
    assert mapped is not None
    assert xml is not None
    return Content(
        invoice=mapped.invoice,
        origins=mapped.origins,
        annex=tuple(annex_row(entry, presentation.language) for entry in mapped.annex),
        findings=document.report.findings,
        provenance=Provenance(
            document_id=presentation.document_id,
            interchange_reference=interchange.control_reference,
            message_reference=document.message.reference,
            message_version=document.message.version,
            sender=interchange.sender,
            recipient=interchange.recipient,
            received_at=presentation.received_at,
            received_from=presentation.received_from,
            original_sha256=sha256(original),
            xml_sha256=sha256(xml),
            interchange_sha256=input_sha256,
            excerpt=not document.alone,
            edigate_version=__version__,
            artefacts={k: v for k, v in document.report.artefacts.items() if not k.startswith("sha256:")},
        ),
        xml=xml,
        original=original,
        report_json=report_json,
        created_at=presentation.created_at,
        language=presentation.language,
        logo=presentation.logo,
    )


def annex_row(entry: AnnexEntry, language: str) -> AnnexRow:
    """An entry of the annex as the page shows it. language: `de`, `en` or `de+en`."""
    text, _, code = entry.value.rpartition(":")
    return AnnexRow(
        entry.label_en if language == "en" else entry.label_de,
        entry.value,
        f"{entry.place.index} {entry.place.tag}",
        entry.line,
        label_en=entry.label_en if language == "de+en" else "",
        days=days(text, code) if entry.place.tag == "DTM" and text else None,
    )


def report(document: Document, original: bytes, input_sha256: str, file: str = "original.edi") -> Mapping[str, object]:
    """The report of one document: the JSON of `check` with this INVOIC alone."""
    interchange = document.interchange
    verdict = InterchangeVerdict(
        interchange.control_reference,
        interchange.sender,
        interchange.recipient,
        interchange.test,
        (verdict_of(document, original, input_sha256),),
        interchange.findings,
    )
    versions = document.report.artefacts
    return as_json.envelope(versions, [as_json.input_json(InputVerdict(file, True, (verdict,)))])


def verdict_of(document: Document, original: bytes, input_sha256: str) -> Verdict:
    """The document as the renderings show it."""
    return Verdict(
        reference=document.message.reference,
        version=document.message.version,
        identity=identity(document),
        report=document.report,
        segments=tuple(s.text for s in document.message.segments),
        original_sha256=sha256(original),
        interchange_sha256=input_sha256,
    )


def detailed(document: Document, verdict: Verdict, *, coverage: bool, provenance: bool) -> Verdict:
    """The verdict with the account of the message's data elements and the origin of every term, as far as wanted."""
    if document.mapped is None:
        return verdict
    mapped = document.mapped
    if coverage:
        found = mapped.coverage
        annex = tuple(Element(e.place, e.value, Texts(e.label_de, e.label_en), e.line) for e in mapped.annex)
        lost = tuple(Element(place, value, None, None, e, c) for place, e, c, value in found.lost)
        account = Account(found.mapped, found.annexed, found.envelope, annex, lost)
        verdict = replace(verdict, account=account)
    if provenance:
        verdict = replace(verdict, sources=tuple(_sources(mapped)))
    return verdict


def _sources(mapped: Mapped) -> Iterator[Source]:
    for path, term, value in walk(mapped.invoice):
        origin = mapped.origins.get(path)
        kind = origin.kind.value if origin is not None else None
        places, note = (origin.places, origin.note) if origin is not None else ((), None)
        yield Source(path, term, _shown(value), kind, places, note)


def _shown(value: object) -> str:
    """A term's value as text: numbers plain, identifiers without their scheme, attachments by name."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Identifier):
        return value.value
    return value.filename or "" if isinstance(value, Attachment) else str(value)


def input_verdict(
    examination: Examination,
    file: str,
    written: Mapping[int, Written] | None = None,
    *,
    coverage: bool = False,
    provenance: bool = False,
) -> InputVerdict:
    """The whole input as the renderings show it. written: number of the document in it (from 0) -> its files.

    coverage, provenance: with the account of data elements, with the origin of every term.
    """
    documents = iter(enumerate(examination.documents))
    readable = examination.transmission.readable
    interchanges = []
    for interchange in examination.transmission.interchanges:
        messages: list[Verdict | OtherMessage] = []
        for message in interchange.messages:
            if message.type == "INVOIC" and readable:
                number, document = next(documents)
                original = original_of(document, examination.data)
                verdict = verdict_of(document, original, examination.sha256)
                verdict = detailed(document, verdict, coverage=coverage, provenance=provenance)
                files = (written or {}).get(number, Written())
                messages.append(replace(verdict, pdf=files.pdf, xml=files.xml))
            else:
                messages.append(OtherMessage(message.reference, message.type, message.version, message.findings))
        interchanges.append(
            InterchangeVerdict(
                interchange.control_reference,
                interchange.sender,
                interchange.recipient,
                interchange.test,
                tuple(messages),
                interchange.findings,
            )
        )
    return InputVerdict(file, readable, tuple(interchanges), examination.transmission.findings)


def why_unreadable(transmission: Transmission) -> tuple[Finding, ...]:
    """Everything that reading an unusable input found, wherever it stands."""
    found = [*transmission.findings]
    for interchange in transmission.interchanges:
        found += interchange.findings
        found += (f for message in interchange.messages for f in message.findings)
    return merged(found)


def identity(document: Document) -> Identity:
    """How people recognise the document."""
    if document.mapped is None:
        bgm = next((s for s in document.message.segments if s.tag == "BGM"), None)
        return Identity(number=bgm.value(2), type_code=bgm.value(1)) if bgm else Identity()
    invoice, facts = document.mapped.invoice, document.mapped.facts
    totals = invoice.totals
    return Identity(
        number=invoice.number or "",
        type_code=invoice.type_code or facts.document_code,
        issue_date=invoice.issue_date.isoformat() if invoice.issue_date else "",
        currency=invoice.currency_code or "",
        net="" if totals.tax_exclusive is None else f"{totals.tax_exclusive:f}",
        tax="" if totals.tax_total is None else f"{totals.tax_total:f}",
        gross="" if totals.tax_inclusive is None else f"{totals.tax_inclusive:f}",
        seller=invoice.seller.name or "",
        seller_id=facts.seller_gln or next((i.value for i in invoice.seller.identifiers), ""),
        seller_vat=invoice.seller.vat_identifier or "",
        buyer=invoice.buyer.name or "",
        buyer_id=facts.buyer_gln or (invoice.buyer.identifier.value if invoice.buyer.identifier else ""),
        buyer_vat=invoice.buyer.vat_identifier or "",
        order=invoice.purchase_order_reference or "",
    )


def supplier_key(document: Document) -> str:
    """What identifies the supplier in duplicate checks: VAT id, else GLN, else UNB sender."""
    who = identity(document)
    return who.seller_vat or who.seller_id or document.interchange.sender


def content_hash(message: Message) -> str:
    """SHA-256 over what makes two invoices the same: the segments between UNH and UNT without BGM 1225.

    A message sent again never has identical bytes (references, preparation time), but identical content.
    """
    digest = hashlib.sha256()
    for segment in message.segments[1:-1]:
        elements = segment.elements[:2] if segment.tag == "BGM" else segment.elements
        digest.update(repr((segment.tag, elements, segment.repeats)).encode())
    return digest.hexdigest()


def sha256(content: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(content).hexdigest()
