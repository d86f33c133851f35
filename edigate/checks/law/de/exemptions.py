"""Hints the law asks for when no tax is charged: § 14 Abs. 4 Satz 1 Nr. 8, §§ 14a, 19, 25, 25a, 25b
UStG."""

import re
from collections.abc import Iterator

from edigate.checks.law.basis import Role, Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.de.tax_ids import compact, in_eu, vat_id_defect
from edigate.findings import Finding, Severity, Texts

_BY_CODE = {"VATEX-EU-AE": "AE", "VATEX-EU-IC": "K", "VATEX-EU-G": "G", "VATEX-EU-O": "O"}
_EXEMPT_CODE = re.compile(
    r"VATEX-EU-(79-C|132|135|136|138|139|143|144|146|148|151|153|159|309|D|F|I|J)"
)


_TRIANGULAR_HINT = Texts(
    "der Hinweis auf das innergemeinschaftliche Dreiecksgeschäft",
    "the hint to the triangular transaction",
)
_LAST_BUYER_HINT = Texts(
    "der Hinweis auf die Steuerschuldnerschaft des letzten Abnehmers",
    "the hint to the last buyer's tax debt",
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
    for category in ("E", "G", "O"):
        if (
            category not in context.categories
            or _reasoned(context, category)
            or context.wording.says("exemption")
        ):
            continue
        yield context.hit(
            "UST-23",
            _row_path(context, category),
            missing="FTX+AGM+++steuerfrei nach § 4 Nr. 20 UStG'",
            severity=Severity.WARNING,
            category=category,
        )
    for index, row in enumerate(context.invoice.vat_breakdown):
        unexplained = row.rate is not None and not row.rate and row.category in (None, "S")
        if unexplained and row.taxable_amount and not context.wording.says("exemption"):
            yield context.hit(
                "UST-23",
                f"vat_breakdown[{index}]",
                missing="FTX+AGM+++steuerfrei nach § 4 Nr. 20 UStG'",
                category=row.category or "–",
            )


def ust_32_intra_community(context: GermanContext) -> Rows:
    """§ 14a Abs. 3, § 6a UStG: both VAT ids, of different member states; a clear hint; the goods
    leave for another member state. The recipient's tax is due and deductible without a proper
    invoice (§ 15 Abs. 1 Satz 1 Nr. 3)."""
    if not context.has(Profile.INTRA_COMMUNITY):
        return
    seller, buyer = context.invoice.seller, context.invoice.buyer
    held = Severity.WARNING if context.role is Role.RECIPIENT else None
    seller_id, buyer_id = seller.vat_identifier, buyer.vat_identifier
    representative = context.invoice.tax_representative
    if (
        not seller_id
        and context.stands("seller")
        and not (representative and representative.vat_identifier)
    ):
        what = Texts("die USt-IdNr. des Lieferanten fehlt", "the supplier's VAT id is missing")
        yield context.hit(
            "UST-32",
            "seller",
            missing="RFF+VA:DE123456788'",
            what=what,
            severity=held,
            term="BT-31",
        )
    if not buyer_id and not context.stands("buyer"):
        pass  # a recipient who is not named at all is UST-02
    elif not buyer_id:
        what = Texts("die USt-IdNr. des Erwerbers fehlt", "the buyer's VAT id is missing")
        yield context.hit(
            "UST-32", "buyer", missing="RFF+VA:ATU12345675'", what=what, severity=held, term="BT-48"
        )
    elif not _plausible_member_id(buyer_id):
        what = Texts(
            f"die USt-IdNr. des Erwerbers ({buyer_id}) ist ungültig",
            f"the buyer's VAT id ({buyer_id}) is invalid",
        )
        yield context.hit("UST-32", "buyer.vat_identifier", what=what, severity=held, term="BT-48")
    elif seller_id and compact(seller_id)[:2] == compact(buyer_id)[:2]:
        what = Texts(
            "beide USt-IdNrn. stammen aus demselben Staat", "both VAT ids are of the same state"
        )
        yield context.hit("UST-32", "buyer.vat_identifier", what=what, severity=held, term="BT-48")
    yield from _intra_community_hints(context)


def _plausible_member_id(identifier: str) -> bool:
    number = compact(identifier)
    defect = vat_id_defect(number)
    return in_eu(number[:2]) and (defect is None or not defect[1])


def _intra_community_hints(context: GermanContext) -> Iterator[Finding]:
    if not context.wording.says("intra-community") and not _reasoned(context, "K"):
        what = Texts(
            "der Hinweis auf die Steuerbefreiung fehlt", "the hint to the exemption is missing"
        )
        yield context.hit(
            "UST-32",
            _row_path(context, "K"),
            missing="FTX+REG+1+IGL::246'",
            what=what,
            severity=Severity.WARNING,
            term="BT-120",
        )
    origin, destination = context.seller_country, context.delivery_country
    if destination and origin and destination == origin:
        what = Texts(
            f"die Ware geht laut Lieferanschrift nach {destination}",
            f"by the delivery address the goods go to {destination}",
        )
        yield context.hit(
            "UST-32", "delivery.address", what=what, severity=Severity.WARNING, term="BT-80"
        )


def ust_33_reverse_charge(context: GermanContext) -> Rows:
    """§ 14a Abs. 1 and 5 UStG: the words `Steuerschuldnerschaft des Leistungsempfängers` (or
    another EU language, Anlage 8 UStAE); across the border also the recipient's VAT id. Missing
    words do not stop the shift of the tax (UStAE 13b.14 Abs. 1), and the recipient deducts without
    a proper invoice: for him a warning."""
    if not context.has(Profile.REVERSE_CHARGE):
        return
    held = Severity.WARNING if context.role is Role.RECIPIENT else None
    if not context.wording.says("reverse-charge"):
        coded = any(
            row.exemption_code == "VATEX-EU-AE"
            and context.stated(f"vat_breakdown[{i}].exemption_code")
            for i, row in enumerate(context.invoice.vat_breakdown)
        ) or any(text.code in ("LES", "RCH") for text in context.facts.texts)
        what = Texts(
            "die Angabe „Steuerschuldnerschaft des Leistungsempfängers“ fehlt",
            (
                "the words “Steuerschuldnerschaft des Leistungsempfängers” (reverse charge) are "
                "missing"
            ),
        )
        yield context.hit(
            "UST-33",
            _row_path(context, "AE"),
            missing="FTX+AGM+++Steuerschuldnerschaft des Leistungsempfängers'",
            what=what,
            severity=Severity.WARNING if coded else held,
            term="BT-120",
        )
    home, destination = context.seller_country, context.buyer_country
    across = (
        home is not None and destination is not None and home != destination and in_eu(destination)
    )
    if across and not context.invoice.buyer.vat_identifier:
        what = Texts(
            "die USt-IdNr. des Leistungsempfängers fehlt", "the recipient's VAT id is missing"
        )
        yield context.hit(
            "UST-33", "buyer", missing="RFF+VA:ATU12345675'", what=what, severity=held, term="BT-48"
        )


def ust_34_triangular(context: GermanContext) -> Rows:
    """§ 14a Abs. 7, § 25b Abs. 2 UStG: hint to the triangular transaction AND to the last buyer's
    tax debt, both VAT ids. Without them the debt does not shift, and that cannot be cured (EuGH
    8.12.2022, C-247/21, Luxury Trust)."""
    said = context.affirms("triangular")
    if not context.terms.triangular and not context.untaxed_by_words("triangular"):
        return
    invoice = context.invoice
    hint = (
        "FTX+AGM+++Innergemeinschaftliches Dreiecksgeschäft, Steuerschuldnerschaft des "
        "letzten Abnehmers'"
    )
    supplier_id, buyer_id = invoice.seller.vat_identifier, invoice.buyer.vat_identifier
    items = (
        (said, "vat_breakdown[0]", hint, _TRIANGULAR_HINT),
        (context.wording.says("reverse-charge"), "vat_breakdown[0]", hint, _LAST_BUYER_HINT),
        (
            supplier_id,
            "seller",
            "RFF+VA:DE123456788'",
            Texts("die USt-IdNr. des Lieferanten", "the supplier's VAT id"),
        ),
        (
            buyer_id,
            "buyer",
            "RFF+VA:ATU12345675'",
            Texts("die USt-IdNr. des Abnehmers", "the last buyer's VAT id"),
        ),
    )
    for there, path, missing, what in items:
        if not there:
            yield context.hit("UST-34", path, "totals", missing=missing, what=what)


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
            missing="FTX+AGM+++Gebrauchtgegenstände/Sonderregelung'",
        )


