"""What waits is named in one mail, exactly once, however often a turn is cut off."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from edigate.config import Settings, Tenant
from edigate.errors import Unavailable
from edigate.mail.compose import MailFile
from edigate.report.blocks import Letter
from edigate.service.gateway.housekeeping import Housekeeping
from edigate.service.letters import notices
from edigate.service.letters.digests_due import Digests, Urgency
from edigate.service.letters.telling import Desk, Notice, tell
from edigate.store import (
    DeliveryKind,
    Direction,
    DocumentState,
    EventKind,
    NewDocument,
    NewEvent,
    NewFile,
    Outcome,
    Store,
    UnknownPartner,
)
from edigate.store.values import DocumentOutcome
from tests.store import samples
from tests.store.samples import TENANT

_REPORT = b'{"edigate": "0", "artefacts": {}, "inputs": [{"file": "a.edi"}]}\n'
_START = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = _START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Half past ten."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """An empty store."""
    with Store.open(None, tmp_path, clock=clock) as opened:
        yield opened


def _settings(tmp_path: Path, **tenant: Any) -> Settings:
    said = {
        "account": TENANT,
        "name": "Baumarkt Süd AG",
        "archive": "111",
        "notify": ("buch@far.example",),
    }
    return Settings(
        hostname="gw.example", domain="edi.example", data=tmp_path, admins=("ops@far.example",),
        tenant=(Tenant(**(said | tenant)),),
    )  # fmt: skip


def _held(
    store: Store,
    settings: Settings,
    count: int = 1,
    first: int = 1,
    urgency: Urgency = Urgency.HELD,
    **fields: Any,
) -> list[str]:
    """One mail with so many held documents, told as the worker tells them; their ids."""
    samples.received(store, f"Subject: {first}\r\n\r\nUNA:+.? '\r\n".encode())
    job = samples.claimed(store)
    mail = store.mail(job.mail_id)
    tenant = settings.tenant[0]
    state = DocumentState.INVALID if urgency is Urgency.HELD else DocumentState.VALID
    found, outcomes = [], []
    for n in range(count):
        said = {
            "state": state,
            "errors": 1,
            "warnings": 1,
            "rules": ("UST-04",),
            "claim": None,
        } | fields
        document = samples.document(job, n + 1, number=f"RE-{first + n}", **said)
        found.append(_notice(document, urgency, settings))
        files = (NewFile("report", "report.json", "application/json", _REPORT),)
        outcomes.append(DocumentOutcome(document, files))
    told = tell(found, Desk(mail, Direction.IN, tenant, settings, store, mail.received_at))
    done = tuple(
        replace(o, notify=told.mails.get(i, ()), events=told.events.get(i, ()))
        for o in outcomes
        for i in [o.document.document_id]
    )
    store.commit_outcome(job, Outcome(done, told.together))
    return [o.document.document_id for o in outcomes]


def _notice(document: NewDocument, urgency: Urgency, settings: Settings) -> Notice:
    letter = Letter("de", f"single {document.document_id}", (), "")
    key = f"{document.document_id}.v{document.version}"
    tenant = settings.tenant[0]
    return Notice(
        document,
        urgency,
        _REPORT,
        b"UNB",
        lambda: notices.to_tenant(letter, tenant, settings, about=key, at=_START),
    )


def _mails(store: Store) -> list[str]:
    """The mails to the tenant as text, headers and all, the oldest first."""
    deliveries = [d for d in store.deliveries(limit=1000) if d.kind is DeliveryKind.NOTIFY]
    out = []
    for delivery in sorted(deliveries, key=lambda d: d.id):
        mail = message_from_bytes(store.mail_content(delivery.mail_id))
        parts = [
            p.get_payload(decode=True) for p in mail.walk() if p.get_content_type() == "text/plain"
        ]
        text = "".join(p.decode() for p in parts if isinstance(p, bytes))
        out.append(f"{store.mail(delivery.mail_id).subject}\n{text}")
    return out


def _times_named(store: Store, ids: Sequence[str]) -> set[int]:
    """How often documents are named, over all mails."""
    everything = "\n".join(_mails(store))
    return {everything.count(i) for i in ids}


def test_five_get_mails_and_the_others_wait_for_one(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    settings = _settings(tmp_path)
    ids = [i for n in range(1, 13) for i in _held(store, settings, first=n)]
    digests = Digests(store, lambda: settings, lambda: None)
    assert len(_mails(store)) == 5
    assert digests.turn(clock.now + timedelta(seconds=599)) == 0
    clock.now += timedelta(seconds=601)
    assert digests.turn(clock.now) == 1
    assert len(_mails(store)) == 6
    assert _times_named(store, ids) == {1}
    assert digests.turn(clock.now + timedelta(days=1)) == 0
    assert Digests(store, lambda: settings, lambda: None).turn(clock.now + timedelta(days=1)) == 0


@pytest.mark.parametrize("later", [True, False])
def test_nobody_is_asked_for_the_tenants_own_master_data(
    store: Store, tmp_path: Path, clock: Clock, *, later: bool
) -> None:
    settings = _settings(tmp_path, edi_ids=("4319876000028",))
    own: dict[str, Any] = {
        "rules": ("MAP-04",),
        "unknown_partners": (UnknownPartner("4319876000028", "BY"),),
    }
    if later:
        for n in range(1, 13):
            _held(store, settings, first=n, **own)
        clock.now += timedelta(seconds=601)
        assert Digests(store, lambda: settings, lambda: None).turn(clock.now) == 1
    else:
        _held(store, settings, 12, **own)
    said = " ".join(_mails(store)[-1].split())
    assert "Ihrer eigenen GLN" in said
    assert "TEXT FÜR IHREN HANDELSPARTNER" not in said


def test_thirty_of_one_mail_are_named_at_once(store: Store, tmp_path: Path, clock: Clock) -> None:
    settings = _settings(tmp_path)
    ids = _held(store, settings, 30)
    assert len(_mails(store)) == 1
    assert _times_named(store, ids) == {1}
    assert Digests(store, lambda: settings, lambda: None).turn(clock.now + timedelta(days=1)) == 0
    (delivery,) = [d for d in store.deliveries(limit=10) if d.kind is DeliveryKind.NOTIFY]
    mail = message_from_bytes(store.mail_content(delivery.mail_id))
    (report,) = [
        p.get_payload(decode=True) for p in mail.walk() if p.get_filename() == "report.json"
    ]
    assert isinstance(report, bytes)
    assert len(json.loads(report)["inputs"]) == 30


def test_another_supplier_and_another_hour_are_not_counted(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    settings = _settings(tmp_path)
    for n in range(1, 6):
        _held(store, settings, first=n)
    _held(store, settings, first=6, supplier_key="DE222222220")
    assert len(_mails(store)) == 6
    clock.now += timedelta(seconds=700)
    _held(store, settings, first=7)
    assert len(_mails(store)) == 7


class _CutOff(Store):
    """A store whose power fails between the digest's mail and its events."""

    broken = True

    def record(self, *happened: NewEvent) -> None:
        if self.broken and any(e.kind is EventKind.NOTICE_QUEUED for e in happened):
            raise Unavailable("TEST", "cut off")
        super().record(*happened)


