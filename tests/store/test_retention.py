"""Keeping, hiding, destroying."""

import os
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from edigate.errors import Misconfigured
from edigate.store import (
    EventKind,
    NewEvent,
    Search,
    Store,
    Unknown,
    retain_until,
    schema,
)
from edigate.store.engine.objects import INLINE, Folder, digest
from tests.store.conftest import Clock, House
from tests.store.samples import ARCHIVE, TENANT, archived, mail, received, to_mailbox, to_relay


@pytest.mark.parametrize(
    ("issued", "received", "years", "until"),
    [
        (date(2026, 1, 1), datetime(2026, 1, 2, tzinfo=UTC), 8, date(2034, 12, 31)),
        (date(2026, 12, 31), datetime(2026, 12, 31, tzinfo=UTC), 8, date(2034, 12, 31)),
        (date(2026, 11, 20), datetime(2026, 11, 20, tzinfo=UTC), 10, date(2036, 12, 31)),
        (date(2026, 11, 20), datetime(2026, 11, 20, tzinfo=UTC), 1, date(2034, 12, 31)),
        (date(2026, 12, 30), datetime(2027, 1, 2, tzinfo=UTC), 8, date(2035, 12, 31)),
        (date(2016, 12, 30), datetime(2026, 11, 20, tzinfo=UTC), 8, date(2034, 12, 31)),
        (date(2028, 1, 1), datetime(2026, 11, 20, tzinfo=UTC), 8, date(2036, 12, 31)),
        (None, datetime(2026, 11, 20, tzinfo=UTC), 8, date(2034, 12, 31)),
        # in Germany it is 2027 already
        (date(2026, 12, 31), datetime(2026, 12, 31, 23, 30, tzinfo=UTC), 8, date(2035, 12, 31)),
    ],
)
def test_the_period_ends_with_a_year(
    issued: date | None, received: datetime, years: int, until: date
) -> None:
    assert retain_until(issued, received, years) == until


def test_hiding_needs_a_reason_and_can_be_undone(store: Store) -> None:
    document_id = archived(store)
    with pytest.raises(Misconfigured):
        store.soft_delete(document_id, "ops", "  ")
    store.soft_delete(document_id, "ops", "wrong tenant")
    assert store.search(Search()) == ()
    (hidden,) = store.search(Search(deleted=True))
    assert (hidden.deleted_by, hidden.deleted_reason) == ("ops", "wrong tenant")
    assert store.document_content(document_id, "pdf")
    store.restore(document_id, "ops", "was right")
    assert store.search(Search())[0].deleted_at is None
    assert not list(store.verify())
    with pytest.raises(Unknown):
        store.restore("01ARZ3NDEKTSV4RRFFQ69G5FAV", "ops", "typo")


def emptied(store: Store, account: str, *, fetched: bool = True) -> None:
    """A client has everything of a mailbox, and deletes it."""
    drop = store.open_maildrop(account)
    uidls = [entry.uidl for entry in drop.messages]
    drop.commit(uidls, uidls if fetched else (), peer="192.0.2.7")


def live(store: Store, clock: Clock, days: int) -> None:
    """Days pass on which the gateway runs."""
    for _ in range(days):
        clock.forward(days=1)
        store.record(NewEvent(EventKind.VERIFIED))


def test_work_data_is_purged_and_nothing_else(store: Store, clock: Clock) -> None:
    archived(store)
    gone = store.accept(mail(b"ORDERS"), [to_mailbox("other", b"")])
    unread = store.accept(mail(b"DESADV"), [to_mailbox("third", b"")])
    thrown_away = store.accept(mail(b"PRICAT"), [to_mailbox("fourth", b"")])
    waiting = store.accept(mail(b"relay"), [to_relay()])
    received(store, b"job waits", "fifth")
    dropped = received(store, b"job was dropped", "sixth")
    for job in store.jobs(mail_id=dropped):
        store.drop_job(job.id, "ops", "nobody knows what it is")
    for account in ("other", TENANT, "fifth", "sixth"):
        emptied(store, account)
    emptied(store, "fourth", fetched=False)
    live(store, clock, 31)
    young = store.accept(mail(b"young"))
    assert store.work_data(30) == (1, 6, 0)
    assert store.purge_mails(30) == 1
    with pytest.raises(Unknown):
        store.mail(gone)
    detail = dict(store.log(kinds=[EventKind.PURGED])[-1].detail)
    assert detail["mail-sha256"] == digest(b"ORDERS")
    for kept in (unread, thrown_away, waiting, dropped, young):
        assert store.mail(kept)
    assert len(store.search(Search())) == 1
    assert store.purge_mails(30, unfetched=True) == 1
    with pytest.raises(Unknown):
        store.mail(thrown_away)
    assert store.collect_orphans() == 2
    assert not list(store.verify())


