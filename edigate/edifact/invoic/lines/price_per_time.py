"""Prices per day, month or year (energy invoices) -> the price of the invoiced quantity for the
time it is charged for.

BDEW INVOIC 2.8e, PRI: amount = QTY+47 x (QTY+136 / time base of the price) x price. EN 16931 knows
no time in a price, so BT-146 is price x time, and the line's note tells both. How many days a year
or month has is not said in the message; it shows in the line's amount, or nothing is derived.
"""

from collections.abc import Iterator
from decimal import Decimal

from edigate.edifact.invoic.lines.price import Prices, shortened
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node

_UNITS = {"DAY": ("Tag", "Tage"), "MON": ("Monat", "Monate"), "ANN": ("Jahr", "Jahre")}
_CENT = Decimal("0.01")


def settle(
    draft: Draft, line: Node, path: str, prices: Prices, quantity: Decimal | None
) -> str | None:
    """Make `prices.net` the price for the time charged; what was done, for the line's note, or
    None."""
    time, node = line.best("QTY", "time"), prices.node
    if time is None or node is None or prices.net is None or not quantity:
        return None
    base, charged, count = node.peek(1, 6), time.peek(1, 3), _number(draft, time)
    stated = _stated(draft, line)
    if base not in _UNITS or charged not in _UNITS or not count or stated is None:
        return None
    for share in _shares(count, charged, base):
        price = prices.net * share
        if abs(abs(quantity * price) - abs(stated)) < _CENT:
            shown, times = notations.in_german(prices.net), notations.in_german(count)
            said = (
                f"{shown} je {_UNITS[base][0]}, berechnet für {times} {_UNITS[charged][count != 1]}"
            )
            prices.net = shortened(price, abs(quantity), abs(stated))
            prices.basis, prices.basis_node = None, None
            node.take(1, 6)
            time.use(1)
            german = f"Preis je {base} mal Zeit ({times} {charged})"
            english = f"price per {base} times the time ({count:f} {charged})"
            draft.derived(f"{path}.price.net_price", (node, time), german, english)
            return f"Preis: {said}"
    return None


def _stated(draft: Draft, line: Node) -> Decimal | None:
    """The line's amount before its allowances and charges (MOA+131, signed)."""
    amount = _number(draft, draft.money(line, *coded("MOA", "line-amount")))
    return (
        None
        if amount is None
        else amount - (_number(draft, draft.money(line, *coded("MOA", "balance"))) or 0)
    )


def _number(draft: Draft, node: Node | None) -> Decimal | None:
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
