"""A kept mail -> its parts, as far as they concern a tenant: what is edigate's own come back, what
was to be expected.

Only what edigate itself can be shown to have made is passed over: a package whose bytes the store
holds, and a file that is byte for byte attached to a notice of this gateway whose Message-ID the
mail names. Header fields alone prove nothing: anybody can write them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from edigate.config import Tenant
from edigate.mail.message import EdiPart, Fate, Part, interchanges, search
from edigate.service.conversion.bench import Bench
from edigate.store import EventKind, Job, Mail, NewEvent, Store

_MOST_IDS = 20
_MOST_NAMED = 20
_AUTOMATIC = re.compile(
    rb"^(?:Auto-Submitted:[ \t]*(?!no\b)\S|Content-Type:[ \t]*multipart/report\b)",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Looked:
    """What a mail holds for a tenant.

    edifact: parts to be judged or told. said: every part in words for the log. automatic: a machine
    sent the mail by itself, and an answer to it could go round for ever (RFC 3834 section 2).
    """

    edifact: tuple[EdiPart, ...]
    said: tuple[str, ...]
    events: tuple[NewEvent, ...]
    automatic: bool


def look(job: Job, mail: Mail, content: bytes, bench: Bench, store: Store) -> Looked:
    """Look through a mail for the tenant of a job. Raises: Unavailable."""
    returned = (
        frozenset(_returned(content, bench.settings.hostname, store))
        if not mail.sender
        else frozenset()
    )

    def own(file: bytes) -> str:
        digest = sha256(file).hexdigest()
        if digest in returned:
            return "own-mail"
        return (
            "own-package"
            if file.startswith(b"%PDF-") and store.holds_package(job.tenant, digest)
            else ""
        )

    parts = search(content, own=own)
    expected = _expected(mail, bench.tenant)
    wanted = tuple(p.edi for p in parts if p.edi and not (p.fate is Fate.NOT_CHECKED and expected))
    passed = [p for p in parts if p.fate is Fate.OWN or (p.fate is Fate.NOT_CHECKED and expected)]
    events = tuple(_event(p, job, mail, expected) for p in passed) if job.scope is None else ()
    return Looked(wanted, tuple(_said(parts)), events, _automatic(mail, content))


def _returned(content: bytes, hostname: str, store: Store) -> Iterator[str]:
    """Digests of the files that went out with notices of this gateway whose Message-IDs the mail
    names."""
    pattern = re.compile(rb"<[0-9a-f]{32}@" + re.escape(hostname.encode()) + rb">")
    named: dict[str, None] = {}
    for found in pattern.finditer(content):
        named[found[0].decode()] = None
        if len(named) >= _MOST_IDS:
            break
    for message_id in named:
        sent = store.mail_made_once(message_id)
        if sent is not None:
            for part in interchanges(store.mail_content(sent.id)):
                yield sha256(part.content).hexdigest()


def _expected(mail: Mail, tenant: Tenant) -> str:
    """The partner whose sealed files the tenant expects from the mail's sender; "" for none."""
    sender = mail.sender.lower()
    domain = f"@{sender.rpartition('@')[2]}"
    for deviation in tenant.deviation:
        if sender and any(given.lower() in (sender, domain) for given in deviation.sealed_from):
            return deviation.partner
    return ""


def _event(part: Part, job: Job, mail: Mail, expected: str) -> NewEvent:
    reason = (("partner", expected),) if part.fate is Fate.NOT_CHECKED else ()
    detail = (("part", part.path), ("name", part.name), ("reason", part.reason), *reason)
    return NewEvent(EventKind.PASSED_OVER, job.tenant, mail_id=mail.id, detail=detail)


def _said(parts: tuple[Part, ...]) -> Iterator[str]:
    """Each part for the log: where it stands, what it is and what became of it."""
    for part in parts[:_MOST_NAMED]:
        became = (
            part.fate.value if part.fate is Fate.EDIFACT else f"{part.fate.value} ({part.reason})"
        )
        yield " ".join(word for word in (part.path, part.name, part.content_type, became) if word)
    if len(parts) > _MOST_NAMED:
        yield f"and {len(parts) - _MOST_NAMED} more"


def _automatic(mail: Mail, content: bytes) -> bool:
    end = content.find(b"\r\n\r\n", 0, _HEADER)
    return (
        not mail.sender and _AUTOMATIC.search(content[: end if end >= 0 else _HEADER]) is not None
    )
