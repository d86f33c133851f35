"""Many callers' transactions become one commit: a single thread writes, batch after batch (group
commit).

Each caller's work runs in its own savepoint, so one that fails takes nothing else with it; nobody
is answered before the batch is durable. On SQLite this is the one writer of the process, on
PostgreSQL one connection's.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from edigate.errors import Unavailable
from edigate.store import schema
from edigate.store.engine.database import busy, concerns_database, from_database, insert_new
from edigate.store.engine.turns import turns_of
from edigate.store.proof import audit, row_digests
from edigate.store.values import NewEvent, UsageDirection

T = TypeVar("T")

BATCH = 256
"""Most works in one commit: bounds how long the first of them waits."""


@dataclass(slots=True)
class Transaction:
    """What a caller's work sees: the connection, the moment, and what is to be written once per
    batch.

    Events and usage are gathered and written at the end of the batch, so that the chain's head is
    locked only around the commit and each counter is touched once.
    """

    connection: sa.Connection
    now: datetime
    events: list[NewEvent] = field(default_factory=list)
    counted: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    last: list[Callable[["Transaction"], None]] = field(default_factory=list)

    def event(self, event: NewEvent) -> None:
        """Record that something happened."""
        self.events.append(event)

    def at_end(self, work: "Callable[[Transaction], None]") -> None:
        """Do this at the end of the batch, when nobody else can commit: it sees all that was
        committed before."""
        self.last.append(work)

    def count(
        self,
        account: str,
        direction: UsageDirection,
        *,
        mails: int = 0,
        documents: int = 0,
        octets: int = 0,
    ) -> None:
        """Add to the account's counters of this month."""
        key = (account, direction.value, self.now.strftime("%Y-%m"))
        sums = self.counted.setdefault(key, [0, 0, 0])
        sums[0] += mails
        sums[1] += documents
        sums[2] += octets

    def absorb(self, other: "Transaction") -> None:
        """Take over what a work that succeeded has gathered."""
        self.events += other.events
        self.last += other.last
        for key, (mails, documents, octets) in other.counted.items():
            sums = self.counted.setdefault(key, [0, 0, 0])
            sums[0] += mails
            sums[1] += documents
            sums[2] += octets

    def finish(self) -> None:
        """Write the gathered counters and events, with a digest of every row; the last thing before
        the commit."""
        # Counters, then the head, in one order everywhere: two nodes never wait for each other.
        self._write_usage()
        if self.last:
            audit.lock(self.connection)
            for work in self.last:
                work(self)
            assert not self.counted, "what is counted at the end would be locked after the head"
        events, proves = row_digests.attach(self.events, row_digests.written(self.connection))
        if events:
            audit.append(self.connection, events, self.now, proves)

    def _write_usage(self) -> None:
        if not self.counted:
            return
        rows = [
            {
                "account": a,
                "direction": d,
                "month": m,
                "mails": n[0],
                "documents": n[1],
                "octets": n[2],
            }
            for (a, d, m), n in sorted(self.counted.items())
        ]
        statement = insert_new(self.connection, schema.usage)
        columns = schema.usage.c
        self.connection.execute(
            statement.on_conflict_do_update(
                index_elements=[columns.account, columns.direction, columns.month],
                set_={
                    "mails": columns.mails + statement.excluded.mails,
                    "documents": columns.documents + statement.excluded.documents,
                    "octets": columns.octets + statement.excluded.octets,
                },
            ),
            rows,
        )
        self.counted.clear()


Work = Callable[[Transaction], T]


class Writer:
    """The writing thread of one store."""

    def __init__(self, engine: sa.Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._turns = turns_of(engine.url)
        self._clock = clock
        self._queue: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._closing = threading.Lock()
        self._began: float | None = None
        self._thread = threading.Thread(target=self._loop, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> "Future[T]":
        """Queue a work; its future is done when the commit is durable. `work` may run twice, so it
        must only write."""
        future: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise Unavailable("STORE-CLOSED", "edigate is shutting down")
            self._queue.put((work, future))
        return future

    def run(self, work: Work[T]) -> T:
        """Do a work and wait until it is durable.

        Raises: Unavailable, and whatever `work` raises.
        """
        return self.submit(work).result()

    def seconds(self) -> float:
        """How long the transaction under way has lasted (0.0 when there is none); waiting for our
        turn is not in it."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self._turns.close()

    def _loop(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            more = True
            while more and len(batch) < BATCH:
                try:
                    item = self._queue.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    more = False
                else:
                    batch.append(item)
            self._commit(
                [(work, future) for work, future in batch if future.set_running_or_notify_cancel()]
            )
            if not more:
                return

    def _commit(self, batch: list[tuple[Work[Any], Future[Any]]]) -> None:
        """Do a batch in one transaction; if the database refuses it as a whole, each work on its
        own."""
        if not batch:
            return
        answers: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with (
                self._turns.turn(),
                self._timed(),
                self._engine.connect() as connection,
                connection.begin() as all_or_nothing,
            ):
                whole = Transaction(connection, self._now())
                for work, future in batch:
                    # a work that is alone needs no savepoint: undoing it undoes the transaction
                    undoing = all_or_nothing if len(batch) == 1 else connection.begin_nested()
                    answers.append((future, *self._one(whole, work, undoing)))
                whole.finish()
        except _Broken as broken:
            self._retry(batch, broken.cause)
            return
        except sa.exc.DBAPIError as error:
            self._retry(batch, error)
            return
        except Exception as error:  # noqa: BLE001  the callers are told, the thread goes on
            for _, future in batch:
                future.set_exception(error)
            return
        for future, result, failure in answers:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        self._began = time.monotonic()
        try:
            yield
        finally:
            self._began = None

    def _retry(self, batch: list[tuple[Work[Any], Future[Any]]], error: sa.exc.DBAPIError) -> None:
        # after a lost connection nobody knows whether the commit took place: doing it twice would
        # be worse; and who did not get a lock for the batch will not get it sooner for each work
        if len(batch) == 1 or error.connection_invalidated or busy(error):
            for _, future in batch:
                future.set_exception(from_database(error) or error)
            return
        for single in batch:
            self._commit([single])

    def _one(
        self,
        whole: Transaction,
        work: Work[Any],
        undoing: sa.RootTransaction | sa.NestedTransaction,
    ) -> tuple[Any, BaseException | None]:
        """Result and failure of one work; its writes are undone if it fails."""
        own = Transaction(whole.connection, whole.now)
        try:
            result = work(own)
            if isinstance(undoing, sa.NestedTransaction):
                undoing.commit()
        except (
            Exception
        ) as error:  # one work must not undo the others of its batch; its caller gets the error
            if isinstance(error, sa.exc.DBAPIError) and concerns_database(error):
                # a full disk, a deadlock, a lost connection: the transaction as a whole is gone
                raise _Broken(error) from error
            undoing.rollback()
            return None, error
        whole.absorb(own)
        return result, None

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)


class _Broken(Exception):
    """The batch's transaction cannot be committed any more."""

    def __init__(self, cause: sa.exc.DBAPIError) -> None:
        super().__init__(str(cause))
        self.cause = cause
