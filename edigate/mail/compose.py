"""Mails of the gateway's own: packages and texts -> bytes ready to be stored or sent.

Nothing from an invoice can become a header or a line of its own here (see `edigate.mail.headers`).
The same values give the same bytes. Must not know findings or stores.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import cycle

from edigate.findings import printable
from edigate.mail.headers import POLICY, add, mailbox, one_line, unstructured

_FILE_NAME_LIMIT = 100
_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageSummary:
    """What the headers and the text of an archive mail say. Values that the invoice lacks are None
    and left out.

    title: what a document of its type is called. direction: `in` or `out`, seen from the tenant.
    result: `valid` or `valid-with-warnings`. version: 1 for the first package of a document.
    """

    document_id: str
    version: int
    tenant: str
    direction: str
    invoice_number: str
    invoice_date: date | None
    type_code: str
    title: str
    seller: str
    seller_id: str | None
    seller_vat: str | None
    buyer: str
    buyer_id: str | None
    currency: str
    net: Decimal | None
    tax: Decimal | None
    gross: Decimal | None
    order: str | None
    interchange: str | None
    message: str | None
    result: str
    sha256_original: str
    retain_until: date | None


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file of a mail. content_type: `type/subtype`, optionally with `; charset=...` for texts."""

    name: str
    content: bytes
    content_type: str = "application/octet-stream"


DEFAULT_SUBJECT = {
    "de": "[INVOIC] {kind} {number} | {seller} | {date} | {gross} {currency}",
    "en": "[INVOIC] {kind} {number} | {seller} | {date} | {gross} {currency}",
}


def archive_filename(issued: date | None, number: str, supplier_id: str | None) -> str:
    """`DATE_NUMBER_SUPPLIERID.pdf`: ASCII, one dot, at most 100 characters, unsafe characters
    replaced by `_`.

    A name that had to be shortened carries a digest of the full one, so that two long numbers stay
    apart.
    """
    parts = [issued.isoformat() if issued else "undated", _safe(number) or "unnumbered"]
    if supplier_id and _safe(supplier_id):
        parts.append(_safe(supplier_id))
    stem = "_".join(parts)
    if len(stem) > _FILE_NAME_LIMIT - 4:
        digest = hashlib.sha256(stem.encode()).hexdigest()[:12]
        stem = f"{stem[: _FILE_NAME_LIMIT - 4 - 13]}-{digest}"
    return f"{stem}.pdf"


def _safe(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.strip().translate(_GERMAN))
    ascii_only = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^A-Za-z0-9-]+", "_", ascii_only).strip("_")


def archive_message_id(document_id: str, version: int, hostname: str) -> str:
    """The Message-ID of a document version's package; the same however often it is delivered."""
    return f"<{_token(document_id)}.v{version}@{hostname}>"


def archive_mail(
    package: PackageSummary,
    pdf: bytes,
    *,
    sender: str,
    to: str,
    hostname: str,
    created_at: datetime,
    reply_to: str | None = None,
    file_name: str | None = None,
    subject: str | None = None,
    language: str = "de",
) -> bytes:
    """The mail that carries one package into an archive account, exactly one attachment (CONTRACT,
    section Mail).

    created_at: aware UTC. subject: template with {kind} {number} {seller} {date} {gross} {currency}
    {tenant} {buyer} {order}. file_name: default is made by `archive_filename`. Raises: ValueError
    when the subject template names an unknown field.
    """
    language = language if language in DEFAULT_SUBJECT else "en"
    fields = _package_fields(package, hashlib.sha256(pdf).hexdigest())
    mail = new_mail(
        sender=sender,
        display_name=f"{package.seller} via edigate",
        to=(to,),
        subject=_subject(package, subject or DEFAULT_SUBJECT[language], language),
        message_id=archive_message_id(package.document_id, package.version, hostname),
        created_at=created_at,
        reply_to=reply_to,
    )
    for name, value in fields:
        add(mail, f"X-Edigate-{name}", unstructured(value))
    text = "".join(f"{name}: {one_line(value)}\n" for name, value in fields)
    mail.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    name = file_name or archive_filename(
        package.invoice_date, package.invoice_number, package.seller_id
    )
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
    return serialised(mail)


def _package_fields(package: PackageSummary, sha256_pdf: str) -> list[tuple[str, str]]:
    known = (
        ("Document-Id", package.document_id),
        ("Version", package.version),
        ("Tenant", package.tenant),
        ("Direction", package.direction),
        ("Invoice-Number", package.invoice_number),
        ("Invoice-Date", package.invoice_date),
        ("Type", package.type_code),
        ("Title", package.title),
        ("Seller", package.seller),
        ("Seller-Id", package.seller_id),
        ("Seller-Vat", package.seller_vat),
        ("Buyer", package.buyer),
        ("Buyer-Id", package.buyer_id),
        ("Currency", package.currency),
        ("Net", package.net),
        ("Tax", package.tax),
        ("Gross", package.gross),
        ("Order", package.order),
        ("Interchange", package.interchange),
        ("Message", package.message),
        ("Result", package.result),
        ("Sha256-Pdf", sha256_pdf),
        ("Sha256-Original", package.sha256_original),
        ("Retain-Until", package.retain_until),
    )
    return [(name, _plain(value)) for name, value in known if value is not None and value != ""]


