"""Forty tamperings with one store in which everything has happened once, each found and named.

What a generated change of every column does not try: rows of two documents exchanged, events with
right hashes that never happened, old copies put back, orders planted in the database. A copy of one
SQLite folder is changed by each; `test_tampering` has the plain changes on both databases.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from edigate.cli.operating.evidence import sentence
from edigate.store import (
    Anchor,
    Closing,
    Copy,
    Direction,
    DocumentState,
    EventKind,
    NewEvent,
    NewJob,
    Outcome,
    PurgeRules,
    Store,
    schema,
)
from edigate.store.proof import audit, row_digests
from edigate.store.proof.audit import link
from tests.store.behind import hands
from tests.store.conftest import Clock, House
from tests.store.samples import (
    ARCHIVE,
    TENANT,
    archived,
    claimed,
    held,
    mail,
    received,
    to_mailbox,
    valid,
)
from tests.store.test_tampering import overwrite, plant, recompute

OTHER = "2800001953"
LONG_AGO = datetime(2017, 3, 1, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
SETTINGS = "settings-in-force.json"
QUIET = (
    DocumentState.DUPLICATE,
    DocumentState.NOT_CHECKED,
    DocumentState.NOT_AN_INVOICE,
    DocumentState.TEST,
)


@dataclass(frozen=True)
class Rich:
    """The store and what is in it: ids by what became of the documents."""

    folder: Path
    ids: dict[str, str]
    kept: Anchor
    before: Path
    """A copy of the folder from before the last mails."""


def number_of(name: str) -> int:
    """A number of a message that no other partner's has, so that no two files are the same."""
    return sum(name.encode())


def _verdict(store: Store, name: str, state: DocumentState | None, **fields: Any) -> str:
    """A mail from a partner of its own, and what becomes of its invoice."""
    partner = f"edi@{name}.example"
    store.accept(
        mail(f"From {name}".encode() + b"\r\n" * 2, sender=partner),
        [to_mailbox()],
        [NewJob(TENANT, Direction.IN)],
    )
    job = claimed(store)
    outcome = (
        valid(job, number_of(name), **fields)
        if state is None
        else held(job, number_of(name), state=state, **fields)
    )
    store.commit_outcome(job, Outcome((outcome,)))
    return outcome.document.document_id


def _fetch(store: Store, *, delete: bool) -> None:
    drop = store.open_maildrop(ARCHIVE)
    names = [entry.uidl for entry in drop.messages]
    drop.commit(names if delete else (), fetched=names, peer="192.0.2.7")
    drop.release()


def _settings(store: Store, folder: Path, content: bytes) -> None:
    (folder / SETTINGS).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    store.record(NewEvent(EventKind.STARTED, detail=(("file", f"{SETTINGS} {digest}"),)))


def furnish(house: House, before: Path) -> tuple[dict[str, str], Anchor]:
    """Everything that can become of a document, each once; a copy before the last mail."""
    ids: dict[str, str] = {}
    with house.open() as store:
        _of_years_ago(store, house, ids)
        _of_today(store, house.clock, ids)
    shutil.copytree(house.folder, before)
    with house.open() as store:
        house.clock.forward(minutes=1)
        ids["last"] = received(store, b"of the evening")
        store.record(NewEvent(EventKind.STOPPED))
        return ids, Anchor(*store.chain_head(), "this evening")


def _of_years_ago(store: Store, house: House, ids: dict[str, str]) -> None:
    """A document whose time is over, and that is destroyed today among others."""
    house.clock.now = LONG_AGO
    _settings(store, house.folder, b'{"hostname": "old"}')
    first = {"issue_date": LONG_AGO.date(), "retain_until": date(2025, 12, 31)}
    ids["purged"] = archived(store, b"of 2017", number="RE-2017", claim="X/RE-2017", **first)
    _fetch(store, delete=True)
    house.clock.now = NOW
    _settings(store, house.folder, b'{"hostname": "new"}')
    for number, state in enumerate(QUIET):
        new = {"number": f"S-{number}", "claim": None, "rules": ()}
        ids[state.value] = _verdict(store, state.value, state, **new)
        house.clock.forward(minutes=1)
    store.purge(PurgeRules(), "ops", "period over")


