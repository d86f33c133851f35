"""Tax numbers and invoice numbers: § 14 Abs. 4 Satz 1 Nr. 2 and 4 UStG."""

from stdnum.de import stnr

from edigate.checks.law.basis import Role, Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.de.tax_ids import (
    compact,
    is_german_vat_id,
    is_ku_identifier,
    is_w_identifier,
    vat_id_defect,
)
from edigate.findings import Finding, Place, finding


def ust_04_supplier_tax_id(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2 UStG: tax number or VAT id of the supplier (of his representative;
    for a Kleinunternehmer also the KU-IdNr., § 34a UStDV); of the supplier, not of the issuer, when
    the recipient bills."""
    if context.has(Profile.SMALL_AMOUNT) or not context.stands("seller"):
        return  # a supplier who is not named at all is UST-01
    if not _tax_id_given(context):
        yield context.hit("UST-04", "seller.vat_identifier", "seller", "number", missing="")


def _tax_id_given(context: GermanContext) -> bool:
    seller, representative = context.invoice.seller, context.invoice.tax_representative
    if seller.tax_registration or any(is_ku_identifier(i.value) for i in seller.identifiers):
        return True
    if seller.vat_identifier and not _of_the_one_who_bills(context, seller.vat_identifier):
        return True
    return representative is not None and bool(representative.vat_identifier)


def _of_the_one_who_bills(context: GermanContext, vat: str) -> bool:
    """Whether the id is that of a recipient who bills: it does not identify who supplied."""
    biller = context.invoice.buyer.vat_identifier
    if not biller or not context.has(Profile.SELF_BILLING):
        return False
    return compact(vat) == compact(biller)


def ust_05_vat_id_form(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2, § 27a UStG: a VAT id that cannot exist; an error only as the
    supplier's sole id."""
    seller, buyer = context.invoice.seller, context.invoice.buyer
    sole = not seller.tax_registration and not context.has(Profile.SMALL_AMOUNT)
    sides = (
        ("seller", seller.vat_identifier, context.seller_country, sole),
        ("buyer", buyer.vat_identifier, context.buyer_country, False),
    )
    for side, identifier, country, held in sides:
        if not identifier or is_w_identifier(identifier) or is_ku_identifier(identifier):
            continue
        defect = vat_id_defect(identifier, country)
        if defect is None:
            continue
        reason, certain = defect
        yield context.hit(
            "UST-05",
            f"{side}.vat_identifier",
            case=(side, reason, *(() if certain and held else ("uncertain",))),
            id=identifier,
        )


def ust_06_tax_number_form(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2 UStG: a Steuernummer that fits no Land's pattern; it holds only if
    it is the sole id."""
    seller = context.invoice.seller
    number = seller.tax_registration
    if not number or not context.german or is_ku_identifier(number):
        return
    if stnr.is_valid(number) or is_german_vat_id(number):
        return
    sole = not seller.vat_identifier and not context.has(Profile.SMALL_AMOUNT)
    yield context.hit(
        "UST-06",
        "seller.tax_registration",
        case=("sole",) if sole else (),
        tax_number=number,
    )


def ust_07_other_kind_of_id(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2 UStG, § 139c AO: a W-IdNr. or KU-IdNr. where a VAT id belongs; a
    recipient's VAT id that is not the tenant's."""
    seller, buyer = context.invoice.seller, context.invoice.buyer
    for side, identifier in (("seller", seller.vat_identifier), ("buyer", buyer.vat_identifier)):
        kind = _other_kind(context, identifier) if identifier else None
        if kind:
            yield _other_id(context, side, kind, identifier)
    own = {compact(i) for i in context.circumstances.tenant_vat_ids}
    theirs = buyer.vat_identifier
    if own and theirs and context.role is Role.RECIPIENT and compact(theirs) not in own:
        yield _other_id(context, "buyer", "not-the-tenant", theirs)


def _other_kind(context: GermanContext, identifier: str) -> str | None:
    if is_w_identifier(identifier):
        return "w-id"
    ku = is_ku_identifier(identifier) and not context.has(Profile.SMALL_BUSINESS)
    return "ku-id" if ku else None


def _other_id(context: GermanContext, side: str, kind: str, identifier: str | None) -> Finding:
    return context.hit("UST-07", f"{side}.vat_identifier", case=(side, kind), id=identifier)


def ust_11_number(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 4 UStG: a number; not for small amounts (§ 33 UStDV) and
    Kleinunternehmer (§ 34a)."""
    if context.has(Profile.SMALL_AMOUNT, Profile.SMALL_BUSINESS):
        return
    number = (context.invoice.number or "").strip()
    if any(c.isalnum() and c != "0" for c in number):
        return
    yield context.hit("UST-11", "number", case="says-nothing" if number else "none", said=number)


def ust_12_repeated_number(
    *, number: str, seller: str, first_seen: str, same_content: bool, place: Place | None = None
) -> Finding:
    """UST-12, § 14 Abs. 4 Satz 1 Nr. 4 UStG: the supplier used the number before; called by whoever
    asks the store.

    first_seen: the day the earlier one came, ISO 8601. The same content again is a copy (UStAE
    14c.1 Abs. 4) and only an information; other content under the same number is an error.
    """
    return finding(
        "UST-12",
        cases=("same" if same_content else "other",),
        place=place,
        number=number,
        seller=seller,
        first_seen=first_seen,
    )
