"""Letters -> mails to people, addressed so that they can never loop, reach a partner or reach an
archive account."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from edigate.config import Settings, Tenant
from edigate.mail.compose import MailFile, notification, return_path, stable_message_id
from edigate.report.as_html import html
from edigate.report.as_text import text
from edigate.report.letter import Letter
from edigate.store import DeliveryKind, Dispatch, Entrance, NewDelivery, NewMail

MOST_ATTACHED = 10_000_000
"""Octets of files that go with a mail; many mail systems refuse more than 20 MB, and base64 adds a
third."""
_MOST_REFERENCES = 10


def fitting(attachments: Sequence[MailFile]) -> tuple[tuple[MailFile, ...], int]:
    """The files that may go with a mail, the last ones first, and the octets of the largest that
    may not (or 0)."""
    kept: list[MailFile] = []
    left, oversize = MOST_ATTACHED, 0
    for attachment in reversed(attachments):
        if len(attachment.content) <= left:
            left -= len(attachment.content)
            kept.insert(0, attachment)
        else:
            oversize = max(oversize, len(attachment.content))
    return tuple(kept), oversize


def to_tenant(
    letter: Letter,
    tenant: Tenant,
    settings: Settings,
    *,
    about: str,
    at: datetime,
    attachments: tuple[MailFile, ...] = (),
    document_id: str | None = None,
    threads: Sequence[str] = (),
) -> Dispatch | None:
    """A mail to the tenant's notify addresses, or the admins' when there are none; None when there
    is nobody.

    about: what makes the Message-ID stable, such as a document id with its version. threads: what
    earlier mails were about that this one follows. document_id: the one document the mail is about.
    at: aware UTC.
    """
    recipients = tenant.notify or settings.admins
    minimal = tenant.notify_content == "minimal"
    made = _mail(
        letter, recipients, settings, about=about, at=at,
        attachments=() if minimal else attachments,
        threads=threads, headers={"X-Edigate-Document-Id": document_id} if document_id else {},
    )  # fmt: skip
    return made and replace(made, mail=replace(made.mail, document_id=document_id))


def to_admins(
    letter: Letter,
    settings: Settings,
    *,
    about: str,
    at: datetime,
    attachments: tuple[MailFile, ...] = (),
) -> Dispatch | None:
    """A mail about the gateway itself, mostly a failure of it; None when there are no admins."""
    return _mail(
        letter,
        settings.admins,
        settings,
        about=about,
        at=at,
        attachments=attachments,
        threads=(),
        headers={},
    )


def _mail(
    letter: Letter,
    recipients: Iterable[str],
    settings: Settings,
    *,
    about: str,
    at: datetime,
    attachments: tuple[MailFile, ...],
    threads: Sequence[str],
    headers: dict[str, str],
) -> Dispatch | None:
    message_id = stable_message_id(settings.hostname, "notice", about)
    addresses = tuple(a for a in dict.fromkeys(recipients) if not _archive(a, settings))
    if not addresses:
        return None
    content = notification(
        f"[edigate] {letter.subject}",
        text(letter),
        html([letter]),
        attachments,
        sender=f"postmaster@{settings.domain}",
        to=addresses,
        message_id=message_id,
        created_at=at,
        references=[
            stable_message_id(settings.hostname, "notice", t) for t in threads[-_MOST_REFERENCES:]
        ],
        headers=headers,
    )
    mail = NewMail(
        content,
        "",
        addresses,
        Entrance.GATEWAY,
        message_id=message_id,
        subject=letter.subject,
        once=message_id,
    )
    return addressed(mail, settings, DeliveryKind.NOTIFY)


def addressed(mail: NewMail, settings: Settings, kind: DeliveryKind) -> Dispatch:
    """A mail of the gateway's own with its deliveries: into the mailbox of an account here, else by
    the relay."""
    accounts = {t.account.lower(): t for t in settings.tenant}
    deliveries = []
    for recipient in mail.recipients:
        name, _, domain = recipient.rpartition("@")
        tenant = accounts.get(name.lower()) if domain.lower() == settings.domain.lower() else None
        if tenant is not None and tenant.route is None:
            deliveries.append(
                NewDelivery(DeliveryKind.MAILBOX, recipient, tenant.account, return_path(""))
            )
        else:
            deliveries.append(NewDelivery(kind, recipient))
    return Dispatch(mail, tuple(deliveries))


def _archive(address: str, settings: Settings) -> bool:
    """Whether an address is an archive sub-account, where a notice would be archived as if it were
    an invoice."""
    archives = {f"{t.account}.{t.archive}@{settings.domain}".lower() for t in settings.tenant}
    return address.lower() in archives
