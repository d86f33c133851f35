"""Attacks on the purge: what the chain does not prove, what nobody fetched and what a wrong clock
says stays."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from edigate.errors import IntegrityViolated, Misconfigured
from edigate.store import (
    DocumentState,
    Event,
    EventKind,
    NewEvent,
    Outcome,
    PurgeRules,
    Retained,
    Store,
    Unknown,
    schema,
)
from edigate.store.chapters.purging import _offers
from edigate.store.chapters.retention import SIGNS_OF_LIFE
from tests.store.conftest import Clock, House
from tests.store.samples import ARCHIVE, TENANT, archived, claimed, held, mail, received, valid

LAST_DAY = datetime(2034, 12, 31, 12, tzinfo=UTC)
OVER = datetime(2035, 1, 2, 12, tzinfo=UTC)
ALL = PurgeRules(more_than_a_quarter=True)


def fetch(store: Store, account: str = ARCHIVE) -> None:
    drop = store.open_maildrop(account)
    drop.commit(fetched=[entry.uidl for entry in drop.messages], peer="192.0.2.7")


def at(store: Store, clock: Clock, moment: datetime) -> None:
    """The gateway runs at that moment."""
    clock.now = moment
    store.record(NewEvent(EventKind.STARTED))


def edit(store: Store, table: sa.Table, **values: Any) -> None:
    """What an intruder with the database does."""
    with store._writing.begin() as connection:
        connection.execute(sa.update(table).values(**values))


def young(store: Store, count: int) -> None:
    """Documents received today, so that an old one is no quarter of the store."""
    for number in range(count):
        received(store, b"young %d" % number)
        job = claimed(store)
        store.commit_outcome(job, Outcome((valid(job, 100 + number),)))


def test_nothing_goes_inside_its_period(store: Store, clock: Clock) -> None:
    document_id = archived(store)
    fetch(store)
    at(store, clock, LAST_DAY)
    assert store.purge(ALL, "ops", "period over").goes == ()
    with pytest.raises(Retained, match="2034-12-31"):
        store.purge_document(document_id, "ops", "make room")
    assert store.log()[-1].kind == EventKind.PURGE_REFUSED
    assert store.document(document_id).files


def test_what_goes_is_named_with_its_hashes(store: Store, clock: Clock) -> None:
    document_id = archived(store)
    fetch(store)
    before = store.document(document_id)
    sha256 = store.mail(before.mail_id).sha256
    at(store, clock, OVER)
    planned = store.purge_plan(ALL)
    (found,) = planned.goes
    assert (found.document_id, found.tenant, found.number, found.files) == (
        document_id,
        TENANT,
        "RE-1",
        2,
    )
    assert (found.octets, found.retain_until) == (
        sum(f.size for f in before.files),
        date(2034, 12, 31),
    )
    assert store.document(document_id)
    with pytest.raises(Misconfigured, match="reason"):
        store.purge(ALL, "ops", " ")
    assert store.purge(ALL, "ops", "period over") == planned
    with pytest.raises(Unknown):
        store.document(document_id)
    (event,) = store.log(kinds=[EventKind.PURGED])
    said = dict(event.detail)
    assert (event.document_id, event.mail_id, event.tenant) == (document_id, before.mail_id, TENANT)
    assert (said["by"], said["reason"], said["retain-until"]) == (
        "ops",
        "period over",
        "2034-12-31",
    )
    assert said["mail-sha256"] == sha256
    assert said["override"] == "more-than-a-quarter"
    assert {said[f"sha256-{file.role}-1"] for file in before.files} == {
        file.sha256 for file in before.files
    }
    assert len(said["record-1"]) == 64
    assert store.open_maildrop(ARCHIVE).messages == ()
    assert store.collect_orphans() >= 2
    assert not list(store.verify())
    assert store.purge(ALL, "ops", "twice").goes == ()


def test_all_versions_go_or_none(store: Store, clock: Clock) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job, retain_until=date(2030, 12, 31)),)))
    document_id = held(job).document.document_id
    store.replay(document_id, "ops", "again")
    again = claimed(store)
    store.commit_outcome(again, Outcome((valid(again),)))
    fetch(store)
    at(store, clock, datetime(2033, 1, 1, tzinfo=UTC))
    assert store.purge(ALL, "ops", "old version").goes == ()
    at(store, clock, OVER)
    (found,) = store.purge(ALL, "ops", "all").goes
    assert found.versions == 2
    assert {"record-1", "record-2"} <= dict(store.log(kinds=[EventKind.PURGED])[-1].detail).keys()
    assert store.versions(document_id) == ()


@pytest.mark.parametrize("years", [{TENANT: 10}, {TENANT: 8, "other": 30}, {}])
def test_the_tenant_of_today_may_want_it_longer(
    store: Store, clock: Clock, years: dict[str, int]
) -> None:
    """Also one that is not in the settings any more: then what was chained holds."""
    document_id = archived(store)
    fetch(store)
    at(store, clock, OVER)
    goes = store.purge_plan(PurgeRules(years, more_than_a_quarter=True)).goes
    assert [found.document_id for found in goes] == (
        [] if years.get(TENANT) == 10 else [document_id]
    )


def test_a_removed_tenant_keeps_the_years_it_had(store: Store, clock: Clock) -> None:
    archived(store, retain_until=date(2036, 12, 31))
    fetch(store)
    at(store, clock, OVER)
    assert store.purge(ALL, "ops", "tenant left").goes == ()


@pytest.mark.parametrize(
    ("chained", "until"), [(date(2033, 12, 31), 2034), (date(2035, 12, 31), 2036)]
)
def test_rows_of_the_first_version_get_the_later_day(
    house: House, chained: date, until: int
) -> None:
    """It counted from the year of issue alone (here 2025, received in 2026): the period it had
    begins later now."""
    store = house.open()
    document_id = archived(store, issue_date=date(2025, 12, 30), retain_until=chained)
    fetch(store)
    _forget_the_day(store)
    at(store, house.clock, datetime(until, 12, 31, tzinfo=UTC))
    assert store.purge_plan(ALL).goes == ()
    at(store, house.clock, datetime(until + 1, 1, 1, tzinfo=UTC))
    assert [found.document_id for found in store.purge_plan(ALL).goes] == [document_id]


def _forget_the_day(store: Store) -> None:
    """Events as the first version wrote them, the chain made whole again."""
    from edigate.store.proof import audit

    with store._writing.begin() as connection:
        previous = audit.GENESIS
        for row in connection.execute(sa.select(schema.events).order_by(schema.events.c.seq)).all():
            kept = [
                pair
                for pair in audit.pairs(row.detail)
                if pair[0] not in ("retain-until", "standing")
            ]
            said = row._asdict() | {"detail": audit.canonical_pairs(kept)}
            digest = audit.link(previous, said)
            values = {"detail": said["detail"], "previous": previous, "hash": digest}
            connection.execute(
                sa.update(schema.events).where(schema.events.c.seq == row.seq).values(**values)
            )
            previous = digest
        connection.execute(sa.update(schema.chain_head).values(hash=previous))


ATTACKS: dict[str, Callable[[Store, Clock], None]] = {
    "retain_until": lambda store, _: edit(store, schema.documents, retain_until=date(2026, 11, 30)),
    "issue_date": lambda store, _: edit(
        store, schema.documents, retain_until=date(2020, 12, 31), issue_date=date(2012, 1, 1)
    ),
    "received_at": lambda store, clock: edit(
        store,
        schema.documents,
        retain_until=date(2020, 12, 31),
        received_at=clock.now - timedelta(days=5000),
    ),
}


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_edited_row_goes_no_earlier(house: House, attack: str, old: bool) -> None:
    store = house.open()
    document_id = archived(store)
    fetch(store)
    if old:
        _forget_the_day(store)
    ATTACKS[attack](store, house.clock)
    at(store, house.clock, house.clock.now + timedelta(days=200))
    plan = store.purge(ALL, "ops", "period over")
    assert plan.goes == ()
    assert [found.document_id for found in plan.stays] == [document_id]
    assert "edigate verify" in plan.stays[0].stays
    with pytest.raises(Retained, match="edigate verify"):
        store.purge_document(document_id, "ops", "period over")
    assert store.document(document_id)


def test_nor_when_the_record_is_edited_too(store: Store, clock: Clock) -> None:
    from edigate.store.chapters.documents import record_digest

    document_id = archived(store)
    fetch(store)
    with store._writing.begin() as connection:
        connection.execute(sa.update(schema.documents).values(retain_until=date(2026, 11, 30)))
        row = connection.execute(sa.select(schema.documents)).one()._asdict()
        files = [f._asdict() for f in connection.execute(sa.select(schema.document_files))]
        connection.execute(sa.update(schema.documents).values(record=record_digest(row, files)))
    at(store, clock, OVER)
    assert store.purge(ALL, "ops", "period over").goes == ()
    assert store.document(document_id)


def test_nor_when_the_chain_is_edited_too(store: Store, clock: Clock) -> None:
    archived(store)
    fetch(store)
    at(store, clock, OVER)
    edit(store, schema.events, tenant="other")
    with pytest.raises(IntegrityViolated, match="event 1 "):
        store.purge(ALL, "ops", "period over")


@pytest.mark.parametrize("cut", ["last", "middle"])
def test_nor_when_events_are_missing(store: Store, clock: Clock, cut: str) -> None:
    archived(store)
    fetch(store)
    at(store, clock, OVER)
    seqs = [event.seq for event in store.log()]
    with store._writing.begin() as connection:
        seq = seqs[-1] if cut == "last" else seqs[2]
        connection.execute(sa.delete(schema.events).where(schema.events.c.seq == seq))
    with pytest.raises(IntegrityViolated):
        store.purge(ALL, "ops", "period over")


def test_nor_a_document_of_which_a_version_is_missing(store: Store, clock: Clock) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job, retain_until=date(2040, 12, 31)),)))
    store.replay(held(job).document.document_id, "ops", "again")
    again = claimed(store)
    store.commit_outcome(again, Outcome((valid(again),)))
    fetch(store)
    with store._writing.begin() as connection:
        for table in (schema.document_files, schema.documents):
            connection.execute(sa.delete(table).where(table.c.version == 1))
    at(store, clock, OVER)
    assert store.purge(ALL, "ops", "period over").goes == ()


def test_what_nobody_fetched_stays(store: Store, clock: Clock) -> None:
    """Also where its account is gone; the row's mark of fetching proves nothing."""
    document_id = archived(store)
    drop = store.open_maildrop(ARCHIVE)
    drop.retrieve(drop.messages[0].uidl)
    drop.release()
    edit(
        store,
        schema.mailbox_items,
        fetched_at=clock.now,
        fetched_over="pop3",
        fetched_from="192.0.2.7",
    )
    at(store, clock, OVER)
    plan = store.purge(ALL, "ops", "period over")
    assert (plan.goes, plan.stays[0].stays) == ((), "its package was not fetched (--unfetched)")
    with pytest.raises(Retained, match="not fetched"):
        store.purge_document(document_id, "ops", "period over")
    anyway = PurgeRules(unfetched=True, more_than_a_quarter=True)
    assert [f.document_id for f in store.purge(anyway, "ops", "tenant left").goes] == [document_id]
    said = dict(store.log(kinds=[EventKind.PURGED])[-1].detail)
    assert (said["override"], said["fetched"]) == ("unfetched more-than-a-quarter", "")


