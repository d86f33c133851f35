"""The values that cross the door of the store: `New...` are written, the others are read. All are
frozen.

Moments are aware UTC datetimes, digests are SHA-256 in lower-case hex, sizes are octets, amounts
are Decimal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


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


class DocumentState(StrEnum):
    """The verdict on a document; the same words as in the JSON of the contract."""

    VALID = "valid"
    INVALID = "invalid"
    NOT_CHECKED = "not-checked"
    TEST = "test"
    NOT_AN_INVOICE = "not-an-invoice"
    DUPLICATE = "duplicate"


class Standing(StrEnum):
    """Whether somebody still has to act on a document, and if not, why.

    OPEN: held, somebody has to act; SETTLED by another document; CLOSED by a person with a reason;
    RELEASED: archived though invalid, by two people; DONE: nothing was ever to be done.
    """

    OPEN = "open"
    SETTLED = "settled"
    CLOSED = "closed"
    RELEASED = "released"
    DONE = "done"


FIRST_STANDING = {
    DocumentState.VALID: Standing.DONE,
    DocumentState.INVALID: Standing.OPEN,
    DocumentState.NOT_CHECKED: Standing.OPEN,
    DocumentState.TEST: Standing.DONE,
    DocumentState.NOT_AN_INVOICE: Standing.DONE,
    DocumentState.DUPLICATE: Standing.DONE,
}
"""What a verdict means for people at first."""


class UsageDirection(StrEnum):
    """What is counted per account and month: mail in, mail out, archive packages in, and what POP3
    clients fetched."""

    IN = "in"
    OUT = "out"
    ARCHIVE = "archive"
    FETCHED = "fetched"


class EventKind(StrEnum):
    """What can happen to a mail, a document or the gateway."""

    RECEIVED = "RECEIVED"
    CREATED = "CREATED"
    RELAYED = "RELAYED"
    DEFERRED = "DEFERRED"
    UNDELIVERABLE = "UNDELIVERABLE"
    DELIVERED = "DELIVERED"
    VALIDATED = "VALIDATED"
    HELD = "HELD"
    NOT_CHECKED = "NOT_CHECKED"
    TESTED = "TESTED"
    DUPLICATE_DISCARDED = "DUPLICATE_DISCARDED"
    PASSED_OVER = "PASSED_OVER"
    GAVE_UP = "GAVE_UP"
    NOTIFIED = "NOTIFIED"
    NOTICE_QUEUED = "NOTICE_QUEUED"
    NOTICE_DEFERRED = "NOTICE_DEFERRED"
    FETCHED = "FETCHED"
    DELETED_BY_CLIENT = "DELETED_BY_CLIENT"
    REPROCESSED = "REPROCESSED"
    RELEASED = "RELEASED"
    RESENT = "RESENT"
    ACCESSED = "ACCESSED"
    SOFT_DELETED = "SOFT_DELETED"
    RESTORED = "RESTORED"
    SETTLED = "SETTLED"
    CLOSED = "CLOSED"
    PURGED = "PURGED"
    PURGE_REFUSED = "PURGE_REFUSED"
    CONFIG_CHANGED = "CONFIG_CHANGED"
    RELOAD_ASKED = "RELOAD_ASKED"
    RELOADED = "RELOADED"
    QUEUE_CHANGED = "QUEUE_CHANGED"
    VERIFIED = "VERIFIED"
    INTEGRITY_VIOLATED = "INTEGRITY_VIOLATED"
    CERTIFICATE_USED = "CERTIFICATE_USED"
    STARTED = "STARTED"
    STOPPED = "STOPPED"
    RECORDED = "RECORDED"
    BASELINE = "BASELINE"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened, to be chained. detail: names and values in the order given."""

    kind: EventKind
    tenant: str | None = None
    account: str | None = None
    mail_id: str | None = None
    document_id: str | None = None
    detail: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the audit chain; `hash` is over `previous` and everything else of the row."""

    seq: int
    at: datetime
    kind: str
    tenant: str | None
    account: str | None
    mail_id: str | None
    document_id: str | None
    detail: tuple[tuple[str, str], ...]
    previous: str
    hash: str


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


@dataclass(frozen=True, slots=True)
class UnknownPartner:
    """A GLN without name or address in message and master data, and the NAD qualifier it was seen
    under."""

    gln: str
    qualifier: str


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file of a document. role: `original`, `xml`, `pdf`, `report` or any other word, once per
    version."""

    role: str
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class NewDocument:
    """One INVOIC for one tenant, with what it is found by.

    supplier_key: what identifies the supplier (VAT id, else GLN, else UNB id). claim: what may be
    valid only once per tenant, usually supplier_key and number; None claims nothing. content_hash:
    over what makes two invoices the same. retain_until: last day it must be kept. supplier_ids:
    every id of the supplier as `kind:id` without blanks: `vat`, `tax` and `id` are the supplier's
    alone, `unb` is the interchange's sender. replaces: numbers of the same supplier that this
    document takes the place of. standing: where the verdict does not say it (FIRST_STANDING).
    """

    document_id: str
    version: int
    state: DocumentState
    retain_until: date
    interchange_reference: str = ""
    message_reference: str = ""
    message_version: str = ""
    interchange_sha256: str = ""
    type_code: str = ""
    number: str = ""
    issue_date: date | None = None
    supplier_key: str = ""
    supplier_name: str = ""
    buyer_key: str = ""
    buyer_name: str = ""
    order_number: str = ""
    currency: str = ""
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    content_hash: str = ""
    claim: str | None = None
    errors: int = 0
    warnings: int = 0
    rules: tuple[str, ...] = ()
    unknown_partners: tuple[UnknownPartner, ...] = ()
    supplier_ids: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class ArchiveMail:
    """A mail put into an archive account: visible to POP3 with the commit, once per account and
    document version."""

    account: str
    content: bytes


