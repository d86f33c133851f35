"""The semantic model of EN 16931-1:2017: one class per business group (BG), one field per business
term (BT).

Values are as the invoice says them: amounts, quantities, prices and rates are `Decimal` (rates in
percent), dates are `date`, codes are strings of the code list the standard names for the term. A
field the message does not fill is None (or an empty tuple), also where the standard makes it
mandatory: completeness is a matter of the checks. The classes are compared by value; where a value
came from is kept beside them (`origin`).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

SPECIFICATION = "urn:cen.eu:en16931:2017"
"""BT-24 of the profile EN 16931 (COMFORT)."""


@dataclass(frozen=True, slots=True)
class Term:
    """The id of a business term or group, e.g. `BT-31` or `BG-4`."""

    id: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier with its scheme (ISO 6523 ICD, EAS, UNTDID 1153 or 7143, as the term asks) and
    scheme version."""

    value: str
    scheme: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """BG-1 Invoice note."""

    subject_code: Annotated[str | None, Term("BT-21")] = None
    text: Annotated[str | None, Term("BT-22")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecedingInvoice:
    """BG-3 Preceding invoice reference."""

    reference: Annotated[str | None, Term("BT-25")] = None
    issue_date: Annotated[date | None, Term("BT-26")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerAddress:
    """BG-5 Seller postal address."""

    line_1: Annotated[str | None, Term("BT-35")] = None
    line_2: Annotated[str | None, Term("BT-36")] = None
    line_3: Annotated[str | None, Term("BT-162")] = None
    city: Annotated[str | None, Term("BT-37")] = None
    post_code: Annotated[str | None, Term("BT-38")] = None
    subdivision: Annotated[str | None, Term("BT-39")] = None
    country_code: Annotated[str | None, Term("BT-40")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SellerContact:
    """BG-6 Seller contact."""

    contact_point: Annotated[str | None, Term("BT-41")] = None
    telephone: Annotated[str | None, Term("BT-42")] = None
    email: Annotated[str | None, Term("BT-43")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """BG-4 Seller."""

    name: Annotated[str | None, Term("BT-27")] = None
    trading_name: Annotated[str | None, Term("BT-28")] = None
    identifiers: Annotated[tuple[Identifier, ...], Term("BT-29")] = ()
    legal_registration: Annotated[Identifier | None, Term("BT-30")] = None
    vat_identifier: Annotated[str | None, Term("BT-31")] = None
    tax_registration: Annotated[str | None, Term("BT-32")] = None
    legal_information: Annotated[str | None, Term("BT-33")] = None
    electronic_address: Annotated[Identifier | None, Term("BT-34")] = None
    address: Annotated[SellerAddress | None, Term("BG-5")] = None
    contact: Annotated[SellerContact | None, Term("BG-6")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerAddress:
    """BG-8 Buyer postal address."""

    line_1: Annotated[str | None, Term("BT-50")] = None
    line_2: Annotated[str | None, Term("BT-51")] = None
    line_3: Annotated[str | None, Term("BT-163")] = None
    city: Annotated[str | None, Term("BT-52")] = None
    post_code: Annotated[str | None, Term("BT-53")] = None
    subdivision: Annotated[str | None, Term("BT-54")] = None
    country_code: Annotated[str | None, Term("BT-55")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerContact:
    """BG-9 Buyer contact."""

    contact_point: Annotated[str | None, Term("BT-56")] = None
    telephone: Annotated[str | None, Term("BT-57")] = None
    email: Annotated[str | None, Term("BT-58")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """BG-7 Buyer."""

    name: Annotated[str | None, Term("BT-44")] = None
    trading_name: Annotated[str | None, Term("BT-45")] = None
    identifier: Annotated[Identifier | None, Term("BT-46")] = None
    legal_registration: Annotated[Identifier | None, Term("BT-47")] = None
    vat_identifier: Annotated[str | None, Term("BT-48")] = None
    electronic_address: Annotated[Identifier | None, Term("BT-49")] = None
    address: Annotated[BuyerAddress | None, Term("BG-8")] = None
    contact: Annotated[BuyerContact | None, Term("BG-9")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """BG-10 Payee."""

    name: Annotated[str | None, Term("BT-59")] = None
    identifier: Annotated[Identifier | None, Term("BT-60")] = None
    legal_registration: Annotated[Identifier | None, Term("BT-61")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRepresentativeAddress:
    """BG-12 Seller tax representative postal address."""

    line_1: Annotated[str | None, Term("BT-64")] = None
    line_2: Annotated[str | None, Term("BT-65")] = None
    line_3: Annotated[str | None, Term("BT-164")] = None
    city: Annotated[str | None, Term("BT-66")] = None
    post_code: Annotated[str | None, Term("BT-67")] = None
    subdivision: Annotated[str | None, Term("BT-68")] = None
    country_code: Annotated[str | None, Term("BT-69")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRepresentative:
    """BG-11 Seller tax representative party."""

    name: Annotated[str | None, Term("BT-62")] = None
    vat_identifier: Annotated[str | None, Term("BT-63")] = None
    address: Annotated[TaxRepresentativeAddress | None, Term("BG-12")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAddress:
    """BG-15 Deliver to address."""

    line_1: Annotated[str | None, Term("BT-75")] = None
    line_2: Annotated[str | None, Term("BT-76")] = None
    line_3: Annotated[str | None, Term("BT-165")] = None
    city: Annotated[str | None, Term("BT-77")] = None
    post_code: Annotated[str | None, Term("BT-78")] = None
    subdivision: Annotated[str | None, Term("BT-79")] = None
    country_code: Annotated[str | None, Term("BT-80")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicingPeriod:
    """BG-14 Invoicing period."""

    start_date: Annotated[date | None, Term("BT-73")] = None
    end_date: Annotated[date | None, Term("BT-74")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryInformation:
    """BG-13 Delivery information."""

    name: Annotated[str | None, Term("BT-70")] = None
    location: Annotated[Identifier | None, Term("BT-71")] = None
    actual_date: Annotated[date | None, Term("BT-72")] = None
    address: Annotated[DeliveryAddress | None, Term("BG-15")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTransfer:
    """BG-17 Credit transfer."""

    account: Annotated[str | None, Term("BT-84")] = None
    account_name: Annotated[str | None, Term("BT-85")] = None
    service_provider: Annotated[str | None, Term("BT-86")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCard:
    """BG-18 Payment card information."""

    primary_account_number: Annotated[str | None, Term("BT-87")] = None
    holder: Annotated[str | None, Term("BT-88")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectDebit:
    """BG-19 Direct debit."""

    mandate_reference: Annotated[str | None, Term("BT-89")] = None
    creditor_identifier: Annotated[str | None, Term("BT-90")] = None
    debited_account: Annotated[str | None, Term("BT-91")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentInstructions:
    """BG-16 Payment instructions."""

    means_code: Annotated[str | None, Term("BT-81")] = None
    means_text: Annotated[str | None, Term("BT-82")] = None
    remittance_information: Annotated[str | None, Term("BT-83")] = None
    credit_transfers: Annotated[tuple[CreditTransfer, ...], Term("BG-17")] = ()
    card: Annotated[PaymentCard | None, Term("BG-18")] = None
    direct_debit: Annotated[DirectDebit | None, Term("BG-19")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAllowance:
    """BG-20 Document level allowance."""

    amount: Annotated[Decimal | None, Term("BT-92")] = None
    base_amount: Annotated[Decimal | None, Term("BT-93")] = None
    percentage: Annotated[Decimal | None, Term("BT-94")] = None
    vat_category: Annotated[str | None, Term("BT-95")] = None
    vat_rate: Annotated[Decimal | None, Term("BT-96")] = None
    reason: Annotated[str | None, Term("BT-97")] = None
    reason_code: Annotated[str | None, Term("BT-98")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCharge:
    """BG-21 Document level charge."""

    amount: Annotated[Decimal | None, Term("BT-99")] = None
    base_amount: Annotated[Decimal | None, Term("BT-100")] = None
    percentage: Annotated[Decimal | None, Term("BT-101")] = None
    vat_category: Annotated[str | None, Term("BT-102")] = None
    vat_rate: Annotated[Decimal | None, Term("BT-103")] = None
    reason: Annotated[str | None, Term("BT-104")] = None
    reason_code: Annotated[str | None, Term("BT-105")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """BG-22 Document totals."""

    line_total: Annotated[Decimal | None, Term("BT-106")] = None
    allowance_total: Annotated[Decimal | None, Term("BT-107")] = None
    charge_total: Annotated[Decimal | None, Term("BT-108")] = None
    tax_exclusive: Annotated[Decimal | None, Term("BT-109")] = None
    tax_total: Annotated[Decimal | None, Term("BT-110")] = None
    tax_total_accounting: Annotated[Decimal | None, Term("BT-111")] = None
    tax_inclusive: Annotated[Decimal | None, Term("BT-112")] = None
    prepaid: Annotated[Decimal | None, Term("BT-113")] = None
    rounding: Annotated[Decimal | None, Term("BT-114")] = None
    amount_due: Annotated[Decimal | None, Term("BT-115")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VatBreakdown:
    """BG-23 VAT breakdown."""

    taxable_amount: Annotated[Decimal | None, Term("BT-116")] = None
    tax_amount: Annotated[Decimal | None, Term("BT-117")] = None
    category: Annotated[str | None, Term("BT-118")] = None
    rate: Annotated[Decimal | None, Term("BT-119")] = None
    exemption_reason: Annotated[str | None, Term("BT-120")] = None
    exemption_code: Annotated[str | None, Term("BT-121")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """BT-125 Attached document: its bytes, MIME code and file name."""

    content: bytes
    mime_code: str
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportingDocument:
    """BG-24 Additional supporting documents."""

    reference: Annotated[str | None, Term("BT-122")] = None
    description: Annotated[str | None, Term("BT-123")] = None
    external_location: Annotated[str | None, Term("BT-124")] = None
    attached: Annotated[Attachment | None, Term("BT-125")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePeriod:
    """BG-26 Invoice line period."""

    start_date: Annotated[date | None, Term("BT-134")] = None
    end_date: Annotated[date | None, Term("BT-135")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAllowance:
    """BG-27 Invoice line allowance."""

    amount: Annotated[Decimal | None, Term("BT-136")] = None
    base_amount: Annotated[Decimal | None, Term("BT-137")] = None
    percentage: Annotated[Decimal | None, Term("BT-138")] = None
    reason: Annotated[str | None, Term("BT-139")] = None
    reason_code: Annotated[str | None, Term("BT-140")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCharge:
    """BG-28 Invoice line charge."""

    amount: Annotated[Decimal | None, Term("BT-141")] = None
    base_amount: Annotated[Decimal | None, Term("BT-142")] = None
    percentage: Annotated[Decimal | None, Term("BT-143")] = None
    reason: Annotated[str | None, Term("BT-144")] = None
    reason_code: Annotated[str | None, Term("BT-145")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """BG-29 Price details."""

    net_price: Annotated[Decimal | None, Term("BT-146")] = None
    discount: Annotated[Decimal | None, Term("BT-147")] = None
    gross_price: Annotated[Decimal | None, Term("BT-148")] = None
    base_quantity: Annotated[Decimal | None, Term("BT-149")] = None
    base_quantity_unit: Annotated[str | None, Term("BT-150")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineVat:
    """BG-30 Line VAT information."""

    category: Annotated[str | None, Term("BT-151")] = None
    rate: Annotated[Decimal | None, Term("BT-152")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemAttribute:
    """BG-32 Item attributes."""

    name: Annotated[str | None, Term("BT-160")] = None
    value: Annotated[str | None, Term("BT-161")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """BG-31 Item information."""

    name: Annotated[str | None, Term("BT-153")] = None
    description: Annotated[str | None, Term("BT-154")] = None
    seller_identifier: Annotated[str | None, Term("BT-155")] = None
    buyer_identifier: Annotated[str | None, Term("BT-156")] = None
    standard_identifier: Annotated[Identifier | None, Term("BT-157")] = None
    classifications: Annotated[tuple[Identifier, ...], Term("BT-158")] = ()
    country_of_origin: Annotated[str | None, Term("BT-159")] = None
    attributes: Annotated[tuple[ItemAttribute, ...], Term("BG-32")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """BG-25 Invoice line."""

    identifier: Annotated[str | None, Term("BT-126")] = None
    note: Annotated[str | None, Term("BT-127")] = None
    object_identifier: Annotated[Identifier | None, Term("BT-128")] = None
    quantity: Annotated[Decimal | None, Term("BT-129")] = None
    unit_code: Annotated[str | None, Term("BT-130")] = None
    net_amount: Annotated[Decimal | None, Term("BT-131")] = None
    order_line_reference: Annotated[str | None, Term("BT-132")] = None
    buyer_accounting_reference: Annotated[str | None, Term("BT-133")] = None
    period: Annotated[LinePeriod | None, Term("BG-26")] = None
    allowances: Annotated[tuple[LineAllowance, ...], Term("BG-27")] = ()
    charges: Annotated[tuple[LineCharge, ...], Term("BG-28")] = ()
    price: Annotated[Price | None, Term("BG-29")] = None
    vat: Annotated[LineVat | None, Term("BG-30")] = None
    item: Annotated[Item | None, Term("BG-31")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessControl:
    """BG-2 Process control."""

    business_process: Annotated[str | None, Term("BT-23")] = None
    specification: Annotated[str | None, Term("BT-24")] = SPECIFICATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice or credit note after EN 16931-1:2017."""

    number: Annotated[str | None, Term("BT-1")] = None
    issue_date: Annotated[date | None, Term("BT-2")] = None
    type_code: Annotated[str | None, Term("BT-3")] = None
    currency_code: Annotated[str | None, Term("BT-5")] = None
    accounting_currency_code: Annotated[str | None, Term("BT-6")] = None
    tax_point_date: Annotated[date | None, Term("BT-7")] = None
    tax_point_date_code: Annotated[str | None, Term("BT-8")] = None
    due_date: Annotated[date | None, Term("BT-9")] = None
    buyer_reference: Annotated[str | None, Term("BT-10")] = None
    project_reference: Annotated[str | None, Term("BT-11")] = None
    contract_reference: Annotated[str | None, Term("BT-12")] = None
    purchase_order_reference: Annotated[str | None, Term("BT-13")] = None
    sales_order_reference: Annotated[str | None, Term("BT-14")] = None
    receiving_advice_reference: Annotated[str | None, Term("BT-15")] = None
    despatch_advice_reference: Annotated[str | None, Term("BT-16")] = None
    tender_or_lot_reference: Annotated[str | None, Term("BT-17")] = None
    object_identifier: Annotated[Identifier | None, Term("BT-18")] = None
    buyer_accounting_reference: Annotated[str | None, Term("BT-19")] = None
    payment_terms: Annotated[str | None, Term("BT-20")] = None
    notes: Annotated[tuple[Note, ...], Term("BG-1")] = ()
    process_control: Annotated[ProcessControl, Term("BG-2")] = ProcessControl()
    preceding_invoices: Annotated[tuple[PrecedingInvoice, ...], Term("BG-3")] = ()
    seller: Annotated[Seller, Term("BG-4")] = Seller()
    buyer: Annotated[Buyer, Term("BG-7")] = Buyer()
    payee: Annotated[Payee | None, Term("BG-10")] = None
    tax_representative: Annotated[TaxRepresentative | None, Term("BG-11")] = None
    delivery: Annotated[DeliveryInformation | None, Term("BG-13")] = None
    period: Annotated[InvoicingPeriod | None, Term("BG-14")] = None
    payment: Annotated[PaymentInstructions | None, Term("BG-16")] = None
    allowances: Annotated[tuple[DocumentAllowance, ...], Term("BG-20")] = ()
    charges: Annotated[tuple[DocumentCharge, ...], Term("BG-21")] = ()
    totals: Annotated[Totals, Term("BG-22")] = Totals()
    vat_breakdown: Annotated[tuple[VatBreakdown, ...], Term("BG-23")] = ()
    supporting_documents: Annotated[tuple[SupportingDocument, ...], Term("BG-24")] = ()
    lines: Annotated[tuple[Line, ...], Term("BG-25")] = ()
