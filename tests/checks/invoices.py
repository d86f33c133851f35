"""Invoices of many kinds, each without a fault, for the tests of the official rules. All names are
invented."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import groupby

from edigate.invoice.model import (
    Attachment,
    Buyer,
    BuyerAddress,
    BuyerContact,
    CreditTransfer,
    DeliveryAddress,
    DeliveryInformation,
    DirectDebit,
    DocumentAllowance,
    DocumentCharge,
    Identifier,
    Invoice,
    InvoicingPeriod,
    Item,
    ItemAttribute,
    Line,
    LineAllowance,
    LineCharge,
    LinePeriod,
    LineVat,
    Note,
    Payee,
    PaymentCard,
    PaymentInstructions,
    PrecedingInvoice,
    Price,
    ProcessControl,
    Seller,
    SellerAddress,
    SellerContact,
    SupportingDocument,
    TaxRepresentative,
    TaxRepresentativeAddress,
    Totals,
    VatBreakdown,
)

_CENT = Decimal("0.01")

SELLER = Seller(
    name="Muster Werkzeugbau GmbH",
    identifiers=(Identifier("4399902000000", "0088"),),
    vat_identifier="DE123456788",
    tax_registration="12/345/67890",
    address=SellerAddress(
        line_1="Gewerbering 7", post_code="12345", city="Musterstadt", country_code="DE"
    ),
)
BUYER = Buyer(
    name="Beispiel Baumarkt AG",
    identifier=Identifier("4399902000017", "0088"),
    vat_identifier="DE987654328",
    address=BuyerAddress(
        line_1="Marktplatz 1", post_code="54321", city="Beispielhausen", country_code="DE"
    ),
)
_EXEMPTIONS = {
    "E": ("Steuerfrei nach § 4 Nr. 12 UStG", None),
    "AE": ("Steuerschuldnerschaft des Leistungsempfängers", "VATEX-EU-AE"),
    "K": ("Steuerfreie innergemeinschaftliche Lieferung", "VATEX-EU-IC"),
    "G": ("Steuerfreie Ausfuhrlieferung", "VATEX-EU-G"),
    "O": ("Nicht steuerbar", "VATEX-EU-O"),
}


def line(
    number: int, net: str = "20.00", category: str = "S", rate: str | None = "19", **more: object
) -> Line:
    """A line of two pieces; `net` is its net amount after its allowances and charges."""
    amount = Decimal(net)
    values: dict[str, object] = {
        "identifier": str(number),
        "quantity": Decimal(2),
        "unit_code": "H87",
        "net_amount": amount,
        "price": Price(net_price=abs(amount) / 2),
        "vat": LineVat(category=category, rate=None if rate is None else Decimal(rate)),
        "item": Item(name=f"Artikel {number}", seller_identifier=f"A-{number}"),
    }
    return Line(**(values | more))  # type: ignore[arg-type]


def totalled(invoice: Invoice, prepaid: str | None = None, rounding: str | None = None) -> Invoice:
    """The invoice with the totals and the VAT breakdown that its lines, allowances and charges
    make."""
    parts = [
        (v.category, v.rate, x.net_amount or 0) for x in invoice.lines if (v := x.vat) is not None
    ]
    parts += [(a.vat_category, a.vat_rate, -(a.amount or 0)) for a in invoice.allowances]
    parts += [(c.vat_category, c.vat_rate, c.amount or 0) for c in invoice.charges]
    ordered = sorted(parts, key=lambda p: (p[0] or "", p[1] or 0))
    breakdown = tuple(
        _breakdown(category, rate, sum((Decimal(p[2]) for p in group), Decimal(0)))
        for (category, rate), group in groupby(ordered, key=lambda p: (p[0], p[1]))
    )
    lines = sum((x.net_amount or Decimal(0) for x in invoice.lines), Decimal(0))
    allowances = sum((a.amount or Decimal(0) for a in invoice.allowances), Decimal(0))
    charges = sum((c.amount or Decimal(0) for c in invoice.charges), Decimal(0))
    tax = sum((b.tax_amount or Decimal(0) for b in breakdown), Decimal(0))
    gross = lines - allowances + charges + tax
    totals = Totals(
        line_total=lines,
        allowance_total=allowances if invoice.allowances else None,
        charge_total=charges if invoice.charges else None,
        tax_exclusive=lines - allowances + charges,
        tax_total=tax,
        tax_inclusive=gross,
        prepaid=Decimal(prepaid) if prepaid else None,
        rounding=Decimal(rounding) if rounding else None,
        amount_due=gross - Decimal(prepaid or 0) + Decimal(rounding or 0),
    )
    return replace(invoice, totals=totals, vat_breakdown=breakdown)


def _breakdown(category: str | None, rate: Decimal | None, net: Decimal) -> VatBreakdown:
    reason, code = _EXEMPTIONS.get(category or "", (None, None))
    return VatBreakdown(
        taxable_amount=net,
        tax_amount=(net * (rate or 0) / 100).quantize(_CENT),
        category=category,
        rate=rate,
        exemption_reason=reason,
        exemption_code=code,
    )


def invoice(lines: Sequence[Line] = (), **more: object) -> Invoice:
    """A domestic invoice over `lines` (three at 19 %), due in a month, delivered the day before."""
    values: dict[str, object] = {
        "number": "RE-2026-1001",
        "issue_date": date(2026, 10, 15),
        "type_code": "380",
        "currency_code": "EUR",
        "due_date": date(2026, 11, 14),
        "seller": SELLER,
        "buyer": BUYER,
        "delivery": DeliveryInformation(actual_date=date(2026, 10, 14)),
        "lines": tuple(lines) or (line(1), line(2, "35.50"), line(3, "0.99")),
    }
    return Invoice(**(values | more))  # type: ignore[arg-type]


def of_size(lines: int) -> Invoice:
    """An invoice of so many lines with gross prices, allowances, identifiers and periods, as retail
    sends them."""
    return totalled(
        invoice(
            [
                line(
                    n,
                    "19.00",
                    price=Price(
                        net_price=Decimal("10.00"), discount=Decimal("2.00"),
                        gross_price=Decimal("12.00"),
                        base_quantity=Decimal(1), base_quantity_unit="H87",
                    ),
                    allowances=(LineAllowance(amount=Decimal("1.00"), reason="Rabatt",
                        reason_code="95"),),
                    order_line_reference=str(n),
                    item=Item(
                        name=f"Artikel {n}", seller_identifier=f"A-{n}", buyer_identifier=f"B-{n}",
                        standard_identifier=Identifier("4399902000024", "0160"),
                    ),
                )
                for n in range(1, lines + 1)
            ],
            purchase_order_reference="B-4711",
            notes=(Note(text="Es gelten unsere Bedingungen.", subject_code="AAI"),),
        )
    )  # fmt: skip


def _domestic() -> dict[str, Invoice]:
    both = invoice([line(1), line(2, "70.00", rate="7"), line(3, "5.00", rate="7")])
    contacts = replace(
        both,
        seller=replace(
            SELLER,
            contact=SellerContact(
                contact_point="Verkauf", telephone="+49 30 0", email="v@m.example"
            ),
        ),
        buyer=replace(
            BUYER,
            contact=BuyerContact(
                contact_point="Einkauf", telephone="+49 40 0", email="e@b.example"
            ),
        ),
    )
    allowance = DocumentAllowance(
        amount=Decimal("5.00"),
        vat_category="S",
        vat_rate=Decimal(19),
        reason="Rabatt",
        reason_code="95",
    )
    charge = DocumentCharge(
        amount=Decimal("4.20"), vat_category="S", vat_rate=Decimal(19), reason="Fracht"
    )
    percent = replace(allowance, base_amount=Decimal("50.00"), percentage=Decimal(10))
    return {
        "plain": totalled(invoice()),
        "two rates": totalled(both),
        "nested contacts": totalled(contacts),
        "document allowance": totalled(invoice(allowances=(allowance,))),
        "document charge": totalled(invoice(charges=(charge,))),
        "allowances and charges": totalled(
            invoice(
                [line(1, "100.00"), line(2, "50.00", rate="7")],
                allowances=(percent, allowance),
                charges=(charge,),
            )
        ),
        "line allowances": totalled(
            invoice(
                [
                    line(
                        1,
                        "18.00",
                        allowances=(LineAllowance(amount=Decimal("2.00"), reason="Aktion"),),
                    ),
                    line(
                        2,
                        "22.00",
                        charges=(
                            LineCharge(amount=Decimal("2.00"), reason_code="FC", reason="Fracht"),
                        ),
                    ),
                ]
            )
        ),
        "prepaid": totalled(invoice(), prepaid="10.00"),
        "rounded": totalled(invoice(), rounding="0.03"),
        "zero rated": totalled(invoice([line(1), line(2, "8.00", "Z", "0")])),
        "credit note": totalled(
            invoice(
                type_code="381",
                preceding_invoices=(
                    PrecedingInvoice(reference="RE-1", issue_date=date(2026, 9, 1)),
                ),
            )
        ),
        "correction": totalled(
            invoice([line(1, "-20.00", quantity=Decimal(-2)), line(2, "30.00")], type_code="384")
        ),
        "self-billed": totalled(invoice(type_code="389")),
        "many lines": of_size(12),
    }


def _with_details() -> dict[str, Invoice]:
    period = InvoicingPeriod(start_date=date(2026, 9, 1), end_date=date(2026, 9, 30))
    attached = Attachment(
        content=b"%PDF-1.7\n", mime_code="application/pdf", filename="aufmass.pdf"
    )
    item = Item(
        name="Bohrmaschine", description="Schlagbohrmaschine 750 W", seller_identifier="A",
        buyer_identifier="B",
        standard_identifier=Identifier("4399902000024", "0160"), classifications=(
            Identifier("27110101", "STI", "1"),),
        country_of_origin="DE",
        attributes=(ItemAttribute(name="Farbe", value="blau"), ItemAttribute(name="Gewicht",
            value="2 kg")),
    )  # fmt: skip
    rep = TaxRepresentative(
        name="Fiskal Vertretung GmbH", vat_identifier="DE111111125",
        address=TaxRepresentativeAddress(line_1="Zollstr. 1", post_code="10000",
            city="Musterstadt", country_code="DE"),
    )  # fmt: skip
    transfer = PaymentInstructions(
        means_code="58", means_text="SEPA", remittance_information="RE-2026-1001",
        credit_transfers=(CreditTransfer(account="DE02120300000000202051", account_name="Muster"),),
    )  # fmt: skip
    debit = PaymentInstructions(
        means_code="59",
        direct_debit=DirectDebit(
            mandate_reference="M-1",
            creditor_identifier="DE98ZZZ09999999999",
            debited_account="DE02120300000000202051",
        ),
    )
    card = PaymentInstructions(
        means_code="48", card=PaymentCard(primary_account_number="1234", holder="B. Beispiel")
    )
    address = DeliveryAddress(
        line_1="Rampe 3", post_code="54321", city="Beispielhausen", country_code="DE"
    )
    deep = line(
        1, item=item, note="Teillieferung", period=LinePeriod(start_date=date(2026, 9, 1),
            end_date=date(2026, 9, 2)),
        object_identifier=Identifier("Z-1", "ABT"), order_line_reference="10",
        buyer_accounting_reference="KST 1",
    )  # fmt: skip
    return {
        "period": totalled(invoice(period=period, delivery=None)),
        "delivery place": totalled(
            invoice(
                delivery=DeliveryInformation(
                    name="Lager", location=Identifier("4399902000031", "0088"), actual_date=date(
                        2026, 10, 14),
                    address=address,
                )
            )
        ),
        "attachments": totalled(
            invoice(
                supporting_documents=(
                    SupportingDocument(reference="D-1", description="Aufmaß", attached=attached),
                    SupportingDocument(reference="D-2", external_location="https://belege.example/2"),
                ),
                tender_or_lot_reference="LOS-1",
                object_identifier=Identifier("OBJ-1", "AAA"),
            )
        ),
        "every line detail": totalled(invoice([deep, line(2)])),
        "references": totalled(
            invoice(
                buyer_reference="04011000-12345-67", project_reference="P-1",
                contract_reference="V-1",
                purchase_order_reference="B-1", sales_order_reference="A-1",
                receiving_advice_reference="W-1",
                despatch_advice_reference="L-1", buyer_accounting_reference="KST 1",
                payment_terms="Zahlbar in 30 Tagen", notes=(Note(text="Eins", subject_code="AAI"),
                    Note(text="Zwei")),
                process_control=ProcessControl(business_process="A1"),
            )
        ),
        "transfer": totalled(invoice(payment=transfer, payee=Payee(name="Factor AG",
            identifier=Identifier("F-1")))),
        "direct debit": totalled(invoice(payment=debit)),
        "card": totalled(invoice(payment=card)),
        "representative": totalled(invoice(tax_representative=rep)),
        "electronic addresses": totalled(
            invoice(
                seller=replace(
                    SELLER, electronic_address=Identifier("4399902000000", "0088"),
                    trading_name="Muster",
                    legal_registration=Identifier("HRB 1"),
                    legal_information="Amtsgericht Musterstadt",
                ),
                buyer=replace(
                    BUYER, electronic_address=Identifier("e@b.example", "EM"),
                    trading_name="Beispiel",
                    legal_registration=Identifier("HRB 2"),
                ),
            )
        ),
        "tax point date": totalled(invoice(tax_point_date=date(2026, 10, 14))),
        "tax point code": totalled(invoice(tax_point_date_code="35")),
        "accounting currency": _in_two_currencies(),
    }  # fmt: skip


def _in_two_currencies() -> Invoice:
    made = totalled(invoice(currency_code="USD", accounting_currency_code="EUR"))
    return replace(made, totals=replace(made.totals, tax_total_accounting=Decimal("9.87")))


def _without_tax() -> dict[str, Invoice]:
    abroad = replace(
        BUYER,
        vat_identifier="ATU12345675",
        address=BuyerAddress(city="Linz", post_code="4020", country_code="AT"),
    )
    there = DeliveryInformation(
        actual_date=date(2026, 10, 14),
        address=DeliveryAddress(line_1="Kai 1", post_code="4020", city="Linz", country_code="AT"),
    )
    small = Seller(
        name="Kleinunternehmer Meier", identifiers=(Identifier("K-1"),),
        tax_registration="12/345/67890",
        address=SELLER.address,
    )  # fmt: skip
    waived = DocumentAllowance(
        amount=Decimal(1), vat_category="AE", vat_rate=Decimal(0), reason="Rabatt"
    )
    added = DocumentCharge(
        amount=Decimal(1), vat_category="K", vat_rate=Decimal(0), reason="Fracht"
    )
    return {
        "exempt": totalled(invoice([line(1, category="E", rate="0"), line(2)])),
        "small business": totalled(invoice([line(1, category="E", rate="0")], seller=small)),
        "reverse charge": totalled(
            invoice(
                [line(1, category="AE", rate="0"), line(2, category="AE", rate="0")],
                allowances=(waived,),
            )
        ),
        "intra-community": totalled(
            invoice(
                [line(1, category="K", rate="0")], buyer=abroad, delivery=there, charges=(added,)
            )
        ),
        "export": totalled(
            invoice(
                [line(1, category="G", rate="0")],
                buyer=Buyer(
                    name="Export Ltd", address=BuyerAddress(city="Bern", country_code="CH")
                ),
            )
        ),
        "outside VAT": totalled(
            invoice(
                [line(1, category="O", rate=None)],
                seller=replace(SELLER, vat_identifier=None, tax_registration=None),
                buyer=replace(BUYER, vat_identifier=None),
            )
        ),
        "Canary Islands": totalled(invoice([line(1, category="L", rate="7")])),
        "Ceuta": totalled(invoice([line(1, category="M", rate="4")])),
    }


def invoices() -> dict[str, Invoice]:
    """All of them by name."""
    return _domestic() | _with_details() | _without_tax()
