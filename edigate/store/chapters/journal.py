"""Reading what happened: events, usage, the state of the queues; and recording what happens outside
the store."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from edigate.secrecy import masked_value
from edigate.store import schema
from edigate.store.engine.base import Base, belongs
from edigate.store.engine.writer import Transaction
from edigate.store.proof import audit
from edigate.store.values import (
    DeliveryState,
    Event,
    EventKind,
    JobState,
    NewEvent,
    Status,
    Usage,
    UsageDirection,
)

_E = schema.events.c
_U = schema.usage.c
_SHORTEST_ID = 12
"""No id is that short, and no number of a queue that long."""
# as the index says it, or SQLite does not take the index
_CERTIFICATES = _E.kind == sa.literal_column(f"'{EventKind.CERTIFICATE_USED.value}'")


class Journal(Base):
    """The log and the counters."""

    _folder: Path

    def record(self, *happened: NewEvent) -> None:
        """Chain events that happened outside the store. Raises: Unavailable."""
        self._write(lambda tx: tx.events.extend(happened))

    def record_certificate(self, event: NewEvent) -> bool:
        """Chain the first use of a seal certificate, told apart by its detail `sha256`; whether it
        was the first.

        Raises: Unavailable.
        """

        def work(tx: Transaction) -> bool:
            # whoever else starts at this moment waits here, and then finds the event
            tx.connection.execute(sa.select(schema.chain_head.c.seq).with_for_update())
            known = tx.connection.scalars(sa.select(_E.detail).where(_CERTIFICATES))
            fingerprint = dict(event.detail)["sha256"]
            if any(dict(audit.pairs(detail)).get("sha256") == fingerprint for detail in known):
                return False
            tx.event(event)
            return True

        return self._write(work)

    def certificates(self) -> tuple[Event, ...]:
        """The first use of every seal certificate, in order."""
        query = sa.select(schema.events).where(_CERTIFICATES).order_by(_E.seq)
        with self._read() as connection:
            return tuple(audit.event_of(row) for row in connection.execute(query))

    def keeps(self, sha256: str) -> bool:
        """Whether a file with this digest (lower-case hex) belongs to a document of this store."""
        files = schema.document_files.c
        with self._read() as connection:
            return (
                connection.scalar(sa.select(sa.literal(1)).where(files.sha256 == sha256).limit(1))
                is not None
            )

    def record_changes(
        self,
        actor: str,
        changes: Sequence[tuple[str, str, str]],
        detail: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Chain changed settings as (key, old value, new value); the caller masks secrets. Raises:
        Unavailable.

        detail: what else belongs to each, such as ("file", "NAME SHA-256") of the data folder:
        `verify` looks at it.
        """
        pairs = ((key, masked_value(old), masked_value(new)) for key, old, new in changes)
        self.record(
            *(
                NewEvent(
                    EventKind.CONFIG_CHANGED,
                    detail=(("by", actor), ("key", key), ("old", old), ("new", new), *detail),
                )
                for key, old, new in pairs
            )
        )

    def events_with_secrets(self) -> tuple[int, ...]:
        """Numbers of chained changes of settings that hold what looks like a secret: earlier
        versions masked less."""
        query = (
            sa.select(_E.seq, _E.detail)
            .where(_E.kind == EventKind.CONFIG_CHANGED.value)
            .order_by(_E.seq)
        )
        with self._read() as connection:
            rows = connection.execute(query).all()
        return tuple(
            row.seq
            for row in rows
            if any(masked_value(said) != said for _, said in audit.pairs(row.detail))
        )

    def log(
        self,
        *,
        document_id: str | None = None,
        mail_id: str | None = None,
        tenant: str | None = None,
        kinds: Sequence[EventKind] = (),
        since: datetime | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> tuple[Event, ...]:
        """Events in the order they happened; of a document together with those of the mail it came
        in.

        after: only events with a higher seq (to follow the log). Without any condition: the latest
        `limit`.
        """
        query = sa.select(schema.events)
        if document_id is not None:
            documents = schema.documents.c
            mail = sa.select(documents.mail_id).where(documents.document_id == document_id)
            own = sa.or_(
                _E.document_id == document_id,
                sa.and_(_E.mail_id.in_(mail), _E.document_id.is_(None)),
            )
            query = query.where(own)
        if mail_id is not None:
            query = query.where(_E.mail_id == mail_id)
        if tenant is not None:
            query = query.where(_E.tenant == tenant)
        if kinds:
            query = query.where(_E.kind.in_([kind.value for kind in kinds]))
        if since is not None:
            query = query.where(_E.at >= since)
        query = query.where(_E.seq > after)
        order = _E.seq if after else _E.seq.desc()
        with self._read() as connection:
            rows = [
                audit.event_of(row)
                for row in connection.execute(query.order_by(order).limit(limit))
            ]
        return tuple(rows if after else reversed(rows))

    def newest_moment(self) -> datetime | None:
        """The latest moment of any event: not that of the newest event, if the clock was ahead
        meanwhile."""
        with self._read() as connection:
            moment: datetime | None = connection.scalar(sa.select(sa.func.max(_E.at)))
        return moment

    def story(
        self, identifier: str, limit: int | None = None, among: frozenset[str] | None = None
    ) -> tuple[tuple[Event, ...], int]:
        """The newest `limit` events that name a mail, a document, a UIDL or a number, and how many
        there are.

        Named as a whole or in a detail. Of a document also those of the mails it came in and is
        spoken of in, as far as they concern no other document; they are found in the chain, so that
        a purge takes nothing from the story. identifier: a whole id; or a number of `queue`, e.g.
        "17". among: events of these tenants alone.
        """
        if identifier.isdigit() and len(identifier) < _SHORTEST_ID:
            named = sa.or_(
                *(_E.detail.contains(f'["{kind}","{identifier}"]') for kind in ("delivery", "job"))
            )
        else:
            mails = sa.select(_E.mail_id).where(
                _E.document_id == identifier, _E.mail_id.is_not(None)
            )
            named = sa.or_(
                _E.document_id == identifier,
                _E.mail_id == identifier,
                _E.detail.contains(identifier, autoescape=True),
                sa.and_(_E.mail_id.in_(mails), _E.document_id.is_(None)),
            )
        return self._newest(sa.and_(named, belongs(_E.tenant, among)), limit)

    def newest(
        self, limit: int | None = None, among: frozenset[str] | None = None
    ) -> tuple[tuple[Event, ...], int]:
        """The newest `limit` events in order, and how many there are. among: of these tenants."""
        return self._newest(belongs(_E.tenant, among), limit)

    def _newest(
        self, which: sa.ColumnElement[bool], limit: int | None
    ) -> tuple[tuple[Event, ...], int]:
        query = sa.select(schema.events).where(which).order_by(_E.seq.desc())
        with self._read() as connection:
            total = (
                connection.scalar(
                    sa.select(sa.func.count()).select_from(schema.events).where(which)
                )
                or 0
            )
            rows = [
                audit.event_of(row)
                for row in connection.execute(query if limit is None else query.limit(limit))
            ]
        return tuple(reversed(rows)), total

    def chain_head_at(self) -> tuple[int, str, datetime | None]:
        """Number, hash and moment of the newest event; 0, 64 zeros and None where nothing happened
        yet."""
        head = schema.chain_head.c
        query = sa.select(head.seq, head.hash, _E.at).join_from(
            schema.chain_head, schema.events, _E.seq == head.seq, isouter=True
        )
        with self._read() as connection:
            seq, digest, at = connection.execute(query).one()
        return int(seq), str(digest), at

    def chain_head(self) -> tuple[int, str]:
        """Number and hash of the newest event: note it elsewhere (time stamp, print) to anchor the
        chain."""
        head = schema.chain_head.c
        with self._read() as connection:
            seq, digest = connection.execute(sa.select(head.seq, head.hash)).one()
        return int(seq), str(digest)

    def usage(
        self,
        *,
        account: str | None = None,
        month: str | None = None,
        among: frozenset[str] | None = None,
    ) -> tuple[Usage, ...]:
        """Counters by account, month (`2026-11`) and direction. among: of these tenants alone."""
        query = sa.select(_U.account, _U.direction, _U.month, _U.mails, _U.documents, _U.octets)
        if account is not None:
            query = query.where(_U.account == account)
        if month is not None:
            query = query.where(_U.month == month)
        query = query.where(belongs(_U.account, among))
        with self._read() as connection:
            rows = connection.execute(query.order_by(_U.account, _U.month, _U.direction)).all()
        return tuple(Usage(a, UsageDirection(d), m, *sums) for a, d, m, *sums in rows)

    def status(self) -> Status:
        """Queues, waiting times and free disk space at a glance."""
        jobs, deliveries = schema.jobs.c, schema.deliveries.c
        moment = self._clock()
        with self._read() as connection:
            by_job = connection.execute(
                sa.select(jobs.state, sa.func.count()).group_by(jobs.state)
            ).all()
            by_delivery = connection.execute(
                sa.select(deliveries.state, sa.func.count()).group_by(deliveries.state)
            ).all()
            oldest = [
                connection.scalar(
                    sa.select(sa.func.min(c.created_at)).where(
                        c.state == "queued", c.run_at <= moment
                    )
                )
                for c in (jobs, deliveries)
            ]
        return Status(
            jobs=tuple((JobState(state), int(count)) for state, count in sorted(by_job, key=str)),
            deliveries=tuple(
                (DeliveryState(state), int(count)) for state, count in sorted(by_delivery, key=str)
            ),
            oldest_job=oldest[0],
            oldest_delivery=oldest[1],
            free_octets=self.free_octets(),
        )
