"""A document and the way it came -> what people are told of it: letter, attachments, threads.

Nothing is written here: the letter is made when it is decided that the document gets a mail of its
own.
"""

from dataclasses import replace
from pathlib import PurePath
from zoneinfo import ZoneInfo

from edigate import pipeline
from edigate.checks.verdict import State
from edigate.config import Tenant
from edigate.findings import Finding
from edigate.mail.compose import MailFile
from edigate.mail.message import EdiPart
from edigate.masterdata import csv_header, csv_line
from edigate.pipeline import JudgedMessage
from edigate.report import letter
from edigate.report.presentation import InputVerdict
from edigate.service.conversion.bench import Bench, Case
from edigate.service.letters import notices
from edigate.service.letters.digests_due import Urgency
from edigate.service.letters.telling import Notice
from edigate.store import Dispatch, Job, Mail, NewDocument

_BERLIN = ZoneInfo("Europe/Berlin")
_URGENCIES = {State.VALID: Urgency.WARNED, State.TEST: Urgency.TESTED}


def about_document(
    case: Case, document: JudgedMessage, row: NewDocument, original: bytes, report: bytes
) -> Notice:
    """What people are to be told: the letter is made only when the document gets a mail of its
    own."""
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
        own_ids=case.bench.tenant.edi_ids,
    )
    verdict = pipeline.verdict_of(document, original, case.sha256)
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

    return Notice(row, _URGENCIES.get(document.state, Urgency.HELD), report, original, compose)


def _threads(tenant: Tenant, number: str, document_id: str, version: int) -> tuple[str, ...]:
    """What ties mails together: the supplier's number, then the earlier versions of the
    document."""
    return (f"{tenant.account} {number}", *(f"{document_id}.v{v}" for v in range(1, version)))


def _circumstance(
    bench: Bench, job: Job, mail: Mail, part: EdiPart, document_id: str
) -> letter.Circumstance:
    """The way a part came, as its letter tells it."""
    return letter.Circumstance(
        document_id=document_id,
        direction=job.direction.value,
        file=file_name(part),
        received_at=mail.received_at.astimezone(_BERLIN),
        mail_from=mail.sender,
        mail_subject=mail.subject or "",
        mail_id=mail.message_id or "",
        full=bench.tenant.notify_content == "full",
        tenant=bench.tenant.name,
        contact=bench.settings.admins[0] if bench.settings.admins else "",
    )


def _attached(part: EdiPart, report: bytes, tenant: Tenant) -> tuple[tuple[MailFile, ...], int]:
    """The file exactly as received, all its messages included, and the report, as far as a mail can
    carry them."""
    if tenant.notify_content == "minimal":
        return (), 0
    path = PurePath(part.file_name)
    original = (
        MailFile(path.name or "original.bin", part.content)
        if part.problem
        else MailFile(f"{path.stem or 'original'}.edi", part.content, "application/EDIFACT")
    )
    return notices.fitting((original, MailFile("report.json", report, "application/json")))


def about_file(
    bench: Bench,
    job: Job,
    mail: Mail,
    part: EdiPart,
    *,
    row: NewDocument,
    verdict: InputVerdict,
    findings: tuple[Finding, ...],
    report: bytes,
) -> Notice:
    """What people are to be told of a part that nothing could be read from."""
    attached, oversize = _attached(part, report, bench.tenant)
    envelope = verdict.interchanges[0] if verdict.interchanges else None
    circumstance = replace(
        _circumstance(bench, job, mail, part, row.document_id),
        control_reference=envelope.control_reference if envelope else "",
        sender=envelope.sender if envelope else "",
        recipient=envelope.recipient if envelope else "",
        attached=tuple(a.name for a in attached),
        oversize=oversize,
    )

    def compose() -> Dispatch | None:
        return notices.to_tenant(
            letter.unreadable(
                findings, circumstance, bench.engines.artefacts.in_report(), bench.tenant.language
            ),
            bench.tenant,
            bench.settings,
            about=f"{row.document_id}.v{row.version}",
            at=mail.received_at,
            attachments=attached,
            document_id=row.document_id,
            threads=_threads(bench.tenant, row.document_id, row.document_id, row.version),
        )

    return Notice(row, Urgency.HELD, report, part.content, compose)


def file_name(part: EdiPart) -> str:
    """How a part is called in reports."""
    return part.file_name or f"part-{part.path}"
