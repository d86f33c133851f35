"""What somebody with the database's password and the data folder may try, and what `verify` says to
it.

The chain's own rules are kept where a forger would keep them: hashes are computed anew, the head is
put right.
"""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from edigate.store import Anchor, EventKind, NewEvent, Store, schema
from edigate.store.proof.audit import GENESIS, link
from tests.store.behind import furnish, hands
from tests.store.conftest import House
from tests.store.samples import received

E, D, M, OBJECTS, F = (
    schema.metadata.tables[n] for n in ("events", "documents", "mails", "objects", "document_files")
)
ITEMS, JOBS, CLAIMS, USAGE = (
    schema.metadata.tables[n] for n in ("mailbox_items", "jobs", "claims", "usage")
)
HEAD, DELIVERIES = schema.chain_head, schema.deliveries
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Act = Callable[[sa.Connection, House], object]


def put(table: sa.Table, where: sa.ColumnElement[bool] | None = None, **values: Any) -> Act:
    """Change rows."""
    statement = sa.update(table).values(**values)
    return lambda c, _: c.execute(statement if where is None else statement.where(where))


def drop(table: sa.Table, where: sa.ColumnElement[bool] | None = None) -> Act:
    """Remove rows."""
    statement = sa.delete(table)
    return lambda c, _: c.execute(statement if where is None else statement.where(where))


def swap(table: sa.Table, key: sa.Column[Any], column: sa.Column[Any]) -> Act:
    """Exchange a value between the first two rows."""

    def act(connection: sa.Connection, _: House) -> None:
        one, two = connection.execute(sa.select(key, column).order_by(key).limit(2)).all()
        for here, there in ((one, two), (two, one)):
            connection.execute(
                sa.update(table).where(key == here[0]).values({column.name: there[1]})
            )

    return act


def recompute(connection: sa.Connection) -> None:
    """Number and hash the events that are left as if nothing had ever been between them."""
    rows = [r._asdict() for r in connection.execute(sa.select(E).order_by(E.c.seq))]
    connection.execute(sa.delete(E))
    previous = GENESIS
    for seq, row in enumerate(rows, start=1):
        row |= {"seq": seq, "previous": previous}
        row["hash"] = previous = link(previous, row)
        connection.execute(sa.insert(E).values(row))
    connection.execute(sa.update(HEAD).values(seq=len(rows), hash=previous))


def cut(*, last: int, mend: bool) -> Act:
    """Remove the last events; mend: put the head right."""

    def act(connection: sa.Connection, _: House) -> None:
        newest = connection.scalar(sa.select(sa.func.max(E.c.seq))) or 0
        connection.execute(sa.delete(E).where(E.c.seq > newest - last))
        if mend:
            recompute(connection)

    return act


def forge(kind: EventKind, **values: Any) -> Act:
    """Change events of a kind and compute the chain anew."""

    def act(connection: sa.Connection, _: House) -> None:
        connection.execute(sa.update(E).where(E.c.kind == kind.value).values(**values))
        recompute(connection)

    return act


def without(kind: EventKind) -> Act:
    """Remove events of a kind from the middle and compute the rest anew."""

    def act(connection: sa.Connection, _: House) -> None:
        connection.execute(sa.delete(E).where(E.c.kind == kind.value))
        recompute(connection)

    return act


def back_in_time(connection: sa.Connection, _: House) -> None:
    """Date the last event before the one it follows, with a chain that fits."""
    last = connection.execute(sa.select(E).order_by(E.c.seq.desc()).limit(1)).one()
    connection.execute(
        sa.update(E).where(E.c.seq == last.seq).values(at=last.at - timedelta(days=3))
    )
    recompute(connection)


def one_more(table: sa.Table, **values: Any) -> Act:
    """Add a row like the first one."""

    def act(connection: sa.Connection, _: House) -> None:
        row = connection.execute(sa.select(table).limit(1)).one()._asdict()
        connection.execute(sa.insert(table).values(row | values))

    return act


