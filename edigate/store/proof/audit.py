"""Events become rows of a hash chain: each row's SHA-256 is over the previous row's hash and its
own canonical JSON.

Changing, removing or inserting a row anywhere breaks the chain from there on; `chain_head` shows a
cut-off tail.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.values import Event, NewEvent

GENESIS = "0" * 64
"""What the first row has as its previous hash."""
CLOCK_BACK = "clock-set-back"
"""In the detail of an event that is before the one it follows: by how many seconds the clock was
set back."""
_BEHIND = timedelta(seconds=10)
_MOMENT = sa.select(schema.events.c.at).where(schema.events.c.seq == sa.bindparam("number"))


def canonical_pairs(detail: Sequence[tuple[str, str]]) -> str:
    """Names and values as the JSON that is stored and hashed; NUL and lone surrogates are escaped
    for the database."""
    plain = [[name, value.encode("utf-8", "backslashreplace").decode()] for name, value in detail]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def link(previous: str, row: Mapping[str, Any]) -> str:
    """The hash of a row (as its columns): SHA-256 over the 32 octets of `previous` and its
    canonical JSON."""
    said = {
        "account": row["account"],
        "at": row["at"].isoformat(timespec="microseconds"),
        "detail": row["detail"],
        "document": row["document_id"],
        "kind": row["kind"],
        "mail": row["mail_id"],
        "seq": row["seq"],
        "tenant": row["tenant"],
    }
    if row["proves"] is not None:  # the first version had no such column
        said["proves"] = row["proves"]
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(bytes.fromhex(previous) + text.encode()).hexdigest()


def lock(connection: sa.Connection) -> None:
    """Have other writers wait from here until the running transaction ends."""
    connection.execute(sa.select(schema.chain_head.c.seq).with_for_update())


def broken_at(connection: sa.Connection) -> int | None:
    """Number of the first event that does not follow from the one before, or of the missing end;
    None: all do."""
    seq, previous = 0, GENESIS
    query = sa.select(schema.events).order_by(schema.events.c.seq)
    rows = connection.execute(query.execution_options(yield_per=1000))
    for row in rows:
        seq += 1
        if (row.seq, row.previous) != (seq, previous) or row.hash != link(previous, row._asdict()):
            return seq
        previous = row.hash
    head = connection.execute(
        sa.select(schema.chain_head.c.seq, schema.chain_head.c.hash)
    ).one_or_none()
    return None if head is not None and tuple(head) == (seq, previous) else seq + 1


def append(
    connection: sa.Connection,
    happened: Sequence[NewEvent],
    at: datetime,
    proves: Mapping[int, str] | None = None,
) -> None:
    """Chain events in the running transaction; other writers wait from here until it ends.

    proves: by position in `happened`, the rows the event proves (`proof.as_stored`). Events are in
    order of time: a clock that is a little behind (another process was quicker) is pushed on; one
    that was set back says so in the first event.
    """
    head = schema.chain_head
    seq, previous = connection.execute(sa.select(head.c.seq, head.c.hash).with_for_update()).one()
    happened, at = _in_order(happened, at, connection.scalar(_MOMENT, {"number": seq}))
    rows = []
    for place, event in enumerate(happened):
        seq += 1
        row = {
            "seq": seq,
            "at": at,
            "kind": event.kind.value,
            "tenant": event.tenant,
            "account": event.account,
            "mail_id": event.mail_id,
            "document_id": event.document_id,
            "detail": canonical_pairs(event.detail),
            "proves": None if proves is None else proves.get(place),
        }
        digest = link(previous, row)
        rows.append(row | {"previous": previous, "hash": digest})
        previous = digest
    connection.execute(sa.insert(schema.events), rows)
    connection.execute(sa.update(head).values(seq=seq, hash=previous))


def _in_order(
    happened: Sequence[NewEvent], at: datetime, last: datetime | None
) -> tuple[Sequence[NewEvent], datetime]:
    """The events and their moment, not before the last one's unless the clock was set back."""
    if last is None or at >= last:
        return happened, at
    if last - at <= _BEHIND:
        return happened, last
    said = (*happened[0].detail, (CLOCK_BACK, str(round((last - at).total_seconds()))))
    return (replace(happened[0], detail=said), *happened[1:]), at


def pairs(detail: str) -> tuple[tuple[str, str], ...]:
    """Stored names and values as pairs again."""
    return tuple((str(name), str(value)) for name, value in json.loads(detail))


def event_of(row: sa.Row[Any]) -> Event:
    """A stored row as a value."""
    fields = dict(row._mapping)
    fields["detail"] = pairs(fields["detail"])
    del fields["proves"]
    return Event(**fields)
