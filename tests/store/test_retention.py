"""Keeping, hiding, destroying."""

import os
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from edigate.errors import Misconfigured
from edigate.store import (
    EventKind,
    Outcome,
    Retained,
    Search,
    Store,
    Unknown,
    retain_until,
)
from edigate.store.objects import INLINE, Folder, digest
from tests.store.conftest import Clock, House
from tests.store.samples import ARCHIVE, TENANT, archived, claimed, held, mail, received, to_mailbox, to_relay, valid


@pytest.mark.parametrize(
    ("issued", "years", "until"),
    [
        (date(2026, 1, 1), 8, date(2034, 12, 31)),
        (date(2026, 12, 31), 8, date(2034, 12, 31)),
        (date(2026, 11, 20), 10, date(2036, 12, 31)),
        (date(2026, 11, 20), 1, date(2034, 12, 31)),
    ],
)
def test_the_period_ends_with_a_year(issued: date, years: int, until: date) -> None:
    assert retain_until(issued, years) == until


def test_nothing_is_purged_inside_its_period(store: Store, clock: Clock) -> None:
    document_id = archived(store)
    clock.now = datetime(2034, 12, 31, 23, 59, tzinfo=UTC)
    assert list(store.expired()) == []
    with pytest.raises(Retained, match="2034-12-31"):
        store.purge_document(document_id, "ops", "make room")
    assert [e.kind for e in store.log()][-1] == EventKind.PURGE_REFUSED
    assert store.document(document_id).files

    clock.now = datetime(2035, 1, 1, tzinfo=UTC)
    assert list(store.expired()) == [document_id]
    store.purge_document(document_id, "ops", "period over")
    with pytest.raises(Unknown):
        store.document(document_id)
    assert store.open_maildrop(ARCHIVE).messages == ()
    assert [e.kind for e in store.log()][-1] == EventKind.PURGED
    assert store.previous_documents(TENANT, "DE123456789", "RE-1") == ()
    assert store.collect_orphans() >= 2
    assert not list(store.verify())
    with pytest.raises(Unknown):
        store.purge_document(document_id, "ops", "twice")


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


def test_work_data_is_purged_and_nothing_else(store: Store, clock: Clock) -> None:
    archived(store)
    fetched = store.accept(mail(b"ORDERS"), [to_mailbox("other", b"")])
    unfetched = store.accept(mail(b"DESADV"), [to_mailbox("third", b"")])
    waiting = store.accept(mail(b"relay"), [to_relay()])
    received(store, b"job waits", "fourth")
    for account in ("other", TENANT):
        drop = store.open_maildrop(account)
        drop.commit([e.uidl for e in drop.messages])
    clock.forward(days=31)
    young = store.accept(mail(b"young"))
    assert store.purge_mails(30) == 1
    with pytest.raises(Unknown):
        store.mail(fetched)
    for kept in (unfetched, waiting, young):
        assert store.mail(kept)
    assert len(store.search(Search())) == 1
    assert store.collect_orphans() == 1
    assert not list(store.verify())


def test_deleted_archive_mails_are_forgotten_after_their_window(store: Store, clock: Clock) -> None:
    document_id = archived(store)
    drop = store.open_maildrop(ARCHIVE)
    drop.commit([e.uidl for e in drop.messages])
    clock.forward(days=29)
    assert store.purge_fetched(30) == 0
    clock.forward(days=2)
    assert store.purge_fetched(30) == 1
    assert store.document(document_id)


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


def test_a_purged_document_with_versions_goes_as_a_whole(store: Store, clock: Clock) -> None:
    received(store)
    job = claimed(store)
    store.commit_outcome(job, Outcome((held(job, retain_until=date(2030, 12, 31)),)))
    document_id = held(job).document.document_id
    store.replay(document_id, "ops", "again")
    again = claimed(store)
    store.commit_outcome(again, Outcome((valid(again),)))
    clock.now = datetime(2033, 1, 1, tzinfo=UTC)
    with pytest.raises(Retained):
        store.purge_document(document_id, "ops", "old version")
    clock.now = datetime(2035, 1, 1, tzinfo=UTC)
    store.purge_document(document_id, "ops", "all")
    assert store.versions(document_id) == ()
