"""Rows from a version that did not chain them get into the chain once, when a newer version takes
the database over.

What they say from then on is proven; what they said before is not.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.proof import audit, row_digests
from edigate.store.values import EventKind, NewEvent

CHUNK = 500
"""Rows in one BASELINE event."""


def chain(connection: sa.Connection) -> None:
    """Chain a digest of every row; nothing where nothing ever happened. Memory holds one event's
    rows."""
    if connection.scalar(sa.select(sa.func.count()).select_from(schema.events)) == 0:
        return
    for table in row_digests.tables():
        for some in _chunks(connection, table):
            detail = (("table", table.name), ("rows", str(len(some))))
            event = NewEvent(EventKind.BASELINE, detail=detail)
            audit.append(connection, [event], datetime.now(UTC), {0: row_digests.as_stored(some)})


def _chunks(connection: sa.Connection, table: sa.Table) -> Iterator[list[tuple[str, str, str]]]:
    some: list[tuple[str, str, str]] = []
    for key, digest in row_digests.rows_of(connection, table):
        some.append((table.name, digest, key))
        if len(some) == CHUNK:
            yield some
            some = []
    if some:
        yield some
