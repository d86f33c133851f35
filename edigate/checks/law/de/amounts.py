"""Consideration, rates and tax: § 14 Abs. 4 Satz 1 Nr. 7 and 8, Abs. 5 UStG, §§ 32, 33 UStDV."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.findings import Finding
from edigate.invoice.model import LineVat, VatBreakdown
from edigate.invoice.origin import OriginKind

CENT = Decimal("0.01")
_UNTAXED = frozenset({"AE", "E", "G", "K", "O", "Z"})
_PAID_BY_OTHER_MEANS = frozenset(
    {"10", "48", "54", "55"}
)  # cash and cards: a payment, not a prepayment
_DISCOUNT_SIGNS = ("%", "prozent", "percent", "skonto", "eur")
_TAX_QUALIFIERS = frozenset({"124", "150", "161", "176", "2"})


def _no_tax_expected(context: GermanContext) -> bool:
    """Whether no tax is to be shown at all: Kleinunternehmer, margin scheme, or every category
    untaxed."""
    untaxed = bool(context.categories) and context.categories <= _UNTAXED
    return untaxed or context.has(Profile.SMALL_BUSINESS, Profile.MARGIN_SCHEME)


def _line_rates_complete(context: GermanContext) -> bool:
    """§ 32 UStDV: every line names its rate (or a category that has none)."""
    return bool(context.invoice.lines) and all(
        line.vat is not None and (line.vat.rate is not None or line.vat.category in _UNTAXED)
        for line in context.invoice.lines
    )


def ust_19_split(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 7 UStG: the consideration, split by rates and exemptions. Lawful
    without a split: small amounts (§ 33 UStDV), one sum of tax with the rate at every line (§ 32
    UStDV)."""
    if context.has(Profile.SMALL_AMOUNT, Profile.MARGIN_SCHEME):
        return
    steps = (_no_breakdown, _row_without_net, _kinds_without_row, _split_differs)
    yield from next((found for step in steps if (found := tuple(step(context)))), ())


def _no_breakdown(context: GermanContext) -> Rows:
    """No row at all, though the lines are of several kinds and do not name all their rates."""
    taxed = [line.vat for line in context.invoice.lines if line.vat]
    several = len({(vat.category, vat.rate) for vat in taxed}) > 1
    if several and not context.invoice.vat_breakdown and not _line_rates_complete(context):
        yield context.hit("UST-19", "totals", case="no-breakdown", missing="BG-23")


def _row_without_net(context: GermanContext) -> Rows:
    """The first row without its net amount; of a single row the net total is that."""
    totals, rows = context.invoice.totals, context.invoice.vat_breakdown
    alone = len(rows) == 1
    index = next((i for i, row in enumerate(rows) if row.taxable_amount is None), None)
    if index is None or (alone and totals.tax_exclusive is not None):
        return
    derivable = alone and None not in (totals.tax_inclusive, totals.tax_total)
    rate = rows[index].rate
    yield context.hit(
        "UST-19",
        f"vat_breakdown[{index}]",
        case=(
            "net-missing-no-rate" if rate is None else "net-missing",
            *(("derivable",) if derivable else ()),
        ),
        missing="BT-116",
        category=rows[index].category or "–",
        percent=None if rate is None else rate.normalize(),
    )


def _kinds_without_row(context: GermanContext) -> Rows:
    """Rates of lines of which the breakdown knows nothing."""
    rows = {row.rate or Decimal(0) for row in context.invoice.vat_breakdown}
    if not rows:
        return
    for index, line in enumerate(context.invoice.lines):
        rate = line.vat.rate if line.vat else None
        if rate is None or rate in rows:
            continue
        rows.add(rate)
        yield context.hit(
            "UST-19",
            f"lines[{index}].vat",
            "vat_breakdown",
            case="rate-without-net",
            line=line.identifier,
            missing="BT-119",
            percent=rate.normalize(),
        )


def _split_differs(context: GermanContext) -> Rows:
    rows, total = context.invoice.vat_breakdown, context.invoice.totals.tax_exclusive
    amounts = [row.taxable_amount for row in rows if row.taxable_amount is not None]
    if total is None or not rows or len(amounts) != len(rows):
        return
    split = sum(amounts, Decimal(0))
    if abs(split - total) > CENT * len(rows):
        yield context.hit(
            "UST-19",
            "vat_breakdown[0].taxable_amount",
            "totals.tax_exclusive",
            case="differs",
            split=split,
            net=total,
        )


