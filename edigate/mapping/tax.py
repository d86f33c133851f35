"""TAX at line, header and summary -> VAT category and rate of lines, allowances and the VAT breakdown (BG-23).

A tax fact the message does not settle is a finding that holds the invoice, never a guess. Deriving is not guessing
where the message proves the result: category S for a positive rate; the one rate of the invoice for what carries
none; a breakdown computed from complete line rates that adds up to the sender's own total tax (§ 32 UStDV).
"""

from dataclasses import dataclass, field
from decimal import Decimal

from edigate.findings import Texts as Words
from edigate.invoice.model import Line, VatBreakdown
from edigate.mapping import tables, values
from edigate.mapping.allowances_charges import Entry, rounded
from edigate.mapping.draft import Draft
from edigate.mapping.header import Texts
from edigate.mapping.tree import Node

ZERO = Decimal(0)
EXEMPT = frozenset({"AE", "K", "G", "E", "O"})
# VATEX codes that say no more than the category itself (EN 16931, code list of BT-121).
_VATEX = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}


@dataclass(frozen=True, slots=True)
class Rate:
    """Category and rate with the TAX segment they come from; note says how a derived category came about."""

    category: str | None
    rate: Decimal | None
    node: Node
    note: Words | None = None

    @property
    def key(self) -> tuple[str | None, Decimal | None]:
        """Rows of the breakdown are one per category and rate."""
        return self.category, self.rate


@dataclass(slots=True)
class Taxes:
    """What the header and the summary say on VAT, before any line is mapped."""

    texts: Texts
    header: Rate | None = None
    groups: list[tuple[Rate, Node]] = field(default_factory=list)
    unsettled: set[str] = field(default_factory=set)
    line_reasons: list[tuple[str, Node]] = field(default_factory=list)

    @property
    def inherited(self) -> Rate | None:
        """The rate of what carries none: the header's (GS1: the dominant one), else the summary's only one."""
        if self.header is not None:
            return self.header
        distinct = {rate.key: rate for rate, _ in self.groups}
        return next(iter(distinct.values())) if len(distinct) == 1 else None


def is_vat(tax: Node) -> bool:
    """Whether a TAX segment speaks of VAT (C241/5153); customs and excise duties never enter the breakdown."""
    return tax.peek(2, 1) in ("VAT", "")


def rate_of(draft: Draft, tax: Node, taxes: Taxes, line: str | None = None) -> Rate | None:
    """TAX: C243/5278 rate, 5305 category; None for other taxes and for a segment that says neither."""
    if not is_vat(tax):
        return None
    text, code = tax.peek(5, 4), tax.peek(6, 1)
    number = values.number(text.rstrip("% "), draft.deviations.decimal_mark) if text else None
    category = tables.vat_categories().get(code)
    if text and number is None:
        if category in EXEMPT:
            # a reason in words where the rate belongs: `Non imponibile art. 8`
            taxes.line_reasons.append((text, tax))
            tax.use(5)
        else:
            draft.report("MAP-02", tax, line=line, value=text)
    if number is None and category is None:
        return None
    tax.use(1, 2, 6)
    if number is not None:
        tax.used.add(504)
        number = number.normalize() if number == number.to_integral() and number else number
        number = Decimal(f"{number:f}")
    if number is None and category in EXEMPT | {"Z"}:
        number = ZERO
    return _settled(draft, tax, category, number, taxes, line=line)


def _settled(
    draft: Draft, tax: Node, category: str | None, rate: Decimal | None, taxes: Taxes, *, line: str | None
) -> Rate:
    """The category that code, rate and evidence settle together."""
    code = tax.peek(6, 1)
    if rate is None:
        return Rate(category, None, tax)
    if rate > 0:
        if category in EXEMPT | {"Z"}:
            draft.report("MAP-23", tax, line=line, category=code, rate=rate)
        if category is None or code not in tables.vat_categories() or category != code:
            note = Words(f"S, weil der Steuersatz {rate} % beträgt", f"S, because the rate is {rate} %")
            return Rate(category or "S", rate, tax, note)
        return Rate(category, rate, tax)
    evidence = {
        "AE": taxes.texts.reverse_charge,
        "K": taxes.texts.intra_community,
    }
    proven = [(c, node) for c, node in evidence.items() if node is not None]
    if category in (None, "S", "E") and len(proven) == 1:
        proof = proven[0][1]
        note = Words(
            f"{proven[0][0]}, belegt durch {proof.segment.text}", f"{proven[0][0]}, shown by {proof.segment.text}"
        )
        return Rate(proven[0][0], rate, tax, note)
    if category in (None, "S"):
        marker = f"{category}{rate}"
        if marker not in taxes.unsettled and not _empty_group(draft, tax):
            taxes.unsettled.add(marker)
            draft.report("MAP-20", tax, line=line, category=code or "-", rate=rate)
        return Rate(None, rate, tax)
    return Rate(category, rate, tax)


