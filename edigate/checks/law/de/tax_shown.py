"""The rate that applies, and tax that must not be shown: §§ 12, 13b, 14c, 19, 24, 28 UStG."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.de.time_of_supply import Shown
from edigate.findings import Finding, Severity, Texts, written
from edigate.invoice.clauses import affirms
from edigate.invoice.model import Line

_NO_TAX = {
    "AE": Texts(
        "die Steuer schuldet der Leistungsempfänger (§ 13b UStG)",
        "the recipient owes the tax (§ 13b UStG)",
    ),
    "K": Texts(
        "die innergemeinschaftliche Lieferung ist steuerfrei",
        "the intra-community supply is exempt",
    ),
    "G": Texts("die Ausfuhrlieferung ist steuerfrei", "the export is exempt"),
    "E": Texts("der Umsatz ist als steuerfrei bezeichnet", "the supply is called exempt"),
    "O": Texts(
        "der Umsatz ist als nicht steuerbar bezeichnet",
        "the supply is called outside the scope of VAT",
    ),
}
# Codes of GS1 Germany and the BDEW for the whole invoice (FTX+REG).
_CODED = {"LES": "AE", "RCH": "AE", "IGL": "K"}
_BY_SMALL_BUSINESS = Texts(
    "der Lieferant ist Kleinunternehmer (§ 19 UStG)", "the supplier is a small business (§ 19 UStG)"
)

_ON_TAX = frozenset({"TXD", "AGM", "BAQ", "2E", "REG"})
_BY_MARGIN_SCHEME = Texts(
    (
        "die Rechnung beruft sich auf eine Sonderregelung, nach der keine Steuer ausgewiesen wird "
        "(§§ "
        "25, 25a UStG)"
    ),
    "the invoice invokes a special scheme under which no tax is shown (§§ 25, 25a UStG)",
)

# Metals of Annex 4 UStG: headings of the customs tariff.
_METALS_TEXT = """
7106 7107 7110 7111 7201 7205 7206 7207 7218 7224 7402 7403 7405 7406 7501 7502 7504 7601 7603
7801 7804 7901 7903 8001 8101 8102 8103 8104 8105 8106 8107 8108 8109 8110 8111 8112 8113
"""
_METALS = tuple(_METALS_TEXT.split())
_GOLD = ("7108", "7109")
_DEVICES = ("85171", "847130", "950450", "8542")
_TARIFF_SCHEMES = frozenset({"HS", "GN", "CC", "TSN", "ZSC"})
_THRESHOLD = Decimal(5000)  # EUR net per economic transaction, § 13b Abs. 2 Nr. 10 and 11 UStG


def _relevant_days(context: GermanContext) -> tuple[date, ...]:
    supply = context.supply
    found = {day for day in (supply.first, supply.last) if day}
    if not found and context.invoice.issue_date:
        found = {context.invoice.issue_date}
    return tuple(sorted(found))


def ust_24_rate_in_force(context: GermanContext) -> Rows:
    """§ 12, § 24, § 28 UStG, § 14 Abs. 4 Satz 1 Nr. 8 UStG: the rate in force when the supply was
    made (corrections: when the original supply was made). Rates of other states and unknown dates
    are a warning."""
    if context.has(Profile.MARGIN_SCHEME):
        return
    days = _relevant_days(context)
    if not days or days[-1] < context.rates.first_known():
        return
    rows = [
        (f"vat_breakdown[{i}].rate", r.category, r.rate)
        for i, r in enumerate(context.invoice.vat_breakdown)
    ]
    if not rows:
        rows = [
            (f"lines[{i}].vat.rate", x.vat.category, x.vat.rate)
            for i, x in enumerate(context.invoice.lines)
            if x.vat
        ]
    reported: set[Decimal] = set()
    for path, category, rate in rows:
        if not rate or category not in ("S", None) or rate in reported:
            continue
        if any(context.rates.valid(rate, day) for day in days):
            continue
        reported.add(rate)
        yield context.hit(
            "UST-24",
            path,
            severity=_rate_severity(context, rate, days),
            rate=rate.normalize(),
            day=days[-1],
            in_force=_listed(context.rates.in_force(days[-1])),
        )


def _listed(found: Iterable[Decimal]) -> Texts:
    german, english = (
        [f"{written(rate, language)} %" for rate in found] for language in ("de", "en")
    )
    return Texts(" und ".join(german), " and ".join(english))


def _rate_severity(
    context: GermanContext, rate: Decimal, days: tuple[date, ...]
) -> Severity | None:
    if any(context.rates.tolerated(rate, day) for day in days):
        return Severity.INFORMATION
    foreign = any(
        country not in ("DE", None)
        for country in (context.seller_country, context.buyer_country, context.delivery_country)
    )
    dated = context.supply.evidence not in (Shown.NONE, Shown.TEXT)
    changes_another = context.has(Profile.CREDIT_NOTE, Profile.CORRECTION)
    if foreign or (context.rates.ever_valid(rate) and (changes_another or not dated)):
        return Severity.WARNING
    return None


def ust_26_unentitled_tax(context: GermanContext) -> Rows:
    """§ 14c UStG: tax shown where none may be: § 13b (§ 14a Abs. 5), exemptions, Kleinunternehmer
    (§ 19), margin scheme (§ 14a Abs. 6 Satz 2). An amount of 0 is no tax shown."""
    if context.has(Profile.SMALL_BUSINESS) and context.tax_total:
        yield context.hit(
            "UST-26", "totals.tax_total", tax=context.tax_total, why=_BY_SMALL_BUSINESS
        )
        return
    if (said := _said_special(context)) is not None:
        yield said
        if said.severity is Severity.ERROR:
            return
    rows = context.invoice.vat_breakdown
    for index, row in enumerate(rows):
        why = _NO_TAX.get(row.category or "")
        if why and row.tax_amount:
            yield context.hit(
                "UST-26",
                f"vat_breakdown[{index}].tax_amount",
                "totals.tax_total",
                tax=row.tax_amount,
                why=why,
            )
    if (said := _said_untaxed(context)) is not None:
        yield said
        return
    total = context.invoice.totals.tax_total
    reasons = [_NO_TAX.get(row.category or "") for row in rows]
    if (
        total
        and rows
        and reasons[0] is not None
        and None not in reasons
        and not any(r.tax_amount for r in rows)
    ):
        yield context.hit("UST-26", "totals.tax_total", term="BT-110", tax=total, why=reasons[0])


def _said_special(context: GermanContext) -> Finding | None:
    """Words of a scheme without tax (§§ 19, 25, 25a UStG) beside tax: an error where a text on tax
    affirms them, a warning where any other text does, for it may stand on every paper of the
    supplier. A margin scheme may be that of other lines, § 19 is the supplier's whole business."""
    if not context.tax_total:
        return None
    for statement, why in (
        ("small-business", _BY_SMALL_BUSINESS),
        ("margin-scheme", _BY_MARGIN_SCHEME),
    ):
        of_all = statement == "small-business" or context.categories == frozenset("S")
        if of_all and context.affirms(statement):
            severity = (
                None if any(affirms(t, statement) for t in _on_tax(context)) else Severity.WARNING
            )
            return context.hit(
                "UST-26", "totals.tax_total", severity=severity, tax=context.tax_total, why=why
            )
    return None


