"""Every row of every table becomes a digest in the audit chain, in the transaction that writes it.

The database itself tells the writer what it wrote: triggers that work for the writer's connection
alone note the text of each row that came, changed or went, whichever chapter did it, so that no
table and no column can be forgotten. A row changed by anybody else is not noted, and `verify` finds
it.

The text of a row: of every column that is not NULL, in order of their names, `name=length:value;`.
A column that a later version adds leaves it as it is.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from edigate.store import schema
from edigate.store.values import EventKind, NewEvent, Problem

UNPROVEN = {
    "events": "is the chain itself",
    "chain_head": "is compared with the end of the chain",
    "mailbox_locks": "says which session reads at this moment, and ends with its lease",
}
"""Tables whose rows are not in the chain, and why."""

BY_NAME = {("objects", "content"): "its bytes are proven by the row's name, which is their SHA-256"}
"""Columns that are not in the text of their row, and why."""

OPEN = ("queued", "running")
WORKING = {
    "deliveries": ("attempts", "last_result", "lease_until", "node", "run_at"),
    "jobs": ("attempts", "crashes", "last_result", "lease_until", "node", "run_at", "worker"),
}
"""Columns of the queues that are not in the text of a row while its state is one of OPEN: they
change with every attempt and every lease. QUEUED and RUNNING are one state there. A finished or
held row is proven whole."""

MAY_GO = {
    "objects": "collected when no row names them any more",
    "unknown_partners": "forgotten with a new verdict",
}
"""Tables whose rows go without a purge, and why; of all others only an event PURGED takes any."""

ONCE = ("claims", "document_files", "mails", "objects")
"""Tables whose rows are written once and never changed."""

_FACTS = {
    "claims": "verdict",
    "document_files": "verdict",
    "documents": "verdict",
    "mailbox_items": "message",
    "mails": "mail",
    "unknown_partners": "verdict",
}
_TELLS = {
    EventKind.RECEIVED: "mail",
    EventKind.CREATED: "mail",
    EventKind.VALIDATED: "verdict",
    EventKind.HELD: "verdict",
    EventKind.NOT_CHECKED: "verdict",
    EventKind.TESTED: "verdict",
    EventKind.DUPLICATE_DISCARDED: "verdict",
    EventKind.DELIVERED: "message",
    EventKind.RESENT: "message",
    EventKind.FETCHED: "message",
    EventKind.DELETED_BY_CLIENT: "message",
    EventKind.PURGED: "purge",
}
"""What rows of a table are a part of, and which events tell of such."""

SEPARATOR = "\x1f"
"""Between the parts of a key of several columns."""


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """What became of a row. said: its text, None when it is gone. mail, document: whom it is about,
    if anybody."""

    table: str
    key: str
    mail: str | None
    document: str | None
    said: str | None

    @property
    def proof(self) -> tuple[str, str, str]:
        """Table, digest (empty: gone) and key, as they stand in an event."""
        return (self.table, "" if self.said is None else digest(self.said), self.key)


CODES = {
    "claims": "CLAIM",
    "deliveries": "DELIVERY",
    "document_files": "DOCUMENT",
    "documents": "DOCUMENT",
    "jobs": "JOB",
    "mailbox_items": "MAILBOX",
    "mails": "MAIL",
    "objects": "OBJECT",
    "unknown_partners": "PARTNER",
    "usage": "USAGE",
}
"""The code of a problem with a row, by table."""


def problem(table: str, key: str, why: str, seq: int, **values: str) -> Problem:
    """What is wrong with a row. seq: the event that says so."""
    subject = key.replace(SEPARATOR, "." if table.startswith("document") else "/")
    said = (("table", table), ("event", str(seq)), *values.items())
    return Problem(CODES[table], subject, why, said)


def digest(text: str) -> str:
    """SHA-256 of a row's text in base64url without padding: 43 characters."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())[:-1].decode()


def tables() -> Iterator[sa.Table]:
    """Every table whose rows are in the chain, in one order everywhere."""
    return (t for name, t in sorted(schema.metadata.tables.items()) if name not in UNPROVEN)


def key_of(table: sa.Table, row: str = "") -> str:
    """SQL for the key of a row. row: `NEW.`, `OLD.` or nothing."""
    return f" || '{SEPARATOR}' || ".join(
        f'CAST({row}"{c.name}" AS TEXT)' for c in table.primary_key
    )