def _of_today(store: Store, clock: Clock, ids: dict[str, str]) -> None:
    """Archived and fetched, closed, settled by another, open; two seal certificates."""
    for number, name in enumerate(("valid", "second"), start=1):
        said = {"number": f"RE-{number}", "claim": f"X/RE-{number}"}
        ids[name] = _verdict(store, name, None, **said)
        clock.forward(minutes=1)
    _fetch(store, delete=True)
    for number, name in enumerate(("closed", "settled", "open"), start=3):
        ids[name] = _verdict(store, name, DocumentState.INVALID, number=f"RE-{number}")
        clock.forward(minutes=1)
    store.close_documents(Closing(document_id=ids["closed"]), "ops", "paid by hand")
    ids["answer"] = _verdict(store, "answer", None, number="RE-4", claim="X/RE-4")
    for name in ("one", "two"):
        detail = (("sha256", name * 21),)
        store.record_certificate(NewEvent(EventKind.CERTIFICATE_USED, detail=detail))
    received(store, b"to another tenant", OTHER)
    store.accept(mail(b"large" * 60_000), [to_mailbox()], [NewJob(TENANT, Direction.IN)])


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Rich:
    root = tmp_path_factory.mktemp("rich")
    house = House(None, root / "data")
    ids, kept = furnish(house, root / "before")
    return Rich(house.folder, ids, kept, root / "before")


E, D, M, F, ITEMS, OBJECTS, CLAIMS, DELIVERIES, JOBS = (
    schema.metadata.tables[name]
    for name in (
        "events",
        "documents",
        "mails",
        "document_files",
        "mailbox_items",
        "objects",
        "claims",
        "deliveries",
        "jobs",
    )
)


