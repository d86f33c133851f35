"""One archive job -> its outcome: a kept mail, looked at for one tenant, becomes documents,
packages and notices.

Asks the store for earlier documents of the same number and writes nothing: the outcome is committed
by the caller.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import Literal
from zoneinfo import ZoneInfo

from edigate import pipeline
from edigate.checks.law.rules import repeated_number
from edigate.checks.verdict import State
from edigate.config import Tenant
from edigate.findings import Finding, Severity, finding
from edigate.mail.message import EdiPart, notes, unreadable
from edigate.mail.parts import SEALED
from edigate.pipeline import Conditions, JudgedMessage, Survey
from edigate.report.presentation import InputVerdict
from edigate.service.conversion import agreed, looking, made
from edigate.service.conversion.bench import Bench, Case
from edigate.service.conversion.known import Known
from edigate.service.conversion.made import Made
from edigate.service.conversion.whole import unopened as unopened_part
from edigate.service.conversion.whole import unusable
from edigate.service.letters.correspondence import file_name
from edigate.service.letters.telling import Desk, tell
from edigate.service.letters.unopened import tell as tell_unopened
from edigate.source import SomeInterchange, SomeMessage
from edigate.store import (
    Direction,
    DocumentOutcome,
    DocumentState,
    Job,
    Mail,
    NewDocument,
    Outcome,
    Store,
    document_id_for,
)

_BERLIN = ZoneInfo("Europe/Berlin")
_PORTION, _PORTION_OCTETS = 100, 32 * 2**20
"""Most documents of one run, and bytes of what became of them."""
_COPIES = ("7", "31", "43")  # BGM 1225: duplicate, copy, additional transmission


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
    run = _Run(job, mail, bench, store)
    looked = looking.look(job, mail, content, bench, store)
    del content  # a large mail is not needed twice
    for part in looked.edifact:
        run.take(part)
    desk = Desk(
        mail, job.direction, bench.tenant, bench.settings, store, automatic=looked.automatic
    )
    told = tell([notice for _, notice in run.made if notice is not None], desk)
    letters, said = tell_unopened(run.unopened, mail, job.direction, bench, store)
    documents = tuple(
        replace(
            outcome,
            notify=told.mails.get(outcome.document.document_id, ()),
            events=outcome.events + told.events.get(outcome.document.document_id, ()),
        )
        for outcome, _ in run.made
    )
    outcome = Outcome(
        documents,
        (*told.together, *letters),
        (*looked.events, *said),
        damaged=tuple(run.others),
    )
    return Converted(outcome, frozenset(run.rest), looked.said)


class _Run:
    """The parts of one mail, one after the other, for one tenant.

    made: what became of documents; unopened: those that stand for sealed files; others: broken
    messages of other types, named; rest: ids left for another run.
    """

    def __init__(self, job: Job, mail: Mail, bench: Bench, store: Store) -> None:
        self.job, self.mail, self.bench, self.store = job, mail, bench, store
        self.made: list[Made] = []
        self.unopened: list[tuple[NewDocument, str, Finding]] = []
        self.others: list[str] = []
        self.rest: list[str] = []
        self._given = conditions(bench, job, mail)
        self._known = Known(store)
        self._portion = _Portion(time.monotonic() + bench.settings.workers.timeout_seconds / 4)
        self._number = 0
        """How many interchanges, or files that stand for one, the mail has had so far."""

    def take(self, part: EdiPart) -> None:
        """One file of the mail."""
        if part.problem:
            self._number += 1
            verdict = InputVerdict(file_name(part), False, (), (unreadable(part),))
            self._closed(part, verdict)
            return
        survey = pipeline.surveyed(BytesIO(part.content), part.content, self._given)
        if survey.readable:
            self._readable(part, survey)
        else:
            self._number += 1
            self._broken(part, survey)

    def _closed(self, part: EdiPart, verdict: InputVerdict) -> None:
        """A file whose bytes could not be had."""
        if part.problem != SEALED:
            self._unusable(part, verdict, verdict.errors)
            return
        for kept in unopened_part(
            self.job, self.mail, part, self._number, verdict=verdict, bench=self.bench
        ):
            self.made.append((kept, None))
            self.unopened.append((kept.document, file_name(part), verdict.errors[0]))

    def _broken(self, part: EdiPart, survey: Survey) -> None:
        """A file of which nothing may be used."""
        examination = pipeline.unjudged(BytesIO(part.content), part.content, survey, self._given)
        if not pipeline.concerns_invoices(examination):
            for interchange in examination.transmission.interchanges:
                units = interchange.units()
                self.others += _damaged(file_name(part), interchange, units)
            return
        verdict = pipeline.input_verdict(examination, file_name(part))
        self._unusable(part, verdict, pipeline.why_unreadable(examination.transmission))

    def _unusable(
        self, part: EdiPart, verdict: InputVerdict, findings: tuple[Finding, ...]
    ) -> None:
        self.made += unusable(
            self.job,
            self.mail,
            part,
            self._number,
            verdict=verdict,
            findings=findings,
            bench=self.bench,
            known=self._known,
        )

    def _readable(self, part: EdiPart, survey: Survey) -> None:
        """A file whose messages are judged one by one."""
        sha256 = pipeline.sha256(part.content)
        name = partial(_id, self.job, self.mail, self._number + 1)
        envelopes = {i.number: i for i in survey.interchanges}
        self._number += sum(place > 0 for place in envelopes)
        messages = pipeline.judged(
            BytesIO(part.content),
            part.content,
            survey,
            self.bench.engines,
            self._given,
            wanted=lambda *place: self.job.wants(name(*place)) and not self._portion.full,
        )
        for interchange, position, judged in messages:
            document_id = name(interchange, position)
            if isinstance(judged, JudgedMessage):
                self._judged(part, sha256, judged, document_id)
            elif not survey.syntax.may_be_invoice(envelopes[interchange], judged):
                self.others += _damaged(file_name(part), envelopes[interchange], (judged,))
            elif self.job.wants(document_id):
                self.rest.append(document_id)

    def _judged(self, part: EdiPart, sha256: str, judged: JudgedMessage, document_id: str) -> None:
        version = self.job.next_version(document_id)
        case = Case(self.bench, self.job, self.mail, part, sha256, judged, document_id, version)
        self.made.append(_outcome(case, self.store, self._known))
        self._portion.count(self.made[-1][0])


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
    numbers as in `SomeInterchange` and `SomeMessage`; what cannot be read has places of its own, so
    that it moves no other.
    """
    if interchange < 0:
        return document_id_for(mail.id, job.tenant, -first, interchange)
    return document_id_for(mail.id, job.tenant, first + interchange - 1, position)


