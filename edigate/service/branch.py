"""One archive job -> its outcome: a kept mail, looked at for one tenant, becomes documents, packages and notices.

Asks the store for earlier documents of the same number and writes nothing: the outcome is committed by the caller.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date
from decimal import Decimal
from pathlib import PurePath
from zoneinfo import ZoneInfo

from edigate import pipeline
from edigate.checks.context import Circumstances, PartnerTerms
from edigate.checks.report import State
from edigate.checks.severity import SeverityChange, accepted
from edigate.checks.ustg.identification import duplicate_finding
from edigate.config import Deviation, Settings, Tenant
from edigate.findings import Finding, Severity, finding
from edigate.mail.compose import Attachment, Package, archive_mail
from edigate.mail.message import EdiPart, interchanges, unreadable
from edigate.mapping.deviations import Deviations
from edigate.mapping.partners import PartnerDirectory, csv_header, csv_line
from edigate.pipeline import Conditions, Document, Engines, Examination, Presentation, Sealer
from edigate.report import as_json, letter
from edigate.report.verdicts import InputVerdict
from edigate.service import notices
from edigate.service.digest import Urgency
from edigate.service.telling import Desk, Notice, tell
from edigate.store import (
    ArchiveMail,
    Direction,
    Dispatch,
    DocumentOutcome,
    DocumentState,
    EventKind,
    Job,
    Mail,
    NewDocument,
    NewEvent,
    NewFile,
    Outcome,
    Store,
    UnknownPartner,
    document_id_for,
    retain_until,
)

_BERLIN = ZoneInfo("Europe/Berlin")
_COPIES = ("7", "31", "43")  # BGM 1225: duplicate, copy, additional transmission
_EVENTS = {
    State.VALID: EventKind.VALIDATED,
    State.INVALID: EventKind.HELD,
    State.NOT_CHECKED: EventKind.NOT_CHECKED,
    State.TEST: EventKind.TESTED,
    State.NOT_AN_INVOICE: EventKind.HELD,
    State.DUPLICATE: EventKind.DUPLICATE_DISCARDED,
}


@dataclass(frozen=True, slots=True)
class Bench:
    """What one tenant's jobs are converted with; made anew when its settings or master data change."""

    settings: Settings
    tenant: Tenant
    partners: PartnerDirectory
    engines: Engines
    sealer: Sealer | None
    logo: bytes | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """One INVOIC of one job: where it stands in the mail and what it is called."""

    bench: Bench
    job: Job
    mail: Mail
    part: EdiPart
    examination: Examination
    document: Document
    document_id: str
    version: int


_Made = tuple[DocumentOutcome, Notice | None]
"""What a document became, and what people are to be told of it."""


def convert(job: Job, mail: Mail, content: bytes, bench: Bench, store: Store) -> Outcome:
    """Everything the mail means for the job's tenant.

    Raises: Unavailable when the store cannot be asked.
    """
    made: list[_Made] = []
    number = 0
    for part in interchanges(content):
        if part.problem:
            number += 1
            made += _unusable(job, mail, part, number, findings=(unreadable(part),), bench=bench)
            continue
        examination = pipeline.examine(part.content, bench.engines, conditions(bench, job, mail))
        if not examination.transmission.readable:
            number += 1
            why = pipeline.why_unreadable(examination.transmission)
            made += _unusable(job, mail, part, number, findings=why, bench=bench)
            continue
        first = number + 1
        number += len(examination.transmission.interchanges)
        for document, document_id in _named(job, mail, examination, first):
            if job.wants(document_id):
                version = job.next_version(document_id)
                case = _Case(bench, job, mail, part, examination, document, document_id, version)
                made.append(_outcome(case, store))
    found = [notice for _, notice in made if notice is not None]
    told = tell(found, Desk(mail, job.direction, bench.tenant, bench.settings, store))
    return Outcome(
        tuple(
            replace(
                outcome,
                notify=told.mails.get(outcome.document.document_id, ()),
                events=outcome.events + told.events.get(outcome.document.document_id, ()),
            )
            for outcome, _ in made
        ),
        told.together,
    )


def conditions(bench: Bench, job: Job, mail: Mail) -> Conditions:
    """The conditions of this tenant's verdicts on this day; the day is that of receipt, so that a check run again
    years later judges the same."""
    tenant = bench.tenant
    changes = accepted(SeverityChange(c.rule, Severity(c.severity), c.reason) for c in tenant.severity)
    received = mail.received_at.astimezone(_BERLIN).date()
    return Conditions(
        circumstances=Circumstances(
            today=received,
            role="issuer" if job.direction is Direction.OUT else "recipient",
            received=received,
            tenant_vat_ids=tenant.vat_ids,
            partners=tuple(_terms(d) for d in tenant.deviation),
            severities=changes,
        ),
        partners=bench.partners,
        deviations={d.partner: _deviations(d) for d in tenant.deviation},
        charsets={d.partner: d.charset for d in tenant.deviation if d.charset},
    )