def objects(house: House) -> Path:
    return house.folder / "objects"


def stored_file(house: House) -> Path:
    return next(p for p in objects(house).glob("??/*") if not p.name.startswith("."))


def on_file(change: Callable[[Path], object]) -> Act:
    """Do something to the object file."""
    return lambda _, house: change(stored_file(house))


def overwrite(file: Path, content: bytes) -> None:
    file.chmod(0o600)
    file.write_bytes(content)
    file.chmod(0o400)


def new_file(name: str, content: bytes = b"x", mode: int = 0o400) -> Act:
    """Put a file among the objects."""
    return lambda _, house: plant(house, name, content, mode)


def plant(house: House, name: str, content: bytes = b"x", mode: int = 0o400) -> None:
    file = objects(house) / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    file.chmod(mode)


def as_link(file: Path) -> None:
    """Replace a file by a link to its bytes elsewhere."""
    elsewhere = file.parents[2] / "elsewhere"
    shutil.move(file, elsewhere)
    file.symlink_to(elsewhere)


X = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"  # SHA-256 of "x"

TAMPERINGS: dict[str, tuple[Act, str]] = {
    "the bodies of two mails swapped": (swap(M, M.c.id, M.c.sha256), "MAIL"),
    "the bytes of two objects swapped": (
        swap(OBJECTS, OBJECTS.c.sha256, OBJECTS.c.content),
        "OBJECT",
    ),
    "another sender": (put(M, sender="someone@else.example"), "MAIL"),
    "another subject": (put(M, subject="Harmless"), "MAIL"),
    "another recipient": (put(M, recipients='["x@edi.example"]'), "MAIL"),
    "a mail re-dated": (put(M, received_at=LONG_AGO), "MAIL"),
    "every mail gone": (drop(M), "MAIL"),
    "a message moved to another account": (put(ITEMS, account="2800009999"), "MAILBOX"),
    "a message hidden": (put(ITEMS, deleted_at=LONG_AGO), "MAILBOX"),
    "a message with another body": (swap(ITEMS, ITEMS.c.id, ITEMS.c.sha256), "MAILBOX"),
    "a message with another prefix": (put(ITEMS, prefix=b"X-Forged: yes\r\n"), "MAILBOX"),
    "every message gone": (drop(ITEMS), "MAILBOX"),
    "a document re-dated": (put(D, issue_date=date(2020, 1, 1)), "DOCUMENT"),
    "a document kept for a shorter time": (put(D, retain_until=date(2026, 12, 1)), "DOCUMENT"),
    "a document made current no more": (put(D, current=False), "DOCUMENT"),
    "a held document settled": (
        put(D, D.c.standing == "open", standing="settled", settled_by="X"),
        "DOCUMENT",
    ),
    "a held document closed": (put(D, D.c.standing == "open", standing="closed"), "DOCUMENT"),
    "a document hidden": (put(D, deleted_at=LONG_AGO), "DOCUMENT"),
    "a verdict turned": (put(D, D.c.state == "invalid", state="valid"), "DOCUMENT"),
    "a document of another tenant": (put(D, tenant="2800009999"), "DOCUMENT"),
    "every document gone": (drop(D), "DOCUMENT"),
    "a file exchanged": (swap(F, F.c.role, F.c.sha256), "DOCUMENT"),
    "a file of a document gone": (drop(F, F.c.role == "pdf"), "DOCUMENT"),
    "an object of the database gone": (drop(OBJECTS), "OBJECT"),
    "an object emptied": (put(OBJECTS, content=b""), "OBJECT"),
    "a waiting job called done": (put(JOBS, JOBS.c.state == "queued", state="done"), "JOB"),
    "a waiting job told to check nothing": (put(JOBS, JOBS.c.state == "queued", scope="[]"), "JOB"),
    "a waiting job gone": (drop(JOBS, JOBS.c.state == "queued"), "JOB"),
    "a done job done again": (put(JOBS, JOBS.c.state == "done", state="queued"), "JOB"),
    "a delivery sent elsewhere": (
        put(DELIVERIES, DELIVERIES.c.state == "queued", recipient="x@x.example"),
        "DELIVERY",
    ),
    "a delivery called done": (
        put(DELIVERIES, DELIVERIES.c.state == "queued", state="done"),
        "DELIVERY",
    ),
    "a number free again": (drop(CLAIMS), "CLAIM"),
    "a number of another document": (put(CLAIMS, document_id="X"), "CLAIM"),
    "less usage": (put(USAGE, documents=0, mails=0), "USAGE"),
    "no usage": (drop(USAGE), "USAGE"),
    "a second head": (one_more(HEAD, id=2), "CHAIN"),
    "no head": (drop(HEAD), "CHAIN"),
    "every event gone": (drop(E), "CHAIN"),
    "the chain begun anew": (
        lambda c, h: (drop(E)(c, h), put(HEAD, seq=0, hash=GENESIS)(c, h)),
        "MAIL",
    ),
    "the tail cut": (cut(last=3, mend=False), "CHAIN"),
    "the tail cut and the head mended": (cut(last=1, mend=True), "DELIVERY"),
    "receipts removed, the rest computed anew": (without(EventKind.RECEIVED), "MAIL"),
    "deliveries removed, the rest computed anew": (without(EventKind.DELIVERED), "MAILBOX"),
    "verdicts removed, the rest computed anew": (without(EventKind.HELD), "DOCUMENT"),
    "an event dated back, the rest computed anew": (back_in_time, "CHAIN"),
    "an event that proves nothing any more": (forge(EventKind.DELIVERED, proves=None), "MAILBOX"),
    "an event that proves nonsense": (forge(EventKind.DELIVERED, proves="{}"), "MAILBOX"),
    "an object file gone": (on_file(Path.unlink), "OBJECT"),
    "an object file cut": (on_file(lambda f: overwrite(f, f.read_bytes()[:-1])), "OBJECT"),
    "an object file changed": (
        on_file(lambda f: overwrite(f, b"X" + f.read_bytes()[1:])),
        "OBJECT",
    ),
    "an object file under another name": (
        on_file(lambda f: f.rename(f.with_name("0" * 64))),
        "OBJECT",
    ),
    "an object file as a link": (on_file(as_link), "OBJECT"),
    "a foreign file": (new_file("aa/readme.txt"), "FOREIGN"),
    "a foreign file beside the shelves": (new_file("invoice.pdf"), "FOREIGN"),
    "a foreign folder": (new_file("zz/x"), "FOREIGN"),
    "a file that has a name of another content": (new_file(f"aa/{'a' * 64}"), "FOREIGN"),
    "a file with the right name and strange rights": (
        new_file(f"{X[:2]}/{X}", mode=0o644),
        "FOREIGN",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_tampering_is_found(house: House, name: str) -> None:
    act, code = TAMPERINGS[name]
    store = house.open()
    furnish(store)
    assert not list(store.verify())
    with hands(house) as connection:
        act(connection, house)
    problems = list(store.verify())
    assert code in {p.code for p in problems}, problems
    assert all(p.subject and p.why for p in problems)


def anchor(store: Store) -> Anchor:
    return Anchor(*store.chain_head(), "yesterday")


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (cut(last=1, mend=True), "head_cut"),
        (cut(last=7, mend=True), "head_cut"),
        (forge(EventKind.STOPPED, detail='[["by","nobody"]]'), "head_other"),
        (without(EventKind.STARTED), "head_cut"),
        (forge(EventKind.HELD, account="x"), "head_other"),
    ],
)
def test_a_chain_that_was_computed_anew_does_not_meet_a_head_kept_elsewhere(
    house: House, act: Act, why: str
) -> None:
    store = house.open()
    furnish(store)
    store.record(NewEvent(EventKind.STARTED), NewEvent(EventKind.STOPPED))
    kept = anchor(store)
    assert not list(store.verify(anchors=[kept]))
    with hands(house) as connection:
        act(connection, house)
    assert [p.why for p in store.verify(anchors=[kept]) if p.code == "HEAD"] == [why]