def test_nor_does_a_row_that_was_taken_away(store: Store, clock: Clock) -> None:
    archived(store)
    with store._writing.begin() as connection:
        connection.execute(sa.delete(schema.mailbox_items))
    at(store, clock, OVER)
    assert store.purge(ALL, "ops", "period over").goes == ()


def test_what_was_offered_again_has_to_be_fetched_again(store: Store, clock: Clock) -> None:
    document_id = archived(store)
    fetch(store)
    store.reoffer(document_id, "ops", "the archive lost it")
    at(store, clock, OVER)
    assert store.purge(ALL, "ops", "period over").goes == ()
    fetch(store)
    at(store, clock, OVER + timedelta(days=90))
    assert len(store.purge(ALL, "ops", "period over").goes) == 1


@pytest.mark.parametrize(
    ("days", "keep", "goes"), [(89, 90, 0), (90, 90, 1), (0, 0, 1), (300, 400, 0)]
)
def test_it_stays_some_days_after_it_was_fetched(
    store: Store, clock: Clock, days: int, keep: int, goes: int
) -> None:
    archived(store)
    at(store, clock, OVER)
    fetch(store)
    at(store, clock, OVER + timedelta(days=days))
    rules = PurgeRules(keep_fetched_days=keep, more_than_a_quarter=True)
    assert len(store.purge_plan(rules).goes) == goes


