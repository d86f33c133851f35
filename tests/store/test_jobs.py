"""The archive queue and committing outcomes."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store import (
    Dispatch,
    DocumentState,
    DuplicateAppeared,
    Entrance,
    EventKind,
    Job,
    JobState,
    LeaseLost,
    NewEvent,
    NewMail,
    Outcome,
    Store,
    Unknown,
    UsageDirection,
    schema,
)
from edigate.store.chapters.deliveries import due
from tests.store.conftest import Clock, House
from tests.store.samples import (
    ARCHIVE,
    TENANT,
    claimed,
    document,
    held,
    mail,
    received,
    to_relay,
    valid,
)


def waiting(store: Store, account: str = ARCHIVE) -> int:
    """Messages in a mailbox."""
    return store.mailbox_status(account).messages


def test_an_outcome_is_everything_at_once(store: Store) -> None:
    mail_id = received(store)
    job = claimed(store)
    alarm = NewMail(b"disk slow", "", ("ops@example.com",), Entrance.GATEWAY)
    store.commit_outcome(
        job,
        Outcome(
            (valid(job, 1), held(job, 2)),
            mails=(Dispatch(alarm, (to_relay("ops@example.com"),)),),
            events=(
                NewEvent(
                    EventKind.REPROCESSED, TENANT, mail_id=mail_id, detail=(("messages", "2"),)
                ),
            ),
        ),
    )
    assert store.job(job.id).state is JobState.DONE
    assert waiting(store) == 1
    assert {d.recipient for d in store.deliveries(unfinished=True)} == {
        "buchhaltung@example.com",
        "ops@example.com",
    }
    kinds = [e.kind for e in store.log(mail_id=mail_id)]
    assert kinds == ["RECEIVED", "DELIVERED", "VALIDATED", "HELD", "REPROCESSED"]
    good, bad = (store.document(valid(job, n).document.document_id) for n in (1, 2))
    assert (good.state, bad.state) == (DocumentState.VALID, DocumentState.INVALID)
    assert store.document_content(good.document_id, "pdf") == b"%PDF-1.7 1"
    assert [f.role for f in good.files] == ["original", "pdf"]
    assert not list(store.verify())
    (archive,) = store.usage(account=ARCHIVE)
    assert (archive.direction, archive.mails) == (UsageDirection.ARCHIVE, 1)
    (own,) = store.usage(account=TENANT)
    assert (own.direction, own.mails, own.documents) == (UsageDirection.IN, 1, 2)


def test_nothing_is_claimed_twice(house: House) -> None:
    stores = [house.open(node="a"), house.open(node="b")]
    for n in range(20):
        received(stores[0], b"%d" % n)
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda n: stores[n % 2].claim_job(f"w{n}"), range(30)))
    ids = [job.id for job in jobs if job is not None]
    assert len(ids) == len(set(ids)) == 20


def test_a_lost_lease_writes_nothing(house: House) -> None:
    one, other = house.open(node="a"), house.open(node="b")
    received(one)
    first = claimed(one)
    one.extend_lease(first, 10)
    house.clock.forward(seconds=11)
    second = claimed(other)
    assert (second.attempts, second.crashes) == (2, 1)
    events = one.chain_head()
    acts: tuple[Callable[[], None], ...] = (
        lambda: one.commit_outcome(first, Outcome((valid(first), held(first, 2)))),
        lambda: one.requeue(first, "again"),
        lambda: one.give_up(first, "no"),
        lambda: one.extend_lease(first),
    )
    for act in acts:
        with pytest.raises(LeaseLost):
            act()
    assert one.chain_head() == events
    assert waiting(one) == 0
    other.commit_outcome(second, Outcome((valid(second),)))
    with pytest.raises(LeaseLost):
        other.commit_outcome(second, Outcome((valid(second),)))
    assert waiting(one) == 1


def test_a_requeued_job_runs_again_and_remembers_crashes(store: Store, clock: Clock) -> None:
    received(store)
    store.requeue(claimed(store), "worker died", delay=30, crashed=True)
    assert store.claim_job("w") is None
    clock.forward(seconds=30)
    job = claimed(store)
    assert (job.attempts, job.crashes, job.last_result) == (2, 1, "worker died")
    alarm = NewMail(b"not checked", "", ("ops@example.com",), Entrance.GATEWAY)
    store.give_up(
        job,
        "killed its worker twice",
        Outcome(mails=(Dispatch(alarm, (to_relay("ops@example.com"),)),)),
    )
    (kept,) = store.jobs(state=JobState.HELD)
    assert kept.last_result == "killed its worker twice"
    assert store.claim_job("w") is None
    assert len(store.deliveries(unfinished=True)) == 1


def test_a_restart_gives_back_leases_without_counting_a_crash(house: House) -> None:
    store = house.open(node="a")
    received(store)
    claimed(store)
    job = claimed(house.open(node="a", daemon=True))
    assert (job.attempts, job.crashes) == (2, 0)


def test_a_replay_makes_a_new_version_of_what_was_not_valid_only(store: Store) -> None:
    mail_id = received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((valid(job, 1), held(job, 2))))
    assert store.replay(mail_id, "ops", "rules corrected") == 1
    again = claimed(store)
    good, bad = (document(job, n).document_id for n in (1, 2))
    assert not again.wants(good)
    assert again.wants(bad)
    assert again.next_version(bad) == 2
    store.commit_outcome(again, Outcome((valid(again, 1), valid(again, 2))))
    assert waiting(store) == 2
    assert store.document(bad).version == 2
    assert [(d.version, d.state, d.current) for d in store.versions(bad)] == [
        (1, DocumentState.INVALID, False),
        (2, DocumentState.VALID, True),
    ]
    assert [d.version for d in store.versions(good)] == [1]
    assert not list(store.verify())


def test_a_replay_of_one_document_leaves_the_others(store: Store) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job, 1), held(job, 2))))
    one, two = (document(job, n).document_id for n in (1, 2))
    store.replay(two, "ops", "look again")
    again = claimed(store)
    assert again.scope == frozenset([two])
    assert (again.wants(one), again.wants(two)) == (False, True)
    store.commit_outcome(again, Outcome((held(again, 1), held(again, 2))))
    assert [len(store.versions(d)) for d in (one, two)] == [1, 2]
    with pytest.raises(Unknown):
        store.replay("01ARZ3NDEKTSV4RRFFQ69G5FAV", "ops", "typo")


def test_what_is_asked_for_while_running_runs_afterwards(store: Store) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job, 1), held(job, 2))))
    one, two = (document(job, n).document_id for n in (1, 2))
    store.replay(one, "ops", "")
    running = claimed(store)
    store.replay(two, "ops", "")
    store.replay(one, "ops", "")
    store.commit_outcome(running, Outcome((held(running, 1),)))
    then = claimed(store)
    assert then.scope == frozenset([one, two])
    store.commit_outcome(then, Outcome((held(then, 1), held(then, 2))))
    assert store.claim_job("w") is None
    store.replay(one, "ops", "")
    store.replay(then.mail_id, "ops", "")
    store.replay(two, "ops", "")
    last = claimed(store)
    assert last.scope is None
    store.replay(last.mail_id, "ops", "")
    store.replay(one, "ops", "")
    store.commit_outcome(last, Outcome())
    assert claimed(store).scope is None


def test_one_number_is_archived_once_even_when_two_workers_race(house: House) -> None:
    one, other = house.open(node="a"), house.open(node="b")
    received(one, b"first")
    received(one, b"second")
    first, second = claimed(one), claimed(other)
    same: dict[str, Any] = {"claim": "DE123456789/RE-1", "number": "RE-1"}
    one.commit_outcome(first, Outcome((valid(first, **same),)))
    with pytest.raises(DuplicateAppeared):
        other.commit_outcome(second, Outcome((held(second, 2), valid(second, **same))))
    assert waiting(one) == 1
    assert other.job(second.id).state is JobState.RUNNING
    (known,) = other.previous_documents(TENANT, "DE123456789", "RE-1")
    assert (known.state, known.content_hash) == (DocumentState.VALID, "c" * 64)
    discarded = valid(second, state=DocumentState.DUPLICATE, claim=None)
    other.commit_outcome(second, Outcome((discarded,)))
    assert len(one.previous_documents(TENANT, "DE123456789", "RE-1")) == 1
    assert [e.kind for e in other.log(document_id=discarded.document.document_id)][-2:] == [
        "DUPLICATE_DISCARDED",
        "DELIVERED",
    ]


def test_the_same_invoice_may_be_valid_for_two_tenants(store: Store) -> None:
    for tenant in ("one", "two"):
        received(store, b"x", tenant)
    for _ in range(2):
        job = claimed(store)
        store.commit_outcome(job, Outcome((valid(job),)))
    assert waiting(store) == 2


def test_previous_documents_leave_out_the_one_that_asks(store: Store) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job),)))
    own = document(job).document_id
    assert [d.document_id for d in store.previous_documents(TENANT, "DE123456789", "RE-1")] == [own]
    assert store.previous_documents(TENANT, "DE123456789", "RE-1", besides=own) == ()
    assert store.previous_documents("other", "DE123456789", "RE-1") == ()


def test_a_job_can_be_dropped_unless_it_runs(store: Store) -> None:
    received(store)
    (queued,) = store.jobs(unfinished=True)
    running: Job = claimed(store)
    with pytest.raises(Misconfigured, match="running"):
        store.drop_job(queued.id, "ops", "not ours")
    store.requeue(running, "later")
    store.drop_job(queued.id, "ops", "not ours")
    assert store.jobs(state=JobState.FAILED)[0].last_result == "not ours"
    assert store.jobs(tenant="other") == ()
    with pytest.raises(Unknown):
        store.drop_job(4711, "ops", "not ours")
    with pytest.raises(Unknown):
        store.job(4711)


def test_an_outcome_with_larger_files_keeps_them(store: Store) -> None:
    received(store)
    job = claimed(store)
    big = NewMail(b"z" * 200_000, "", ("a@example.com",), Entrance.GATEWAY)
    store.commit_outcome(
        job, Outcome((valid(job),), mails=(Dispatch(big, (to_relay("a@example.com"),)),))
    )
    (delivery,) = store.claim_deliveries()
    assert store.mail_content(delivery.mail_id) == big.content
    assert mail().content == store.mail_content(job.mail_id)


def test_of_two_documents_with_one_claim_the_second_is_asked_for_again(store: Store) -> None:
    received(store)
    job = claimed(store)
    first, second = valid(job, 1, claim="key\nRE-1"), valid(job, 2, claim="key\nRE-1")
    store.commit_outcome(job, Outcome((first, second, held(job, 3))))
    again = store.claim_job("w")
    assert again is not None
    assert again.scope == frozenset((second.document.document_id,))
    assert {k.document_id for k in again.known} == {
        first.document.document_id,
        held(job, 3).document.document_id,
    }
    assert waiting(store) == 1
    with pytest.raises(DuplicateAppeared):
        store.commit_outcome(again, Outcome((second,)))
    store.commit_outcome(
        again, Outcome((valid(job, 2, state=DocumentState.DUPLICATE, claim="key\nRE-1"),))
    )
    assert store.job(job.id).state is JobState.DONE


def test_what_a_run_leaves_for_another_is_asked_for_again(store: Store) -> None:
    received(store)
    job = claimed(store)
    rest = frozenset(valid(job, n).document.document_id for n in (2, 3))
    store.commit_outcome(job, Outcome((valid(job, 1),)), rest)
    again = store.claim_job("w")
    assert again is not None
    assert again.scope == rest
    store.commit_outcome(again, Outcome((valid(again, 2), valid(again, 3))))
    assert store.job(job.id).state is JobState.DONE
    assert waiting(store) == 3


@pytest.mark.parametrize("table", ["jobs", "deliveries"])
def test_looking_for_work_reads_what_waits_and_not_what_was_ever_done(
    tmp_path: Path, table: str
) -> None:
    columns = schema.metadata.tables[table].c
    look = sa.select(columns.id).where(due(datetime.now(UTC), columns))
    with Store.open(None, tmp_path) as store, store._read() as connection:
        said = str(look.compile(connection))
        plan = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {said}", (0,) * said.count("?")
        ).all()
    assert f"ix_{table}_due" in str(plan)


@pytest.mark.parametrize(
    "field", ["number", "supplier_key", "claim", "order_number", "supplier_name"]
)
def test_a_text_of_any_length_keeps_no_mail_from_ending(store: Store, field: str) -> None:
    received(store)
    job = claimed(store)
    endless = secrets.token_hex(5000)
    store.commit_outcome(job, Outcome((valid(job, 1, **{field: endless}),)))
    assert {j.state for j in store.jobs()} == {JobState.DONE}
    if field == "claim":
        received(store, b"again")
        again = claimed(store)
        with pytest.raises(DuplicateAppeared):
            store.commit_outcome(again, Outcome((valid(again, 1, claim=endless),)))
    assert not list(store.verify())
