"""Accepting mails."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edigate.errors import IntegrityViolated, Misconfigured
from edigate.store import (
    DeliveryKind,
    DeliveryState,
    Direction,
    Entrance,
    EventKind,
    JobState,
    NewDelivery,
    NewEvent,
    NewJob,
    Store,
    Unknown,
    UsageDirection,
    new_id,
)
from edigate.store.engine.objects import INLINE
from tests.store.conftest import Clock, House
from tests.store.samples import TENANT, mail, to_mailbox, to_relay


def test_a_mail_brings_its_deliveries_and_jobs(store: Store, clock: Clock) -> None:
    mail_id = store.accept(mail(), [to_mailbox(), to_relay()], [NewJob(TENANT, Direction.IN)])
    kept = store.mail(mail_id)
    assert (kept.sender, kept.recipients, kept.received_at) == (
        "edi@partner.example",
        (f"{TENANT}@edi.example",),
        clock.now,
    )
    assert store.mail_content(mail_id) == mail().content
    states = {d.kind: d.state for d in store.deliveries(mail_id=mail_id)}
    assert states == {
        DeliveryKind.MAILBOX: DeliveryState.DONE,
        DeliveryKind.RELAY: DeliveryState.QUEUED,
    }
    (job,) = store.jobs(mail_id=mail_id)
    assert (job.tenant, job.state, job.attempts) == (TENANT, JobState.QUEUED, 0)
    assert [e.kind for e in store.log(mail_id=mail_id)] == [EventKind.RECEIVED, EventKind.DELIVERED]


@pytest.mark.parametrize("size", [0, 1, INLINE - 1, INLINE, INLINE + 1, 3_000_000])
def test_every_size_comes_back_byte_for_byte(store: Store, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    mail_id = store.accept(mail(content[:size]), [to_mailbox()])
    assert store.mail_content(mail_id) == content[:size]
    drop = store.open_maildrop(TENANT)
    (entry,) = drop.messages
    fetched = drop.retrieve(entry.uidl)
    assert fetched == b"Return-Path: <edi@partner.example>\r\n" + content[:size]
    assert len(fetched) == entry.size
    drop.release()
    assert not list(store.verify())


def test_the_same_bytes_twice_are_two_mails_and_one_object(store: Store) -> None:
    large = b"x" * (INLINE + 1)
    first, second = store.accept(mail(large)), store.accept(mail(large))
    assert first != second
    assert store.mail(first).sha256 == store.mail(second).sha256


def test_a_given_id_is_kept_and_given_once(store: Store) -> None:
    mail_id = new_id()
    assert store.accept(mail(id=mail_id)) == mail_id
    with pytest.raises(sa.exc.IntegrityError):
        store.accept(mail(id=mail_id))


def test_an_address_named_twice_is_one_delivery(store: Store) -> None:
    mail_id = store.accept(mail(), [to_mailbox(), to_mailbox(), to_relay(), to_relay()])
    assert len(store.deliveries(mail_id=mail_id)) == 2
    assert store.mailbox_status(TENANT).messages == 1


def test_a_local_delivery_without_account_takes_nothing(store: Store) -> None:
    with pytest.raises(Misconfigured):
        store.accept(mail(), [to_relay(), NewDelivery(DeliveryKind.MAILBOX, "x@edi.example")])
    assert store.deliveries() == ()
    assert store.log() == ()


def test_once_is_once(store: Store) -> None:
    alarm = mail(b"disk is full", once="disk:2026-11-20", origin=Entrance.GATEWAY)
    first = store.accept(alarm, [to_relay("ops@example.com")])
    assert store.accept(replace(alarm, content=b"again"), [to_relay("ops@example.com")]) == first
    assert len(store.deliveries()) == 1


def test_submitted_mail_counts_for_its_account(store: Store) -> None:
    store.accept(mail(b"12345", submitter=TENANT, origin=Entrance.SUBMISSION), [to_relay()])
    (usage,) = store.usage(account=TENANT)
    assert (usage.direction, usage.month, usage.mails, usage.octets) == (
        UsageDirection.OUT,
        "2026-11",
        1,
        5,
    )


def test_an_unknown_mail_is_said_so(store: Store) -> None:
    with pytest.raises(Unknown, match="no mail"):
        store.mail("nonsense")


async def test_accepting_from_the_event_loop(store: Store) -> None:
    contents = [b"%d" % n * (INLINE if n == 3 else 1) for n in range(30)]
    ids = await asyncio.gather(*(store.accept_async(mail(c), [to_mailbox()]) for c in contents))
    assert [store.mail_content(i) for i in ids] == contents
    assert (await store.in_thread(store.mailbox_status, TENANT)).messages == 30


def test_many_threads_and_two_stores_lose_nothing(house: House) -> None:
    stores = [house.open(node="a"), house.open(node="b")]
    with ThreadPoolExecutor(8) as pool:
        ids = list(
            pool.map(lambda n: stores[n % 2].accept(mail(b"%d" % n), [to_mailbox()]), range(60))
        )
    assert len(set(ids)) == 60
    assert stores[0].mailbox_status(TENANT).messages == 60
    assert not list(stores[1].verify())


def test_texts_no_database_takes_are_made_storable(store: Store) -> None:
    mail_id = store.accept(
        mail(sender="a\0b@x.example", subject="\udc80 \0", peer="\0"), [to_relay("x\0@y.example")]
    )
    kept = store.mail(mail_id)
    assert kept.sender == "a\ufffdb@x.example"
    assert kept.subject == "? \ufffd"
    assert not list(store.verify())


@given(
    content=st.binary(max_size=300),
    sender=st.text(max_size=30),
    recipients=st.lists(st.text(max_size=20)),
)
@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_any_mail_is_kept_as_it_is(
    store: Store, content: bytes, sender: str, recipients: list[str]
) -> None:
    mail_id = store.accept(mail(content, sender=sender, recipients=tuple(recipients)))
    assert store.mail_content(mail_id) == content
    assert store.mail(mail_id).recipients == tuple(recipients)


def test_damaged_bytes_are_never_given_out(house: House) -> None:
    store = house.open()
    mail_id = store.accept(mail(b"y" * (INLINE + 1)), [to_mailbox()])
    sha256 = store.mail(mail_id).sha256
    file = house.folder / "objects" / sha256[:2] / sha256
    file.chmod(0o600)
    file.write_bytes(b"z" * (INLINE + 1))
    drop = store.open_maildrop(TENANT)
    with pytest.raises(IntegrityViolated, match="changed"):
        drop.retrieve(drop.messages[0].uidl)
    drop.release()
    file.unlink()
    with pytest.raises(IntegrityViolated, match="missing"):
        store.mail_content(mail_id)
    store.record(NewEvent(EventKind.STOPPED))  # the alarms were queued before
    assert len(store.log(kinds=[EventKind.INTEGRITY_VIOLATED])) == 2
    assert [p.code for p in store.verify()] == ["OBJECT"]