def _terms(deviation: Deviation) -> PartnerTerms:
    """What the tenant knows of a partner, for the law."""
    return PartnerTerms(
        id=deviation.partner,
        cash_accounting=deviation.cash_accounting,
        small_business=deviation.small_business,
        margin_scheme=deviation.margin_scheme,
        triangular=deviation.triangular,
        edi_agreement=deviation.edi_agreement,
        delivery_note_date_is_supply_date=deviation.delivery_note_date_is_supply_date,
        issue_month_is_supply_month=deviation.issue_month_is_supply_month,
    )


def _deviations(deviation: Deviation) -> Deviations:
    """What the partner's messages do differently, for the mapping."""
    return Deviations(
        decimal_mark=deviation.decimal_mark,
        seller=(deviation.seller_qualifier,) if deviation.seller_qualifier else (),
        buyer=(deviation.buyer_qualifier,) if deviation.buyer_qualifier else (),
        quantity=(deviation.quantity_qualifier,) if deviation.quantity_qualifier else (),
        units=tuple(deviation.units.items()),
        delivery_note_date_is_supply_date=deviation.delivery_note_date_is_supply_date,
        near_reason_codes=deviation.near_reason_codes,
    )


def _named(job: Job, mail: Mail, examination: Examination, first: int) -> Iterator[tuple[Document, str]]:
    """Every INVOIC with its id, which is made of its place in the mail and stays the same however often it runs."""
    documents = iter(examination.documents)
    for offset, interchange in enumerate(examination.transmission.interchanges):
        for position, message in enumerate(interchange.messages, 1):
            if message.type == "INVOIC":
                yield next(documents), document_id_for(mail.id, job.tenant, first + offset, position)


def _outcome(case: _Case, store: Store) -> _Made:
    document = _addressed(case)
    document = _compared(case, document, store)
    if document.state is State.VALID:
        return _packaged(case, document)
    return _held(case, document)


def _addressed(case: _Case) -> Document:
    """The ids in UNB confirm whom the mail concerns, or raise a finding; they never decide it.

    What is wrong with the envelope does not hold the messages in it, but somebody has to be told: it goes along as a
    warning.
    """
    tenant, interchange = case.bench.tenant, case.document.interchange
    wrong = tuple(replace(f, severity=Severity.WARNING) for f in interchange.findings if f.severity is Severity.ERROR)
    return _confirmed(case, case.document.with_findings(wrong) if wrong else case.document, tenant)


def _confirmed(case: _Case, document: Document, tenant: Tenant) -> Document:
    interchange = document.interchange
    incoming = case.job.direction is Direction.IN
    named = interchange.recipient if incoming else interchange.sender
    if not tenant.edi_ids or named in tenant.edi_ids:
        return document
    mismatch = finding(
        "TEN-01",
        place=interchange.header.place,
        id=named or "–",
        tenant=tenant.name,
        known=", ".join(tenant.edi_ids),
        role_de="Empfänger" if incoming else "Absender",
        role_en="recipient" if incoming else "sender",
    )
    return document.with_findings((mismatch,))


def _compared(case: _Case, document: Document, store: Store) -> Document:
    """The document against what the tenant already has under this number (UST-12)."""
    number = pipeline.identity(document).number
    if document.state not in (State.VALID, State.INVALID) or document.mapped is None or not number:
        return document
    key = pipeline.supplier_key(document)
    earlier = store.previous_documents(case.job.tenant, key, number, besides=case.document_id)
    archived = [p for p in earlier if p.state is DocumentState.VALID]
    if not archived:
        return document
    same = [p for p in archived if p.content_hash == pipeline.content_hash(document.message)]
    copy = document.mapped.facts.function_code in _COPIES
    first = (same or archived)[0]
    found = duplicate_finding(
        number=number,
        seller=pipeline.identity(document).seller or key,
        first_seen=first.created_at.date().isoformat(),
        same_content=bool(same or copy),
        place=document.mapped.origins.place("number"),
    )
    return document.with_findings((found,), State.DUPLICATE if same or copy else State.INVALID)


