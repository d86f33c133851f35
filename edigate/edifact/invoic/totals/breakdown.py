"""Summary TAX groups, or the rates of the lines -> BG-23 VAT breakdown with exemption reasons.

Computed only where the message proves it: complete rates that add up to the sender's own total tax
(§ 32 UStDV).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from edigate.edifact.invoic.lines.allowances_charges import StatedAllowanceCharge, rounded
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations, phrases
from edigate.edifact.invoic.record.draft import NumberedDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals import exemption
from edigate.edifact.invoic.totals.summary import Amount
from edigate.edifact.invoic.totals.tax import Rate, Reason, Taxes, record
from edigate.findings import Texts
from edigate.invoice.model import Line, VatBreakdown

ZERO = Decimal(0)
_Key = tuple[str | None, Decimal | None]
_SMALL_AMOUNT = Decimal(250)  # EUR with tax, § 33 UStDV; above it a missing tax amount is missing


@dataclass(slots=True)
class Sum:
    """What lines, allowances and charges of one category and rate add up to."""

    rate: Rate
    base: Decimal = ZERO
    tax_by_line: Decimal = ZERO

    def add(self, amount: Decimal) -> None:
        """Count an amount of this rate in."""
        self.base += amount
        self.tax_by_line += rounded(amount * (self.rate.rate or ZERO) / 100)


Sums = Mapping[_Key, Sum]


def sums(
    lines: Iterable[tuple[Line, Rate | None]],
    entries: Iterable[tuple[StatedAllowanceCharge, Rate | None]],
) -> Sums | None:
    """Taxable amounts by category and rate, or None when one of them has no rate or amount."""
    found: dict[_Key, Sum] = {}
    parts = [(rate, line.net_amount) for line, rate in lines]
    parts += [(rate, one.signed_amount) for one, rate in entries]
    for rate, amount in parts:
        if rate is None or rate.rate is None or amount is None:
            return None
        found.setdefault(rate.key, Sum(rate)).add(amount)
    return found


@dataclass(frozen=True, slots=True)
class StatedTax:
    """What the sender states for all rates together.

    total: his total tax (MOA+124 / 176); taxable: his total taxable amount (MOA+125); gross: his
    totals with tax, if in euros.
    """

    total: Amount | None
    taxable: Amount | None
    gross: Sequence[Decimal]


@dataclass(slots=True)
class _Row:
    rate: Rate
    base: Decimal | None = None
    base_nodes: tuple[Node, ...] = ()
    tax: Decimal | None = None
    tax_nodes: tuple[Node, ...] = ()
    tax_note: Texts | None = None


def breakdown(
    draft: NumberedDraft,
    taxes: Taxes,
    computed: Sums | None,
    whole: StatedTax,
    reasons: Sequence[Reason],
) -> tuple[VatBreakdown, ...]:
    """BG-23 <- summary TAX groups; without them from the rates of lines, allowances and charges.

    reasons: words of lines, allowances and charges that say why there is no tax.
    """
    known = computed or {}
    rows = _stated(draft, taxes, known) or [_Row(s.rate) for s in known.values()]
    _bases(rows, known, whole)
    by_line = {key: s.tax_by_line for key, s in known.items()}
    _zero_rates(rows)
    if whole.total is not None:
        _complete(draft, rows, whole.total, by_line)
    else:
        _from_gross(rows, whole.gross, by_line)
    _unused_header(taxes.header, rows)
    exempting = exemption.Reasons(taxes.evidence, (*taxes.reasons, *reasons))
    return tuple(_row(draft, exempting, number, row) for number, row in enumerate(rows))


def _bases(rows: list[_Row], known: Sums, whole: StatedTax) -> None:
    """Missing taxable amounts: the sender's total for a single rate, else what adds up for the
    rate."""
    for row in rows:
        if row.base is not None:
            continue
        if len(rows) == 1 and whole.taxable is not None:
            row.base, row.base_nodes = whole.taxable[0], (whole.taxable[1],)
        elif row.rate.key in known:
            row.base = known[row.rate.key].base


def _unused_header(header: Rate | None, rows: list[_Row]) -> None:
    """The dominant rate (GS1), which nothing in the invoice has, goes to the annex."""
    if header is None or header.node.tag != "TAX" or not rows:
        return
    if all(r.rate.key != header.key for r in rows):
        header.node.used.clear()


def _stated(draft: NumberedDraft, taxes: Taxes, computed: Sums) -> list[_Row]:
    """The summary TAX groups; groups of one rate add up, but for the same one again, which the
    lines prove."""
    rows: dict[_Key, _Row] = {}
    for rate, tax in taxes.groups:
        found = _group(draft, rate, tax)
        row = rows.setdefault(rate.key, found)
        if row is not found:
            _merge(row, found, computed.get(rate.key))
    return list(rows.values())


def _group(draft: NumberedDraft, rate: Rate, tax: Node) -> _Row:
    """BT-116 <- TAX / MOA+125; BT-117 <- TAX / MOA+124, 176 or 161."""
    base, base_node = _amount(draft, tax, "rate-basis")
    amount, tax_node = _amount(draft, tax, "rate-tax")
    if base is None:
        base = _lines_and_balance(draft, tax)
    return _Row(
        rate,
        _signed(draft, base),
        (base_node,) if base_node is not None else (),
        _signed(draft, amount),
        (tax_node,) if tax_node is not None else (),
    )


def _amount(draft: NumberedDraft, tax: Node, use: str) -> tuple[Decimal, Node] | tuple[None, None]:
    """The amount of a TAX group that serves a use, with its segment, which then counts as
    mapped."""
    node = draft.money(tax, *coded("MOA", use))
    amount = draft.number(node, 1, 2)
    if node is not None:
        node.use(1)
    return (None, None) if node is None or amount is None else (amount, node)


def _signed(draft: NumberedDraft, amount: Decimal | None) -> Decimal | None:
    return None if amount is None else draft.signed(notations.amount(amount))


def _merge(row: _Row, found: _Row, known: Sum | None) -> None:
    """Add a further group of the same rate, unless it only repeats the first one."""
    if found.base is None or found.tax is None:
        return
    repeats = (row.base, row.tax) == (found.base, found.tax)
    if repeats and known is not None and known.base == found.base:
        return
    row.base, row.base_nodes = (row.base or ZERO) + found.base, row.base_nodes + found.base_nodes
    row.tax, row.tax_nodes = (row.tax or ZERO) + found.tax, row.tax_nodes + found.tax_nodes


def _lines_and_balance(draft: NumberedDraft, tax: Node) -> Decimal | None:
    """Without MOA+125 in the group: its line sum (79) and balance of allowances and charges
    (131)."""
    lines, balance = (
        draft.money(tax, *coded("MOA", "line-total")),
        draft.money(tax, *coded("MOA", "balance")),
    )
    amount = draft.number(lines, 1, 2)
    if amount is None or lines is None:
        return None
    lines.use(1)
    return amount + (draft.number(balance, 1, 2) or ZERO)


def _zero_rates(rows: list[_Row]) -> None:
    """No tax amount is needed where the rate is zero."""
    for row in rows:
        if row.tax is None and row.rate.rate == 0:
            row.tax, row.tax_note = ZERO, phrases.how("zero-rate")


def _complete(
    draft: NumberedDraft, rows: list[_Row], total: Amount, by_line: Mapping[_Key, Decimal]
) -> None:
    """Missing tax amounts: the sender's total for a single rate, computed when they add up."""
    open_rows = [r for r in rows if r.tax is None]
    left = total[0] - sum((r.tax for r in rows if r.tax is not None), ZERO)
    if len(open_rows) == 1:
        open_rows[0].tax, open_rows[0].tax_nodes = left, (total[1],)
        open_rows[0].tax_note = phrases.how("rest-of-tax") if len(rows) > 1 else None
    elif open_rows:
        _divided(draft, open_rows, total, left, by_line)


