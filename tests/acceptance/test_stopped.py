"""A worker is stopped (SIGSTOP) at the worst moments: mail goes on, the worker is ended, its job is
done once."""

import fcntl
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from edigate.store.engine.database import database_url
from tests.acceptance.gateway import ARCHIVE, MAIN, PATIENCE, Gateway, edi_mail, on_both_databases
from tests.generate import interchange, invoice

pytestmark = pytest.mark.acceptance


def until(holds: Callable[[], object]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def send(gateway: Gateway, number: str, lines: int = 2) -> None:
    """One mail with one invoice."""
    gateway.send(edi_mail(("re.edi", interchange([invoice(lines, number)])), subject=number), MAIN)


def state(pid: int) -> str:
    """The kernel's letter for a process: S sleeps, R runs, T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]


@contextmanager
def writing_held_up(gateway: Gateway) -> Iterator[Callable[[], bool]]:
    """Whoever writes now gets stuck inside its transaction, its locks in hand; yields whether
    somebody is."""
    if gateway.database is None:
        database = gateway.folder / "data" / "edigate.sqlite3"
        with closing(sqlite3.connect(database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield lambda: turn_is_taken(database)
            other.execute("ROLLBACK")
        return
    engine = sa.create_engine(database_url(gateway.database), isolation_level="AUTOCOMMIT")
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    with engine.connect() as looking, engine.connect() as other:
        other.execute(sa.text("BEGIN"))
        other.execute(sa.text("SELECT * FROM chain_head FOR UPDATE"))
        yield lambda: bool(looking.scalar(waiting))
        other.execute(sa.text("ROLLBACK"))
    engine.dispose()


def turn_is_taken(database: Path) -> bool:
    """Whether a process has the turn to write."""
    descriptor = os.open(database.with_name(f".{database.name}.now"), os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def stop_idle(gateway: Gateway, worker: int) -> None:
    """Nothing to do."""
    until(lambda: state(worker) == "S")
    os.kill(worker, signal.SIGSTOP)
    send(gateway, "RE-1")


def stop_converting(gateway: Gateway, worker: int) -> None:
    """In the middle of a check."""
    send(gateway, "RE-1", lines=3000)
    with gateway.store() as store:
        until(lambda: store.jobs()[0].state.value == "running")
    os.kill(worker, signal.SIGSTOP)


def stop_writing(gateway: Gateway, worker: int) -> None:
    """In a transaction, with the turn to write or the head of the chain locked."""
    with gateway.store() as store:
        send(gateway, "RE-1", lines=300)
        if gateway.database is not None:
            until(lambda: store.jobs()[0].state.value == "running")
        with writing_held_up(gateway) as stuck:
            until(stuck)
            os.kill(worker, signal.SIGSTOP)


@on_both_databases
@pytest.mark.parametrize("stop", [stop_idle, stop_converting, stop_writing])
def test_a_stopped_worker_stops_nobody_else(
    make: Callable[..., Gateway], stop: Callable[[Gateway, int], None]
) -> None:
    gateway = make()
    gateway.start()
    gateway.wait_for("worker.ready")
    (worker,) = gateway.workers()
    stop(gateway, worker)
    send(gateway, "RE-2")
    assert len(gateway.fetch(MAIN)) == 2
    assert gateway.wait_for("worker.silent")["stopped"] is True
    gateway.settled()
    assert len(gateway.fetch(ARCHIVE)) == 2
    with gateway.store() as store:
        assert {(j.state.value, j.crashes) for j in store.jobs()} == {("done", 0)}
        assert not list(store.verify())


def test_a_stopped_worker_dies_with_its_daemon(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    gateway.wait_for("worker.ready")
    (worker,) = gateway.workers()
    stop_writing(gateway, worker)
    os.kill(gateway.process.pid, signal.SIGKILL)
    gateway.process.wait(30)
    until(
        lambda: (
            subprocess.run(["kill", "-0", str(worker)], capture_output=True, check=False).returncode
            != 0
        )
    )
    gateway.start()
    gateway.settled()
    assert len(gateway.fetch(ARCHIVE)) == 1