def _damaged(
    name: str, interchange: SomeInterchange, units: Iterable[SomeMessage]
) -> Iterator[str]:
    """Messages of other types that are broken, named for the record: nobody gets a letter about
    them."""
    for unit in units:
        rules = dict.fromkeys(f.rule for f in unit.findings if f.severity is Severity.ERROR)
        if rules:
            yield (
                f"{name} {interchange.control_reference} {unit.type} {unit.reference}: "
                f"{','.join(rules)}"
            )


def _outcome(case: Case, store: Store, known: Known) -> Made:
    document = _compared(case, _addressed(case), store, known)
    if document.state is State.VALID:
        return made.packaged(case, document)
    return made.held(case, document)


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
        place=interchange.place,
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
    same = [p for p in archived if p.content_hash == pipeline.content_hash(document)]
    copy = document.mapped.facts.function_code in _COPIES
    if not (archived and (same or copy)):
        judged = known.document(case, document)
        if not archived or judged.state is State.DUPLICATE:
            return judged
    first = (same or archived)[0]
    found = repeated_number(
        number=number,
        seller=pipeline.identity(document).seller or key,
        first_seen=first.created_at.date().isoformat(),
        same_content=bool(same or copy),
        place=document.mapped.origins.place("number"),
    )
    return document.with_findings((found,), State.DUPLICATE if same or copy else State.INVALID)
