"""What people do about mails and documents. Each act is recorded with who does it and, where one is
needed or was given, why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from edigate.actions.asking import document_named, named
from edigate.actions.scope import Scope
from edigate.config import Settings
from edigate.service.gateway import undelivered
from edigate.store import (
    Act,
    Closing,
    DeliveryState,
    Dispatch,
    Document,
    EventKind,
    FoundId,
    IdKind,
    NewEvent,
    Store,
    acted,
    reason_for,
)


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts and why. by: as the face of the gateway knows it for certain (the account of the
    process, the user of a session), never as the caller claims it. reason: "" for none."""

    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LetGo:
    """What `release` set going again."""

    jobs: int
    deliveries: int


@dataclass(frozen=True, slots=True)
class QueueWish:
    """What is wanted of the queue, by number. silent: the sender of a dropped delivery is not
    told."""

    hold: int | None = None
    retry: int | None = None
    drop: int | None = None
    drop_job: int | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class TakenOut:
    """The files of one version of a document, each hashed again on its way out."""

    document: Document
    files: Mapping[str, bytes]


def replay(store: Store, scope: Scope, who: Who, text: str) -> int:
    """Check a mail or a document again; how many jobs that makes. Raises: Unknown."""
    return store.replay(_mail_or_document(store, scope, text).id, who.by, who.reason)


def release(store: Store, scope: Scope, who: Who, text: str) -> LetGo:
    """Try once more what is held of a mail or document. Never archives what is not valid.

    Raises: Unknown.
    """
    found = _mail_or_document(store, scope, text)
    document_id = found.id if found.kind is IdKind.DOCUMENT else None
    mail_id = found.id if document_id is None else store.document(document_id).mail_id
    jobs = store.replay(found.id, who.by, who.reason)
    held = store.deliveries(state=DeliveryState.HELD, mail_id=mail_id, among=scope.accounts)
    for delivery in held:
        store.retry_delivery(delivery.id, who.by, who.reason)
    done = LetGo(jobs, len(held))
    counts = (("jobs", str(done.jobs)), ("deliveries", str(done.deliveries)))
    detail = (*acted(Act.LET_GO, who.by, who.reason), *counts)
    store.record(
        NewEvent(EventKind.RELEASED, mail_id=mail_id, document_id=document_id, detail=detail)
    )
    return done


def resend(store: Store, scope: Scope, who: Who, text: str) -> int:
    """Offer delivered messages again; how many. Raises: Unknown."""
    kinds = () if scope.accounts is None else (IdKind.DOCUMENT,)
    return store.reoffer(named(store, scope, text, *kinds).id, who.by, who.reason)


def on_queue(store: Store, settings: Settings, who: Who, wish: QueueWish, now: datetime) -> None:
    """Hold, retry or give up deliveries and jobs. The queue is the whole gateway's, so this takes
    no scope. now: aware, of the report to a sender.

    Raises: Unknown, Misconfigured (dropping without a reason).
    """
    if wish.drop is not None or wish.drop_job is not None:
        reason_for(Act.DROP, who.reason)  # before anything else is done
    if wish.hold is not None:
        store.hold_delivery(wish.hold, who.by, who.reason)
    if wish.retry is not None:
        store.retry_delivery(wish.retry, who.by, who.reason)
    if wish.drop is not None:
        _drop(store, settings, who, wish, now)
    if wish.drop_job is not None:
        store.drop_job(wish.drop_job, who.by, who.reason)


def _drop(store: Store, settings: Settings, who: Who, wish: QueueWish, now: datetime) -> None:
    assert wish.drop is not None
    delivery = store.delivery(wish.drop)
    reports: tuple[Dispatch, ...] = ()
    if not wish.silent:  # RFC 3464
        mail, content = store.mail(delivery.mail_id), store.mail_content(delivery.mail_id)
        reports = undelivered.dropped(delivery, mail, content, settings, now)
    store.drop_delivery(wish.drop, who.by, who.reason, reports)


def take_out(
    store: Store, scope: Scope, who: Who, text: str, version: int | None = None
) -> TakenOut:
    """The files of a document. version: None for the current one; who took them is chained before
    they are given.

    Raises: Unknown, IntegrityViolated.
    """
    document_id = document_named(store, scope, text)
    document = store.document(document_id, version)
    files = {
        file.name: store.document_content(document_id, file.role, document.version)
        for file in document.files
    }
    detail = (*acted(Act.EXPORT, who.by, who.reason), ("version", str(document.version)))
    store.record(
        NewEvent(EventKind.ACCESSED, document.tenant, document_id=document_id, detail=detail)
    )
    return TakenOut(document, files)


def delete(store: Store, scope: Scope, who: Who, text: str) -> str:
    """Mark a document as deleted; its id. It stays in the store. Raises: Unknown, Misconfigured."""
    document_id = document_named(store, scope, text)
    store.soft_delete(document_id, who.by, who.reason)
    return document_id


def restore(store: Store, scope: Scope, who: Who, text: str) -> str:
    """Take the mark away; the document's id. Raises: Unknown, Misconfigured."""
    document_id = document_named(store, scope, text)
    store.restore(document_id, who.by, who.reason)
    return document_id


def closable(store: Store, scope: Scope, which: Closing) -> tuple[Document, ...]:
    """What closing would close. Raises: Unknown, Misconfigured (nothing said)."""
    return store.closable(_closing(store, scope, which))


def close(store: Store, scope: Scope, who: Who, which: Closing) -> tuple[Document, ...]:
    """Say that nothing more is to be done about open documents; those that were closed.

    Raises: Unknown, Misconfigured (no reason, nothing said).
    """
    return store.close_documents(_closing(store, scope, which), who.by, who.reason)


def _closing(store: Store, scope: Scope, which: Closing) -> Closing:
    whole = document_named(store, scope, which.document_id) if which.document_id else None
    return replace(which, document_id=whole, among=scope.accounts)


def _mail_or_document(store: Store, scope: Scope, text: str) -> FoundId:
    """What is acted on. Inside a scope a document alone: a mail may have come for several
    tenants."""
    mails = (IdKind.MAIL,) if scope.accounts is None else ()
    return named(store, scope, text, *mails, IdKind.DOCUMENT)
