"""Payment, tax and totals of an Invoice -> elements of a factur-x.xml."""

import re
from decimal import Decimal

from edigate.invoice import model
from edigate.invoice.cii.names import TAX_POINT_CODES
from edigate.invoice.cii.tree import Attributes, Maybe, constant, day, each, group, leaf, required
from edigate.invoice.cii.write_line import allowance, charge, period
from edigate.invoice.cii.write_party import payee

# An account identifier that has the form of an IBAN is one, also where its check digits are wrong
# or blanks group its digits (ISO 13616). The text is written as it stands in the Invoice.
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def settlement(invoice: model.Invoice) -> Maybe:
    """Everything about paying: ram:ApplicableHeaderTradeSettlement."""
    payment, account = invoice.payment or model.PaymentInstructions(), "buyer_accounting_reference"
    debit, p = payment.direct_debit or model.DirectDebit(), "payment.direct_debit"
    remittance = payment.remittance_information
    return required(
        "ram:ApplicableHeaderTradeSettlement",
        "",
        leaf(
            "ram:CreditorReferenceID", debit.creditor_identifier, f"{p}.creditor_identifier"
        ),  # BT-90
        leaf("ram:PaymentReference", remittance, "payment.remittance_information"),  # BT-83
        leaf(
            "ram:TaxCurrencyCode", invoice.accounting_currency_code, "accounting_currency_code"
        ),  # BT-6
        leaf("ram:InvoiceCurrencyCode", invoice.currency_code, "currency_code"),  # BT-5
        payee(invoice.payee, "payee"),  # BG-10
        *_payment_means(payment, "payment"),  # BG-16
        *_vat_breakdown(invoice),  # BG-23
        period(invoice.period, "period"),  # BG-14
        *each(allowance, invoice.allowances, "allowances"),  # BG-20
        *each(charge, invoice.charges, "charges"),  # BG-21
        group(
            "ram:SpecifiedTradePaymentTerms",
            "payment_terms",
            leaf("ram:Description", invoice.payment_terms, "payment_terms"),  # BT-20
            day("ram:DueDateDateTime", invoice.due_date, "due_date"),  # BT-9
            leaf(
                "ram:DirectDebitMandateID", debit.mandate_reference, f"{p}.mandate_reference"
            ),  # BT-89
        ),
        _totals(invoice, invoice.totals, "totals"),  # BG-22
        *each(_preceding, invoice.preceding_invoices, "preceding_invoices"),  # BG-3
        group(
            "ram:ReceivableSpecifiedTradeAccountingAccount",
            account,
            leaf("ram:ID", invoice.buyer_accounting_reference, account),  # BT-19
        ),
    )


def _payment_means(payment: model.PaymentInstructions, p: str) -> list[Maybe]:
    """One element for each account (BG-17); the first also holds card (BG-18) and direct debit
    (BG-19)."""
    card, debit = payment.card or model.PaymentCard(), payment.direct_debit or model.DirectDebit()
    debited = f"{p}.direct_debit.debited_account"
    once = [
        group(
            "ram:ApplicableTradeSettlementFinancialCard",
            f"{p}.card",
            leaf(
                "ram:ID", card.primary_account_number, f"{p}.card.primary_account_number"
            ),  # BT-87
            leaf("ram:CardholderName", card.holder, f"{p}.card.holder"),  # BT-88
        ),
        group(
            "ram:PayerPartyDebtorFinancialAccount",
            debited,
            leaf("ram:IBANID", debit.debited_account, debited),
        ),
    ]
    accounts = [
        _account(t, f"{p}.credit_transfers[{n}]") for n, t in enumerate(payment.credit_transfers)
    ] or [[]]
    return [
        group(
            "ram:SpecifiedTradeSettlementPaymentMeans",
            f"{p}.credit_transfers[{n}]" if n else p,
            leaf("ram:TypeCode", payment.means_code, f"{p}.means_code"),  # BT-81
            leaf("ram:Information", payment.means_text, f"{p}.means_text"),  # BT-82
            *(() if n else once),
            *account,
        )
        for n, account in enumerate(accounts)
    ]