def test_a_tail_that_grew_again_does_not_meet_the_head(house: House) -> None:
    store = house.open()
    furnish(store)
    store.record(NewEvent(EventKind.STOPPED))
    kept = anchor(store)
    with hands(house) as connection:
        cut(last=1, mend=True)(connection, house)
    store.record(NewEvent(EventKind.STARTED), NewEvent(EventKind.STOPPED))
    assert [p.why for p in store.verify(anchors=[kept])] == ["head_other"]


def test_yesterdays_copy_with_the_head_of_today(house: House, tmp_path: Path) -> None:
    if not house.sqlite:
        pytest.skip("a copy of a folder: PostgreSQL's is in its server")
    store = house.open()
    furnish(store)
    store.close()
    shutil.copytree(house.folder, tmp_path / "yesterday")
    with Store.open(None, house.folder, clock=house.clock) as today:
        received(today, b"of today")
        kept = anchor(today)
    with Store.open(None, tmp_path / "yesterday", clock=house.clock) as old:
        assert not list(old.verify())
        assert [p.why for p in old.verify(anchors=[kept])] == ["head_cut"]


@pytest.mark.parametrize(
    ("change", "why"),
    [(Path.unlink, "file_missing"), (lambda f: f.write_text("{}", "utf-8"), "file_altered")],
)
def test_the_settings_in_force_are_proven(
    house: House, change: Callable[[Path], object], why: str
) -> None:
    store = house.open()
    file = house.folder / "settings-in-force.json"
    file.write_bytes(b"x")
    store.record(NewEvent(EventKind.STARTED, detail=(("file", f"{file.name} {X}"),)))
    assert not list(store.verify())
    change(file)
    assert [(p.code, p.subject, p.why) for p in store.verify()] == [("SETTINGS", file.name, why)]


