"""QTY, MOA, PRI and ALC of a line -> quantity, net amount, price, line allowances and charges.

The net amount the sender states wins. Whether the line's ALC are already inside the price shows in the arithmetic:
quantity x price minus allowances plus charges, or quantity x price alone, equals the net amount.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from edigate.invoice.model import LineAllowance, LineCharge, Price
from edigate.mapping import allowances_charges as alc
from edigate.mapping import tables, values
from edigate.mapping.draft import Draft
from edigate.mapping.tree import Node

ZERO = Decimal(0)
_RETAIL = frozenset({"RTP", "SRP", "PRP"})
_AMOUNT = ("203", "66", "38")
_QUANTITY = ("47", "46", "12", "61")


@dataclass(slots=True)
class Amounts:
    """What a line states and what follows from it."""

    quantity: Decimal | None = None
    unit: str | None = None
    net: Decimal | None = None
    price: Price | None = None
    allowances: tuple[LineAllowance, ...] = ()
    charges: tuple[LineCharge, ...] = ()
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Prices:
    net: Decimal | None = None
    gross: Decimal | None = None
    node: Node | None = None
    gross_node: Node | None = None
    basis: Decimal | None = None
    basis_unit: str | None = None
    basis_node: Node | None = None


def unit_code(draft: Draft, code: str) -> str:
    """6411 -> Rec 20/21: declared for the partner, in the table, else as it is."""
    declared = dict(draft.deviations.units)
    return declared.get(code) or tables.units().get(code, code)


def has_amount(line: Node) -> bool:
    """Whether a LIN group carries an invoiced amount: MOA+203, 66 or 38, or a price and a quantity."""
    if any(m.qualifier in _AMOUNT for m in line.all("MOA")):
        return True
    return bool(line.all("QTY", "47")) and any(p.peek(1, 2) for p in line.all("PRI", "AAA", "AAB", "CAL", "INV"))


def stated_amount(draft: Draft, line: Node) -> Decimal:
    """The amount a line states, for choosing between main lines and sub-lines."""
    moa = line.first("MOA", *_AMOUNT)
    number = values.number(moa.peek(1, 2), draft.deviations.decimal_mark) if moa is not None else None
    return number or ZERO


def amounts(draft: Draft, line: Node, path: str, name: str, *, credit: bool) -> Amounts:
    """BT-129..BT-131, BG-27..BG-29 of one line."""
    found = Amounts()
    _quantity(draft, line, path, name, found, credit=credit)
    prices = _prices(draft, line, path, name)
    entries = [e for a in line.all("ALC") if (e := alc.entry(draft, a, name)) is not None]
    discount = next((e for e in entries if e.discount is not None), None)
    entries = [e for e in entries if e.discount is None]
    factor = _factor(found, prices)
    gross_price = prices.gross if prices.gross is not None else prices.net
    start = factor * gross_price if factor is not None and gross_price is not None else None
    alc.settle(draft, entries, alc.rounded(start) if start is not None else None, name)
    _net(draft, line, path, name, found, prices, entries, factor)
    real = _reconcile(draft, line, path, name, found, prices, entries, factor)
    _signs(draft, path, found, prices)
    _write(draft, path, found, entries if real else [])
    if not real:
        found.notes += [_told(e) for e in entries if e.amount]
    _price(draft, line, path, found, prices, discount)
    return found


def _quantity(draft: Draft, line: Node, path: str, name: str, found: Amounts, *, credit: bool) -> None:
    """BT-129 <- QTY+47 6060 (46, 12, 61 where 47 is missing); BT-130 <- 6411, H87 where a quantity has no unit."""
    qty = line.first("QTY", *draft.deviations.quantity, *_QUANTITY)
    free = line.first("QTY", "192")
    if qty is None and free is not None:
        qty = free
    number = draft.number(qty, 1, 2)
    if qty is None or number is None:
        return
    qty.use(1)
    if qty.qualifier == "61" and not credit and number > 0:
        found.quantity = -number
        draft.derived(
            f"{path}.quantity", (qty,), "Rückgabemenge (61) als negative Menge", "return quantity (61), negative"
        )
    else:
        found.quantity = -number if draft.reversed and number < 0 else number
        draft.read(f"{path}.quantity", qty)
    code = qty.peek(1, 3)
    if code:
        # BT-130 <- QTY 6411
        found.unit = unit_code(draft, code)
        if found.unit == code:
            draft.read(f"{path}.unit_code", qty)
        else:
            draft.derived(f"{path}.unit_code", (qty,), f"{found.unit} für {code}", f"{found.unit} for {code}")
    else:
        found.unit = "H87"
        draft.derived(
            f"{path}.unit_code",
            (qty,),
            "H87 (Stück), weil keine Einheit angegeben ist",
            "H87 (piece), because no unit is given",
        )
    if free is not None and free is not qty and (count := draft.number(free, 1, 2)) is not None:
        free.use(1)
        found.notes.append(f"Naturalrabatt: {count:f} Stück ohne Berechnung")


def _prices(draft: Draft, line: Node, path: str, name: str) -> _Prices:
    """PRI C509: AAA (CAL, INV) net, AAB gross, AAC with tax (holds); retail prices are information."""
    found = _Prices()
    for pri in line.all("PRI"):
        kind = pri.qualifier
        if not pri.peek(1, 2) or pri.peek(1, 4) in _RETAIL:
            continue
        if kind == "AAC":
            draft.report("MAP-41", pri, line=name)
            continue
        if kind not in ("AAA", "AAB", "CAL", "INV") or (kind == "AAB" and found.gross is not None):
            continue
        if kind != "AAB" and found.net is not None:
            continue
        number = draft.number(pri, 1, 2)
        if number is None:
            continue
        for component in (1, 3, 4):
            pri.take(1, component)
        if kind == "AAB":
            found.gross, found.gross_node = number, pri
        else:
            found.net, found.node = number, pri
        basis = draft.number(pri, 1, 5)
        if basis is not None and basis != 0 and found.basis is None:
            found.basis, found.basis_node = basis, pri
            unit = pri.take(1, 6)
            found.basis_unit = unit_code(draft, unit) if unit else None
        elif pri.peek(1, 6) and unit_code(draft, pri.peek(1, 6)) in (found.basis_unit, "H87"):
            pri.take(1, 6)
    return found


def _factor(found: Amounts, prices: _Prices) -> Decimal | None:
    """Quantity over price basis."""
    return found.quantity / (prices.basis or Decimal(1)) if found.quantity is not None else None


def _balance(entries: list[alc.Entry]) -> Decimal:
    return sum((e.amount if e.charge else -e.amount for e in entries if e.amount is not None), ZERO)


def _net(
    draft: Draft,
    line: Node,
    path: str,
    name: str,
    found: Amounts,
    prices: _Prices,
    entries: list[alc.Entry],
    factor: Decimal | None,
) -> None:
    """BT-131 <- MOA+203; MOA+66 with the ALC applied; MOA+38; else quantity x price with the ALC applied."""
    net = draft.amount(f"{path}.net_amount", line.first("MOA", "203"))
    if net is None:
        before = line.first("MOA", "66")
        net = draft.amount(f"{path}.net_amount", before)
        if net is not None and entries and before is not None:
            net += _balance(entries)
            draft.derived(
                f"{path}.net_amount",
                (before, *[e.node for e in entries]),
                "Betrag 66 mit Zu- und Abschlägen",
                "amount 66 with allowances and charges",
            )
    if net is None:
        net = draft.amount(f"{path}.net_amount", line.first("MOA", "38"))
    price = prices.net if prices.net is not None else prices.gross
    node = prices.node or prices.gross_node
    if net is None and factor is not None and price is not None and node is not None:
        net = alc.rounded(factor * price) + (_balance(entries) if prices.net is None else ZERO)
        net = draft.signed(net) if draft.reversed and net < 0 else net
        draft.derived(f"{path}.net_amount", (node,), "Menge mal Preis", "quantity times price")
    found.net = net


def _close(left: Decimal, right: Decimal, price: Decimal, factor: Decimal) -> bool:
    """Equal within half a unit of the price's last decimal times the quantity, at least one cent."""
    exponent = price.as_tuple().exponent
    step = Decimal(1).scaleb(exponent if isinstance(exponent, int) and exponent < -2 else -2)
    return abs(abs(left) - abs(right)) <= max(Decimal("0.01"), min(abs(factor) * step / 2, abs(right) / 50))


