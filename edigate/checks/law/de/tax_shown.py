"""The rate that applies, and tax that must not be shown: §§ 12, 13b, 14c, 19, 24, 28 UStG."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.checks.law.de.time_of_supply import Shown
from edigate.findings import Finding, Severity, Texts, word, written
from edigate.invoice.clauses import affirms
from edigate.invoice.facts import TextFact
from edigate.invoice.model import Line

_NO_TAX = frozenset({"AE", "K", "G", "E", "O"})
"""Categories without tax; each is a case of UST-26."""
# Coded texts of GS1 Germany and the BDEW for the whole invoice.
_CODED = {"LES": "AE", "RCH": "AE", "IGL": "K"}
_ON_TAX = frozenset({"TXD", "AGM", "BAQ", "2E", "REG"})

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
    reported: set[Decimal] = set()
    for path, category, rate in _rates_shown(context):
        if not rate or category not in ("S", None) or rate in reported:
            continue
        if any(context.rates.valid(rate, day) for day in days):
            continue
        reported.add(rate)
        yield context.hit(
            "UST-24",
            path,
            case=_rate_weight(context, rate, days),
            rate=rate.normalize(),
            day=days[-1],
            in_force=_listed(context.rates.in_force(days[-1])),
        )


def _rates_shown(context: GermanContext) -> Iterator[tuple[str, str | None, Decimal | None]]:
    """Path, category and rate of every row of the breakdown, else of every line."""
    rows = context.invoice.vat_breakdown
    for index, row in enumerate(rows):
        yield f"vat_breakdown[{index}].rate", row.category, row.rate
    for index, line in enumerate(() if rows else context.invoice.lines):
        if line.vat:
            yield f"lines[{index}].vat.rate", line.vat.category, line.vat.rate


def _listed(found: Sequence[Decimal]) -> Texts:
    """The rates as each language writes them."""
    both = word("and")
    german, english = ([f"{written(r, lang)} %" for r in found] for lang in ("de", "en"))
    return Texts(f" {both.de} ".join(german), f" {both.en} ".join(english))


def _rate_weight(context: GermanContext, rate: Decimal, days: tuple[date, ...]) -> tuple[str, ...]:
    """The case that makes a wrong rate weigh less, if one does."""
    if any(context.rates.tolerated(rate, day) for day in days):
        return ("tolerated",)
    countries = {context.seller_country, context.buyer_country, context.delivery_country}
    if countries - {"DE", None}:
        return ("doubtful",)
    dated = context.supply.evidence not in (Shown.NONE, Shown.TEXT)
    certain = dated and not context.has(Profile.CREDIT_NOTE, Profile.CORRECTION)
    return () if certain or not context.rates.ever_valid(rate) else ("doubtful",)


def ust_26_unentitled_tax(context: GermanContext) -> Rows:
    """§ 14c UStG: tax shown where none may be: § 13b (§ 14a Abs. 5), exemptions, Kleinunternehmer
    (§ 19), margin scheme (§ 14a Abs. 6 Satz 2). An amount of 0 is no tax shown."""
    if context.has(Profile.SMALL_BUSINESS) and context.tax_total:
        yield _unentitled(context, "small-business")
        return
    said = _said_special(context)
    if said is not None:
        yield said
        if said.severity is Severity.ERROR:
            return
    yield from _rows_with_tax(context)
    said = _said_untaxed(context) or _untaxed_in_total(context)
    if said is not None:
        yield said


def _unentitled(context: GermanContext, *case: str) -> Finding:
    return context.hit("UST-26", "totals.tax_total", case=case, tax=context.tax_total)


def _rows_with_tax(context: GermanContext) -> Rows:
    """Rows of the breakdown that show tax in a category without tax."""
    for index, row in enumerate(context.invoice.vat_breakdown):
        if row.category in _NO_TAX and row.tax_amount:
            yield context.hit(
                "UST-26",
                f"vat_breakdown[{index}].tax_amount",
                "totals.tax_total",
                case=row.category,
                tax=row.tax_amount,
            )


def _untaxed_in_total(context: GermanContext) -> Finding | None:
    """A total of tax although no row of the breakdown has any or may have any."""
    rows, total = context.invoice.vat_breakdown, context.invoice.totals.tax_total
    if not total or not rows or any(row.tax_amount for row in rows):
        return None
    categories = [row.category or "" for row in rows]
    return _unentitled(context, categories[0], "in-total") if {*categories} <= _NO_TAX else None


def _said_special(context: GermanContext) -> Finding | None:
    """Words of a scheme without tax (§§ 19, 25, 25a UStG) beside tax: an error where a text on tax
    affirms them, a warning where any other text does, for it may stand on every paper of the
    supplier. A margin scheme may be that of other lines, § 19 is the supplier's whole business."""
    if not context.tax_total:
        return None
    for statement in ("small-business", "margin-scheme"):
        of_all = statement == "small-business" or context.categories == frozenset("S")
        if of_all and context.affirms(statement):
            on_tax = any(affirms(text, statement) for text in _on_tax(context))
            return _unentitled(context, statement, *(() if on_tax else ("mentioned",)))
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
    coded = (_CODED.get(text.code or "") for text in texts)
    other = next((c for c in coded if c is not None and c not in context.categories), None)
    if other is not None:
        return _unentitled(context, other, "in-total")
    return None if "AE" in context.categories else _said_reverse_charge(context, texts)


