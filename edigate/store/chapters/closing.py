"""What people close: open documents about which nothing more is to be done, with a reason."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store import schema
from edigate.store.chapters.acts import Act, acted
from edigate.store.chapters.documents import document_of
from edigate.store.engine.base import Base, spellings, storable
from edigate.store.engine.failures import Unknown
from edigate.store.engine.writer import Transaction
from edigate.store.values import Closing, Document, EventKind, NewEvent, Standing

_C = schema.documents.c


class Closings(Base):
    """Closing documents."""

    def closable(self, which: Closing) -> tuple[Document, ...]:
        """What `close_documents` would close, the oldest first, without files. Raises like it."""
        with self._read() as connection:
            return tuple(document_of(row) for row in _chosen(connection, which))

    def close_documents(self, which: Closing, actor: str, reason: str) -> tuple[Document, ...]:
        """Close open documents, all or none; returns them as they were.

        Raises: Unknown for an id that is not there; Misconfigured without a reason, without any
        condition, or when the document named is not open.
        """
        who = acted(Act.CLOSE, actor, reason)

        def work(tx: Transaction) -> tuple[Document, ...]:
            rows = _chosen(tx.connection, which, lock=True)
            for row in rows:
                _close(tx, row, who)
            return tuple(document_of(row) for row in rows)

        return self._write(work)


def _chosen(
    connection: sa.Connection, which: Closing, *, lock: bool = False
) -> Sequence[sa.Row[Any]]:
    query = sa.select(schema.documents).where(_C.current, *_conditions(which))
    if lock:
        query = query.with_for_update()
    rows = connection.execute(query.order_by(_C.received_at, _C.document_id)).all()
    if which.document_id is not None:
        if not rows:
            raise Unknown("document", which.document_id)
        if rows[0].standing != Standing.OPEN.value:
            raise Misconfigured(
                "STANDING", f"document {which.document_id} is {rows[0].standing}, not open"
            )
    return rows


def _conditions(which: Closing) -> list[sa.ColumnElement[bool]]:
    inside = [] if which.among is None else [_C.tenant.in_(sorted(which.among))]
    if which.document_id is not None:
        return [_C.document_id == which.document_id, *inside]
    if which.number is None and which.rule is None:
        raise Misconfigured("WHICH", "closing needs a document, a number or a rule")
    found = [_C.standing == Standing.OPEN.value, *inside]
    if which.tenant is not None:
        found.append(_C.tenant == which.tenant)
    if which.number is not None:
        found.append(_C.number.in_(spellings(which.number)))
    if which.rule is not None:
        found.append(_C.rules.contains(f" {which.rule} ", autoescape=True))
    return found


def _close(tx: Transaction, row: sa.Row[Any], who: tuple[tuple[str, str], ...]) -> None:
    said = dict(who)
    tx.connection.execute(
        sa.update(schema.documents)
        .where(_C.document_id == row.document_id, _C.version == row.version)
        .values(
            standing=Standing.CLOSED.value,
            standing_at=tx.now,
            standing_by=storable(said["by"]),
            standing_reason=storable(said["reason"]),
        )
    )
    detail = (("version", str(row.version)), ("was", row.standing), *who)
    tx.event(NewEvent(EventKind.CLOSED, row.tenant, None, row.mail_id, row.document_id, detail))
