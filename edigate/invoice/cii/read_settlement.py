"""Payment, document level allowances, totals and VAT of factur-x.xml -> BG-16 to BG-23."""

from decimal import Decimal

from edigate.invoice import model
from edigate.invoice.cii import read_values as xml


def payment(settlement: xml.Element | None) -> model.PaymentInstructions | None:
    """BG-16 has one code and one text: those of the first element count where a document repeats
    it."""
    means = xml.every(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    transfers = (
        model.CreditTransfer(
            account=xml.text(m, "ram:PayeePartyCreditorFinancialAccount/ram:IBANID")
            or xml.text(m, "ram:PayeePartyCreditorFinancialAccount/ram:ProprietaryID"),
            account_name=xml.text(m, "ram:PayeePartyCreditorFinancialAccount/ram:AccountName"),
            service_provider=xml.text(
                m, "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"
            ),
        )
        for m in means
    )
    cards = (xml.first(m, "ram:ApplicableTradeSettlementFinancialCard") for m in means)
    debited = (xml.text(m, "ram:PayerPartyDebtorFinancialAccount/ram:IBANID") for m in means)
    return xml.filled(
        model.PaymentInstructions(
            means_code=next((code for m in means if (code := xml.text(m, "ram:TypeCode"))), None),
            means_text=next(
                (text for m in means if (text := xml.text(m, "ram:Information"))), None
            ),
            remittance_information=xml.text(settlement, "ram:PaymentReference"),
            credit_transfers=tuple(t for t in transfers if t != model.CreditTransfer()),
            card=next(
                (
                    model.PaymentCard(
                        primary_account_number=xml.text(card, "ram:ID"),
                        holder=xml.text(card, "ram:CardholderName"),
                    )
                    for card in cards
                    if card is not None
                ),
                None,
            ),
            direct_debit=xml.filled(
                model.DirectDebit(
                    mandate_reference=xml.text(
                        settlement, "ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID"
                    ),
                    creditor_identifier=xml.text(settlement, "ram:CreditorReferenceID"),
                    debited_account=next((account for account in debited if account), None),
                ),
                model.DirectDebit(),
            ),
        ),
        model.PaymentInstructions(),
    )


def totals(settlement: xml.Element | None) -> model.Totals:
    """BG-22."""
    summation = xml.first(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    tax, accounting = _tax_totals(settlement, summation)
    return model.Totals(
        line_total=xml.decimal(summation, "ram:LineTotalAmount"),
        allowance_total=xml.decimal(summation, "ram:AllowanceTotalAmount"),
        charge_total=xml.decimal(summation, "ram:ChargeTotalAmount"),
        tax_exclusive=xml.decimal(summation, "ram:TaxBasisTotalAmount"),
        tax_total=tax,
        tax_total_accounting=accounting,
        tax_inclusive=xml.decimal(summation, "ram:GrandTotalAmount"),
        prepaid=xml.decimal(summation, "ram:TotalPrepaidAmount"),
        rounding=xml.decimal(summation, "ram:RoundingAmount"),
        amount_due=xml.decimal(summation, "ram:DuePayableAmount"),
    )


def _tax_totals(
    settlement: xml.Element | None, summation: xml.Element | None
) -> tuple[Decimal | None, Decimal | None]:
    """BT-110 and BT-111 share an element name: the currency tells them apart, where it does not the
    order."""
    invoiced = xml.text(settlement, "ram:InvoiceCurrencyCode")
    accounted = xml.text(settlement, "ram:TaxCurrencyCode")
    tax: Decimal | None = None
    accounting: Decimal | None = None
    for element in xml.every(summation, "ram:TaxTotalAmount"):
        currency, amount = element.get("currencyID"), xml.decimal(element, ".")
        if tax is not None or (currency is not None and currency == accounted != invoiced):
            accounting = amount if accounting is None else accounting
        else:
            tax = amount
    return tax, accounting


def vat(element: xml.Element) -> model.VatBreakdown | None:
    """One row of BG-23."""
    return xml.filled(
        model.VatBreakdown(
            taxable_amount=xml.decimal(element, "ram:BasisAmount"),
            tax_amount=xml.decimal(element, "ram:CalculatedAmount"),
            category=xml.text(element, "ram:CategoryCode"),
            rate=xml.decimal(element, "ram:RateApplicablePercent"),
            exemption_reason=xml.text(element, "ram:ExemptionReason"),
            exemption_code=xml.text(element, "ram:ExemptionReasonCode"),
        ),
        model.VatBreakdown(),
    )
