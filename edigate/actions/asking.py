"""Questions that change nothing: documents found, the story of an id, what waits, what was used."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edigate.actions.scope import Scope
from edigate.store import (
    Delivery,
    Document,
    Event,
    FoundId,
    IdKind,
    Job,
    MissingPartner,
    Search,
    Store,
    Usage,
)

_EVERY = 2**31
_QUEUE_NUMBER = re.compile("[1-9][0-9]{0,9}")
"""A number of the queue; ids of the store begin with a 0."""


@dataclass(frozen=True, slots=True)
class FoundDocuments:
    """Documents of one page of a search. total: how many meet it; senders: mail id -> reverse
    path."""

    documents: tuple[Document, ...]
    total: int
    senders: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Story:
    """The newest events that were asked for, oldest first. total: how many there are."""

    events: tuple[Event, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is not finished. senders: mail id -> reverse path."""

    deliveries: tuple[Delivery, ...]
    jobs: tuple[Job, ...]
    senders: Mapping[str, str]


def named(store: Store, scope: Scope, text: str, *kinds: IdKind) -> FoundId:
    """The one thing whose id is `text` or begins with it. Raises: Unknown, Misconfigured
    (AMBIGUOUS-ID)."""
    return store.named(text, *kinds, among=scope.accounts)


def document_named(store: Store, scope: Scope, text: str) -> str:
    """The whole id of a document. Raises: like `named`."""
    return named(store, scope, text, IdKind.DOCUMENT).id


def found(store: Store, scope: Scope, what: Search, mail: str | None = None) -> FoundDocuments:
    """Documents that meet every condition, the newest first. mail: an id, or its beginning.

    Raises: Unknown for a mail that is not there.
    """
    if mail is not None:
        what = replace(what, mail_id=named(store, scope, mail, IdKind.MAIL).id)
    inside = replace(what, among=scope.accounts)
    documents = store.search(inside)
    senders = store.senders({document.mail_id for document in documents})
    return FoundDocuments(documents, store.count(inside), senders)


def every(limit: int | None) -> int:
    """The limit of a search; None: as many as there are."""
    return _EVERY if limit is None else limit


def story(store: Store, scope: Scope, identifier: str | None, limit: int | None) -> Story:
    """The newest events, or those that name a mail, a document, a message of a mailbox or a number
    of the queue. limit: None for all. Raises: Unknown."""
    if identifier is None:
        return Story(*store.newest(limit, scope.accounts))
    if scope.accounts is None and _QUEUE_NUMBER.fullmatch(identifier):
        return Story(*store.story(identifier, limit))
    whole = named(store, scope, identifier).id
    return Story(*store.story(whole, limit, scope.accounts))


def waiting(store: Store, scope: Scope) -> Waiting:
    """Deliveries and jobs that are not finished; in a scope, deliveries to its accounts."""
    deliveries = store.deliveries(unfinished=True, among=scope.accounts, limit=_EVERY)
    jobs = store.jobs(unfinished=True, among=scope.accounts, limit=_EVERY)
    senders = store.senders({d.mail_id for d in deliveries} | {j.mail_id for j in jobs})
    return Waiting(deliveries, jobs, senders)


def used(store: Store, scope: Scope, month: str) -> tuple[Usage, ...]:
    """Counters by account and direction. month: `2026-11`."""
    return store.usage(month=month, among=scope.accounts)


def missing_partners(store: Store, scope: Scope) -> tuple[MissingPartner, ...]:
    """GLNs without master data that hold documents, the one that holds the most first."""
    return store.missing_partners(scope.accounts)
