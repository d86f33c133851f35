"""Judged documents -> the verdicts that terminal, JSON and letters show. How they look is not known
here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from edigate.findings import Texts
from edigate.invoice.codes import SELF_BILLED
from edigate.invoice.model import Attachment, Identifier
from edigate.invoice.terms import walk
from edigate.pipeline.document import Examination, JudgedMessage, original_of, sha256
from edigate.pipeline.judging import concerns_invoices
from edigate.report import as_json
from edigate.report.presentation import (
    Identity,
    InputVerdict,
    InterchangeVerdict,
    OtherMessage,
    Verdict,
    WrittenFiles,
)
from edigate.report.sources import Accounting, OtherElement, TermSource
from edigate.source import Mapped


def report(
    document: JudgedMessage, original: bytes, input_sha256: str, file: str = "original.edi"
) -> Mapping[str, object]:
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


def verdict_of(document: JudgedMessage, original: bytes, input_sha256: str) -> Verdict:
    """The document as the renderings show it."""
    return Verdict(
        reference=document.message.reference,
        type=document.message.type,
        version=document.message.version,
        identity=identity(document),
        report=document.report,
        segments=document.syntax.lines(document.message),
        original_sha256=sha256(original),
        interchange_sha256=input_sha256,
    )


def detailed(
    document: JudgedMessage, verdict: Verdict, *, coverage: bool, provenance: bool
) -> Verdict:
    """The verdict with the account of the message's data elements and the origin of every term, as
    far as wanted."""
    if document.mapped is None:
        return verdict
    mapped = document.mapped
    if coverage:
        found = mapped.coverage
        annex = tuple(
            OtherElement(e.place, e.value, Texts(e.label_de, e.label_en), e.line)
            for e in mapped.annex
        )
        lost = tuple(
            OtherElement(place, value, None, None, e, c) for place, e, c, value in found.lost
        )
        account = Accounting(found.mapped, found.annexed, found.envelope, annex, lost)
        verdict = replace(verdict, account=account)
    if provenance:
        verdict = replace(verdict, sources=tuple(_sources(mapped)))
    return verdict


def _sources(mapped: Mapped) -> Iterator[TermSource]:
    for path, term, value in walk(mapped.invoice):
        origin = mapped.origins.get(path)
        kind = origin.kind.value if origin is not None else None
        places, note = (origin.places, origin.note) if origin is not None else ((), None)
        yield TermSource(path, term, _shown(value), kind, places, note)


def _shown(value: object) -> str:
    """A term's value as text: numbers plain, identifiers without their scheme, attachments by
    name."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Identifier):
        return value.value
    return value.filename or "" if isinstance(value, Attachment) else str(value)


def input_verdict(
    examination: Examination,
    file: str,
    written: Mapping[int, WrittenFiles] | None = None,
    *,
    coverage: bool = False,
    provenance: bool = False,
) -> InputVerdict:
    """The whole input as the renderings show it. written: number of the document in it (from 0) ->
    its files.

    coverage, provenance: with the account of data elements, with the origin of every term.
    """
    documents = {
        (d.interchange.number, d.message.number): (number, d)
        for number, d in enumerate(examination.documents)
    }
    readable = examination.transmission.readable
    interchanges = []
    for interchange in examination.transmission.interchanges:
        messages: list[Verdict | OtherMessage] = []
        for message in interchange.units():
            judged = documents.get((interchange.number, message.number))
            if judged is not None:
                number, document = judged
                original = original_of(document, examination.data)
                verdict = verdict_of(document, original, examination.sha256)
                verdict = detailed(document, verdict, coverage=coverage, provenance=provenance)
                files = (written or {}).get(number, WrittenFiles())
                messages.append(replace(verdict, pdf=files.pdf, xml=files.xml))
            else:
                messages.append(
                    OtherMessage(message.reference, message.type, message.version, message.findings)
                )
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
    concerns = readable or concerns_invoices(examination)
    return InputVerdict(
        file, readable, tuple(interchanges), examination.transmission.findings, concerns=concerns
    )


def identity(document: JudgedMessage) -> Identity:
    """How people recognise the document."""
    if document.mapped is None:
        number, type_code = document.syntax.heading(document.message)
        return Identity(number=number, type_code=type_code)
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
        buyer_id=facts.buyer_gln
        or (invoice.buyer.identifier.value if invoice.buyer.identifier else ""),
        buyer_vat=invoice.buyer.vat_identifier or "",
        order=invoice.purchase_order_reference or "",
    )


def supplier_key(document: JudgedMessage) -> str:
    """Whose numbers are unique, for duplicate checks: the supplier's VAT id, else GLN, else UNB
    sender; where the buyer issues (self-billing), the numbers are his, and his id stands behind the
    supplier's."""
    who = identity(document)
    supplier = who.seller_vat or who.seller_id or document.interchange.sender
    by_buyer = who.type_code in SELF_BILLED
    return (
        f"{supplier}/{who.buyer_vat or who.buyer_id or document.interchange.sender}"
        if by_buyer
        else supplier
    )
