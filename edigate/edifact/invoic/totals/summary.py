"""Summary MOA -> BG-22, the sender's own totals as facts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from edigate.edifact.invoic.contradictions import contradicted
from edigate.edifact.invoic.lines.allowances_charges import StatedAllowanceCharge
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import NumberedDraft, SettledDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals.tax import Rate, Taxes, is_vat
from edigate.invoice.facts import AmountFact
from edigate.invoice.model import Line, Totals

ZERO = Decimal(0)
Amount = tuple[Decimal, Node]
"""An amount and its segment."""
_ROUNDING = Decimal("0.05")


@dataclass(slots=True)
class Stated:
    """The summary's own amounts by qualifier, in the invoice currency; others are kept apart."""

    by_qualifier: dict[str, Node] = field(default_factory=dict)
    amounts: dict[str, Decimal] = field(default_factory=dict)
    other_currency: list[Node] = field(default_factory=list)
    prepayments: list[Amount] = field(default_factory=list)

    def pair(self, *qualifiers: str) -> Amount | None:
        """Amount and segment of the first of these qualifiers that is stated."""
        for qualifier in qualifiers:
            if qualifier in self.amounts:
                return self.amounts[qualifier], self.by_qualifier[qualifier]
        return None

    def gross(self) -> tuple[Decimal, ...]:
        """Every stated amount that may be the total with tax."""
        return tuple(self.amounts[q] for q in coded("MOA", "gross") if q in self.amounts)


def survey(draft: SettledDraft, taxes: Taxes) -> Stated:
    """All summary amounts: as facts for the checks, and those in the invoice currency for the
    terms."""
    found = Stated()
    for moa in draft.tree.summary.all("MOA"):
        amount = _number(draft, moa)
        if amount is not None:
            draft.record.amount(
                AmountFact(moa.qualifier, amount, moa.place, moa.peek(1, 3) or None)
            )
            _sort(draft, found, moa, amount)
        elif moa.peek(1, 2):
            draft.report("MAP-02", moa, value=moa.peek(1, 2))
    rates = {id(tax): rate for rate, tax in taxes.groups}
    for tax in draft.tree.summary.all("TAX"):
        if is_vat(tax):
            _facts_of_rate(draft, tax, rates.get(id(tax)))
    return found


def _number(draft: SettledDraft, moa: Node) -> Decimal | None:
    return notations.number(moa.peek(1, 2), draft.deviations.decimal_mark)


def _sort(draft: SettledDraft, found: Stated, moa: Node, amount: Decimal) -> None:
    """Keep an amount for the terms; one in another currency apart."""
    if draft.currency and moa.peek(1, 3) not in ("", draft.currency):
        found.other_currency.append(moa)
        return
    signed = draft.signed(notations.amount(amount))
    if moa.qualifier in coded("MOA", "prepaid"):
        found.prepayments.append((signed, moa))
    if moa.qualifier not in found.by_qualifier:
        found.by_qualifier[moa.qualifier] = moa
        found.amounts[moa.qualifier] = signed


def _facts_of_rate(draft: SettledDraft, tax: Node, rate: Rate | None) -> None:
    """The amounts of a TAX group, as facts."""
    percent, category = (rate.rate, rate.category) if rate is not None else (None, None)
    for moa in tax.all("MOA"):
        amount = _number(draft, moa)
        if amount is not None:
            currency = moa.peek(1, 3) or None
            draft.record.amount(
                AmountFact(moa.qualifier, amount, moa.place, currency, percent, category)
            )


@dataclass(frozen=True, slots=True)
class Added:
    """What lines, allowances and charges and the VAT breakdown add up to.

    lines: None where one has no amount. entries: allowances and charges. tax: None where a rate has
    no tax amount.
    """

    lines: Decimal | None
    entries: Sequence[StatedAllowanceCharge]
    tax: Decimal | None

    @property
    def complete(self) -> bool:
        """Whether every allowance and charge has an amount."""
        return all(e.amount is not None for e in self.entries)

    def total(self, *, charge: bool) -> Decimal:
        """The sum of the charges, or of the allowances."""
        return sum((e.amount or ZERO for e in self.entries if e.charge is charge), ZERO)


