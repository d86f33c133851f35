"""Summary TAX groups, or the rates of the lines -> BG-23 VAT breakdown with exemption reasons.

Computed only where the message proves it: complete rates that add up to the sender's own total tax
(§ 32 UStDV).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from edigate.edifact.invoic.lines.allowances_charges import StatedAllowanceCharge, rounded
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals.tax import EXEMPT, Rate, Taxes, record
from edigate.findings import Texts as Words
from edigate.invoice.model import Line, VatBreakdown

ZERO = Decimal(0)
_Key = tuple[str | None, Decimal | None]
# VATEX codes that say no more than the category itself (EN 16931, code list of BT-121).
_SMALL_AMOUNT = Decimal(250)  # EUR with tax, § 33 UStDV; above it a missing tax amount is missing
_VATEX = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}


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


def sums(
    lines: list[tuple[Line, Rate | None]], entries: list[tuple[StatedAllowanceCharge, Rate | None]]
) -> dict[_Key, Sum] | None:
    """Taxable amounts by category and rate, or None when one of them has no rate or amount."""
    found: dict[_Key, Sum] = {}
    for line, rate in lines:
        if rate is None or rate.rate is None or line.net_amount is None:
            return None
        found.setdefault(rate.key, Sum(rate)).add(line.net_amount)
    for one, rate in entries:
        if rate is None or rate.rate is None or one.amount is None:
            return None
        found.setdefault(rate.key, Sum(rate)).add(one.amount if one.charge else -one.amount)
    return found


@dataclass(slots=True)
class _Row:
    rate: Rate
    base: Decimal | None = None
    base_nodes: tuple[Node, ...] = ()
    tax: Decimal | None = None
    tax_nodes: tuple[Node, ...] = ()
    tax_note: Words | None = None


def breakdown(
    draft: Draft,
    taxes: Taxes,
    computed: dict[_Key, Sum] | None,
    total: tuple[Decimal, Node] | None,
    taxable: tuple[Decimal, Node] | None,
    *,
    gross: Sequence[Decimal],
) -> tuple[VatBreakdown, ...]:
    """BG-23 <- summary TAX groups; without them from the rates of lines, allowances and charges.

    total: the sender's total tax (MOA+124 / 176); taxable: his total taxable amount (MOA+125);
    gross: his totals with tax, if in euros.
    """
    rows = _stated(draft, taxes, computed or {})
    if not rows and computed:
        rows = [_Row(s.rate) for s in computed.values()]
    for row in rows:
        known = computed.get(row.rate.key) if computed else None
        if row.base is None and len(rows) == 1 and taxable is not None:
            row.base, row.base_nodes = taxable[0], (taxable[1],)
        elif row.base is None and known is not None:
            row.base = known.base
    by_line = {key: s.tax_by_line for key, s in (computed or {}).items()}
    _complete(draft, rows, total, by_line)
    if total is None:
        _from_gross(rows, gross, by_line)
    header = taxes.header
    if (
        rows
        and header is not None
        and header.node.tag == "TAX"
        and all(r.rate.key != header.key for r in rows)
    ):
        # the dominant rate (GS1), which nothing in the invoice has
        header.node.used.clear()
    return tuple(_row(draft, taxes, number, row) for number, row in enumerate(rows))


def _stated(draft: Draft, taxes: Taxes, computed: dict[_Key, Sum]) -> list[_Row]:
    """The summary TAX groups; groups of one rate add up, but for the same one again, which the
    lines prove."""
    rows: dict[tuple[str | None, Decimal | None], _Row] = {}
    for rate, tax in taxes.groups:
        row = rows.get(rate.key)
        # BT-116 <- TAX / MOA+125; BT-117 <- TAX / MOA+124, 176 or 161
        base_node, tax_node = draft.money(tax, "125"), draft.money(tax, "124", "176", "161")
        base, amount = draft.number(base_node, 1, 2), draft.number(tax_node, 1, 2)
        for node in (base_node, tax_node):
            if node is not None:
                node.use(1)
        bases = (base_node,) if base_node is not None and base is not None else ()
        tax_nodes = (tax_node,) if tax_node is not None and amount is not None else ()
        if base is None:
            base = _lines_and_balance(draft, tax)
        base = draft.signed(notations.amount(base)) if base is not None else None
        amount = draft.signed(notations.amount(amount)) if amount is not None else None
        if row is None:
            rows[rate.key] = _Row(rate, base, bases, amount, tax_nodes)
        elif (
            base is not None
            and amount is not None
            and not _again(row, base, amount, computed.get(rate.key))
        ):
            row.base, row.base_nodes = (row.base or ZERO) + base, row.base_nodes + bases
            row.tax, row.tax_nodes = (row.tax or ZERO) + amount, row.tax_nodes + tax_nodes
    return list(rows.values())


def _again(row: _Row, base: Decimal, tax: Decimal, known: Sum | None) -> bool:
    return (row.base, row.tax) == (base, tax) and known is not None and known.base == base


def _lines_and_balance(draft: Draft, tax: Node) -> Decimal | None:
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


def _complete(
    draft: Draft, rows: list[_Row], total: tuple[Decimal, Node] | None, by_line: dict[_Key, Decimal]
) -> None:
    """Missing tax amounts: zero for a zero rate, the sender's total for a single rate, computed
    when they add up."""
    for row in rows:
        if row.tax is None and row.rate.rate == 0:
            row.tax, row.tax_note = (
                ZERO,
                Words("0, weil der Steuersatz 0 ist", "0, because the rate is 0"),
            )
    open_rows = [r for r in rows if r.tax is None]
    if not open_rows:
        return
    if total is None:
        return
    left = total[0] - sum((r.tax for r in rows if r.tax is not None), ZERO)
    if len(open_rows) == 1:
        open_rows[0].tax, open_rows[0].tax_nodes = left, (total[1],)
        if len(rows) > 1:
            open_rows[0].tax_note = Words("Rest der Gesamtsteuer", "rest of the total tax")
        return
    amounts = next((g for g in _computed(open_rows, by_line) if sum(g, ZERO) == left), None)
    if amounts is None:
        draft.report("MAP-24", total[1], total=total[0])
        return
    for row, amount in zip(open_rows, amounts, strict=True):
        row.tax, row.tax_nodes = amount, (total[1],)
        row.tax_note = Words(
            "aus den Steuersätzen der Positionen berechnet; ergibt die Gesamtsteuer (§ 32 UStDV)",
            "computed from the rates of the lines; adds up to the total tax (§ 32 UStDV)",
        )


def _from_gross(rows: list[_Row], gross: Sequence[Decimal], by_line: dict[_Key, Decimal]) -> None:
    """Small amounts without any tax amount (§ 33 UStDV): the total is divided by the rates (§ 35
    Abs. 1 UStDV), where net and tax together are the sender's own gross total."""
    gross = [g for g in gross if abs(g) <= _SMALL_AMOUNT]
    bases = [r.base for r in rows if r.base is not None]
    if not rows or len(bases) < len(rows) or any(r.tax is not None and r.rate.rate for r in rows):
        return
    net = sum(bases, ZERO)
    amounts = next((g for g in _computed(rows, by_line) if net + sum(g, ZERO) in gross), None)
    for row, amount in zip(rows, amounts or (), strict=False):
        row.tax = amount
        row.tax_note = Words(
            "aus dem Steuersatz berechnet; ergibt den Gesamtbetrag",
            "computed from the rate; adds up to the gross total",
        )


