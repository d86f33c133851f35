"""Names and addresses of supplier and recipient: § 14 Abs. 4 Satz 1 Nr. 1 UStG, § 31 Abs. 2 and 3
UStDV."""

import re

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import NR_2_ONLY, GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.findings import Severity, Texts
from edigate.invoice.model import BuyerAddress, SellerAddress

_POSTCODE = re.compile(r"(D-)?\d{5}")
_SUPPLIER_QUALIFIERS = frozenset({"SU", "SE", "II", "MS"})
_RECIPIENT_QUALIFIERS = frozenset({"BY", "IV", "MR"})

_SUPPLIER_SEGMENT = "NAD+SU+4012345500004::9++Lieferant GmbH+Hafenstrasse 1+Musterstadt++12345+DE'"
_RECIPIENT_SEGMENT = "NAD+BY+4098765000010::9++Kunde AG+Marktplatz 2+Beispielstadt++54321+DE'"

NAME = Texts("der Name", "the name")
CITY = Texts("der Ort", "the city")
POSTCODE = Texts("die Postleitzahl", "the postcode")
STREET = Texts("Straße oder Postfach", "street or P.O. box")
TAX_ID = Texts("Steuernummer oder USt-IdNr.", "tax number or VAT id")
WHOLE_ADDRESS = Texts("die Anschrift", "the address")


def lacking(
    name: str | None, address: SellerAddress | BuyerAddress | None
) -> tuple[tuple[Texts, ...], bool]:
    """What a name and address lack, and whether the party can no longer be determined without it.

    A post box, a major customer's postcode or a c/o line is an address too (UStAE 14.5 Abs. 2), so
    a missing street beside postcode and city does not make the party unknown (§ 31 Abs. 2 UStDV),
    nor does a missing postcode beside street and city; the country may be absent.
    """
    if address is None:
        return ((NAME, WHOLE_ADDRESS) if not name else (WHOLE_ADDRESS,)), True
    has_street = any((address.line_1, address.line_2, address.line_3))
    parts = [] if name else [NAME]
    if not address.city and not address.post_code and not has_street:
        return (*parts, WHOLE_ADDRESS), True
    if not address.city:
        parts.append(CITY)
    if not address.post_code and address.country_code == "DE":  # not every country has postcodes
        parts.append(POSTCODE)
    if not has_street:
        parts.append(STREET)
    unknown = not name or not address.city or (not has_street and not address.post_code)
    return tuple(parts), unknown


def joined(parts: tuple[Texts, ...]) -> Texts:
    """`a`, `a und b`, `a, b und c` in both languages."""

    def chain(words: list[str], last: str) -> str:
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"

    return Texts(chain([p.de for p in parts], "und"), chain([p.en for p in parts], "and"))


def _reported_as_unknown(
    context: GermanContext, gln: str | None, qualifiers: frozenset[str]
) -> bool:
    """Whether the mapping already reports the party's GLN as unknown: one cause, one finding."""
    return any(
        number == gln or qualifier in qualifiers
        for number, qualifier in context.facts.unknown_partners
    )


def ust_01_supplier(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 1 UStG: full name and address of the supplier; where the message does
    not name him at all, his tax id is missing with them (Nr. 2)."""
    seller = context.invoice.seller
    parts, unknown = lacking(seller.name, seller.address)
    if not parts or _reported_as_unknown(context, context.facts.seller_gln, _SUPPLIER_QUALIFIERS):
        return
    whole = not context.stands("seller")
    if whole and not context.has(Profile.SMALL_AMOUNT):
        parts = (*parts, TAX_ID)
    yield context.hit(
        "UST-01",
        "seller.address",
        "seller",
        "number",
        missing=_SUPPLIER_SEGMENT if whole else None,
        term="BT-27" if NAME in parts else "BG-5",
        severity=None if unknown else Severity.WARNING,
        basis="§ 14 Abs. 4 Satz 1 Nr. 1 und 2 UStG" if TAX_ID in parts else None,
        what=joined(parts),
    )


def ust_02_recipient(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 1 UStG: full name and address of the recipient; not for small amounts
    (§ 33 UStDV)."""
    if context.has(Profile.SMALL_AMOUNT):
        return
    buyer = context.invoice.buyer
    parts, unknown = lacking(buyer.name, buyer.address)
    if not parts or _reported_as_unknown(context, context.facts.buyer_gln, _RECIPIENT_QUALIFIERS):
        return
    yield context.hit(
        "UST-02",
        "buyer.address",
        "buyer",
        "number",
        missing=None if context.stands("buyer") else _RECIPIENT_SEGMENT,
        term="BT-44" if NAME in parts else "BG-8",
        severity=None if unknown else Severity.WARNING,
        what=joined(parts),
    )


def ust_03_from_master_data(context: GermanContext) -> Rows:
    """§ 31 Abs. 2 and 3 UStDV: codes (a GLN) are enough if both parties hold their meaning;
    recorded, and a warning for e-invoices of supplies from 2028, for which the BMF letters leave
    the question open."""
    sides = (
        ("seller", Texts("des Lieferanten", "the supplier's"), "BG-4"),
        ("buyer", Texts("des Leistungsempfängers", "the recipient's"), "BG-7"),
    )
    for path, whose, term in sides:
        if context.from_master_data(f"{path}.name") or context.from_master_data(path):
            gln = context.facts.seller_gln if path == "seller" else context.facts.buyer_gln
            late = context.strict and context.rule_date >= NR_2_ONLY
            yield context.hit(
                "UST-03",
                path,
                term=term,
                severity=Severity.WARNING if late else None,
                whose=whose,
                gln=gln or "–",
            )


def frm_07_postcode(context: GermanContext) -> Rows:
    """A German postcode has five digits."""
    for path, address, term in (
        ("seller.address.post_code", context.invoice.seller.address, "BT-38"),
        ("buyer.address.post_code", context.invoice.buyer.address, "BT-53"),
    ):
        code = (address.post_code or "").strip() if address else ""
        german = address is not None and address.country_code == "DE"
        if german and code and not _POSTCODE.fullmatch(code):
            yield context.hit("FRM-07", path, term=term, postcode=code)
