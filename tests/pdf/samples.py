"""Contents to make packages of: minimal, ordinary, with everything filled, and nasty. All names are
invented."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, get_args, get_origin, get_type_hints

from edigate.findings import Finding, FindingClass, Place, Severity, Source, Texts
from edigate.invoice import model as m
from edigate.invoice.cii import write
from edigate.invoice.origin import Origin, OriginKind, Origins
from edigate.pdf.content import AnnexRow, Content, Provenance

EDI = b"UNA:+.? 'UNB+UNOC:3+4398765000019:14+4319876000028:14+261015:1030+IC4711'UNZ+0+IC4711'"
MOMENT = datetime(2026, 10, 15, 9, 30, 12, tzinfo=UTC)

ITEMS = (
    (
        "Sechskantschraube DIN 933 M8x40 verzinkt, 100 Stück",
        "4398765100016",
        "SK-0840",
        Decimal("12.50"),
    ),
    (
        "Akku-Bohrschrauber 18 V mit zwei Akkus und Koffer",
        "4398765100023",
        "BS-18-2",
        Decimal("149.90"),
    ),
    ("Dispersionsfarbe innen, weiß, 10 l", "4398765100030", "DF-10-W", Decimal("34.95")),
    ("Silikon Sanitär transparent 310 ml", "4398765100047", "SI-310-T", Decimal("6.79")),
    (
        "Gartenschlauch 1/2 Zoll, 20 m, mit Spritzdüse und Kupplungen",
        "4398765100054",
        "GS-20",
        Decimal("24.49"),
    ),
)

SELLER = m.Seller(
    name="Eisenwaren Nordstern GmbH",
    identifiers=(m.Identifier("4398765000019", "0088"),),
    legal_registration=m.Identifier("HRB 99912 Musterstadt"),
    vat_identifier="DE123456788",
    tax_registration="201/123/12340",
    address=m.SellerAddress(
        line_1="Werkstraße 12", city="Musterstadt", post_code="99991", country_code="DE"
    ),
    contact=m.SellerContact(
        contact_point="Jutta Beispiel",
        telephone="+49 9999 123450",
        email="rechnung@nordstern.example",
    ),
    electronic_address=m.Identifier("rechnung@nordstern.example", "EM"),
)
BUYER = m.Buyer(
    name="Baumarkt Süd AG",
    identifier=m.Identifier("4319876000028", "0088"),
    vat_identifier="DE987654328",
    address=m.BuyerAddress(
        line_1="Zentrale Rechnungsprüfung",
        line_2="Isarufer 7",
        city="Südhausen",
        post_code="99998",
        country_code="DE",
    ),
    electronic_address=m.Identifier("4319876000028", "0088"),
)


def line(number: int) -> m.Line:
    """An ordinary line; prices and quantities repeat every few lines."""
    name, gtin, code, price = ITEMS[number % len(ITEMS)]
    quantity = Decimal(number % 7 + 1) * 4
    return m.Line(
        identifier=str(number + 1),
        quantity=quantity,
        unit_code="H87",
        net_amount=price * quantity,
        order_line_reference=str((number + 1) * 10) if number % 2 else None,
        price=m.Price(net_price=price),
        vat=m.LineVat(category="S", rate=Decimal("19")),
        item=m.Item(
            name=name,
            seller_identifier=code,
            buyer_identifier=f"88{number:05d}",
            standard_identifier=m.Identifier(gtin, "0160"),
        ),
    )


def ordinary(lines: int) -> m.Invoice:
    """An invoice as German retail sends it."""
    found = tuple(line(number) for number in range(lines))
    net = sum((n.net_amount or Decimal(0) for n in found), Decimal("0.00"))
    tax = (net * Decimal("0.19")).quantize(Decimal("0.01"))
    return m.Invoice(
        number="RE-2026-081512",
        issue_date=date(2026, 10, 15),
        type_code="380",
        currency_code="EUR",
        due_date=date(2026, 11, 14),
        purchase_order_reference="4500012345",
        despatch_advice_reference="LS-77120",
        payment_terms=(
            "Zahlbar innerhalb von 30 Tagen netto, bei Zahlung innerhalb von 10 Tagen 2 % Skonto."
        ),
        notes=(
            m.Note(
                subject_code="AAB",
                text="Es bestehen Rabatt- oder Bonusvereinbarungen.",
            ),
        ),
        seller=SELLER,
        buyer=BUYER,
        delivery=m.DeliveryInformation(
            name="Baumarkt Süd AG, Markt 114",
            location=m.Identifier("4319876001148", "0088"),
            actual_date=date(2026, 10, 13),
            address=m.DeliveryAddress(
                line_1="Gewerbering 3", city="Talheim am Berg", post_code="99996", country_code="DE"
            ),
        ),
        payment=m.PaymentInstructions(
            means_code="58",
            remittance_information="RE-2026-081512",
            credit_transfers=(
                m.CreditTransfer(
                    account="DE02120300000000202051",
                    account_name="Eisenwaren Nordstern GmbH",
                    service_provider="BYLADEM1001",
                ),
            ),
        ),
        totals=m.Totals(
            line_total=net,
            tax_exclusive=net,
            tax_total=tax,
            tax_inclusive=net + tax,
            amount_due=net + tax,
        ),
        vat_breakdown=(
            m.VatBreakdown(taxable_amount=net, tax_amount=tax, category="S", rate=Decimal("19")),
        ),
        lines=found,
    )


def provenance(**changes: object) -> Provenance:
    """A provenance box."""
    digest = hashlib.sha256(EDI).hexdigest()
    plain = Provenance(
        document_id="01JADT6Z3K7Q-1",
        interchange_reference="IC4711",
        message_reference="M00001",
        message_version="D:96A:UN:EAN008",
        sender="4398765000019",
        recipient="4319876000028",
        received_at=MOMENT,
        received_from="edi@nordstern.example",
        original_sha256=digest,
        xml_sha256=digest,
        interchange_sha256=digest,
        excerpt=False,
        edigate_version="0.1.0",
        artefacts={"schematron": "1.09.2", "xsd": "1.09.2"},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def content(invoice: m.Invoice, **changes: object) -> Content:
    """The content of a package around an invoice."""
    xml = write(invoice).xml
    plain = Content(
        invoice=invoice,
        origins=Origins({}),
        annex=(),
        findings=(),
        provenance=provenance(xml_sha256=hashlib.sha256(xml).hexdigest()),
        xml=xml,
        original=EDI,
        report_json=b'{"valid": true}\n',
        created_at=MOMENT,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def minimal() -> Content:
    """What a message that says almost nothing gives."""
    return content(
        m.Invoice(number="1", issue_date=date(2026, 1, 2), type_code="381", currency_code="EUR")
    )


def usual(lines: int = 10) -> Content:
    """An ordinary package with some annex rows, a warning and marked values."""
    place = Place(12, "RFF", "RFF+ABO:X'", 0, 1)
    warning = Finding(
        rule="UST-17",
        severity=Severity.WARNING,
        category=FindingClass.CONTENT,
        source=Source.USTG,
        message=Texts(
            de="Der Lieferschein LS-77120 trägt kein Datum; als Lieferdatum gilt der 13.10.2026.",
            en="Despatch advice LS-77120 has no date; 13 Oct 2026 is taken as the date of supply.",
        ),
        basis="§ 14 Abs. 4 Satz 1 Nr. 6 UStG",
        place=place,
        term="BT-72",
    )
    return content(
        ordinary(lines),
        annex=(
            AnnexRow("Bestelldatum", "01.10.2026", "9 DTM"),
            AnnexRow("Lieferscheindatum", "13.10.2026", "11 DTM"),
            AnnexRow("Zahlungspflichtiger (NAD+PR)", "Baumarkt Süd AG, GLN 4319876000028",
                "31 NAD"),
        ),
        findings=(warning,),
        origins=Origins({
            "seller.address": Origin(OriginKind.MASTER_DATA),
            "seller.name": Origin(OriginKind.MASTER_DATA),
            "payment.means_code": Origin(OriginKind.DERIVED),
            "process_control.specification": Origin(OriginKind.CONSTANT),
        }),
    )  # fmt: skip


CODES = {
    "BT-3": "380", "BT-5": "EUR", "BT-6": "CHF", "BT-8": "35", "BT-21": "AAI", "BT-40": "DE",
    "BT-55": "AT",
    "BT-69": "DE", "BT-80": "FR", "BT-81": "58", "BT-84": "DE02120300000000202051",
    "BT-91": "DE91100000000123456789",
    "BT-95": "S", "BT-98": "95", "BT-102": "S", "BT-105": "FC", "BT-118": "E",
    "BT-121": "VATEX-EU-G", "BT-130": "KGM",
    "BT-140": "95", "BT-145": "ABL", "BT-150": "H87", "BT-151": "AE", "BT-159": "IT",
}  # fmt: skip


def _filled(group: type, counter: Iterator[int], copies: int) -> Any:
    """An instance with every field filled, each with a value of its own where it is not a code."""
    values: dict[str, object] = {}
    for name, hint in get_type_hints(group, include_extras=True).items():
        term = hint.__metadata__[0].id
        inner = [kind for kind in _kinds(hint.__origin__) if kind is not type(None)]
        repeated = get_origin(hint.__origin__) is tuple
        made = tuple(
            _value(inner[0], term, counter, copies) for _ in range(copies if repeated else 1)
        )
        values[name] = made if repeated else made[0]
    return group(**values)


def _kinds(hint: Any) -> tuple[Any, ...]:
    return tuple(kind for kind in (get_args(hint) or (hint,)) if kind is not Ellipsis)


def _value(kind: Any, term: str, counter: Iterator[int], copies: int) -> object:
    number = next(counter)
    if kind is str:
        return CODES.get(term, f"Wert {number} zu {term}")
    if kind is Decimal:
        return Decimal(number * 1000 + number) / 100
    if kind is date:
        return date(2026, 1, 1) + timedelta(days=number)
    if kind is m.Identifier:
        schemes = {"BT-34": "EM", "BT-49": "9930", "BT-18": "ABT", "BT-128": "AWV", "BT-158": "HS"}
        return m.Identifier(
            f"ID{number}", schemes.get(term, "0088"), "2.1" if term == "BT-158" else None
        )
    if kind is m.Attachment:
        return m.Attachment(
            content=b"x" * 1234, mime_code="application/pdf", filename=f"anhang-{number}.pdf"
        )
    return _filled(kind, counter, copies)


def everything(language: str = "de", copies: int = 2) -> Content:
    """A package in which every term of the model is filled."""
    usually = usual(1)
    invoice = _filled(m.Invoice, count(1), copies)
    whole = hashlib.sha256(b"whole").hexdigest()
    return replace(
        usually,
        invoice=invoice,
        xml=write(invoice).xml,
        language=language,
        provenance=replace(usually.provenance, excerpt=True, interchange_sha256=whole),
    )


def nasty() -> Content:
    """Long words and texts, huge amounts, many rates, control characters, every script, zero in
    between."""
    plain = ordinary(6)
    huge = Decimal("999999999999999999.99")
    long_text = "\n".join(
        f"Zeile {n} einer sehr ausführlichen Beschreibung der gelieferten Ware" for n in range(60)
    )
    rates = tuple(
        m.VatBreakdown(
            taxable_amount=Decimal("1000.00"), tax_amount=Decimal(n), category="S", rate=Decimal(n)
        )
        for n in range(99)
    )
    lines = (
        replace(plain.lines[0], quantity=huge, net_amount=huge, price=m.Price(net_price=huge)),
        replace(plain.lines[1], item=m.Item(name="W" * 200, description=long_text)),
        replace(
            plain.lines[2],
            item=m.Item(name="Kabel\x00rot\x1b[31m\u202egnirts\u202c Ende", description=None),
        ),
        replace(
            plain.lines[3],
            item=m.Item(name="Ελληνικό κείμενο, кириллица, łódź, œuvre, ₺ → ✓ ≤ ½", description=""),
        ),
        replace(
            plain.lines[4],
            item=m.Item(name="עברית und 日本語 und العربية", description="e\u0301 a\u00a0b\u00adc"),
        ),
        replace(plain.lines[5], identifier="10.20.30.40.50.60", unit_code="XXX"),
    )
    seller = replace(
        SELLER, name="Gesellschaft mit besonders langem Namen " * 3, tax_registration="5" * 80
    )
    return replace(
        usual(1),
        invoice=replace(plain, lines=lines, vat_breakdown=rates, seller=seller, number="N" * 120),
    )