def _reconcile(
    draft: Draft,
    line: Node,
    path: str,
    name: str,
    found: Amounts,
    prices: _Prices,
    entries: list[alc.Entry],
    factor: Decimal | None,
) -> bool:
    """Whether the line's ALC stand beside the price (BG-27/28) or are already inside it (information).

    Sets the net price where only the gross one is stated. What fits no reading is a finding (MAP-42).
    """
    if found.net is None or factor is None or any(e.hold for e in entries):
        return bool(entries)
    balance = _balance(entries)
    net, gross = prices.net, prices.gross
    if net is not None:
        if _close(factor * net + balance, found.net, net, factor):
            return bool(entries)
        if _close(factor * net, found.net, net, factor):
            return False
    if gross is not None and _close(factor * gross + balance, found.net, gross, factor):
        if net is None or entries:
            prices.net, prices.node = gross, prices.gross_node
            prices.gross = None
        return bool(entries)
    if gross is not None and net is None and _close(factor * gross, found.net, gross, factor):
        prices.net, prices.node, prices.gross = gross, prices.gross_node, None
        return False
    if net is not None or gross is not None:
        price = net if net is not None else gross
        draft.report(
            "MAP-42" if entries else "MAP-43",
            line.first("MOA", *_AMOUNT) or line,
            line=name,
            amount=found.net,
            quantity=found.quantity,
            price=price,
            balance=balance,
        )
        if net is None:
            prices.net, prices.node, prices.gross = gross, prices.gross_node, None
    return bool(entries)


