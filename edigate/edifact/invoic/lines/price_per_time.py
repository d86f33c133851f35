"""Prices per day, month or year (energy invoices) -> the price of the invoiced quantity for the
time it is charged for.

BDEW INVOIC 2.8e, PRI: amount = QTY+47 x (QTY+136 / time base of the price) x price. EN 16931 knows
no time in a price, so BT-146 is price x time, and the line's note tells both. How many days a year
or month has is not said in the message; it shows in the line's amount, or nothing is derived.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from edigate.edifact.invoic.lines.price import Prices, shortened
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import NumberedDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.findings import Texts

_TIMES = ("DAY", "MON", "ANN")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class TimedPrice:
    """The price for the time charged, and how it came about, for the line's note."""

    prices: Prices
    note: str


def settle(
    draft: NumberedDraft, line: Node, path: str, prices: Prices, quantity: Decimal | None
) -> TimedPrice | None:
    """The price for the time charged; None where prices have no time, or the line's amount does not
    prove it."""
    time, node = line.best("QTY", "time"), prices.node
    if time is None or node is None or prices.net is None or not quantity:
        return None
    stated = _stated(draft, line)
    timed = None if stated is None else _timed(draft, (node, time), (prices.net, quantity, stated))
    if timed is None or stated is None:
        return None
    price = prices.net * timed
    node.take(1, 6)
    time.use(1)
    note = _told(draft, f"{path}.price.net_price", (node, time), prices.net)
    net = shortened(price, abs(quantity), abs(stated))
    return TimedPrice(
        replace(prices, net=net, basis=None, basis_node=None, told=(node, time)), note
    )


def _timed(
    draft: NumberedDraft, nodes: tuple[Node, Node], line: tuple[Decimal, Decimal, Decimal]
) -> Decimal | None:
    """How often the price counts: the usual way of counting that proves the line. line: price,
    quantity, amount."""
    base, charged, count = nodes[0].peek(1, 6), nodes[1].peek(1, 3), _number(draft, nodes[1])
    if base not in _TIMES or charged not in _TIMES or not count:
        return None
    price, quantity, stated = line
    shares = _shares(count, charged, base)
    fits = (s for s in shares if abs(abs(quantity * (price * s)) - abs(stated)) < _CENT)
    return next(fits, None)


def _told(draft: NumberedDraft, path: str, nodes: tuple[Node, Node], price: Decimal) -> str:
    """The origin of the price for the time charged, and the words for the line's note."""
    base, charged, count = nodes[0].peek(1, 6), nodes[1].peek(1, 3), _number(draft, nodes[1]) or 1
    times = Texts(notations.in_german(Decimal(count)), f"{count:f}")
    values = {"base": base, "times": times, "charged": charged}
    draft.derived(path, nodes, "price-per-time", **values)
    return draft.words(
        "price-per-time",
        price=draft.written_number(price),
        unit=draft.words(f"time-{base}"),
        count=draft.written_number(Decimal(count)),
        units=draft.words(f"time{'s' if count != 1 else ''}-{charged}"),
    )


def _stated(draft: NumberedDraft, line: Node) -> Decimal | None:
    """The line's amount before its allowances and charges (MOA+131, signed)."""
    amount = _number(draft, draft.money(line, *coded("MOA", "line-amount")))
    return (
        None
        if amount is None
        else amount - (_number(draft, draft.money(line, *coded("MOA", "balance"))) or 0)
    )


def _number(draft: NumberedDraft, node: Node | None) -> Decimal | None:
    """The number of a QTY or MOA, not yet counted as mapped."""
    return (
        notations.number(node.peek(1, 2), draft.deviations.decimal_mark)
        if node is not None
        else None
    )


def _shares(count: Decimal, charged: str, base: str) -> Iterator[Decimal]:
    """The time charged in units of the price's time base, in every usual way of counting."""
    if charged == base:
        yield count
    elif (charged, base) == ("MON", "ANN"):
        yield count / 12
    elif (charged, base) == ("ANN", "MON"):
        yield count * 12
    elif charged == "DAY":
        yield from (
            count / days for days in ((365, 366, 360) if base == "ANN" else (31, 30, 28, 29))
        )
