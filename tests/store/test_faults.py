"""kill -9 in the middle of things, and disks without room: nothing half done, nothing acknowledged
and lost."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

import pytest

from edigate.errors import Unavailable
from edigate.store import (
    DeliveryState,
    Direction,
    DocumentState,
    Entrance,
    EventKind,
    JobState,
    MaildropBusy,
    NewEvent,
    NewJob,
    NewMail,
    Outcome,
    Search,
    Store,
)
from tests.soak import rounds
from tests.store.conftest import House
from tests.store.crash import content
from tests.store.samples import (
    ARCHIVE,
    TENANT,
    claimed,
    mail,
    received,
    to_mailbox,
    to_relay,
    valid,
)

ROOT = Path(__file__).parents[2]


def run_and_kill(house: House, what: str, after: float) -> list[list[str]]:
    """Start the crashing program, kill it `after` seconds of work; returns the words of its
    complete lines."""
    command = [
        sys.executable,
        "-m",
        "tests.store.crash",
        what,
        str(house.folder),
        *([house.url] if house.url else []),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        time.sleep(after)
        os.kill(program.pid, signal.SIGKILL)
        said = program.stdout.read().decode()
    return [line.split() for line in said.split("\n")[:-1]]


def in_mailbox(store: Store, account: str) -> list[bytes]:
    """Everything in a mailbox, fetched."""
    drop = store.open_maildrop(account)
    try:
        return [drop.retrieve(entry.uidl) for entry in drop.messages]
    finally:
        drop.release()


@pytest.mark.parametrize("round_", rounds(20))
def test_kill_while_accepting(house: House, round_: int) -> None:
    random.seed(round_)
    acknowledged = run_and_kill(house, "accept", random.uniform(0.1, 0.6))
    store = house.open(daemon=True, node="crash")
    assert not list(store.verify())
    for number, mail_id in acknowledged:
        assert store.mail_content(mail_id) == content(int(number))
    # acknowledged or not: each mail is there with everything, or not at all
    jobs = {job.mail_id for job in store.jobs(limit=100_000)}
    deliveries = store.deliveries(limit=100_000)
    for kind, state in (("mailbox", DeliveryState.DONE), ("relay", DeliveryState.QUEUED)):
        assert {d.mail_id for d in deliveries if d.kind == kind and d.state is state} == jobs
    assert len(deliveries) == 2 * len(jobs)
    assert len(in_mailbox(store, TENANT)) == len(jobs) >= len(acknowledged)
    assert {mail_id for _, mail_id in acknowledged} <= jobs


def test_kill_while_committing_outcomes(house: House) -> None:
    store = house.open(node="other")
    ids = [received(store, b"%d" % n) for n in range(80)]
    store.close()
    said = []
    for _ in range(3):
        said += run_and_kill(house, "commit", random.uniform(0.02, 0.15))
    store = house.open(daemon=True, node="crash")
    assert not list(store.verify())
    done = {job.mail_id for job in store.jobs(state=JobState.DONE)}
    assert {words[0] for words in said} <= done
    documents = store.search(Search(limit=1000))
    for state in (DocumentState.VALID, DocumentState.INVALID):
        assert sorted(d.mail_id for d in documents if d.state is state) == sorted(done)
    assert len(in_mailbox(store, ARCHIVE)) == len(store.deliveries(unfinished=True)) == len(done)
    # what was not committed is there to be done, without blame for the crash
    rest = store.jobs(state=JobState.QUEUED)
    assert {job.mail_id for job in rest} == set(ids) - done
    assert all(job.crashes == 0 for job in rest)


def test_kill_while_relaying_repeats_at_most_what_was_under_way(house: House) -> None:
    store = house.open(node="other")
    for n in range(60):
        store.accept(mail(b"%d" % n), [to_relay()])
    store.close()
    said = []
    for _ in range(4):
        said += run_and_kill(house, "relay", random.uniform(0.02, 0.1))
    store = house.open(daemon=True, node="crash")
    done = {d.id for d in store.deliveries(state=DeliveryState.DONE)}
    assert {int(number) for word, number in said if word == "done"} <= done
    attempts = [int(number) for word, number in said if word == "attempt"]
    assert len(attempts) - len(set(attempts)) <= 4
    assert {d.id for d in store.claim_deliveries(limit=100)} | done == {
        d.id for d in store.deliveries()
    }


def test_a_file_that_cannot_grow_is_unavailable(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    command = [sys.executable, "-m", "tests.store.crash", "fill", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()[1:]]
    refused = [words for words in lines if words[0] == "refused"]
    accepted = [words for words in lines if words[0] != "refused"]
    assert len(refused) == 3
    assert {words[1] for words in refused} == {"Unavailable"}
    assert len(accepted) > 10
    with Store.open(None, folder) as store:
        assert not list(store.verify())
        assert sorted(job.mail_id for job in store.jobs()) == sorted(
            mail_id for _, mail_id in accepted
        )
        for number, mail_id in accepted:
            assert store.mail_content(mail_id) == content(int(number))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of its own; skips, saying why, where that is not allowed."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small disk here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_up(store: Store, size: int, accepted: list[str]) -> None:
    """Accept mails of that size for ever."""
    for number in count():
        accepted.append(store.accept(mail(b"%6d" % number * (size // 6)), [to_mailbox()]))


@pytest.mark.parametrize("size", [2_000, 200_000])
def test_a_full_disk_refuses_and_recovers(tmp_path: Path, size: int) -> None:
    with small_disk(tmp_path / "disk", "6m"):
        ballast = tmp_path / "disk" / "ballast"
        ballast.write_bytes(b"\0" * 1_000_000)
        with Store.open(None, tmp_path / "disk" / "data") as store:
            accepted: list[str] = []
            with pytest.raises(Unavailable) as refused:
                fill_up(store, size, accepted)
            assert refused.value.code == "DISK-FULL"
            assert len(accepted) > 10
            with pytest.raises(Unavailable):
                store.accept(mail(b"x" * 1_000_000), [to_mailbox()])
            assert store.mail_content(accepted[0])
            ballast.unlink()
            accepted.append(
                store.accept(
                    mail(b"there is room again"), [to_mailbox()], [NewJob(TENANT, Direction.IN)]
                )
            )
            assert not list(store.verify())
            assert len(in_mailbox(store, TENANT)) == len(accepted)
            assert not list((tmp_path / "disk" / "data" / "objects").rglob("*.part"))


def test_the_reserve_is_left_to_what_makes_room(tmp_path: Path) -> None:
    reserve = 2 * 2**20
    with (
        small_disk(tmp_path / "disk", "6m"),
        Store.open(None, tmp_path / "disk" / "data", daemon=True, reserve=reserve) as store,
    ):
        job_of = received(store)
        accepted: list[str] = []
        with pytest.raises(Unavailable) as refused:
            fill_up(store, 20_000, accepted)
        assert refused.value.code == "DISK-RESERVE"
        assert store.free_octets() > reserve - 200_000
        job = claimed(store)
        assert job.mail_id == job_of
        with pytest.raises(Unavailable):
            store.commit_outcome(job, Outcome((valid(job, 1),)))
        alarm = NewMail(b"the disk is full", "", ("ops@edi.example",), Entrance.GATEWAY)
        store.accept(alarm, [to_relay("ops@edi.example")])
        drop = store.open_maildrop(TENANT)
        assert len(drop.messages) == len(accepted) + 1
        drop.commit([entry.uidl for entry in drop.messages])
        assert store.open_maildrop(TENANT).messages == ()


def for_ever(work: Callable[[], object]) -> None:
    """Do it until it raises."""
    while True:
        work()


def used_up(store: Store, disk: Path, reading: sqlite3.Connection) -> None:
    """Fill the disk, and what is left inside SQLite's log: a reader keeps it from being begun
    anew."""
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM mails").fetchone()
    (disk / "last").write_bytes(b"\0" * store.free_octets())
    with pytest.raises(Unavailable):
        for_ever(lambda: store.record(NewEvent(EventKind.STARTED)))


@pytest.mark.parametrize("alone", [True, False])
def test_a_mailbox_opens_on_a_full_disk_for_the_daemon_alone(tmp_path: Path, alone: bool) -> None:
    with (
        small_disk(tmp_path / "disk", "3m"),
        Store.open(None, tmp_path / "disk" / "data", daemon=alone) as store,
        closing(sqlite3.connect(tmp_path / "disk" / "data" / "edigate.sqlite3")) as reading,
    ):
        accepted: list[str] = []
        with pytest.raises(Unavailable):
            fill_up(store, 20_000, accepted)
        used_up(store, tmp_path / "disk", reading)
        if not alone:
            with pytest.raises(
                Unavailable
            ):  # what is smaller than an event may still fit, but not for ever
                for_ever(lambda: store.open_maildrop(TENANT).release())
            return
        drop = store.open_maildrop(TENANT)
        with pytest.raises(MaildropBusy):
            store.open_maildrop(TENANT)
        assert drop.retrieve(drop.messages[0].uidl)
        drop.keep()
        with pytest.raises(Unavailable):
            drop.commit([drop.messages[0].uidl])
        drop.release()
        assert len(store.open_maildrop(TENANT).messages) == len(accepted)
