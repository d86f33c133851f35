"""Non-delivery reports: a mail that could not be sent on -> the mail that tells its sender (RFC
3464, RFC 3461).

Must not know queues. Every sender is owed a report but the null one (RFC 5321 sections 4.5.5 and
6.1), also one whose mail says that a machine sent it: RFC 3834 is about answers, not about reports.
A report has the null sender, so that two gateways cannot write to each other for ever.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from email.message import Message, MIMEPart
from email.utils import format_datetime
from enum import Enum

from edigate.findings import printable
from edigate.mail.accounts import parse_address
from edigate.mail.compose import new_mail, serialised, stable_message_id
from edigate.mail.headers import POLICY, add, one_line
from edigate.mail.next_hop import Sent

_HEADER_LIMIT = 32 * 1024


class Ending(Enum):
    """Why a mail does not go on: refused for good, not taken in time, given up by an operator."""

    REFUSED = "refused"
    EXPIRED = "expired"
    DROPPED = "dropped"


_TEXTS = {
    "de": "Ihre Nachricht konnte diesen Empfängern nicht zugestellt "
    "werden{given_up}:\n\n{recipients}\n\n"
    "Unter jedem Empfänger steht, was sein Server geantwortet hat. Die Kopfzeilen Ihrer Nachricht "
    "hängen an.\n"
    "Bitte senden Sie die Nachricht diesen Empfängern erneut, sobald die Ursache behoben ist.\n",
    "en": "Your message could not be delivered to these recipients{given_up}:\n\n{recipients}\n\n"
    "Below each recipient stands what its server answered. The header of your message is "
    "attached.\n"
    "Please send the message to these recipients again once the cause is removed.\n",
}
_GIVEN_UP = {
    Ending.REFUSED: {"de": "", "en": ""},
    Ending.EXPIRED: {
        "de": "; die Zustellversuche wurden nach Ablauf der Frist aufgegeben",
        "en": "; delivery was tried until its time was up",
    },
    Ending.DROPPED: {
        "de": "; der Betreiber des Gateways hat die Zustellung aufgegeben",
        "en": "; the operator of the gateway gave its delivery up",
    },
}


def may_be_answered(sender: str) -> bool:
    """Whether a sender may get a report: every address but the null one (RFC 5321 section
    4.5.5)."""
    return parse_address(sender) is not None


def non_delivery_report(
    message: bytes,
    sender: str,
    failed: Sequence[Sent],
    *,
    hostname: str,
    postmaster: str,
    mail_id: str,
    received_at: datetime,
    created_at: datetime,
    ending: Ending = Ending.REFUSED,
) -> bytes | None:
    """The report to `sender`, to be sent with the null sender; None when nobody may be told (see
    `may_be_answered`).

    mail_id: id of the failed mail. An address beyond ASCII stands in the envelope alone. Times are
    aware UTC.
    """
    if not failed or not may_be_answered(sender):
        return None
    key = sorted(result.recipient for result in failed)
    mail = new_mail(
        sender=postmaster,
        display_name="edigate",
        to=(sender,) if sender.isascii() else (),
        subject="Unzustellbar / Undelivered mail",
        message_id=stable_message_id(hostname, "dsn", mail_id, *key),
        created_at=created_at,
        auto_submitted="auto-replied",
    )
    original = _field(message, b"Message-ID")
    if original:
        add(mail, "In-Reply-To", original)
        add(mail, "References", original)
    add(mail, "MIME-Version", "1.0")
    add(mail, "Content-Type", "multipart/report; report-type=delivery-status")
    mail.set_payload(
        [
            _text(failed, ending),
            _status(failed, hostname, received_at, created_at),
            _header(message),
        ]
    )
    return serialised(mail)


def _text(failed: Sequence[Sent], ending: Ending) -> MIMEPart:
    recipients = "\n".join(
        f"  {one_line(result.recipient)}\n    {one_line(_said(result))}" for result in failed
    )
    both = (
        _TEXTS[language].format(given_up=_GIVEN_UP[ending][language], recipients=recipients)
        for language in ("de", "en")
    )
    part = MIMEPart(policy=POLICY)
    part.set_content("\n---\n\n".join(both), cte="quoted-printable")
    return part


def _said(result: Sent) -> str:
    code = f"{result.code} " if result.code else ""
    return f"{result.remote}: {code}{result.text}"


def _status(
    failed: Sequence[Sent], hostname: str, received_at: datetime, created_at: datetime
) -> MIMEPart:
    """The machine's part (RFC 3464 section 2)."""
    blocks = [
        {"Reporting-MTA": f"dns; {hostname}", "Arrival-Date": format_datetime(received_at)},
        *(
            {
                "Final-Recipient": _recipient(result.recipient),
                "Action": "failed",
                "Status": result.status if result.status.startswith(("4", "5")) else "5.0.0",
                "Remote-MTA": f"dns; {printable(result.remote)}",
                "Diagnostic-Code": f"smtp; {result.code} {result.text}"
                if result.code
                else f"x-edigate; {result.text}",
                "Last-Attempt-Date": format_datetime(created_at),
            }
            for result in failed
        ),
    ]
    part = MIMEPart(policy=POLICY)
    add(part, "Content-Type", "message/delivery-status")
    groups: list[Message | str] = []
    for block in blocks:
        group = MIMEPart(policy=POLICY)
        for name, value in block.items():
            add(
                group,
                name,
                one_line(value).encode("ascii", "backslashreplace").decode("ascii")[:900],
            )
        groups.append(group)
    part.set_payload(groups)
    return part


def _recipient(address: str) -> str:
    """An address with its type; beyond ASCII as RFC 6533 section 3 writes it in seven bits."""
    if address.isascii():
        return f"rfc822; {printable(address)}"
    return "utf-8; " + "".join(
        c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in printable(address)
    )


def _header(message: bytes) -> MIMEPart:
    end = message.find(b"\r\n\r\n")
    header = message[: min(end + 2 if end >= 0 else len(message), _HEADER_LIMIT)]
    part = MIMEPart(policy=POLICY)
    part.set_content(header, maintype="text", subtype="rfc822-headers", cte="base64")
    return part


def _field(message: bytes, name: bytes) -> str | None:
    end = message.find(b"\r\n\r\n")
    found = re.search(
        rb"^" + name + rb":[ \t]*(<[!-;=?-~]{1,300}>)[ \t]*\r?$",
        message[: max(end, 0)],
        re.I | re.M,
    )
    return found[1].decode("ascii") if found else None