def _plain(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _subject(package: PackageSummary, template: str, language: str) -> str:
    gross = "" if package.gross is None else f"{package.gross:,.2f}"
    if language == "de":
        gross = gross.translate(str.maketrans(",.", ".,"))
    fields = {
        "kind": package.title,
        "number": package.invoice_number,
        "seller": package.seller,
        "buyer": package.buyer,
        "date": str(package.invoice_date or ""),
        "gross": gross,
        "currency": package.currency,
        "tenant": package.tenant,
        "order": package.order or "",
    }
    # Not str.format: a template is a tenant's setting and must reach nothing but these values.
    pieces = re.split(r"\{([a-z]+)\}", template)
    unknown = [name for name in pieces[1::2] if name not in fields]
    if unknown or re.search(r"[{}]", "".join(pieces[::2])):
        known = " ".join(f"{{{name}}}" for name in fields)
        raise ValueError(f"subject template {printable(template)!r}: the fields are {known}")
    return "".join(
        fields[piece] if odd else piece
        for piece, odd in zip(pieces, cycle((False, True)), strict=False)
    )


def notification(
    subject: str,
    text: str,
    html: str | None = None,
    attachments: Sequence[MailFile] = (),
    *,
    sender: str,
    to: Sequence[str],
    message_id: str,
    created_at: datetime,
    display_name: str = "edigate",
    reply_to: str | None = None,
    references: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    auto_submitted: str = "auto-generated",
) -> bytes:
    """A mail of the gateway to people: error mails, alarms, statements. created_at: aware UTC.

    message_id, references: with angle brackets, see `stable_message_id`. headers: further ones,
    names beginning `X-Edigate-`. The envelope's null sender (RFC 3834 section 3.3) is the caller's
    matter. Raises: ValueError when `to` is empty or a header's name is not allowed.
    """
    if not to:
        raise ValueError("a notification needs somebody to go to")
    mail = new_mail(
        sender=sender,
        display_name=display_name,
        to=to,
        subject=subject,
        message_id=message_id,
        created_at=created_at,
        reply_to=reply_to,
        auto_submitted=auto_submitted,
    )
    if references:
        add(mail, "References", "\r\n ".join(_message_id(r) for r in references))
    for name, value in (headers or {}).items():
        if not re.fullmatch(r"X-Edigate-[A-Za-z0-9-]{1,60}", name):
            raise ValueError(f"header {printable(name)!r} is not allowed here")
        add(mail, name, unstructured(value))
    mail.set_content(_text(text), cte="quoted-printable")
    if html is not None:
        mail.add_alternative(_text(html), subtype="html", cte="quoted-printable")
    for attachment in attachments:
        _attach(mail, attachment)
    return serialised(mail)


def stable_message_id(hostname: str, *parts: str) -> str:
    """A Message-ID that is the same for the same parts (kind of mail, document, version ...)."""
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"<{digest}@{hostname}>"


def return_path(sender: str) -> bytes:
    """The Return-Path line of final delivery (RFC 5321 section 4.4); "" is the null sender."""
    return f"Return-Path: <{re.sub(r'[<>]', '_', printable(sender))}>\r\n".encode()


def _attach(mail: EmailMessage, attachment: MailFile) -> None:
    kind, _, parameters = attachment.content_type.partition(";")
    maintype, _, subtype = kind.strip().lower().partition("/")
    charset = re.search(r"charset=\"?([A-Za-z0-9_-]+)", parameters)
    mail.add_attachment(
        attachment.content,
        maintype=maintype,
        subtype=subtype or "octet-stream",
        filename=_attachment_name(attachment.name),
        params={"charset": charset[1]} if charset else None,
    )


def _attachment_name(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    safe = (_safe(stem) or "attachment") + (f".{_safe(suffix)}" if dot else "")
    return safe[-_FILE_NAME_LIMIT:] if dot else (_safe(name) or "attachment")[:_FILE_NAME_LIMIT]


def new_mail(
    *,
    sender: str,
    display_name: str,
    to: Sequence[str],
    subject: str,
    message_id: str,
    created_at: datetime,
    reply_to: str | None = None,
    auto_submitted: str = "auto-generated",
) -> EmailMessage:
    """A mail with the header fields every mail of the gateway has. Raises: ValueError for what is
    no address or id."""
    mail = EmailMessage(policy=POLICY)
    add(mail, "From", mailbox(sender, display_name))
    add(mail, "To", ",\r\n ".join(mailbox(address) for address in to) or "undisclosed-recipients:;")
    if reply_to:
        add(mail, "Reply-To", mailbox(reply_to))
    add(mail, "Subject", unstructured(subject))
    add(mail, "Date", format_datetime(created_at))
    add(mail, "Message-ID", _message_id(message_id))
    add(mail, "Auto-Submitted", auto_submitted)
    return mail


def _message_id(text: str) -> str:
    if not re.fullmatch(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,255}>", text):
        raise ValueError(f"{printable(text)!r} is no Message-ID")
    return text


def _token(text: str) -> str:
    """`text` as part of a Message-ID; what cannot stand there, or is long, by its digest."""
    fits = re.fullmatch(r"[A-Za-z0-9-]{1,64}", text)
    return text if fits else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _text(text: str) -> str:
    """`text` with nothing in it but lines: other control characters shown as code points."""
    return "\n".join(printable(line.expandtabs()) for line in re.split(r"\r\n|\r|\n", text))


def serialised(mail: EmailMessage) -> bytes:
    """The mail's bytes; boundaries are made from the Message-ID, for the same bytes every time."""
    for number, part in enumerate(mail.walk()):
        if number and "MIME-Version" in part:
            del part["MIME-Version"]  # belongs to the mail, not to its parts
        if part.get_content_maintype() == "multipart":
            seed = f"{mail['Message-ID']}{number}"
            part.set_boundary("=_" + hashlib.sha256(seed.encode()).hexdigest()[:40])
    return mail.as_bytes()
