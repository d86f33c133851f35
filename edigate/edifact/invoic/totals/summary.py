"""Summary MOA -> BG-22, the sender's own totals as facts, and the sign of a credit note."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from edigate.edifact.invoic.contradictions import contradicted
from edigate.edifact.invoic.lines.allowances_charges import StatedAllowanceCharge
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals.tax import Taxes, foreign, is_vat
from edigate.invoice.facts import AmountFact
from edigate.invoice.model import Line, Totals

ZERO = Decimal(0)
_Take = Callable[[str, tuple[str, ...]], Decimal | None]


@dataclass(slots=True)
class Stated:
    """The summary's own amounts by qualifier, in the invoice currency; others are kept apart."""

    by_qualifier: dict[str, Node] = field(default_factory=dict)
    amounts: dict[str, Decimal] = field(default_factory=dict)
    other_currency: list[Node] = field(default_factory=list)
    prepayments: list[tuple[Decimal, Node]] = field(default_factory=list)

    def pair(self, *qualifiers: str) -> tuple[Decimal, Node] | None:
        """Amount and segment of the first of these qualifiers that is stated."""
        for qualifier in qualifiers:
            if qualifier in self.amounts:
                return self.amounts[qualifier], self.by_qualifier[qualifier]
        return None

    def gross(self) -> tuple[Decimal, ...]:
        """Every stated amount that may be the total with tax."""
        return tuple(self.amounts[q] for q in coded("MOA", "gross") if q in self.amounts)


def reversed_sign(draft: Draft, *, credit: bool) -> bool:
    """Whether a credit note states all its totals negative; some negative, some positive (also the
    lines, against a negative line sum) holds it (MAP-30)."""
    if not credit:
        return False
    nodes = [m for m in draft.tree.summary.all("MOA") if m.qualifier in coded("MOA", "signed")]
    for tax in draft.tree.summary.all("TAX"):
        if is_vat(tax):
            nodes += [m for m in tax.all("MOA") if m.qualifier in coded("MOA", "signed")]
    numbers = [
        (n, m)
        for m in nodes
        if (n := notations.number(m.peek(1, 2), draft.deviations.decimal_mark))
    ]
    negative = [(n, m) for n, m in numbers if n < 0]
    if not negative:
        return False
    whole = [(n, m) for n, m in numbers if m.parent is draft.tree.summary]
    if len(negative) == len(numbers):
        if _lines_against(draft, negative):
            draft.report("MAP-30", negative[0][1], negative=negative[0][1].segment.text)
            return False
        draft.report("MAP-31", negative[0][1])
        return True
    if any(n < 0 for n, _ in whole):
        draft.report("MAP-30", negative[0][1], negative=negative[0][1].segment.text)
    return False


def _lines_against(draft: Draft, negative: list[tuple[Decimal, Node]]) -> bool:
    """Whether the lines add up to the negative line sum (MOA+79) with the other sign."""
    mark = draft.deviations.decimal_mark
    total = next(
        (
            n
            for n, m in negative
            if m.qualifier in coded("MOA", "line-total") and m.parent is draft.tree.summary
        ),
        None,
    )
    moas = [
        moa for line in draft.tree.lines for moa in line.all("MOA", coded("MOA", "line-amount")[0])
    ]
    return (
        total is not None
        and sum((notations.number(m.peek(1, 2), mark) or ZERO for m in moas), ZERO) == -total
    )


def survey(draft: Draft, currency: str | None, taxes: Taxes) -> Stated:
    """All summary amounts: as facts for the checks, and those in the invoice currency for the
    terms."""
    found = Stated()
    for moa in draft.tree.summary.all("MOA"):
        amount = notations.number(moa.peek(1, 2), draft.deviations.decimal_mark)
        if amount is None:
            if moa.peek(1, 2):
                draft.report("MAP-02", moa, value=moa.peek(1, 2))
            continue
        named = moa.peek(1, 3)
        draft.amounts.append(AmountFact(moa.qualifier, amount, moa.place, named or None))
        if moa.qualifier in coded("MOA", "prepaid") and (
            not named or not currency or named == currency
        ):
            found.prepayments.append((draft.signed(notations.amount(amount)), moa))
        if named and currency and named != currency:
            found.other_currency.append(moa)
        elif moa.qualifier not in found.by_qualifier:
            found.by_qualifier[moa.qualifier] = moa
            found.amounts[moa.qualifier] = draft.signed(notations.amount(amount))
    rates = {id(tax): rate for rate, tax in taxes.groups}
    for tax in draft.tree.summary.all("TAX"):
        if not is_vat(tax):
            continue
        rate = rates.get(id(tax))
        for moa in tax.all("MOA"):
            amount = notations.number(moa.peek(1, 2), draft.deviations.decimal_mark)
            if amount is not None:
                draft.amounts.append(
                    AmountFact(
                        moa.qualifier,
                        amount,
                        moa.place,
                        moa.peek(1, 3) or None,
                        rate.rate if rate else None,
                        rate.category if rate else None,
                    )
                )
    return found


