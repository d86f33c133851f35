"""Every row of every table is in the chain. The tests are made from the schema: a new table or
column that the chain does not prove makes them fail, unless it stands with its reason in one of the
lists of `edigate.store.proof.row_digests`."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from edigate.store import Direction, NewJob, Outcome, Problem, Store, schema
from edigate.store.proof.row_digests import BY_NAME, CODES, OPEN, SEPARATOR, UNPROVEN, WORKING
from tests.store.behind import TABLES, copied, furnish, hands, other, same
from tests.store.conftest import House
from tests.store.samples import TENANT, mail

CHAIN = ("events", "chain_head")
PROVEN = tuple(t for t in TABLES if t.name not in UNPROVEN or t.name in CHAIN)


def code(table: sa.Table) -> str:
    return "CHAIN" if table.name in CHAIN else CODES[table.name]


def subject(table: sa.Table, row: dict[str, Any]) -> str:
    """The name of a row as the operator reads it."""
    parts = [str(row[c.name]) for c in table.primary_key]
    return ("." if table.name.startswith("document") else "/").join(parts)


def rows(house: House, table: sa.Table) -> list[dict[str, Any]]:
    """The first row, and of a queue the first that is finished and the first that is not."""
    with hands(house) as connection:
        found = [
            r._asdict() for r in connection.execute(sa.select(table).order_by(*table.primary_key))
        ]
    if table.name not in WORKING:
        return found[:1]
    is_open = [r for r in found if r["state"] in OPEN]
    return [is_open[0], next(r for r in found if r not in is_open)]


def codes(store: Store) -> set[str]:
    return {p.code for p in store.verify()}


def test_the_lists_of_exceptions_are_short_and_reasoned() -> None:
    assert set(UNPROVEN) == {*CHAIN, "mailbox_locks"}
    assert set(BY_NAME) == {("objects", "content")}
    assert all((*UNPROVEN.values(), *BY_NAME.values()))
    assert set(WORKING) == {"deliveries", "jobs"}
    for name, columns in WORKING.items():
        assert set(columns) < set(schema.metadata.tables[name].columns.keys())
        assert not {
            "id",
            "mail_id",
            "kind",
            "recipient",
            "account",
            "tenant",
            "direction",
            "scope",
        } & set(columns)
    assert set(CODES) == {t.name for t in TABLES} - set(UNPROVEN)


@pytest.mark.parametrize("table", PROVEN, ids=lambda t: t.name)
def test_every_column_that_is_changed_is_found(house: House, table: sa.Table) -> None:
    store = house.open()
    furnish(store)
    assert not list(store.verify())
    for row in rows(house, table):
        for column in table.columns:
            changed = row | {column.name: other(column, row[column.name])}
            with hands(house) as connection:
                connection.execute(
                    sa.update(table)
                    .where(same(table, row))
                    .values({column.name: changed[column.name]})
                )
            problems = list(store.verify())
            free = row.get("state") in OPEN and column.name in WORKING.get(table.name, ())
            assert (code(table) in {p.code for p in problems}) != free, (column.name, problems)
            if not free and not column.primary_key and table.name not in CHAIN:
                assert subject(table, row) in {p.subject for p in problems if p.code == code(table)}
            with hands(house) as connection:
                connection.execute(sa.update(table).where(same(table, changed)).values(row))
    assert not list(store.verify())


@pytest.mark.parametrize("table", PROVEN, ids=lambda t: t.name)
def test_every_row_that_is_removed_or_added_is_found(house: House, table: sa.Table) -> None:
    store = house.open()
    furnish(store)
    for row in rows(house, table):
        with hands(house) as connection:
            connection.execute(sa.delete(table).where(same(table, row)))
        assert code(table) in codes(store)
        with hands(house) as connection:
            connection.execute(sa.insert(table).values(row))
            connection.execute(sa.insert(table).values(copied(table, row)))
        found = [p for p in store.verify() if p.code == code(table)]
        assert found
        assert table.name in CHAIN or "unknown" in {p.why for p in found}
        with hands(house) as connection:
            connection.execute(sa.delete(table).where(same(table, copied(table, row))))
    assert not list(store.verify())


@pytest.mark.parametrize("table", PROVEN, ids=lambda t: t.name)
def test_a_table_that_is_emptied_is_found_row_by_row(house: House, table: sa.Table) -> None:
    store = house.open()
    furnish(store)
    with hands(house) as connection:
        keys = [subject(table, r._asdict()) for r in connection.execute(sa.select(table))]
        connection.execute(sa.delete(table))
    found = {p.subject for p in store.verify() if p.code == code(table)}
    assert found >= set(keys) if table.name not in CHAIN else found


def test_what_the_store_does_itself_stays_proven(house: House) -> None:
    """Queues that work, mailboxes that are read, documents that are hidden, purged and converted
    again."""
    store = house.open()
    document = furnish(store)
    for step in _a_day(house, store, document):
        assert not list(store.verify()), step


def _a_day(house: House, store: Store, document: str) -> Iterator[str]:
    yield "furnished"
    job = store.claim_job("worker-9")
    assert job is not None
    yield "claimed"
    store.requeue(job, "later", delay=0)
    yield "put back"
    for delivery in store.claim_deliveries():
        store.deferred(delivery, house.clock.now, "451 later")
    yield "deferred"
    delivery = store.claim_deliveries()[0]
    store.failed(delivery, "550 never")
    yield "failed"
    store.soft_delete(document, "ops", "by mistake")
    store.restore(document, "ops", "was right")
    yield "hidden and shown"
    store.replay(document, "ops", "again")
    yield "asked for again"
    account = "2800001946.111"
    drop = store.open_maildrop(account)
    uidl = drop.messages[0].uidl
    drop.retrieve(uidl)
    drop.commit([uidl])
    yield "fetched and deleted"
    store.reoffer(document, "ops", "lost")
    yield "offered again"
    house.clock.forward(days=31)
    store.purge_fetched(30)
    yield "forgotten"
    store.purge_mails(30)
    store.collect_orphans()
    yield "housekeeping"
    house.clock.forward(days=4000)
    yield "years later"


def test_an_event_for_each_fact_and_none_for_its_rows(store: Store) -> None:
    furnish(store)
    kinds = [event.kind for event in store.log()]
    assert "RECORDED" not in kinds
    assert kinds.count("RECEIVED") == 3
    assert not any(SEPARATOR in value for event in store.log() for _, value in event.detail)


def test_rows_that_change_without_an_event_get_one(store: Store) -> None:
    received_mail = store.accept(*_with_job())
    job = store.claim_job("worker-1")
    assert job is not None
    store.commit_outcome(job, Outcome())
    last = store.log()[-1]
    assert (last.kind, last.mail_id) == ("RECORDED", received_mail)


def _with_job() -> tuple[Any, ...]:
    return mail(), (), [NewJob(TENANT, Direction.IN)]


def test_problems_compare_by_what_they_say() -> None:
    assert Problem("MAIL", "1", "missing", (("event", "1"),)) == Problem(
        "MAIL", "1", "missing", (("event", "2"),)
    )
