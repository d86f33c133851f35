"""Net amount against quantity, price and ALC -> whether the ALC stand beside the price, and which
sign belongs to quantity and price."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from edigate.edifact.invoic.lines.price import Prices
from edigate.edifact.invoic.lines.priced_line import ZERO, PricedLine
from edigate.edifact.invoic.qualifiers import coded

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _PriceReading:
    """One way to read a line's numbers.

    beside: the ALC stand beside the price; from_gross: the gross price is the one to compute with;
    rule: the finding that goes along.
    """

    beside: bool
    from_gross: bool = False
    rule: str = ""


def reconciled(one: PricedLine, prices: Prices, net: Decimal | None) -> tuple[Prices, bool]:
    """The prices, and whether the line's ALC stand beside them (BG-27/28) or are already inside
    (information).

    Sets the net price where only the gross one is stated. What fits no reading is a finding
    (MAP-42, MAP-43).
    """
    if net is None or one.factor(prices) is None or any(e.hold for e in one.entries):
        return prices, True
    found = next(_readings(one, prices, net), None) or _no_reading(one, prices)
    price = prices.net_or_gross
    if found.rule and price is not None:
        given = ZERO if found.from_gross and prices.net is not None else one.balance
        _misfit(one, net, price, given, found.rule)
    return (prices.gross_is_net() if found.from_gross else prices), found.beside


def _readings(one: PricedLine, prices: Prices, net: Decimal) -> Iterator[_PriceReading]:
    """The readings that fit, the likeliest first; in the official binding AAA is always BT-146 and
    an ALC always BG-27 or BG-28."""
    only = one.draft.binding and prices.net is not None
    if prices.net is not None and _fits(one, prices, prices.net, one.balance, net):
        yield _PriceReading(beside=True)
    if prices.net is not None and not only and _fits(one, prices, prices.net, ZERO, net):
        yield _PriceReading(beside=False)
    if prices.gross is None or only:
        return
    if _fits(one, prices, prices.gross, one.balance, net):
        yield _PriceReading(
            beside=True, from_gross=True, rule="MAP-43" if prices.net is not None else ""
        )
    if prices.net is None and _fits(one, prices, prices.gross, ZERO, net):
        yield _PriceReading(beside=False, from_gross=True)


def _no_reading(one: PricedLine, prices: Prices) -> _PriceReading:
    """An amount that quantity, price and ALC do not give in any reading."""
    if prices.net_or_gross is None:
        return _PriceReading(beside=True)
    rule = "MAP-42" if one.entries else "MAP-43"
    return _PriceReading(beside=True, from_gross=prices.net is None, rule=rule)


def _fits(one: PricedLine, prices: Prices, price: Decimal, balance: Decimal, net: Decimal) -> bool:
    """Whether factor x price + balance is the stated amount, but for the rounding of the price."""
    factor = one.factor(prices)
    if factor is None:
        return False
    exponent = price.as_tuple().exponent
    step = Decimal(1).scaleb(exponent if isinstance(exponent, int) and exponent < -2 else -2)
    slack = max(_CENT, min(abs(factor) * step / 2, abs(net) / 50))
    return abs(abs(factor * price + balance) - abs(net)) <= slack


def _misfit(one: PricedLine, net: Decimal, price: Decimal, balance: Decimal, rule: str) -> None:
    one.draft.report(
        rule,
        one.draft.money(one.line, *coded("MOA", "line-amount")) or one.line,
        line=one.name,
        amount=net,
        quantity=one.quantity.number,
        price=price,
        balance=balance,
    )


def signed(
    one: PricedLine, prices: Prices, net: Decimal | None, path: str
) -> tuple[Decimal | None, Prices]:
    """Quantity and prices: a price is never negative (BR-27), the sign belongs to the quantity; a
    returned quantity is negative."""
    count = one.quantity.number
    if count is None or net is None or prices.net is None:
        return count, prices
    against = count * net < 0
    if prices.net < 0:
        if count > 0 and net > 0 and not one.draft.reversed:
            return count, prices  # says nothing certain; BR-27 holds it
        prices = _positive(one, prices, f"{path}.price.net_price")
    elif one.draft.binding:
        return count, prices
    if against and prices.net and one.quantity.node is not None:
        one.draft.derived(f"{path}.quantity", (one.quantity.node,), "sign-of-amount")
        return -count, prices
    return count, prices


def _positive(one: PricedLine, prices: Prices, path: str) -> Prices:
    """The prices without sign."""
    nodes = prices.told or ((prices.node,) if prices.node is not None else ())
    one.draft.derived(path, nodes, "sign-of-amount")
    net, gross = prices.net, prices.gross
    return replace(
        prices,
        net=None if net is None else -net,
        gross=None if gross is None else abs(gross),
        told=nodes or (one.line,),
    )
