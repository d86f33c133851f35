"""Proving that the store still holds what was put into it: the chain, every object, every record."""

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from edigate.store import audit, schema
from edigate.store.base import Base
from edigate.store.documents import record_digest
from edigate.store.objects import digest
from edigate.store.values import EventKind, Problem

_HAPPENED = (
    EventKind.VALIDATED,
    EventKind.HELD,
    EventKind.NOT_CHECKED,
    EventKind.TESTED,
    EventKind.DUPLICATE_DISCARDED,
)


class Verification(Base):
    """`edigate verify --config FILE`."""

    def verify(self, progress: Callable[[int, int], None] | None = None) -> Iterator[Problem]:
        """Walk everything and yield what is wrong; nothing means that every byte and every event is as written.

        progress: told (looked at, of how many) now and then. Reads one state of the database, so it may run beside
        the daemon. Raises: Unavailable.
        """
        with self._read() as connection:
            total = sum(
                connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
                for table in (schema.events, schema.objects, schema.documents, schema.mails)
            )
            seen = 0
            stages = (_chain, self._contents, _records, _mails)
            for stage in stages:
                for found in stage(connection):
                    if isinstance(found, Problem):
                        yield found
                        continue
                    seen += 1
                    if progress is not None and (seen % 256 == 0 or seen == total):
                        progress(seen, total)

    def _contents(self, connection: sa.Connection) -> Iterator[Problem | int]:
        """Every object's bytes against its name. Digests are hashed one by one, so memory holds one object."""
        objects = schema.objects.c
        rows = connection.execution_options(yield_per=16).execute(
            sa.select(objects.sha256, objects.size, objects.content).order_by(objects.sha256)
        )
        for row in rows:
            content = row.content if row.content is not None else self._objects.get(row.sha256)
            if content is None:
                yield Problem("OBJECT", row.sha256, f"object {row.sha256} is missing in the object folder")
            elif len(content) != row.size or digest(content) != row.sha256:
                yield Problem("OBJECT", row.sha256, f"object {row.sha256} was changed: its bytes have another SHA-256")
            yield 1


def _chain(connection: sa.Connection) -> Iterator[Problem | int]:
    yield from audit.verify_chain(connection)


def _records(connection: sa.Connection) -> Iterator[Problem | int]:
    """Every document version against its own digest and against the one in the chain."""
    documents, files = schema.documents.c, schema.document_files.c
    rows = connection.execute(sa.select(schema.documents).order_by(documents.document_id, documents.version)).all()
    for row in rows:
        name = f"{row.document_id}.{row.version}"
        listed = connection.execute(
            sa.select(files.role, files.name, files.media_type, files.sha256, files.size).where(
                files.document_id == row.document_id, files.version == row.version
            )
        ).all()
        if record_digest(row._asdict(), [file._asdict() for file in listed]) != row.record:
            yield Problem("DOCUMENT", name, f"document {name} was changed after it was written")
        if row.record not in _chained(connection, row.document_id, row.version):
            yield Problem("DOCUMENT", name, f"document {name} is not what the audit chain says was written")
        yield 1


def _chained(connection: sa.Connection, document_id: str, version: int) -> set[str]:
    columns = schema.events.c
    kinds = [kind.value for kind in _HAPPENED]
    events = connection.execute(
        sa.select(schema.events).where(columns.document_id == document_id, columns.kind.in_(kinds))
    )
    details = (dict(audit.event_of(event).detail) for event in events)
    return {detail["record"] for detail in details if detail.get("version") == str(version) and "record" in detail}


def _mails(connection: sa.Connection) -> Iterator[Problem | int]:
    """Every mail's digest against the event of its receipt."""
    mails, columns = schema.mails.c, schema.events.c
    kinds = [EventKind.RECEIVED.value, EventKind.CREATED.value]
    joined = sa.outerjoin(schema.mails, schema.events, sa.and_(columns.mail_id == mails.id, columns.kind.in_(kinds)))
    query = sa.select(mails.id, mails.sha256, mails.sender, mails.size, columns.detail).select_from(joined)
    rows: Any = connection.execution_options(yield_per=500).execute(query)
    for row in rows:
        said = dict(audit.pairs(row.detail or "[]"))
        if (said.get("sha256"), said.get("from"), said.get("size")) != (row.sha256, row.sender, str(row.size)):
            yield Problem("MAIL", row.id, f"mail {row.id} is not what the audit chain says was received")
        yield 1
