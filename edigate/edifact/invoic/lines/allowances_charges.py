"""ALC groups -> allowances and charges, at header and line; and which of them count in this
invoice."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from edigate.edifact.invoic.lines.charge_reasons import reason_of
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import code_tables, notations
from edigate.edifact.invoic.record.draft import NumberedDraft
from edigate.edifact.invoic.record.segment_tree import Node

_CENT = Decimal("0.01")
# Wide enough for the product of any two numbers a message may hold.
WIDE = Context(prec=90)
# 4471: 2 off invoice and 6 charge to be paid by customer count; 1 bill back, 3 cheque, 4 credit to
# account and 5 charge to be paid by vendor do not concern this invoice.
_COUNTED = ("", "2", "6")
_ELSEWHERE = ("1", "3", "4", "5")
_OWN_AGENCIES = frozenset({"91", "92", "87", "86", "89", "ZZZ"})


@dataclass(slots=True)
class StatedAllowanceCharge:
    """One allowance or charge as the message says it.

    amount is None while it has to be computed from percent or rate. discount: MOA+509, a price
    discount (BT-147).
    """

    node: Node
    charge: bool
    amount: Decimal | None
    base: Decimal | None
    percent: Decimal | None
    reason: str | None
    code: str | None
    step: int
    discount: Decimal | None
    tax: Node | None
    amount_node: Node | None
    reason_derived: bool
    computed: bool = False
    hold: bool = False

    @property
    def is_only_discount(self) -> bool:
        """Whether it is a price discount and nothing else."""
        return self.discount is not None and self.amount is None

    @property
    def signed_amount(self) -> Decimal | None:
        """The amount as it changes the sum: an allowance lessens it."""
        return self.amount if self.charge or self.amount is None else -self.amount


def _term(line: str | None) -> str | None:
    """Line level findings concern BG-27, whatever the rule says for the document level."""
    return "BG-27" if line is not None else None


def rounded(value: Decimal) -> Decimal:
    """Commercial rounding to cents."""
    return value.quantize(_CENT, ROUND_HALF_UP, WIDE)


def entry(draft: NumberedDraft, alc: Node, line: str | None = None) -> StatedAllowanceCharge | None:
    """One ALC with what stands below it, or None when it does not count in this invoice (that is
    annexed)."""
    if not _counts(draft, alc, line):
        return None
    code = alc.peek(5, 1)
    own = alc.peek(5, 3) in _OWN_AGENCIES
    known = code_tables.reasons().get(code) if code and not own else None
    if known is not None and known.tax:
        draft.report("MAP-15", alc, term=_term(line), line=line, code=code)
        return None
    charge = alc.peek(1) == "C"
    for element in (1, 3, 4):
        alc.take(element)
    below = _below(draft, alc, charge, line)
    reason = reason_of(draft, alc, charge=charge, own=own, known=known)
    if below.discount is not None and below.amount_node is None:
        _only_a_price_discount(alc, below)
    return StatedAllowanceCharge(
        node=alc,
        charge=charge,
        amount=_positive(draft, below.amount),
        base=_positive(draft, below.base),
        percent=below.percent,
        reason=reason.words,
        code=reason.code,
        step=_step(alc.peek(4)),
        discount=below.discount,
        tax=next((t for t in alc.all("TAX") if t.peek(2, 1) in ("", "VAT")), None),
        amount_node=below.amount_node,
        reason_derived=reason.derived,
    )


@dataclass(frozen=True, slots=True)
class _Below:
    """What stands below an ALC: amount, base, percentage, price discount, with their segments."""

    amount_node: Node | None
    base_node: Node | None
    percent_node: Node | None
    percent: Decimal | None
    discount: Decimal | None
    amount: Decimal | None
    base: Decimal | None


def _below(draft: NumberedDraft, alc: Node, charge: bool, line: str | None) -> _Below:
    amount_node = _amount_node(draft, alc, charge, line)
    basis = draft.money(alc, *coded("MOA", "base-amount"))
    percentage = alc.first("PCD", "1", "2", "3", "8", "7") or alc.first("PCD", "12")
    percent = _percent(draft, percentage)
    discount = _used(draft, draft.money(alc, *coded("MOA", "discount")))
    amount, base = _used(draft, amount_node), _used(draft, basis)
    return _Below(amount_node, basis, percentage, percent, discount, amount, base)


def _used(draft: NumberedDraft, moa: Node | None) -> Decimal | None:
    """The amount of a MOA, which then counts as mapped."""
    amount = draft.number(moa, 1, 2)
    if moa is not None:
        moa.use(1)
    return amount


def _percent(draft: NumberedDraft, pcd: Node | None) -> Decimal | None:
    """The percentage of a PCD; it counts as mapped where it is a number."""
    percent = draft.number(pcd, 1, 2)
    if pcd is not None and percent is not None:
        pcd.use(1)
    return percent


def _only_a_price_discount(alc: Node, below: _Below) -> None:
    """A price discount (BT-147) is an amount only: its percentage, base and reason go to the
    annex."""
    alc.used -= {u for u in alc.used if u // 100 in (2, 5)}
    for node in (below.percent_node, below.base_node):
        if node is not None:
            node.used.clear()


def _step(text: str) -> int:
    """The step of calculation (1227); the first where none is stated."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 1