def _divided(
    draft: NumberedDraft,
    rows: list[_Row],
    total: Amount,
    left: Decimal,
    by_line: Mapping[_Key, Decimal],
) -> None:
    """The rest of the total tax over several rates, where the computed amounts add up to it."""
    amounts = next((g for g in _computed(rows, by_line) if sum(g, ZERO) == left), None)
    if amounts is None:
        draft.report("MAP-24", total[1], total=total[0])
        return
    for row, amount in zip(rows, amounts, strict=True):
        row.tax, row.tax_nodes, row.tax_note = amount, (total[1],), phrases.how("tax-of-lines")


def _from_gross(
    rows: list[_Row], gross: Sequence[Decimal], by_line: Mapping[_Key, Decimal]
) -> None:
    """Small amounts without any tax amount (§ 33 UStDV): the total is divided by the rates (§ 35
    Abs. 1 UStDV), where net and tax together are the sender's own gross total."""
    bases = [r.base for r in rows if r.base is not None]
    taxed = any(r.tax is not None and r.rate.rate for r in rows)
    if taxed or len(bases) < len(rows):
        return
    rest = {g - sum(bases, ZERO) for g in gross if abs(g) <= _SMALL_AMOUNT}
    amounts = next((g for g in _computed(rows, by_line) if sum(g, ZERO) in rest), [])
    for row, amount in zip(rows, amounts, strict=False):
        row.tax, row.tax_note = amount, phrases.how("tax-of-gross")


def _computed(rows: list[_Row], by_line: Mapping[_Key, Decimal]) -> Iterator[list[Decimal]]:
    """The tax of each row, rounded once per rate, then once per line: both are usual (§ 32
    UStDV)."""
    whole = [
        rounded(r.base * r.rate.rate / 100)
        for r in rows
        if r.base is not None and r.rate.rate is not None
    ]
    if len(whole) == len(rows):
        yield whole
    if all(r.rate.key in by_line for r in rows):
        yield [by_line[r.rate.key] for r in rows]


def _row(
    draft: NumberedDraft, exempting: exemption.Reasons, number: int, row: _Row
) -> VatBreakdown:
    path = f"vat_breakdown[{number}]"
    node, rate = row.rate.node, row.rate
    stated = node in draft.tree.summary.children
    draft.read(path, node)
    if row.base_nodes:
        _added(draft, f"{path}.taxable_amount", row.base_nodes)
    elif row.base is not None:
        draft.derived(f"{path}.taxable_amount", (node,), "sum-of-rate")
    if row.tax_note is not None:
        draft.noted(f"{path}.tax_amount", row.tax_nodes or (node,), row.tax_note)
    elif row.tax_nodes:
        _added(draft, f"{path}.tax_amount", row.tax_nodes)
    record(draft, rate, (f"{path}.category", f"{path}.rate"), inherited=not stated)
    why = exemption.exemption(draft, exempting, path, rate)
    return VatBreakdown(
        taxable_amount=row.base,
        tax_amount=row.tax,
        category=rate.category,
        rate=None if rate.category == "O" else rate.rate,
        exemption_reason=why.words,
        exemption_code=why.code,
    )


def _added(draft: NumberedDraft, path: str, nodes: tuple[Node, ...]) -> None:
    """The origin of an amount of one TAX group, or of several of one rate."""
    if len(nodes) == 1:
        draft.read_amount(path, *nodes)
    else:
        draft.derived(path, nodes, "sum-of-groups")
