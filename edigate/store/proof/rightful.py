"""What hashes alone do not show: events with a right hash that edigate would never have written,
and orders planted in the database that change what it writes."""

from collections.abc import Iterator, Mapping
from datetime import date

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.proof import audit, row_digests
from edigate.store.proof.older import document_problem
from edigate.store.proof.scratch import Older, Scratch
from edigate.store.proof.walk import VERDICTS, Purged, Walk
from edigate.store.values import Problem

_E = schema.events.c

_PLANTED = {
    "sqlite": """
SELECT type, name, tbl_name FROM sqlite_master WHERE type = 'trigger'
UNION ALL SELECT type, name, tbl_name FROM sqlite_master WHERE type = 'view'
ORDER BY 2""",
    "postgresql": """
SELECT 'trigger', t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgname <> 'edigate_proof'
  AND c.relnamespace = to_regnamespace(current_schema())
UNION ALL SELECT 'rule', r.rulename, c.relname FROM pg_rewrite r JOIN pg_class c
ON c.oid = r.ev_class
WHERE c.relnamespace = to_regnamespace(current_schema()) AND r.rulename <> '_RETURN'
UNION ALL SELECT 'view', c.relname, c.relname FROM pg_class c
WHERE c.relkind IN ('v', 'm') AND c.relnamespace = to_regnamespace(current_schema())
ORDER BY 2""",
}
"""Orders of a database that act by themselves: edigate has none in SQLite, and of its own on
PostgreSQL only those that note what is written."""


def foreign_orders(connection: sa.Connection) -> Iterator[Problem]:
    """Triggers and rules on the store's tables, and views in place of them, that nobody of edigate
    put there: they would change rows while edigate writes and proves them."""
    ours = set(schema.metadata.tables)
    for kind, name, table in connection.exec_driver_sql(_PLANTED[connection.dialect.name]):
        if table in ours or (kind == "trigger" and connection.dialect.name == "sqlite"):
            yield Problem("SCHEMA", name, f"planted_{kind}", (("on", table),))


def never_done(connection: sa.Connection, scratch: Scratch, walk: Walk) -> Iterator[Problem]:
    """Rows that events took away or changed though no event may, documents that were destroyed
    before their time, and documents whose content is not that of their verdict."""
    yield from walk.taken
    for table in row_digests.ONCE:
        for key, first, seq in scratch.again(table):
            yield row_digests.problem(table, key, "rewritten", seq, first=str(first))
    for key, _, _ in scratch.again("documents"):
        yield from _as_judged(connection, key)
    for purged in walk.purged:
        yield from _in_time(purged, _verdicts(connection, purged.document_id, purged.seq))


def _as_judged(connection: sa.Connection, key: str) -> Iterator[Problem]:
    """A document that changed by events, against the record its verdict names; one that is gone is
    said elsewhere."""
    document_id, _, version = key.partition(row_digests.SEPARATOR)
    said = _verdicts(connection, document_id).get(version)
    if said is None or "record" not in said[1]:
        return
    fact = Older("document", f"{document_id}.{version}", said[1]["record"], said[0], None, None)
    found = document_problem(connection, fact)
    if found is not None and found.why == "altered":
        yield found


def _in_time(
    purged: Purged, verdicts: Mapping[str, tuple[int, Mapping[str, str]]]
) -> Iterator[Problem]:
    """A purge is after the last day of every version, and names what went."""
    about, days = (
        purged.document_id,
        [said["retain-until"] for _, said in verdicts.values() if "retain-until" in said],
    )
    if days and purged.at.date() <= date.fromisoformat(max(days)):
        yield row_digests.problem("documents", about, "purged_early", purged.seq, until=max(days))
    if any(
        "retain-until" in said and purged.detail.get(f"record-{version}") != said.get("record")
        for version, (_, said) in verdicts.items()
    ):
        yield row_digests.problem("documents", about, "purged_unsaid", purged.seq)


def _verdicts(
    connection: sa.Connection, document_id: str, before: int | None = None
) -> dict[str, tuple[int, Mapping[str, str]]]:
    """By version: number and detail of the verdict. before: an event; only what came before it."""
    query = sa.select(_E.seq, _E.detail).where(
        _E.document_id == document_id, _E.kind.in_([kind.value for kind in VERDICTS])
    )
    if before is not None:
        query = query.where(_E.seq < before)
    found: dict[str, tuple[int, Mapping[str, str]]] = {}
    for row in connection.execute(query.order_by(_E.seq)):
        try:
            said = dict(audit.pairs(row.detail))
        except (ValueError, TypeError):  # the chain says that it was changed
            continue
        if "version" in said:
            found[said["version"]] = (row.seq, said)
    return found
