"""Archive jobs become outcomes: claimed with a lease, committed in one transaction, never twice.

A job's `attempts` is its fencing token: a worker whose lease ran out and was given to another
cannot commit.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store import schema
from edigate.store.chapters.acts import Act, acted
from edigate.store.chapters.deliveries import due
from edigate.store.chapters.documents import put_document
from edigate.store.chapters.intake import contents, put_dispatches
from edigate.store.engine.base import Base, Staged, belongs
from edigate.store.engine.failures import LeaseLost, Unknown
from edigate.store.engine.writer import Transaction
from edigate.store.values import (
    Direction,
    Dispatch,
    DocumentOutcome,
    DocumentState,
    EventKind,
    Job,
    JobState,
    KnownDocument,
    NewEvent,
    Outcome,
)

_C = schema.jobs.c
_D = schema.documents.c
_ALL = "*"

# statements of every job, built once: building them costs more than running them
_LOOK = sa.select(_C.id).where(due(sa.bindparam("moment", type_=schema.Instant), _C)).limit(1)
_NEXT = (
    sa.select(_C.id, _C.state)
    .where(due(sa.bindparam("moment", type_=schema.Instant), _C))
    .order_by(_C.run_at, _C.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_TAKE = (
    sa.update(schema.jobs)
    .where(_C.id == sa.bindparam("job"))
    .values(
        state=JobState.RUNNING.value,
        attempts=_C.attempts + 1,
        crashes=_C.crashes + sa.bindparam("crashed"),
        lease_until=sa.bindparam("lease_until"),
        set_at=sa.bindparam("moment", type_=schema.Instant),
        node=sa.bindparam("node"),
        worker=sa.bindparam("worker"),
    )
    .returning(schema.jobs)
)
_KNOWN = sa.select(_D.document_id, _D.version, _D.state).where(
    _D.mail_id == sa.bindparam("mail_id"), _D.tenant == sa.bindparam("tenant"), _D.current
)


class Jobs(Base):
    """The archive queue."""

    def claim_job(self, worker: str, lease: float = 300.0) -> Job | None:
        """Lease the longest due job for `lease` seconds, or None; cheap when nothing is due.

        worker: who has it, for the operator. A job whose lease ran out is taken over and counts one
        crash more.
        """
        with self._read() as connection:
            if connection.execute(_LOOK, {"moment": self._clock()}).first() is None:
                return None

        def work(tx: Transaction) -> Job | None:
            found = tx.connection.execute(_NEXT, {"moment": tx.now}).one_or_none()
            if found is None:
                return None
            said = {
                "job": found.id,
                "crashed": int(found.state == JobState.RUNNING.value),
                "lease_until": tx.now + timedelta(seconds=lease),
                "moment": tx.now,
                "node": self.node,
                "worker": worker,
            }
            row = tx.connection.execute(_TAKE, said).one()
            return job_of(row, _known(tx.connection, row.mail_id, row.tenant))

        return self._write(work)

    def extend_lease(self, job: Job, lease: float = 300.0) -> None:
        """Keep a job `lease` seconds from now. Raises: LeaseLost."""
        self._write(
            lambda tx: _fenced(
                tx, job, lease_until=tx.now + timedelta(seconds=lease), set_at=tx.now
            )
        )

    def commit_outcome(
        self, job: Job, outcome: Outcome, rest: frozenset[str] = frozenset()
    ) -> None:
        """Write everything a job became, in one transaction: documents, archive mails, error mails,
        events, job done.

        Documents that the job does not want (`Job.wants`) are left out with their mails. If the job
        was asked for again meanwhile it is queued anew. Of several valid documents with one claim
        (the same invoice twice in one mail) the first is written, and the job is queued anew for
        the others, which then find it. rest: documents of the mail that this run left for another;
        the job is queued anew for them too. Raises: LeaseLost, DuplicateAppeared (the job must run
        again), Unavailable; then nothing was written.
        """
        self.require_room()
        wanted = tuple(d for d in outcome.documents if job.wants(d.document.document_id))
        documents, others = _one_for_each_claim(wanted)
        with self._stage(_contents(outcome)) as staged:

            def work(tx: Transaction) -> None:
                again = _fenced(tx, job)
                if others or rest:
                    again = _join(again, others | rest)
                staged.record(tx)
                for document in documents:
                    put_document(tx, staged, job, document)
                _close(tx, staged, outcome.mails, outcome.events)
                _done(tx, job, JobState.DONE, again, None)

            self._write(work)

    def requeue(self, job: Job, reason: str, *, delay: float = 0.0, crashed: bool = False) -> None:
        """Give a claimed job back, to run again after `delay` seconds. crashed: its worker died
        over it.

        Raises: LeaseLost.
        """

        def work(tx: Transaction) -> None:
            _fenced(
                tx,
                job,
                state=JobState.QUEUED.value,
                lease_until=None,
                run_at=tx.now + timedelta(seconds=delay),
                set_at=tx.now,
                crashes=_C.crashes + int(crashed),
                last_result=reason,
            )

        self._write(work)

    def give_up(self, job: Job, reason: str, outcome: Outcome | None = None) -> None:
        """Hold a claimed job as not checked, with the mails to the admins in the same transaction.

        Raises: LeaseLost, Unavailable.
        """
        said = outcome or Outcome()
        documents = tuple(d for d in said.documents if job.wants(d.document.document_id))
        with self._stage(_contents(said)) as staged:

            def work(tx: Transaction) -> None:
                again = _fenced(tx, job)
                staged.record(tx)
                for document in documents:
                    put_document(tx, staged, job, document)
                detail = (
                    ("job", str(job.id)),
                    ("reason", reason),
                    ("attempts", str(job.attempts)),
                    ("crashes", str(job.crashes)),
                )
                tx.event(
                    NewEvent(
                        EventKind.GAVE_UP, tenant=job.tenant, mail_id=job.mail_id, detail=detail
                    )
                )
                _close(tx, staged, said.mails, said.events)
                _done(tx, job, JobState.HELD, again, reason)

            self._write(work)

    def job(self, job_id: int) -> Job:
        """A job as it stands. Raises: Unknown."""
        with self._read() as connection:
            row = connection.execute(sa.select(schema.jobs).where(_C.id == job_id)).one_or_none()
            if row is None:
                raise Unknown("job", str(job_id))
            return job_of(row, _known(connection, row.mail_id, row.tenant))

    def jobs(
        self,
        *,
        state: JobState | None = None,
        tenant: str | None = None,
        mail_id: str | None = None,
        unfinished: bool = False,
        among: frozenset[str] | None = None,
        limit: int = 1000,
    ) -> tuple[Job, ...]:
        """Jobs, the next due first, without `known`. unfinished: only those queued, running or
        held; among: of these tenants alone."""
        query = sa.select(schema.jobs).order_by(_C.run_at, _C.id).limit(limit)
        if state is not None:
            query = query.where(_C.state == state.value)
        if tenant is not None:
            query = query.where(_C.tenant == tenant)
        if mail_id is not None:
            query = query.where(_C.mail_id == mail_id)
        if unfinished:
            query = query.where(_C.state.in_(["queued", "running", "held"]))
        query = query.where(belongs(_C.tenant, among))
        with self._read() as connection:
            return tuple(job_of(row) for row in connection.execute(query))

    def replay(self, identifier: str, actor: str, reason: str) -> int:
        """Convert a mail (id) or one document (id) again; returns how many jobs were queued.
        Raises: Unknown.

        Documents archived as valid stay as they are; everything else gets a new version.
        """

        detail = acted(Act.REPLAY, actor, reason)

        def work(tx: Transaction) -> int:
            documents = schema.documents.c
            found = tx.connection.execute(
                sa.select(documents.mail_id, documents.tenant)
                .where(documents.document_id == identifier)
                .limit(1)
            ).one_or_none()
            condition = _C.mail_id == identifier
            scope = None
            if found is not None:
                condition = sa.and_(_C.mail_id == found.mail_id, _C.tenant == found.tenant)
                scope = frozenset([identifier])
            ids = tx.connection.scalars(sa.select(_C.id).where(condition)).all()
            if not ids:
                raise Unknown("mail or document", identifier)
            for job_id in ids:
                ask_again(tx, job_id, scope, detail)
            return len(ids)

        return self._write(work)

    def drop_job(self, job_id: int, actor: str, reason: str) -> None:
        """Give up a queued or held job for good. Raises: Unknown, Misconfigured (running or done,
        no reason)."""
        who = acted(Act.DROP, actor, reason)

        def work(tx: Transaction) -> None:
            row = tx.connection.execute(
                sa.select(_C.state, _C.mail_id, _C.tenant).where(_C.id == job_id).with_for_update()
            ).one_or_none()
            if row is None:
                raise Unknown("job", str(job_id))
            if row.state not in ("queued", "held"):
                raise Misconfigured("JOB-STATE", f"job {job_id} is {row.state}")
            values = {"state": JobState.FAILED.value, "done_at": tx.now, "last_result": reason}
            tx.connection.execute(sa.update(schema.jobs).where(_C.id == job_id).values(**values))
            detail = (("job", str(job_id)), ("state", "failed"), *who)
            tx.event(
                NewEvent(
                    EventKind.QUEUE_CHANGED, tenant=row.tenant, mail_id=row.mail_id, detail=detail
                )
            )

        self._write(work)


def ask_again(
    tx: Transaction,
    job_id: int,
    scope: frozenset[str] | None,
    detail: Sequence[tuple[str, str]] = (),
    *,
    once: bool = False,
) -> None:
    """Queue a job anew for the documents of `scope` (None: all); a running one runs again after it
    is done.

    once: documents that wait already to be converted again are no event of their own.
    """
    row = tx.connection.execute(
        sa.select(schema.jobs).where(_C.id == job_id).with_for_update()
    ).one()
    if once and scope is not None:
        scope = scope - _waiting(row, scope)
        if not scope:
            return
    if row.state == JobState.RUNNING.value:
        values: dict[str, Any] = {"again": _join(row.again, scope)}
    elif row.state == JobState.QUEUED.value:
        values = {
            "run_at": tx.now,
            "set_at": tx.now,
            "scope": _unstar(_join(row.scope or _ALL, scope)),
        }
    else:
        values = {
            "state": JobState.QUEUED.value,
            "run_at": tx.now,
            "set_at": tx.now,
            "scope": _unstar(_join(None, scope)),
            "crashes": 0,
            "done_at": None,
        }
    tx.connection.execute(sa.update(schema.jobs).where(_C.id == job_id).values(**values))
    for document_id in sorted(scope) if scope is not None else [None]:
        tx.event(
            NewEvent(
                EventKind.REPROCESSED,
                tenant=row.tenant,
                mail_id=row.mail_id,
                document_id=document_id,
                detail=tuple(detail),
            )
        )


def _waiting(row: sa.Row[Any], scope: frozenset[str]) -> frozenset[str]:
    """Which of these documents the job is to convert again anyway."""
    asked = row.again if row.state == JobState.RUNNING.value else row.scope or _ALL
    if asked is None or row.state not in (JobState.RUNNING.value, JobState.QUEUED.value):
        return frozenset()
    return scope if asked == _ALL else scope & frozenset(json.loads(asked))


def _join(asked: str | None, scope: frozenset[str] | None) -> str:
    """Two wishes as one: `*` is everything, else a JSON list."""
    if asked == _ALL or scope is None:
        return _ALL
    return json.dumps(sorted(scope | frozenset(json.loads(asked or "[]"))))


def _unstar(asked: str) -> str | None:
    return None if asked == _ALL else asked


def _contents(outcome: Outcome) -> Iterable[bytes]:
    yield from contents(outcome.mails)
    for document in outcome.documents:
        yield from (file.content for file in document.files)
        yield from (mail.content for mail in document.archive_mails)
        yield from contents(document.notify)


def _one_for_each_claim(
    documents: Iterable[DocumentOutcome],
) -> tuple[tuple[DocumentOutcome, ...], frozenset[str]]:
    """The documents that can be written together, and the ids of those that claim what one of them
    claims."""
    claims: set[str] = set()
    first: list[DocumentOutcome] = []
    others: set[str] = set()
    for document in documents:
        new = document.document
        if new.state is DocumentState.VALID and new.claim is not None:
            if new.claim in claims:
                others.add(new.document_id)
                continue
            claims.add(new.claim)
        first.append(document)
    return tuple(first), frozenset(others)


def _fenced(tx: Transaction, job: Job, **values: Any) -> str | None:
    """Change the job if it is still this worker's (and lock it); returns what was asked for
    meanwhile."""
    row = tx.connection.execute(
        sa.update(schema.jobs)
        .where(_C.id == job.id, _C.state == JobState.RUNNING.value, _C.attempts == job.attempts)
        .values(**(values or {"state": JobState.RUNNING.value}))
        .returning(_C.again)
    ).one_or_none()
    if row is None:
        raise LeaseLost(f"job {job.id}")
    again: str | None = row.again
    return again


def _close(
    tx: Transaction, staged: Staged, mails: Iterable[Dispatch], events: Iterable[NewEvent]
) -> None:
    put_dispatches(tx, staged, mails)
    for event in events:
        tx.event(event)


def _done(
    tx: Transaction, job: Job, state: JobState, again: str | None, result: str | None
) -> None:
    values: dict[str, Any] = {
        "state": state.value,
        "lease_until": None,
        "done_at": tx.now,
        "last_result": result,
    }
    if again is not None:
        values |= {
            "state": JobState.QUEUED.value,
            "run_at": tx.now,
            "set_at": tx.now,
            "scope": _unstar(again),
            "again": None,
        }
    tx.connection.execute(sa.update(schema.jobs).where(_C.id == job.id).values(**values))


def _known(connection: sa.Connection, mail_id: str, tenant: str) -> tuple[KnownDocument, ...]:
    rows = connection.execute(_KNOWN, {"mail_id": mail_id, "tenant": tenant})
    return tuple(KnownDocument(r.document_id, r.version, DocumentState(r.state)) for r in rows)


def job_of(row: sa.Row[Any], known: tuple[KnownDocument, ...] = ()) -> Job:
    """A row of `jobs` as a value."""
    return Job(
        id=row.id,
        mail_id=row.mail_id,
        tenant=row.tenant,
        direction=Direction(row.direction),
        state=JobState(row.state),
        attempts=row.attempts,
        crashes=row.crashes,
        run_at=row.run_at,
        created_at=row.created_at,
        lease_until=row.lease_until,
        worker=row.worker,
        last_result=row.last_result,
        scope=None if row.scope is None else frozenset(json.loads(row.scope)),
        known=known,
    )
