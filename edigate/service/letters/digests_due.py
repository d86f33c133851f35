"""Documents that wait to be told of -> one mail that names them all, when their time has come.

A NOTICE_DEFERRED event, written in the transaction that holds a document (`telling`), says until
when it waits. Every document is named exactly once: the mail's key is made of the documents it
names, so a turn that was cut off between the mail and its NOTICE_QUEUED events repeats itself
without a second mail.
"""

import asyncio
import contextlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog

from edigate.config import Settings, Tenant
from edigate.errors import EdigateError
from edigate.mail.compose import MailFile
from edigate.report import digest as report
from edigate.report.letter import Circumstance
from edigate.report.presentation import Identity
from edigate.service.letters import notices
from edigate.store import (
    Direction,
    Dispatch,
    Document,
    DocumentState,
    Event,
    EventKind,
    NewDocument,
    NewEvent,
    Store,
    Unknown,
)

log = structlog.get_logger("edigate.digest")

_POLL_SECONDS = 5.0
_MOST_FILES = 20
"""Originals that go with a mail as files of their own; more go as one archive."""
MOST = 500
"""Documents one mail names."""
_LOOK_BACK = timedelta(days=40)
"""Longer than anything waits, or a daemon stands still."""


class Urgency(StrEnum):
    """Why people are told: the document was held, was archived with warnings, or was a test."""

    HELD = "held"
    WARNED = "warned"
    TESTED = "tested"


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A document that the mail names. report, original: its files, or nothing where they are not to
    be attached.

    missing: the GLNs that it needs master data of.
    """

    document: NewDocument | Document
    direction: Direction
    sender: str
    report: bytes = b""
    original: bytes = b""
    missing: frozenset[str] = frozenset()


def naming(
    urgency: Urgency,
    documents: Sequence[NamedDocument],
    tenant: Tenant,
    settings: Settings,
    at: datetime,
) -> Dispatch | None:
    """One mail that names the documents, with their reports as one file; None when there is nobody
    to tell."""
    full = tenant.notify_content == "full"
    attached = _attached(documents) if full else ()
    circumstance = Circumstance(
        full=full,
        attached=tuple(a.name for a in attached),
        tenant=tenant.name,
        contact=settings.admins[0] if settings.admins else "",
    )
    entries = [_entry(d, tenant) for d in documents]
    letter = report.digest(entries, circumstance, tenant.language, urgency.value)
    about = "digest " + " ".join(
        f"{d.document.document_id}.v{d.document.version}" for d in documents
    )
    return notices.to_tenant(letter, tenant, settings, about=about, at=at, attachments=attached)


def _attached(documents: Sequence[NamedDocument]) -> tuple[MailFile, ...]:
    """The reports as one file, and the originals as far as a mail can carry them; many of them as
    one archive."""
    report = _combined([d.report for d in documents])
    room = notices.MOST_ATTACHED - sum(len(a.content) for a in report)
    originals: list[MailFile] = []
    for number, named in enumerate(documents, 1):
        room -= len(named.original)
        if not named.original or room < 0:
            break
        name = f"{number:03d}_{named.document.number or named.document.document_id}.edi"
        originals.append(MailFile(name, named.original, "application/EDIFACT"))
    if len(originals) > _MOST_FILES:
        return (_archive(originals), *report)
    return (*originals, *report)


def _archive(files: Sequence[MailFile]) -> MailFile:
    """The files in one zip, the same bytes every time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            name = re.sub(r"[^A-Za-z0-9._-]", "_", file.name)
            archive.writestr(
                zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), file.content, zipfile.ZIP_DEFLATED
            )
    return MailFile("originals.zip", content.getvalue(), "application/zip")


def _combined(reports: Sequence[bytes]) -> tuple[MailFile, ...]:
    """All reports as one; nothing when they are too large for a mail."""
    if not all(reports) or sum(map(len, reports)) > notices.MOST_ATTACHED:
        return ()
    documents: list[dict[str, Any]] = [json.loads(r) for r in reports]
    joined = documents[0] | {"inputs": [i for d in documents for i in d["inputs"]]}
    content = json.dumps(joined, ensure_ascii=False, indent=1).encode() + b"\n"
    return (MailFile("report.json", content, "application/json"),)