def test_deleted_archive_mails_are_forgotten_after_their_window(store: Store, clock: Clock) -> None:
    document_id = archived(store)
    (entry,) = store.open_maildrop(ARCHIVE).messages
    clock.forward(hours=1)
    emptied(store, ARCHIVE)
    live(store, clock, 29)
    assert store.purge_fetched(30) == 0
    live(store, clock, 2)
    assert store.work_data(30) == (0, 0, 1)
    assert store.purge_fetched(30) == 1
    (event,) = store.log(kinds=[EventKind.PURGED])
    assert (event.account, dict(event.detail)["uidls"]) == (ARCHIVE, entry.uidl)
    assert store.document(document_id)


def test_what_was_deleted_without_being_fetched_can_be_offered_for_ever(
    store: Store, clock: Clock
) -> None:
    document_id = archived(store)
    emptied(store, ARCHIVE, fetched=False)
    live(store, clock, 40)
    assert store.purge_fetched(30) == 0
    assert store.reoffer(document_id, "ops", "was never fetched") == 1


@pytest.mark.parametrize("days", [1, 30])
def test_a_clock_that_jumps_makes_nothing_older(store: Store, clock: Clock, days: int) -> None:
    """Ten years ahead, the daemon started there: only the days on which it ran count."""
    archived(store)
    gone = store.accept(mail(b"ORDERS"), [to_mailbox("other", b"")])
    emptied(store, "other")
    emptied(store, ARCHIVE)
    clock.forward(days=3653)
    store.record(NewEvent(EventKind.STARTED))
    assert (store.purge_mails(days), store.purge_fetched(days)) == ((0, 0) if days > 1 else (1, 1))
    if days > 1:
        live(store, clock, days - 2)
        assert (store.purge_mails(days), store.purge_fetched(days)) == (0, 0)
        live(store, clock, 1)
        assert (store.purge_mails(days), store.purge_fetched(days)) == (1, 1)
    with pytest.raises(Unknown):
        store.mail(gone)


def test_an_edited_row_is_not_work_data(store: Store, clock: Clock) -> None:
    """The chain says what clients did; a row alone destroys nothing."""
    document_id = archived(store)
    store.accept(mail(b"ORDERS"), [to_mailbox("other", b"")])
    with store._writing.begin() as connection:
        edited = {"fetched_at": clock.now, "fetched_over": "pop3", "deleted_at": clock.now}
        connection.execute(sa.update(schema.mailbox_items).values(edited))
    live(store, clock, 40)
    assert store.work_data(30) == (0, 0, 0)
    assert (store.purge_mails(30), store.purge_fetched(30)) == (0, 0)
    assert store.reoffer(document_id, "ops", "still there") == 1


def test_orphans_are_collected_when_they_are_old_enough(house: House) -> None:
    store = house.open()
    kept = store.accept(mail(b"k" * (INLINE + 1)))
    folder = Folder(house.folder / "objects")
    orphan, young = b"o" * 200_000, b"y" * 200_000
    for content in (orphan, young):
        folder.put(digest(content), content)
    partial = house.folder / "objects" / "ab" / ".0123.part"
    partial.parent.mkdir(exist_ok=True)
    partial.write_bytes(b"half")
    two_hours_ago = time.time() - 7200
    for path in [partial, *_files(house.folder)]:
        if path.name != digest(young):
            os.utime(path, (two_hours_ago, two_hours_ago))
    assert store.collect_orphans() == 1
    assert {p.name for p in _files(house.folder)} == {store.mail(kept).sha256, digest(young)}
    assert not partial.exists()
    assert store.mail_content(kept) == b"k" * (INLINE + 1)


def _files(folder: Path) -> list[Path]:
    return [p for p in (folder / "objects").glob("??/*") if not p.name.startswith(".")]


def test_files_are_read_only_and_the_folder_private(house: House) -> None:
    store = house.open()
    store.accept(mail(b"k" * (INLINE + 1)))
    (file,) = _files(house.folder)
    assert file.stat().st_mode & 0o777 == 0o400
    assert house.folder.stat().st_mode & 0o777 == 0o700
