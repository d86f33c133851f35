"""Documents: what is kept of each, how it stands, and how it is asked for."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from edigate.store.values.history import NewEvent
from edigate.store.values.mails import Direction, Dispatch
from edigate.store.values.states import DocumentState, Standing


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
    of the mail. among: documents of these tenants alone, as if there were no others.
    """

    among: frozenset[str] | None = None
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
class MissingPartner:
    """A GLN that holds documents of a tenant for want of master data."""

    tenant: str
    gln: str
    qualifier: str
    documents: int
    first_seen: datetime
    last_seen: datetime