def _computed(rows: list[_Row], by_line: dict[_Key, Decimal]) -> Iterator[list[Decimal]]:
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


def _row(draft: Draft, taxes: Taxes, number: int, row: _Row) -> VatBreakdown:
    path = f"vat_breakdown[{number}]"
    node, rate = row.rate.node, row.rate
    stated = node in draft.tree.summary.children
    draft.read(path, node)
    if row.base is not None and row.base_nodes:
        _added(draft, f"{path}.taxable_amount", row.base_nodes)
    elif row.base is not None:
        draft.derived(
            f"{path}.taxable_amount",
            (node,),
            "Summe der Positionen, Zu- und Abschläge dieses Satzes",
            "sum of lines, allowances and charges of this rate",
        )
    if row.tax_note is not None:
        draft.derived(
            f"{path}.tax_amount", row.tax_nodes or (node,), row.tax_note.de, row.tax_note.en
        )
    elif row.tax_nodes:
        _added(draft, f"{path}.tax_amount", row.tax_nodes)
    record(draft, rate, (f"{path}.category", f"{path}.rate"), inherited=not stated)
    reason, code = _exemption(draft, taxes, path, rate)
    return VatBreakdown(
        taxable_amount=row.base,
        tax_amount=row.tax,
        category=rate.category,
        rate=None if rate.category == "O" else rate.rate,
        exemption_reason=reason,
        exemption_code=code,
    )