def test_what_has_no_package_need_not_be_fetched(store: Store, clock: Clock) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job),)))
    at(store, clock, OVER)
    assert len(store.purge(ALL, "ops", "period over").goes) == 1


def _event(kind: EventKind, **detail: str) -> Event:
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    return Event(1, moment, kind.value, None, ARCHIVE, None, "1", tuple(detail.items()), "", "")


@pytest.mark.parametrize(
    ("events", "fetched"),
    [
        ([], False),
        ([_event(EventKind.FETCHED, uidl="u", over="pop3", peer="192.0.2.7")], True),
        ([_event(EventKind.FETCHED, uidl="u", over="folder", peer="/archive")], True),
        ([_event(EventKind.FETCHED, uidl="u")], False),  # the first version noted RETR
        (
            [_event(EventKind.FETCHED, uidl="u"), _event(EventKind.DELETED_BY_CLIENT, uidl="u")],
            True,
        ),
        ([_event(EventKind.DELETED_BY_CLIENT, uidl="u")], False),
        ([_event(EventKind.DELETED_BY_CLIENT, uidl="u", over="pop3")], False),
        ([_event(EventKind.FETCHED, uidl="v", over="pop3")], False),
    ],
)
def test_which_events_show_that_it_was_fetched(events: list[Event], fetched: bool) -> None:
    offers = _offers([_event(EventKind.DELIVERED, uidl="u"), *events])
    assert [at is not None for at in offers.values()] == [fetched]


