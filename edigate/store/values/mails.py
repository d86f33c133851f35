"""Mails that come in, the deliveries and jobs they cause, and mails that go out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edigate.store.values.states import DocumentState


class Entrance(StrEnum):
    """How a mail came in: from a partner, from an authenticated account, or made by the gateway
    itself."""

    MX = "mx"
    SUBMISSION = "submission"
    GATEWAY = "gateway"


class DeliveryKind(StrEnum):
    """Where a mail goes: a local mailbox, the next hop, or a notify address (also by the next
    hop)."""

    MAILBOX = "mailbox"
    RELAY = "relay"
    NOTIFY = "notify"


class DeliveryState(StrEnum):
    """QUEUED waits for run_at; RUNNING has a lease; HELD waits for the operator; DONE and FAILED
    are final."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    DONE = "done"
    FAILED = "failed"


class JobState(StrEnum):
    """HELD: could not be checked (worker killed twice, engine failure); FAILED: dropped by the
    operator."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    HELD = "held"
    FAILED = "failed"


class Direction(StrEnum):
    """Whether the tenant received the document or sent it."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to keep. content: as it goes on, Received line included, Return-Path not.

    sender: reverse path, "" for the null sender. submitter: the authenticated account. id: given
    beforehand when the Received line names it. document_id: the document a mail of the gateway is
    about. once: a mail with a key that the store has seen is not taken again (alarms, statements).
    """

    content: bytes
    sender: str
    recipients: tuple[str, ...]
    origin: Entrance = Entrance.MX
    id: str | None = None
    submitter: str | None = None
    peer: str | None = None
    message_id: str | None = None
    subject: str | None = None
    received_at: datetime | None = None
    document_id: str | None = None
    once: str | None = None


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """One recipient of a mail. MAILBOX needs `account`: it is delivered in the very transaction
    that takes the mail.

    prefix: lines put before the content in the mailbox (Return-Path). run_at: not before; now when
    None.
    """

    kind: DeliveryKind
    recipient: str
    account: str | None = None
    prefix: bytes = b""
    run_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """The archive job of one mail for one tenant."""

    tenant: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A mail with where it goes."""

    mail: NewMail
    deliveries: tuple[NewDelivery, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail the store holds; its bytes are `Store.mail_content(id)`."""

    id: str
    origin: Entrance
    sender: str
    recipients: tuple[str, ...]
    submitter: str | None
    peer: str | None
    message_id: str | None
    subject: str | None
    received_at: datetime
    sha256: str
    size: int
    document_id: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's delivery. attempts counts claims, written before each attempt; it is also the
    fencing token."""

    id: int
    mail_id: str
    kind: DeliveryKind
    recipient: str
    state: DeliveryState
    attempts: int
    run_at: datetime
    created_at: datetime
    lease_until: datetime | None
    last_result: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """The newest version of a document that an earlier run of the same job made."""

    document_id: str
    version: int
    state: DocumentState


@dataclass(frozen=True, slots=True)
class Job:
    """An archive job. attempts counts claims and is the fencing token; crashes counts workers that
    died over it.

    scope: only these documents are to be converted again; None means all. known: what earlier runs
    made.
    """

    id: int
    mail_id: str
    tenant: str
    direction: Direction
    state: JobState
    attempts: int
    crashes: int
    run_at: datetime
    created_at: datetime
    lease_until: datetime | None
    worker: str | None
    last_result: str | None
    scope: frozenset[str] | None = None
    known: tuple[KnownDocument, ...] = ()

    def wants(self, document_id: str) -> bool:
        """True when this run is to convert the document: in scope and not archived as valid
        before."""
        if self.scope is not None and document_id not in self.scope:
            return False
        return all(
            k.document_id != document_id or k.state is not DocumentState.VALID for k in self.known
        )

    def next_version(self, document_id: str) -> int:
        """The version this run's result gets: 1, or one more than the newest known."""
        return max((k.version for k in self.known if k.document_id == document_id), default=0) + 1
