"""Group commit, and processes taking turns."""

import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from edigate.errors import Misconfigured, Unavailable
from edigate.store import EventKind, NewEvent, Store, Unknown, UsageDirection, schema
from edigate.store.engine.objects import Folder, digest
from edigate.store.engine.turns import Turns
from edigate.store.engine.writer import Transaction
from tests.store.conftest import House


def batched(store: Store, *works: Any) -> list["Future[Any]"]:
    """Works that are certain to share one batch: queued while the writer is busy."""
    hold, busy = threading.Event(), threading.Event()

    def occupy(_tx: Transaction) -> None:
        busy.set()
        hold.wait()

    first = store._submit(occupy)
    busy.wait()
    futures = [store._submit(work) for work in works]
    hold.set()
    first.result()
    return futures


def say(name: str) -> Any:
    """A work that leaves an event and a count."""

    def work(tx: Transaction) -> str:
        tx.event(NewEvent(EventKind.STARTED, account=name))
        tx.count(name, UsageDirection.IN, mails=1, octets=2)
        return name

    return work


def fail(error: Exception) -> Any:
    """A work that writes something and then fails."""

    def work(tx: Transaction) -> None:
        say("failed")(tx)
        tx.connection.execute(
            sa.insert(schema.claims), {"tenant": "t", "claim": "c", "document_id": "d"}
        )
        raise error

    return work


def test_many_works_are_one_commit(store: Store) -> None:
    commits: list[object] = []
    sa.event.listen(store._writing, "commit", commits.append)
    futures = batched(store, *(say(f"a{n % 3}") for n in range(100)))
    assert [f.result() for f in futures] == [f"a{n % 3}" for n in range(100)]
    assert len(commits) == 2
    assert [(u.account, u.mails, u.octets) for u in store.usage()] == [
        ("a0", 34, 68),
        ("a1", 33, 66),
        ("a2", 33, 66),
    ]
    assert len(store.log()) == 100
    assert not list(store.verify())


@pytest.mark.parametrize("alone", [True, False])
def test_a_work_that_fails_leaves_nothing_and_takes_nobody_along(store: Store, alone: bool) -> None:
    error = Misconfigured("X", "wrong")
    works = [fail(error)] if alone else [say("before"), fail(error), say("after")]
    futures = batched(store, *works)
    assert futures[0 if alone else 1].exception() is error
    assert [e.account for e in store.log()] == ([] if alone else ["before", "after"])
    assert [u.account for u in store.usage()] == ([] if alone else ["after", "before"])
    with store._read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.claims)) == 0


def test_a_broken_statement_takes_nobody_along(store: Store) -> None:
    def twice(tx: Transaction) -> None:
        row = {"tenant": "t", "claim": "c", "document_id": "d"}
        tx.connection.execute(sa.insert(schema.claims), [row, row])

    _, broken, fine = batched(store, say("before"), twice, say("after"))
    assert isinstance(broken.exception(), sa.exc.IntegrityError)
    assert fine.result() == "after"


def test_when_the_batch_is_refused_each_work_is_tried_alone(house: House) -> None:
    store = house.open()
    refused: list[int] = []

    def once_refused(tx: Transaction) -> str:
        refused.append(1)
        if len(refused) == 1:
            raise sa.exc.OperationalError("INSERT", {}, Exception("deadlock detected"))
        return str(say("late")(tx))

    futures = batched(store, say("before"), once_refused, say("after"))
    assert [f.result() for f in futures] == ["before", "late", "after"]
    assert len(store.log()) == 3
    assert not list(store.verify())


def test_a_cancelled_work_is_not_done(store: Store) -> None:
    hold = threading.Event()
    first = store._submit(lambda tx: hold.wait() and None)
    second = store._submit(say("cancelled"))
    assert second.cancel()
    hold.set()
    first.result()
    store.record(NewEvent(EventKind.STOPPED))
    assert [e.kind for e in store.log()] == ["STOPPED"]


