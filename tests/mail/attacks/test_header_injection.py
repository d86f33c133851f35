"""Text from an invoice in the gateway's own mails: it never becomes a header, a recipient or a
part."""

from datetime import UTC, date, datetime
from decimal import Decimal
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edigate.mail.compose import (
    MailFile,
    PackageSummary,
    archive_mail,
    notification,
    return_path,
    stable_message_id,
)
from edigate.mail.dsn import non_delivery_report
from edigate.mail.next_hop import RecipientFate, Sent

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ATTACKS = [
    "a\r\nBcc: victim@else.example",
    "a\nBcc: victim@else.example",
    "a\rBcc: victim@else.example",
    "a\u2028Bcc: victim@else.example",
    "a\u2029Bcc: x",
    "a\x85Bcc: x",
    "a\x0bBcc: x",
    "a\x0cBcc: x",
    "a\x1cBcc: x",
    "a\r\n\r\n<script>",
    "=?utf-8?q?a=0D=0ABcc:_victim=40else.example?=",
    "=?utf-8?b?DQpCY2M6IHg=?=",
    '" <victim@else.example>, "',
    "<victim@else.example>",
    "a\x00b",
    "\u202eevil",
    "\ud800",
    "x" * 2_000,
    "ü" * 2_000,
    "a\r\n--=_boundary\r\nContent-Type: text/html\r\n\r\n",
]
anything = st.one_of(st.text(max_size=120), st.sampled_from(ATTACKS))


def parsed(octets: bytes) -> EmailMessage:
    return BytesParser(policy=default).parsebytes(octets)


def package(text: str) -> PackageSummary:
    return PackageSummary(
        document_id=text,
        version=1,
        tenant=text,
        direction="in",
        invoice_number=text,
        invoice_date=date(2026, 11, 20),
        type_code=text,
        title=text,
        seller=text,
        seller_id=text,
        seller_vat=text,
        buyer=text,
        buyer_id=text,
        currency=text,
        net=Decimal("1.00"),
        tax=Decimal("0.19"),
        gross=Decimal("1.19"),
        order=text,
        interchange=text,
        message=text,
        result="valid",
        sha256_original="0" * 64,
        retain_until=date(2035, 1, 1),
    )


def assert_harmless(octets: bytes, to: str, leaf_types: list[str]) -> EmailMessage:
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
    assert all(len(line) <= 998 for line in octets.split(b"\r\n"))
    mail = parsed(octets)
    assert not mail.defects
    names = [name.lower() for name in mail.keys()]  # noqa: SIM118
    assert len(names) == len(set(names))
    assert not {"bcc", "cc"} & set(names)
    assert mail["To"].addresses[0].addr_spec == to
    assert len(mail["To"].addresses) == len(mail["From"].addresses) == 1
    assert mail["From"].addresses[0].domain == "edi.example"
    assert [
        part.get_content_type() for part in mail.walk() if not part.is_multipart()
    ] == leaf_types
    return mail


@given(anything)
def test_archive_mail(text: str) -> None:
    octets = archive_mail(
        package(text),
        b"%PDF-1.7",
        sender="archive@edi.example",
        to="1.a@edi.example",
        hostname="h",
        created_at=NOW,
    )
    mail = assert_harmless(octets, "1.a@edi.example", ["text/plain", "application/pdf"])
    name = next(mail.iter_attachments()).get_filename()
    assert name is not None
    assert name.isascii()
    assert name.count(".") == 1
    assert len(name) <= 100


@given(anything, anything)
def test_notification(text: str, other: str) -> None:
    octets = notification(
        text,
        other,
        other,
        [MailFile(text, text.encode("utf-8", "surrogatepass"), "application/EDIFACT")],
        sender="edigate@edi.example",
        to=["a@b.example"],
        message_id=stable_message_id("edi.example", text),
        created_at=NOW,
        display_name=text,
        headers={"X-Edigate-Document-Id": other},
    )
    mail = assert_harmless(
        octets, "a@b.example", ["text/plain", "text/html", "application/edifact"]
    )
    attachment = next(mail.iter_attachments())
    assert attachment.get_payload(decode=True) == text.encode("utf-8", "surrogatepass")


@given(anything)
def test_non_delivery_report(text: str) -> None:
    failed = [Sent("b@else.example", RecipientFate.PERMANENT, 550, "5.1.1", text, text)]
    original = b"Subject: x\r\nMessage-ID: <a@b.example>\r\n\r\nbody"
    octets = non_delivery_report(
        original,
        "a@b.example",
        failed,
        hostname="edi.example",
        postmaster="postmaster@edi.example",
        mail_id=text,
        received_at=NOW,
        created_at=NOW,
    )
    assert octets is not None
    assert_harmless(
        octets, "a@b.example", ["text/plain", "text/plain", "text/plain", "text/rfc822-headers"]
    )


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "<a@b.example>", ""]
)
def test_addresses_are_checked(address: str) -> None:
    with pytest.raises(ValueError, match="no mail address"):
        notification(
            "x", "x", sender="a@edi.example", to=[address], message_id="<a@b>", created_at=NOW
        )


def test_header_names_are_checked() -> None:
    with pytest.raises(ValueError, match="not allowed"):
        notification(
            "x",
            "x",
            sender="a@e.example",
            to=["a@b.example"],
            message_id="<a@b>",
            created_at=NOW,
            headers={"Bcc": "x"},
        )


@pytest.mark.parametrize("sender", ["", "a@b.example", "a@b.example>\r\nBcc: x"])
def test_return_path_is_one_line(sender: str) -> None:
    assert return_path(sender).count(b"\n") == 1