def _added(draft: Draft, path: str, nodes: tuple[Node, ...]) -> None:
    """The origin of an amount of one TAX group, or of several of one rate."""
    if len(nodes) == 1:
        draft.read_amount(path, *nodes)
    else:
        draft.derived(
            path, nodes, "Summe der TAX-Gruppen dieses Satzes", "sum of the TAX groups of this rate"
        )


def _worded(draft: Draft, path: str, nodes: list[Node]) -> None:
    """The origin of a reason in words: an FTX without any gives its code."""
    if any(node.tag == "FTX" and not any(node.segment.components(4)) for node in nodes):
        draft.derived(path, nodes, "Bedeutung des Codes", "meaning of the code")
    else:
        draft.read(path, *nodes)


def _exemption(draft: Draft, taxes: Taxes, path: str, rate: Rate) -> tuple[str | None, str | None]:
    """BT-120 <- FTX+AGM, BAQ, 2E, TXD, or the meaning of FTX+REG LES / IGL; BT-121 <- C107 4441, or
    by category."""
    if rate.category not in EXEMPT:
        return None, None
    evidence = taxes.texts.evidence
    reason: str | None = None
    code: str | None = None
    found = evidence.reasons(rate.category, taxes.used)
    coded = evidence.coded.get(rate.category)
    if found:
        reason = "\n".join(dict.fromkeys(words for words, _ in found if words)) or None
        for _, node in found:
            node.use(1, 4)
            given = node.peek(3, 1)
            if given.upper().startswith("VATEX-"):
                # BT-121 <- FTX+AGM C107 4441
                code = node.take(3, 1).upper()
                draft.read(f"{path}.exemption_code", node)
        if reason is not None:
            _worded(draft, f"{path}.exemption_reason", [node for _, node in found])
    elif coded is not None:
        reason, node = coded
        draft.derived(
            f"{path}.exemption_reason", (node,), "Bedeutung des Codes", "meaning of the code"
        )
    else:
        own = [
            (words, node)
            for words, node, category in taxes.line_reasons
            if category == rate.category
        ]
        reason = "\n".join(dict.fromkeys(words for words, _ in own)) or None
        for _, node in own:
            node.use(*((1, 4) if node.tag == "FTX" else (5,)))
        if own:
            _worded(draft, f"{path}.exemption_reason", [node for _, node in own])
    if code is None and rate.category in _VATEX and (reason is None or not draft.binding):
        # where the message could have said the code and gives the reason in words, nothing is added
        code = _VATEX[rate.category]
        draft.derived(
            f"{path}.exemption_code",
            (rate.node,),
            f"Code der Kategorie {rate.category}",
            f"code of category {rate.category}",
        )
    return reason, code