def _signs(draft: Draft, path: str, found: Amounts, prices: _Prices) -> None:
    """A price is never negative (BR-27): the sign belongs to the quantity; a returned quantity is negative."""
    if prices.net is not None and prices.net < 0:
        prices.net = -prices.net
        if prices.gross is not None:
            prices.gross = abs(prices.gross)
        if found.quantity is not None and found.net is not None and (found.quantity > 0) != (found.net > 0):
            found.quantity = -found.quantity
            _turned(draft, f"{path}.quantity")
        _turned(draft, f"{path}.price.net_price")
    elif (
        not draft.binding
        and found.quantity is not None
        and found.net is not None
        and found.quantity * found.net < 0
        and prices.net
    ):
        found.quantity = -found.quantity
        _turned(draft, f"{path}.quantity")


def _turned(draft: Draft, path: str) -> None:
    origin = draft.origins.get(path)
    places = origin.places if origin else ()
    from edigate.findings import Texts
    from edigate.invoice.origin import Origin, OriginKind

    draft.origins[path] = Origin(
        OriginKind.DERIVED, places, Texts("Vorzeichen wie das des Betrags", "sign as that of the amount")
    )


def _write(draft: Draft, path: str, found: Amounts, entries: list[alc.Entry]) -> None:
    """BG-27 <- ALC+A, BG-28 <- ALC+C."""
    minus: list[LineAllowance] = []
    plus: list[LineCharge] = []
    for one in entries:
        if one.charge:
            alc.origins(draft, one, f"{path}.charges[{len(plus)}]")
            plus.append(
                LineCharge(
                    amount=one.amount,
                    base_amount=one.base,
                    percentage=one.percent,
                    reason=one.reason,
                    reason_code=one.code,
                )
            )
        else:
            alc.origins(draft, one, f"{path}.allowances[{len(minus)}]")
            minus.append(
                LineAllowance(
                    amount=one.amount,
                    base_amount=one.base,
                    percentage=one.percent,
                    reason=one.reason,
                    reason_code=one.code,
                )
            )
    found.allowances, found.charges = tuple(minus), tuple(plus)


def _told(one: alc.Entry) -> str:
    """An allowance already inside the price, as a line note tells it."""
    word = "Zuschlag" if one.charge else "Abzug"
    percent = f" {one.percent:f} %" if one.percent is not None else ""
    reason = f" ({one.reason})" if one.reason and one.reason != word else ""
    return f"Im Preis enthalten: {word}{percent} {one.amount:f}{reason}"


def _price(draft: Draft, line: Node, path: str, found: Amounts, prices: _Prices, discount: alc.Entry | None) -> None:
    """BG-29 <- PRI+AAA (BT-146), PRI+AAB (BT-148), MOA+509 (BT-147), 5284 / 6411 (BT-149 / BT-150)."""
    net, gross = prices.net, prices.gross
    base = f"{path}.price"
    if net is None and found.net is not None and found.quantity:
        _derive_price(draft, line, base, found, prices)
        net = prices.net
    if net is None:
        return
    node = prices.node or line
    draft.read(base, node)
    if f"{base}.net_price" not in draft.origins:
        draft.read(f"{base}.net_price", node)
    off: Decimal | None = None
    if discount is not None and discount.discount is not None:
        off = discount.discount
        draft.read(f"{base}.discount", discount.node)
        if gross is None:
            gross = net + off
            draft.derived(
                f"{base}.gross_price", (node, discount.node), "Nettopreis und Nachlass", "net price plus discount"
            )
    elif gross is not None and gross > net:
        off = gross - net
        draft.derived(
            f"{base}.discount",
            [n for n in (prices.gross_node, node) if n],
            "Brutto- abzüglich Nettopreis",
            "gross price less net price",
        )
    if gross is not None and gross < net:
        gross = None
    if gross is not None and f"{base}.gross_price" not in draft.origins:
        draft.read(f"{base}.gross_price", prices.gross_node or node)
    if prices.basis is not None and prices.basis_node is not None:
        draft.read(f"{base}.base_quantity", prices.basis_node)
        if prices.basis_unit:
            draft.read(f"{base}.base_quantity_unit", prices.basis_node)
    found.price = Price(
        net_price=net,
        discount=off,
        gross_price=gross,
        base_quantity=prices.basis,
        base_quantity_unit=prices.basis_unit if prices.basis is not None else None,
    )


def _derive_price(draft: Draft, line: Node, base: str, found: Amounts, prices: _Prices) -> None:
    """BT-146 from amount and quantity where no invoice price is stated."""
    if found.net is None or not found.quantity:
        return
    before = (
        found.net
        + sum((a.amount or ZERO for a in found.allowances), ZERO)
        - sum((c.amount or ZERO for c in found.charges), ZERO)
    )
    quotient = before / found.quantity
    for places in (2, 4, 6, 8):
        price = quotient.quantize(Decimal(1).scaleb(-places))
        if alc.rounded(price * found.quantity) == before:
            break
    if price < 0:
        return
    prices.net = price
    source = line.first("MOA", *_AMOUNT) or line
    draft.derived(
        f"{base}.net_price",
        (source,),
        "Betrag geteilt durch Menge, weil kein Rechnungspreis angegeben ist",
        "amount divided by quantity, because no invoice price is given",
    )