def added(
    lines: Sequence[Line],
    entries: Sequence[StatedAllowanceCharge],
    tax_rows: Sequence[Decimal | None],
) -> Added:
    """The sums of what was mapped."""
    nets = [line.net_amount for line in lines if line.net_amount is not None]
    taxes = [t for t in tax_rows if t is not None]
    return Added(
        lines=sum(nets, ZERO) if lines and len(nets) == len(lines) else None,
        entries=entries,
        tax=sum(taxes, ZERO) if tax_rows and len(taxes) == len(tax_rows) else None,
    )


def totals(
    draft: NumberedDraft, stated: Stated, computed: Added, *, accounting: Decimal | None
) -> Totals:
    """BG-22: what the summary states; what it leaves out is computed and says so."""
    moas = draft.tree.summary.all("MOA")
    draft.read("totals", _anchor(draft, moas))
    found = _Totals(draft, stated, moas[:1])
    # BT-106 <- MOA+79
    line_total = found.taken("line_total", coded("MOA", "line-total"))
    if line_total is None:
        line_total = found.computed("line_total", computed.lines, "sum-of-lines")
    allowance, charge = _allowances_and_charges(found, computed)
    net = _net(found, computed, line_total, (charge or ZERO) - (allowance or ZERO))
    tax = _tax(found, computed)
    gross = _gross(found, net, tax)
    rounding = _rounding(found)
    before = None if gross is None else gross + (rounding or ZERO)
    prepaid = _prepaid(found, before=before)
    # BT-115 <- MOA+9
    due = found.taken("amount_due", coded("MOA", "due"))
    if due is None and before is not None:
        due = found.computed("amount_due", before - (prepaid or ZERO), "gross-less-prepaid")
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


def _anchor(draft: NumberedDraft, moas: Sequence[Node]) -> Node:
    """The segment that stands for the totals: UNS, else the first amount."""
    if len(draft.tree.envelope) > 2:
        return draft.tree.envelope[1]
    return moas[0] if moas else draft.tree.header


@dataclass(frozen=True, slots=True)
class _Totals:
    """The terms of BG-22 with their origins. first: the segment what is computed is told at."""

    draft: NumberedDraft
    stated: Stated
    first: Sequence[Node]

    def taken(self, name: str, qualifiers: tuple[str, ...]) -> Decimal | None:
        """The first stated amount of some qualifiers."""
        return self.read(name, self.stated.pair(*qualifiers))

    def read(self, name: str, pair: Amount | None) -> Decimal | None:
        """A stated amount as a term."""
        if pair is None:
            return None
        pair[1].use(1)
        self.draft.read_amount(f"totals.{name}", pair[1])
        return pair[0]

    def computed(
        self, name: str, amount: Decimal | None, how: str, nodes: Sequence[Node] | None = None
    ) -> Decimal | None:
        """An amount that follows from others."""
        if amount is not None:
            self.draft.derived(f"totals.{name}", self.first if nodes is None else nodes, how)
        return amount


def _net(
    found: _Totals, computed: Added, line_total: Decimal | None, balance: Decimal
) -> Decimal | None:
    """BT-109 <- MOA+389, 125; else the lines with allowances and charges."""
    net = found.taken("tax_exclusive", coded("MOA", "net"))
    if net is not None or line_total is None or not computed.complete:
        return net
    return found.computed("tax_exclusive", line_total + balance, "net-of-lines")


def _tax(found: _Totals, computed: Added) -> Decimal | None:
    """BT-110 <- MOA+176, 124; else the sum of the breakdown. In the official binding MOA+176 is
    optional where there is no tax."""
    tax = found.taken("tax_total", coded("MOA", "tax"))
    if tax is not None or (found.draft.binding and not computed.tax):
        return tax
    return found.computed("tax_total", computed.tax, "sum-of-breakdown")


def _allowances_and_charges(
    found: _Totals, computed: Added
) -> tuple[Decimal | None, Decimal | None]:
    """BT-107 <- MOA+260; BT-108 <- MOA+259; else the sums of ALC. Amounts no ALC explains are held
    (MAP-33)."""
    minus, plus = computed.total(charge=False), computed.total(charge=True)
    allowance = found.taken("allowance_total", coded("MOA", "allowance-total"))
    charge = found.taken("charge_total", coded("MOA", "charge-total"))
    if allowance is None:
        allowance = _summed(found, "allowance_total", computed, charge=False)
    if charge is None:
        charge = _summed(found, "charge_total", computed, charge=True)
    _balance(found, plus - minus)
    explained = {plus, *(e.amount for e in computed.entries if e.charge)}
    # amounts that would change the total but that no ALC explains
    for qualifier in coded("MOA", "unexplained"):
        pair = found.stated.pair(qualifier)
        if pair is not None and pair[0] and pair[0] not in explained:
            found.draft.report("MAP-33", pair[1], amount=pair[0], code=qualifier)
    return allowance, charge


