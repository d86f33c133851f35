"""Hints the law asks for when no tax is charged: § 14 Abs. 4 Satz 1 Nr. 8, §§ 14a, 19, 25, 25a, 25b
UStG."""

import re

from edigate.checks.law.basis import Role, Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.de.tax_ids import compact, in_eu, vat_id_defect
from edigate.findings import Finding

_BY_CODE = {"VATEX-EU-AE": "AE", "VATEX-EU-IC": "K", "VATEX-EU-G": "G", "VATEX-EU-O": "O"}
_EXEMPT_CODE = re.compile(
    r"VATEX-EU-(79-C|132|135|136|138|139|143|144|146|148|151|153|159|309|D|F|I|J)"
)


def _reasoned(context: GermanContext, category: str) -> bool:
    """Whether a breakdown row of the category gives a reason in words, or in a code the message
    itself states."""
    return any(
        row.exemption_reason
        or (row.exemption_code and context.stated(f"vat_breakdown[{i}].exemption_code"))
        for i, row in enumerate(context.invoice.vat_breakdown)
        if row.category == category
    )


def _row_path(context: GermanContext, category: str) -> str:
    rows = context.invoice.vat_breakdown
    return next(
        (f"vat_breakdown[{i}]" for i, row in enumerate(rows) if row.category == category),
        "vat_breakdown",
    )


