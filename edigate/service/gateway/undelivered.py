"""A delivery that ends without success -> the mail that tells somebody: the sender, else the
admins.

RFC 5321 exempts the null sender alone from reports; what comes from it, and what no report can
reach, goes to the admins. A report carries the null sender itself, so that no report ever answers
another.
"""

from dataclasses import dataclass
from datetime import datetime

from edigate.config import Settings
from edigate.mail.dsn import Ending, may_be_answered, non_delivery_report
from edigate.mail.next_hop import RecipientFate, Sent
from edigate.report import letter
from edigate.service.letters import notices
from edigate.store import Delivery, DeliveryKind, Dispatch, Entrance, Mail, NewMail

_NO_SMTPUTF8 = "5.6.7"


@dataclass(frozen=True, slots=True)
class Failure:
    """A delivery that has ended. content: the mail's bytes, of which a report holds the header."""

    delivery: Delivery
    mail: Mail
    content: bytes
    result: Sent
    ending: Ending


def told(failure: Failure, settings: Settings, at: datetime) -> tuple[Dispatch, ...]:
    """The mail to the sender, or to the admins about a mail that nobody sent or whose sender no
    report can reach.

    at: aware UTC.
    """
    mail = failure.mail
    if mail.origin is Entrance.GATEWAY:
        return _own(failure, settings, at)
    unreachable = failure.result.status == _NO_SMTPUTF8 and not mail.sender.isascii()
    if unreachable or not may_be_answered(mail.sender):
        return _admins("undelivered", failure, settings, at)
    return _report(failure, settings, at)


def dropped(
    delivery: Delivery, mail: Mail, content: bytes, settings: Settings, at: datetime
) -> tuple[Dispatch, ...]:
    """The report of a mail that an operator gave up; nothing where there is no sender to tell. at:
    aware UTC."""
    if mail.origin is Entrance.GATEWAY or not may_be_answered(mail.sender):
        return ()
    words = "given up by the operator of this gateway"
    result = Sent(delivery.recipient, RecipientFate.PERMANENT, 0, "5.0.0", words, settings.hostname)
    return _report(Failure(delivery, mail, content, result, Ending.DROPPED), settings, at)


def _report(failure: Failure, settings: Settings, at: datetime) -> tuple[Dispatch, ...]:
    """The report to the sender, once for a delivery however often it fails."""
    mail = failure.mail
    made = non_delivery_report(
        failure.content,
        mail.sender,
        (failure.result,),
        hostname=settings.hostname,
        postmaster=f"postmaster@{settings.domain}",
        mail_id=mail.id,
        received_at=mail.received_at,
        created_at=at,
        ending=failure.ending,
    )
    if made is None:
        return ()
    once = f"dsn.{mail.id}.{failure.delivery.id}"
    new = NewMail(made, "", (mail.sender,), Entrance.GATEWAY, once=once)
    return (notices.addressed(new, settings, DeliveryKind.RELAY),)


def _own(failure: Failure, settings: Settings, at: datetime) -> tuple[Dispatch, ...]:
    if failure.delivery.recipient.lower() in {a.lower() for a in settings.admins}:
        return ()  # the way to the admins is what is broken
    kind = "undeliverable" if failure.delivery.kind is DeliveryKind.NOTIFY else "undelivered"
    return _admins(kind, failure, settings, at)


def _admins(kind: str, failure: Failure, settings: Settings, at: datetime) -> tuple[Dispatch, ...]:
    """Once for a relayed mail, whatever the number of its recipients; for a notice once for each of
    them."""
    mail, delivery = failure.mail, failure.delivery
    facts = {
        "mail": mail.id,
        "from": mail.sender or "<>",
        "to": delivery.recipient,
        "document": mail.document_id or "",
        "reply": failure.result.text,
    }
    about = f"undelivered.{mail.id}" if kind == "undelivered" else f"undeliverable.{delivery.id}"
    made = notices.to_admins(letter.alarm(kind, facts), settings, about=about, at=at)
    return (made,) if made else ()
