"""QTY, MOA and ALC of a line -> quantity, net amount, line allowances and charges, in accord with
its prices.

The net amount the sender states wins. Whether the line's ALC are already inside the price shows in
the arithmetic: quantity x price minus allowances plus charges, or quantity x price alone, equals
the net amount.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from edigate.edifact.invoic.lines import allowances_charges as alc
from edigate.edifact.invoic.lines import net_amount, price_per_time, reconciling
from edigate.edifact.invoic.lines.price import Details, Settled, stated_prices
from edigate.edifact.invoic.lines.priced_line import PricedLine
from edigate.edifact.invoic.lines.quantity import quantity
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import NumberedDraft, SettledDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.model import LineAllowance, LineCharge, Price

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a line states and what follows from it."""

    quantity: Decimal | None
    unit: str | None
    net: Decimal | None
    price: Price | None
    allowances: tuple[LineAllowance, ...]
    charges: tuple[LineCharge, ...]
    notes: tuple[str, ...]


def has_amount(line: Node) -> bool:
    """Whether a LIN group carries an invoiced amount: MOA+203, 66 or 38, or a price and a
    quantity."""
    if any(m.qualifier in coded("MOA", "line-amount") for m in line.all("MOA")):
        return True
    return bool(line.serving("QTY", "invoiced")) and any(
        p.peek(1, 2) for p in line.serving("PRI", "any")
    )


def stated_amount(draft: SettledDraft, line: Node) -> Decimal:
    """The amount a line states, for choosing between main lines and sub-lines."""
    moa = draft.money(line, *coded("MOA", "line-amount"))
    number = (
        notations.number(moa.peek(1, 2), draft.deviations.decimal_mark) if moa is not None else None
    )
    return number or ZERO


def amounts(draft: NumberedDraft, line: Node, path: str, name: str, *, credit: bool) -> Amounts:
    """BT-129..BT-131, BG-27..BG-29 of one line, in the order in which one thing settles the
    next."""
    values_only = draft.value_only and has_amount(line)
    stated = quantity(draft, line, path, credit=credit, values_only=values_only)
    prices = stated_prices(draft, line, name, stated.unit)
    timed = price_per_time.settle(draft, line, path, prices, stated.number)
    prices = timed.prices if timed is not None else prices
    entries, discount = _entries(draft, line, name)
    one = PricedLine(draft, line, name, stated, entries)
    one.settle(prices)
    net = net_amount.net_amount(one, prices, f"{path}.net_amount")
    prices, beside = reconciling.reconciled(one, prices, net)
    count, prices = reconciling.signed(one, prices, net, path)
    allowances, charges = _written(draft, entries, path) if beside else ((), ())
    settled = Settled(count, stated.unit, net, allowances, charges)
    price = Details(draft, line, f"{path}.price", discount).read(prices, settled)
    notes = [*stated.notes, *([timed.note] if timed is not None else [])]
    notes += [] if beside else [_told(draft, e) for e in entries if e.amount]
    return Amounts(count, stated.unit, net, price, allowances, charges, tuple(notes))


def _entries(
    draft: NumberedDraft, line: Node, name: str
) -> tuple[list[alc.StatedAllowanceCharge], alc.StatedAllowanceCharge | None]:
    """The ALC of a line with an amount of their own, and the first that is a price discount."""
    counted = (node for node in line.all("ALC") if not _is_municipal(draft, node))
    entries = [e for node in counted if (e := alc.entry(draft, node, name)) is not None]
    discounts = [e for e in entries if e.discount is not None]
    further = [moa for e in discounts[1:] for moa in e.node.serving("MOA", "discount")]
    for moa in further:
        moa.used.clear()
    own = [e for e in entries if not e.is_only_discount]
    return own, next(iter(discounts), None)


def _is_municipal(draft: NumberedDraft, node: Node) -> bool:
    """The rebate of a municipality (BDEW, Z01) only lessens what is due."""
    return draft.energy and node.peek(2, 2) == "Z01"


def _written(
    draft: NumberedDraft, entries: list[alc.StatedAllowanceCharge], path: str
) -> tuple[tuple[LineAllowance, ...], tuple[LineCharge, ...]]:
    """BG-27 <- ALC+A, BG-28 <- ALC+C, each numbered in its own row."""
    minus: list[LineAllowance] = []
    plus: list[LineCharge] = []
    for one in entries:
        if one.charge:
            plus.append(_group(draft, one, f"{path}.charges[{len(plus)}]", LineCharge))
        else:
            minus.append(_group(draft, one, f"{path}.allowances[{len(minus)}]", LineAllowance))
    return tuple(minus), tuple(plus)


_Group = TypeVar("_Group", LineAllowance, LineCharge)


def _group(
    draft: NumberedDraft, one: alc.StatedAllowanceCharge, path: str, kind: type[_Group]
) -> _Group:
    """BT-136, 141 <- MOA+204, 23, 8; BT-137, 142 <- MOA+25; BT-138, 143 <- PCD; BT-139, 140, 144,
    145 <- ALC."""
    alc.origins(draft, one, path)
    return kind(
        amount=one.amount,
        base_amount=one.base,
        percentage=one.percent,
        reason=one.reason,
        reason_code=one.code,
    )


def _told(draft: NumberedDraft, one: alc.StatedAllowanceCharge) -> str:
    """An allowance already inside the price, as a line note tells it."""
    what = draft.words("charge" if one.charge else "allowance")
    percent = f" {draft.written_number(one.percent)} %" if one.percent is not None else ""
    return draft.words(
        "in-price",
        what=what,
        percent=percent,
        amount=f"{one.amount:f}".replace(".", draft.words("decimal-mark")),
        reason=f" ({one.reason})" if one.reason and one.reason != what else "",
    )