def _packaged(case: _Case, document: Document) -> _Made:
    tenant, settings = case.bench.tenant, case.bench.settings
    presentation = Presentation(
        document_id=case.document_id,
        created_at=case.mail.received_at.astimezone(UTC).replace(microsecond=0),
        received_at=case.mail.received_at,
        received_from=case.mail.sender or None,
        language=tenant.language,
        logo=case.bench.logo if case.job.direction is Direction.OUT else None,
    )
    original = pipeline.original_of(document, case.examination.data)
    package = pipeline.draw(document, original, case.examination.sha256, presentation, case.bench.sealer)
    document = package.document
    if document.state is not State.VALID:
        return _held(case, document)
    row = _row(case, document)
    account = f"{tenant.account}.{tenant.archive}"
    archive = ArchiveMail(
        account,
        archive_mail(
            _index(case, document, row, pipeline.sha256(package.original)),
            package.pdf,
            sender=f"archive@{settings.domain}",
            to=f"{account}@{settings.domain}",
            hostname=settings.hostname,
            created_at=presentation.created_at,
            reply_to=f"postmaster@{settings.domain}",
            language=tenant.language,
        ),
    )
    assert document.xml is not None
    files = (
        NewFile("original", "original.edi", "application/EDIFACT", package.original),
        NewFile("xml", "factur-x.xml", "text/xml", document.xml),
        NewFile("pdf", "package.pdf", "application/pdf", package.pdf),
        NewFile("report", "report.json", "application/json", package.report_json),
    )
    notice = None
    if document.report.warnings and tenant.warnings != "never":
        notice = _notice(case, document, row, package.original, package.report_json)
    event = NewEvent(_EVENTS[document.state], tenant.account, detail=_detail(document))
    return DocumentOutcome(row, files, (archive,), (), (event,)), notice


def _held(case: _Case, document: Document) -> _Made:
    original = pipeline.original_of(document, case.examination.data)
    report = as_json.dump(pipeline.report(document, original, case.examination.sha256, _file(case.part)))
    files = [
        NewFile("original", "original.edi", "application/EDIFACT", original),
        NewFile("report", "report.json", "application/json", report),
    ]
    if document.xml is not None:
        files.append(NewFile("xml", "factur-x.xml", "text/xml", document.xml))
    silent = document.state in (State.TEST, State.DUPLICATE, State.NOT_CHECKED)
    row = _row(case, document)
    event = NewEvent(_EVENTS[document.state], case.bench.tenant.account, detail=_detail(document))
    outcome = DocumentOutcome(row, tuple(files), (), (), (event,))
    return outcome, None if silent else _notice(case, document, row, original, report)


def _notice(case: _Case, document: Document, row: NewDocument, original: bytes, report: bytes) -> Notice:
    """What people are to be told: the letter is made only when the document gets a mail of its own."""
    warned = document.state is State.VALID
    attached, oversize = ((), 0) if warned else _attached(case.part, report, case.bench.tenant)
    unknown = document.mapped.facts.unknown_partners if document.mapped else ()
    circumstance = replace(
        _circumstance(case.bench, case.job, case.mail, case.part, case.document_id),
        control_reference=document.interchange.control_reference,
        sender=document.interchange.sender,
        recipient=document.interchange.recipient,
        missing_partners=(csv_header(), *(csv_line(gln) for gln, _ in unknown)) if unknown else (),
        attached=tuple(a.name for a in attached),
        oversize=oversize,
    )
    verdict = pipeline.verdict_of(document, original, case.examination.sha256)
    number = f"{row.supplier_key} {row.number}" if row.number else case.document_id

    def compose() -> Dispatch | None:
        return notices.to_tenant(
            letter.held(verdict, circumstance, case.bench.tenant.language),
            case.bench.tenant,
            case.bench.settings,
            about=f"{case.document_id}.v{case.version}",
            at=case.mail.received_at,
            attachments=attached,
            document_id=case.document_id,
            threads=_threads(case.bench.tenant, number, case.document_id, case.version),
        )

    return Notice(row, Urgency.WARNED if warned else Urgency.HELD, report, compose)


def _threads(tenant: Tenant, number: str, document_id: str, version: int) -> tuple[str, ...]:
    """What ties mails together: the supplier's number, then the earlier versions of the document."""
    return (f"{tenant.account} {number}", *(f"{document_id}.v{v}" for v in range(1, version)))


def _circumstance(bench: Bench, job: Job, mail: Mail, part: EdiPart, document_id: str) -> letter.Circumstance:
    """The way a part came, as its letter tells it."""
    return letter.Circumstance(
        document_id=document_id,
        direction=job.direction.value,
        file=_file(part),
        received_at=mail.received_at.astimezone(_BERLIN),
        mail_from=mail.sender,
        mail_subject=mail.subject or "",
        mail_id=mail.message_id or "",
        full=bench.tenant.notify_content == "full",
        tenant=bench.tenant.name,
        contact=bench.settings.admins[0] if bench.settings.admins else "",
    )


def _attached(part: EdiPart, report: bytes, tenant: Tenant) -> tuple[tuple[Attachment, ...], int]:
    """The file exactly as received, all its messages included, and the report, as far as a mail can carry them."""
    if tenant.notify_content == "minimal":
        return (), 0
    path = PurePath(part.file_name)
    original = (
        Attachment(path.name or "original.bin", part.content)
        if part.problem
        else Attachment(f"{path.stem or 'original'}.edi", part.content, "application/EDIFACT")
    )
    return notices.fitting((original, Attachment("report.json", report, "application/json")))


