"""Tax numbers and invoice numbers: § 14 Abs. 4 Satz 1 Nr. 2 and 4 UStG."""

import re

from stdnum.de import stnr
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import InvalidChecksum, ValidationError

from edigate.checks.law.context import Context, Rows, is_german_vat_id
from edigate.checks.law.de.profile import KU_IDENTIFIER, Profile
from edigate.findings import Finding, Place, Severity, Texts, finding

W_IDENTIFIER = re.compile(r"DE\d{9}-?\d{5}")
"""Wirtschafts-Identifikationsnummer (§ 139c AO): DE, nine digits, a hyphen and five digits."""

_BLANKS = re.compile(r"[\s.\-/]")
_PREFIX = re.compile(r"[A-Z]{2}")
# Form of the ids behind the prefix, as the BZSt publishes it for the confirmation of VAT ids.
_FORMS = {
    "AT": r"U\d{8}", "BE": r"[01]\d{9}", "BG": r"\d{9,10}", "CY": r"\d{8}[A-Z]", "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}", "EE": r"\d{9}", "EL": r"\d{9}", "ES": r"[A-Z0-9]\d{7}[A-Z0-9]", "FI": r"\d{8}",
    "FR": r"[A-Z0-9]{2}\d{9}", "HR": r"\d{11}", "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]|\d{7}[A-W][A-I]",
    "IT": r"\d{11}", "LT": r"\d{9}|\d{12}", "LU": r"\d{8}", "LV": r"\d{11}", "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}", "PT": r"\d{9}", "RO": r"\d{2,10}", "SE": r"\d{12}", "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"\d{9}|\d{12}|(GD|HA)\d{3}",
}  # fmt: skip
_NO_PREFIX = Texts("kein Länderkennzeichen vorangestellt", "no country prefix")
_PATTERN = Texts(
    "Länge oder Zeichen passen nicht zum Mitgliedstaat",
    "length or characters do not fit the member state",
)
_CHECK_DIGIT = Texts("die Prüfziffer stimmt nicht", "the check digit is wrong")


def compact(identifier: str) -> str:
    """A tax id without blanks, dots, hyphens and strokes, in capitals."""
    return _BLANKS.sub("", identifier).upper()


def vat_id_defect(identifier: str, country: str | None = None) -> tuple[Texts, bool] | None:
    """What is wrong with a VAT id, and whether it is certainly wrong; None when nothing is.

    country: the party's, where the number itself names none. The German check digit and the form
    the states publish are certain; other check digits are not always public. Ids of states outside
    the EU cannot be judged.
    """
    number = compact(identifier)
    if not _PREFIX.match(number):
        return None if country and not in_eu(country) else (_NO_PREFIX, country in ("DE", None))
    if not in_eu(number[:2]):
        return None
    form = _FORMS.get(number[:2])
    if form is not None and not re.fullmatch(form, number[2:]):
        return _PATTERN, True
    try:
        eu_vat.validate(number)
    except InvalidChecksum:
        return _CHECK_DIGIT, number.startswith("DE")
    except ValidationError:
        return _PATTERN, number.startswith("DE")
    return None


def in_eu(country: str) -> bool:
    """Whether a country or VAT id prefix (EL, XI) belongs to the VAT territory of the EU."""
    return country == "EL" or country.lower() in eu_vat.MEMBER_STATES


def _is_w_identifier(identifier: str) -> bool:
    return bool(W_IDENTIFIER.fullmatch(re.sub(r"\s", "", identifier).upper()))


def _is_ku_identifier(identifier: str) -> bool:
    return bool(KU_IDENTIFIER.fullmatch(re.sub(r"\s", "", identifier).upper()))


def ust_04_supplier_tax_id(context: Context) -> Rows:
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
    ku = any(_is_ku_identifier(i.value) for i in seller.identifiers)
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


def ust_05_vat_id_form(context: Context) -> Rows:
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
        if not identifier or _is_w_identifier(identifier) or _is_ku_identifier(identifier):
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


def ust_06_tax_number_form(context: Context) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2 UStG: a Steuernummer that fits no Land's pattern; it holds only if
    it is the sole id."""
    seller = context.invoice.seller
    number = seller.tax_registration
    if not number or context.seller_country not in ("DE", None) or _is_ku_identifier(number):
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


def ust_07_other_kind_of_id(context: Context) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 2 UStG, § 139c AO: a W-IdNr. or KU-IdNr. where a VAT id belongs; a
    recipient's VAT id that is not the tenant's."""
    seller, buyer = context.invoice.seller, context.invoice.buyer
    for path, identifier in (("seller", seller.vat_identifier), ("buyer", buyer.vat_identifier)):
        if not identifier:
            continue
        kind = None
        if _is_w_identifier(identifier):
            kind = Texts(
                "eine Wirtschafts-Identifikationsnummer",
                "a business identification number (W-IdNr.)",
            )
        elif _is_ku_identifier(identifier) and not context.has(Profile.SMALL_BUSINESS):
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


def _other_id(context: Context, path: str, identifier: str, kind: Texts) -> Finding:
    term = "BT-31" if path.startswith("seller") else "BT-48"
    return context.hit("UST-07", path, term=term, id=identifier, kind=kind)


_NO_NUMBER = Texts("sie fehlt in BGM", "it is missing in BGM")


def ust_11_number(context: Context) -> Rows:
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
