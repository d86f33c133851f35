"""An invoice -> the kinds of invoice it is for the law. Several may hold at once; each switches
rules on or off.

The profile says which list of items applies: § 14 Abs. 4 UStG in full, or a shorter or longer one.
Codes, categories, the document type and master data decide. Words decide only where no tax is shown
and only where they affirm it: a footer stands on every paper of a supplier, and who shows tax owes
it whatever the footer says (§ 14c UStG).
"""

import re
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from edigate.checks.law.de import rates
from edigate.invoice.codes import SELF_BILLED

if TYPE_CHECKING:
    from edigate.checks.law.context import Context

GERMAN_VAT = re.compile(r"\s*DE[\s.\-]*\d", re.IGNORECASE)
KU_IDENTIFIER = re.compile(r"[A-Z]{2}[0-9A-Z]{1,20}-?EX")
"""Kleinunternehmer-Identifikationsnummer (§ 19a UStG): country, national number, `-EX`; no check
digit is known."""

CREDIT_NOTES = frozenset(
    {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"}
)
FINANCIAL_NOTES = frozenset({"83", "84"})
"""Value-only notes (bonus and the like): no goods move, so quantity and time of supply say
nothing."""

MARGIN_CODES = frozenset({"VATEX-EU-D", "VATEX-EU-F", "VATEX-EU-I", "VATEX-EU-J"})
SMALL_AMOUNT_LIMIT = Decimal(250)  # EUR gross, § 33 Satz 1 UStDV: "nicht übersteigt"


class Profile(StrEnum):
    """Kinds of invoices with rules of their own."""

    STANDARD = "standard"
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


def profiles(context: "Context") -> frozenset[Profile]:
    """The profiles of the invoice; STANDARD alone when nothing special applies."""
    invoice, facts = context.invoice, context.facts
    kind = invoice.type_code or facts.document_code
    found = {
        Profile.SELF_BILLING: kind in SELF_BILLED or facts.self_billing is not None,
        Profile.CREDIT_NOTE: kind in CREDIT_NOTES,
        Profile.CORRECTION: kind == "384",
        Profile.PREPAYMENT: kind == "386" or _is_prepayment(facts.document_name),
        Profile.INTRA_COMMUNITY: "K" in context.categories,
        Profile.REVERSE_CHARGE: "AE" in context.categories,
        Profile.EXPORT: "G" in context.categories,
        Profile.SMALL_BUSINESS: is_small_business(context),
        Profile.MARGIN_SCHEME: (
            context.terms.margin_scheme
            or any(row.exemption_code in MARGIN_CODES for row in invoice.vat_breakdown)
            or context.untaxed_by_words("margin-scheme")
        ),
        Profile.FLAT_RATE: _is_flat(context) or context.untaxed_by_words("farmer"),
        Profile.FOREIGN_SUPPLIER: is_foreign_supplier(context),
        Profile.SMALL_AMOUNT: _is_small_amount(context),
    }
    return frozenset(p for p, holds in found.items() if holds) or frozenset({Profile.STANDARD})


def is_small_business(context: "Context") -> bool:
    """Whether the supplier is a Kleinunternehmer (§ 19): a KU-IdNr., the tenant's knowledge, words
    where no tax is shown."""
    identifiers = [i.value for i in context.invoice.seller.identifiers]
    identifiers += [
        context.invoice.seller.tax_registration or "",
        context.invoice.seller.vat_identifier or "",
    ]
    by_number = any(KU_IDENTIFIER.fullmatch(i.replace(" ", "").upper()) for i in identifiers)
    return by_number or context.terms.small_business or context.untaxed_by_words("small-business")


def is_foreign_supplier(context: "Context") -> bool:
    """Whether another state's invoicing rules apply (§ 14 Abs. 7 UStG): a supplier abroad without
    German tax ids who charges no tax."""
    seller = context.invoice.seller
    country = context.seller_country
    german_number = bool(seller.tax_registration) or bool(
        seller.vat_identifier and GERMAN_VAT.match(seller.vat_identifier)
    )
    representative = context.invoice.tax_representative is not None
    taxed = bool(context.tax_total) or "S" in context.categories
    return country not in (None, "DE") and not german_number and not representative and not taxed


def _is_prepayment(document_name: str) -> bool:
    name = document_name.casefold()
    return any(
        word in name
        for word in ("anzahlungsrechnung", "vorauszahlungsrechnung", "prepayment invoice")
    )


def _is_flat(context: "Context") -> bool:
    if context.seller_country not in ("DE", None):
        return False
    rows = [row.rate for row in context.invoice.vat_breakdown]
    lines = [line.vat.rate for line in context.invoice.lines if line.vat]
    return any(rate is not None and rates.is_flat(rate) for rate in {*rows, *lines})


def _is_small_amount(context: "Context") -> bool:
    """§ 33 UStDV: gross at most 250 EUR; not for § 6a and § 13b UStG (Satz 3)."""
    gross = context.invoice.totals.tax_inclusive
    if gross is None or context.invoice.currency_code != "EUR":
        return False
    return abs(gross) <= SMALL_AMOUNT_LIMIT and context.categories.isdisjoint({"K", "AE"})