def _on_tax(context: GermanContext) -> Iterable[str]:
    yield from (t.text for t in context.facts.texts if t.subject in _ON_TAX)
    yield from (
        row.exemption_reason for row in context.invoice.vat_breakdown if row.exemption_reason
    )


def _said_untaxed(context: GermanContext) -> Finding | None:
    """A text on the whole invoice against the tax it shows. Codes and texts on tax are meant for
    this invoice; a free text may stand on every paper of the supplier, so it is only a warning."""
    if not context.tax_total:
        return None
    texts = [text for text in context.facts.texts if text.line is None]
    coded = [category for text in texts if (category := _CODED.get(text.code or ""))]
    for category in coded:
        if category not in context.categories:
            return context.hit(
                "UST-26",
                "totals.tax_total",
                term="BT-110",
                tax=context.tax_total,
                why=_NO_TAX[category],
            )
    spoken = [text for text in texts if affirms(text.text, "reverse-charge")]
    if not spoken or "AE" in context.categories:
        return None
    severity = None if any(text.subject in _ON_TAX for text in spoken) else Severity.WARNING
    return context.hit(
        "UST-26",
        "totals.tax_total",
        term="BT-110",
        severity=severity,
        tax=context.tax_total,
        why=_NO_TAX["AE"],
    )


def ust_42_reverse_charge_suspected(context: GermanContext) -> Rows:
    """§ 13b Abs. 2 Nr. 9 to 11 UStG: gold, phones, tablets, chips, metals between businesses with
    tax shown; the input tax may be lost (§ 14c UStG). Judged by tariff codes only, and by the sum
    of the lines for Nr. 10 and 11."""
    if context.buyer_country not in ("DE", None) or context.has(
        Profile.SMALL_BUSINESS, Profile.MARGIN_SCHEME
    ):
        return
    gold, others = [], []
    for index, line in enumerate(context.invoice.lines):
        if not (line.vat and line.vat.rate):
            continue
        codes = _tariff_codes(line)
        if any(code.startswith(_GOLD) for code in codes):
            gold.append((index, line))
        elif any(code.startswith(_DEVICES + _METALS) for code in codes):
            others.append((index, line))
    amount = sum((line.net_amount or Decimal(0) for _, line in others), Decimal(0))
    for index, line in gold + (others if amount >= _THRESHOLD else []):
        yield context.hit(
            "UST-42",
            f"lines[{index}].item.classifications[0]",
            f"lines[{index}]",
            line=line.identifier,
            position=line.identifier or index + 1,
            code=next(iter(_tariff_codes(line))),
        )


def _tariff_codes(line: Line) -> tuple[str, ...]:
    if line.item is None:
        return ()
    found = [c for c in line.item.classifications if c.scheme in _TARIFF_SCHEMES]
    return tuple("".join(d for d in c.value if d.isdigit()) for c in found)


def ust_44_flat_rate_shown(context: GermanContext) -> Rows:
    """§ 24 Abs. 1 Satz 5 UStG: the flat rate that applies is to be stated in the invoice too."""
    if not context.affirms("farmer"):
        return
    shown_rates = [row.rate for row in context.invoice.vat_breakdown]
    if not any(
        rate and (context.rates.is_flat(rate) or rate in context.rates.in_force(context.rule_date))
        for rate in shown_rates
    ):
        yield context.hit(
            "UST-44", "vat_breakdown", "totals", missing="TAX+7+VAT+++:::7.8+S'", term="BT-119"
        )