def test_a_write_of_the_settings_that_was_cut_off_is_no_tampering(house: House) -> None:
    store = house.open()
    (house.folder / "settings-in-force.json").write_bytes(b"old")
    (house.folder / "settings-in-force.new").write_bytes(b"x")
    store.record(NewEvent(EventKind.STARTED, detail=(("file", f"settings-in-force.json {X}"),)))
    assert not list(store.verify())


def test_what_an_interrupted_write_left_is_noted_for_two_days(house: House) -> None:
    store = house.open()
    plant(house, f"{X[:2]}/{X}")
    notes: list[Any] = []
    assert not list(store.verify(notes=notes))
    assert [(n.code, n.why) for n in notes] == [("FOREIGN", "leftover")]
    os.utime(objects(house) / X[:2] / X, (1, 1))
    assert [p.why for p in store.verify()] == ["foreign"]


def test_a_clock_that_is_set_back_says_so_and_is_no_tampering(house: House) -> None:
    store = house.open()
    store.record(NewEvent(EventKind.STARTED))
    house.clock.forward(seconds=-3)  # another process was quicker
    store.record(NewEvent(EventKind.VERIFIED))
    house.clock.forward(hours=-1)
    store.record(NewEvent(EventKind.STOPPED))
    first, second, third = store.log()
    assert first.at == second.at > third.at
    assert third.detail == (("clock-set-back", "3603"),)
    assert not list(store.verify())


def test_what_events_prove_can_be_checked_without_edigate(store: Store) -> None:
    """The text of a row is plain: names and values with their lengths."""
    furnish(store)
    proofs = [json.loads(r) for r in store._reading.connect().scalars(sa.select(E.c.proves)) if r]
    assert all(len(digest) in (0, 43) for some in proofs for _, digest, _ in some)
    assert {table for some in proofs for table, _, _ in some} >= {
        "mails",
        "documents",
        "usage",
        "objects",
    }
