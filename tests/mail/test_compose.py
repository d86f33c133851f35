"""Mails of the gateway: archive packages as the contract has them, notifications, file names."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import parseaddr
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edigate.mail.compose import (
    MailFile,
    PackageSummary,
    archive_filename,
    archive_mail,
    notification,
    return_path,
    stable_message_id,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
PACKAGE = PackageSummary(
    document_id="D4711",
    version=2,
    tenant="Baumarkt Süd AG",
    direction="in",
    invoice_number="RE-2026-4711",
    invoice_date=date(2026, 11, 20),
    type_code="380",
    title="Rechnung",
    seller="Gärtnerei Möller & Söhne GmbH",
    seller_id="4012345500004",
    seller_vat="DE123456789",
    buyer="Baumarkt Süd AG",
    buyer_id="4319876000028",
    currency="EUR",
    net=Decimal("1000.00"),
    tax=Decimal("190.00"),
    gross=Decimal("1190.00"),
    order=None,
    interchange="IC4711",
    message="M00001",
    result="valid",
    sha256_original="ab" * 32,
    retain_until=date(2034, 12, 31),
)
NAMES = (
    *(
        "Document-Id",
        "Version",
        "Tenant",
        "Direction",
        "Invoice-Number",
        "Invoice-Date",
        "Type",
        "Title",
        "Seller",
        "Seller-Id",
    ),
    *(
        "Seller-Vat",
        "Buyer",
        "Buyer-Id",
        "Currency",
        "Net",
        "Tax",
        "Gross",
        "Order",
        "Interchange",
        "Message",
    ),
    *("Result", "Sha256-Pdf", "Sha256-Original", "Retain-Until"),
)


def package_mail(package: PackageSummary = PACKAGE, **kwargs: str) -> bytes:
    where = {
        "sender": "archive@edi.example",
        "to": "2800001946.111@edi.example",
        "hostname": "edi.example",
    }
    return archive_mail(package, PDF, created_at=NOW, **{**where, **kwargs})


def parsed(octets: bytes) -> EmailMessage:
    return BytesParser(policy=default).parsebytes(octets)


def test_archive_mail_is_as_the_contract_says() -> None:
    mail = parsed(package_mail())
    values = {name: mail[f"X-Edigate-{name}"] for name in NAMES}
    assert values.pop("Order") is None
    assert all(values.values())
    assert values["Seller"] == PACKAGE.seller
    assert values["Sha256-Pdf"] == sha256(PDF).hexdigest()
    assert (values["Net"], values["Retain-Until"], values["Version"]) == (
        "1000.00",
        "2034-12-31",
        "2",
    )
    (attachment,) = mail.iter_attachments()
    assert attachment.get_content_type() == "application/pdf"
    assert attachment.get_content_disposition() == "attachment"
    assert attachment.get_filename() == "2026-11-20_RE-2026-4711_4012345500004.pdf"
    assert attachment.get_content() == PDF
    assert mail["Subject"] == (
        "[INVOIC] Rechnung RE-2026-4711 | Gärtnerei Möller & Söhne GmbH | 2026-11-20 | 1.190,00 EUR"
    )
    # Python's own parser of addresses shows the space between encoded words; RFC 2047 section 6.2
    # ignores it.
    shown, _ = parseaddr(
        str(make_header(decode_header(message_from_bytes(package_mail())["From"])))
    )
    assert shown == "Gärtnerei Möller & Söhne GmbH via edigate"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<D4711.v2@edi.example>"
    body = mail.get_body(("plain",))
    assert body is not None
    lines = dict(line.split(": ", 1) for line in body.get_content().splitlines())
    assert lines == dict(values)


def test_same_package_gives_the_same_bytes_with_crlf() -> None:
    octets = package_mail()
    assert octets == package_mail()
    assert octets.endswith(b"\r\n")
    assert octets.count(b"\r\n") == octets.count(b"\n") == octets.count(b"\r")


def test_ascii_headers_stand_on_one_line() -> None:
    lines = package_mail().split(b"\r\n")
    assert b"X-Edigate-Sha256-Original: " + b"ab" * 32 in lines
    assert b"X-Edigate-Invoice-Number: RE-2026-4711" in lines


def test_subject_template_and_language() -> None:
    assert (
        parsed(package_mail(subject="{tenant}: {number} {order}")).get("Subject")
        == "Baumarkt Süd AG: RE-2026-4711"
    )
    english = replace(PACKAGE, title="Invoice")
    assert "Invoice RE-2026-4711" in str(parsed(package_mail(english, language="en"))["Subject"])
    assert "1,190.00 EUR" in str(parsed(package_mail(language="en"))["Subject"])
    with pytest.raises(ValueError, match="the fields are"):
        package_mail(subject="{secret}")


@pytest.mark.parametrize(
    "template", ["{number.__class__}", "{number!r:>{gross}}", "{0}", "{number[0]}", "{"]
)
def test_subject_template_reaches_no_further_than_its_fields(template: str) -> None:
    with pytest.raises(ValueError, match="subject template"):
        package_mail(subject=template)


@pytest.mark.parametrize(
    ("issued", "number", "supplier", "name"),
    [
        (date(2026, 11, 20), "RE-1", "4012345500004", "2026-11-20_RE-1_4012345500004.pdf"),
        (date(2026, 11, 20), "RE/1 ü.ß", None, "2026-11-20_RE_1_ue_ss.pdf"),
        (None, "../../etc", "a.b", "undated_etc_a_b.pdf"),
        (date(2026, 1, 2), "…", "", "2026-01-02_unnumbered.pdf"),
    ],
)
def test_file_names(issued: date | None, number: str, supplier: str | None, name: str) -> None:
    assert archive_filename(issued, number, supplier) == name


@given(st.text(max_size=300), st.one_of(st.none(), st.text(max_size=100)))
def test_file_names_are_safe(number: str, supplier: str | None) -> None:
    name = archive_filename(date(2026, 11, 20), number, supplier)
    assert name.isascii()
    assert name.isprintable()
    assert name.count(".") == 1
    assert len(name) <= 100
    assert not set(name) & set('/\\:*?"<>| ')


def test_long_numbers_stay_apart() -> None:
    names = {archive_filename(date(2026, 11, 20), "9" * 120 + last, "1") for last in "123"}
    assert len(names) == 3


def test_notification_has_text_html_and_files() -> None:
    original, report = b"UNB+UNOC:3\xe4'\x00\r\n", b'{"edigate": "0.1.0"}'
    octets = notification(
        "[edigate] ANGEHALTEN: Rechnung RE-1 – 2 Fehler",
        "Grüße\n> Zeile\n",
        "<p>Grüße</p>",
        [
            MailFile("RE-1.edi", original, "application/EDIFACT"),
            MailFile("report.json", report, "application/json"),
        ],
        sender="edigate@edi.example",
        to=["buchhaltung@sued.example", "edi@sued.example"],
        message_id=stable_message_id("edi.example", "held", "D1", "1"),
        created_at=NOW,
        references=["<a@edi.example>"],
        headers={"X-Edigate-Document-Id": "D1"},
    )
    mail = parsed(octets)
    assert mail.get_content_type() == "multipart/mixed"
    assert mail["Subject"] == "[edigate] ANGEHALTEN: Rechnung RE-1 – 2 Fehler"
    assert [a.addr_spec for a in mail["To"].addresses] == [
        "buchhaltung@sued.example",
        "edi@sued.example",
    ]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == ["Grüße", "> Zeile"]
    assert html.get_content().strip() == "<p>Grüße</p>"
    first, second = mail.iter_attachments()
    assert (first.get_filename(), first.get_content()) == ("RE-1.edi", original)
    assert first.get_content_type() == "application/edifact"
    assert second.get_payload(decode=True) == report


def test_stable_message_id() -> None:
    assert stable_message_id("h", "a", "b") == stable_message_id("h", "a", "b")
    assert stable_message_id("h", "a", "b") != stable_message_id("h", "ab", "")


def test_return_path() -> None:
    assert return_path("") == b"Return-Path: <>\r\n"
    assert return_path("a@b.example") == b"Return-Path: <a@b.example>\r\n"
