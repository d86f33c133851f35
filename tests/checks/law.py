"""A lawful invoice as a value, ways to change it, and the circumstances it is judged under.

Each test of a rule changes as little of it as it can.
"""

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from edigate.checks.law.basis import Circumstances
from edigate.checks.law.rules import check
from edigate.findings import Finding, Place
from edigate.invoice.facts import DatedFact, Facts, ReferenceFact, TextFact
from edigate.invoice.model import (
    Buyer,
    BuyerAddress,
    CreditTransfer,
    DeliveryAddress,
    DeliveryInformation,
    Identifier,
    Invoice,
    Item,
    Line,
    LineVat,
    PaymentInstructions,
    Price,
    Seller,
    SellerAddress,
    Totals,
    VatBreakdown,
)
from edigate.invoice.origin import Origin, OriginKind, Origins

TODAY = date(2026, 10, 16)
CIRCUMSTANCES = Circumstances(today=TODAY)

SELLER_GLN, BUYER_GLN = "4012345500004", "4098765000010"

SEGMENTS = (
    "UNH+M00001+INVOIC:D:96A:UN:EAN008'",
    "BGM+380+RE-2026-0815+9'",
    "DTM+137:20261015:102'",
    "DTM+35:20261012:102'",
    "NAD+SU+4012345500004::9++Muster Lieferant GmbH+Hafenstrasse 1+Musterstadt++12345+DE'",
    "RFF+VA:DE123456788'",
    "NAD+BY+4098765000010::9++Beispiel Kunde AG+Marktplatz 2+Beispielstadt++54321+DE'",
    "CUX+2:EUR:4'",
    "LIN+1++4006381333931:EN'",
    "IMD+F++:::Bohrmaschine 850 W'",
    "QTY+47:12:PCE'",
    "MOA+203:600.00'",
    "PRI+AAA:50.00'",
    "LIN+2++4098765000102:EN'",
    "UNS+S'",
    "MOA+77:1190.00'",
    "MOA+124:190.00'",
    "MOA+125:1000.00'",
)


def place(index: int) -> Place:
    """Segment `index` (from 1) of the message above."""
    text = SEGMENTS[index - 1]
    start = sum(len(s) for s in SEGMENTS[: index - 1])
    return Place(index, text[:3], text, start, start + len(text))


_AT = {
    "": 1, "number": 2, "type_code": 2, "issue_date": 3, "delivery": 4, "delivery.actual_date": 4,
    "seller": 5,
    "seller.name": 5, "seller.address": 5, "seller.vat_identifier": 6, "buyer": 7, "buyer.name": 7,
    "buyer.address": 7, "currency_code": 8, "lines[0]": 9, "lines[0].item.name": 10,
    "lines[0].quantity": 11,
    "lines[0].net_amount": 12, "lines[0].price": 13, "lines[1]": 14, "totals": 16,
    "totals.tax_inclusive": 16,
    "totals.tax_total": 17, "totals.tax_exclusive": 18, "vat_breakdown[0]": 17,
}  # fmt: skip

ORIGINS = Origins(
    {path: Origin(OriginKind.SEGMENT, (place(index),)) for path, index in _AT.items()}
)


def line(  # noqa: PLR0917
    identifier: str = "1",
    name: str = "Bohrmaschine 850 W",
    quantity: str = "12",
    price: str = "50.00",
    net: str = "600.00",
    rate: str | None = "19",
    category: str = "S",
) -> Line:
    """One invoice line."""
    return Line(
        identifier=identifier,
        quantity=Decimal(quantity),
        unit_code="H87",
        net_amount=Decimal(net),
        price=Price(net_price=Decimal(price)),
        vat=LineVat(category=category, rate=Decimal(rate) if rate is not None else None),
        item=Item(name=name, standard_identifier=Identifier("4006381333931", "0160")),
    )


def row(  # noqa: PLR0917
    base: str,
    tax: str,
    rate: str | None = "19",
    category: str = "S",
    reason: str | None = None,
    code: str | None = None,
) -> VatBreakdown:
    """One row of the VAT breakdown."""
    return VatBreakdown(
        taxable_amount=Decimal(base),
        tax_amount=Decimal(tax),
        category=category,
        rate=Decimal(rate) if rate is not None else None,
        exemption_reason=reason,
        exemption_code=code,
    )