def ust_38_small_business(context: GermanContext) -> Rows:
    """§ 34a UStDV, § 19 Abs. 1 UStG: the hint to the small-business exemption, in any words; on
    small amounts too."""
    if context.has(Profile.SMALL_BUSINESS) and not context.wording.says("small-business"):
        yield context.hit(
            "UST-38",
            "vat_breakdown[0]",
            "totals",
            missing="FTX+AGM+++Kein Ausweis von Umsatzsteuer, da Kleinunternehmer gemäß § 19 UStG'",
        )


def ust_45_contradiction(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 8 UStG: category, exemption code and text that say different
    things."""
    for index, row in enumerate(context.invoice.vat_breakdown):
        code = (row.exemption_code or "").upper()
        meant = _BY_CODE.get(code) or ("E" if _EXEMPT_CODE.match(code) else None)
        if meant and row.category and meant != row.category:
            yield context.hit(
                "UST-45",
                f"vat_breakdown[{index}]",
                category=row.category,
                other=Texts(code, code),
            )
    shifted, supplied = context.affirms("reverse-charge"), context.affirms("intra-community")
    for category, contradicts in (
        ("K", shifted and not supplied),
        ("AE", supplied and not shifted),
    ):
        if category in context.categories and contradicts and not context.affirms("triangular"):
            other = (
                "Steuerschuldnerschaft des Leistungsempfängers"
                if category == "K"
                else "innergemeinschaftliche Lieferung"
            )
            yield context.hit(
                "UST-45",
                _row_path(context, category),
                category=category,
                other=Texts(f"„{other}“", f"“{other}”"),
            )
