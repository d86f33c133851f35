"""Letters -> mails to people, addressed so that they can never loop, reach a partner or reach an archive account."""

from collections.abc import Iterable
from datetime import datetime

from edigate.config import Settings, Tenant
from edigate.mail.compose import Attachment, notification, return_path, stable_message_id
from edigate.report.as_html import html
from edigate.report.as_text import text
from edigate.report.letter import Letter
from edigate.store import DeliveryKind, Dispatch, NewDelivery, NewMail, Origin


def to_tenant(
    letter: Letter,
    tenant: Tenant,
    settings: Settings,
    *,
    about: str,
    at: datetime,
    attachments: tuple[Attachment, ...] = (),
) -> Dispatch | None:
    """A mail to the tenant's notify addresses, or the admins' when there are none; None when there is nobody.

    about: what makes the Message-ID stable, such as a document id with its version. at: aware UTC.
    """
    recipients = tenant.notify or settings.admins
    minimal = tenant.notify_content == "minimal"
    return _mail(letter, recipients, settings, about=about, at=at, attachments=() if minimal else attachments)


def to_admins(letter: Letter, settings: Settings, *, about: str, at: datetime) -> Dispatch | None:
    """A mail about a failure of the gateway itself; None when there are no admins."""
    return _mail(letter, settings.admins, settings, about=about, at=at, attachments=())


def _mail(
    letter: Letter,
    recipients: Iterable[str],
    settings: Settings,
    *,
    about: str,
    at: datetime,
    attachments: tuple[Attachment, ...],
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
    )
    mail = NewMail(
        content, "", addresses, Origin.GATEWAY, message_id=message_id, subject=letter.subject, once=message_id
    )
    return addressed(mail, settings, DeliveryKind.NOTIFY)


def addressed(mail: NewMail, settings: Settings, kind: DeliveryKind) -> Dispatch:
    """A mail of the gateway's own with its deliveries: into the mailbox of an account here, else by the relay."""
    accounts = {t.account.lower(): t for t in settings.tenant}
    deliveries = []
    for recipient in mail.recipients:
        name, _, domain = recipient.rpartition("@")
        tenant = accounts.get(name.lower()) if domain.lower() == settings.domain.lower() else None
        if tenant is not None and tenant.route is None:
            deliveries.append(NewDelivery(DeliveryKind.MAILBOX, recipient, tenant.account, return_path("")))
        else:
            deliveries.append(NewDelivery(kind, recipient))
    return Dispatch(mail, tuple(deliveries))


def _archive(address: str, settings: Settings) -> bool:
    """Whether an address is an archive sub-account, where a notice would be archived as if it were an invoice."""
    archives = {f"{t.account}.{t.archive}@{settings.domain}".lower() for t in settings.tenant}
    return address.lower() in archives
