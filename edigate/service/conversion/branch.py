"""One archive job -> its outcome: a kept mail, looked at for one tenant, becomes documents,
packages and notices.

Asks the store for earlier documents of the same number and writes nothing: the outcome is committed
by the caller.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import Literal
from zoneinfo import ZoneInfo

from edigate import pipeline
from edigate.checks.law.de.identification import duplicate_finding
from edigate.checks.verdict import State
from edigate.config import Tenant
from edigate.edifact.syntax.segments import Interchange, Message
from edigate.findings import Finding, Severity, finding
from edigate.invoice import codes
from edigate.mail.compose import PackageSummary, archive_mail
from edigate.mail.message import notes, unreadable
from edigate.mail.parts import SEALED
from edigate.pipeline import Conditions, JudgedMessage, Presentation
from edigate.report import as_json
from edigate.report.presentation import InputVerdict
from edigate.service.conversion import agreed, lineage, looking
from edigate.service.conversion.bench import Bench, Case
from edigate.service.conversion.known import Known
from edigate.service.conversion.whole import unopened as unopened_part
from edigate.service.conversion.whole import unusable
from edigate.service.letters.correspondence import about_document, file_name
from edigate.service.letters.telling import Desk, Notice, tell
from edigate.service.letters.unopened import tell as tell_unopened
from edigate.store import (
    ArchiveMail,
    Direction,
    DocumentOutcome,
    DocumentState,
    Job,
    Mail,
    NewDocument,
    NewFile,
    Outcome,
    Store,
    UnknownPartner,
    document_id_for,
    retain_until,
)

_BERLIN = ZoneInfo("Europe/Berlin")
_PORTION, _PORTION_OCTETS = 100, 32 * 2**20
"""Most documents of one run, and bytes of what became of them."""
_COPIES = ("7", "31", "43")  # BGM 1225: duplicate, copy, additional transmission


_Made = tuple[DocumentOutcome, Notice | None]
"""What a document became, and what people are to be told of it."""


@dataclass(slots=True)
class _Portion:
    """How much one run has made. until: by the clock of `time.monotonic`."""

    until: float
    documents: int = 0
    octets: int = 0

    @property
    def full(self) -> bool:
        """Whether the rest of the mail should wait for another run; one document is always made."""
        enough = (
            self.documents >= _PORTION
            or self.octets >= _PORTION_OCTETS
            or time.monotonic() > self.until
        )
        return self.documents > 0 and enough

    def count(self, made: DocumentOutcome) -> None:
        """Take a document into account."""
        self.documents += 1
        self.octets += sum(len(f.content) for f in made.files) + sum(
            len(m.content) for m in made.archive_mails
        )


@dataclass(frozen=True, slots=True)
class Converted:
    """What one run of a job made. rest: ids of documents left for another run. parts: each part,
    for the log."""

    outcome: Outcome
    rest: frozenset[str]
    parts: tuple[str, ...]


def convert(job: Job, mail: Mail, content: bytes, bench: Bench, store: Store) -> Converted:
    """What the mail means for the job's tenant.

    A mail may hold thousands of invoices: a run makes one portion of them, so that memory, time and
    the transaction stay small and other tenants' mails have their turn between. Raises: Unavailable
    when the store cannot be asked.
    """
    made: list[_Made] = []
    rest: list[str] = []
    others: list[str] = []
    portion = _Portion(time.monotonic() + bench.settings.workers.timeout_seconds / 4)
    given = conditions(bench, job, mail)
    number = 0
    known = Known(store)
    looked = looking.look(job, mail, content, bench, store)
    del content  # a large mail is not needed twice
    unopened: list[tuple[NewDocument, str, Finding]] = []
    for part in looked.edifact:
        if part.problem:
            number += 1
            verdict = InputVerdict(file_name(part), False, (), (unreadable(part),))
            if part.problem == SEALED:
                for kept in unopened_part(job, mail, part, number, verdict=verdict, bench=bench):
                    made.append((kept, None))
                    unopened.append((kept.document, file_name(part), verdict.errors[0]))
                continue
            made += unusable(
                job,
                mail,
                part,
                number,
                verdict=verdict,
                findings=verdict.errors,
                bench=bench,
                known=known,
            )
            continue
        survey = pipeline.surveyed(BytesIO(part.content), part.content, given)
        if not survey.readable:
            number += 1
            examination = pipeline.unjudged(BytesIO(part.content), part.content, survey, given)
            if not pipeline.concerns_invoices(examination.transmission):
                others += _damaged(file_name(part), examination.transmission.units())
                continue
            verdict = pipeline.input_verdict(examination, file_name(part))
            why = pipeline.why_unreadable(examination.transmission)
            made += unusable(
                job, mail, part, number, verdict=verdict, findings=why, bench=bench, known=known
            )
            continue
        sha256 = pipeline.sha256(part.content)
        name = partial(_id, job, mail, number + 1)
        envelopes = {i.number: i for i in survey.interchanges}
        number += sum(place > 0 for place in envelopes)
        messages = pipeline.judged(
            BytesIO(part.content),
            part.content,
            survey,
            bench.engines,
            given,
            wanted=lambda *place, name=name: job.wants(name(*place)) and not portion.full,
        )
        for interchange, position, judged in messages:
            document_id = name(interchange, position)
            if isinstance(judged, JudgedMessage):
                case = Case(
                    bench,
                    job,
                    mail,
                    part,
                    sha256,
                    judged,
                    document_id,
                    job.next_version(document_id),
                )
                made.append(_outcome(case, store, known))
                portion.count(made[-1][0])
            elif not pipeline.may_be_invoice(envelopes[interchange], judged):
                others += _damaged(file_name(part), ((envelopes[interchange], judged),))
            elif job.wants(document_id):
                rest.append(document_id)
    found = [notice for _, notice in made if notice is not None]
    told = tell(
        found,
        Desk(mail, job.direction, bench.tenant, bench.settings, store, automatic=looked.automatic),
    )
    letters, said = tell_unopened(unopened, mail, job.direction, bench, store)
    outcome = Outcome(
        tuple(
            replace(
                outcome,
                notify=told.mails.get(outcome.document.document_id, ()),
                events=outcome.events + told.events.get(outcome.document.document_id, ()),
            )
            for outcome, _ in made
        ),
        (*told.together, *letters),
        (*looked.events, *said),
        damaged=tuple(others),
    )
    return Converted(outcome, frozenset(rest), looked.said)


def conditions(bench: Bench, job: Job, mail: Mail) -> Conditions:
    """The conditions of this tenant's verdicts on this day; the day is that of receipt, so that a
    check run again years later judges the same."""
    received = mail.received_at.astimezone(_BERLIN).date()
    role: Literal["recipient", "issuer"] = (
        "issuer" if job.direction is Direction.OUT else "recipient"
    )
    return agreed.conditions(
        bench.tenant, bench.partners, today=received, role=role, received=received
    )


def _id(job: Job, mail: Mail, first: int, interchange: int, position: int) -> str:
    """The id of an INVOIC, which is made of its place in the mail and stays the same however often
    it runs.

    first: number in the mail of the part's first interchange, from 1. interchange, position:
    numbers as in `Interchange` and `Message`; what cannot be read has places of its own, so that it
    moves no other.
    """
    if interchange < 0:
        return document_id_for(mail.id, job.tenant, -first, interchange)
    return document_id_for(mail.id, job.tenant, first + interchange - 1, position)


def _damaged(name: str, units: Iterable[tuple[Interchange, Message]]) -> Iterator[str]:
    """Messages of other types that are broken, named for the record: nobody gets a letter about
    them."""
    for interchange, unit in units:
        rules = dict.fromkeys(f.rule for f in unit.findings if f.severity is Severity.ERROR)
        if rules:
            yield (
                f"{name} {interchange.control_reference} {unit.type} {unit.reference}: "
                f"{','.join(rules)}"
            )


def _outcome(case: Case, store: Store, known: Known) -> _Made:
    document = _compared(case, _addressed(case), store, known)
    if document.state is State.VALID:
        return _packaged(case, document)
    return _held(case, document)


def _addressed(case: Case) -> JudgedMessage:
    """The ids in UNB confirm whom the mail concerns, or raise a finding; they never decide it.

    What is wrong with the envelope does not hold the messages in it, but somebody has to be told:
    it goes along as a warning.
    """
    tenant, interchange = case.bench.tenant, case.document.interchange
    wrong = tuple(
        replace(f, severity=Severity.WARNING)
        for f in interchange.findings
        if f.severity is Severity.ERROR
    )
    wrong += notes(case.part)
    return _confirmed(case, case.document.with_findings(wrong) if wrong else case.document, tenant)


def _confirmed(case: Case, document: JudgedMessage, tenant: Tenant) -> JudgedMessage:
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


def _compared(case: Case, document: JudgedMessage, store: Store, known: Known) -> JudgedMessage:
    """The document against what the tenant already has: archived under this number (UST-12), or
    held (MAIL-09)."""
    number = pipeline.identity(document).number
    if document.state not in (State.VALID, State.INVALID) or document.mapped is None or not number:
        return known.document(case, document)
    key = pipeline.supplier_key(document)
    earlier = store.previous_documents(case.job.tenant, key, number, besides=case.document_id)
    archived = [p for p in earlier if p.state is DocumentState.VALID]
    same = [p for p in archived if p.content_hash == pipeline.content_hash(document.message)]
    copy = document.mapped.facts.function_code in _COPIES
    if not (archived and (same or copy)):
        judged = known.document(case, document)
        if not archived or judged.state is State.DUPLICATE:
            return judged
    first = (same or archived)[0]
    found = duplicate_finding(
        number=number,
        seller=pipeline.identity(document).seller or key,
        first_seen=first.created_at.date().isoformat(),
        same_content=bool(same or copy),
        place=document.mapped.origins.place("number"),
    )
    return document.with_findings((found,), State.DUPLICATE if same or copy else State.INVALID)


def _packaged(case: Case, document: JudgedMessage) -> _Made:
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
        notice = about_document(case, document, row, package.original, package.report_json)
    return DocumentOutcome(row, files, (archive,), said=_weakened(document)), notice


def _held(case: Case, document: JudgedMessage) -> _Made:
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
        content_hash=pipeline.content_hash(document.message),
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