def _unusable(
    job: Job, mail: Mail, part: EdiPart, number: int, *, findings: tuple[Finding, ...], bench: Bench
) -> Iterator[_Made]:
    """A part nothing can be read from: kept and reported like a held document."""
    document_id = document_id_for(mail.id, job.tenant, number, 0)
    if not job.wants(document_id):
        return
    version = job.next_version(document_id)
    tenant = bench.tenant
    versions = bench.engines.artefacts.in_report()
    report = as_json.dump(
        as_json.envelope(versions, [as_json.input_json(InputVerdict(_file(part), False, (), findings))])
    )
    row = NewDocument(
        document_id,
        version,
        DocumentState.INVALID,
        retain_until(mail.received_at.date(), tenant.retention_years),
        interchange_sha256=pipeline.sha256(part.content),
        errors=len(findings),
        rules=tuple(dict.fromkeys(f.rule for f in findings)),
    )
    attached, oversize = _attached(part, report, tenant)
    circumstance = replace(
        _circumstance(bench, job, mail, part, document_id),
        attached=tuple(a.name for a in attached),
        oversize=oversize,
    )

    def compose() -> Dispatch | None:
        return notices.to_tenant(
            letter.unreadable(findings, circumstance, versions, tenant.language),
            tenant,
            bench.settings,
            about=f"{document_id}.v{version}",
            at=mail.received_at,
            attachments=attached,
            document_id=document_id,
            threads=_threads(tenant, document_id, document_id, version),
        )

    files = (
        NewFile("original", "original.edi", "application/EDIFACT", part.content),
        NewFile("report", "report.json", "application/json", report),
    )
    event = NewEvent(EventKind.HELD, tenant.account, detail=(("rules", ",".join(row.rules)),))
    yield DocumentOutcome(row, files, (), (), (event,)), Notice(row, Urgency.HELD, report, compose)


def _file(part: EdiPart) -> str:
    return part.file_name or f"part-{part.path}"


def _detail(document: Document) -> tuple[tuple[str, str], ...]:
    rules = dict.fromkeys(f.rule for f in document.report.findings if f.severity is not Severity.INFORMATION)
    return (("number", pipeline.identity(document).number), ("rules", ",".join(rules)))


def _row(case: _Case, document: Document) -> NewDocument:
    who = pipeline.identity(document)
    key = pipeline.supplier_key(document)
    issued = date.fromisoformat(who.issue_date) if who.issue_date else None
    tenant = case.bench.tenant
    facts = document.mapped.facts if document.mapped else None
    return NewDocument(
        case.document_id,
        case.version,
        DocumentState(document.state.value),
        retain_until(issued or case.mail.received_at.date(), tenant.retention_years),
        interchange_reference=document.interchange.control_reference,
        message_reference=document.message.reference,
        message_version=document.message.version,
        interchange_sha256=case.examination.sha256,
        type_code=who.type_code,
        number=who.number,
        issue_date=issued,
        supplier_key=key,
        supplier_name=who.seller,
        buyer_key=who.buyer_vat or who.buyer_id,
        buyer_name=who.buyer,
        order_number=who.order,
        currency=who.currency,
        net=Decimal(who.net) if who.net else None,
        tax=Decimal(who.tax) if who.tax else None,
        gross=Decimal(who.gross) if who.gross else None,
        content_hash=pipeline.content_hash(document.message),
        claim=f"{key}\n{who.number}",
        errors=len(document.report.errors),
        warnings=len(document.report.warnings),
        rules=tuple(dict.fromkeys(f.rule for f in document.report.findings)),
        unknown_partners=tuple(UnknownPartner(gln, qualifier) for gln, qualifier in facts.unknown_partners)
        if facts
        else (),
    )


def _index(case: _Case, document: Document, row: NewDocument, original_sha256: str) -> Package:
    who = pipeline.identity(document)
    return Package(
        document_id=case.document_id,
        version=case.version,
        tenant=case.bench.tenant.account,
        direction=case.job.direction.value,
        invoice_number=who.number,
        invoice_date=row.issue_date,
        type_code=who.type_code,
        seller=who.seller,
        seller_id=who.seller_id or None,
        seller_vat=who.seller_vat or None,
        buyer=who.buyer,
        buyer_id=who.buyer_id or None,
        currency=who.currency,
        net=row.net,
        tax=row.tax,
        gross=row.gross,
        order=who.order or None,
        interchange=row.interchange_reference or None,
        message=row.message_reference or None,
        result="valid-with-warnings" if document.report.warnings else "valid",
        sha256_original=original_sha256,
        retain_until=row.retain_until,
    )
