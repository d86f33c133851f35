"""Values the store tests write; every name is invented."""

from datetime import date
from decimal import Decimal
from typing import Any

from edigate.store import (
    ArchiveMail,
    DeliveryKind,
    Direction,
    Dispatch,
    DocumentOutcome,
    DocumentState,
    Entrance,
    Job,
    NewDelivery,
    NewDocument,
    NewFile,
    NewJob,
    NewMail,
    Outcome,
    Store,
    UnknownPartner,
    document_id_for,
)

TENANT = "2800001946"
ARCHIVE = "2800001946.111"
GLN = "4319876000028"


def mail(content: bytes = b"Subject: EDI\r\n\r\nUNA:+.? '\r\n", **fields: Any) -> NewMail:
    """A mail from a partner."""
    said: dict[str, Any] = {
        "content": content,
        "sender": "edi@partner.example",
        "recipients": (f"{TENANT}@edi.example",),
    }
    return NewMail(**(said | fields))


def to_mailbox(
    account: str = TENANT, prefix: bytes = b"Return-Path: <edi@partner.example>\r\n"
) -> NewDelivery:
    """A local delivery."""
    return NewDelivery(DeliveryKind.MAILBOX, f"{account}@edi.example", account, prefix)


def to_relay(recipient: str = "edi@far.example") -> NewDelivery:
    """A delivery to the next hop."""
    return NewDelivery(DeliveryKind.RELAY, recipient)


def received(
    store: Store, content: bytes = b"Subject: EDI\r\n\r\nUNA:+.? '\r\n", tenant: str = TENANT
) -> str:
    """A mail accepted for a tenant, with its job."""
    return store.accept(mail(content), [to_mailbox(tenant)], [NewJob(tenant, Direction.IN)])


def claimed(store: Store) -> Job:
    """The next job."""
    job = store.claim_job("worker-1")
    assert job is not None
    return job


def document(job: Job, message: int = 1, **fields: Any) -> NewDocument:
    """A valid document of a job."""
    document_id = document_id_for(job.mail_id, job.tenant, 1, message)
    said: dict[str, Any] = {
        "document_id": document_id,
        "version": job.next_version(document_id),
        "state": DocumentState.VALID,
        "retain_until": date(2034, 12, 31),
        "interchange_reference": "IC4711",
        "message_reference": f"M{message:05}",
        "type_code": "380",
        "number": f"RE-{message}",
        "issue_date": date(2026, 11, 18),
        "supplier_key": "DE123456789",
        "supplier_name": "Schraubenwerk Nord GmbH",
        "buyer_key": GLN,
        "buyer_name": "Baumarkt Süd AG",
        "currency": "EUR",
        "net": Decimal("1000.00"),
        "tax": Decimal("190.00"),
        "gross": Decimal("1190.00"),
        "content_hash": "c" * 64,
        "claim": f"DE123456789/RE-{message}",
    }
    return NewDocument(**(said | fields))


def valid(job: Job, message: int = 1, **fields: Any) -> DocumentOutcome:
    """A valid document with its package and its archive mail."""
    new = document(job, message, **fields)
    return DocumentOutcome(
        new,
        files=(
            NewFile("original", "original.edi", "application/EDIFACT", b"UNB+... %d" % message),
            NewFile("pdf", "2026-11-18_RE.pdf", "application/pdf", b"%%PDF-1.7 %d" % message),
        ),
        archive_mails=(
            ArchiveMail(ARCHIVE, f"X-Edigate-Document-Id: {new.document_id}\r\n\r\npdf".encode()),
        ),
    )


def held(job: Job, message: int = 1, gln: str | None = GLN, **fields: Any) -> DocumentOutcome:
    """A held document with its error mail."""
    unknown = (UnknownPartner(gln, "SU"),) if gln else ()
    said: dict[str, Any] = {
        "state": DocumentState.INVALID,
        "unknown_partners": unknown,
        "errors": 1,
        "rules": ("UST-01",),
    } | fields
    new = document(job, message, **said)
    error_mail = NewMail(
        f"Subject: held {new.document_id}.{new.version}\r\n\r\n".encode(),
        "",
        ("buchhaltung@example.com",),
        origin=Entrance.GATEWAY,
        document_id=new.document_id,
    )
    return DocumentOutcome(
        new,
        files=(NewFile("report", "report.json", "application/json", b"{}"),),
        notify=(
            Dispatch(error_mail, (NewDelivery(DeliveryKind.NOTIFY, "buchhaltung@example.com"),)),
        ),
    )


def archived(
    store: Store, content: bytes = b"Subject: EDI\r\n\r\nUNA:+.? '\r\n", **fields: Any
) -> str:
    """A mail accepted, converted, and archived; returns the document id."""
    received(store, content)
    job = claimed(store)
    outcome = valid(job, **fields)
    store.commit_outcome(job, Outcome((outcome,)))
    return outcome.document.document_id
