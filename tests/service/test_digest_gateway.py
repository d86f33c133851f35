"""Storms of bad invoices through a running gateway: few mails, and every held document is named in
exactly one."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edigate.store import DocumentState, Search
from tests.acceptance.gateway import MAIN, NOTICES, PATIENCE, Gateway, edi_mail, parsed
from tests.generate import interchange, invoice

pytestmark = pytest.mark.acceptance

_SOON = "[notices]\nwindow_seconds = 8"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Makes gateways that are ended with the test."""
    made: list[Gateway] = []

    def _make(more: str = _SOON, tenant: str = "", workers: int = 1) -> Gateway:
        made.append(Gateway(tmp_path, more, tenant, workers))
        return made[-1]

    yield _make
    for gateway in made:
        gateway.kill()


def _bad(number: int) -> bytes:
    return invoice(1, f"RE-{number}", reference=str(number), tax_id=False)


def _held(gateway: Gateway) -> set[str]:
    with gateway.store() as store:
        return {
            d.document_id
            for d in store.search(Search(tenant=MAIN, state=DocumentState.INVALID, limit=1000))
        }


def _named(mails: list[bytes]) -> Counter[str]:
    """How many mails name each document."""
    named: Counter[str] = Counter()
    for raw in mails:
        body = parsed(raw).get_body(("plain",))
        assert body is not None
        named.update(set(re.findall(r"\b[0-9][0-9A-Za-z]{25}\b", body.get_content())))
    return named


def _until_named(gateway: Gateway, documents: set[str]) -> list[bytes]:
    deadline = time.monotonic() + PATIENCE
    while True:
        mails = gateway.fetch(NOTICES)
        if documents <= set(_named(mails)):
            return mails
        assert time.monotonic() < deadline, gateway.log.read_text("utf-8")[-3000:]
        time.sleep(0.3)


def test_thirty_in_one_mail_are_one_mail(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    gateway.send(edi_mail(("bad.edi", interchange([_bad(n) for n in range(1, 31)]))), MAIN)
    gateway.settled()
    held = _held(gateway)
    assert len(held) == 30
    (mail,) = gateway.fetch(NOTICES)
    named = _named([mail])
    assert {d: named[d] for d in held} == dict.fromkeys(held, 1)
    assert "30 Belege" in str(parsed(mail)["Subject"])


def test_thirty_mails_are_few_and_survive_kills(make: Callable[..., Gateway]) -> None:
    gateway = make(workers=2)
    gateway.start()
    for n in range(1, 31):
        gateway.send(
            edi_mail((f"{n}.edi", interchange([_bad(n)], reference=f"IC{n}")), number=n), MAIN
        )
        if n in (12, 24):
            gateway.kill()
            gateway.start()
    gateway.settled()
    held = _held(gateway)
    assert len(held) == 30
    time.sleep(4)
    gateway.kill()  # while they wait
    gateway.start()
    mails = _until_named(gateway, held)
    time.sleep(7)  # time for one turn more
    mails = gateway.fetch(NOTICES)
    named = _named(mails)
    assert {d: named[d] for d in held} == dict.fromkeys(held, 1)
    assert len(mails) <= 10, [str(parsed(m)["Subject"]) for m in mails]
    assert any("Belege von" in str(parsed(m)["Subject"]) for m in mails)


def test_unreadable_files_of_one_sender_collapse(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    for n in range(1, 13):
        cut = interchange([invoice(1, f"RE-{n}")])[:-40]
        gateway.send(edi_mail((f"{n}.edi", cut), number=n), MAIN)
    gateway.settled()
    held = _held(gateway)
    mails = _until_named(gateway, held)
    named = _named(mails)
    assert {d: named[d] for d in held} == dict.fromkeys(held, 1)
    assert len(mails) == 6


def test_a_few_get_a_mail_each(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.start()
    gateway.send(edi_mail(("bad.edi", interchange([_bad(n) for n in range(1, 6)]))), MAIN)
    gateway.settled()
    mails = gateway.fetch(NOTICES)
    assert len(mails) == 5
    for raw in mails:
        mail = parsed(raw)
        assert raw.startswith(b"Return-Path: <>\r\n")
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Edigate-Document-Id"] in _held(gateway)
    assert len({parsed(m)["Message-ID"] for m in mails}) == 5