def _empty_group(draft: Draft, tax: Node) -> bool:
    """A summary TAX 0/S without amounts (GS1: it may stand beside 0/AE) is no row and no question."""
    amounts = [values.number(m.peek(1, 2), draft.deviations.decimal_mark) for m in tax.all("MOA")]
    return tax in draft.tree.summary.children and all(not a for a in amounts)


def survey(draft: Draft, texts: Texts, currency: str | None) -> Taxes:
    """Header TAX (the dominant rate) and the summary TAX groups in the invoice currency."""
    taxes = Taxes(texts)
    found = [r for t in draft.tree.header.all("TAX") if (r := rate_of(draft, t, taxes)) is not None]
    if len({r.key for r in found}) == 1:
        taxes.header = found[0]
    for tax in draft.tree.summary.all("TAX"):
        if not is_vat(tax) or foreign(tax, currency):
            continue
        rate = rate_of(draft, tax, taxes)
        if rate is None or rate.rate is None:
            continue
        if rate.category is None and _empty_group(draft, tax):
            continue
        taxes.groups.append((rate, tax))
    return taxes


def foreign(tax: Node, currency: str | None) -> bool:
    """A TAX group whose amounts are all in another currency states the same tax again (BT-111)."""
    named = [m.peek(1, 3) for m in tax.all("MOA")]
    return bool(named) and all(n and n != currency for n in named)


def line_rate(draft: Draft, line: Node, taxes: Taxes, name: str) -> tuple[Rate | None, bool]:
    """The rate of a line, and whether it is inherited.  BT-151 / BT-152 <- TAX 5305 / C243 5278."""
    for tax in line.all("TAX"):
        rate = rate_of(draft, tax, taxes, name)
        if rate is not None and rate.rate is not None:
            return rate, False
    return taxes.inherited, True


def record(draft: Draft, rate: Rate, paths: tuple[str, str], *, inherited: bool) -> None:
    """Origins of a category and a rate."""
    category, percent = paths
    if inherited:
        note = ("aus TAX im Kopf oder Summenteil übernommen", "taken over from TAX in header or summary")
        draft.derived(category, (rate.node,), *note)
        draft.derived(percent, (rate.node,), *note)
        return
    if rate.note is not None:
        draft.derived(category, (rate.node,), rate.note.de, rate.note.en)
    elif rate.category:
        draft.read(category, rate.node)
    draft.read(percent, rate.node)


@dataclass(slots=True)
class Sum:
    """What lines, allowances and charges of one category and rate add up to."""

    rate: Rate
    base: Decimal = ZERO


def sums(
    lines: list[tuple[Line, Rate | None]], entries: list[tuple[Entry, Rate | None]]
) -> dict[tuple[str | None, Decimal | None], Sum] | None:
    """Taxable amounts by category and rate, or None when one of them has no rate or amount."""
    found: dict[tuple[str | None, Decimal | None], Sum] = {}
    for line, rate in lines:
        if rate is None or rate.rate is None or line.net_amount is None:
            return None
        found.setdefault(rate.key, Sum(rate)).base += line.net_amount
    for one, rate in entries:
        if rate is None or rate.rate is None or one.amount is None:
            return None
        found.setdefault(rate.key, Sum(rate)).base += one.amount if one.charge else -one.amount
    return found


@dataclass(slots=True)
class _Row:
    rate: Rate
    base: Decimal | None = None
    base_node: Node | None = None
    tax: Decimal | None = None
    tax_node: Node | None = None
    tax_note: Words | None = None


def breakdown(
    draft: Draft,
    taxes: Taxes,
    computed: dict[tuple[str | None, Decimal | None], Sum] | None,
    total: tuple[Decimal, Node] | None,
    taxable: tuple[Decimal, Node] | None,
) -> tuple[VatBreakdown, ...]:
    """BG-23 <- summary TAX groups; without them from the rates of lines, allowances and charges.

    total: the sender's total tax (MOA+124 / 176); taxable: his total taxable amount (MOA+125).
    """
    rows = _stated(draft, taxes)
    if not rows and computed:
        rows = [_Row(s.rate) for s in computed.values()]
    for row in rows:
        known = computed.get(row.rate.key) if computed else None
        if row.base is None and len(rows) == 1 and taxable is not None:
            row.base, row.base_node = taxable
        elif row.base is None and known is not None:
            row.base = known.base
    _complete(draft, rows, total)
    return tuple(_row(draft, taxes, number, row) for number, row in enumerate(rows))