def _summed(found: _Totals, name: str, computed: Added, *, charge: bool) -> Decimal | None:
    """The sum of the ALC of a kind, where each has an amount."""
    entries = [e for e in computed.entries if e.charge is charge]
    if not entries or any(e.amount is None for e in entries):
        return None
    nodes = [e.node for e in entries]
    return found.computed(name, computed.total(charge=charge), "sum-of-alc", nodes)


def _balance(found: _Totals, computed: Decimal) -> None:
    """MOA+131 is the balance of charges and allowances: BT-108 less BT-107 (some senders write it
    the other way)."""
    pair = found.stated.pair(*coded("MOA", "balance"))
    if pair is None:
        return
    if pair[0] not in (computed, -computed):
        found.draft.report("MAP-32", pair[1], stated=pair[0], computed=computed)
        return
    pair[1].use(1)
    if pair[0] != computed:
        found.draft.report("MAP-48", pair[1], stated=pair[0], computed=computed)


def _gross(found: _Totals, net: Decimal | None, tax: Decimal | None) -> Decimal | None:
    """BT-112 <- MOA+388, 77, 86, 39, 128, 139: the first that is net plus tax, else the first
    stated."""
    expected = net + tax if net is not None and tax is not None else None
    given = [p for q in coded("MOA", "gross") if (p := found.stated.pair(q)) is not None]
    right = [p for p in given if p[0] == expected]
    for _, node in right:
        node.use(1)
    if given:
        return found.read("tax_inclusive", (right or given)[0])
    return _gross_not_stated(found, expected)


def _gross_not_stated(found: _Totals, expected: Decimal | None) -> Decimal | None:
    """Net plus tax; the amount due where that is unknown and nothing is prepaid."""
    due = found.stated.pair(*coded("MOA", "due"))
    proof = [due[1]] if due is not None else []
    if expected is not None:
        return found.computed("tax_inclusive", expected, "net-plus-tax", proof)
    if due is None or found.stated.pair(*coded("MOA", "prepaid")) is not None:
        return None
    return found.computed("tax_inclusive", due[0], "due-without-prepayment", proof)


def _prepaid(found: _Totals, *, before: Decimal | None) -> Decimal | None:
    """BT-113 <- MOA+113. Several add up where each names its invoice (BDEW), or where the amount
    due proves it.

    before: what would be due without prepayment.
    """
    given = found.stated.prepayments
    if len(given) < 2:
        return found.taken("prepaid", coded("MOA", "prepaid"))
    for _, node in given:
        node.use(1)
    whole = sum((amount for amount, _ in given), ZERO)
    if _adds_up(found, whole, before):
        nodes = [node for _, node in given]
        return found.computed("prepaid", whole, "sum-of-prepayments", nodes)
    other = next((s for s in given if s[0] != given[0][0]), None)
    if other is not None:
        first = (f"{given[0][0]:f}", given[0][1])
        contradicted(found.draft, "BT-113", first, (f"{other[0]:f}", other[1]))
    return found.taken("prepaid", coded("MOA", "prepaid"))


def _adds_up(found: _Totals, whole: Decimal, before: Decimal | None) -> bool:
    """Whether several prepayments are deducted together."""
    given, due = found.stated.prepayments, found.stated.pair(*coded("MOA", "due"))
    deducted = before - due[0] if before is not None and due is not None else None
    linked = all(node.first("RFF") is not None for _, node in given)
    return deducted == whole or (linked and deducted != given[0][0])


def _rounding(found: _Totals) -> Decimal | None:
    """BT-114 <- MOA+366; MOA+165 (adjustment) only below five cents, a larger one holds
    (MAP-33)."""
    rounding = found.taken("rounding", coded("MOA", "rounding"))
    pair = found.stated.pair(*coded("MOA", "adjustment"))
    if rounding is not None or pair is None or not pair[0]:
        return rounding
    if abs(pair[0]) < _ROUNDING:
        return found.read("rounding", pair)
    found.draft.report("MAP-33", pair[1], amount=pair[0], code=pair[1].qualifier)
    return None
