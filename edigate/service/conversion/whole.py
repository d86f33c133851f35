"""A part that nothing can be read from -> the document that stands for all of it, and what people
are told."""

from collections.abc import Iterator
from dataclasses import replace

from edigate import pipeline
from edigate.findings import Finding, Severity
from edigate.mail.message import EdiPart
from edigate.report import as_json
from edigate.report.presentation import InputVerdict
from edigate.service.conversion.bench import Bench
from edigate.service.conversion.known import Known
from edigate.service.letters.correspondence import about_file
from edigate.service.letters.telling import Notice
from edigate.store import (
    DocumentOutcome,
    DocumentState,
    Job,
    Mail,
    NewDocument,
    NewFile,
    document_id_for,
    retain_until,
)


def unusable(
    job: Job,
    mail: Mail,
    part: EdiPart,
    number: int,
    *,
    verdict: InputVerdict,
    findings: tuple[Finding, ...],
    bench: Bench,
    known: Known,
) -> Iterator[tuple[DocumentOutcome, Notice | None]]:
    """A part nothing can be read from: kept and reported like a held document, unless it is held
    already."""
    state = DocumentState.INVALID
    said = None
    if any(envelope.control_reference for envelope in verdict.interchanges):
        document_id = document_id_for(mail.id, job.tenant, number, 0)
        said = known.interchange(job, mail, pipeline.sha256(part.content), document_id)
    if said is not None:
        state, findings = DocumentState.DUPLICATE, (*findings, said)
        verdict = replace(verdict, errors=(*verdict.errors, said))
    for outcome in _kept(
        job, mail, part, number, verdict=verdict, findings=findings, bench=bench, state=state
    ):
        row, report = outcome.document, outcome.files[-1].content
        findings = tuple(sorted(findings, key=lambda f: f.severity.rank))
        if said is not None:
            yield outcome, None
            continue
        yield (
            outcome,
            about_file(
                bench, job, mail, part, row=row, verdict=verdict, findings=findings, report=report
            ),
        )


def unopened(
    job: Job, mail: Mail, part: EdiPart, number: int, *, verdict: InputVerdict, bench: Bench
) -> Iterator[DocumentOutcome]:
    """A part that cannot be opened and may hold an invoice: it stands open until somebody has
    looked."""
    state = DocumentState.NOT_CHECKED
    yield from _kept(
        job, mail, part, number, verdict=verdict, findings=verdict.errors, bench=bench, state=state
    )


def _kept(
    job: Job,
    mail: Mail,
    part: EdiPart,
    number: int,
    *,
    verdict: InputVerdict,
    findings: tuple[Finding, ...],
    bench: Bench,
    state: DocumentState,
) -> Iterator[DocumentOutcome]:
    """The document that stands for a whole part, if this run is to make it."""
    document_id = document_id_for(mail.id, job.tenant, number, 0)
    if not job.wants(document_id):
        return
    version = job.next_version(document_id)
    tenant = bench.tenant
    report = as_json.dump(
        as_json.envelope(bench.engines.artefacts.in_report(), [as_json.input_json(verdict)])
    )
    envelopes = verdict.interchanges
    findings = tuple(sorted(findings, key=lambda f: f.severity.rank))
    row = NewDocument(
        document_id,
        version,
        state,
        retain_until(None, mail.received_at, tenant.retention_years),
        interchange_sha256=pipeline.sha256(part.content),
        interchange_reference=envelopes[0].control_reference if envelopes else "",
        errors=sum(f.severity is Severity.ERROR for f in findings),
        rules=tuple(dict.fromkeys(f.rule for f in findings)),
    )
    files = (
        NewFile("original", "original.edi", "application/EDIFACT", part.content),
        NewFile("report", "report.json", "application/json", report),
    )
    yield DocumentOutcome(row, files)
