"""The log, the chain, searching, and what `verify` finds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa

from edigate.store import (
    DeliveryState,
    Direction,
    DocumentState,
    EventKind,
    FoundId,
    IdKind,
    JobState,
    NewEvent,
    Outcome,
    Search,
    Store,
    Unknown,
    schema,
)
from edigate.store.chapters.documents import record_digest
from edigate.store.proof.audit import link
from tests.store.conftest import Clock, House
from tests.store.samples import (
    ARCHIVE,
    GLN,
    TENANT,
    archived,
    claimed,
    held,
    mail,
    received,
    to_relay,
)


def tamper(store: Store, change: Callable[[sa.Connection], object]) -> None:
    """Change the database behind the store's back."""
    with store._reading.begin() as connection:
        change(connection)


def test_the_chain_links_every_event(store: Store) -> None:
    archived(store)
    events = store.log()
    previous = "0" * 64
    for seq, event in enumerate(events, start=1):
        assert (event.seq, event.previous) == (seq, previous)
        previous = event.hash
    assert store.chain_head() == (len(events), previous)


def test_the_hash_is_over_every_column() -> None:
    row = {
        "seq": 1,
        "at": Clock().now,
        "kind": "RECEIVED",
        "tenant": "t",
        "account": "a",
        "mail_id": "m",
        "document_id": "d",
        "detail": "[]",
        "proves": "[]",
    }
    changed = [
        link("0" * 64, row | {name: None if name not in ("at", "seq") else row[name]})
        for name in row
    ]
    assert len(set(changed)) == 8  # all but `at` and `seq`, and those two unchanged
    assert link("0" * 64, row) != link("1" * 64, row)
    assert link("0" * 64, row) != link("0" * 64, row | {"seq": 2})


def test_changed_settings_are_chained(store: Store) -> None:
    store.record_changes(
        "ops", [("tenant.name", "Alt GmbH", "Neu GmbH"), ("tenant.password", "***", "***")]
    )
    first, _ = store.log(kinds=[EventKind.CONFIG_CHANGED])
    assert first.detail == (
        ("by", "ops"),
        ("key", "tenant.name"),
        ("old", "Alt GmbH"),
        ("new", "Neu GmbH"),
    )


def test_a_log_line_keeps_any_text(store: Store) -> None:
    odd = "a\r\n\0\udc80\u202eß\U0001f600"
    store.record(NewEvent(EventKind.STARTED, detail=(("odd", odd),)))
    assert store.log()[0].detail == (("odd", "a\r\n\0\\udc80\u202eß\U0001f600"),)
    assert not list(store.verify())


def test_the_log_of_a_document_holds_that_of_its_mail_and_not_its_neighbours(store: Store) -> None:
    received(store)
    job = claimed(store)
    one, two = held(job, 1), held(job, 2)
    store.commit_outcome(job, Outcome((one, two)))
    kinds = [e.kind for e in store.log(document_id=one.document.document_id)]
    assert kinds == ["RECEIVED", "DELIVERED", "HELD", "CREATED"]
    assert [e.kind for e in store.log(tenant=TENANT)] == ["HELD", "HELD"]


def _emptied(table: sa.Table, connection: sa.Connection) -> None:
    connection.execute(sa.delete(table))


def test_a_purge_takes_nothing_from_the_story(store: Store) -> None:
    received(store)
    job = claimed(store)
    one, two = held(job, 1), held(job, 2)
    store.commit_outcome(job, Outcome((one, two)))
    document_id = one.document.document_id
    told, total = store.story(document_id)
    assert [e.kind for e in told] == ["RECEIVED", "DELIVERED", "HELD", "CREATED"]
    assert total == 4
    for table in (schema.document_files, schema.unknown_partners, schema.claims, schema.documents):
        tamper(store, partial(_emptied, table))
    assert store.story(document_id) == (told, 4)
    assert store.story(document_id, 1) == (told[-1:], 4)
    for text in (document_id, document_id.lower(), document_id[:24]):
        assert store.named(text, IdKind.DOCUMENT) == FoundId(IdKind.DOCUMENT, document_id)
    assert store.named(job.mail_id[:20]).kind is IdKind.MAIL


def test_a_tenant_sees_no_id_of_another_not_even_as_ambiguous_or_near(store: Store) -> None:
    document_id = archived(store)
    assert store.named(document_id[:12], among=frozenset({TENANT})).id == document_id
    for text in (
        document_id,
        document_id[:12],
        document_id[:-1] + "0",
        "RE-1",
        store.document(document_id).mail_id,
    ):
        with pytest.raises(Unknown) as refused:
            store.named(text, among=frozenset({"other"}))
        assert refused.value.message == f"no document or mail {text}"


def test_the_log_can_be_followed(store: Store, clock: Clock) -> None:
    for kind in (EventKind.STARTED, EventKind.VERIFIED, EventKind.STOPPED):
        clock.forward(seconds=1)
        store.record(NewEvent(kind))
    assert [e.kind for e in store.log(limit=2)] == ["VERIFIED", "STOPPED"]
    assert [e.kind for e in store.log(after=1, limit=1)] == ["VERIFIED"]
    assert [e.kind for e in store.log(since=clock.now)] == ["STOPPED"]