def _said_reverse_charge(context: GermanContext, texts: Sequence[TextFact]) -> Finding | None:
    spoken = [text for text in texts if affirms(text.text, "reverse-charge")]
    if not spoken:
        return None
    on_tax = any(text.subject in _ON_TAX for text in spoken)
    return _unentitled(context, "AE", "in-total", *(() if on_tax else ("mentioned",)))


def ust_42_reverse_charge_suspected(context: GermanContext) -> Rows:
    """§ 13b Abs. 2 Nr. 9 to 11 UStG: gold, phones, tablets, chips, metals between businesses with
    tax shown; the input tax may be lost (§ 14c UStG). Judged by tariff codes only, and by the sum
    of the lines for Nr. 10 and 11."""
    if not context.german_buyer or context.has(Profile.SMALL_BUSINESS, Profile.MARGIN_SCHEME):
        return
    taxed = _lines_with_rate(context)
    gold = [(i, line) for i, line in taxed if _has_tariff(line, _GOLD)]
    others = [(i, line) for i, line in taxed if _is_device_or_metal(line)]
    amount = sum((line.net_amount or Decimal(0) for _, line in others), Decimal(0))
    yield from _suspected(context, gold + (others if amount >= _THRESHOLD else []))


def _lines_with_rate(context: GermanContext) -> list[tuple[int, Line]]:
    lines = enumerate(context.invoice.lines)
    return [(i, line) for i, line in lines if line.vat and line.vat.rate]


def _suspected(context: GermanContext, lines: Iterable[tuple[int, Line]]) -> Rows:
    for index, line in lines:
        yield context.hit(
            "UST-42",
            f"lines[{index}].item.classifications[0]",
            f"lines[{index}]",
            line=line.identifier,
            position=line.identifier or index + 1,
            code=_tariff_codes(line)[0],
        )


def _is_device_or_metal(line: Line) -> bool:
    return not _has_tariff(line, _GOLD) and _has_tariff(line, _DEVICES + _METALS)


def _has_tariff(line: Line, headings: tuple[str, ...]) -> bool:
    return any(code.startswith(headings) for code in _tariff_codes(line))


def _tariff_codes(line: Line) -> tuple[str, ...]:
    if line.item is None:
        return ()
    found = [c for c in line.item.classifications if c.scheme in _TARIFF_SCHEMES]
    return tuple("".join(d for d in c.value if d.isdigit()) for c in found)


def ust_44_flat_rate_shown(context: GermanContext) -> Rows:
    """§ 24 Abs. 1 Satz 5 UStG: the flat rate that applies is to be stated in the invoice too."""
    if not context.affirms("farmer"):
        return
    in_force = context.rates.in_force(context.rule_date)
    shown = {row.rate for row in context.invoice.vat_breakdown if row.rate}
    if not any(context.rates.is_flat(rate) or rate in in_force for rate in shown):
        yield context.hit("UST-44", "vat_breakdown", "totals", missing="", term="BT-119")