def text_of(table: sa.Table, dialect: str, row: str = "") -> str:
    """SQL for the text of a row; the same text on both databases."""
    columns = sorted(table.columns, key=lambda c: c.name)
    return " || ".join(
        _said(table, c, dialect, row) for c in columns if (table.name, c.name) not in BY_NAME
    )


def _said(table: sa.Table, column: sa.Column[Any], dialect: str, row: str) -> str:
    value = _value(column, dialect, row)
    if table.name in WORKING:
        is_open = f'{row}"state" IN {OPEN}'
        if column.name == "state":
            value = f"CASE WHEN {is_open} THEN 'open' ELSE {value} END"
        elif column.name in WORKING[table.name]:
            value = f"CASE WHEN {is_open} THEN NULL ELSE {value} END"
    return (
        f"COALESCE('{column.name}=' || CAST(LENGTH({value}) AS TEXT) || ':' || {value} || ';', '')"
    )


def _value(column: sa.Column[Any], dialect: str, row: str) -> str:
    name = f'{row}"{column.name}"'
    if isinstance(column.type, sa.LargeBinary):
        return f"HEX({name})" if dialect == "sqlite" else f"UPPER(ENCODE({name}, 'hex'))"
    if isinstance(column.type, sa.Boolean):
        return f"CAST(CAST({name} AS INTEGER) AS TEXT)"
    return f"CAST({name} AS TEXT)"


def _about(table: sa.Table, name: str, row: str) -> str:
    """SQL for the mail or document a row is about."""
    own = "id" if (table.name, name) == ("mails", "mail_id") else name
    return f'{row}"{own}"' if own in table.columns else "NULL"


def _note(table: sa.Table, dialect: str, where: str, row: str, *, gone: bool = False) -> str:
    said = "NULL" if gone else text_of(table, dialect, row)
    about = f"{_about(table, 'mail_id', row)}, {_about(table, 'document_id', row)}"
    values = f"'{table.name}', {key_of(table, row)}, {about}, {said}"
    return f"INSERT INTO {where} (tab, key, mail, document, said) VALUES ({values});"  # noqa: S608  names of the schema


def watch(engine: sa.Engine) -> None:
    """Have every new connection of the writer's engine note what it writes."""

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        for statement in _for_connection(engine.dialect.name):
            cursor.execute(statement)
        cursor.close()
        if engine.dialect.name == "postgresql":
            connection.commit()


def _for_connection(dialect: str) -> Iterator[str]:
    columns = "tab TEXT, key TEXT, mail TEXT, document TEXT, said TEXT"
    if dialect == "postgresql":
        yield f"CREATE TEMPORARY TABLE written (n SERIAL, {columns}) ON COMMIT DELETE ROWS"
        yield "SET edigate.writer = 'on'"
        return
    yield "PRAGMA temp_store = MEMORY"
    yield f"CREATE TEMP TABLE written (n INTEGER PRIMARY KEY, {columns})"
    for table in tables():
        name, after = table.name, f'ON main."{table.name}"'
        new, old = text_of(table, dialect, "NEW."), text_of(table, dialect, "OLD.")
        came, went = (
            _note(table, dialect, "written", "NEW."),
            _note(table, dialect, "written", "OLD.", gone=True),
        )
        yield f"CREATE TEMP TRIGGER {name}_came AFTER INSERT {after} BEGIN {came} END"
        yield f"CREATE TEMP TRIGGER {name}_went AFTER DELETE {after} BEGIN {went} END"
        moved = f"{key_of(table, 'OLD.')} <> {key_of(table, 'NEW.')}"
        yield f"CREATE TEMP TRIGGER {name}_moved AFTER UPDATE {after} WHEN {moved} BEGIN {went} END"
        yield (
            f"CREATE TEMP TRIGGER {name}_changed AFTER UPDATE {after} WHEN {new} <> {old} "
            f"BEGIN {came} END"
        )


def install(connection: sa.Connection) -> None:
    """What the database itself needs, after a migration: on PostgreSQL triggers that heed only a
    writer."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables():
        connection.exec_driver_sql(_function(table))
        connection.exec_driver_sql(
            "CREATE OR REPLACE TRIGGER edigate_proof AFTER INSERT OR UPDATE OR DELETE ON "
            f'"{table.name}"'
            f" FOR EACH ROW EXECUTE FUNCTION edigate_proof_{table.name}()"
        )


def _function(table: sa.Table) -> str:
    came = _note(table, "postgresql", "pg_temp.written", "NEW.")
    went = _note(table, "postgresql", "pg_temp.written", "OLD.", gone=True)
    new, old = (text_of(table, "postgresql", row) for row in ("NEW.", "OLD."))
    return f"""