def _entry(named: NamedDocument, tenant: Tenant) -> report.DigestEntry:
    document = named.document
    identity = Identity(
        number=document.number,
        type_code=document.type_code,
        issue_date=document.issue_date.isoformat() if document.issue_date else "",
        currency=document.currency,
        gross="" if document.gross is None else f"{document.gross:f}",
        seller=document.supplier_name,
    )
    return report.DigestEntry(
        document.document_id,
        named.direction.value,
        identity,
        document.rules,
        named.sender,
        document.interchange_reference or "",
        invoice=document.state is not DocumentState.NOT_AN_INVOICE,
        own_only=bool(named.missing) and named.missing <= set(tenant.edi_ids),
    )


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A document version that waits. at: when it began to."""

    document_id: str
    version: int
    tenant: str
    urgency: Urgency
    at: datetime
    until: datetime


class Digests:
    """The daemon's part: follows the audit chain and names what has waited long enough."""

    def __init__(
        self, store: Store, settings: Callable[[], Settings], queued: Callable[[], None]
    ) -> None:
        """queued: called when there is a mail for the relay."""
        self._store = store
        self._settings = settings
        self._queued = queued
        self._seen: int | None = None
        self._waiting: dict[tuple[str, int], _Waiting] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Take turns until the stop; a turn that has begun is finished."""
        while not stop.is_set():
            try:
                if await self._store.in_thread(self.turn):
                    self._queued()
            except EdigateError as reason:
                log.warning("digest.later", code=reason.code, reason=reason.message)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await stop.wait()

    def turn(self, now: datetime | None = None) -> int:
        """Name everything whose time has come; how many mails were made. Raises: Unavailable."""
        now = now or datetime.now(UTC)
        self._follow(now)
        made = 0
        for batch in list(self._due(now)):
            made += self._name(batch, now)
        return made

    def _follow(self, now: datetime) -> None:
        """Read on in the chain: what began to wait, what was named meanwhile."""
        if self._seen is None:
            self._seen = self._seq_at(now - _LOOK_BACK)
        head, _ = self._store.chain_head()
        kinds = (EventKind.NOTICE_DEFERRED, EventKind.NOTICE_QUEUED)
        while events := self._store.log(kinds=kinds, after=self._seen):
            for event in events:
                self._note(event)
            self._seen = events[-1].seq
        self._seen = max(self._seen, head)

    def _seq_at(self, moment: datetime) -> int:
        """Number of the last event before a moment; events are in the order of time. At least 1,
        where nothing waits yet: the first event of a chain is the start."""
        low, high = 1, max(1, self._store.chain_head()[0])
        while low < high:
            middle = (low + high) // 2
            event = self._store.log(after=middle, limit=1)
            if event and event[0].at < moment:
                low = middle + 1
            else:
                high = middle
        return low

    def _note(self, event: Event) -> None:
        said = dict(event.detail)
        key = (event.document_id or "", int(said["version"]))
        if event.kind == EventKind.NOTICE_QUEUED:
            self._waiting.pop(key, None)
        elif key not in self._waiting:
            until = datetime.fromisoformat(said["until"])
            urgency = Urgency(said["urgency"])
            self._waiting[key] = _Waiting(*key, event.tenant or "", urgency, event.at, until)

    def _due(self, now: datetime) -> Iterator[list[_Waiting]]:
        """Batches of one tenant and urgency: all that began to wait while the first of them did."""
        groups: dict[tuple[str, Urgency], list[_Waiting]] = {}
        for waiting in self._waiting.values():
            groups.setdefault((waiting.tenant, waiting.urgency), []).append(waiting)
        for group in groups.values():
            if group[0].until <= now:
                batch = [w for w in group if w.at <= group[0].until]
                yield from (batch[n : n + MOST] for n in range(0, len(batch), MOST))

    def _name(self, batch: Sequence[_Waiting], now: datetime) -> int:
        """One mail for the batch; what has a newer version by now was told, or archived, with
        that."""
        settings = self._settings()
        tenant = settings.tenant_of(batch[0].tenant)
        current = [d for d in map(self._current, batch) if d is not None]
        made = None
        if tenant is not None and current:
            made = naming(batch[0].urgency, self._with_reports(current), tenant, settings, now)
        if made is not None:
            self._store.accept(made.mail, made.deliveries)
        named = {d.document_id for d in current} if made is not None else set()
        self._store.record(
            *(self._named(w, made if w.document_id in named else None) for w in batch)
        )
        for waiting in batch:
            self._waiting.pop((waiting.document_id, waiting.version), None)
        log.info(
            "digest.sent",
            tenant=batch[0].tenant,
            documents=len(named),
            left_out=len(batch) - len(named),
        )
        return int(made is not None)

    def _current(self, waiting: _Waiting) -> Document | None:
        try:
            document = self._store.document(waiting.document_id)
        except Unknown:
            return None
        return document if document.version == waiting.version else None

    def _with_reports(self, documents: Sequence[Document]) -> list[NamedDocument]:
        left = notices.MOST_ATTACHED
        found = []
        for role in ("report", "original"):
            octets = sum(f.size for d in documents for f in d.files if f.role == role)
            left -= octets
            found.append([self._content(d, role) if left >= 0 else b"" for d in documents])
        return [
            NamedDocument(
                d,
                d.direction,
                self._store.mail(d.mail_id).sender,
                report,
                original,
                self._store.glns_missing(d.document_id),
            )
            for d, report, original in zip(documents, *found, strict=True)
        ]

    def _content(self, document: Document, role: str) -> bytes:
        if all(f.role != role for f in document.files):
            return b""
        return self._store.document_content(document.document_id, role, document.version)

    def _named(self, waiting: _Waiting, made: Dispatch | None) -> NewEvent:
        message = made.mail.message_id or "" if made else ""
        detail = (
            ("version", str(waiting.version)),
            ("urgency", waiting.urgency.value),
            ("message", message),
        )
        return NewEvent(
            EventKind.NOTICE_QUEUED, waiting.tenant, document_id=waiting.document_id, detail=detail
        )