def _account(transfer: model.CreditTransfer, p: str) -> list[Maybe]:
    number, bank = transfer.account, f"{p}.service_provider"
    iban = number if number and _IBAN.fullmatch(number.replace(" ", "")) else None
    return [
        group(
            "ram:PayeePartyCreditorFinancialAccount",
            p,
            leaf("ram:IBANID", iban, f"{p}.account"),  # BT-84
            leaf("ram:AccountName", transfer.account_name, f"{p}.account_name"),  # BT-85
            None if iban else leaf("ram:ProprietaryID", number, f"{p}.account"),  # BT-84
        ),
        group(
            "ram:PayeeSpecifiedCreditorFinancialInstitution",
            bank,
            leaf("ram:BICID", transfer.service_provider, bank),  # BT-86
        ),
    ]


def _vat_breakdown(invoice: model.Invoice) -> list[Maybe]:
    """The syntax has the tax point (BT-7, BT-8) here, once: in the first entry, or alone where
    there is none."""
    entries = invoice.vat_breakdown
    if not entries and (invoice.tax_point_date or invoice.tax_point_date_code):
        entries = (model.VatBreakdown(),)
    return [
        _vat(entry, f"vat_breakdown[{n}]", None if n else invoice)
        for n, entry in enumerate(entries)
    ]


def _vat(entry: model.VatBreakdown, p: str, tax_point: model.Invoice | None) -> Maybe:
    when = tax_point.tax_point_date if tax_point else None
    code = tax_point.tax_point_date_code if tax_point else None
    return group(
        "ram:ApplicableTradeTax",
        p,
        leaf("ram:CalculatedAmount", entry.tax_amount, f"{p}.tax_amount"),  # BT-117
        constant("ram:TypeCode", "VAT", p),
        leaf("ram:ExemptionReason", entry.exemption_reason, f"{p}.exemption_reason"),  # BT-120
        leaf("ram:BasisAmount", entry.taxable_amount, f"{p}.taxable_amount"),  # BT-116
        leaf("ram:CategoryCode", entry.category, f"{p}.category"),  # BT-118
        leaf("ram:ExemptionReasonCode", entry.exemption_code, f"{p}.exemption_code"),  # BT-121
        day("ram:TaxPointDate", when, "tax_point_date", "udt:DateString"),  # BT-7
        leaf(
            "ram:DueDateTypeCode", code and TAX_POINT_CODES.get(code, code), "tax_point_date_code"
        ),  # BT-8
        leaf("ram:RateApplicablePercent", entry.rate, f"{p}.rate"),  # BT-119
    )


def _totals(invoice: model.Invoice, totals: model.Totals, p: str) -> Maybe:
    currency, accounting = invoice.currency_code, invoice.accounting_currency_code
    return group(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        p,
        leaf("ram:LineTotalAmount", totals.line_total, f"{p}.line_total"),  # BT-106
        leaf("ram:ChargeTotalAmount", totals.charge_total, f"{p}.charge_total"),  # BT-108
        leaf("ram:AllowanceTotalAmount", totals.allowance_total, f"{p}.allowance_total"),  # BT-107
        leaf("ram:TaxBasisTotalAmount", totals.tax_exclusive, f"{p}.tax_exclusive"),  # BT-109
        _tax_total(totals.tax_total, f"{p}.tax_total", currency, "currency_code"),  # BT-110
        _tax_total(
            totals.tax_total_accounting,
            f"{p}.tax_total_accounting",
            accounting,
            "accounting_currency_code",
        ),  # BT-111
        leaf("ram:RoundingAmount", totals.rounding, f"{p}.rounding"),  # BT-114
        leaf("ram:GrandTotalAmount", totals.tax_inclusive, f"{p}.tax_inclusive"),  # BT-112
        leaf("ram:TotalPrepaidAmount", totals.prepaid, f"{p}.prepaid"),  # BT-113
        leaf("ram:DuePayableAmount", totals.amount_due, f"{p}.amount_due"),  # BT-115
    )


def _tax_total(amount: Decimal | None, p: str, currency: str | None, currency_path: str) -> Maybe:
    attributes: Attributes = (("currencyID", currency, currency_path),) if currency else ()
    return leaf("ram:TaxTotalAmount", amount, p, attributes)


def _preceding(reference: model.PrecedingInvoice, p: str) -> Maybe:
    return group(
        "ram:InvoiceReferencedDocument",
        p,
        leaf("ram:IssuerAssignedID", reference.reference, f"{p}.reference"),  # BT-25
        day(
            "ram:FormattedIssueDateTime",
            reference.issue_date,
            f"{p}.issue_date",
            "qdt:DateTimeString",
        ),  # BT-26
    )
