"""Events of the audit chain, what verifying finds, and which bytes are looked at."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
