"""A judged INVOIC of a job -> what the store keeps of it: the row, the files, the archive mail, and
what people are to be told."""

from datetime import UTC, date
from decimal import Decimal

from edigate import pipeline
from edigate.checks.verdict import State
from edigate.invoice import codes
from edigate.mail.compose import PackageSummary, archive_mail
from edigate.pipeline import JudgedMessage, Presentation
from edigate.report import as_json
from edigate.service.conversion import lineage
from edigate.service.conversion.bench import Case
from edigate.service.letters.correspondence import about_document, file_name
from edigate.service.letters.telling import Notice
from edigate.store import (
    ArchiveMail,
    Direction,
    DocumentOutcome,
    DocumentState,
    NewDocument,
    NewFile,
    UnknownPartner,
    retain_until,
)

Made = tuple[DocumentOutcome, Notice | None]
"""What a document became, and what people are to be told of it."""


def packaged(case: Case, document: JudgedMessage) -> Made:
    tenant, settings = case.bench.tenant, case.bench.settings
    presentation = Presentation(
        document_id=case.document_id,
        created_at=case.mail.received_at.astimezone(UTC).replace(microsecond=0),
        received_at=case.mail.received_at,
        received_from=case.mail.sender or None,
        language=tenant.language,
        logo=case.bench.logo if case.job.direction is Direction.OUT else None,
    )
    original = pipeline.original_of(document, case.part.content)
    package = pipeline.draw(document, original, case.sha256, presentation, case.bench.sealer)
    document = package.document
    if document.state is not State.VALID:
        return held(case, document)
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
        notice = about_document(case, document, row, package.original, package.report_json)
    return DocumentOutcome(row, files, (archive,), said=_weakened(document)), notice


def held(case: Case, document: JudgedMessage) -> Made:
    original = pipeline.original_of(document, case.part.content)
    report = as_json.dump(pipeline.report(document, original, case.sha256, file_name(case.part)))
    files = [
        NewFile("original", "original.edi", "application/EDIFACT", original),
        NewFile("report", "report.json", "application/json", report),
    ]
    if document.xml is not None:
        files.append(NewFile("xml", "factur-x.xml", "text/xml", document.xml))
    silent = document.state in (State.DUPLICATE, State.NOT_CHECKED)
    row = _row(case, document)
    outcome = DocumentOutcome(row, tuple(files), said=_weakened(document))
    return outcome, None if silent else about_document(case, document, row, original, report)


def _weakened(document: JudgedMessage) -> tuple[tuple[str, str], ...]:
    """Rules that the tenant's settings made milder for this verdict, with the reason, for the event
    of the verdict."""
    settings = (dict(f.values) for f in document.report.findings if f.rule == "SEV-01")
    return tuple(("weakened", f"{s['rule']}: {s['reason']}") for s in settings)


def _row(case: Case, document: JudgedMessage) -> NewDocument:
    who = pipeline.identity(document)
    key = pipeline.supplier_key(document)
    issued = date.fromisoformat(who.issue_date) if who.issue_date else None
    tenant = case.bench.tenant
    facts = document.mapped.facts if document.mapped else None
    return NewDocument(
        case.document_id,
        case.version,
        DocumentState(document.state.value),
        retain_until(issued, case.mail.received_at, tenant.retention_years),
        interchange_reference=document.interchange.control_reference,
        message_reference=document.message.reference,
        message_version=document.message.version,
        interchange_sha256=case.sha256,
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
        content_hash=pipeline.content_hash(document),
        claim=f"{key}\n{who.number}",
        errors=len(document.report.errors),
        warnings=len(document.report.warnings),
        rules=tuple(dict.fromkeys(f.rule for f in document.report.findings)),
        unknown_partners=tuple(
            UnknownPartner(gln, qualifier) for gln, qualifier in facts.unknown_partners
        )
        if facts
        else (),
        supplier_ids=lineage.supplier_ids(document),
        replaces=lineage.replaces(document),
        standing=lineage.standing(document.state, tenant),
    )


def _index(
    case: Case, document: JudgedMessage, row: NewDocument, original_sha256: str
) -> PackageSummary:
    who, tenant = pipeline.identity(document), case.bench.tenant
    return PackageSummary(
        document_id=case.document_id,
        version=case.version,
        tenant=tenant.account,
        direction=case.job.direction.value,
        invoice_number=who.number,
        invoice_date=row.issue_date,
        type_code=who.type_code,
        title=codes.title(who.type_code, tenant.language),
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