@dataclass(frozen=True, slots=True)
class DocumentOutcome:
    """What one INVOIC became. notify: error mails and the like, queued in the same transaction.

    said: what else the event of its verdict says, besides version, state, number, rules and
    digests.
    """

    document: NewDocument
    files: tuple[NewFile, ...] = ()
    archive_mails: tuple[ArchiveMail, ...] = ()
    notify: tuple[Dispatch, ...] = ()
    events: tuple[NewEvent, ...] = ()
    said: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one job became. mails: those about the whole input (unreadable EDIFACT, alarms to the
    admins). damaged: messages of other types that are broken, for the log alone."""

    documents: tuple[DocumentOutcome, ...] = ()
    mails: tuple[Dispatch, ...] = ()
    events: tuple[NewEvent, ...] = ()
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A file the store holds for a document version; its bytes are `Store.document_content(id,
    role)`."""

    role: str
    name: str
    media_type: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Document:
    """A document version the store holds."""

    document_id: str
    version: int
    tenant: str
    direction: Direction
    state: DocumentState
    mail_id: str
    received_at: datetime
    created_at: datetime
    retain_until: date
    interchange_reference: str
    message_reference: str
    message_version: str
    interchange_sha256: str
    type_code: str
    number: str
    issue_date: date | None
    supplier_key: str
    supplier_name: str
    buyer_key: str
    buyer_name: str
    order_number: str
    currency: str
    net: Decimal | None
    tax: Decimal | None
    gross: Decimal | None
    content_hash: str
    errors: int
    warnings: int
    rules: tuple[str, ...]
    current: bool
    deleted_at: datetime | None
    deleted_by: str | None
    deleted_reason: str | None
    standing: Standing
    standing_at: datetime | None
    standing_by: str | None
    standing_reason: str | None
    settled_by: str | None
    supplier_ids: tuple[str, ...]
    files: tuple[DocumentFile, ...] = ()


