"""QTY of a line -> BT-129 Invoiced quantity and BT-130 its unit.

47 is the invoiced quantity by name; 107, 106 and 100 are what is charged for (units, packages,
weight). Where a line has none of them, a delivered or returned quantity stands in: the one that
gives the line's amount with the price, and the origin says so. Must not know prices beyond that
proof.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from edigate.edifact.invoic.lines.price import RETAIL, unit_code
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import code_tables, notations, phrases
from edigate.edifact.invoic.record.draft import NumberedDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.findings import Texts

_TIMES = ("", "DAY", "MON", "ANN")  # a price per time says nothing of the quantity
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Quantity:
    """BT-129, BT-130, the segment they come from, and what else the line's quantities have to
    say."""

    number: Decimal | None = None
    unit: str | None = None
    node: Node | None = None
    notes: tuple[str, ...] = ()


def quantity(
    draft: NumberedDraft, line: Node, path: str, *, credit: bool, values_only: bool
) -> Quantity:
    """BT-129 <- QTY+47 6060 (else 107, 106, 100, 46, 12, 61); BT-130 <- 6411 of QTY or PRI, else
    H87.

    values_only: a financial note (83, 84) whose line states an amount: without QTY it is one of
    something.
    """
    free = line.best("QTY", "free")
    qty, how = _invoiced(draft, line)
    qty = qty or free
    number = draft.number(qty, 1, 2)
    if qty is None and values_only:
        draft.derived(f"{path}.quantity", (line,), "value-only")
        draft.derived(f"{path}.unit_code", (line,), "value-only")
        return Quantity(Decimal(1), "C62", line)
    if qty is None or number is None:
        return Quantity()
    qty.use(1)
    signed = _signed(draft, qty, number, f"{path}.quantity", how, credit=credit)
    unit = _unit(draft, line, qty, number, f"{path}.unit_code")
    return Quantity(signed, unit, qty, _free(draft, free) if free is not qty else ())


def _signed(
    draft: NumberedDraft, qty: Node, number: Decimal, path: str, how: Texts | None, *, credit: bool
) -> Decimal:
    """The quantity with the sign its qualifier and a reversed credit note give it, and its
    origin."""
    if qty.qualifier in coded("QTY", "returned") and not credit and number > 0:
        draft.derived(path, (qty,), "returned")
        return -number
    if draft.reversed and number < 0:
        draft.read_amount(path, qty)
        return -number
    if how is not None:
        draft.noted(path, (qty,), how)
    else:
        draft.read(path, qty)
    return number


def _free(draft: NumberedDraft, free: Node | None) -> tuple[str, ...]:
    """Free goods beside the invoiced quantity, as text."""
    count = draft.number(free, 1, 2)
    if free is None or count is None:
        return ()
    free.use(1)
    unit = free.peek(1, 3) or draft.words("piece")
    return (draft.words("free-goods", count=f"{count:f}", unit=unit),)


def _invoiced(draft: NumberedDraft, line: Node) -> tuple[Node | None, Texts | None]:
    """The QTY that is invoiced, and how it shows where the qualifier does not say it."""
    stated = line.first("QTY", *draft.deviations.quantity, *coded("QTY", "invoiced"))
    if stated is not None:
        return stated, None
    charged, delivered = coded("QTY", "charged"), coded("QTY", "delivered")
    offered = [q for c in (*charged, *delivered) if (q := line.first("QTY", c)) is not None]
    for qty in offered:
        if _proven(draft, line, qty):
            return qty, phrases.how_with("quantity-proven", name=_name(qty))
    if not offered:
        return None, None
    if offered[0].qualifier in charged:
        return offered[0], None
    return offered[0], phrases.how_with("quantity-delivered", name=_name(offered[0]))


def _name(qty: Node) -> Texts:
    return Texts(*code_tables.labels()["QTY", qty.qualifier])


def _proven(draft: NumberedDraft, line: Node, qty: Node) -> bool:
    """Whether quantity x price is an amount of the line to the cent."""
    count = _number(draft, qty, 2)
    if not count:
        return False
    stated = (_number(draft, m, 2) for m in line.serving("MOA", "line-amount"))
    amounts = [abs(a) for a in stated if a]
    totals = [abs(count * price / basis) for price, basis in _stated_prices(draft, line)]
    return any(abs(t - a) < _CENT for t in totals for a in amounts)


def _stated_prices(draft: NumberedDraft, line: Node) -> Iterator[tuple[Decimal, Decimal]]:
    """The prices and the quantities they are for, retail prices left out."""
    for pri in line.serving("PRI", "any"):
        price = _number(draft, pri, 2) if pri.peek(1, 4) not in RETAIL else None
        if price:
            yield price, _number(draft, pri, 5) or Decimal(1)


def _number(draft: NumberedDraft, node: Node, component: int) -> Decimal | None:
    return notations.number(node.peek(1, component), draft.deviations.decimal_mark)


def _unit(draft: NumberedDraft, line: Node, qty: Node, number: Decimal, path: str) -> str | None:
    """The unit of a quantity; without one it is the unit of the price, else pieces (EANCOM, not the
    official binding), as far as they count."""
    code = qty.peek(1, 3)
    if not code:
        return _unit_not_stated(draft, line, qty, number, path)
    # BT-130 <- QTY 6411
    found = unit_code(draft, code)
    if found == code:
        draft.read(path, qty)
    else:
        draft.derived(path, (qty,), "code-for-code", code=found, said=code)
    return found


def _unit_not_stated(
    draft: NumberedDraft, line: Node, qty: Node, number: Decimal, path: str
) -> str | None:
    prices = line.serving("PRI", "any")
    of_price = {unit: pri for pri in prices if (unit := pri.peek(1, 6)) not in _TIMES}
    if len(of_price) == 1:
        ((unit, pri),) = of_price.items()
        found = unit_code(draft, unit)
        draft.derived(path, (qty, pri), "unit-of-price", unit=found)
        return found
    if draft.binding or number != number.to_integral_value():
        return None  # 2.5 of what: UST-14
    draft.derived(path, (qty,), "unit-piece")
    return "H87"