def accounting_tax(
    draft: Draft, stated: Stated, currency: str | None, accounting: str | None
) -> tuple[Decimal | None, str | None]:
    """BT-111 and BT-6 <- MOA+2 (official binding), or MOA+124 / 176 in another currency, alone or
    under TAX."""
    two = stated.by_qualifier.get("2") if draft.binding else None
    nodes = [two] if two is not None and accounting else []
    nodes += [m for m in stated.other_currency if m.qualifier in coded("MOA", "accounting-tax")]
    for tax in draft.tree.summary.all("TAX"):
        if is_vat(tax) and foreign(tax, currency):
            tax.use(1, 2, 5, 6)
            nodes += [m for m in tax.all("MOA") if m.qualifier in coded("MOA", "tax")]
    for moa in nodes:
        named = moa.peek(1, 3) or accounting
        if not named or (accounting and named != accounting):
            continue
        amount = draft.amount("totals.tax_total_accounting", moa)
        if amount is not None:
            if accounting is None:
                draft.read("accounting_currency_code", moa)
            return amount, named
    if draft.binding and accounting is not None:
        # there CUX+6 states BT-6 itself; an amount missing beside it is BR-53's to tell
        return None, accounting
    draft.origins.pop("accounting_currency_code", None)
    for cux in draft.tree.header.all("CUX"):
        for element in (1, 2):
            if cux.peek(element, 1) in ("3", "6") and cux.peek(element, 2) != currency:
                cux.used -= {used for used in cux.used if used // 100 == element}
    return None, None


def totals(
    draft: Draft,
    stated: Stated,
    lines: Sequence[Line],
    entries: list[StatedAllowanceCharge],
    *,
    tax_rows: list[Decimal | None],
    accounting: Decimal | None,
) -> Totals:
    """BG-22: what the summary states; what it leaves out is computed and says so."""
    summary = draft.tree.summary
    moas = summary.all("MOA")
    anchor = (
        draft.tree.envelope[1]
        if len(draft.tree.envelope) > 2
        else (moas[0] if moas else draft.tree.header)
    )
    draft.read("totals", anchor)
    take = _taker(draft, stated)
    # BT-106 <- MOA+79
    line_total = take("line_total", coded("MOA", "line-total"))
    known = [line.net_amount for line in lines if line.net_amount is not None]
    if line_total is None and lines and len(known) == len(lines):
        line_total = sum(known, ZERO)
        draft.derived("totals.line_total", moas[:1], "Summe der Positionen", "sum of the lines")
    allowance, charge = _allowances_and_charges(draft, stated, entries, take)
    # BT-109 <- MOA+389, 125
    net = take("tax_exclusive", coded("MOA", "net"))
    unknown = any(e.amount is None for e in entries)
    if net is None and line_total is not None and not unknown:
        net = line_total - (allowance or ZERO) + (charge or ZERO)
        note = ("Summe der Positionen mit Zu- und Abschlägen", "lines with allowances and charges")
        draft.derived("totals.tax_exclusive", moas[:1], *note)
    # BT-110 <- MOA+176, 124
    tax = take("tax_total", coded("MOA", "tax"))
    computed = sum((t for t in tax_rows if t is not None), ZERO)
    if tax is None and tax_rows and None not in tax_rows and (computed or not draft.binding):
        # in the official binding MOA+176 is optional where there is no tax
        tax = computed
        draft.derived(
            "totals.tax_total",
            moas[:1],
            "Summe der Steueraufschlüsselung",
            "sum of the VAT breakdown",
        )
    gross = _gross(draft, stated, net, tax, take)
    rounding = _rounding(draft, stated, take)
    prepaid = _prepaid(
        draft, stated, take, before=None if gross is None else gross + (rounding or ZERO)
    )
    # BT-115 <- MOA+9
    due = take("amount_due", coded("MOA", "due"))
    if due is None and gross is not None:
        due = gross - (prepaid or ZERO) + (rounding or ZERO)
        note = ("Bruttobetrag abzüglich Vorauszahlung", "gross less prepaid amount")
        draft.derived("totals.amount_due", moas[:1], *note)
    return Totals(
        line_total=line_total,
        allowance_total=allowance,
        charge_total=charge,
        tax_exclusive=net,
        tax_total=tax,
        tax_total_accounting=accounting,
        tax_inclusive=gross,
        prepaid=prepaid,
        rounding=rounding,
        amount_due=due,
    )


def _taker(draft: Draft, stated: Stated) -> _Take:
    """Reads the first stated amount of some qualifiers into a term of BG-22."""

    def take(name: str, qualifiers: tuple[str, ...]) -> Decimal | None:
        pair = stated.pair(*qualifiers)
        if pair is None:
            return None
        pair[1].use(1)
        draft.read_amount(f"totals.{name}", pair[1])
        return pair[0]

    return take


def _allowances_and_charges(
    draft: Draft, stated: Stated, entries: list[StatedAllowanceCharge], take: _Take
) -> tuple[Decimal | None, Decimal | None]:
    """BT-107 <- MOA+260; BT-108 <- MOA+259; else the sums of ALC. Amounts no ALC explains are held
    (MAP-33)."""
    minus = sum((e.amount for e in entries if not e.charge and e.amount is not None), ZERO)
    plus = sum((e.amount for e in entries if e.charge and e.amount is not None), ZERO)
    allowance = take("allowance_total", coded("MOA", "allowance-total"))
    charge = take("charge_total", coded("MOA", "charge-total"))
    allowance = _summed(
        draft, "allowance_total", allowance, minus, [e for e in entries if not e.charge]
    )
    charge = _summed(draft, "charge_total", charge, plus, [e for e in entries if e.charge])
    _balance(draft, stated, plus - minus)
    for qualifier in coded(
        "MOA", "unexplained"
    ):  # amounts that would change the total but that no ALC explains
        node = stated.by_qualifier.get(qualifier)
        amount = stated.amounts.get(qualifier)
        explained = amount == plus or any(e.charge and e.amount == amount for e in entries)
        if node is not None and amount and not explained:
            draft.report("MAP-33", node, amount=amount, code=qualifier)
    return allowance, charge


def _summed(
    draft: Draft,
    name: str,
    given: Decimal | None,
    computed: Decimal,
    entries: list[StatedAllowanceCharge],
) -> Decimal | None:
    if given is not None or not entries or any(e.amount is None for e in entries):
        return given
    draft.derived(
        f"totals.{name}",
        [e.node for e in entries],
        "Summe der ALC-Gruppen",
        "sum of the ALC groups",
    )
    return computed


def _balance(draft: Draft, stated: Stated, computed: Decimal) -> None:
    """MOA+131 is the balance of charges and allowances: BT-108 less BT-107 (some senders write it
    the other way)."""
    pair = stated.pair(*coded("MOA", "balance"))
    if pair is None:
        return
    if pair[0] not in (computed, -computed):
        draft.report("MAP-32", pair[1], stated=pair[0], computed=computed)
        return
    pair[1].use(1)
    if pair[0] != computed:
        draft.report("MAP-48", pair[1], stated=pair[0], computed=computed)


def _gross(
    draft: Draft, stated: Stated, net: Decimal | None, tax: Decimal | None, take: _Take
) -> Decimal | None:
    """BT-112 <- MOA+388, 77, 86, 39, 128, 139: the first that is net plus tax, else the first
    stated."""
    expected = net + tax if net is not None and tax is not None else None
    given = [q for q in coded("MOA", "gross") if q in stated.amounts]
    for qualifier in given:
        if stated.amounts[qualifier] == expected:
            for other in given:
                if stated.amounts[other] == expected:
                    stated.by_qualifier[other].use(1)
            return take("tax_inclusive", (qualifier,))
    if given:
        return take("tax_inclusive", (given[0],))
    due = stated.pair("9")
    if expected is None and due is not None and "113" not in stated.amounts:
        note = ("fälliger Betrag, ohne Vorauszahlung", "amount due, nothing prepaid")
        draft.derived("totals.tax_inclusive", (due[1],), *note)
        return due[0]
    if expected is None:
        return None
    proof = [due[1]] if due is not None else []
    draft.derived("totals.tax_inclusive", proof, "Nettobetrag und Steuer", "net amount plus tax")
    return expected


def _prepaid(
    draft: Draft, stated: Stated, take: _Take, *, before: Decimal | None
) -> Decimal | None:
    """BT-113 <- MOA+113. Several add up where each names its invoice (BDEW), or where the amount
    due proves it.

    before: what would be due without prepayment.
    """
    given, due = stated.prepayments, stated.pair("9")
    if len(given) < 2:
        return take("prepaid", coded("MOA", "prepaid"))
    whole = sum((amount for amount, _ in given), ZERO)
    deducted = before - due[0] if before is not None and due is not None else None
    linked = all(node.first("RFF") is not None for _, node in given)
    for _, node in given:
        node.use(1)
    if deducted == whole or (linked and deducted != given[0][0]):
        nodes = [node for _, node in given]
        draft.derived(
            "totals.prepaid", nodes, "Summe der Vorauszahlungen", "sum of the prepayments"
        )
        return whole
    other = next((s for s in given if s[0] != given[0][0]), None)
    if other is not None:
        first = (f"{given[0][0]:f}", given[0][1])
        contradicted(draft, "BT-113", first, (f"{other[0]:f}", other[1]))
    return take("prepaid", coded("MOA", "prepaid"))


def _rounding(draft: Draft, stated: Stated, take: _Take) -> Decimal | None:
    """BT-114 <- MOA+366; MOA+165 (adjustment) only below five cents, a larger one holds
    (MAP-33)."""
    rounding = take("rounding", coded("MOA", "rounding"))
    pair = stated.pair(*coded("MOA", "adjustment"))
    if rounding is not None or pair is None or not pair[0]:
        return rounding
    if abs(pair[0]) < Decimal("0.05"):
        return take("rounding", coded("MOA", "adjustment"))
    draft.report("MAP-33", pair[1], amount=pair[0], code=pair[1].qualifier)
    return None
