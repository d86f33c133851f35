"""MOA of a line, or its quantity and price -> BT-131 Invoice line net amount."""

from decimal import Decimal

from edigate.edifact.invoic.lines import allowances_charges as alc
from edigate.edifact.invoic.lines.price import Prices
from edigate.edifact.invoic.lines.priced_line import ZERO, PricedLine
from edigate.edifact.invoic.qualifiers import coded


def net_amount(one: PricedLine, prices: Prices, path: str) -> Decimal | None:
    """BT-131 <- MOA+203; MOA+66 with the ALC applied; MOA+38; else quantity x price with the ALC
    applied."""
    net = _stated(one, prices, path)
    if net is not None:
        return net
    stated = one.line.serving("MOA", "line-amount")
    foreign = next((m for m in stated if m.peek(1, 3)), None)
    if foreign is not None:
        named, invoice = foreign.peek(1, 3), one.draft.currency or "-"
        one.draft.report("MAP-34", foreign, line=one.name, currency=named, invoice=invoice)
        return None
    if any(m.peek(1, 2) for m in stated):
        return None
    if prices.node is None and prices.gross_node is None:
        one.draft.report("MAP-46", one.line, line=one.name, missing="MOA+203:100.00'")
        return None
    return _computed(one, prices, path)


def _stated(one: PricedLine, prices: Prices, path: str) -> Decimal | None:
    """The amount the line states, the best kind first."""
    draft, line = one.draft, one.line
    net, goods, item = coded("MOA", "line-amount")
    found = draft.amount(path, draft.money(line, net))
    if found is not None:
        return found
    before = draft.money(line, goods)
    found = draft.amount(path, before)
    if found is None or before is None:
        return draft.amount(path, draft.money(line, item))
    if one.entries and not _applied(one, prices, found):
        found += one.balance
        draft.derived(path, (before, *[e.node for e in one.entries]), "goods-total")
    return found


def _computed(one: PricedLine, prices: Prices, path: str) -> Decimal | None:
    """Quantity times price; the gross price with the ALC."""
    factor, price, node = one.factor(prices), prices.net_or_gross, prices.node or prices.gross_node
    if factor is None or price is None or node is None:
        return None
    net = alc.rounded(factor * price) + (one.balance if prices.net is None else ZERO)
    one.draft.derived(path, (node,), "quantity-times-price")
    return one.draft.signed(net) if net < 0 else net


def _applied(one: PricedLine, prices: Prices, goods: Decimal) -> bool:
    """Whether MOA+66 already has the ALC in it: the net price gives it, and so does the gross one
    with the ALC."""
    factor, net, gross = one.factor(prices), prices.net, prices.gross
    if factor is None or net is None or gross is None or net == gross:
        return False
    with_alc = abs(alc.rounded(factor * gross) + one.balance)
    return abs(goods) == abs(alc.rounded(factor * net)) == with_alc