def test_the_one_who_waits_comes_before_the_one_who_was_there(tmp_path: Path) -> None:
    mine, yours = Turns(tmp_path / "db"), Turns(tmp_path / "db")
    order: list[str] = []

    def wait() -> None:
        with yours.turn():
            order.append("yours")

    for _ in range(20):
        order.clear()
        waiting = threading.Thread(target=wait)
        with mine.turn():
            waiting.start()
            time.sleep(0.01)
        with mine.turn():
            order.append("mine")
        waiting.join()
        assert order == ["yours", "mine"]
    mine.close()
    yours.close()


def test_nobody_waits_for_ever_for_a_turn(tmp_path: Path) -> None:
    mine, yours = Turns(tmp_path / "db"), Turns(tmp_path / "db", patience=0.05)
    with mine.turn():
        for _ in range(2):
            with pytest.raises(Unavailable) as refused, yours.turn():
                pass
            assert refused.value.code == "DATABASE-BUSY"
    with yours.turn():
        pass
    mine.close()
    yours.close()


def test_who_gets_no_lock_for_the_batch_does_not_wait_for_each_work(store: Store) -> None:
    tried: list[int] = []

    def locked(_tx: Transaction) -> None:
        tried.append(1)
        raise sa.exc.OperationalError("INSERT", {}, Exception("database is locked"))

    futures = batched(store, say("before"), locked, say("after"))
    for future in futures:
        error = future.exception()
        assert isinstance(error, Unavailable)
        assert error.code == "DATABASE-BUSY"
    assert len(tried) == 1


def test_two_stores_write_without_hindering_each_other(house: House) -> None:
    one, other = house.open(node="a"), house.open(node="b")
    stop = threading.Event()

    def hammer() -> None:
        while not stop.is_set():
            one.record(NewEvent(EventKind.STARTED))

    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for thread in threads:
        thread.start()
    waits = []
    for _ in range(20):
        began = time.monotonic()
        other.record(NewEvent(EventKind.VERIFIED))
        waits.append(time.monotonic() - began)
    stop.set()
    for thread in threads:
        thread.join()
    assert sorted(waits)[10] < 5  # starving would take as long as the others write
    assert not list(one.verify())


def test_counters_and_the_head_are_locked_in_one_order(house: House) -> None:
    """Somebody holds the head; two others, one of whom works at the end of his batch, count for one
    account and wait for it."""
    if house.sqlite:
        pytest.skip("SQLite has no locks of rows")
    one, other = house.open(node="a"), house.open(node="b")

    def at_the_end(tx: Transaction) -> str:
        tx.at_end(lambda last: last.event(NewEvent(EventKind.VERIFIED)))
        return str(say("shared")(tx))

    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    one._submit(say("shared")).result()  # the counter's row is there
    with one._reading.connect() as holding:
        holding.execute(sa.select(schema.chain_head.c.seq).with_for_update())
        futures = []
        for number, (store, work) in enumerate(((one, at_the_end), (other, say("shared"))), 1):
            futures.append(store._submit(work))
            with other._reading.connect() as looking:
                while looking.scalar(waiting) < number:
                    looking.rollback()
                    time.sleep(0.01)
        holding.rollback()
    assert [future.result(60) for future in futures] == ["shared", "shared"]
    assert [u.mails for u in one.usage() if u.account == "shared"] == [3]


def test_an_object_put_twice_is_one_file(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "objects")
    name = digest(b"content")
    for _ in range(2):
        folder.put(name, b"content")
    assert folder.get(name) == b"content"
    assert [p.name for p in (tmp_path / "objects").glob("??/*")] == [name]
    folder.remove(name)
    folder.remove(name)
    assert folder.get(name) is None


def test_collecting_waits_for_those_who_keep(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "objects")
    order: list[str] = []

    def collect() -> None:
        with folder.collecting():
            order.append("collected")

    with folder.keeping(), folder.keeping():
        thread = threading.Thread(target=collect)
        thread.start()
        time.sleep(0.05)
        order.append("kept")
    thread.join()
    assert order == ["kept", "collected"]


def test_errors_of_the_house_pass_through(store: Store) -> None:
    with pytest.raises(Unknown):
        store._write(fail(Unknown("thing", "x")))
