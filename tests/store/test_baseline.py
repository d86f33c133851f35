"""Rows of a version that did not chain them: unchanged since the upgrade is proven, before it only
what events said."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from edigate.store import Problem, Search, Store, schema
from edigate.store.proof import baseline
from tests.store.behind import furnish, hands
from tests.store.conftest import House
from tests.store.test_tampering import drop, put, recompute

M, D, F, ITEMS = schema.mails, schema.documents, schema.document_files, schema.mailbox_items
Act = Callable[[sa.Connection, House], object]


def upgraded(house: House, before: Act | None = None) -> Store:
    """A store in use whose events proved nothing, taken over. before: what was done to it under the
    old version."""
    store = house.open()
    furnish(store)
    with hands(house) as connection:
        connection.execute(sa.update(schema.events).values(proves=None))
        recompute(connection)
        if before is not None:
            before(connection, house)
        baseline.chain(connection)
    return store


def test_what_is_not_provable_is_noted_and_no_violation(house: House) -> None:
    store = upgraded(house)
    notes: list[Problem] = []
    assert not list(store.verify(notes=notes))
    assert {n.why for n in notes} == {"unproven"}
    assert {n.subject for n in notes} >= {"mails", "documents", "usage", "jobs", "mailbox_items"}
    assert all(dict(n.values)["before"] for n in notes)


def test_what_changes_by_rights_later_is_proven_and_noted_no_more(house: House) -> None:
    store = upgraded(house)
    document = store.search(_any())[0].document_id
    store.soft_delete(document, "ops", "by mistake")
    notes: list[Problem] = []
    assert not list(store.verify(notes=notes))
    before = {n.subject: int(dict(n.values)["count"]) for n in notes}
    assert before["documents"] == 1


def _any() -> Search:
    return Search()


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (put(M, subject="forged"), "MAIL"),
        (put(D, order_number="7"), "DOCUMENT"),
        (drop(F, F.c.role == "pdf"), "DOCUMENT"),
        (put(ITEMS, account="x"), "MAILBOX"),
        (drop(schema.usage), "USAGE"),
    ],
)
def test_what_is_changed_after_the_upgrade_is_found(house: House, act: Act, code: str) -> None:
    store = upgraded(house)
    with hands(house) as connection:
        act(connection, house)
    assert code in {p.code for p in store.verify()}


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (put(M, sender="forged@else.example"), "MAIL"),
        (drop(M), "MAIL"),
        (put(D, gross="1.00"), "DOCUMENT"),
        (drop(D), "DOCUMENT"),
        (drop(F, F.c.role == "pdf"), "DOCUMENT"),
        (put(ITEMS, account="x"), "MAILBOX"),
        (drop(ITEMS), "MAILBOX"),
    ],
)
def test_what_events_of_the_old_version_contradict_is_found(
    house: House, act: Act, code: str
) -> None:
    store = upgraded(house, act)
    assert code in {p.code for p in store.verify()}


def test_what_went_by_rights_after_the_upgrade_is_not_missed(house: House) -> None:
    store = upgraded(house)
    account = "2800001946.111"
    drop_ = store.open_maildrop(account)
    drop_.commit([m.uidl for m in drop_.messages])
    house.clock.forward(days=31)
    store.purge_fetched(30)
    store.purge_mails(30)
    assert not list(store.verify())
