"""GLNs without master data: which they are, which documents they hold, and asking for those
documents again."""

from collections.abc import Collection, Iterator

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.chapters.documents import document_of
from edigate.store.chapters.jobs import ask_again
from edigate.store.engine.base import Base, belongs
from edigate.store.engine.writer import Transaction
from edigate.store.values import Document, MissingPartner, Standing

_U = schema.unknown_partners.c
_D = schema.documents.c
_J = schema.jobs.c
_OPEN = (_D.current, _D.standing == Standing.OPEN.value)
"""What is settled or closed waits for no master data."""

_CHUNK = 500
"""GLNs in one statement: SQLite takes at most 32,766 parameters, and planners dislike long
lists."""


class Partners(Base):
    """Documents held for want of master data."""

    def missing_partners(self, among: frozenset[str] | None = None) -> tuple[MissingPartner, ...]:
        """Every GLN that holds open documents (of these tenants or all), the one that holds the
        most first."""
        query = (
            sa.select(
                _U.tenant,
                _U.gln,
                sa.func.min(_U.qualifier),
                sa.func.count().label("documents"),
                sa.func.min(_U.seen_at),
                sa.func.max(_U.seen_at),
            )
            .join(schema.documents, _U.document_id == _D.document_id)
            .where(*_OPEN, belongs(_U.tenant, among))
            .group_by(_U.tenant, _U.gln)
            .order_by(_U.tenant, sa.desc("documents"), _U.gln)
        )
        with self._read() as connection:
            return tuple(MissingPartner(*row) for row in connection.execute(query))

    def glns_missing(self, document_id: str) -> frozenset[str]:
        """The GLNs that a document needs master data of."""
        with self._read() as connection:
            return frozenset(
                connection.scalars(sa.select(_U.gln).where(_U.document_id == document_id))
            )

    def held_for_partner(
        self, glns: Collection[str], tenant: str | None = None
    ) -> tuple[Document, ...]:
        """Open documents that any of these GLNs holds, the oldest first, without files."""
        found: dict[str, Document] = {}
        with self._read() as connection:
            for some in _chunks(glns):
                query = (
                    sa.select(schema.documents)
                    .where(
                        *_OPEN,
                        _D.document_id.in_(sa.select(_U.document_id).where(_U.gln.in_(some))),
                    )
                    .order_by(_D.received_at, _D.document_id)
                )
                if tenant is not None:
                    query = query.where(_D.tenant == tenant)
                found |= {row.document_id: document_of(row) for row in connection.execute(query)}
        return tuple(sorted(found.values(), key=lambda d: (d.received_at, d.document_id)))

    def requeue_held(
        self, glns: Collection[str], tenant: str | None = None, *, actor: str = "import"
    ) -> int:
        """Have the open documents that these GLNs hold checked again; returns how many documents.

        One transaction; a job that is running at this moment runs once more afterwards. A worker
        that had read the old master data may still commit a held document after this: call it again
        when those jobs are done.
        """

        def work(tx: Transaction) -> int:
            scopes: dict[tuple[str, str], set[str]] = {}
            for some in _chunks(glns):
                query = (
                    sa.select(_D.document_id, _D.mail_id, _D.tenant)
                    .join(schema.unknown_partners, _U.document_id == _D.document_id)
                    .where(*_OPEN, _U.gln.in_(some))
                )
                if tenant is not None:
                    query = query.where(_D.tenant == tenant)
                for row in tx.connection.execute(query):
                    scopes.setdefault((row.mail_id, row.tenant), set()).add(row.document_id)
            detail = (("by", actor), ("cause", "partner master data"))
            for (mail_id, owner), scope in sorted(scopes.items()):
                job_id = tx.connection.scalar(
                    sa.select(_J.id).where(_J.mail_id == mail_id, _J.tenant == owner)
                )
                if job_id is not None:
                    ask_again(tx, job_id, frozenset(scope), detail, once=True)
            return sum(map(len, scopes.values()))

        return self._write(work)


def _chunks(glns: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(set(glns))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]
