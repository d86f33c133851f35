"""What a POP3 session sees."""

import pytest

from edigate.store import EventKind, MaildropBusy, NewEvent, Store, Unknown, UsageDirection
from tests.store.conftest import Clock, House
from tests.store.samples import ARCHIVE, TENANT, archived, mail, to_mailbox


def fill(store: Store, count: int) -> None:
    """Messages `0`, `1`, ... in the tenant's mailbox, oldest first."""
    for n in range(count):
        store.accept(mail(b"%d" % n), [to_mailbox(prefix=b"")])


def test_a_session_sees_the_oldest_first_and_what_it_began_with(store: Store) -> None:
    fill(store, 3)
    drop = store.open_maildrop(TENANT)
    fill(store, 1)
    assert [(e.number, e.size) for e in drop.messages] == [(1, 1), (2, 1), (3, 1)]
    assert [drop.retrieve(e.uidl) for e in drop.messages] == [b"0", b"1", b"2"]
    drop.release()
    again = store.open_maildrop(TENANT)
    assert [e.uidl for e in again.messages][:3] == [e.uidl for e in drop.messages]
    assert len(again.messages) == 4
    again.release()


def test_uidls_are_printable_and_unique(store: Store) -> None:
    fill(store, 20)
    with_drop = store.open_maildrop(TENANT)
    uidls = [e.uidl for e in with_drop.messages]
    assert len(set(uidls)) == 20
    assert all(1 <= len(u) <= 70 and u.isascii() and u.isalnum() for u in uidls)


def test_only_one_session_at_a_time_also_across_nodes(house: House) -> None:
    one, other = house.open(node="a"), house.open(node="b")
    fill(one, 1)
    drop = one.open_maildrop(TENANT, lease=60)
    with pytest.raises(MaildropBusy):
        other.open_maildrop(TENANT)
    other.open_maildrop("another").release()
    house.clock.forward(seconds=40)
    drop.keep()
    house.clock.forward(seconds=40)
    with pytest.raises(MaildropBusy):
        other.open_maildrop(TENANT)
    drop.release()
    drop.release()
    other.open_maildrop(TENANT).release()


def test_a_session_that_lost_its_lock_deletes_nothing(house: House) -> None:
    store = house.open()
    fill(store, 1)
    stale = store.open_maildrop(TENANT, lease=60)
    house.clock.forward(seconds=61)
    fresh = store.open_maildrop(TENANT, lease=60)
    with pytest.raises(MaildropBusy):
        stale.commit([e.uidl for e in stale.messages])
    with pytest.raises(MaildropBusy):
        stale.retrieve(stale.messages[0].uidl)
    stale.release()
    with pytest.raises(MaildropBusy):
        store.open_maildrop(TENANT)
    fresh.release()
    assert store.mailbox_status(TENANT).messages == 1


def test_a_restarted_daemon_frees_its_locks(house: House) -> None:
    house.open(node="a").open_maildrop(TENANT)
    house.open(node="a", daemon=True).open_maildrop(TENANT).release()


def test_deleting_hides_and_can_be_undone_under_a_new_uidl(store: Store, clock: Clock) -> None:
    document_id = archived(store)
    drop = store.open_maildrop(ARCHIVE)
    (entry,) = drop.messages
    content = drop.retrieve(entry.uidl)
    drop.commit([entry.uidl, "NOTMINE"], [entry.uidl, "NOTMINE"], peer="192.0.2.7")
    assert store.mailbox_status(ARCHIVE).last_fetch == clock.now
    assert store.open_maildrop(ARCHIVE).messages == ()
    events = [e.kind for e in store.log(document_id=document_id)]
    assert events[-3:] == [EventKind.DELIVERED, EventKind.FETCHED, EventKind.DELETED_BY_CLIENT]

    clock.forward(hours=1)
    assert store.reoffer(document_id, "ops", "archive lost it", account=ARCHIVE) == 1
    again = store.open_maildrop(ARCHIVE)
    assert again.messages[0].uidl != entry.uidl
    assert again.retrieve(again.messages[0].uidl) == content
    again.release()
    with pytest.raises(Unknown):
        store.reoffer("01ARZ3NDEKTSV4RRFFQ69G5FAV", "ops", "")
    assert not list(store.verify())


def test_a_dropped_connection_deletes_nothing(store: Store) -> None:
    fill(store, 2)
    drop = store.open_maildrop(TENANT)
    drop.retrieve(drop.messages[0].uidl)
    drop.release()
    drop.commit([e.uidl for e in drop.messages])
    assert len(store.open_maildrop(TENANT).messages) == 2


def test_fetched_is_what_an_ended_session_had_whole(store: Store) -> None:
    """One event a message and session, with account, protocol and peer; reading alone is not
    fetching."""
    fill(store, 2)
    drop = store.open_maildrop(TENANT)
    for entry in (*drop.messages, drop.messages[1]):
        drop.retrieve(entry.uidl)
    assert store.log(kinds=[EventKind.FETCHED]) == ()
    drop.commit(fetched=[drop.messages[1].uidl] * 2, peer="192.0.2.7")
    (fetched,) = store.log(kinds=[EventKind.FETCHED])
    assert fetched.account == TENANT
    assert fetched.detail == (
        ("uidl", drop.messages[1].uidl),
        ("over", "pop3"),
        ("peer", "192.0.2.7"),
    )
    usage = {u.direction: (u.mails, u.octets) for u in store.usage(account=TENANT)}
    assert usage == {UsageDirection.IN: (2, 2), UsageDirection.FETCHED: (1, 1)}
    status = store.mailbox_status(TENANT)
    assert (status.messages, status.octets) == (1, 1)


def test_a_session_that_is_cut_has_fetched_nothing(store: Store) -> None:
    fill(store, 1)
    drop = store.open_maildrop(TENANT)
    drop.retrieve(drop.messages[0].uidl)
    drop.release()
    assert store.log(kinds=[EventKind.FETCHED]) == ()
    assert store.mailbox_status(TENANT).messages == 1
    assert store.usage(account=TENANT)[0].direction is UsageDirection.IN


def test_a_uidl_of_another_account_is_unknown(store: Store) -> None:
    fill(store, 1)
    foreign = store.open_maildrop(TENANT).messages[0].uidl
    drop = store.open_maildrop("another")
    with pytest.raises(Unknown):
        drop.retrieve(foreign)
    drop.commit([foreign])
    assert store.mailbox_status(TENANT).messages == 1


def test_a_thousand_deletions_are_one_commit(store: Store) -> None:
    fill(store, 3)
    store.record(*(NewEvent(EventKind.STARTED) for _ in range(1000)))
    drop = store.open_maildrop(TENANT)
    drop.commit([e.uidl for e in drop.messages], peer="192.0.2.7")
    deleted = store.log(kinds=[EventKind.DELETED_BY_CLIENT])
    assert [(e.account, e.detail[0][1], e.detail[-1]) for e in deleted] == [
        (TENANT, entry.uidl, ("peer", "192.0.2.7")) for entry in drop.messages
    ]
    assert not list(store.verify())
