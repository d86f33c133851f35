"""One Invoice with every term of the EN 16931 profile, lawful and with right sums.

Three rules of the standard keep terms apart: BT-7 and BT-8 exclude each other (BR-CO-03), and the
reasons of an exemption (BT-120, BT-121) stand at an exempt category only. BT-8 is therefore left to
`with_tax_point_code`.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from edigate.invoice import model
from edigate.invoice.model import Identifier


def full_invoice() -> model.Invoice:
    """The invoice, with BT-7."""
    return model.Invoice(
        number="RE-2026/0815",
        issue_date=date(2026, 10, 15),
        type_code="380",
        currency_code="EUR",
        accounting_currency_code="SEK",
        tax_point_date=date(2026, 10, 14),
        due_date=date(2026, 11, 14),
        buyer_reference="04011000-1234512345-06",
        project_reference="P-77",
        contract_reference="V-2025-3",
        purchase_order_reference="B-4711",
        sales_order_reference="A-9001",
        receiving_advice_reference="WE-5",
        despatch_advice_reference="LS-6",
        tender_or_lot_reference="Los 3",
        object_identifier=Identifier("ZÄHLER-1", "MG"),
        buyer_accounting_reference="4400/100",
        payment_terms="2 % Skonto bis 25.10.2026\nsonst 30 Tage netto",
        notes=(
            model.Note(subject_code="REG", text="Sitz der Gesellschaft: Musterstadt <HRB 1>"),
            model.Note(text="Es bestehen Rabatt- & Bonusvereinbarungen."),
        ),
        process_control=model.ProcessControl(business_process="urn:prozess:1"),
        preceding_invoices=(model.PrecedingInvoice(reference="RE-1", issue_date=date(2026, 9, 1)),),
        seller=_seller(),
        buyer=_buyer(),
        payee=model.Payee(
            name="Factoring Nord GmbH",
            identifier=Identifier("FN-1"),
            legal_registration=Identifier("HRB 3", "0204"),
        ),
        tax_representative=model.TaxRepresentative(
            name="Steuerkanzlei Süd",
            vat_identifier="DE111222339",
            address=model.TaxRepresentativeAddress(
                line_1="Weg 1",
                line_2="Hof",
                line_3="Tür 2",
                city="Ulm",
                post_code="89073",
                subdivision="Baden-Württemberg",
                country_code="DE",
            ),
        ),
        delivery=model.DeliveryInformation(
            name="Markt 17",
            location=Identifier("4319876000028", "0088"),
            actual_date=date(2026, 10, 14),
            address=model.DeliveryAddress(
                line_1="Rampe 1",
                line_2="Halle B",
                line_3="Tor 4",
                city="Kassel",
                post_code="34117",
                subdivision="Hessen",
                country_code="DE",
            ),
        ),
        period=model.InvoicingPeriod(start_date=date(2026, 10, 1), end_date=date(2026, 10, 14)),
        payment=model.PaymentInstructions(
            means_code="58",
            means_text="SEPA-Überweisung",
            remittance_information="RE-2026/0815",
            credit_transfers=(
                model.CreditTransfer(
                    account="DE73999999991111111111",
                    account_name="Musterlieferant",
                    service_provider="MUSTDE99XXX",
                ),
                model.CreditTransfer(account="4711-0815", account_name="Musterlieferant"),
            ),
            card=model.PaymentCard(primary_account_number="123456", holder="E. Muster"),
            direct_debit=model.DirectDebit(
                mandate_reference="M-1",
                creditor_identifier="DE98ZZZ09999999999",
                debited_account="DE26999999992222222222",
            ),
        ),
        allowances=(
            model.DocumentAllowance(
                amount=Decimal("10.00"),
                base_amount=Decimal("200.00"),
                percentage=Decimal("5"),
                vat_category="S",
                vat_rate=Decimal("19"),
                reason="Sonderrabatt",
                reason_code="100",
            ),
        ),
        charges=(
            model.DocumentCharge(
                amount=Decimal("20.00"),
                base_amount=Decimal("200.00"),
                percentage=Decimal("10"),
                vat_category="S",
                vat_rate=Decimal("19"),
                reason="Fracht",
                reason_code="FC",
            ),
        ),
        totals=model.Totals(
            line_total=Decimal("250.00"),
            allowance_total=Decimal("10.00"),
            charge_total=Decimal("20.00"),
            tax_exclusive=Decimal("260.00"),
            tax_total=Decimal("39.90"),
            tax_total_accounting=Decimal("455.66"),
            tax_inclusive=Decimal("299.90"),
            prepaid=Decimal("100.00"),
            rounding=Decimal("0.10"),
            amount_due=Decimal("200.00"),
        ),
        vat_breakdown=(
            model.VatBreakdown(
                taxable_amount=Decimal("210.00"),
                tax_amount=Decimal("39.90"),
                category="S",
                rate=Decimal("19"),
            ),
            model.VatBreakdown(
                taxable_amount=Decimal("50.00"),
                tax_amount=Decimal("0.00"),
                category="E",
                rate=Decimal("0"),
                exemption_reason="Steuerfrei nach § 4 Nr. 12 UStG",
                exemption_code="VATEX-EU-135-1",
            ),
        ),
        supporting_documents=(
            model.SupportingDocument(
                reference="ANL-1",
                description="Leistungsnachweis",
                external_location="https://lieferant.example/anl-1",
                attached=model.Attachment(
                    content=b"a;b\n1;2\n", mime_code="text/csv", filename="nachweis.csv"
                ),
            ),
        ),
        lines=(_first_line(), _second_line()),
    )


def with_tax_point_code() -> model.Invoice:
    """The same with BT-8 in place of BT-7."""
    return replace(full_invoice(), tax_point_date=None, tax_point_date_code="35")


def _seller() -> model.Seller:
    return model.Seller(
        name="Musterlieferant GmbH",
        trading_name="Muster & Co",
        identifiers=(Identifier("70012"), Identifier("4012345000009", "0088")),
        legal_registration=Identifier("HRB 4711", "0204"),
        vat_identifier="DE123456788",
        tax_registration="181/815/08155",
        legal_information="Amtsgericht Musterstadt, Geschäftsführerin Erika Muster",
        electronic_address=Identifier("rechnung@lieferant.example", "EM"),
        address=model.SellerAddress(
            line_1="Industriestraße 1",
            line_2="Gebäude 5",
            line_3="3. Stock",
            city="Musterstadt",
            post_code="12345",
            subdivision="Berlin",
            country_code="DE",
        ),
        contact=model.SellerContact(
            contact_point="Erika Muster", telephone="+49 30 1234", email="muster@lieferant.example"
        ),
    )


def _buyer() -> model.Buyer:
    return model.Buyer(
        name="Baumarkt Süd AG",
        trading_name="Baumarkt",
        identifier=Identifier("4319876000004", "0088"),
        legal_registration=Identifier("HRB 99", "0204"),
        vat_identifier="DE987654328",
        electronic_address=Identifier("4319876000004", "0088"),
        address=model.BuyerAddress(
            line_1="Zentrale 2",
            line_2="Postfach 3",
            line_3="Haus C",
            city="München",
            post_code="80331",
            subdivision="Bayern",
            country_code="DE",
        ),
        contact=model.BuyerContact(
            contact_point="Einkauf", telephone="+49 89 55", email="einkauf@baumarkt.example"
        ),
    )


def _first_line() -> model.Line:
    return model.Line(
        identifier="1",
        note="Charge 12/26",
        object_identifier=Identifier("AUFTRAG-3", "AVE"),
        quantity=Decimal("20"),
        unit_code="H87",
        net_amount=Decimal("200.00"),
        order_line_reference="10",
        buyer_accounting_reference="KST 12",
        period=model.LinePeriod(start_date=date(2026, 10, 1), end_date=date(2026, 10, 14)),
        allowances=(
            model.LineAllowance(
                amount=Decimal("5.00"),
                base_amount=Decimal("100.00"),
                percentage=Decimal("5"),
                reason="Mengenrabatt",
                reason_code="95",
            ),
        ),
        charges=(
            model.LineCharge(
                amount=Decimal("5.00"),
                base_amount=Decimal("100.00"),
                percentage=Decimal("5"),
                reason="Verpackung",
                reason_code="PC",
            ),
        ),
        price=model.Price(
            net_price=Decimal("100.0000"),
            discount=Decimal("5.0000"),
            gross_price=Decimal("105.0000"),
            base_quantity=Decimal("10"),
            base_quantity_unit="H87",
        ),
        vat=model.LineVat(category="S", rate=Decimal("19")),
        item=model.Item(
            name="Schraubenset „Profi“",
            description="100-teilig, verzinkt",
            seller_identifier="S-100",
            buyer_identifier="K-200",
            standard_identifier=Identifier("4012345000016", "0160"),
            classifications=(
                Identifier("73181595", "HS"),
                Identifier("23-11-01-02", "STQ", "13.0"),
            ),
            country_of_origin="DE",
            attributes=(model.ItemAttribute(name="Farbe", value="silber"),),
        ),
    )


def _second_line() -> model.Line:
    return model.Line(
        identifier="2",
        quantity=Decimal("1"),
        unit_code="LS",
        net_amount=Decimal("50.00"),
        price=model.Price(net_price=Decimal("50.00")),
        vat=model.LineVat(category="E", rate=Decimal("0")),
        item=model.Item(name="Miete Lagerplatz"),
    )
