"""The relay queue."""

from datetime import timedelta

import pytest

from edigate.errors import Misconfigured
from edigate.store import (
    DeliveryKind,
    DeliveryState,
    Dispatch,
    Entrance,
    EventKind,
    LeaseLost,
    NewDelivery,
    NewMail,
    Store,
    Unknown,
)
from tests.store.conftest import Clock, House
from tests.store.samples import mail, to_mailbox, to_relay


def test_a_delivery_is_claimed_once_and_done_once(store: Store) -> None:
    mail_id = store.accept(mail(), [to_relay()])
    (claimed,) = store.claim_deliveries()
    assert (claimed.mail_id, claimed.recipient, claimed.attempts) == (mail_id, "edi@far.example", 1)
    assert store.claim_deliveries() == ()
    store.delivered(claimed, "250 2.0.0 queued")
    (done,) = store.deliveries()
    assert (done.state, done.last_result) == (DeliveryState.DONE, "250 2.0.0 queued")
    assert store.deliveries(unfinished=True) == ()
    with pytest.raises(LeaseLost):
        store.delivered(claimed, "250 again")
    assert [e.kind for e in store.log(mail_id=mail_id)] == [EventKind.RECEIVED, EventKind.RELAYED]


def test_a_deferred_delivery_comes_back_when_it_is_due(store: Store, clock: Clock) -> None:
    store.accept(mail(), [to_relay()])
    (claimed,) = store.claim_deliveries()
    due = clock.now + timedelta(minutes=5)
    store.deferred(claimed, due, "451 later")
    assert store.next_delivery_at() == due
    assert store.claim_deliveries() == ()
    clock.forward(minutes=5)
    (again,) = store.claim_deliveries()
    assert (again.attempts, again.last_result) == (2, "451 later")


def test_a_failed_delivery_and_its_bounce_are_one(store: Store) -> None:
    store.accept(mail(), [to_relay()])
    (claimed,) = store.claim_deliveries()
    bounce = NewMail(
        b"Subject: undeliverable\r\n\r\n", "", ("edi@partner.example",), Entrance.GATEWAY
    )
    store.failed(
        claimed, "550 no such user", [Dispatch(bounce, (to_relay("edi@partner.example"),))]
    )
    states = {d.recipient: d.state for d in store.deliveries()}
    assert states == {
        "edi@far.example": DeliveryState.FAILED,
        "edi@partner.example": DeliveryState.QUEUED,
    }
    with pytest.raises(LeaseLost):
        store.failed(claimed, "550", [Dispatch(bounce, (to_relay("edi@partner.example"),))])
    assert len(store.deliveries()) == 2


def test_an_expired_lease_goes_to_another_and_the_first_cannot_settle(house: House) -> None:
    one, other = house.open(node="a"), house.open(node="b")
    one.accept(mail(), [to_relay()])
    (first,) = one.claim_deliveries(lease=60)
    assert other.claim_deliveries() == ()
    house.clock.forward(seconds=61)
    (second,) = other.claim_deliveries(lease=60)
    assert second.attempts == 2
    with pytest.raises(LeaseLost):
        one.delivered(first, "250")
    with pytest.raises(LeaseLost):
        one.deferred(first, house.clock.now, "451")
    other.delivered(second, "250")


def test_a_restarted_daemon_takes_up_what_it_had_and_nothing_else(house: House) -> None:
    other = house.open(node="b")
    other.accept(mail(), [to_relay("one@far.example"), to_relay("two@far.example")])
    house.open(node="a").claim_deliveries(limit=1)
    assert len(other.claim_deliveries()) == 1
    restarted = house.open(node="a", daemon=True)
    assert len(restarted.claim_deliveries()) == 1


def test_kinds_are_kept_apart_and_the_longest_due_come_first(store: Store, clock: Clock) -> None:
    store.accept(mail(), [to_relay("one@far.example"), to_mailbox()])
    clock.forward(seconds=1)
    store.accept(
        mail(),
        [NewDelivery(DeliveryKind.NOTIFY, "buchhaltung@example.com"), to_relay("two@far.example")],
    )
    (notify,) = store.claim_deliveries(kinds=[DeliveryKind.NOTIFY])
    store.delivered(notify, "250")
    assert store.log(kinds=[EventKind.NOTIFIED])
    assert [d.recipient for d in store.claim_deliveries(limit=1)] == ["one@far.example"]
    assert [d.recipient for d in store.claim_deliveries()] == ["two@far.example"]


def test_a_delivery_can_be_told_not_to_run_before(store: Store, clock: Clock) -> None:
    later = clock.now + timedelta(hours=1)
    store.accept(mail(), [NewDelivery(DeliveryKind.RELAY, "edi@far.example", run_at=later)])
    assert store.claim_deliveries() == ()
    clock.now = later
    assert len(store.claim_deliveries()) == 1


def test_the_operator_holds_retries_and_drops(store: Store) -> None:
    store.accept(mail(), [to_relay()])
    (waiting,) = store.deliveries(state=DeliveryState.QUEUED)
    store.hold_delivery(waiting.id, "ops", "partner moves")
    assert store.claim_deliveries() == ()
    store.retry_delivery(waiting.id, "ops", "moved")
    (claimed,) = store.claim_deliveries()
    with pytest.raises(Misconfigured, match="running"):
        store.drop_delivery(claimed.id, "ops", "enough")
    store.failed(claimed, "550")
    store.retry_delivery(claimed.id, "ops", "once more")
    store.drop_delivery(claimed.id, "ops", "enough")
    assert store.deliveries()[0].state is DeliveryState.FAILED
    assert len(store.log(kinds=[EventKind.QUEUE_CHANGED])) == 4
    with pytest.raises(Unknown):
        store.drop_delivery(4711, "ops", "typo")


def test_a_delivery_can_end_in_a_mailbox_of_our_own(store: Store) -> None:
    mail_id = store.accept(mail(), [to_relay("2800001946@edi.example")])
    (claimed,) = store.claim_deliveries()
    store.deposited(claimed, "2800001946", b"Return-Path: <>\r\n")
    with pytest.raises(LeaseLost):
        store.deposited(claimed, "2800001946", b"Return-Path: <>\r\n")
    drop = store.open_maildrop("2800001946")
    (entry,) = drop.messages
    assert drop.retrieve(entry.uidl) == b"Return-Path: <>\r\n" + store.mail_content(mail_id)
    drop.release()
    assert store.deliveries(unfinished=True) == ()
