"""A store in use, and hands that change it behind its back: connections of their own, without the
store's rules."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from edigate.store import Direction, NewJob, Outcome, Store, schema
from edigate.store.engine.database import database_url
from tests.store.conftest import House
from tests.store.samples import archived, claimed, held, mail, received, to_mailbox, to_relay

TABLES = tuple(sorted(schema.metadata.tables.values(), key=lambda t: t.name))


def furnish(store: Store) -> str:
    """At least one row in every table, finished and unfinished ones in the queues; returns an
    archived document."""
    document = archived(store)
    received(store, b"a second mail")
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job, 2),)))
    large = store.accept(
        mail(b"large" * 60_000), [to_mailbox(), to_relay()], [NewJob("2800001946", Direction.IN)]
    )
    assert large
    for delivery in store.claim_deliveries(limit=1):
        store.delivered(delivery, "250 taken")
    store.open_maildrop("2800001946")
    return document


@contextmanager
def hands(house: House) -> Iterator[sa.Connection]:
    """A connection like that of anybody with the database's password."""
    engine = sa.create_engine(database_url(house.url or house.folder / "edigate.sqlite3"))
    try:
        with engine.begin() as connection:
            if not house.sqlite:
                connection.exec_driver_sql(
                    "SET session_replication_role = replica"
                )  # no foreign keys
            yield connection
    finally:
        engine.dispose()


def other(column: sa.Column[Any], value: Any) -> Any:
    """Another value that the column can hold."""
    kind = column.type
    if isinstance(kind, schema.Instant):
        return (value or dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) + dt.timedelta(microseconds=1)
    if isinstance(kind, sa.Boolean):
        return not value
    if isinstance(kind, sa.Integer):
        return (value or 0) + 1000
    if isinstance(kind, sa.Date):
        return (value or dt.date(2026, 1, 1)) + dt.timedelta(days=1)
    if isinstance(kind, sa.LargeBinary):
        return (value or b"") + b"x"
    text = value or "x"
    return text[:-1] + ("y" if text[-1] != "y" else "z")


def same(table: sa.Table, row: dict[str, Any]) -> sa.ColumnElement[bool]:
    """The condition that finds a row again by its key."""
    return sa.and_(*(column == row[column.name] for column in table.primary_key))


def copied(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row like another one, with a key and unique values of its own."""
    unique = {c.name for c in table.primary_key} | {c.name for c in table.columns if c.unique}
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            unique |= {c.name for c in constraint.columns}
    return row | {n: other(table.c[n], row[n]) for n in unique if row[n] is not None}
