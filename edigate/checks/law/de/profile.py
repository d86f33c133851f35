"""An invoice -> the kinds of invoice it is for the law. Several may hold at once; each switches
rules on or off.

The profile says which list of items applies: § 14 Abs. 4 UStG in full, or a shorter or longer one.
Codes, categories, the document type and master data decide. Words decide only where no tax is shown
and only where they affirm it: a footer stands on every paper of a supplier, and who shows tax owes
it whatever the footer says (§ 14c UStG).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from edigate.checks.law.basis import Basis
from edigate.checks.law.de.tax_ids import KU_IDENTIFIER, is_german_vat_id
from edigate.checks.law.rates import rates_of

FINANCIAL_NOTES = frozenset({"83", "84"})
"""Value-only notes (bonus and the like): no goods move, so quantity and time of supply say
nothing."""

MARGIN_CODES = frozenset({"VATEX-EU-D", "VATEX-EU-F", "VATEX-EU-I", "VATEX-EU-J"})
SMALL_AMOUNT_LIMIT = Decimal(250)  # EUR gross, § 33 Satz 1 UStDV: "nicht übersteigt"


class Profile(StrEnum):
    """Kinds of invoices with rules of their own."""

    SMALL_AMOUNT = "small-amount"
    SMALL_BUSINESS = "small-business"
    SELF_BILLING = "self-billing"
    PREPAYMENT = "prepayment"
    INTRA_COMMUNITY = "intra-community"
    REVERSE_CHARGE = "reverse-charge"
    FOREIGN_SUPPLIER = "foreign-supplier"
    MARGIN_SCHEME = "margin-scheme"
    FLAT_RATE = "flat-rate"
    EXPORT = "export"
    CORRECTION = "correction"
    CREDIT_NOTE = "credit-note"


def is_small_business(basis: Basis) -> bool:
    """Whether the supplier is a Kleinunternehmer (§ 19): a KU-IdNr., the tenant's knowledge, words
    where no tax is shown."""
    identifiers = [i.value for i in basis.invoice.seller.identifiers]
    identifiers += [
        basis.invoice.seller.tax_registration or "",
        basis.invoice.seller.vat_identifier or "",
    ]
    by_number = any(KU_IDENTIFIER.fullmatch(i.replace(" ", "").upper()) for i in identifiers)
    return by_number or basis.terms.small_business or basis.untaxed_by_words("small-business")


def is_foreign_supplier(basis: Basis) -> bool:
    """Whether another state's invoicing rules apply (§ 14 Abs. 7 UStG): a supplier abroad without
    German tax ids who charges no tax."""
    seller = basis.invoice.seller
    country = basis.seller_country
    german_number = bool(seller.tax_registration) or is_german_vat_id(seller.vat_identifier)
    representative = basis.invoice.tax_representative is not None
    taxed = bool(basis.tax_total) or "S" in basis.categories
    return country not in (None, "DE") and not german_number and not representative and not taxed


def _is_prepayment(basis: Basis) -> bool:
    name = basis.facts.document_name.casefold()
    if basis.kind == "386":
        return True
    return any(
        word in name
        for word in ("anzahlungsrechnung", "vorauszahlungsrechnung", "prepayment invoice")
    )


def _is_flat(basis: Basis) -> bool:
    if basis.seller_country not in ("DE", None):
        return False
    rows = [row.rate for row in basis.invoice.vat_breakdown]
    lines = [line.vat.rate for line in basis.invoice.lines if line.vat]
    known = rates_of("de")
    return any(rate is not None and known.is_flat(rate) for rate in {*rows, *lines})


def _is_small_amount(basis: Basis) -> bool:
    """§ 33 UStDV: gross at most 250 EUR; not for § 6a and § 13b UStG (Satz 3)."""
    gross = basis.invoice.totals.tax_inclusive
    if gross is None or basis.invoice.currency_code != "EUR":
        return False
    return abs(gross) <= SMALL_AMOUNT_LIMIT and basis.categories.isdisjoint({"K", "AE"})


def _is_margin_scheme(basis: Basis) -> bool:
    codes = (row.exemption_code for row in basis.invoice.vat_breakdown)
    return (
        basis.terms.margin_scheme
        or any(code in MARGIN_CODES for code in codes)
        or basis.untaxed_by_words("margin-scheme")
    )


PROFILES: Mapping[str, Callable[[Basis], bool]] = MappingProxyType(
    {
        Profile.SELF_BILLING: lambda basis: basis.self_billed,
        Profile.CREDIT_NOTE: lambda basis: basis.credits,
        Profile.CORRECTION: lambda basis: basis.corrects,
        Profile.PREPAYMENT: _is_prepayment,
        Profile.INTRA_COMMUNITY: lambda basis: "K" in basis.categories,
        Profile.REVERSE_CHARGE: lambda basis: "AE" in basis.categories,
        Profile.EXPORT: lambda basis: "G" in basis.categories,
        Profile.SMALL_BUSINESS: is_small_business,
        Profile.MARGIN_SCHEME: _is_margin_scheme,
        Profile.FLAT_RATE: lambda basis: _is_flat(basis) or basis.untaxed_by_words("farmer"),
        Profile.FOREIGN_SUPPLIER: is_foreign_supplier,
        Profile.SMALL_AMOUNT: _is_small_amount,
    }
)
"""What tells each kind of invoice."""
