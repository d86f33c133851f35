"""What is held already and comes again is known: no second letter, nothing more to do."""

import re
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import SMTP
from itertools import count
from pathlib import Path

import pytest

from edigate.config import Sealing, Settings, Tenant
from edigate.service.conversion.worker import Worker
from edigate.store import DeliveryKind, Direction, Document, DocumentState, NewJob, Search, Standing
from tests.generate import SELLER, interchange, invoice
from tests.mail.further_shapes import INVOICES as FURTHER
from tests.mail.shapes import FROM, INVOICES, attached, part, raw_mail, several
from tests.store import samples
from tests.store.samples import TENANT

_SENDERS = count(1)
BAD = interchange([invoice(2, "RE-1", tax_id=False)])
GOOD = interchange([invoice(2, "RE-1")], reference="IC2")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    """A worker on an empty store."""
    settings = Settings(
        hostname="gw.example", domain="edi.example", data=tmp_path, admins=("ops@far.example",),
        seal=Sealing(enabled=False),
        tenant=(Tenant(account=TENANT, name="Baumarkt Süd AG", notify=("buch@far.example",)),),
    )  # fmt: skip
    made = Worker("w1", settings, sys.stderr)
    with made.store:
        yield made


def came(worker: Worker, content: bytes) -> list[Document]:
    """The documents of a mail, each from a sender of its own."""
    sender = f"a{next(_SENDERS)}@partner.example"
    mail = worker.store.accept(
        samples.mail(content, sender=sender), [], [NewJob(TENANT, Direction.IN)]
    )
    run(worker)
    return [d for d in worker.store.search(Search(limit=1000)) if d.mail_id == mail]


def run(worker: Worker) -> None:
    while worker.work():
        pass


def letters(worker: Worker) -> list[str]:
    """Subjects of all mails to the tenant's people."""
    notices = [d for d in worker.store.deliveries(limit=1000) if d.kind is DeliveryKind.NOTIFY]
    mails = (message_from_bytes(worker.store.mail_content(n.mail_id), policy=SMTP) for n in notices)
    return [str(m["Subject"]) for m in mails]


AGAIN: dict[str, Callable[[bytes], bytes]] = {
    "attachment": raw_mail,
    "delivery report": INVOICES["delivery report"],
    "quoted": INVOICES["quoted"],
    "HTML": INVOICES["HTML in pre"],
    "hexadecimal": FURTHER["hexadecimal"],
    "another reference": lambda e: raw_mail(e.replace(b"IC1", b"IC9")),
}


@pytest.mark.parametrize("way", AGAIN)
def test_a_held_invoice_that_comes_again_is_known(worker: Worker, way: str) -> None:
    (first,) = came(worker, raw_mail(BAD))
    (second,) = came(worker, AGAIN[way](BAD))
    assert (first.state, first.standing) == (DocumentState.INVALID, Standing.OPEN)
    assert (second.state, second.standing) == (DocumentState.DUPLICATE, Standing.DONE)
    assert "MAIL-09" in second.rules
    report = worker.store.document_content(second.document_id, "report")
    assert first.document_id.encode() in report
    assert len(letters(worker)) == 1


def test_text_and_html_of_one_mail_are_one_held_invoice(worker: Worker) -> None:
    alternative = FROM + several(
        part(BAD),
        part(b"<pre>" + BAD + b"</pre>", "text/html"),
        kind='alternative; boundary="=_b"',
    )
    found = came(worker, alternative)
    assert sorted(d.state.value for d in found) == ["duplicate", "invalid"]
    assert len(letters(worker)) == 1


def test_other_content_under_the_number_is_told(worker: Worker) -> None:
    came(worker, raw_mail(BAD))
    (other,) = came(worker, raw_mail(interchange([invoice(3, "RE-1", tax_id=False)])))
    assert other.standing is Standing.OPEN
    assert len(letters(worker)) == 2


def test_a_returned_mail_after_the_correction_is_known(worker: Worker) -> None:
    (first,) = came(worker, raw_mail(BAD))
    (good,) = came(worker, raw_mail(GOOD))
    (returned,) = came(worker, INVOICES["delivery report"](BAD))
    assert good.state is DocumentState.VALID
    assert returned.state is DocumentState.DUPLICATE
    assert "MAIL-09" in returned.rules
    assert worker.store.document(first.document_id).settled_by == good.document_id
    assert len(letters(worker)) == 1


def test_the_first_stays_held_when_both_are_judged_again(worker: Worker) -> None:
    (first,) = came(worker, raw_mail(BAD))
    (second,) = came(worker, raw_mail(BAD))
    for document in (first, second):
        worker.store.replay(document.document_id, "somebody", "try again")
        run(worker)
    assert worker.store.document(first.document_id).standing is Standing.OPEN
    assert worker.store.document(second.document_id).state is DocumentState.DUPLICATE


def test_a_cut_interchange_that_comes_again_is_known(worker: Worker) -> None:
    cut = BAD[: BAD.index(b"UNZ")]
    (first,) = came(worker, raw_mail(cut))
    (second,) = came(worker, INVOICES["forwarded"](cut))
    (shorter,) = came(worker, raw_mail(cut[:-40]))
    states = [d.state for d in (first, second, shorter)]
    assert states == [DocumentState.INVALID, DocumentState.DUPLICATE, DocumentState.INVALID]
    assert len(letters(worker)) == 2


@pytest.mark.parametrize(
    "content",
    [BAD[BAD.index(b"LIN") :], b"\x1f\x8b\x08cut", re.sub(rb"RE-1\+9", b"+9", BAD)],
    ids=["second half", "damaged archive", "no number"],
)
def test_without_number_or_reference_everything_is_told(worker: Worker, content: bytes) -> None:
    found = [*came(worker, attached(content)), *came(worker, attached(content))]
    assert [d.standing for d in found] == [Standing.OPEN] * 2
    assert len(letters(worker)) == 2


@pytest.mark.parametrize("sender", [SELLER, "PROVIDER1"])
def test_a_sound_copy_settles_a_damaged_one(worker: Worker, sender: str) -> None:
    """Also where a provider sends for many, whose id says nothing about the supplier."""
    sound = interchange([invoice(2, "RE-1")], sender=sender)
    (held,) = came(worker, raw_mail(sound.replace(b"UNH+1+INVOIC:D:96A:UN:EAN008'", b"UNH'")))
    (good,) = came(worker, raw_mail(sound))
    assert held.standing is Standing.OPEN
    assert worker.store.document(held.document_id).settled_by == good.document_id
