"""Consideration, rates and tax: § 14 Abs. 4 Satz 1 Nr. 7 and 8, Abs. 5 UStG, §§ 32, 33 UStDV."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

from edigate.checks.law.basis import Rows
from edigate.checks.law.de.german_context import GermanContext
from edigate.checks.law.de.profile import Profile
from edigate.findings import Finding, Severity, Texts, written
from edigate.invoice.model import VatBreakdown
from edigate.invoice.origin import OriginKind

CENT = Decimal("0.01")
_UNTAXED = frozenset({"AE", "E", "G", "K", "O", "Z"})
_PAID_BY_OTHER_MEANS = frozenset(
    {"10", "48", "54", "55"}
)  # cash and cards: a payment, not a prepayment
_TAX_QUALIFIERS = frozenset({"124", "150", "161", "176", "2"})


def shown(row: VatBreakdown, language: str) -> str:
    """A breakdown row for people: `S 19 %`, `E`."""
    rate = f" {written(row.rate.normalize(), language)} %" if row.rate is not None else ""
    return f"{row.category or '–'}{rate}"


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
    totals, rows = context.invoice.totals, context.invoice.vat_breakdown
    if not rows:
        if _line_rates_complete(context) or len(_line_kinds(context)) < 2:
            return
        why = Texts("die Aufteilung fehlt ganz", "there is no breakdown at all")
        yield context.hit(
            "UST-19", "totals", missing="TAX+7+VAT+++:::19+S'", why=why, severity=None
        )
        return
    derivable = totals.tax_inclusive is not None and totals.tax_total is not None
    lacking = [(i, row) for i, row in enumerate(rows) if row.taxable_amount is None]
    if lacking and not (len(rows) == 1 and totals.tax_exclusive is not None):
        index, row = lacking[0]
        why = Texts(
            f"zu {shown(row, 'de')} fehlt das Entgelt",
            f"the net amount for {shown(row, 'en')} is missing",
        )
        alone = len(rows) == 1 and derivable
        yield context.hit(
            "UST-19",
            f"vat_breakdown[{index}]",
            missing="MOA+125:1179.00'",
            why=why,
            severity=Severity.WARNING if alone else None,
        )
        return
    without = tuple(_kinds_without_row(context))
    yield from without or _split_differs(context)


def _line_kinds(context: GermanContext) -> set[tuple[str | None, Decimal | None]]:
    return {(line.vat.category, line.vat.rate) for line in context.invoice.lines if line.vat}


def _kinds_without_row(context: GermanContext) -> Rows:
    rows = {row.rate or Decimal(0) for row in context.invoice.vat_breakdown}
    if (
        _line_rates_complete(context)
        and context.invoice.totals.tax_total is not None
        and len(rows) == 0
    ):
        return
    for index, line in enumerate(context.invoice.lines):
        if line.vat is None or line.vat.rate is None or line.vat.rate in rows:
            continue
        rows.add(line.vat.rate)
        rate = line.vat.rate.normalize()
        yield context.hit(
            "UST-19",
            f"lines[{index}].vat",
            "vat_breakdown",
            line=line.identifier,
            missing=f"TAX+7+VAT+++:::{rate:f}+S'",
            why=Texts(
                f"zum Steuersatz {written(rate, 'de')} % fehlt das Entgelt",
                f"the net amount at {written(rate, 'en')} % is missing",
            ),
        )


def _split_differs(context: GermanContext) -> Rows:
    rows, total = context.invoice.vat_breakdown, context.invoice.totals.tax_exclusive
    amounts = [row.taxable_amount for row in rows if row.taxable_amount is not None]
    if total is None or len(amounts) != len(rows):
        return
    split = sum(amounts, Decimal(0))
    if abs(split - total) > CENT * len(rows):
        why = Texts(
            (
                f"die Entgelte je Steuersatz ergeben {written(split, 'de')}, die Nettosumme ist "
                f"{written(total, 'de')}"
            ),
            (
                f"the net amounts per rate add up to {written(split, 'en')}, the net total is "
                f"{written(total, 'en')}"
            ),
        )
        yield context.hit(
            "UST-19", "vat_breakdown[0].taxable_amount", "totals.tax_exclusive", why=why
        )


def ust_20_reductions(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 7 UStG: a reduction agreed in advance is quantified or named. A hint
    to the agreement is enough, and so is `2 % Skonto bei Zahlung bis ...` (UStAE 14.5 Abs. 19)."""
    if context.wording.says("reduction") or context.has_reference("CT"):
        return
    for index, allowance in enumerate(context.invoice.allowances):
        if allowance.amount is None and allowance.percentage is None:
            yield context.hit("UST-20", f"allowances[{index}]", missing="PCD+1:3:13'", term="BT-92")
    offered = [d for d in context.facts.dates if d.kind == "discount-due"]
    said = (context.invoice.payment_terms or "") + " ".join(t.text for t in context.facts.texts)
    if offered and not any(
        sign in said.casefold() for sign in ("%", "prozent", "percent", "skonto", "eur")
    ):
        yield context.hit("UST-20", place=offered[0].place, missing="PCD+12:2:13'", term="BT-20")