CREATE OR REPLACE FUNCTION edigate_proof_{table.name}() RETURNS trigger LANGUAGE plpgsql AS $proof$
BEGIN
    IF current_setting('edigate.writer', true) IS DISTINCT FROM 'on' THEN RETURN NULL; END IF;
    IF TG_OP = 'INSERT' THEN {came}
    ELSIF TG_OP = 'DELETE' THEN {went}
    ELSE
        IF {key_of(table, "OLD.")} <> {key_of(table, "NEW.")} THEN {went} END IF;
        IF {new} <> {old} THEN {came} END IF;
    END IF;
    RETURN NULL;
END $proof$"""


def written(connection: sa.Connection) -> Sequence[WrittenRow]:
    """What the transaction wrote so far, each row as it is now; forgets it."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute("SELECT tab, key, mail, document, said FROM written ORDER BY n")
        rows = cursor.fetchall()
        if rows:
            cursor.execute("DELETE FROM written")
    finally:
        cursor.close()
    last = {(row[0], row[1]): WrittenRow(*row) for row in rows}
    return tuple(last.values())


def attach(
    events: Sequence[NewEvent], rows: Sequence[WrittenRow]
) -> tuple[list[NewEvent], Mapping[int, str]]:
    """Rows go with the event that tells of them, so that who removes it also removes what proves
    them.

    That is the first about their document or mail of a kind in _TELLS (of a row that is gone: its
    purge), else the first about them, else the last of all. Returns the events (one more, RECORDED,
    when there was none) and what each of them proves, by position.
    """
    said = list(events)
    if not rows:
        return said, {}
    if not said:
        said.append(_recorded(rows))
    first: dict[tuple[str, str], int] = {}
    for place, event in enumerate(said):
        for about in (event.document_id, event.mail_id):
            if about is not None:
                first.setdefault((_TELLS.get(event.kind, ""), about), place)
                first.setdefault(("", about), place)
        if event.kind == EventKind.PURGED:
            first.setdefault(("purge", ""), place)
    proofs: dict[int, list[tuple[str, str, str]]] = {}
    for row in rows:
        proofs.setdefault(_place(row, first, len(said) - 1), []).append(row.proof)
    return said, {place: as_stored(some) for place, some in proofs.items()}


def _place(row: WrittenRow, first: Mapping[tuple[str, str], int], last: int) -> int:
    """Which event a row goes with. A notice is about a document too, but its mail is what tells of
    it."""
    abouts: tuple[str | None, ...] = (row.document, row.mail)
    if row.table == "mails":
        abouts = (row.mail,)
    facts: tuple[str, ...] = (_FACTS.get(row.table, ""), "")
    if row.said is None and row.table not in MAY_GO:
        facts = ("purge", *facts)
        abouts = (*abouts, "")
    places = (first.get((fact, about)) for fact in facts for about in abouts if about is not None)
    return next((place for place in places if place is not None), last)


def _recorded(rows: Sequence[WrittenRow]) -> NewEvent:
    """An event for rows that changed without one, such as a job that found nothing to check."""
    mails = {row.mail for row in rows if row.mail is not None}
    return NewEvent(EventKind.RECORDED, mail_id=mails.pop() if len(mails) == 1 else None)


def as_stored(proofs: Iterable[tuple[str, str, str]]) -> str:
    """Proofs as the JSON that is stored and hashed."""
    return json.dumps(list(proofs), ensure_ascii=False, separators=(",", ":"))


def rows_of(connection: sa.Connection, table: sa.Table) -> Iterator[tuple[str, str]]:
    """Key and digest of every row as it is now; memory holds few."""
    key: sa.ColumnElement[str] = sa.literal_column(key_of(table))
    text: sa.ColumnElement[str] = sa.literal_column(text_of(table, connection.dialect.name))
    result = connection.execute(
        sa.select(key, text).select_from(table).execution_options(yield_per=1000)
    )
    for name, said in result:
        yield name, digest(said)
