"""PRI of a line -> the prices stated, and BG-29 Price details once the line's amounts are
settled."""

from dataclasses import dataclass
from decimal import Decimal

from edigate.edifact.invoic.lines import allowances_charges as alc
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import code_tables
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.model import LineAllowance, LineCharge, Price

ZERO = Decimal(0)
RETAIL = frozenset({"RTP", "SRP", "PRP"})


@dataclass(slots=True)
class Prices:
    """Net and gross price with their segments, and the quantity they are for (5284, 6411)."""

    net: Decimal | None = None
    gross: Decimal | None = None
    node: Node | None = None
    gross_node: Node | None = None
    basis: Decimal | None = None
    basis_unit: str | None = None
    basis_node: Node | None = None

    def gross_is_net(self) -> None:
        """The line is computed from the gross price: it is BT-146, and there is no price discount.

        A net price that is stated as well is no term then, and goes to the annex.
        """
        if self.node is not None:
            self.node.used -= {u for u in self.node.used if u // 100 == 1}
            if self.basis_node is self.node:
                self.node.used |= {105, 106}
        self.net, self.node, self.gross = self.gross, self.gross_node, None


def unit_code(draft: Draft, code: str) -> str:
    """6411 -> Rec 20/21: declared for the partner, in the table, else as it is."""
    return dict(draft.deviations.units).get(code) or code_tables.units().get(code, code)


def stated_prices(draft: Draft, line: Node, name: str, unit: str | None) -> Prices:
    """PRI C509: AAA (CAL, INV) net, AAB gross, AAC with tax (holds); retail prices are
    information."""
    found = Prices()
    for pri in line.all("PRI"):
        kind = pri.qualifier
        if not pri.peek(1, 2) or pri.peek(1, 4) in RETAIL:
            continue
        if kind in coded("PRI", "with-tax"):
            draft.report("MAP-41", pri, line=name)
            continue
        known = found.gross if kind in coded("PRI", "gross") else found.net
        if kind in coded("PRI", "any") and known is None:
            _take(draft, found, pri, unit)
    return found


def _take(draft: Draft, found: Prices, pri: Node, invoiced: str | None) -> None:
    number = draft.number(pri, 1, 2)
    if number is None:
        return
    for component in (1, 3, 4):
        pri.take(1, component)
    if pri.qualifier == "AAB":
        found.gross, found.gross_node = number, pri
    else:
        found.net, found.node = number, pri
    basis = draft.number(pri, 1, 5)
    unit = pri.peek(1, 6)
    if basis and found.basis is None:
        found.basis, found.basis_node = basis, pri
        found.basis_unit = unit_code(draft, unit) if unit else None
        pri.take(1, 6)
    elif unit and unit_code(draft, unit) in (found.basis_unit, invoiced):
        pri.take(1, 6)


def shortened(price: Decimal, quantity: Decimal, amount: Decimal) -> Decimal:
    """A computed price with as few decimals (2, 4, 6, at most 8) as still give the amount."""
    for places in (2, 4, 6):
        shorter = price.quantize(Decimal(1).scaleb(-places), context=alc.WIDE)
        if alc.rounded(shorter * quantity) == amount:
            return shorter
    return price.quantize(Decimal(1).scaleb(-8), context=alc.WIDE)


@dataclass(slots=True)
class Settled:
    """What the price details need to know of the line: quantity, unit, net amount, and the ALC that
    stand beside."""

    quantity: Decimal | None
    unit: str | None
    net: Decimal | None
    allowances: tuple[LineAllowance, ...]
    charges: tuple[LineCharge, ...]


class Details:
    """BG-29 of one line. discount: ALC with MOA+509."""

    def __init__(
        self,
        draft: Draft,
        line: Node,
        path: str,
        prices: Prices,
        discount: alc.StatedAllowanceCharge | None,
    ) -> None:
        self.draft, self.line, self.base = draft, line, f"{path}.price"
        self.prices, self.discount = prices, discount

    def read(self, found: Settled) -> Price | None:
        """BG-29 <- PRI+AAA (BT-146), PRI+AAB (BT-148), MOA+509 (BT-147), 5284 / 6411 (BT-149 /
        BT-150)."""
        draft, base = self.draft, self.base
        if self.prices.net is None:
            self._derive_price(found)
        net = self.prices.net
        if net is None:
            return None
        node = self.prices.node or self.line
        draft.read(base, node)
        if f"{base}.net_price" not in draft.origins:
            draft.read(f"{base}.net_price", node)
        off, gross = self._discounted(net, node)
        unit = self._basis(found.unit)
        return Price(
            net_price=net,
            discount=off,
            gross_price=gross,
            base_quantity=self.prices.basis,
            base_quantity_unit=unit,
        )

    def _discounted(self, net: Decimal, node: Node) -> tuple[Decimal | None, Decimal | None]:
        draft, base, gross = self.draft, self.base, self.prices.gross
        off: Decimal | None = None
        if self.discount is not None and self.discount.discount is not None:
            off = self.discount.discount
            stated = draft.money(self.discount.node, *coded("MOA", "discount"))
            draft.read(
                f"{base}.discount", *(n for n in (stated, self.discount.node) if n is not None)
            )
            if gross is None:
                gross = net + off
                nodes = (node, self.discount.node)
                draft.derived(
                    f"{base}.gross_price",
                    nodes,
                    "Nettopreis und Nachlass",
                    "net price plus discount",
                )
        elif gross is not None and gross > net and not draft.binding:
            off = gross - net
            sources = [n for n in (self.prices.gross_node, node) if n is not None]
            draft.derived(
                f"{base}.discount", sources, "Brutto- abzüglich Nettopreis", "gross less net price"
            )
        if gross is not None and gross < net and not draft.binding:
            if self.prices.gross_node is not None:
                self.prices.gross_node.used.clear()
            return None, None
        if gross is not None and f"{base}.gross_price" not in draft.origins:
            draft.read(f"{base}.gross_price", self.prices.gross_node or node)
        return off, gross

    def _basis(self, invoiced: str | None) -> str | None:
        """BT-149's unit: 6411 of PRI, else the unit of the invoiced quantity (they must be the
        same)."""
        draft, base, prices = self.draft, self.base, self.prices
        if prices.basis is None or prices.basis_node is None:
            return None
        draft.read(f"{base}.base_quantity", prices.basis_node)
        said = prices.basis_node.peek(1, 6)
        if prices.basis_unit and prices.basis_unit == said:
            draft.read(f"{base}.base_quantity_unit", prices.basis_node)
        elif prices.basis_unit:
            note = (f"{prices.basis_unit} für {said}", f"{prices.basis_unit} for {said}")
            draft.derived(f"{base}.base_quantity_unit", (prices.basis_node,), *note)
        elif invoiced:
            note = ("Einheit der berechneten Menge", "unit of the invoiced quantity")
            draft.derived(f"{base}.base_quantity_unit", (prices.basis_node,), *note)
        return prices.basis_unit or invoiced

    def _derive_price(self, found: Settled) -> None:
        """BT-146 from amount and quantity where no invoice price is stated."""
        if found.net is None or not found.quantity:
            return
        before = found.net
        before += sum((a.amount or ZERO for a in found.allowances), ZERO)
        before -= sum((c.amount or ZERO for c in found.charges), ZERO)
        price = before / found.quantity
        if price < 0:
            return
        price = shortened(price, found.quantity, before)
        self.prices.net = price
        source = self.draft.money(self.line, *coded("MOA", "line-amount")) or self.line
        note = (
            "Betrag geteilt durch Menge (kein Rechnungspreis angegeben)",
            "amount by quantity (no invoice price)",
        )
        self.draft.derived(f"{self.base}.net_price", (source,), *note)
