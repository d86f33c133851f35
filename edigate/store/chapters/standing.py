"""Whether somebody still has to act on a document, and how a valid one settles those that waited
for it.

Every change is one event (SETTLED, CLOSED, or the verdict on a new version): the chain says what a
row must say.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.engine.base import indexable
from edigate.store.engine.writer import Transaction
from edigate.store.values import (
    FIRST_STANDING,
    DocumentState,
    EventKind,
    NewDocument,
    NewEvent,
    Standing,
)

_C = schema.documents.c

_COLUMNS = ("standing", "standing_at", "standing_by", "standing_reason", "settled_by")
_UNSETTLED = (Standing.OPEN.value, Standing.CLOSED.value)
_HELD = (DocumentState.INVALID.value, DocumentState.NOT_CHECKED.value)
_LASTING = (Standing.CLOSED.value, Standing.SETTLED.value, Standing.RELEASED.value)
"""What a further verdict of the same kind leaves as it is."""
_CONTESTED = "UST-12"
"""The number is taken: whoever has it settles nothing, a person has to look."""
_STRONG = ("vat", "tax", "id")
"""Kinds of ids that are one supplier's alone; the sender of an interchange (`unb`) may send for
many."""

_BEFORE = sa.select(_C.state, *(_C[name] for name in _COLUMNS)).where(
    _C.document_id == sa.bindparam("id"), _C.current
)


def begin(tx: Transaction, new: NewDocument) -> dict[str, Any]:
    """The columns of a new version: what its verdict means, or what people made of the version
    before.

    A document that was closed or settled and is held again for another run stays closed or settled.
    """
    first = new.standing or FIRST_STANDING[new.state]
    columns: dict[str, Any] = dict.fromkeys(_COLUMNS) | {"standing": first.value}
    if first is not Standing.OPEN or new.version == 1:
        return columns
    before = tx.connection.execute(_BEFORE, {"id": new.document_id}).one_or_none()
    if before is None or before.state != new.state.value or before.standing not in _LASTING:
        return columns
    return {name: before._mapping[name] for name in _COLUMNS}


def settle(tx: Transaction, row: Mapping[str, Any], replaces: Iterable[str]) -> None:
    """At the end of the transaction, when everything committed before is seen: settle what this
    version answers.

    A valid one settles what is held of the same supplier under its number, or under a number it
    replaces. One that is held is settled by a valid one of the same number that came in after it:
    its correction was quicker.
    """
    if not row["number"]:
        return
    numbers = {row["number"], *map(indexable, replaces)} - {""}
    if row["state"] == DocumentState.VALID.value:
        tx.at_end(lambda last: _settle_held(last, row, numbers))
    elif (
        row["standing"] == Standing.OPEN.value
        and row["state"] in _HELD
        and f" {_CONTESTED} " not in row["rules"]
    ):
        tx.at_end(lambda last: _settle_self(last, row))


def _settle_held(tx: Transaction, row: Mapping[str, Any], numbers: set[str]) -> None:
    waiting = _of_number(row, numbers).where(_C.standing.in_(_UNSETTLED), _C.state.in_(_HELD))
    # what somebody else changes at this moment is not waited for: its lock may wait for ours
    for held in tx.connection.execute(waiting.with_for_update(skip_locked=True)).all():
        if same_supplier(held._asdict(), row):
            _mark(tx, held, str(row["document_id"]))


def _settle_self(tx: Transaction, row: Mapping[str, Any]) -> None:
    valid = _of_number(row, {row["number"]}).where(
        _C.state == DocumentState.VALID.value, _C.received_at > row["received_at"]
    )
    for answer in tx.connection.execute(valid).all():
        if same_supplier(row, answer._asdict()):
            itself = (_C.document_id == row["document_id"], _C.version == row["version"])
            held = tx.connection.execute(sa.select(schema.documents).where(*itself)).one()
            _mark(tx, held, answer.document_id)
            return


def _of_number(row: Mapping[str, Any], numbers: set[str]) -> "sa.Select[Any]":
    """Other documents of the same tenant and direction under these numbers, the oldest first."""
    return (
        sa.select(schema.documents)
        .where(
            _C.tenant == row["tenant"],
            _C.direction == row["direction"],
            _C.number.in_(sorted(numbers)),
        )
        .where(_C.current, _C.document_id != row["document_id"])
        .order_by(_C.received_at, _C.document_id)
    )


def _mark(tx: Transaction, held: sa.Row[Any], answer: str) -> None:
    """Settled; who closed it before, and why, stays."""
    changed = tx.connection.execute(
        sa.update(schema.documents)
        .where(
            _C.document_id == held.document_id,
            _C.version == held.version,
            _C.standing == held.standing,
        )
        .values(standing=Standing.SETTLED.value, standing_at=tx.now, settled_by=answer)
    )
    if changed.rowcount:
        detail = (("version", str(held.version)), ("was", held.standing), ("settled-by", answer))
        tx.event(
            NewEvent(EventKind.SETTLED, held.tenant, None, held.mail_id, held.document_id, detail)
        )


def same_supplier(held: Mapping[str, Any], valid: Mapping[str, Any]) -> bool:
    """Whether two documents are of one supplier, certainly enough to settle one by the other.

    Where both have ids that are one supplier's alone, one in common decides; else the same content
    (one may have come damaged), or the same sender, if that is an id of the supplier itself or the
    name is the same: a provider sends for many. Rows of the first version have only a key.
    """
    one, other = _ids(held), _ids(valid)
    mine, its = ({value for kind, value in ids if kind in _STRONG} for ids in (one, other))
    if not one or not other:
        return bool((mine | {held["supplier_key"]}) & (its | {valid["supplier_key"]}))
    if mine and its:
        return bool(mine & its)
    if held.get("content_hash") and held["content_hash"] == valid.get("content_hash"):
        return True
    senders = {pair[1] for pair in one & other if pair[0] == "unb"}
    named = held["supplier_name"].casefold() == valid["supplier_name"].casefold() != ""
    return bool(senders) and (named or bool(senders & (mine | its)))


def _ids(row: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    pairs = (word.partition(":") for word in (row["supplier_ids"] or "").split())
    return frozenset((kind, value) for kind, _, value in pairs)
