"""The clock is set back: what was queued, leased or locked while it was ahead does not wait for
that time to come."""

from datetime import timedelta

import pytest

from edigate.store import Direction, NewJob, Store
from tests.store.conftest import Clock
from tests.store.samples import ARCHIVE, TENANT, mail, to_mailbox, to_relay

AHEAD = [timedelta(minutes=10), timedelta(days=1), timedelta(days=365)]


def accept(store: Store, content: bytes = b"x") -> str:
    """A mail with a delivery that waits and a job."""
    return store.accept(mail(content), [to_relay(), to_mailbox()], [NewJob(TENANT, Direction.IN)])


@pytest.mark.parametrize("ahead", AHEAD)
def test_what_was_queued_is_due(store: Store, clock: Clock, ahead: timedelta) -> None:
    clock.now += ahead
    mail_id = accept(store)
    clock.now -= ahead
    job = store.claim_job("w")
    assert job is not None
    assert job.mail_id == mail_id
    assert [d.mail_id for d in store.claim_deliveries()] == [mail_id]
    assert store.claim_job("other") is None, "taken twice"
    assert store.claim_deliveries() == ()


@pytest.mark.parametrize("ahead", AHEAD)
def test_what_was_put_off_is_due(store: Store, clock: Clock, ahead: timedelta) -> None:
    accept(store)
    clock.now += ahead
    job, (delivery,) = store.claim_job("w"), store.claim_deliveries()
    assert job is not None
    store.requeue(job, "later", delay=20)
    store.deferred(delivery, clock.now + timedelta(hours=1), "later")
    clock.now -= ahead
    assert store.claim_job("w") is not None
    assert len(store.claim_deliveries()) == 1


@pytest.mark.parametrize("ahead", AHEAD)
def test_what_was_leased_by_somebody_who_is_gone_is_due(
    store: Store, clock: Clock, ahead: timedelta
) -> None:
    accept(store)
    clock.now += ahead
    assert store.claim_job("w", lease=10) is not None
    assert store.claim_deliveries(lease=10)
    clock.now -= ahead
    again = store.claim_job("w", lease=10)
    assert again is not None
    assert again.crashes == 1
    assert len(store.claim_deliveries(lease=10)) == 1


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_replay_asked_for_meanwhile_runs(store: Store, clock: Clock, ahead: timedelta) -> None:
    mail_id = accept(store)
    job = store.claim_job("w")
    assert job is not None
    store.give_up(job, "no")
    clock.now += ahead
    store.replay(mail_id, "op", "again")
    clock.now -= ahead
    assert store.claim_job("w") is not None


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_mailbox_is_not_locked_until_then(store: Store, clock: Clock, ahead: timedelta) -> None:
    accept(store)
    clock.now += ahead
    store.open_maildrop(TENANT, lease=60)  # its session ends without a word
    clock.now -= ahead
    assert len(store.open_maildrop(TENANT, lease=60).messages) == 1
    store.open_maildrop(ARCHIVE, lease=60)


def test_what_is_put_off_by_a_right_clock_waits(store: Store, clock: Clock) -> None:
    accept(store)
    job, (delivery,) = store.claim_job("w"), store.claim_deliveries()
    assert job is not None
    store.requeue(job, "later", delay=3600)
    store.deferred(delivery, clock.now + timedelta(hours=2), "later")
    assert store.claim_job("w") is None
    assert store.claim_deliveries() == ()
    clock.forward(hours=2)
    assert store.claim_job("w") is not None
    assert len(store.claim_deliveries()) == 1


def test_the_newest_moment_is_not_that_of_the_newest_event(store: Store, clock: Clock) -> None:
    assert store.newest_moment() is None
    clock.forward(days=365)
    accept(store)
    newest = clock.now
    clock.forward(days=-365)
    accept(store, b"y")
    assert store.newest_moment() == newest
    with store._read() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql("EXPLAIN QUERY PLAN SELECT max(at) FROM events").all()
            assert "ix_events_at" in str(plan)
