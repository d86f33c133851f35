"""Tax numbers and invoice numbers: § 14 Abs. 4 Satz 1 Nr. 2 and 4 UStG."""

from stdnum.de import stnr

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.de.tax_ids import (
    compact,
    is_german_vat_id,
    is_ku_identifier,
    is_w_identifier,
    vat_id_defect,
)
from edigate.findings import Finding, Place, Severity, Texts, finding


def ust_04_supplier_tax_id(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2 UStG: tax number or VAT id of the supplier (of his representative;
    for a Kleinunternehmer also the KU-IdNr., § 34a UStDV); of the supplier, not of the issuer, when
    the recipient bills."""
    if context.has(Profile.SMALL_AMOUNT) or not context.stands("seller"):
        return  # a supplier who is not named at all is UST-01
    seller, buyer = context.invoice.seller, context.invoice.buyer
    representative = context.invoice.tax_representative
    vat = seller.vat_identifier
    if (
        vat
        and context.has(Profile.SELF_BILLING)
        and buyer.vat_identifier
        and compact(vat) == compact(buyer.vat_identifier)
    ):
        vat = None  # the id of the one who bills does not identify the one who supplied
    ku = any(is_ku_identifier(i.value) for i in seller.identifiers)
    if vat or seller.tax_registration or ku or (representative and representative.vat_identifier):
        return
    yield context.hit(
        "UST-04",
        "seller.vat_identifier",
        "seller",
        "number",
        missing="RFF+VA:DE123456788'",
        term="BT-31",
    )


def ust_05_vat_id_form(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2, § 27a UStG: a VAT id that cannot exist; an error only as the
    supplier's sole id."""
    seller, buyer = context.invoice.seller, context.invoice.buyer
    supplier, recipient = (
        Texts("des Lieferanten", "the supplier"),
        Texts("des Leistungsempfängers", "the recipient"),
    )
    sides = (
        ("seller.vat_identifier", seller.vat_identifier, context.seller_country, supplier, "BT-31"),
        ("buyer.vat_identifier", buyer.vat_identifier, context.buyer_country, recipient, "BT-48"),
    )
    for path, identifier, country, whose, term in sides:
        if not identifier or is_w_identifier(identifier) or is_ku_identifier(identifier):
            continue
        defect = vat_id_defect(identifier, country)
        if defect is None:
            continue
        reason, certain = defect
        sole = (
            path.startswith("seller")
            and not seller.tax_registration
            and not context.has(Profile.SMALL_AMOUNT)
        )
        yield context.hit(
            "UST-05",
            path,
            term=term,
            severity=None if certain and sole else Severity.WARNING,
            id=identifier,
            whose=whose,
            reason=reason,
        )


def ust_06_tax_number_form(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2 UStG: a Steuernummer that fits no Land's pattern; it holds only if
    it is the sole id."""
    seller = context.invoice.seller
    number = seller.tax_registration
    if not number or context.seller_country not in ("DE", None) or is_ku_identifier(number):
        return
    if stnr.is_valid(number) or is_german_vat_id(number):
        return
    sole = not seller.vat_identifier and not context.has(Profile.SMALL_AMOUNT)
    yield context.hit(
        "UST-06",
        "seller.tax_registration",
        severity=Severity.ERROR if sole else None,
        tax_number=number,
    )


def ust_07_other_kind_of_id(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2 UStG, § 139c AO: a W-IdNr. or KU-IdNr. where a VAT id belongs; a
    recipient's VAT id that is not the tenant's."""
    seller, buyer = context.invoice.seller, context.invoice.buyer
    for path, identifier in (("seller", seller.vat_identifier), ("buyer", buyer.vat_identifier)):
        if not identifier:
            continue
        kind = None
        if is_w_identifier(identifier):
            kind = Texts(
                "eine Wirtschafts-Identifikationsnummer",
                "a business identification number (W-IdNr.)",
            )
        elif is_ku_identifier(identifier) and not context.has(Profile.SMALL_BUSINESS):
            kind = Texts(
                "eine Kleinunternehmer-Identifikationsnummer",
                "a small-business identification number",
            )
        if kind:
            yield _other_id(context, f"{path}.vat_identifier", identifier, kind)
    own = {compact(i) for i in context.circumstances.tenant_vat_ids}
    theirs = buyer.vat_identifier
    if own and theirs and context.circumstances.role == "recipient" and compact(theirs) not in own:
        kind = Texts("nicht die USt-IdNr. des Mandanten", "not the tenant's VAT id")
        yield _other_id(context, "buyer.vat_identifier", theirs, kind)


def _other_id(context: GermanContext, path: str, identifier: str, kind: Texts) -> Finding:
    term = "BT-31" if path.startswith("seller") else "BT-48"
    return context.hit("UST-07", path, term=term, id=identifier, kind=kind)


_NO_NUMBER = Texts("sie fehlt in BGM", "it is missing in BGM")


def ust_11_number(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 4 UStG: a number; not for small amounts (§ 33 UStDV) and
    Kleinunternehmer (§ 34a)."""
    if context.has(Profile.SMALL_AMOUNT, Profile.SMALL_BUSINESS):
        return
    number = (context.invoice.number or "").strip()
    if any(c.isalnum() and c != "0" for c in number):
        return
    given = Texts(f"angegeben ist „{number}“", f"it says “{number}”") if number else _NO_NUMBER
    yield context.hit("UST-11", "number", given=given)


def duplicate_finding(
    *, number: str, seller: str, first_seen: str, same_content: bool, place: Place | None = None
) -> Finding:
    """UST-12, § 14 Abs. 4 Satz 1 Nr. 4 UStG: the supplier used the number before; called by whoever
    asks the store.

    first_seen: the day the earlier one came, ISO 8601. The same content again is a copy (UStAE
    14c.1 Abs. 4) and only an information; other content under the same number is an error.
    """
    content = (
        Texts("demselben Inhalt", "the same content")
        if same_content
        else Texts("anderem Inhalt", "other content")
    )
    return finding(
        "UST-12",
        place=place,
        severity=Severity.INFORMATION if same_content else None,
        number=number,
        seller=seller,
        first_seen=first_seen,
        content_de=content.de,
        content_en=content.en,
    )
