"""Queued deliveries become attempts and results. An attempt is written down before it is made.

Between the next hop's "250" and our commit a crash repeats the attempt: at least once, as every
mail relay.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store import schema
from edigate.store.chapters.acts import Act, acted
from edigate.store.chapters.intake import contents, put_dispatches, put_item
from edigate.store.engine.base import Base, belongs
from edigate.store.engine.failures import LeaseLost, Unknown
from edigate.store.engine.writer import Transaction
from edigate.store.values import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Dispatch,
    EventKind,
    NewEvent,
)

_C = schema.deliveries.c


_SKEW = timedelta(minutes=1)
"""How far the clocks of two machines may be apart."""


def due(moment: "datetime | sa.BindParameter[Any]", columns: Any) -> sa.ColumnElement[bool]:
    """Rows of a queue whose time has come, or whose lease ran out.

    What was queued or leased while the clock was ahead is due too: its time would come in a day, or
    a year.
    """
    now = moment if isinstance(moment, sa.BindParameter) else sa.literal(moment, schema.Instant)
    set_at = sa.func.coalesce(columns.set_at, columns.created_at)
    return sa.and_(
        schema.UNFINISHED,
        sa.or_(
            sa.and_(columns.state == "queued", columns.run_at <= now),
            sa.and_(columns.state == "running", columns.lease_until < now),
            sa.type_coerce(set_at, sa.BigInteger) - _SKEW // timedelta(microseconds=1) > now,
        ),
    )


class Deliveries(Base):
    """The relay queue."""

    def claim_deliveries(
        self, *, limit: int = 20, lease: float = 600.0, kinds: Sequence[DeliveryKind] = ()
    ) -> tuple[Delivery, ...]:
        """Lease up to `limit` due deliveries for `lease` seconds, the longest due first; attempts
        is already counted.

        kinds: only these (default: RELAY and NOTIFY; MAILBOX is done by `accept`). Cheap when
        nothing is due.
        """
        wanted = [k.value for k in kinds or (DeliveryKind.RELAY, DeliveryKind.NOTIFY)]
        moment = self._clock()
        condition = sa.and_(due(moment, _C), _C.kind.in_(wanted))
        with self._read() as connection:
            if connection.execute(sa.select(_C.id).where(condition).limit(1)).first() is None:
                return ()

        def work(tx: Transaction) -> tuple[Delivery, ...]:
            ids = tx.connection.scalars(
                sa.select(_C.id)
                .where(condition)
                .order_by(_C.run_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            ).all()
            rows = tx.connection.execute(
                sa.update(schema.deliveries)
                .where(_C.id.in_(ids))
                .values(
                    state=DeliveryState.RUNNING.value,
                    attempts=_C.attempts + 1,
                    lease_until=tx.now + timedelta(seconds=lease),
                    set_at=tx.now,
                    node=self.node,
                )
                .returning(schema.deliveries)
            )
            return tuple(sorted((delivery_of(r) for r in rows), key=lambda d: d.run_at))

        return self._write(work)

    def next_delivery_at(self) -> datetime | None:
        """When the next queued delivery is due (may be past); None when nothing waits."""
        with self._read() as connection:
            condition = sa.and_(_C.state == "queued", _C.kind != DeliveryKind.MAILBOX.value)
            moment: datetime | None = connection.scalar(
                sa.select(sa.func.min(_C.run_at)).where(condition)
            )
        return moment

    def delivered(self, delivery: Delivery, result: str) -> None:
        """The next hop took it; `result` is its reply. Raises: LeaseLost, Unavailable."""
        kind = EventKind.NOTIFIED if delivery.kind is DeliveryKind.NOTIFY else EventKind.RELAYED
        self._write(lambda tx: _settle(tx, delivery, DeliveryState.DONE, result, kind))

    def deposited(self, delivery: Delivery, account: str, prefix: bytes) -> None:
        """The recipient has a mailbox here by now: put the mail into it, and settle. Raises:
        LeaseLost, Unavailable."""

        def work(tx: Transaction) -> None:
            _settle(tx, delivery, DeliveryState.DONE, "delivered to the mailbox", EventKind.RELAYED)
            mails = schema.mails.c
            mail = tx.connection.execute(
                sa.select(mails.sha256, mails.size).where(mails.id == delivery.mail_id)
            ).one()
            put_item(
                tx,
                account=account,
                source=f"mail:{delivery.mail_id}:{account}",
                sha256=mail.sha256,
                size=mail.size,
                prefix=prefix,
                mail_id=delivery.mail_id,
            )

        self._write(work)

    def deferred(self, delivery: Delivery, until: datetime, reason: str) -> None:
        """Not now: try again at `until`. Raises: LeaseLost, Unavailable."""
        self._write(
            lambda tx: _settle(
                tx, delivery, DeliveryState.QUEUED, reason, EventKind.DEFERRED, run_at=until
            )
        )

    def failed(self, delivery: Delivery, reason: str, bounces: Sequence[Dispatch] = ()) -> None:
        """Never: give up and queue the mails that say so (RFC 3464) in the same transaction.
        Raises: LeaseLost."""
        with self._stage(contents(bounces)) as staged:

            def work(tx: Transaction) -> None:
                _settle(tx, delivery, DeliveryState.FAILED, reason, EventKind.UNDELIVERABLE)
                staged.record(tx)
                put_dispatches(tx, staged, bounces)

            self._write(work)

    def deliveries(
        self,
        *,
        state: DeliveryState | None = None,
        mail_id: str | None = None,
        unfinished: bool = False,
        among: frozenset[str] | None = None,
        limit: int = 1000,
    ) -> tuple[Delivery, ...]:
        """Deliveries, the next due first. unfinished: only those queued, running or held; among:
        into mailboxes of these tenants alone."""
        query = sa.select(schema.deliveries).order_by(_C.run_at, _C.id).limit(limit)
        if state is not None:
            query = query.where(_C.state == state.value)
        if mail_id is not None:
            query = query.where(_C.mail_id == mail_id)
        if unfinished:
            query = query.where(_C.state.in_(["queued", "running", "held"]))
        query = query.where(belongs(_C.account, among))
        with self._read() as connection:
            return tuple(delivery_of(r) for r in connection.execute(query))

    def delivery(self, delivery_id: int) -> Delivery:
        """One delivery. Raises: Unknown."""
        with self._read() as connection:
            row = connection.execute(
                sa.select(schema.deliveries).where(_C.id == delivery_id)
            ).one_or_none()
        if row is None:
            raise Unknown("delivery", str(delivery_id))
        return delivery_of(row)

    def hold_delivery(self, delivery_id: int, actor: str, reason: str) -> None:
        """Keep a queued delivery from being tried until it is retried. Raises: Unknown,
        Misconfigured."""
        self._operate(
            delivery_id, DeliveryState.HELD, acted(Act.HOLD, actor, reason), ("queued", "held")
        )

    def retry_delivery(self, delivery_id: int, actor: str, reason: str) -> None:
        """Try a queued, held or failed delivery now. Raises: Unknown, Misconfigured."""
        who = acted(Act.RETRY, actor, reason)
        self._operate(delivery_id, DeliveryState.QUEUED, who, ("queued", "held", "failed"))

    def drop_delivery(
        self, delivery_id: int, actor: str, reason: str, bounces: Sequence[Dispatch] = ()
    ) -> None:
        """Give a queued or held delivery up; the mails that tell of it are queued in the same
        transaction.

        Raises: Unknown, Misconfigured.
        """
        who = acted(Act.DROP, actor, reason)
        self._operate(delivery_id, DeliveryState.FAILED, who, ("queued", "held"), bounces)

    def _operate(
        self,
        delivery_id: int,
        state: DeliveryState,
        who: tuple[tuple[str, str], ...],
        allowed: tuple[str, ...],
        bounces: Sequence[Dispatch] = (),
    ) -> None:
        said = dict(who).get("reason")

        def work(tx: Transaction) -> None:
            row = tx.connection.execute(
                sa.select(_C.state, _C.mail_id, _C.recipient)
                .where(_C.id == delivery_id)
                .with_for_update()
            ).one_or_none()
            if row is None:
                raise Unknown("delivery", str(delivery_id))
            if row.state not in allowed:
                raise Misconfigured("DELIVERY-STATE", f"delivery {delivery_id} is {row.state}")
            final = tx.now if state is DeliveryState.FAILED else None
            tx.connection.execute(
                sa.update(schema.deliveries)
                .where(_C.id == delivery_id)
                .values(
                    state=state.value,
                    run_at=tx.now,
                    set_at=tx.now,
                    lease_until=None,
                    done_at=final,
                    last_result=said or _C.last_result,
                )
            )
            detail = (
                ("recipient", row.recipient),
                ("delivery", str(delivery_id)),
                ("state", state.value),
                *who,
            )
            tx.event(NewEvent(EventKind.QUEUE_CHANGED, mail_id=row.mail_id, detail=detail))
            staged.record(tx)
            put_dispatches(tx, staged, bounces)

        with self._stage(contents(bounces)) as staged:
            self._write(work)


def _settle(
    tx: Transaction,
    delivery: Delivery,
    state: DeliveryState,
    result: str,
    kind: EventKind,
    *,
    run_at: datetime | None = None,
) -> None:
    final = state in (DeliveryState.DONE, DeliveryState.FAILED)
    changed = tx.connection.execute(
        sa.update(schema.deliveries)
        .where(_C.id == delivery.id, _C.state == "running", _C.attempts == delivery.attempts)
        .values(
            state=state.value,
            run_at=run_at or _C.run_at,
            set_at=tx.now,
            lease_until=None,
            last_result=result,
            done_at=tx.now if final else None,
        )
    )
    if changed.rowcount != 1:
        raise LeaseLost(f"delivery {delivery.id}")
    mails = schema.mails.c
    document_id = tx.connection.scalar(
        sa.select(mails.document_id).where(mails.id == delivery.mail_id)
    )
    detail = (
        *(("delivery", str(delivery.id)), ("recipient", delivery.recipient)),
        *(("attempt", str(delivery.attempts)), ("result", result)),
    )
    tx.event(NewEvent(kind, mail_id=delivery.mail_id, document_id=document_id, detail=detail))


def delivery_of(row: sa.Row[Any]) -> Delivery:
    """A row of `deliveries` as a value."""
    return Delivery(
        id=row.id,
        mail_id=row.mail_id,
        kind=DeliveryKind(row.kind),
        recipient=row.recipient,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        run_at=row.run_at,
        created_at=row.created_at,
        lease_until=row.lease_until,
        last_result=row.last_result,
        account=row.account,
    )


def release_all(node: str) -> Callable[[Transaction], int]:
    """Work that puts everything this node had leased back into the queues; returns how much that
    was."""

    def work(tx: Transaction) -> int:
        total = 0
        for table in (schema.deliveries, schema.jobs):
            total += tx.connection.execute(
                sa.update(table)
                .where(table.c.state == "running", table.c.node == node)
                .values(state="queued", lease_until=None)
            ).rowcount
        tx.connection.execute(
            sa.delete(schema.mailbox_locks).where(schema.mailbox_locks.c.node == node)
        )
        return total

    return work