def test_a_turn_cut_off_after_its_mail_sends_no_second_one(tmp_path: Path, clock: Clock) -> None:
    settings = _settings(tmp_path)
    with _CutOff.open(None, tmp_path, clock=clock) as store:
        ids = [i for n in range(1, 10) for i in _held(store, settings, first=n)]
        clock.now += timedelta(seconds=601)
        digests = Digests(store, lambda: settings, lambda: None)
        with pytest.raises(Unavailable):
            digests.turn(clock.now)
        assert len(_mails(store)) == 6
        late = _held(store, settings, first=50)  # begins to wait meanwhile, in a window of its own
        assert isinstance(store, _CutOff)
        store.broken = False
        clock.now += timedelta(seconds=5)
        Digests(store, lambda: settings, lambda: None).turn(clock.now)
        assert _times_named(store, ids) == {1}
        clock.now += timedelta(seconds=1201)
        Digests(store, lambda: settings, lambda: None).turn(clock.now)
        assert _times_named(store, [*ids, *late]) == {1}


def test_what_was_checked_again_meanwhile_is_left_out(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    settings = _settings(tmp_path)
    ids = [i for n in range(1, 8) for i in _held(store, settings, first=n)]
    store.replay(ids[5], "ops", "master data")
    job = samples.claimed(store)
    document = replace(
        samples.document(job, 1, number="RE-6", claim=None), document_id=ids[5], version=2
    )
    store.commit_outcome(job, Outcome((DocumentOutcome(document),)))
    clock.now += timedelta(seconds=601)
    Digests(store, lambda: settings, lambda: None).turn(clock.now)
    assert _times_named(store, [ids[5]]) == {0}
    assert _times_named(store, [i for i in ids if i != ids[5]]) == {1}


def test_warnings_wait_for_the_morning(store: Store, tmp_path: Path, clock: Clock) -> None:
    settings = _settings(tmp_path, warnings="daily")
    ids = [
        i
        for n in range(1, 4)
        for i in _held(store, settings, first=n, urgency=Urgency.WARNED, rules=("UST-10",))
    ]
    digests = Digests(store, lambda: settings, lambda: None)
    assert digests.turn(datetime(2026, 11, 21, 4, 59, tzinfo=UTC)) == 0
    assert _mails(store) == []
    assert digests.turn(datetime(2026, 11, 21, 5, 0, tzinfo=UTC)) == 1  # six o'clock in Berlin
    assert _times_named(store, ids) == {1}
    assert "Mit Hinweisen archiviert: 3 Belege" in _mails(store)[0]


def test_nobody_to_tell_is_no_reason_to_wait_for_ever(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    settings = _settings(tmp_path, notify=(f"{TENANT}.111@edi.example",))
    for n in range(1, 9):
        _held(store, settings, first=n)
    clock.now += timedelta(seconds=601)
    assert Digests(store, lambda: settings, lambda: None).turn(clock.now) == 0
    assert _mails(store) == []


def test_large_digests_are_several_mails(
    store: Store, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(tmp_path)
    monkeypatch.setattr("edigate.service.letters.digests_due.MOST", 4)
    ids = [i for n in range(1, 16) for i in _held(store, settings, first=n)]
    clock.now += timedelta(seconds=601)
    assert Digests(store, lambda: settings, lambda: None).turn(clock.now) == 3
    assert _times_named(store, ids) == {1}


def test_the_look_back_finds_its_place_in_a_long_chain(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    settings = _settings(tmp_path)
    for _ in range(300):
        clock.now += timedelta(hours=6)
        store.record(NewEvent(EventKind.VERIFIED))
    ids = [i for n in range(1, 9) for i in _held(store, settings, first=n)]
    clock.now += timedelta(seconds=601)
    assert Digests(store, lambda: settings, lambda: None).turn(clock.now) == 1
    assert _times_named(store, ids) == {1}


# mails as such


def test_a_notice_can_neither_loop_nor_reach_archives(tmp_path: Path) -> None:
    archive = f"{TENANT}.111@EDI.example"
    settings = _settings(
        tmp_path, notify=("buch@far.example", archive, "buch@far.example", f"{TENANT}@edi.example")
    )
    made = notices.to_tenant(
        Letter("de", "Betreff\r\nBcc: x@evil.example", (), ""), settings.tenant[0], settings,
        about="1.v2", at=_START, document_id="01a1fc6db76AXRC13TQ2729S0J", threads=("1.v1",),
    )  # fmt: skip
    assert made is not None
    assert made.mail.sender == ""
    assert made.mail.recipients == ("buch@far.example", f"{TENANT}@edi.example")
    assert [d.kind for d in made.deliveries] == [DeliveryKind.NOTIFY, DeliveryKind.MAILBOX]
    mail = message_from_bytes(made.mail.content)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Bcc"] is None
    first = notices.to_tenant(
        Letter("de", "x", (), ""), settings.tenant[0], settings, about="1.v1", at=_START
    )
    assert first is not None
    assert mail["References"] == first.mail.message_id
    assert mail["Message-ID"] == made.mail.message_id == made.mail.once != first.mail.message_id
    again = notices.to_tenant(
        Letter("en", "y", (), ""), settings.tenant[0], settings, about="1.v2", at=_START
    )
    assert again is not None
    assert again.mail.once == made.mail.once


def test_what_is_too_large_stays_here() -> None:
    large, small = MailFile("a.edi", b"0" * 10_000_001), MailFile("report.json", b"{}")
    assert notices.fitting((large, small)) == ((small,), 10_000_001)
    fits = MailFile("a.edi", b"0" * 9_000_000)
    assert notices.fitting((fits, small)) == ((fits, small), 0)


def test_minimal_mails_carry_nothing(tmp_path: Path) -> None:
    settings = _settings(tmp_path, notify_content="minimal")
    made = notices.to_tenant(
        Letter("de", "x", (), ""), settings.tenant[0], settings, about="1", at=_START,
        attachments=(MailFile("a.edi", b"UNB"),),
    )  # fmt: skip
    assert made is not None
    assert b"a.edi" not in made.mail.content


def test_the_daily_round_removes_what_was_fetched_long_ago(
    store: Store, tmp_path: Path, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = _settings(tmp_path)
    mail_id = store.accept(samples.mail(b"Subject: no invoice\r\n\r\n"), [samples.to_mailbox()])
    drop = store.open_maildrop(TENANT)
    uidls = [entry.uidl for entry in drop.messages]
    drop.commit(uidls, uidls)
    round_ = Housekeeping(store, lambda: settings)
    round_.round()
    assert store.mail(mail_id)
    clock.now += timedelta(days=31)
    round_.round()
    assert store.mail(mail_id)  # the clock alone makes nothing old
    for _ in range(30):
        clock.now += timedelta(days=1)
        store.record(NewEvent(EventKind.VERIFIED))
    round_.round()
    with pytest.raises(Exception, match="no mail"):
        store.mail(mail_id)
