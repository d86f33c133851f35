"""The gateway's branch accounts for every mail: a document, or somebody is told, or the log says
why there is none."""

import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import SMTP
from itertools import count
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from edigate.config import Deviation, Sealing, Settings, Tenant
from edigate.service.conversion.worker import Worker
from edigate.store import (
    DeliveryKind,
    Direction,
    Document,
    DocumentState,
    EventKind,
    NewJob,
    Search,
    Standing,
)
from tests.generate import interchange, invoice
from tests.mail.every_shape import INVOICES, NOTHING, TOLD
from tests.mail.shapes import FROM, coded, pgp_encrypted, several
from tests.store import samples
from tests.store.samples import TENANT

_NUMBERS = count(1)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One worker for all mails: every mail has an invoice number and a sender of its own."""
    yield from _worker(tmp_path_factory.mktemp("data"))


def _worker(folder: Path) -> Iterator[Worker]:
    settings = Settings(
        hostname="gw.example", domain="edi.example", data=folder, admins=("ops@far.example",),
        seal=Sealing(enabled=False),
        tenant=(
            Tenant(
                account=TENANT, name="Baumarkt Süd AG", notify=("buch@far.example",),
                deviation=(Deviation(partner="4012345000009", sealed_from=("@sealed.example",)),),
            ),
        ),
    )  # fmt: skip
    made = Worker("w1", settings, sys.stderr)
    with made.store:
        yield made


def converted(
    worker: Worker, content: bytes, sender: str
) -> tuple[list[Document], dict[str, object]]:
    """The documents of a mail and what `job.done` said."""
    mail = worker.store.accept(
        samples.mail(content, sender=sender), [], [NewJob(TENANT, Direction.IN)]
    )
    with capture_logs() as logged:
        while worker.work():
            pass
    (*_, done) = [dict(entry) for entry in logged if entry["event"] == "job.done"]
    return [d for d in worker.store.search(Search(limit=10_000)) if d.mail_id == mail], done


def letters(worker: Worker) -> list[str]:
    """Subjects of all mails to the tenant's people."""
    notices = [d for d in worker.store.deliveries(limit=10_000) if d.kind is DeliveryKind.NOTIFY]
    return [
        str(message_from_bytes(worker.store.mail_content(d.mail_id), policy=SMTP)["Subject"])
        for d in notices
    ]


@pytest.mark.parametrize("shape", INVOICES)
def test_an_invoice_becomes_a_document(worker: Worker, shape: str) -> None:
    number = f"RE-{next(_NUMBERS)}"
    edi = interchange([invoice(2, number)])
    (document,), _ = converted(worker, INVOICES[shape](edi), f"a{number}@partner.example")
    assert document.number == number
    assert document.state is DocumentState.VALID, document.rules


@pytest.mark.parametrize("shape", TOLD)
def test_what_may_be_an_invoice_stands_open_and_is_told(worker: Worker, shape: str) -> None:
    number = f"RE-{next(_NUMBERS)}"
    before = len(letters(worker))
    found, _ = converted(
        worker, TOLD[shape](interchange([invoice(2, number)])), f"a{number}@partner.example"
    )
    assert [d.standing for d in found] == [Standing.OPEN]
    assert len(letters(worker)) == before + 1
    assert "NICHT" in letters(worker)[-1]


@pytest.mark.parametrize("shape", NOTHING)
def test_a_plain_mail_makes_no_document_and_the_log_says_why(worker: Worker, shape: str) -> None:
    before = len(letters(worker))
    found, done = converted(worker, NOTHING[shape](b""), "somebody@partner.example")
    assert found == []
    assert len(letters(worker)) == before
    said = done["parts"]
    assert isinstance(said, list)
    assert said
    assert all("(" in part for part in said)


def test_one_mail_a_day_and_sender_about_what_cannot_be_opened(tmp_path: Path) -> None:
    for worker in _worker(tmp_path):
        for sender in ("a@p.example", "a@p.example", "A@p.example", "b@p.example"):
            ((document,), done) = converted(worker, TOLD["7z"](b""), sender)
            assert document.state is DocumentState.NOT_CHECKED
            assert document.rules == ("MAIL-04",)
            assert done["parts"] == [
                "1 text/plain nothing (text)",
                "2 re.7z application/octet-stream not-checked (7z)",
            ]
        assert len(letters(worker)) == 2
        subject = "[edigate] NICHT GEPRÜFT: re.7z von a@p.example kann eine Rechnung enthalten"
        assert letters(worker)[0] == subject
        passed = worker.store.log(kinds=(EventKind.PASSED_OVER,))
        assert [dict(e.detail)["reason"] for e in passed] == ["one mail a day and sender"] * 2
        assert all(e.document_id for e in passed)


def test_sealed_files_that_are_expected_make_no_document_but_an_event(tmp_path: Path) -> None:
    for worker in _worker(tmp_path):
        found, done = converted(worker, TOLD[".pgp"](b""), "edi@Sealed.example")
        assert found == []
        assert letters(worker) == []
        assert "not-checked (openpgp)" in str(done["parts"])
        (event,) = worker.store.log(kinds=(EventKind.PASSED_OVER,))
        assert dict(event.detail) == {
            "part": "2", "name": "re.edi.pgp", "reason": "openpgp", "partner": "4012345000009",
        }  # fmt: skip
        edi = interchange([invoice(2, "RE-9")])
        (document,), _ = converted(worker, INVOICES["zip"](edi), "edi@sealed.example")
        assert document.state is DocumentState.VALID


def test_an_invoice_beside_a_sealed_file_is_archived_and_the_file_told(tmp_path: Path) -> None:
    edi = interchange([invoice(2, "RE-1")])
    for worker in _worker(tmp_path):
        mail = FROM + several(coded(edi, name="a.edi"), coded(pgp_encrypted(), name="b.pgp"))
        found, done = converted(worker, mail, "a@p.example")
        assert sorted(d.state.value for d in found) == ["not-checked", "valid"]
        assert "parts" not in done or "not-checked" in str(done["parts"])
        assert len(letters(worker)) == 1


def test_how_an_invoice_stood_in_the_mail_is_a_warning_where_it_was_no_file(tmp_path: Path) -> None:
    edi = interchange([invoice(2, "RE-1")])
    for worker in _worker(tmp_path):
        (document,), _ = converted(worker, INVOICES["HTML in pre"](edi), "a@p.example")
        assert "MAIL-08" in document.rules


def test_a_held_invoice_of_an_automatic_mail_is_told_in_the_daily_mail(tmp_path: Path) -> None:
    edi = interchange([invoice(2, "RE-1", tax_id=False)])
    for worker in _worker(tmp_path):
        (document,), _ = converted(worker, INVOICES["automatic"](edi), "")
        assert document.state is DocumentState.INVALID
        assert letters(worker) == []
        (event,) = worker.store.log(kinds=(EventKind.NOTICE_DEFERRED,))
        assert event.document_id == document.document_id
