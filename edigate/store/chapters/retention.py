"""How long things are kept: hidden softly at any time, destroyed only when the law and the tenant
no longer want them.

A document is locked until the last day of its period; there is no way around that in this room.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.chapters.acts import Act, acted
from edigate.store.engine.base import Base
from edigate.store.engine.failures import Unknown
from edigate.store.engine.objects import an_hour_ago
from edigate.store.engine.writer import Transaction
from edigate.store.values import EventKind, NewEvent

RETENTION_YEARS = 8
"""Calendar years after the year of issue (§ 14b Abs. 1 Satz 1 UStG, § 147 Abs. 3 AO as of 2025)."""

_BERLIN = ZoneInfo("Europe/Berlin")
_D = schema.documents.c
_I = schema.mailbox_items.c
_E = schema.events.c
_DAY = 86_400_000_000  # microseconds

SIGNS_OF_LIFE = tuple(
    kind.value
    for kind in (
        *(
            EventKind.STARTED,
            EventKind.STOPPED,
            EventKind.VERIFIED,
            EventKind.RECEIVED,
            EventKind.CREATED,
        ),
        *(
            EventKind.RELAYED,
            EventKind.DEFERRED,
            EventKind.UNDELIVERABLE,
            EventKind.DELIVERED,
            EventKind.NOTIFIED,
        ),
        *(EventKind.VALIDATED, EventKind.HELD, EventKind.NOT_CHECKED, EventKind.TESTED),
        *(EventKind.DUPLICATE_DISCARDED, EventKind.FETCHED, EventKind.DELETED_BY_CLIENT),
    )
)
"""Events that show that the gateway ran; what people do by a command under a wrong clock does
not."""


def retain_until(issued: date | None, received: datetime, years: int = RETENTION_YEARS) -> date:
    """The last day an invoice must be kept: the period begins with the end of the year of issue or
    receipt.

    The later of both: § 14b Abs. 1 Satz 3 UStG counts from the issue, § 147 Abs. 4 AO from the
    receipt of what came in; an old or mistyped date of issue must not shorten it. years: the
    tenant's period; fewer than the lawful 8 count as 8. The year of receipt is that of German time.
    """
    year = received.astimezone(_BERLIN).year
    begins = max(issued.year, year) if issued else year
    return date(begins + max(years, RETENTION_YEARS), 12, 31)


class Retention(Base):
    """Hiding, destroying, collecting."""

    def soft_delete(self, document_id: str, actor: str, reason: str) -> None:
        """Hide a document from searches; it stays in the store with everything. Raises: Unknown,
        Misconfigured."""
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
            tx.event(
                NewEvent(
                    kind, row.tenant, mail_id=row.mail_id, document_id=document_id, detail=detail
                )
            )

        self._write(work)

    def purge_mails(self, days: int, *, unfetched: bool = False) -> int:
        """Destroy mails that are only work data and older than `days` days; returns how many.

        Those are mails from which no document came, with every delivery and job finished, and which
        clients fetched and deleted, as the chain says: never one whose archive job is held or was
        dropped, for nobody knows what it holds. Only days on which the gateway lived count.
        unfetched: also what a client deleted without fetching it.
        """
        before = self._lived(days)
        if before is None:
            return 0
        condition = _work_data(before, unfetched=unfetched)

        def work(tx: Transaction) -> int:
            mails = schema.mails.c
            query = sa.select(mails.id, mails.sha256, mails.size).where(condition).limit(500)
            rows = tx.connection.execute(query).all()
            ids = [row.id for row in rows]
            for table in (schema.mailbox_items, schema.deliveries, schema.jobs):
                tx.connection.execute(sa.delete(table).where(table.c.mail_id.in_(ids)))
            tx.connection.execute(sa.delete(schema.mails).where(mails.id.in_(ids)))
            for row in rows:
                detail = (
                    ("older-than-days", str(days)),
                    ("mail-sha256", row.sha256),
                    ("size", str(row.size)),
                )
                tx.event(NewEvent(EventKind.PURGED, mail_id=row.id, detail=detail))
            return len(ids)

        total = 0
        while count := self._write(work):
            total += count
        return total

    def purge_fetched(self, days: int, *, unfetched: bool = False) -> int:
        """Forget mailbox rows of documents that a client fetched and deleted more than `days` days
        ago; returns how many. Days and unfetched: as for mails.

        Until then they can be offered again as they were; the document itself stays.
        """
        before = self._lived(days)
        if before is None:
            return 0
        condition = sa.and_(
            _I.mail_id.is_(None),
            *_let_go(before, _E.document_id == _I.document_id, unfetched=unfetched),
        )

        def work(tx: Transaction) -> int:
            gone = sa.delete(schema.mailbox_items).where(condition).returning(_I.account, _I.uidl)
            rows = tx.connection.execute(gone).all()
            for account in sorted({row.account for row in rows}):
                uidls = " ".join(sorted(row.uidl for row in rows if row.account == account))
                detail = (("older-than-days", str(days)), ("uidls", uidls))
                tx.event(NewEvent(EventKind.PURGED, account=account, detail=detail))
            return len(rows)

        return self._write(work)

    def work_data(self, days: int, *, unfetched: bool = False) -> tuple[int, int, int]:
        """What `purge_mails` and `purge_fetched` would remove: mails, their octets, mailbox rows of
        documents."""
        before = self._lived(days)
        if before is None:
            return 0, 0, 0
        mails = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(schema.mails.c.size), 0))
        items = (
            sa.select(sa.func.count()).select_from(schema.mailbox_items).where(_I.mail_id.is_(None))
        )
        with self._read() as connection:
            count, octets = connection.execute(
                mails.select_from(schema.mails).where(_work_data(before, unfetched=unfetched))
            ).one()
            rows = connection.scalar(
                items.where(*_let_go(before, _E.document_id == _I.document_id, unfetched=unfetched))
            )
        return int(count), int(octets), int(rows or 0)

    def _lived(self, days: int) -> datetime | None:
        """The moment before which things are older than so many days on which the gateway lived;
        None: too young.

        A clock that is ahead makes nothing older than it is.
        """
        day = (sa.type_coerce(_E.at, sa.BigInteger) // _DAY).label("day")
        with self._read() as connection:
            alive = connection.scalars(
                sa.select(day)
                .where(_E.kind.in_(SIGNS_OF_LIFE))
                .distinct()
                .order_by(sa.desc("day"))
                .limit(days)
            ).all()
        plain = self._clock() - timedelta(days=days)
        if len(alive) < days:
            return None
        return min([plain, *(datetime.fromtimestamp(int(n) * 86_400, UTC) for n in alive[-1:])])

    def collect_orphans(self) -> int:
        """Remove objects that no row names (left by a crash or a purge); returns how many. Raises:
        Unavailable."""
        objects = schema.objects.c
        named = [schema.mails.c.sha256, schema.document_files.c.sha256, _I.sha256]
        orphaned = sa.and_(*(~sa.exists().where(column == objects.sha256) for column in named))

        def work(tx: Transaction) -> int:
            return tx.connection.execute(
                sa.delete(schema.objects).where(
                    orphaned, objects.created_at < tx.now - timedelta(hours=1)
                )
            ).rowcount

        removed = self._write(work)
        with self._objects.collecting():
            for sha256 in self._objects.listed(an_hour_ago()):
                with self._read() as connection:
                    known = connection.execute(
                        sa.select(objects.sha256).where(
                            objects.sha256 == sha256, objects.content.is_(None)
                        )
                    ).first()
                if known is None:
                    self._objects.remove(sha256)
                    removed += 1
        return removed


def _work_data(before: datetime, *, unfetched: bool) -> sa.ColumnElement[bool]:
    """Mails that nobody needs any more."""
    mails, deliveries, jobs = schema.mails.c, schema.deliveries.c, schema.jobs.c
    let_go = _let_go(before, _E.mail_id == mails.id, unfetched=unfetched)
    return sa.and_(
        mails.received_at < before,
        ~sa.exists().where(_D.mail_id == mails.id),
        ~sa.exists().where(
            deliveries.mail_id == mails.id, deliveries.state.not_in(("done", "failed"))
        ),
        ~sa.exists().where(jobs.mail_id == mails.id, jobs.state != "done"),
        ~sa.exists().where(_I.mail_id == mails.id, sa.or_(*(~one for one in let_go))),
    )


def _let_go(
    before: datetime, about: sa.ColumnElement[bool], *, unfetched: bool
) -> list[sa.ColumnElement[bool]]:
    """When a client fetched and deleted a message before this moment, by its row and by the chain;
    none is ever NULL.

    about: which events are about the message, by an index.
    """
    named = sa.and_(about, _E.account == _I.account, _E.detail.contains(_I.uidl))
    deleted = sa.exists().where(named, _E.kind == EventKind.DELETED_BY_CLIENT.value, _E.at < before)
    fetched = sa.exists().where(named, _E.kind == EventKind.FETCHED.value)
    return [
        sa.func.coalesce(_I.deleted_at < before, sa.false()),
        deleted,
        *([] if unfetched else [fetched]),
    ]
