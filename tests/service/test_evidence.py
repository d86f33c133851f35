"""Heads, nightly verification and alarms, over a real store; and copies that are only read."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from edigate.cli import main
from edigate.config import Settings, Tenant
from edigate.errors import IntegrityViolated, Misconfigured, Rejected
from edigate.service.health import alarms
from edigate.service.health.nightly import NIGHTS, Nightly, share_after
from edigate.service.sealing import heads, keys
from edigate.store import Copy, EventKind, NewEvent, Share, Store, schema
from tests.service.authority import OpensslAuthority, served
from tests.store.samples import ARCHIVE, TENANT, archived

NIGHT = datetime(2026, 11, 30, 1, 30, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A gateway with an admin."""
    return Settings(
        hostname="edi.example.com",
        domain="edi.example.com",
        data=tmp_path / "data",
        admins=("ops@example.com",),
        tenant=(Tenant(account=TENANT, name="Baumarkt", archive="111"),),
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """Its store, with an archived document."""
    with Store.open(None, settings.data) as opened:
        archived(opened)
        yield opened


def mails(store: Store) -> list[Any]:
    """The mails the gateway made, as people get them."""
    query = (
        sa.select(schema.mails.c.id)
        .where(schema.mails.c.origin == "gateway")
        .order_by(schema.mails.c.received_at)
    )
    with store._reading.connect() as connection:
        ids = connection.scalars(query).all()
    return [message_from_bytes(store.mail_content(i), policy=policy.default) for i in ids]


def tamper(store: Store, statement: sa.Update) -> None:
    with store._reading.begin() as connection:
        connection.execute(statement)


def nightly(store: Store, settings: Settings) -> Nightly:
    return Nightly(store, lambda: settings, lambda: None, rest=lambda _: None)


def test_a_head_is_read_from_its_text_its_json_and_a_mail(store: Store, settings: Settings) -> None:
    sealer = keys.sealer(settings)
    head = heads.make(store, settings, sealer)
    text = heads.as_text(head)
    assert max(map(len, text.splitlines())) < 76
    assert nightly(store, settings).turn(NIGHT)
    (mail,) = mails(store)
    for content in (
        text,
        text.replace("\n", "\r\n"),
        f"Print of today:\n\n{text}\n--",
        json.dumps(heads.as_json(head)),
    ):
        read = heads.read(content.encode(), "x")
        assert read == head
        assert not list(heads.problems(read, frozenset([sealer.fingerprint])))
    mailed = heads.read(mail.as_bytes(), "mail.eml")
    assert not list(heads.problems(mailed, frozenset([sealer.fingerprint])))
    assert not list(store.verify(anchors=[head.anchor, mailed.anchor]))


@pytest.mark.parametrize("name", ["format", "gateway", "events", "hash", "at", "made", "key"])
def test_every_line_of_a_head_is_under_its_signature(
    store: Store, settings: Settings, name: str
) -> None:
    sealer = keys.sealer(settings)
    head = heads.make(store, settings, sealer)
    forged = heads.Head(tuple((n, "7" if n == name else v) for n, v in head.said), head.signature)
    assert [p.why for p in heads.problems(forged, frozenset([sealer.fingerprint]))] == [
        "head_signature"
    ]
    assert [p.why for p in heads.problems(head, frozenset(["0" * 64]))] == ["head_foreign"]


def test_what_is_no_head_is_refused(store: Store, settings: Settings) -> None:
    text = heads.as_text(heads.make(store, settings, keys.sealer(settings)))
    for content in (
        "",
        "{}",
        "[]",
        "{",
        text[:-40],
        text.replace("events:", "Events:"),
        text.replace("hash", "events"),
    ):
        with pytest.raises(Rejected):
            heads.read(content.encode(), "x")
    with pytest.raises(Rejected, match="newer"):
        heads.read(text.replace("format: 1", "format: 2").encode(), "x")


def test_a_head_is_stamped(store: Store, settings: Settings, tmp_path: Path) -> None:
    authority = OpensslAuthority(tmp_path)
    with served(authority.answer) as url:
        stamping = settings.model_copy(
            update={"seal": settings.seal.model_copy(update={"timestamp_url": url})}
        )
        sealer = keys.sealer(stamping)
        head = heads.make(store, stamping, sealer)
    assert head.stamp
    assert heads.as_json(head)["stamp"]
    written = heads.read(heads.as_text(head).encode(), "x")
    assert written == head
    assert not list(heads.problems(written, frozenset([sealer.fingerprint])))
    other = heads.Head(head.said, head.signature, head.stamp[:-1] + bytes([head.stamp[-1] ^ 1]))
    assert "head_stamp" in {p.why for p in heads.problems(other, frozenset([sealer.fingerprint]))}


def test_a_head_without_a_stamp_names_none(store: Store, settings: Settings) -> None:
    head = heads.make(store, settings, keys.sealer(settings))
    assert "stamp" not in heads.as_json(head)
    assert heads.read(heads.as_text(head).encode(), "x") == head


def test_a_good_night_is_recorded_and_the_head_is_mailed(store: Store, settings: Settings) -> None:
    assert nightly(store, settings).turn(NIGHT)
    (event,) = store.log(kinds=[EventKind.VERIFIED])
    assert dict(event.detail) | {"by": "nightly", "problems": "0"} == dict(event.detail)
    (mail,) = mails(store)
    assert mail["Subject"] == "[edigate] Signed end of the audit chain"
    assert [p.get_filename() for p in mail.iter_attachments()] == ["edigate-head-2026-11-30.txt"]
    assert nightly(store, settings).turn(NIGHT)
    assert len(mails(store)) == 1


def test_every_object_is_hashed_within_thirty_days_also_after_missed_nights() -> None:
    for missed in (0, 1, 5, 40):
        moment, last = NIGHT, None
        seen: list[tuple[str, str]] = []
        for night in range(30):
            share = share_after(last, moment)
            seen += share.ranges()
            last = (moment, share.end)
            moment += timedelta(days=1 + (missed if night == 9 else 0))
            if (moment - NIGHT).days >= 30:
                break
        reached = 0
        for first, final in sorted((int(a, 16), int(b, 16)) for a, b in seen):
            assert first <= reached, missed
            reached = max(reached, final + 1)
        assert reached == 1 << 256 or missed == 40
    assert share_after((NIGHT, "0" * 64), NIGHT + timedelta(days=400)) == Share(width=1.0)
    assert 1 / NIGHTS > 1 / 30


def test_the_share_goes_on_where_the_last_one_ended(store: Store, settings: Settings) -> None:
    nightly(store, settings).turn(NIGHT)
    nightly(store, settings).turn(NIGHT + timedelta(days=1))
    first, second = (
        dict(e.detail)["objects"].split() for e in store.log(kinds=[EventKind.VERIFIED])
    )
    assert first[1] == second[0]


def test_only_the_bytes_of_the_share_are_hashed(store: Store) -> None:
    tamper(store, sa.update(schema.objects).values(content=b"changed"))
    assert not list(store.verify(share=Share(width=0.0)))
    assert {p.code for p in store.verify()} == {"OBJECT"}


def test_a_bad_night_is_told_once_a_day_with_the_cure(store: Store, settings: Settings) -> None:
    watch = alarms.ChainWatch(store, lambda: settings, lambda: None)
    tamper(store, sa.update(schema.mails).values(subject="forged"))
    assert not nightly(store, settings).turn(NIGHT)
    assert watch.turn() == 1
    assert not nightly(store, settings).turn(NIGHT)
    watch.turn()
    assert alarms.ChainWatch(store, lambda: settings, lambda: None).turn() >= 0  # another start
    told = [m for m in mails(store) if "not what was stored" in m["Subject"]]
    assert len(told) == 1
    body = told[0].get_body(("plain",)).get_content()
    assert "edigate verify --config" in body
    assert "mail" in body


def test_a_damaged_object_that_a_client_asks_for_is_told(store: Store, settings: Settings) -> None:
    tamper(store, sa.update(schema.objects).values(content=b"changed"))
    drop = store.open_maildrop(ARCHIVE)
    for _ in range(2):
        with pytest.raises(IntegrityViolated):
            drop.retrieve(drop.messages[0].uidl)
    drop.release()
    store.record(NewEvent(EventKind.STARTED))  # what was not waited for is written by now
    alarms.ChainWatch(store, lambda: settings, lambda: None).turn()
    assert len(mails(store)) == 1


def test_a_verification_that_does_not_run_to_its_end_is_told(
    store: Store, settings: Settings
) -> None:
    with store._reading.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE unknown_partners RENAME TO unknown")
    assert not nightly(store, settings).turn(NIGHT)
    (mail,) = mails(store)
    assert "did not run to its end" in mail["Subject"]
    assert not store.log(kinds=[EventKind.VERIFIED, EventKind.INTEGRITY_VIOLATED])


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


@pytest.mark.parametrize("closed", [True, False])
def test_a_copy_is_proven_and_stays_as_it_is(
    store: Store, settings: Settings, tmp_path: Path, closed: bool
) -> None:
    """closed: without a WAL; else the copy of a running store, with one."""
    if closed:
        store.close()
    copy = tmp_path / "copy"
    shutil.copytree(settings.data, copy, ignore=shutil.ignore_patterns("*-shm"))
    for path in (*copy.rglob("*"), copy):
        path.chmod(0o500 if path.is_dir() else 0o400)
    before = files(copy)
    with Copy.open(None, copy) as opened:
        assert not list(opened.verify())
        assert opened.chain_head()[0] > 3
    assert files(copy) == before


def test_a_tampered_copy_is_found_and_an_empty_folder_is_no_store(
    store: Store, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "edigate.toml"
    file.write_text(
        f'hostname = "edi.example.com"\ndomain = "example.com"\ndata = "{settings.data}"\n', "utf-8"
    )
    assert main(["head", "--config", str(file)]) == 0
    (tmp_path / "head.txt").write_text(capsys.readouterr().out, "utf-8")
    store.close()
    copy = tmp_path / "copy"
    shutil.copytree(settings.data, copy)
    arguments = [
        "verify",
        "--config",
        str(file),
        "--data",
        str(copy),
        "--head",
        str(tmp_path / "head.txt"),
    ]
    assert main(arguments) == 0
    assert "stimmt" in capsys.readouterr().out
    engine = sa.create_engine(f"sqlite:///{copy / 'edigate.sqlite3'}")
    with engine.begin() as connection:
        connection.execute(sa.delete(schema.mails))
    engine.dispose()
    for language, word in (("de", "fehlt"), ("en", "is missing")):
        assert main([*arguments, "--lang", language]) == 1
        assert word in capsys.readouterr().out
    with pytest.raises(Misconfigured):
        Copy.open(None, tmp_path)