def _counts(draft: NumberedDraft, alc: Node, line: str | None) -> bool:
    """Whether an ALC is an allowance or a charge that this invoice settles, as its codes say."""
    indicator, settlement = alc.peek(1), alc.peek(3)
    if indicator not in ("A", "C"):
        draft.report("MAP-12", alc, term=_term(line), line=line, code=indicator)
        return False
    if settlement in _ELSEWHERE:
        draft.report("MAP-13", alc, term=_term(line), line=line, code=settlement)
        return False
    if settlement not in _COUNTED:
        draft.report("MAP-14", alc, term=_term(line), line=line, code=settlement)
        return False
    return not _in_other_currency(draft, alc)


def _in_other_currency(draft: NumberedDraft, alc: Node) -> bool:
    """Whether all amounts of an ALC are in another currency: it states the same allowance or charge
    again."""
    named = [m.peek(1, 3) for m in alc.all("MOA")]
    return (
        bool(named) and all(c and c != draft.currency for c in named) and draft.currency is not None
    )


def _positive(draft: NumberedDraft, amount: Decimal | None) -> Decimal | None:
    """An amount as the invoice states it; a reversed credit note may write it with either sign, so
    minus goes away."""
    if amount is None:
        return None
    return notations.amount(draft.signed(amount) if amount < 0 else amount)


def _amount_node(draft: NumberedDraft, alc: Node, charge: bool, line: str | None) -> Node | None:
    """MOA+8 for both, 204 for allowances, 23 for charges; one that contradicts 5463, the last
    of the table, holds the invoice.

    The official examples write 204 under charges as well, so the official binding is not judged by
    it.
    """
    order = coded("MOA", "charge-amount" if charge else "allowance-amount")
    found = draft.money(alc, *order)
    if found is not None and not draft.binding and found.qualifier == order[-1]:
        draft.report(
            "MAP-16",
            found,
            term=_term(line),
            line=line,
            indicator="C" if charge else "A",
            code=found.qualifier,
        )
    return found


def settle(
    draft: NumberedDraft,
    entries: list[StatedAllowanceCharge],
    start: Decimal | None,
    line: str | None = None,
) -> None:
    """Give amounts to entries that carry only a percentage or a rate per unit.

    start: what the percentages apply to. Entries of one step (1227) share their base, the next step
    applies to what is left; a base the message states (MOA+25) wins. What cannot be computed is a
    finding (MAP-17).
    """
    running = start
    for step in sorted({e.step for e in entries}):
        base = running
        for one in [e for e in entries if e.step == step]:
            if one.amount is None and one.discount is None:
                _compute(draft, one, base, line)
            if one.amount is not None and running is not None:
                running += one.amount if one.charge else -one.amount


def _compute(
    draft: NumberedDraft, one: StatedAllowanceCharge, base: Decimal | None, line: str | None
) -> None:
    amount = _of_percentage(one, base)
    if amount is None:
        amount = _of_rate(draft, one)
    if amount is None:
        one.hold = True
        draft.report("MAP-17", one.node, term=_term(line), line=line)
        return
    one.amount, one.computed = amount, True


def _of_percentage(one: StatedAllowanceCharge, base: Decimal | None) -> Decimal | None:
    """Percentage of the base the message states, else of what the step applies to (5249 none or
    13)."""
    pcd = one.node.first("PCD")
    applies = one.base is not None or pcd is None or pcd.peek(1, 3) in ("", "13")
    base = one.base if one.base is not None else base
    if one.percent is None or base is None or not applies:
        return None
    return rounded(base * one.percent / 100)


def _of_rate(draft: NumberedDraft, one: StatedAllowanceCharge) -> Decimal | None:
    """Quantity times rate per unit (RTE)."""
    quantity, rate = one.node.first("QTY"), one.node.first("RTE")
    count, price = draft.number(quantity, 1, 2), draft.number(rate, 1, 2)
    if count is None or price is None or rate is None or quantity is None:
        return None
    basis = draft.number(rate, 1, 3) or Decimal(1)
    rate.use(1)
    quantity.use(1)
    return rounded(count * price / basis)


def origins(draft: NumberedDraft, one: StatedAllowanceCharge, path: str) -> None:
    """Origins of one entry's terms."""
    draft.read(path, one.node)
    _amount_origin(draft, one, f"{path}.amount")
    if one.base is not None:
        draft.read(f"{path}.base_amount", *one.node.serving("MOA", "base-amount"))
    if one.percent is not None:
        draft.read(f"{path}.percentage", *one.node.all("PCD"))
    if one.reason and one.reason_derived:
        draft.derived(f"{path}.reason", (one.node,), "meaning-of-code")
    elif one.reason:
        draft.read(f"{path}.reason", one.node)
    _code_origin(draft, one, f"{path}.reason_code")


def _amount_origin(draft: NumberedDraft, one: StatedAllowanceCharge, path: str) -> None:
    nodes = [n for n in (one.amount_node, one.node) if n is not None]
    if one.computed:
        draft.derived(path, nodes, "computed-charge")
    elif one.amount is not None:
        draft.read_amount(path, *nodes)


def _code_origin(draft: NumberedDraft, one: StatedAllowanceCharge, path: str) -> None:
    said = one.node.peek(5, 1)
    if one.code in (said, one.node.peek(2, 2)):
        draft.read(path, one.node)
    elif one.code:
        draft.derived(path, (one.node,), "code-for-code", code=one.code, said=said)