def ust_21_rate(context: GermanContext) -> Rows:
    """§ 14 Abs. 4 Satz 1 Nr. 8 UStG: the rate of tax; on small amounts too (§ 33 Satz 1 Nr. 4
    UStDV)."""
    if _no_tax_expected(context):
        return
    rows = context.invoice.vat_breakdown
    for index, row in enumerate(rows):
        if row.rate is None and row.category not in _UNTAXED:
            yield _no_rate(context, f"vat_breakdown[{index}]", None)
            return
    if len(rows) == 1 and rows[0].rate is not None:
        return  # the only rate of the invoice is the rate of every line
    lines = context.invoice.lines
    if lines and not rows and all(line.vat is None or line.vat.rate is None for line in lines):
        yield _no_rate(context, "vat_breakdown", None)
        return
    for index, line in enumerate(lines):
        if line.vat is None or (line.vat.rate is None and line.vat.category not in _UNTAXED):
            yield _no_rate(context, f"lines[{index}].vat", line.identifier)


def _no_rate(context: GermanContext, path: str, line: str | None) -> Finding:
    where = Texts(f" in Position {line}", f" in line {line}") if line else Texts("", "")
    term = "BT-152" if line else "BT-119"
    return context.hit(
        "UST-21", path, "totals", missing="TAX+7+VAT+++:::19+S'", line=line, term=term, where=where
    )


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
    yield context.hit("UST-22", "totals.tax_total", "totals", missing="MOA+124:224.01'")


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
        base, rate, tax = row.taxable_amount, row.rate, row.tax_amount
        if base is None or rate is None or tax is None or row.category in _UNTAXED:
            right += tax or 0
            continue
        expected = (base * rate / 100).quantize(CENT, ROUND_HALF_UP)
        if abs(expected - tax) > tolerance:
            wrong.append((index, row, expected))
            right += expected
        else:
            right += tax
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
    yield context.hit("UST-31", "totals.prepaid", missing="RFF+IV:AR-2026-0007'", prepaid=prepaid)


def ust_41_currency(context: GermanContext) -> Rows:
    """Art. 230 MwStSystRL: amounts may be in any currency, the tax is to be shown in the national
    one too."""
    invoice = context.invoice
    code = invoice.currency_code
    if not code:
        yield context.hit(
            "UST-41",
            "currency_code",
            "number",
            missing="CUX+2:EUR:4'",
            what=_NO_CURRENCY,
            severity=None,
        )
        return
    in_euro = (
        invoice.accounting_currency_code == "EUR"
        and invoice.totals.tax_total_accounting is not None
    )
    german = context.seller_country in ("DE", None)
    if code != "EUR" and context.tax_total and not in_euro and german:
        what = Texts(
            f"die Rechnung lautet auf {code}, die Steuer ist nicht auch in EUR angegeben",
            f"the invoice is in {code} and the tax is not given in EUR as well",
        )
        yield context.hit(
            "UST-41",
            "totals.tax_total",
            "currency_code",
            missing="MOA+2:224.01:EUR'",
            what=what,
            severity=Severity.WARNING,
            term="BT-111",
        )


_NO_CURRENCY = Texts("die Währung fehlt", "the currency is missing")
