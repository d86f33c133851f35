"""A job's documents -> the mails people get about them: single ones, one for all, or later in a
digest.

When more than a few documents of one supplier are held within some minutes, further ones get no
mail of their own: their NOTICE_DEFERRED event, committed with them, makes the daemon name them in
one mail (`digest`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from edigate.config import Settings, Tenant
from edigate.service.letters.digests_due import MOST, NamedDocument, Urgency, naming
from edigate.store import (
    Direction,
    Dispatch,
    Document,
    DocumentState,
    EventKind,
    Mail,
    NewDocument,
    NewEvent,
    Search,
    Store,
)

_MORNING = time(6, 0, tzinfo=ZoneInfo("Europe/Berlin"))
"""When the daily mails about warnings go out."""
_LOOKED_AT = 200
"""Documents looked at to count those of a window."""

_STATES = {
    Urgency.HELD: (DocumentState.INVALID, DocumentState.NOT_AN_INVOICE),
    Urgency.WARNED: (DocumentState.VALID,),
    Urgency.TESTED: (DocumentState.TEST,),
}


class Way(StrEnum):
    """How people are told of a document: in a mail of its own, in one for the whole job, in one
    later."""

    SINGLE = "single"
    TOGETHER = "together"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Notice:
    """A document that people are to be told about. compose makes its single mail; report, original:
    its files."""

    document: NewDocument
    urgency: Urgency
    report: bytes
    original: bytes
    compose: Callable[[], Dispatch | None]


@dataclass(frozen=True, slots=True)
class Told:
    """How a job's documents are told: mails and events by document, and mails that name several."""

    mails: Mapping[str, tuple[Dispatch, ...]]
    events: Mapping[str, tuple[NewEvent, ...]]
    together: tuple[Dispatch, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a job's documents came in, whom they concern, and the store that knows of others.

    automatic: a machine sent the mail by itself. People are told in the daily mail, which holds no
    file: two gateways that answered each other's mails at once would write to each other for ever
    (RFC 3834 section 2).
    """

    mail: Mail
    direction: Direction
    tenant: Tenant
    settings: Settings
    store: Store
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    automatic: bool = False


def tell(found: Sequence[Notice], desk: Desk) -> Told:
    """Decide for the documents of one job and make the mails. Raises: Unavailable."""
    ways = _decide(found, desk)
    mails: dict[str, tuple[Dispatch, ...]] = {}
    events: dict[str, tuple[NewEvent, ...]] = {}
    together: dict[Urgency, list[Notice]] = {}
    for notice in found:
        key, way = notice.document.document_id, ways[notice.document.document_id]
        if way is Way.TOGETHER:
            together.setdefault(notice.urgency, []).append(notice)
        elif way is Way.LATER:
            until = _until(notice.urgency, desk)
            events[key] = (
                _event(EventKind.NOTICE_DEFERRED, notice, desk, until=until.isoformat()),
            )
        elif (made := notice.compose()) is not None:
            mails[key] = (made,)
            events[key] = (
                _event(EventKind.NOTICE_QUEUED, notice, desk, message=made.mail.message_id or ""),
            )
    dispatches = []
    for urgency, all_members in together.items():
        for members in (all_members[n : n + MOST] for n in range(0, len(all_members), MOST)):
            named = [_named(n, desk) for n in members]
            made = naming(urgency, named, desk.tenant, desk.settings, desk.mail.received_at)
            if made is None:
                continue
            dispatches.append(made)
            for n in members:
                said = made.mail.message_id or ""
                events[n.document.document_id] = (
                    _event(EventKind.NOTICE_QUEUED, n, desk, message=said),
                )
    return Told(mails, events, tuple(dispatches))


def _named(notice: Notice, desk: Desk) -> NamedDocument:
    missing = frozenset(p.gln for p in notice.document.unknown_partners)
    return NamedDocument(
        notice.document, desk.direction, desk.mail.sender, notice.report, notice.original, missing
    )


def _decide(found: Sequence[Notice], desk: Desk) -> Mapping[str, Way]:
    """Single mails up to the limit; one mail at once where this job alone goes beyond it; else
    later."""
    groups: dict[tuple[Urgency, str], list[str]] = {}
    for notice in found:
        group = (notice.urgency, notice.document.supplier_key or desk.mail.sender)
        groups.setdefault(group, []).append(notice.document.document_id)
    ways: dict[str, Way] = {}
    for (urgency, key), ids in groups.items():
        if desk.automatic or (urgency is Urgency.WARNED and desk.tenant.warnings == "daily"):
            ways |= dict.fromkeys(ids, Way.LATER)
            continue
        recent = _recent(urgency, key, desk)
        allowed = max(0, desk.settings.notices.single_mails - recent)
        if len(ids) > allowed and not recent:
            ways |= dict.fromkeys(ids, Way.TOGETHER)
        else:
            ways |= {i: Way.SINGLE if n < allowed else Way.LATER for n, i in enumerate(ids)}
    return ways


def _recent(urgency: Urgency, key: str, desk: Desk) -> int:
    """How many documents of other mails were held (or archived with warnings) for the supplier, or
    for the sender of unreadable ones, around the time this mail came. By time of receipt, so that a
    backlog does not flood."""
    mail, settings = desk.mail, desk.settings
    window = timedelta(seconds=settings.notices.window_seconds)
    since, until = mail.received_at - window, mail.received_at + window
    by_sender = key == mail.sender
    count = 0
    for state in _STATES[urgency]:
        what = Search(
            tenant=desk.tenant.account,
            state=state,
            partner=None if by_sender else key,
            since=since,
            until=until.date(),
            limit=_LOOKED_AT,
        )
        for document in desk.store.search(what):
            if document.mail_id == mail.id or document.received_at > until:
                continue
            if urgency is Urgency.WARNED and not document.warnings:
                continue
            if by_sender and not _sent_by(document, mail.sender, desk.store):
                continue
            count += 1
            if count >= settings.notices.single_mails:
                return count
    return count


def _sent_by(document: Document, sender: str, store: Store) -> bool:
    return not document.supplier_key and store.mail(document.mail_id).sender == sender


def _until(urgency: Urgency, desk: Desk) -> datetime:
    if desk.automatic or (urgency is Urgency.WARNED and desk.tenant.warnings == "daily"):
        local = desk.now.astimezone(_MORNING.tzinfo)
        morning = datetime.combine(local.date(), _MORNING)
        return (morning if morning > local else morning + timedelta(days=1)).astimezone(UTC)
    return desk.now + timedelta(seconds=desk.settings.notices.window_seconds)


def _event(kind: EventKind, notice: Notice, desk: Desk, **detail: str) -> NewEvent:
    said = (
        ("version", str(notice.document.version)),
        ("urgency", notice.urgency.value),
        *detail.items(),
    )
    return NewEvent(
        kind,
        desk.tenant.account,
        mail_id=desk.mail.id,
        document_id=notice.document.document_id,
        detail=said,
    )