def test_a_clock_ten_years_ahead(store: Store, clock: Clock) -> None:
    """Refused however often it is asked: its own events are no sign of life."""
    archived(store)
    fetch(store)
    young(store, 5)
    clock.now += timedelta(days=3653)
    for _ in range(2):
        with pytest.raises(Retained, match="--clock-is-right"):
            store.purge(ALL, "ops", "period over")
        assert store.log()[-1].kind == EventKind.PURGE_REFUSED
        store.record(NewEvent(EventKind.ACCESSED), NewEvent(EventKind.QUEUE_CHANGED))
        store.soft_delete(store.purge_plan(ALL).goes[0].document_id, "ops", "more events")
    assert store.log(kinds=[EventKind.PURGED]) == ()
    right = PurgeRules(clock_is_right=True, more_than_a_quarter=True)
    assert len(store.purge(right, "ops", "the gateway was off").goes) == 1
    assert (
        dict(store.log(kinds=[EventKind.PURGED])[-1].detail)["override"]
        == "clock-is-right more-than-a-quarter"
    )


@pytest.mark.parametrize("kind", [EventKind.STARTED, EventKind.VERIFIED, EventKind.RECEIVED])
@pytest.mark.parametrize("hours", [24, 25])
def test_a_sign_of_life_within_a_day(
    store: Store, clock: Clock, kind: EventKind, hours: int
) -> None:
    archived(store)
    fetch(store)
    clock.now = OVER
    store.record(NewEvent(kind))
    clock.forward(hours=hours)
    assert bool(store.purge_plan(ALL).refused) is (hours > 24)
    assert kind in SIGNS_OF_LIFE


@pytest.mark.parametrize(("others", "refused"), [(0, True), (2, True), (3, False), (4, False)])
def test_more_than_a_quarter_of_the_store(
    store: Store, clock: Clock, others: int, refused: bool
) -> None:
    """One of three is; one of four is not. Rows that the chain does not know do not count."""
    archived(store)
    fetch(store)
    at(store, clock, OVER)
    young(store, others)
    with store._writing.begin() as connection:
        row = connection.execute(sa.select(schema.documents).limit(1)).one()._asdict()
        for number in range(20):
            fake = row | {"document_id": f"FAKE{number}", "retain_until": date(2050, 1, 1)}
            connection.execute(sa.insert(schema.documents).values(**fake))
    if refused:
        with pytest.raises(Retained, match=f"1 of {others + 1} documents .* --more-than-a-quarter"):
            store.purge(PurgeRules(), "ops", "period over")
        assert "--more-than-a-quarter" in dict(store.log()[-1].detail)["refused"]
    assert len(store.purge(PurgeRules(more_than_a_quarter=refused), "ops", "period over").goes) == 1


def test_a_fetch_or_an_offer_between_plan_and_deed_counts(store: Store, clock: Clock) -> None:
    """Each document is judged again in the transaction that destroys it."""
    document_id = archived(store)
    fetch(store)
    at(store, clock, OVER)
    assert len(store.purge_plan(ALL).goes) == 1
    store.reoffer(document_id, "ops", "the archive lost it")
    with pytest.raises(Retained, match="not fetched"):
        store.purge_document(document_id, "ops", "period over", ALL)


def test_the_state_in_the_list_is_the_newest(store: Store, clock: Clock) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job),)))
    store.accept(mail(b"another"))
    at(store, clock, OVER)
    (found,) = store.purge_plan(ALL).goes
    assert (found.state, found.standing.value) == (DocumentState.INVALID, "open")


def test_the_chain_is_whole_while_others_write(house: House) -> None:
    asking, writing = house.open(node="a"), house.open(node="b")
    stop = threading.Event()

    def hammer() -> None:
        while not stop.is_set():
            writing.record(*[NewEvent(EventKind.STARTED)] * 50)

    thread = threading.Thread(target=hammer)
    thread.start()
    try:
        for _ in range(30):
            assert not asking.purge_plan(ALL).goes
    finally:
        stop.set()
        thread.join()
