"""A mail that comes in -> what the store keeps of it: the mail, where it goes, and whose archive
jobs it makes.

Whom a mail concerns is decided by what cannot be forged: the account it was addressed to, the
authenticated submitter, the network it came from. Nothing here looks into the mail beyond its
header.
"""

import ipaddress
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32

from edigate.config import Settings, Tenant
from edigate.findings import printable
from edigate.mail.compose import return_path
from edigate.mail.smtp.smtp_server import Envelope, Recipient
from edigate.service.gateway.relay import account_of
from edigate.store import DeliveryKind, Direction, Entrance, NewDelivery, NewJob, NewMail

_HEADER_BYTES = 64 * 1024


def plan(
    envelope: Envelope, settings: Settings
) -> tuple[NewMail, tuple[NewDelivery, ...], tuple[NewJob, ...]]:
    """What one transaction has to make durable before the mail may be acknowledged."""
    fields = BytesHeaderParser(policy=compat32).parsebytes(envelope.content[:_HEADER_BYTES])
    mail = NewMail(
        content=envelope.content,
        sender=envelope.sender,
        recipients=tuple(r.address for r in envelope.recipients),
        origin=Entrance.SUBMISSION if envelope.authenticated else Entrance.MX,
        id=envelope.id,
        submitter=envelope.authenticated,
        peer=envelope.peer,
        message_id=_field(fields, "Message-ID"),
        subject=_field(fields, "Subject"),
        received_at=envelope.received_at,
    )
    deliveries = tuple(
        d for r in envelope.recipients for d in _deliveries(r, settings, envelope.sender)
    )
    return mail, deliveries, tuple(_jobs(envelope, settings))


def _field(fields: Message, name: str) -> str | None:
    """A header field as people read it, on one line; None when it is not there."""
    value = fields.get(name)
    if value is None:
        return None
    try:
        text = str(make_header(decode_header(value)))
    except (MessageError, ValueError, LookupError):
        text = str(value)
    return printable(" ".join(text.split()))[:500]


def _deliveries(recipient: Recipient, settings: Settings, sender: str) -> Iterator[NewDelivery]:
    """Where a mail to this recipient goes; what is written to the postmaster goes to the admins."""
    if recipient.account:
        yield _delivery(recipient.address, settings.tenant_of(recipient.account), sender)
        return
    postmaster = f"postmaster@{settings.domain}".lower()
    if recipient.address.lower() != postmaster:
        yield _delivery(recipient.address, None, sender)
        return
    for admin in settings.admins:
        if admin.lower() != postmaster:
            yield _delivery(admin, account_of(admin, settings), sender)


def _delivery(address: str, tenant: Tenant | None, sender: str) -> NewDelivery:
    if tenant is None or tenant.route is not None:
        return NewDelivery(DeliveryKind.RELAY, address)
    return NewDelivery(DeliveryKind.MAILBOX, address, tenant.account, return_path(sender))


def _jobs(envelope: Envelope, settings: Settings) -> Iterator[NewJob]:
    receiving = dict.fromkeys(r.account.lower() for r in envelope.recipients if r.account)
    sending = _sending_tenant(envelope, settings)
    if sending is not None and len(envelope.recipients) > 1:
        receiving.pop(
            sending.account.lower(), None
        )  # a copy for himself is not an invoice to himself
    for account in receiving:
        tenant = settings.tenant_of(account)
        if tenant is not None:
            yield NewJob(tenant.account, Direction.IN)
    if sending is not None and sending.account.lower() not in receiving:
        yield NewJob(sending.account, Direction.OUT)


def _sending_tenant(envelope: Envelope, settings: Settings) -> Tenant | None:
    """The authenticated submitter, or the tenant one of whose networks holds the client's
    address."""
    if envelope.authenticated:
        return settings.tenant_of(envelope.authenticated)
    try:
        peer = ipaddress.ip_address(envelope.peer)
    except ValueError:
        return None
    return next(
        (t for t in settings.tenant if any(peer in ipaddress.ip_network(n) for n in t.networks)),
        None,
    )