@pytest.mark.parametrize(
    ("what", "found"),
    [
        (Search(), 2),
        (Search(tenant=TENANT), 2),
        (Search(tenant="nobody"), 0),
        (Search(number="re-1"), 1),
        (Search(number="%"), 0),
        (Search(partner="schraubenwerk"), 2),
        (Search(partner="SÜD"), 2),
        (Search(partner=GLN), 2),
        (Search(state=DocumentState.INVALID), 1),
        (Search(direction=Direction.OUT), 0),
        (Search(rule="UST-01"), 1),
        (Search(rule="UST-0"), 0),
        (Search(since=date(2026, 11, 20), until=date(2026, 11, 20)), 2),
        (Search(since=date(2026, 11, 21)), 0),
        (Search(until=date(2026, 11, 19)), 0),
        (Search(gross=Decimal("1190.00")), 2),
        (Search(gross=Decimal("1190")), 2),
        (Search(gross=Decimal("1190.0000")), 2),
        (Search(gross=Decimal("1.19E3")), 2),
        (Search(gross=Decimal("-1190")), 0),
        (Search(gross=Decimal("119")), 0),
        (Search(limit=1), 1),
    ],
)
def test_searching(store: Store, what: Search, found: int) -> None:
    archived(store)
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job, 2),)))
    if what.partner == "SÜD" and store._reading.dialect.name == "sqlite":
        what = replace(what, partner="Süd")  # SQLite folds case in ASCII only
    assert len(store.search(what)) == found


def test_searching_by_digest(store: Store) -> None:
    document_id = archived(store)
    found = store.document(document_id)
    for digest in (found.files[0].sha256, store.mail(found.mail_id).sha256):
        assert [d.document_id for d in store.search(Search(digest=digest))] == [document_id]
    assert store.search(Search(digest="0" * 64)) == ()
    assert store.search(Search(mail_id=found.mail_id))[0].gross == Decimal("1190.00")


def test_an_unknown_document_is_said_so(store: Store) -> None:
    document_id = archived(store)
    with pytest.raises(Unknown):
        store.document("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    with pytest.raises(Unknown, match=r"\.2$"):
        store.document(document_id, 2)
    with pytest.raises(Unknown, match="xml"):
        store.document_content(document_id, "xml")


def test_the_store_at_a_glance(store: Store, clock: Clock) -> None:
    store.accept(mail(), [to_relay()])
    received(store)
    began = clock.now
    clock.forward(minutes=5)
    status = store.status()
    assert dict(status.jobs) == {JobState.QUEUED: 1}
    assert dict(status.deliveries) == {DeliveryState.QUEUED: 1, DeliveryState.DONE: 1}
    assert (status.oldest_job, status.oldest_delivery) == (began, began)
    assert status.free_octets > 0


def _set(table: sa.Table, **values: object) -> Callable[[sa.Connection], object]:
    return lambda connection: connection.execute(sa.update(table).values(**values))


def _cut_tail(connection: sa.Connection) -> None:
    last = sa.select(sa.func.max(schema.events.c.seq)).scalar_subquery()
    connection.execute(sa.delete(schema.events).where(schema.events.c.seq == last))


def _cut_middle(connection: sa.Connection) -> None:
    connection.execute(sa.delete(schema.events).where(schema.events.c.seq == 2))


def _rewrite_one(connection: sa.Connection) -> None:
    """Change an event and give it a hash that fits."""
    row = connection.execute(sa.select(schema.events).where(schema.events.c.seq == 1)).one()
    fields = row._asdict() | {"detail": '[["from","somebody@else.example"]]'}
    fields["hash"] = link(row.previous, fields)
    connection.execute(sa.update(schema.events).where(schema.events.c.seq == 1).values(**fields))


def _forge_document(connection: sa.Connection) -> None:
    """Change a document and give it a digest that fits."""
    row = connection.execute(sa.select(schema.documents)).one()
    files = [f._asdict() for f in connection.execute(sa.select(schema.document_files))]
    forged = row._asdict() | {"gross": "1.00"}
    connection.execute(
        sa.update(schema.documents).values(gross="1.00", record=record_digest(forged, files))
    )


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (_set(schema.events, tenant="other"), {"CHAIN"}),
        (_set(schema.events, previous="not hexadecimal"), {"CHAIN"}),
        (_cut_tail, {"CHAIN", "MAILBOX", "OBJECT", "USAGE"}),
        (_cut_middle, {"CHAIN", "MAILBOX", "OBJECT"}),
        (_rewrite_one, {"CHAIN"}),
        (_set(schema.chain_head, seq=99), {"CHAIN"}),
        (_set(schema.objects, content=b"changed"), {"OBJECT"}),
        (_set(schema.objects, content=None), {"OBJECT"}),
        (_set(schema.documents, gross="1.00"), {"DOCUMENT"}),
        (_forge_document, {"DOCUMENT"}),
        (_set(schema.documents, state="invalid"), {"DOCUMENT"}),
        (_set(schema.documents, record="0" * 64), {"DOCUMENT"}),
        (_set(schema.document_files, name="other.pdf"), {"DOCUMENT"}),
        (lambda c: c.execute(sa.delete(schema.document_files)), {"DOCUMENT"}),
        (_set(schema.mails, sender="somebody@else.example"), {"MAIL"}),
    ],
)
def test_verify_finds_every_change(
    store: Store, change: Callable[[sa.Connection], object], codes: set[str]
) -> None:
    archived(store)
    assert not list(store.verify())
    tamper(store, change)
    assert {p.code for p in store.verify()} == codes


def test_verify_says_how_far_it_is(house: House) -> None:
    store = house.open()
    archived(store)
    seen: list[tuple[int, int]] = []
    assert not list(store.verify(lambda done, total: seen.append((done, total))))
    assert seen[-1][0] == seen[-1][1] > 5
    assert store.mailbox_status(ARCHIVE).oldest == house.clock.now