LAWFUL = Invoice(
    number="RE-2026-0815",
    issue_date=date(2026, 10, 15),
    type_code="380",
    currency_code="EUR",
    seller=Seller(
        name="Muster Lieferant GmbH",
        identifiers=(Identifier(SELLER_GLN, "0088"),),
        vat_identifier="DE123456788",
        address=SellerAddress(
            line_1="Hafenstrasse 1", city="Musterstadt", post_code="12345", country_code="DE"
        ),
    ),
    buyer=Buyer(
        name="Beispiel Kunde AG",
        identifier=Identifier(BUYER_GLN, "0088"),
        address=BuyerAddress(
            line_1="Marktplatz 2", city="Beispielstadt", post_code="54321", country_code="DE"
        ),
    ),
    delivery=DeliveryInformation(
        actual_date=date(2026, 10, 12), address=DeliveryAddress(country_code="DE")
    ),
    payment=PaymentInstructions(
        means_code="58",
        credit_transfers=(
            CreditTransfer(account="DE02990000000012345678", service_provider="MUSTDE21XXX"),
        ),
    ),
    totals=Totals(
        line_total=Decimal("1000.00"),
        tax_exclusive=Decimal("1000.00"),
        tax_total=Decimal("190.00"),
        tax_inclusive=Decimal("1190.00"),
        amount_due=Decimal("1190.00"),
    ),
    vat_breakdown=(row("1000.00", "190.00"),),
    lines=(line(), line("2", "Hammer", "8", "50.00", "400.00")),
)

FACTS = Facts(document_code="380", seller_gln=SELLER_GLN, buyer_gln=BUYER_GLN, sender_id=SELLER_GLN)

T = TypeVar("T")


def but(value: T, **changes: object) -> T:
    """`value` with changes named by path, `.` written `__`: `but(invoice,
    seller__address__city=None)`."""
    for path, new in changes.items():
        head, _, rest = path.partition("__")
        current: Any = value
        assert head in {f.name for f in fields(current)}
        value = replace(
            current, **{head: but(getattr(current, head), **{rest: new}) if rest else new}
        )
    return value


def each_line(invoice: Invoice, **changes: object) -> Invoice:
    """The invoice with the same changes at every line."""
    return replace(invoice, lines=tuple(but(x, **changes) for x in invoice.lines))


def taxed(
    invoice: Invoice, category: str, rate: str | None, tax: str, **of_row: str | None
) -> Invoice:
    """The invoice over 1000.00 with one category, rate and tax."""
    changed = each_line(
        invoice, vat=LineVat(category=category, rate=Decimal(rate) if rate is not None else None)
    )
    gross = Decimal("1000.00") + Decimal(tax)
    return but(
        changed,
        vat_breakdown=(
            row("1000.00", tax, rate, category, of_row.get("reason"), of_row.get("code")),
        ),
        totals__tax_total=Decimal(tax),
        totals__tax_inclusive=gross,
        totals__amount_due=gross,
    )


def small(invoice: Invoice = LAWFUL) -> Invoice:
    """The invoice over 119.00 EUR gross."""
    return but(
        invoice,
        lines=(line(quantity="2", price="50.00", net="100.00"),),
        vat_breakdown=(row("100.00", "19.00"),),
        totals=Totals(
            line_total=Decimal("100.00"),
            tax_exclusive=Decimal("100.00"),
            tax_total=Decimal("19.00"),
            tax_inclusive=Decimal("119.00"),
            amount_due=Decimal("119.00"),
        ),
    )


def says(text: str, facts: Facts = FACTS, subject: str = "AAI", code: str | None = None) -> Facts:
    """The facts with one more free text."""
    return replace(facts, texts=(*facts.texts, TextFact(subject, text, place(3), code)))


def dated(kind: str, day: date, facts: Facts = FACTS, of_line: str | None = None) -> Facts:
    """The facts with one more date."""
    return replace(facts, dates=(*facts.dates, DatedFact(kind, day, place(4), of_line)))


def refers(qualifier: str, number: str, facts: Facts = FACTS) -> Facts:
    """The facts with one more reference."""
    return replace(
        facts, references=(*facts.references, ReferenceFact(qualifier, number, place(4)))
    )


def judged(
    invoice: Invoice = LAWFUL,
    facts: Facts = FACTS,
    circumstances: Circumstances = CIRCUMSTANCES,
    origins: Origins = ORIGINS,
) -> tuple[Finding, ...]:
    """The findings of all rules."""
    return check(invoice, origins, facts, circumstances)