def ust_20_reductions(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 7 UStG: a reduction agreed in advance is quantified or named. A hint
    to the agreement is enough, and so is `2 % Skonto bei Zahlung bis ...` (UStAE 14.5 Abs. 19)."""
    if context.wording.says("reduction") or context.has_reference("CT"):
        return
    for index, allowance in enumerate(context.invoice.allowances):
        if allowance.amount is None and allowance.percentage is None:
            yield context.hit("UST-20", f"allowances[{index}]", case="allowance", missing="BT-92")
    offered = [d for d in context.facts.dates if d.kind == "discount-due"]
    if offered and not _discount_is_said(context):
        yield context.hit("UST-20", place=offered[0].place, case="discount", missing="BT-20")


def _discount_is_said(context: GermanContext) -> bool:
    said = (context.invoice.payment_terms or "") + " ".join(t.text for t in context.facts.texts)
    return any(sign in said.casefold() for sign in _DISCOUNT_SIGNS)


def ust_21_rate(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 8 UStG: the rate of tax; on small amounts too (§ 33 Satz 1 Nr. 4
    UStDV)."""
    if _no_tax_expected(context):
        return
    rows = context.invoice.vat_breakdown
    lacking = next((i for i, row in enumerate(rows) if _lacks_rate(row)), None)
    if lacking is not None:
        yield _no_rate(context, f"vat_breakdown[{lacking}]")
    elif len(rows) != 1 or rows[0].rate is None:  # an only rate is the rate of every line
        yield from _lines_without_rate(context)


def _lacks_rate(taxed: VatBreakdown | LineVat | None) -> bool:
    return taxed is None or (taxed.rate is None and taxed.category not in _UNTAXED)


def _lines_without_rate(context: GermanContext) -> Rows:
    lines = context.invoice.lines
    rated = [line for line in lines if line.vat and line.vat.rate is not None]
    if lines and not rated and not context.invoice.vat_breakdown:
        yield _no_rate(context, "vat_breakdown")
        return
    for index, line in enumerate(lines):
        if _lacks_rate(line.vat):
            yield _no_rate(context, f"lines[{index}].vat", line.identifier)


def _no_rate(context: GermanContext, path: str, line: str | None = None) -> Finding:
    case = "in-line" if line else "everywhere"
    return context.hit("UST-21", path, "totals", case=case, missing="", line=line, position=line)


def ust_22_tax_amount(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 8 UStG: the tax amount; one sum is enough where § 32 UStDV allows it.
    It may not be worked out from net and gross (BMF 18.9.2020), so an amount the message does not
    state is missing."""
    if context.has(Profile.SMALL_AMOUNT) or _no_tax_expected(context):
        return
    rates = [row.rate for row in context.invoice.vat_breakdown] + [
        line.vat.rate for line in context.invoice.lines if line.vat
    ]
    if not any(rates) or _tax_is_stated(context):
        return
    yield context.hit("UST-22", "totals.tax_total", "totals", missing="")


def _tax_is_stated(context: GermanContext) -> bool:
    stated = context.facts.stated_totals
    if any(fact.qualifier in _TAX_QUALIFIERS for fact in stated):
        return True
    paths = ["totals.tax_total"]
    paths += [f"vat_breakdown[{i}].tax_amount" for i, _ in enumerate(context.invoice.vat_breakdown)]
    if context.tax_total is None:
        return False
    known = [origin for path in paths if (origin := context.origins.get(path)) is not None]
    return not known or any(o.kind is not OriginKind.DERIVED for o in known)


def ust_25_tax_fits(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 8 UStG: tax = consideration x rate; rounding per line is allowed
    for."""
    tolerance = max(2 * CENT, CENT * len(context.invoice.lines))
    wrong: list[tuple[int, VatBreakdown, Decimal]] = []
    right = Decimal(0)
    for index, row in enumerate(context.invoice.vat_breakdown):
        tax, expected = row.tax_amount or Decimal(0), _expected_tax(row)
        if expected is None or abs(expected - tax) <= tolerance:
            right += tax
        else:
            right += expected
            wrong.append((index, row, expected))
    settled = _right_with(context, right) if wrong else ()
    for index, row, expected in wrong:
        hit = context.hit(
            "UST-25",
            f"vat_breakdown[{index}].tax_amount",
            "totals.tax_total",
            tax=row.tax_amount,
            base=row.taxable_amount,
            rate=row.rate.normalize() if row.rate is not None else None,
            expected=expected,
        )
        yield replace(hit, settles=settled)


def _expected_tax(row: VatBreakdown) -> Decimal | None:
    """What the tax of a row would be; None where the row says too little or has no tax."""
    base, rate = row.taxable_amount, row.rate
    if base is None or rate is None or row.tax_amount is None or row.category in _UNTAXED:
        return None
    return (base * rate / 100).quantize(CENT, ROUND_HALF_UP)


def _right_with(context: GermanContext, tax: Decimal) -> tuple[str, ...]:
    """The sums that are right as they stand if the tax is this: they are no mistakes of their
    own."""
    totals = context.invoice.totals
    settled: tuple[str, ...] = ()
    if totals.tax_total == tax:
        settled += ("BR-CO-14", "SUM-03")
    if totals.tax_exclusive is not None and totals.tax_exclusive + tax == totals.tax_inclusive:
        settled += ("BR-CO-15", "SUM-04")
    return settled


def ust_31_prepayments(context: GermanContext) -> Rows:
    """§ 14 Abs. 5 Satz 2 UStG: a final invoice deducts the prepayments and the tax on them, if
    these were invoiced; an invoice over the remaining amount needs no deduction."""
    prepaid = context.invoice.totals.prepaid
    if not prepaid or context.referenced or context.wording.says("remaining-amount"):
        return
    payment = context.invoice.payment
    if payment and payment.means_code in _PAID_BY_OTHER_MEANS:
        return
    yield context.hit("UST-31", "totals.prepaid", missing="", prepaid=prepaid)


def ust_41_currency(context: GermanContext) -> Rows:
    """Art. 230 MwStSystRL: amounts may be in any currency, the tax is to be shown in the national
    one too."""
    code = context.invoice.currency_code
    if not code:
        yield context.hit("UST-41", "currency_code", "number", case="no-currency", missing="BT-5")
    elif code != "EUR" and context.tax_total and not _tax_in_euro(context) and context.german:
        yield context.hit(
            "UST-41",
            "totals.tax_total",
            "currency_code",
            case="not-in-euro",
            missing="BT-111",
            foreign=code,
        )


def _tax_in_euro(context: GermanContext) -> bool:
    accounted = context.invoice.totals.tax_total_accounting
    return context.invoice.accounting_currency_code == "EUR" and accounted is not None