@dataclass(frozen=True, slots=True)
class PreviousDocument:
    """A document of the same tenant, supplier and number that was not discarded."""

    document_id: str
    version: int
    state: DocumentState
    content_hash: str
    type_code: str
    issue_date: date | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; everything given must hold. partner, number: part of the text, case
    ignored.

    partner looks into names and keys of supplier and buyer. since, until: days of receipt, both
    included; since may be a moment (aware UTC). digest: SHA-256 of any file, of the interchange or
    of the mail.
    """

    tenant: str | None = None
    number: str | None = None
    partner: str | None = None
    state: DocumentState | None = None
    standing: Standing | None = None
    direction: Direction | None = None
    rule: str | None = None
    since: date | None = None
    until: date | None = None
    gross: Decimal | None = None
    digest: str | None = None
    mail_id: str | None = None
    deleted: bool = False
    all_versions: bool = False
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Closing:
    """Which open documents are to be closed: one by its id, or all of a number (exactly) or rule;
    all must hold."""

    document_id: str | None = None
    tenant: str | None = None
    number: str | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class PurgeRules:
    """What may be destroyed, and what a person takes on himself.

    years: the tenants' periods of today by account; for a tenant that is not there the chained
    period holds. keep_fetched_days: days a package stays after it was fetched. unfetched: also what
    was never fetched, or not so long ago. clock_is_right: also when the clock is far ahead of the
    newest sign of life. more_than_a_quarter: also when that is more than a quarter of the
    documents.
    """

    years: Mapping[str, int] = field(default_factory=dict)
    keep_fetched_days: int = 90
    unfetched: bool = False
    clock_is_right: bool = False
    more_than_a_quarter: bool = False

    @property
    def overridden(self) -> str:
        """The overrides as the chain records them, "" for none."""
        names = ("unfetched", "clock_is_right", "more_than_a_quarter")
        return " ".join(name.replace("_", "-") for name in names if getattr(self, name))


@dataclass(frozen=True, slots=True)
class Expired:
    """A document past its period. fetched: since when the newest offer of every package is; stays:
    why it is kept."""

    document_id: str
    tenant: str
    mail_id: str
    number: str
    issue_date: date | None
    state: DocumentState
    standing: Standing
    retain_until: date
    versions: int
    files: int
    octets: int
    fetched: datetime | None
    stays: str = ""


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What a purge would destroy, what past its period stays and why, and what speaks against all
    of it."""

    goes: tuple[Expired, ...]
    stays: tuple[Expired, ...]
    refused: str = ""


@dataclass(frozen=True, slots=True)
class MissingPartner:
    """A GLN that holds documents of a tenant for want of master data."""

    tenant: str
    gln: str
    qualifier: str
    documents: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class MailboxMessage:
    """One message of a maildrop: number from 1 in this session, UIDL for ever, size with the
    prefix."""

    number: int
    uidl: str
    size: int


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """How a mailbox stands: what waits to be fetched, since when, and when somebody last
    fetched."""

    account: str
    messages: int
    octets: int
    oldest: datetime | None
    last_fetch: datetime | None


@dataclass(frozen=True, slots=True)
class Usage:
    """Counters of one account, direction and month (`2026-11`)."""

    account: str
    direction: UsageDirection
    month: str
    mails: int
    documents: int
    octets: int


@dataclass(frozen=True, slots=True)
class Status:
    """The store at a glance, for health checks. oldest_*: since when the oldest due work waits."""

    jobs: tuple[tuple[JobState, int], ...]
    deliveries: tuple[tuple[DeliveryState, int], ...]
    oldest_job: datetime | None
    oldest_delivery: datetime | None
    free_octets: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something `verify` found. subject: what it is about, as the operator can look for it.

    code: `CHAIN`, `HEAD`, `SETTINGS`, `FOREIGN`, `UNPROVEN` or that of a table
    (`store.verify.CODES`). why, values: key and values of its sentence in
    `templates/verification.toml`, [store].
    """

    code: str
    subject: str
    why: str = ""
    values: tuple[tuple[str, str], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the chain at a moment, noted outside of the store. at: when, as the head says
    it."""

    seq: int
    hash: str
    at: str = ""


_LARGEST = 1 << 256


@dataclass(frozen=True, slots=True)
class Share:
    """A part of all objects, by their digests as a circle: `width` of it (0 to 1) from `start` on
    (lower-case hex)."""

    start: str = "0" * 64
    width: float = 1.0

    @property
    def end(self) -> str:
        """Where the next share begins."""
        return f"{(int(self.start, 16) + self._length) % _LARGEST:064x}"

    def ranges(self) -> tuple[tuple[str, str], ...]:
        """Digests of the share as ranges, both ends included; two where it goes over the end of the
        circle."""
        if self._length <= 0:
            return ()
        if self._length >= _LARGEST:
            return (("0" * 64, "f" * 64),)
        first, last = int(self.start, 16), int(self.start, 16) + self._length - 1
        if last < _LARGEST:
            return ((f"{first:064x}", f"{last:064x}"),)
        return (f"{first:064x}", "f" * 64), ("0" * 64, f"{last - _LARGEST:064x}")

    @property
    def _length(self) -> int:
        return _LARGEST if self.width >= 1 else int(self.width * _LARGEST)


EVERY_OBJECT = Share()
