"""Names and addresses of supplier and recipient: § 14 Abs. 4 Satz 1 Nr. 1 UStG, § 31 Abs. 2 and 3
UStDV."""

import re
from collections.abc import Sequence

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import NR_2_ONLY, GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.findings import Texts, joined, part
from edigate.invoice.model import BuyerAddress, SellerAddress

_POSTCODE = re.compile(r"(D-)?\d{5}")
_SUPPLIER_QUALIFIERS = frozenset({"SU", "SE", "II", "MS"})
_RECIPIENT_QUALIFIERS = frozenset({"BY", "IV", "MR"})


def lacking(
    name: str | None, address: SellerAddress | BuyerAddress | None
) -> tuple[tuple[str, ...], bool]:
    """What a name and address lack (cases of UST-01), and whether the party can no longer be
    determined without it.

    A post box, a major customer's postcode or a c/o line is an address too (UStAE 14.5 Abs. 2), so
    a missing street beside postcode and city does not make the party unknown (§ 31 Abs. 2 UStDV),
    nor does a missing postcode beside street and city; the country may be absent.
    """
    of_name = () if name else ("name",)
    if address is None or not _says_anything(address):
        return (*of_name, "address"), True
    street, post_code = _has_street(address), address.post_code
    parts = {
        "city": not address.city,
        "postcode": not post_code and address.country_code == "DE",  # not all countries have them
        "street": not street,
    }
    unknown = not name or not address.city or not (street or post_code)
    return (*of_name, *(part for part, lacks in parts.items() if lacks)), unknown


def _says_anything(address: SellerAddress | BuyerAddress) -> bool:
    return bool(address.city or address.post_code or _has_street(address))


def _has_street(address: SellerAddress | BuyerAddress) -> bool:
    return any((address.line_1, address.line_2, address.line_3))


def _listed(parts: Sequence[str]) -> Texts:
    return joined([part("UST-01", name) for name in parts])


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
    with_tax_id = whole and not context.has(Profile.SMALL_AMOUNT)
    yield context.hit(
        "UST-01",
        "seller.address",
        "seller",
        "number",
        case=(*_weight(parts, unknown), *(("not-named",) if with_tax_id else ())),
        missing="" if whole else None,
        what=_listed((*parts, "tax-id") if with_tax_id else parts),
    )


def _weight(parts: Sequence[str], unknown: bool) -> tuple[str, ...]:
    return (
        *(() if "name" in parts else ("not-the-name",)),
        *(() if unknown else ("findable",)),
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
        case=_weight(parts, unknown),
        missing=None if context.stands("buyer") else "",
        what=_listed(parts),
    )


def ust_03_from_master_data(context: GermanContext) -> Rows:
    """§ 31 Abs. 2 and 3 UStDV: codes (a GLN) are enough if both parties hold their meaning;
    recorded, and a warning for e-invoices of supplies from 2028, for which the BMF letters leave
    the question open."""
    late = context.strict and context.rule_date >= NR_2_ONLY
    sides = (("seller", context.facts.seller_gln), ("buyer", context.facts.buyer_gln))
    for path, gln in sides:
        if context.from_master_data(f"{path}.name") or context.from_master_data(path):
            case = (path, "from-2028") if late else path
            yield context.hit("UST-03", path, case=case, gln=gln or "–")


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
