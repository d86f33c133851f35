"""PRI of a line -> the prices stated, and BG-29 Price details once the line's amounts are
settled."""

from dataclasses import dataclass, replace
from decimal import Decimal

from edigate.edifact.invoic.lines import allowances_charges as alc
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import code_tables
from edigate.edifact.invoic.record.draft import Draft, NumberedDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.model import LineAllowance, LineCharge, Price

ZERO = Decimal(0)
RETAIL = frozenset({"RTP", "SRP", "PRP"})


@dataclass(frozen=True, slots=True)
class Prices:
    """Net and gross price with their segments, and the quantity they are for (5284, 6411).

    told: the segments the net price was derived from, where its origin says so already.
    """

    net: Decimal | None = None
    gross: Decimal | None = None
    node: Node | None = None
    gross_node: Node | None = None
    basis: Decimal | None = None
    basis_unit: str | None = None
    basis_node: Node | None = None
    told: tuple[Node, ...] = ()

    @property
    def gross_or_net(self) -> Decimal | None:
        """The price before discounts, as far as one is stated."""
        return self.gross if self.gross is not None else self.net

    @property
    def net_or_gross(self) -> Decimal | None:
        """The price after discounts, as far as one is stated."""
        return self.net if self.net is not None else self.gross

    def gross_is_net(self) -> "Prices":
        """The line is computed from the gross price: it is BT-146, and there is no price discount.

        A net price that is stated as well is no term then, and goes to the annex.
        """
        if self.node is not None:
            self.node.used -= {u for u in self.node.used if u // 100 == 1}
            if self.basis_node is self.node:
                self.node.used |= {105, 106}
        return replace(self, net=self.gross, node=self.gross_node, gross=None)


def unit_code(draft: Draft, code: str) -> str:
    """6411 -> Rec 20/21: declared for the partner, in the table, else as it is."""
    return dict(draft.deviations.units).get(code) or code_tables.units().get(code, code)


def stated_prices(draft: NumberedDraft, line: Node, name: str, unit: str | None) -> Prices:
    """PRI C509: AAA (CAL, INV) net, AAB gross, AAC with tax (holds); retail prices are
    information."""
    found = Prices()
    for pri in line.all("PRI"):
        if not pri.peek(1, 2) or pri.peek(1, 4) in RETAIL:
            continue
        if pri.qualifier in coded("PRI", "with-tax"):
            draft.report("MAP-41", pri, line=name)
        elif pri.qualifier in coded("PRI", "any"):
            found = _with_price(draft, found, pri, unit)
    return found


def _with_price(draft: NumberedDraft, found: Prices, pri: Node, invoiced: str | None) -> Prices:
    """The prices with a further one; only the first of a kind counts."""
    is_gross = pri.qualifier in coded("PRI", "gross")
    if (found.gross if is_gross else found.net) is not None:
        return found
    number = draft.number(pri, 1, 2)
    if number is None:
        return found
    for component in (1, 3, 4):
        pri.take(1, component)
    if is_gross:
        found = replace(found, gross=number, gross_node=pri)
    else:
        found = replace(found, net=number, node=pri)
    return _with_basis(draft, found, pri, invoiced)


def _with_basis(draft: NumberedDraft, found: Prices, pri: Node, invoiced: str | None) -> Prices:
    """The prices with the quantity this one is for; a unit that only repeats is told."""
    basis, unit = draft.number(pri, 1, 5), pri.peek(1, 6)
    of_price = unit_code(draft, unit) if unit else None
    if basis and found.basis is None:
        pri.take(1, 6)
        return replace(found, basis=basis, basis_node=pri, basis_unit=of_price)
    if of_price and of_price in (found.basis_unit, invoiced):
        pri.take(1, 6)
    return found


def shortened(price: Decimal, quantity: Decimal, amount: Decimal) -> Decimal:
    """A computed price with as few decimals (2, 4, 6, at most 8) as still give the amount."""
    for places in (2, 4, 6):
        shorter = price.quantize(Decimal(1).scaleb(-places), context=alc.WIDE)
        if alc.rounded(shorter * quantity) == amount:
            return shorter
    return price.quantize(Decimal(1).scaleb(-8), context=alc.WIDE)


@dataclass(frozen=True, slots=True)
class Settled:
    """What the price details need to know of the line: quantity, unit, net amount, and the ALC that
    stand beside."""

    quantity: Decimal | None
    unit: str | None
    net: Decimal | None
    allowances: tuple[LineAllowance, ...]
    charges: tuple[LineCharge, ...]

    @property
    def before(self) -> Decimal | None:
        """The amount before allowances and charges."""
        if self.net is None:
            return None
        minus = sum((a.amount or ZERO for a in self.allowances), ZERO)
        return self.net + minus - sum((c.amount or ZERO for c in self.charges), ZERO)


@dataclass(frozen=True, slots=True)
class Details:
    """BG-29 of one line. discount: ALC with MOA+509."""

    draft: NumberedDraft
    line: Node
    base: str
    discount: alc.StatedAllowanceCharge | None

    def read(self, prices: Prices, found: Settled) -> Price | None:
        """BG-29 <- PRI+AAA (BT-146), PRI+AAB (BT-148), MOA+509 (BT-147), 5284 / 6411 (BT-149 /
        BT-150)."""
        if prices.net is None:
            prices = self._derived(prices, found)
        net, node = prices.net, prices.node or self.line
        if net is None:
            return None
        self.draft.read(self.base, node)
        if not prices.told:
            self.draft.read(f"{self.base}.net_price", node)
        off, gross = self._discounted(prices, net, node)
        unit = self._basis(prices, found.unit)
        return Price(
            net_price=net,
            discount=off,
            gross_price=gross,
            base_quantity=prices.basis,
            base_quantity_unit=unit,
        )

    def _discounted(
        self, prices: Prices, net: Decimal, node: Node
    ) -> tuple[Decimal | None, Decimal | None]:
        """BT-147 and BT-148; in the official binding they are only what the message states."""
        off = self.discount.discount if self.discount is not None else None
        if off is not None:
            gross: Decimal | None = self._stated_discount(prices.gross, net + off, node)
        else:
            gross, off = prices.gross, self._computed_discount(prices, net, node)
        if gross is not None and gross < net and not self.draft.binding:
            if prices.gross_node is not None:
                prices.gross_node.used.clear()
            return None, None
        if prices.gross is not None:
            self.draft.read(f"{self.base}.gross_price", prices.gross_node or node)
        return off, gross

    def _computed_discount(self, prices: Prices, net: Decimal, node: Node) -> Decimal | None:
        """What a gross price is above the net one."""
        if prices.gross is None or prices.gross <= net or self.draft.binding:
            return None
        sources = [n for n in (prices.gross_node, node) if n is not None]
        self.draft.derived(f"{self.base}.discount", sources, "gross-less-net")
        return prices.gross - net

    def _stated_discount(self, gross: Decimal | None, computed: Decimal, node: Node) -> Decimal:
        """The origin of a stated discount, and the gross price, computed where none is stated."""
        alc_node = self.discount.node if self.discount is not None else self.line
        stated = self.draft.money(alc_node, *coded("MOA", "discount"))
        self.draft.read(f"{self.base}.discount", *(n for n in (stated, alc_node) if n is not None))
        if gross is not None:
            return gross
        self.draft.derived(f"{self.base}.gross_price", (node, alc_node), "net-plus-discount")
        return computed

    def _basis(self, prices: Prices, invoiced: str | None) -> str | None:
        """BT-149's unit: 6411 of PRI, else the unit of the invoiced quantity (they must be the
        same)."""
        draft, node, path = self.draft, prices.basis_node, f"{self.base}.base_quantity_unit"
        if prices.basis is None or node is None:
            return None
        draft.read(f"{self.base}.base_quantity", node)
        said, unit = node.peek(1, 6), prices.basis_unit
        if unit and unit == said:
            draft.read(path, node)
        elif unit:
            draft.derived(path, (node,), "code-for-code", code=unit, said=said)
        elif invoiced:
            draft.derived(path, (node,), "unit-of-quantity")
        return unit or invoiced

    def _derived(self, prices: Prices, found: Settled) -> Prices:
        """BT-146 from amount and quantity where no invoice price is stated."""
        before = found.before
        if before is None or not found.quantity:
            return prices
        price = before / found.quantity
        if price < 0:
            return prices
        source = self.draft.money(self.line, *coded("MOA", "line-amount")) or self.line
        self.draft.derived(f"{self.base}.net_price", (source,), "amount-by-quantity")
        return replace(prices, net=shortened(price, found.quantity, before), told=(source,))
