"""Events become rows of a hash chain: each row's SHA-256 is over the previous row's hash and its own canonical JSON.

Changing, removing or inserting a row anywhere breaks the chain from there on; `chain_head` shows a cut-off tail.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.values import Event, NewEvent, Problem

GENESIS = "0" * 64
"""What the first row has as its previous hash."""


def canonical_pairs(detail: Sequence[tuple[str, str]]) -> str:
    """Names and values as the JSON that is stored and hashed; NUL and lone surrogates are escaped for the database."""
    plain = [[name, value.encode("utf-8", "backslashreplace").decode()] for name, value in detail]
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def link(previous: str, row: Mapping[str, Any]) -> str:
    """The hash of a row (as its columns): SHA-256 over the 32 octets of `previous` and its canonical JSON."""
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
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(bytes.fromhex(previous) + text.encode()).hexdigest()


def lock(connection: sa.Connection) -> None:
    """Have other writers wait from here until the running transaction ends."""
    connection.execute(sa.select(schema.chain_head.c.seq).with_for_update())


def broken_at(connection: sa.Connection) -> int | None:
    """Number of the first event that does not follow from the one before, or of the missing end; None: all do."""
    seq, previous = 0, GENESIS
    rows = connection.execution_options(yield_per=1000).execute(sa.select(schema.events).order_by(schema.events.c.seq))
    for row in rows:
        seq += 1
        if (row.seq, row.previous) != (seq, previous) or row.hash != link(previous, row._asdict()):
            return seq
        previous = row.hash
    head = connection.execute(sa.select(schema.chain_head.c.seq, schema.chain_head.c.hash)).one_or_none()
    return None if head is not None and tuple(head) == (seq, previous) else seq + 1


def append(connection: sa.Connection, happened: Sequence[NewEvent], at: datetime) -> None:
    """Chain events in the running transaction; other writers wait from here until it ends."""
    head = schema.chain_head
    seq, previous = connection.execute(sa.select(head.c.seq, head.c.hash).with_for_update()).one()
    rows = []
    for event in happened:
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
        }
        digest = link(previous, row)
        rows.append(row | {"previous": previous, "hash": digest})
        previous = digest
    connection.execute(sa.insert(schema.events), rows)
    connection.execute(sa.update(head).values(seq=seq, hash=previous))


def pairs(detail: str) -> tuple[tuple[str, str], ...]:
    """Stored names and values as pairs again."""
    return tuple((str(name), str(value)) for name, value in json.loads(detail))


def event_of(row: sa.Row[Any]) -> Event:
    """A stored row as a value."""
    fields = dict(row._mapping)
    fields["detail"] = pairs(fields["detail"])
    return Event(**fields)


def verify_chain(connection: sa.Connection) -> Iterator[Problem | int]:
    """Walk the chain from the first row; yields each Problem, and the seq of every row that was looked at."""
    columns = schema.events.c
    seq, previous = 0, GENESIS
    rows = connection.execution_options(yield_per=1000).execute(sa.select(schema.events).order_by(columns.seq))
    for row in rows:
        if row.seq != seq + 1:
            yield Problem("CHAIN", f"event {seq + 1}", f"events {seq + 1} to {row.seq - 1} are missing")
        if row.previous != previous:
            yield Problem("CHAIN", f"event {row.seq}", f"event {row.seq} does not follow the event before it")
        try:
            intact = row.hash == link(row.previous, row._asdict())
        except ValueError:  # previous is no hexadecimal digest
            intact = False
        if not intact:
            yield Problem("CHAIN", f"event {row.seq}", f"event {row.seq} was changed after it was written")
        seq, previous = row.seq, row.hash
        yield seq
    head = connection.execute(sa.select(schema.chain_head.c.seq, schema.chain_head.c.hash)).one_or_none()
    if head is None or (head.seq, head.hash) != (seq, previous):
        yield Problem("CHAIN", "chain head", f"events after {seq} were cut off, or the head was changed")
