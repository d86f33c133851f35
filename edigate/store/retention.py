"""How long things are kept: hidden softly at any time, destroyed only when the law and the tenant no longer want them.

A document is locked until the last day of its period; there is no way around that in this room.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.acts import Act, acted
from edigate.store.base import Base
from edigate.store.failures import Retained, Unknown
from edigate.store.objects import an_hour_ago
from edigate.store.values import EventKind, NewEvent
from edigate.store.writer import Transaction

RETENTION_YEARS = 8
"""Calendar years after the year of issue (§ 14b Abs. 1 Satz 1 UStG, § 147 Abs. 3 AO as of 2025)."""

_D = schema.documents.c
_I = schema.mailbox_items.c


def retain_until(issued: date, years: int = RETENTION_YEARS) -> date:
    """The last day an invoice must be kept: the period begins with the end of the year of issue.

    years: the tenant's period; fewer than the lawful 8 count as 8. § 14b Abs. 1 Satz 3 UStG.
    """
    return date(issued.year + max(years, RETENTION_YEARS), 12, 31)


class Retention(Base):
    """Hiding, destroying, collecting."""

    def soft_delete(self, document_id: str, actor: str, reason: str) -> None:
        """Hide a document from searches; it stays in the store with everything. Raises: Unknown, Misconfigured."""
        self._hide(document_id, Act.DELETE, actor, reason)

    def restore(self, document_id: str, actor: str, reason: str) -> None:
        """Show a hidden document again. Raises: Unknown, Misconfigured."""
        self._hide(document_id, Act.RESTORE, actor, reason)

    def _hide(self, document_id: str, act: Act, actor: str, reason: str) -> None:
        detail = acted(act, actor, reason)
        hidden = act is Act.DELETE
        kind = EventKind.SOFT_DELETED if hidden else EventKind.RESTORED

        def work(tx: Transaction) -> None:
            values = {"deleted_at": tx.now, "deleted_by": actor, "deleted_reason": reason}
            row = tx.connection.execute(
                sa.update(schema.documents)
                .where(_D.document_id == document_id)
                .values(**(values if hidden else dict.fromkeys(values)))
                .returning(_D.tenant, _D.mail_id)
            ).first()
            if row is None:
                raise Unknown("document", document_id)
            tx.event(NewEvent(kind, row.tenant, mail_id=row.mail_id, document_id=document_id, detail=detail))

        self._write(work)

    def purge_document(self, document_id: str, actor: str, reason: str) -> None:
        """Destroy all versions of one document; what happened stays in the chain.

        Raises: Retained inside the retention period (the attempt is recorded), Unknown, Misconfigured.
        """
        today = self._clock().astimezone(UTC).date()
        who = acted(Act.PURGE, actor, reason)

        def work(tx: Transaction) -> date | None:
            rows = tx.connection.execute(
                sa.select(_D.tenant, _D.mail_id, _D.retain_until).where(_D.document_id == document_id)
            ).all()
            if not rows:
                raise Unknown("document", document_id)
            until: date = max(row.retain_until for row in rows)
            refused = today <= until
            detail = (*who, ("retain-until", until.isoformat()))
            tx.event(
                NewEvent(
                    EventKind.PURGE_REFUSED if refused else EventKind.PURGED,
                    rows[0].tenant,
                    mail_id=rows[0].mail_id,
                    document_id=document_id,
                    detail=detail,
                )
            )
            if refused:
                return until
            _destroy_document(tx, document_id)
            return None

        until = self._write(work)
        if until is not None:
            raise Retained("RETAINED", f"document {document_id} must be kept until {until.isoformat()}")

    def expired(self) -> Iterator[str]:
        """Ids of documents all of whose versions are past their period, the oldest first (for a dry run)."""
        today = self._clock().astimezone(UTC).date()
        query = (
            sa.select(_D.document_id)
            .group_by(_D.document_id)
            .having(sa.func.max(_D.retain_until) < today)
            .order_by(sa.func.max(_D.retain_until), _D.document_id)
        )
        with self._read() as connection:
            ids = connection.scalars(query).all()
        yield from ids

    def purge_mails(self, days: int) -> int:
        """Destroy mails that are only work data and older than `days` days; returns how many.

        Those are mails from which no document came, with every delivery and job finished, and which nobody can still
        fetch: never one whose archive job is held.
        """
        mails = schema.mails.c
        before = self._clock() - timedelta(days=days)
        deliveries, jobs = schema.deliveries.c, schema.jobs.c
        finished = ("done", "failed")
        condition = sa.and_(
            mails.received_at < before,
            ~sa.exists().where(_D.mail_id == mails.id),
            ~sa.exists().where(deliveries.mail_id == mails.id, deliveries.state.not_in(finished)),
            ~sa.exists().where(jobs.mail_id == mails.id, jobs.state.not_in(finished)),
            ~sa.exists().where(_I.mail_id == mails.id, sa.or_(_I.deleted_at.is_(None), _I.deleted_at >= before)),
        )

        def work(tx: Transaction) -> int:
            ids = tx.connection.scalars(sa.select(mails.id).where(condition).limit(500)).all()
            for table in (schema.mailbox_items, schema.deliveries, schema.jobs):
                tx.connection.execute(sa.delete(table).where(table.c.mail_id.in_(ids)))
            tx.connection.execute(sa.delete(schema.mails).where(mails.id.in_(ids)))
            for mail_id in ids:
                tx.event(NewEvent(EventKind.PURGED, mail_id=mail_id, detail=(("older-than-days", str(days)),)))
            return len(ids)

        total = 0
        while count := self._write(work):
            total += count
        return total

    def purge_fetched(self, days: int) -> int:
        """Forget mailbox rows of documents that a client deleted more than `days` days ago; returns how many.

        Until then they can be offered again as they were; the document itself stays.
        """
        before: datetime = self._clock() - timedelta(days=days)

        def work(tx: Transaction) -> int:
            gone = sa.delete(schema.mailbox_items).where(_I.deleted_at < before, _I.mail_id.is_(None))
            return tx.connection.execute(gone).rowcount

        return self._write(work)

    def collect_orphans(self) -> int:
        """Remove objects that no row names (left by a crash or a purge); returns how many. Raises: Unavailable."""
        objects = schema.objects.c
        named = [schema.mails.c.sha256, schema.document_files.c.sha256, _I.sha256]
        orphaned = sa.and_(*(~sa.exists().where(column == objects.sha256) for column in named))

        def work(tx: Transaction) -> int:
            return tx.connection.execute(
                sa.delete(schema.objects).where(orphaned, objects.created_at < tx.now - timedelta(hours=1))
            ).rowcount

        removed = self._write(work)
        with self._objects.collecting():
            for sha256 in self._objects.listed(an_hour_ago()):
                with self._read() as connection:
                    known = connection.execute(
                        sa.select(objects.sha256).where(objects.sha256 == sha256, objects.content.is_(None))
                    ).first()
                if known is None:
                    self._objects.remove(sha256)
                    removed += 1
        return removed


def _destroy_document(tx: Transaction, document_id: str) -> None:
    for table in (
        schema.mailbox_items,
        schema.document_files,
        schema.unknown_partners,
        schema.claims,
        schema.documents,
    ):
        tx.connection.execute(sa.delete(table).where(table.c.document_id == document_id))
