"""QTY of a line -> BT-129 Invoiced quantity and BT-130 its unit.

47 is the invoiced quantity by name; 107, 106 and 100 are what is charged for (units, packages,
weight). Where a line has none of them, a delivered or returned quantity stands in: the one that
gives the line's amount with the price, and the origin says so. Must not know prices beyond that
proof.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from edigate.edifact.invoic.lines.price import RETAIL, unit_code
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import code_tables, notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node

_TIMES = ("", "DAY", "MON", "ANN")  # a price per time says nothing of the quantity
_CENT = Decimal("0.01")


@dataclass(slots=True)
class Quantity:
    """BT-129, BT-130, and what else the line's quantities have to say."""

    number: Decimal | None = None
    unit: str | None = None
    notes: list[str] = field(default_factory=list)


def quantity(draft: Draft, line: Node, path: str, *, credit: bool, values_only: bool) -> Quantity:
    """BT-129 <- QTY+47 6060 (else 107, 106, 100, 46, 12, 61); BT-130 <- 6411 of QTY or PRI, else
    H87.

    values_only: a financial note (83, 84) whose line states an amount: without QTY it is one of
    something.
    """
    found = Quantity()
    free = line.best("QTY", "free")
    qty, note = _invoiced(draft, line)
    qty = qty or free
    number = draft.number(qty, 1, 2)
    if qty is None and values_only:
        said = (
            "1, weil der Beleg nur einen Wert berechnet",
            "1, because the document states a value only",
        )
        draft.derived(f"{path}.quantity", (line,), *said)
        draft.derived(f"{path}.unit_code", (line,), *said)
        return Quantity(Decimal(1), "C62")
    if qty is None or number is None:
        return found
    qty.use(1)
    found.number = number
    if qty.qualifier in coded("QTY", "returned") and not credit and number > 0:
        found.number = -number
        draft.derived(
            f"{path}.quantity", (qty,), "Rückgabemenge, negativ", "return quantity, negative"
        )
    elif draft.reversed and number < 0:
        found.number = -number
        draft.read_amount(f"{path}.quantity", qty)
    elif note is not None:
        draft.derived(f"{path}.quantity", (qty,), *note)
    else:
        draft.read(f"{path}.quantity", qty)
    found.unit = _unit(draft, line, qty, number, f"{path}.unit_code")
    if free is not None and free is not qty and (count := draft.number(free, 1, 2)) is not None:
        free.use(1)
        found.notes.append(f"Naturalrabatt: {count:f} {free.peek(1, 3) or 'Stück'} ohne Berechnung")
    return found


def _invoiced(draft: Draft, line: Node) -> tuple[Node | None, tuple[str, str] | None]:
    """The QTY that is invoiced, and how it shows where the qualifier does not say it."""
    stated = line.first("QTY", *draft.deviations.quantity, *coded("QTY", "invoiced"))
    if stated is not None:
        return stated, None
    offered = [
        q
        for c in (*coded("QTY", "charged"), *coded("QTY", "delivered"))
        if (q := line.first("QTY", c)) is not None
    ]
    for qty in offered:
        if _proven(draft, line, qty):
            de, en = code_tables.labels()[("QTY", qty.qualifier)]
            return qty, (
                f"{de}: ergibt mit dem Preis den Betrag",
                f"{en}: gives the amount with the price",
            )
    if not offered or offered[0].qualifier in coded("QTY", "charged"):
        return (offered[0] if offered else None), None
    de, en = code_tables.labels()[("QTY", offered[0].qualifier)]
    return offered[0], (
        f"{de}, weil keine berechnete Menge (QTY+47) da ist",
        f"{en}, as there is no QTY+47",
    )


def _proven(draft: Draft, line: Node, qty: Node) -> bool:
    """Whether quantity x price is an amount of the line to the cent."""

    def number(node: Node, component: int) -> Decimal | None:
        return notations.number(node.peek(1, component), draft.deviations.decimal_mark)

    count = number(qty, 2)
    if not count:
        return False
    amounts = [abs(a) for m in line.serving("MOA", "line-amount") if (a := number(m, 2))]
    prices = [p for p in line.serving("PRI", "any") if p.peek(1, 4) not in RETAIL]
    totals = [abs(count * p / (number(n, 5) or 1)) for n in prices if (p := number(n, 2))]
    return any(abs(t - a) < _CENT for t in totals for a in amounts)


def _unit(draft: Draft, line: Node, qty: Node, number: Decimal, path: str) -> str | None:
    """The unit of a quantity; without one it is the unit of the price, else pieces (EANCOM, not the
    official binding), as far as they count."""
    code = qty.peek(1, 3)
    if not code:
        of_price = {
            unit: pri
            for pri in line.serving("PRI", "any")
            if (unit := pri.peek(1, 6)) not in _TIMES
        }
        if len(of_price) == 1:
            ((unit, pri),) = of_price.items()
            found = unit_code(draft, unit)
            draft.derived(
                path, (qty, pri), f"{found}: Einheit des Preises", f"{found}: unit of the price"
            )
            return found
        if draft.binding or number != number.to_integral_value():
            return None  # 2.5 of what: UST-14
        draft.derived(
            path, (qty,), "H87 (Stück): ohne Einheit ist Stück gemeint", "H87: no unit means piece"
        )
        return "H87"
    # BT-130 <- QTY 6411
    found = unit_code(draft, code)
    if found == code:
        draft.read(path, qty)
    else:
        draft.derived(path, (qty,), f"{found} für {code}", f"{found} for {code}")
    return found
