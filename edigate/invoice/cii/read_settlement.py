"""Payment, document level allowances, totals and VAT of factur-x.xml -> BG-16 to BG-23."""

from collections.abc import Sequence
from decimal import Decimal

from edigate.invoice import model
from edigate.invoice.cii import read_values as xml


def payment(settlement: xml.Element | None) -> model.PaymentInstructions | None:
    """BG-16 has one code and one text: those of the first element count where a document repeats
    it."""
    means = xml.every(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    transfers = map(_transfer, means)
    return xml.filled(
        model.PaymentInstructions(
            means_code=_first_text(means, "ram:TypeCode"),
            means_text=_first_text(means, "ram:Information"),
            remittance_information=xml.text(settlement, "ram:PaymentReference"),
            credit_transfers=tuple(t for t in transfers if t != model.CreditTransfer()),
            card=next(filter(None, map(_card, means)), None),
            direct_debit=_direct_debit(settlement, means),
        ),
        model.PaymentInstructions(),
    )


def _first_text(means: Sequence[xml.Element], path: str) -> str | None:
    return next(filter(None, (xml.text(one, path) for one in means)), None)


def _transfer(means: xml.Element) -> model.CreditTransfer:
    account = "ram:PayeePartyCreditorFinancialAccount"
    return model.CreditTransfer(
        account=xml.text(means, f"{account}/ram:IBANID")
        or xml.text(means, f"{account}/ram:ProprietaryID"),
        account_name=xml.text(means, f"{account}/ram:AccountName"),
        service_provider=xml.text(
            means, "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"
        ),
    )


def _card(means: xml.Element) -> model.PaymentCard | None:
    card = xml.first(means, "ram:ApplicableTradeSettlementFinancialCard")
    if card is None:
        return None
    return model.PaymentCard(
        primary_account_number=xml.text(card, "ram:ID"),
        holder=xml.text(card, "ram:CardholderName"),
    )


def _direct_debit(
    settlement: xml.Element | None, means: Sequence[xml.Element]
) -> model.DirectDebit | None:
    return xml.filled(
        model.DirectDebit(
            mandate_reference=xml.text(
                settlement, "ram:SpecifiedTradePaymentTerms/ram:DirectDebitMandateID"
            ),
            creditor_identifier=xml.text(settlement, "ram:CreditorReferenceID"),
            debited_account=_first_text(means, "ram:PayerPartyDebtorFinancialAccount/ram:IBANID"),
        ),
        model.DirectDebit(),
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
