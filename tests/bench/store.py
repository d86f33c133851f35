"""How fast the store is: `python -m tests.bench.store [--url postgresql://...] [--folder DIR]
[--count N]`.

Prints one line per stage: operations per second and CPU milliseconds each (of the whole process).
Beside them stands what the disk does: fsyncs per second at that moment, for rates depend on the
disk and on who else uses it.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from edigate.store import Direction, NewJob, Outcome, Store
from tests.store.samples import ARCHIVE, TENANT, mail, to_mailbox, to_relay, valid


@dataclass(frozen=True)
class Figure:
    """A measured stage."""

    name: str
    count: int
    seconds: float
    cpu: float

    def line(self) -> str:
        """For people."""
        rate, cost = self.count / self.seconds, 1000 * self.cpu / self.count
        return f"{self.name:44} {rate:9.0f} /s {cost:8.2f} ms CPU"


def measured(name: str, work: Callable[[], int]) -> Figure:
    """Run a work that returns how many operations it did."""
    began, cpu = time.perf_counter(), time.process_time()
    count = work()
    return Figure(name, count, time.perf_counter() - began, time.process_time() - cpu)


def fsyncs(folder: Path, seconds: float) -> int:
    """Appends of 20 kB with one fsync each, for some seconds."""
    with (folder / "fsync").open("ab", buffering=0) as file:
        end, count = time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            file.write(b"x" * 20_000)
            os.fsync(file.fileno())
            count += 1
    (folder / "fsync").unlink()
    return count


def accept(store: Store, callers: int, count: int, size: int) -> int:
    """Mails accepted from the event loop by that many callers at once."""

    async def caller(numbers: range) -> None:
        for number in numbers:
            body = b"%8d\r\n" % number * (size // 10)
            await store.accept_async(mail(body), [to_mailbox()], [NewJob(TENANT, Direction.IN)])

    async def everybody() -> None:
        await asyncio.gather(*(caller(range(c, count, callers)) for c in range(callers)))

    asyncio.run(everybody())
    return count


def convert(store: Store, limit: int) -> int:
    """Jobs claimed and committed with a package of 60 kB and its archive mail, one after the
    other."""
    done = 0
    while done < limit and (job := store.claim_job("bench")) is not None:
        store.commit_outcome(job, Outcome((valid(job, claim=job.mail_id),)))
        done += 1
    return done


def fetch(store: Store, account: str) -> int:
    """Everything of a mailbox retrieved and deleted."""
    drop = store.open_maildrop(account)
    for entry in drop.messages:
        drop.retrieve(entry.uidl)
    drop.commit([entry.uidl for entry in drop.messages])
    return len(drop.messages)


def relay(store: Store, count: int) -> int:
    """Deliveries claimed by twenties and settled by eight threads."""
    store.accept(mail(), [to_relay(f"{n}@far.example") for n in range(count)])
    done = 0
    with ThreadPoolExecutor(8) as pool:
        while claimed := store.claim_deliveries(limit=40):
            done += len(list(pool.map(lambda d: store.delivered(d, "250"), claimed)))
    return done


def verify(store: Store) -> int:
    """Rows and objects walked."""
    seen = [0]
    problems = list(store.verify(lambda done, _: seen.__setitem__(0, done)))
    assert not problems, problems
    return seen[0]


def main() -> None:
    """Measure everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=said.folder) as name:
        folder = Path(name)
        count = said.count
        with Store.open(said.url, folder / "data", daemon=True) as store:
            stages: list[tuple[str, Callable[[], int]]] = [
                ("fsync of 20 kB appended", lambda: fsyncs(folder, 1.0)),
                ("accept 20 kB, 1 caller", lambda: accept(store, 1, count // 10, 20_000)),
                ("accept 20 kB, 10 callers", lambda: accept(store, 10, count, 20_000)),
                ("accept 20 kB, 50 callers", lambda: accept(store, 50, count, 20_000)),
                ("accept 20 kB, 200 callers", lambda: accept(store, 200, count, 20_000)),
                (
                    "accept 300 kB (object file), 10 callers",
                    lambda: accept(store, 10, count // 10, 300_000),
                ),
                ("claim + commit outcome, 1 worker", lambda: convert(store, count // 4)),
                ("claim + settle delivery", lambda: relay(store, count // 4)),
                ("RETR + DELE, main account", lambda: fetch(store, TENANT)),
                ("RETR + DELE, archive account", lambda: fetch(store, ARCHIVE)),
                ("verify (rows and objects)", lambda: verify(store)),
                ("fsync of 20 kB appended, at the end", lambda: fsyncs(folder, 1.0)),
            ]
            for stage, work in stages:
                sys.stdout.write(measured(stage, work).line() + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