@dataclass
class Hand:
    """Somebody with the database's password and the data folder of a copy."""

    house: House
    ids: dict[str, str]
    before: Path
    sql: sa.Connection

    def put(self, table: sa.Table, *where: sa.ColumnElement[bool], **values: Any) -> None:
        """Change rows, at least one."""
        assert self.sql.execute(sa.update(table).where(*where).values(**values)).rowcount

    def drop(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> None:
        """Remove rows, at least one."""
        assert self.sql.execute(sa.delete(table).where(*where)).rowcount

    def row(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> dict[str, Any]:
        """A row."""
        return self.sql.execute(sa.select(table).where(*where).limit(1)).one()._asdict()

    def of(self, name: str) -> sa.ColumnElement[bool]:
        """The document of that name."""
        return D.c.document_id == self.ids[name]

    def files_of(self, name: str, role: str) -> sa.ColumnElement[bool]:
        return sa.and_(F.c.document_id == self.ids[name], F.c.role == role)

    def swap(self, table: sa.Table, one: Any, two: Any, *columns: str) -> None:
        """Exchange values between two rows."""
        here, there = self.row(table, one), self.row(table, two)
        self.put(table, one, **{c: there[c] for c in columns})
        self.put(table, two, **{c: here[c] for c in columns})

    def append(self, kind: EventKind, proves: list[tuple[str, str, str]], **fields: Any) -> None:
        """An event that never happened, with right hash and head."""
        last = self.sql.execute(sa.select(E).order_by(E.c.seq.desc()).limit(1)).one()
        row = dict.fromkeys(("tenant", "account", "mail_id", "document_id")) | {
            "seq": last.seq + 1,
            "at": last.at + timedelta(minutes=1),
            "kind": kind.value,
            "detail": "[]",
            "proves": row_digests.as_stored(proves) if proves else None,
            "previous": last.hash,
        }
        row |= fields
        row["hash"] = link(last.hash, row)
        self.sql.execute(sa.insert(E).values(row))
        self.sql.execute(sa.update(schema.chain_head).values(seq=row["seq"], hash=row["hash"]))

    def digest_now(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        """What an event would say of rows as they are now."""
        text: sa.ColumnElement[str] = sa.literal_column(row_digests.text_of(table, "sqlite"))
        key: sa.ColumnElement[str] = sa.literal_column(row_digests.key_of(table))
        found = self.sql.execute(sa.select(key, text).select_from(table).where(*where)).all()
        return [(table.name, row_digests.digest(said), name) for name, said in found]

    def vanish(self, kind: EventKind, name: str, **fields: Any) -> None:
        """Take a document away with everything that is its, and an event that says it went."""
        gone = []
        for table in (ITEMS, F, CLAIMS, D):
            where = table.c.document_id == self.ids[name]
            gone += [(t, "", key) for t, _, key in self.digest_now(table, where)]
            self.sql.execute(sa.delete(table).where(where))
        self.append(kind, gone, **fields)

    @property
    def objects(self) -> Path:
        return self.house.folder / "objects"

    @property
    def object(self) -> Path:
        return next(p for p in self.objects.glob("??/*") if not p.name.startswith("."))


Expected = tuple[str, str]
"""A code, and whose id the problem names: a name of `Rich.ids`, or a part of the subject."""
TRIALS: dict[str, tuple[Callable[[Hand], object], tuple[Expected, ...]]] = {}


def trial(*expected: Expected) -> Callable[[Callable[[Hand], object]], Callable[[Hand], object]]:
    """A tampering and what has to be said of it."""

    def take(act: Callable[[Hand], object]) -> Callable[[Hand], object]:
        TRIALS[act.__name__] = (act, expected)
        return act

    return take


# rows of two documents and tenants


@trial(("DOCUMENT", "valid"), ("DOCUMENT", "second"))
def amounts_of_two_documents_swapped(hand: Hand) -> None:
    hand.put(D, hand.of("valid"), gross="7.00")
    hand.swap(D, hand.of("valid"), hand.of("second"), "gross", "net", "record")


@trial(("DOCUMENT", "valid"), ("DOCUMENT", "second"))
def packages_of_two_documents_swapped(hand: Hand) -> None:
    one, two = (hand.files_of(name, "pdf") for name in ("valid", "second"))
    hand.swap(F, one, two, "sha256", "size", "name")


@trial(("DOCUMENT", "valid"), ("DOCUMENT", "second"))
def whole_rows_of_two_documents_swapped(hand: Hand) -> None:
    names = [c.name for c in D.columns if c.name != "document_id"]
    hand.put(D, hand.of("valid"), order_number="4500")
    hand.swap(D, hand.of("valid"), hand.of("second"), *names)


@trial(("MAILBOX", ""))
def packages_in_the_mailbox_swapped(hand: Hand) -> None:
    one, two = (ITEMS.c.document_id == hand.ids[name] for name in ("valid", "second"))
    hand.swap(ITEMS, one, two, "sha256", "size")


@trial(("DOCUMENT", "valid"))
def a_document_given_to_another_tenant(hand: Hand) -> None:
    hand.put(D, hand.of("valid"), tenant=OTHER)


@trial(("MAILBOX", ""))
def a_package_given_to_another_tenant(hand: Hand) -> None:
    hand.put(ITEMS, ITEMS.c.document_id == hand.ids["valid"], account=f"{OTHER}.111")


@trial(("JOB", ""))
def a_job_given_to_another_tenant(hand: Hand) -> None:
    hand.put(JOBS, JOBS.c.tenant == OTHER, tenant="2800009999")


@trial(("CLAIM", "X/RE-1"))
def a_claimed_number_given_to_another_document(hand: Hand) -> None:
    hand.put(CLAIMS, CLAIMS.c.claim == "X/RE-1", document_id=hand.ids["second"])


# standing


@trial(("DOCUMENT", "settled"))
def settled_by_points_elsewhere(hand: Hand) -> None:
    hand.put(D, hand.of("settled"), settled_by=hand.ids["second"])


@trial(("DOCUMENT", "closed"))
def a_closed_document_closed_by_somebody_else(hand: Hand) -> None:
    hand.put(D, hand.of("closed"), standing_by="uid 0 (root)", standing_reason="never came")


@trial(("DOCUMENT", "open"))
def an_open_document_closed_with_its_text(hand: Hand) -> None:
    hand.put(
        D,
        hand.of("open"),
        standing="closed",
        standing_at=NOW,
        standing_by="ops",
        standing_reason="by telephone",
    )


@trial(("DOCUMENT", "closed"))
def a_closed_document_opened_again(hand: Hand) -> None:
    hand.put(
        D,
        hand.of("closed"),
        standing="open",
        standing_at=None,
        standing_by=None,
        standing_reason=None,
    )


@trial(("DOCUMENT", "not-an-invoice"))
def what_is_no_invoice_made_valid(hand: Hand) -> None:
    hand.put(D, hand.of("not-an-invoice"), state="valid", type_code="380")


@trial(("DOCUMENT", "duplicate"), ("DOCUMENT", "not-checked"))
def duplicate_and_unchecked_made_done(hand: Hand) -> None:
    hand.drop(D, hand.of("duplicate"))
    hand.put(D, hand.of("not-checked"), standing="done")


@trial(("DOCUMENT", "valid"))
def a_text_that_goes_on_behind_a_nul(hand: Hand) -> None:
    hand.put(D, hand.of("valid"), supplier_name="Schraubenwerk Nord GmbH\0 i. L.")


@trial(("DOCUMENT", "second"))
def a_value_moved_into_the_column_beside_it(hand: Hand) -> None:
    hand.put(D, hand.of("second"), order_number="RE-2", number="")


# events that never happened


@trial(("DOCUMENT", "second"))
def a_forged_purge_that_names_its_rows(hand: Hand) -> None:
    hand.vanish(EventKind.PURGED, "second", document_id=hand.ids["second"], tenant=TENANT)


@trial(("DOCUMENT", "second"))
def a_forged_purge_without_proofs(hand: Hand) -> None:
    hand.vanish(EventKind.PURGED, "second")
    last = sa.select(sa.func.max(E.c.seq)).scalar_subquery()
    hand.put(E, E.c.seq == last, proves=None, document_id=hand.ids["second"])
    recompute(hand.sql)


@trial(("DOCUMENT", "second"))
def a_forged_purge_of_many_years_later(hand: Hand) -> None:
    later = datetime(2036, 1, 2, tzinfo=UTC)
    detail = audit.canonical_pairs((("retain-until", "2034-12-31"),))
    fields = {"document_id": hand.ids["second"], "at": later, "detail": detail}
    hand.vanish(EventKind.PURGED, "second", **fields)


@trial(("DOCUMENT", "second"))
def a_document_taken_away_by_an_event_that_only_records(hand: Hand) -> None:
    hand.vanish(EventKind.RECORDED, "second")


@trial(("DOCUMENT", "second"))
def a_document_taken_away_under_the_name_of_another(hand: Hand) -> None:
    hand.vanish(EventKind.PURGED, "second", document_id=hand.ids["purged"])


@trial(("MAIL", "last"))
def a_mail_taken_away_with_an_event(hand: Hand) -> None:
    gone = []
    for table in (ITEMS, JOBS, DELIVERIES):
        where = table.c.mail_id == hand.ids["last"]
        gone += [(t, "", key) for t, _, key in hand.digest_now(table, where)]
        hand.sql.execute(sa.delete(table).where(where))
    hand.drop(M, M.c.id == hand.ids["last"])
    hand.append(EventKind.RECORDED, [*gone, ("mails", "", hand.ids["last"])])


@trial(("DOCUMENT", "valid"))
def an_amount_changed_with_an_event_that_only_records(hand: Hand) -> None:
    hand.put(D, hand.of("valid"), gross="1.00")
    hand.append(EventKind.RECORDED, hand.digest_now(D, hand.of("valid")))


@trial(("MAIL", "last"))
def a_sender_changed_with_an_event(hand: Hand) -> None:
    hand.put(M, M.c.id == hand.ids["last"], sender="other@partner.example")
    hand.append(
        EventKind.DELIVERED,
        hand.digest_now(M, M.c.id == hand.ids["last"]),
        mail_id=hand.ids["last"],
    )


@trial(("DOCUMENT", "purged"))
def a_purged_document_put_back(hand: Hand) -> None:
    row = hand.row(D, hand.of("valid")) | {"document_id": hand.ids["purged"]}
    hand.sql.execute(sa.insert(D).values(row))


# the chain


@trial(("HEAD", "event"))
def the_last_event_forged(hand: Hand) -> None:
    last = hand.sql.scalar(sa.select(sa.func.max(E.c.seq)))
    hand.put(E, E.c.seq == last, kind=EventKind.VERIFIED.value)
    recompute(hand.sql)


@trial(("HEAD", "event"), ("MAIL", "last"))
def the_tail_cut_and_the_head_mended(hand: Hand) -> None:
    last = hand.sql.scalar(sa.select(sa.func.max(E.c.seq))) or 0
    hand.drop(E, E.c.seq > last - 3)
    recompute(hand.sql)


@trial(("CHAIN", "chain head"))
def the_tail_cut(hand: Hand) -> None:
    last = hand.sql.scalar(sa.select(sa.func.max(E.c.seq))) or 0
    hand.drop(E, E.c.seq > last - 3)


@trial(("HEAD", "event"))
def the_chain_computed_anew(hand: Hand) -> None:
    hand.put(D, hand.of("valid"), gross="1.00")
    (proof,) = hand.digest_now(D, hand.of("valid"))
    for row in hand.sql.execute(sa.select(E).where(E.c.proves.contains(hand.ids["valid"]))).all():
        proofs = [proof if p[2] == proof[2] else tuple(p) for p in json.loads(row.proves)]
        hand.put(E, E.c.seq == row.seq, proves=row_digests.as_stored(proofs))
    recompute(hand.sql)


@trial(("HEAD", "event"))
def moments_of_all_events_shifted(hand: Hand) -> None:
    for row in hand.sql.execute(sa.select(E)).all():
        hand.put(E, E.c.seq == row.seq, at=row.at - timedelta(days=400))
    recompute(hand.sql)


@trial(("CHAIN", "event 40"))
def the_moment_of_one_event_shifted(hand: Hand) -> None:
    hand.put(E, E.c.seq == 40, at=NOW - timedelta(days=1))


@trial(("CHAIN", "event 9"), ("CHAIN", "event 10"))
def two_events_exchanged(hand: Hand) -> None:
    one, two = hand.row(E, E.c.seq == 9), hand.row(E, E.c.seq == 10)
    hand.drop(E, E.c.seq.in_([9, 10]))
    hand.sql.execute(sa.insert(E).values(one | {"seq": 10}))
    hand.sql.execute(sa.insert(E).values(two | {"seq": 9}))


@trial(("HEAD", "event"))
def a_seal_certificate_taken_out_of_the_chain(hand: Hand) -> None:
    last = sa.select(sa.func.max(E.c.seq)).where(E.c.kind == "CERTIFICATE_USED").scalar_subquery()
    hand.drop(E, E.c.seq == last)
    recompute(hand.sql)


@trial(("CHAIN", "event"))
def another_certificate_in_its_event(hand: Hand) -> None:
    hand.put(E, E.c.kind == "CERTIFICATE_USED", detail='[["sha256","00"]]')


@trial(("HEAD", "event"))
def an_old_copy_of_everything_put_back(hand: Hand) -> None:
    hand.sql.commit()
    shutil.rmtree(hand.house.folder)
    shutil.copytree(hand.before, hand.house.folder)


@trial(("HEAD", "event"))
def an_old_copy_of_the_database_put_back(hand: Hand) -> None:
    hand.sql.commit()
    for old in hand.house.folder.glob("edigate.sqlite3*"):
        old.unlink()
    for file in hand.before.glob("edigate.sqlite3*"):
        shutil.copy(file, hand.house.folder)


# the database itself


@trial(("SCHEMA", "helper"))
def a_trigger_that_changes_what_is_written(hand: Hand) -> None:
    hand.sql.exec_driver_sql(
        "CREATE TRIGGER helper AFTER INSERT ON documents BEGIN UPDATE documents SET gross = '1.00' "
        "WHERE document_id = NEW.document_id; END"
    )


@trial(("SCHEMA", "documents"))
def a_table_made_a_view(hand: Hand) -> None:
    hand.sql.exec_driver_sql("ALTER TABLE documents RENAME TO shadow")
    hand.sql.exec_driver_sql("CREATE VIEW documents AS SELECT * FROM shadow")


# files


@trial(("OBJECT", ""))
def an_object_exchanged_with_another(hand: Hand) -> None:
    content = b"other" * 60_000
    overwrite(hand.object, content)


@trial(("OBJECT", ""))
def an_object_cut(hand: Hand) -> None:
    overwrite(hand.object, hand.object.read_bytes()[:100])


@trial(("OBJECT", ""))
def a_bit_turned(hand: Hand) -> None:
    content = bytearray(hand.object.read_bytes())
    content[1000] ^= 1
    overwrite(hand.object, bytes(content))


@trial(("OBJECT", ""), ("MAIL", ""))
def an_object_gone_with_its_rows(hand: Hand) -> None:
    sha256 = hand.object.name
    hand.object.unlink()
    for table in (ITEMS, M, OBJECTS):
        hand.drop(table, table.c.sha256 == sha256)


@trial(("FOREIGN", "ab/invoice.pdf"))
def a_foreign_file(hand: Hand) -> None:
    plant(hand.house, "ab/invoice.pdf")


@trial(("MAIL", "last"), ("DOCUMENT", "valid"), ("OBJECT", ""), ("MAILBOX", ""))
def everything_gone_but_the_chain(hand: Hand) -> None:
    for table in (ITEMS, F, D, JOBS, DELIVERIES, M, OBJECTS):
        hand.drop(table)
    shutil.rmtree(hand.objects)
    hand.objects.mkdir()


@trial(("SETTINGS", SETTINGS))
def the_settings_in_force_edited(hand: Hand) -> None:
    (hand.house.folder / SETTINGS).write_bytes(b'{"hostname": "forged"}')


@trial(("SETTINGS", SETTINGS))
def the_settings_in_force_edited_and_the_right_ones_beside_them(hand: Hand) -> None:
    file = hand.house.folder / SETTINGS
    file.rename(file.with_suffix(".new"))
    file.write_bytes(b'{"hostname": "forged"}')


@trial(("SETTINGS", SETTINGS))
def older_settings_in_force(hand: Hand) -> None:
    (hand.house.folder / SETTINGS).write_bytes(b'{"hostname": "old"}')


def test_the_store_is_intact(rich: Rich) -> None:
    with Store.open(None, rich.folder) as store:
        assert not list(store.verify(anchors=[rich.kept]))
        kept = {n: i for n, i in rich.ids.items() if n not in ("purged", "last")}
        states = {store.document(i).state for i in kept.values()}
        assert states == set(DocumentState)
        standings = {store.document(i).standing.value for i in kept.values()}
        assert standings == {"open", "settled", "closed", "done"}
        kinds = [event.kind for event in store.log()]
        assert {"PURGED", "FETCHED", "DELETED_BY_CLIENT"} < set(kinds)
        assert kinds.count("CERTIFICATE_USED") == 2


@pytest.mark.parametrize("name", TRIALS)
def test_a_tampering_is_found_and_named(rich: Rich, tmp_path: Path, name: str) -> None:
    act, expected = TRIALS[name]
    shutil.copytree(rich.folder, tmp_path / "data")
    house = House(None, tmp_path / "data")
    with hands(house) as connection:
        act(Hand(house, rich.ids, rich.before, connection))
    with Copy.open(None, house.folder) as copy:
        found = list(copy.verify(anchors=[rich.kept]))
    for code, whose in expected:
        about = rich.ids.get(whose, whose)
        named = [p for p in found if p.code == code and about in p.subject]
        assert named, found
        if code not in ("CHAIN", "HEAD"):
            assert named[0].subject in sentence(named[0], "en")
            assert named[0].subject in sentence(named[0], "de")