def _stated(draft: Draft, taxes: Taxes) -> list[_Row]:
    rows: dict[tuple[str | None, Decimal | None], _Row] = {}
    for rate, tax in taxes.groups:
        row = rows.get(rate.key)
        # BT-116 <- TAX / MOA+125; BT-117 <- TAX / MOA+124, 176 or 161
        base_node, tax_node = draft.money(tax, "125"), draft.money(tax, "124", "176", "161")
        base, amount = draft.number(base_node, 1, 2), draft.number(tax_node, 1, 2)
        for node in (base_node, tax_node):
            if node is not None:
                node.use(1)
        if base is None:
            base = _lines_and_balance(draft, tax)
        base = draft.signed(values.amount(base)) if base is not None else None
        amount = draft.signed(values.amount(amount)) if amount is not None else None
        if row is None:
            rows[rate.key] = _Row(rate, base, base_node, amount, tax_node)
        elif base is not None and amount is not None:
            row.base = (row.base or ZERO) + base
            row.tax = (row.tax or ZERO) + amount
    return list(rows.values())


def _lines_and_balance(draft: Draft, tax: Node) -> Decimal | None:
    """Without MOA+125 in the group: its line sum (79) and balance of allowances and charges (131)."""
    lines, balance = draft.money(tax, "79"), draft.money(tax, "131")
    amount = draft.number(lines, 1, 2)
    if amount is None or lines is None:
        return None
    lines.use(1)
    return amount + (draft.number(balance, 1, 2) or ZERO)


def _complete(draft: Draft, rows: list[_Row], total: tuple[Decimal, Node] | None) -> None:
    """Missing tax amounts: zero for a zero rate, the sender's total for a single rate, computed when they add up."""
    for row in rows:
        if row.tax is None and row.rate.rate == 0:
            row.tax, row.tax_note = ZERO, Words("0, weil der Steuersatz 0 ist", "0, because the rate is 0")
    open_rows = [r for r in rows if r.tax is None]
    if not open_rows:
        return
    if total is None:
        return
    left = total[0] - sum((r.tax for r in rows if r.tax is not None), ZERO)
    if len(open_rows) == 1:
        open_rows[0].tax, open_rows[0].tax_node = left, total[1]
        if len(rows) > 1:
            open_rows[0].tax_note = Words("Rest der Gesamtsteuer", "rest of the total tax")
        return
    guess = [
        rounded(r.base * r.rate.rate / 100) if r.base is not None and r.rate.rate is not None else None
        for r in open_rows
    ]
    if None in guess or sum((g for g in guess if g is not None), ZERO) != left:
        draft.report("MAP-24", total[1], total=total[0])
        return
    for row, amount in zip(open_rows, guess, strict=True):
        row.tax, row.tax_node = amount, total[1]
        row.tax_note = Words(
            "aus den Steuersätzen der Positionen berechnet; ergibt die Gesamtsteuer (§ 32 UStDV)",
            "computed from the rates of the lines; adds up to the total tax (§ 32 UStDV)",
        )


def _row(draft: Draft, taxes: Taxes, number: int, row: _Row) -> VatBreakdown:
    path = f"vat_breakdown[{number}]"
    node, rate = row.rate.node, row.rate
    stated = node in draft.tree.summary.children
    draft.read(path, node)
    if row.base is not None and row.base_node is not None:
        draft.read_amount(f"{path}.taxable_amount", row.base_node)
    elif row.base is not None:
        draft.derived(
            f"{path}.taxable_amount",
            (node,),
            "Summe der Positionen, Zu- und Abschläge dieses Satzes",
            "sum of lines, allowances and charges of this rate",
        )
    if row.tax_note is not None:
        draft.derived(f"{path}.tax_amount", (row.tax_node or node,), row.tax_note.de, row.tax_note.en)
    elif row.tax_node is not None:
        draft.read_amount(f"{path}.tax_amount", row.tax_node)
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


def _exemption(draft: Draft, taxes: Taxes, path: str, rate: Rate) -> tuple[str | None, str | None]:
    """BT-120 <- FTX+AGM, BAQ, 2E, TXD, or the meaning of FTX+REG LES / IGL; BT-121 <- C107 4441, or by category."""
    if rate.category not in EXEMPT:
        return None, None
    texts = taxes.texts
    reason: str | None = None
    code: str | None = None
    found = texts.exemption or texts.tax_text
    if found is not None:
        reason, nodes = found
        for node in nodes:
            node.use(1, 4)
            given = node.peek(3, 1)
            if given.upper().startswith("VATEX-"):
                # BT-121 <- FTX+AGM C107 4441
                code = node.take(3, 1).upper()
                draft.read(f"{path}.exemption_code", node)
        draft.read(f"{path}.exemption_reason", *nodes)
    elif texts.coded_exemption is not None and rate.category in ("AE", "K"):
        reason, node = texts.coded_exemption
        draft.derived(f"{path}.exemption_reason", (node,), "Bedeutung des Codes", "meaning of the code")
    elif taxes.line_reasons:
        reason, node = taxes.line_reasons[0]
        draft.read(f"{path}.exemption_reason", node)
    if code is None and rate.category in _VATEX:
        code = _VATEX[rate.category]
        draft.derived(
            f"{path}.exemption_code",
            (rate.node,),
            f"Code der Kategorie {rate.category}",
            f"code of category {rate.category}",
        )
    return reason, code