def ust_23_exemption(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 8 UStG: a hint that an exemption applies, in any clear words. The
    category alone is a warning. Nothing is asked for the zero rate of § 12 Abs. 3 (category Z),
    which is a rate and no exemption."""
    if context.has(Profile.SMALL_BUSINESS, Profile.MARGIN_SCHEME):
        return  # they have hints of their own: UST-38, UST-35
    if context.wording.says("exemption"):
        return
    for category in ("E", "G", "O"):
        if category in context.categories and not _reasoned(context, category):
            path = _row_path(context, category)
            yield context.hit("UST-23", path, case="category", missing="", category=category)
    for index, row in enumerate(context.invoice.vat_breakdown):
        if row.category in (None, "S") and row.taxable_amount and row.rate == 0:
            path, category = f"vat_breakdown[{index}]", row.category or "–"
            yield context.hit("UST-23", path, missing="", category=category)


def ust_32_intra_community(context: GermanContext) -> Rows:
    """§ 14a Abs. 3, § 6a UStG: both VAT ids, of different member states; a clear hint; the goods
    leave for another member state. The recipient's tax is due and deductible without a proper
    invoice (§ 15 Abs. 1 Satz 1 Nr. 3)."""
    if not context.has(Profile.INTRA_COMMUNITY):
        return
    seller_id = context.invoice.seller.vat_identifier
    representative = context.invoice.tax_representative
    by_another = representative is not None and representative.vat_identifier
    if not seller_id and context.stands("seller") and not by_another:
        case = ("no-seller-id", *_held(context))
        yield context.hit("UST-32", "seller", case=case, missing="BT-31")
    yield from _buyer_id(context, seller_id)
    yield from _intra_community_hints(context)


def _held(context: GermanContext) -> tuple[str, ...]:
    """The recipient deducts without a proper invoice: for him a defect is a warning."""
    return ("for-recipient",) if context.role is Role.RECIPIENT else ()


def _buyer_id(context: GermanContext, seller_id: str | None) -> Rows:
    buyer_id = context.invoice.buyer.vat_identifier
    if not buyer_id:
        if context.stands("buyer"):  # a recipient who is not named at all is UST-02
            case = ("no-buyer-id", *_held(context))
            yield context.hit("UST-32", "buyer", case=case, missing="BT-48")
        return
    defect = None
    if not _plausible_member_id(buyer_id):
        defect = "invalid-buyer-id"
    elif seller_id and compact(seller_id)[:2] == compact(buyer_id)[:2]:
        defect = "same-state"
    if defect:
        case = (defect, *_held(context))
        yield context.hit("UST-32", "buyer.vat_identifier", case=case, vat_id=buyer_id)


def _plausible_member_id(identifier: str) -> bool:
    number = compact(identifier)
    defect = vat_id_defect(number)
    return in_eu(number[:2]) and (defect is None or not defect[1])


def _intra_community_hints(context: GermanContext) -> Rows:
    if not context.wording.says("intra-community") and not _reasoned(context, "K"):
        yield context.hit("UST-32", _row_path(context, "K"), case="no-hint", missing="BT-120")
    destination = context.delivery_country
    if destination and destination == context.seller_country:
        yield context.hit("UST-32", "delivery.address", case="stays", destination=destination)


def ust_33_reverse_charge(context: GermanContext) -> Rows:
    """§ 14a Abs. 1 and 5 UStG: the words `Steuerschuldnerschaft des Leistungsempfängers` (or
    another EU language, Anlage 8 UStAE); across the border also the recipient's VAT id. Missing
    words do not stop the shift of the tax (UStAE 13b.14 Abs. 1), and the recipient deducts without
    a proper invoice: for him a warning."""
    if not context.has(Profile.REVERSE_CHARGE):
        return
    held = _held(context)
    if not context.wording.says("reverse-charge"):
        case = ("no-words", *held, *(("coded",) if _shifted_by_code(context) else ()))
        yield context.hit("UST-33", _row_path(context, "AE"), case=case, missing="BT-120")
    if _across_the_border(context) and not context.invoice.buyer.vat_identifier:
        yield context.hit("UST-33", "buyer", case=("no-buyer-id", *held), missing="BT-48")


def _shifted_by_code(context: GermanContext) -> bool:
    """Whether a code of the message says that the recipient owes the tax."""
    if any(text.code in ("LES", "RCH") for text in context.facts.texts):
        return True
    return any(
        row.exemption_code == "VATEX-EU-AE" and context.stated(f"vat_breakdown[{i}].exemption_code")
        for i, row in enumerate(context.invoice.vat_breakdown)
    )


def _across_the_border(context: GermanContext) -> bool:
    home, destination = context.seller_country, context.buyer_country
    if home is None or destination is None:
        return False
    return home != destination and in_eu(destination)


def ust_34_triangular(context: GermanContext) -> Rows:
    """§ 14a Abs. 7, § 25b Abs. 2 UStG: hint to the triangular transaction AND to the last buyer's
    tax debt, both VAT ids. Without them the debt does not shift, and that cannot be cured (EuGH
    8.12.2022, C-247/21, Luxury Trust)."""
    if not context.terms.triangular and not context.untaxed_by_words("triangular"):
        return
    invoice = context.invoice
    items = (
        (context.affirms("triangular"), "vat_breakdown[0]", "BT-120", "no-hint"),
        (context.wording.says("reverse-charge"), "vat_breakdown[0]", "BT-120", "no-debtor"),
        (invoice.seller.vat_identifier, "seller", "BT-31", "no-seller-id"),
        (invoice.buyer.vat_identifier, "buyer", "BT-48", "no-buyer-id"),
    )
    for there, path, term, case in items:
        if not there:
            yield context.hit("UST-34", path, "totals", case=case, missing=term)


def ust_35_margin_scheme(context: GermanContext) -> Rows:
    """§ 14a Abs. 6 UStG: the exact words of the special scheme for travel agents, used goods, works
    of art or collectors' items, or those of another EU language (Anlage 8 UStAE)."""
    if context.wording.says("margin-scheme"):
        return
    if context.has(Profile.MARGIN_SCHEME) or context.affirms("margin-hint"):
        yield context.hit(
            "UST-35",
            "vat_breakdown[0]",
            "totals",
            missing="",
        )


def ust_38_small_business(context: GermanContext) -> Rows:
    """§ 34a UStDV, § 19 Abs. 1 UStG: the hint to the small-business exemption, in any words; on
    small amounts too."""
    if context.has(Profile.SMALL_BUSINESS) and not context.wording.says("small-business"):
        yield context.hit(
            "UST-38",
            "vat_breakdown[0]",
            "totals",
            missing="",
        )


def ust_45_contradiction(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 8 UStG: category, exemption code and text that say different
    things."""
    for index, row in enumerate(context.invoice.vat_breakdown):
        code = (row.exemption_code or "").upper()
        if row.category and _meant_by(code) not in (None, row.category):
            path, category = f"vat_breakdown[{index}]", row.category
            yield context.hit("UST-45", path, case="code", category=category, other_code=code)
    if not context.affirms("triangular"):
        yield from _texts_against_category(context)


def _texts_against_category(context: GermanContext) -> Rows:
    shifted, supplied = context.affirms("reverse-charge"), context.affirms("intra-community")
    if "K" in context.categories and shifted and not supplied:
        yield _contradicted(context, "K", "reverse-charge")
    if "AE" in context.categories and supplied and not shifted:
        yield _contradicted(context, "AE", "intra-community")


def _meant_by(code: str) -> str | None:
    """The category an exemption code belongs to."""
    return _BY_CODE.get(code) or ("E" if _EXEMPT_CODE.match(code) else None)


def _contradicted(context: GermanContext, category: str, said: str) -> Finding:
    return context.hit("UST-45", _row_path(context, category), case=said, category=category)
