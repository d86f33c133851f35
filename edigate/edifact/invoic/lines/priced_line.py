"""A line with its quantity, allowances and charges, while its price and net amount are brought
together."""

from dataclasses import dataclass
from decimal import Decimal

from edigate.edifact.invoic.lines import allowances_charges as alc
from edigate.edifact.invoic.lines.price import Prices
from edigate.edifact.invoic.lines.quantity import Quantity
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import NumberedDraft
from edigate.edifact.invoic.record.segment_tree import Node

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One line: the numbers it states. name: BT-126; entries: its ALC, but for price discounts."""

    draft: NumberedDraft
    line: Node
    name: str
    quantity: Quantity
    entries: list[alc.StatedAllowanceCharge]

    def factor(self, prices: Prices) -> Decimal | None:
        """How often the price counts."""
        number = self.quantity.number
        return None if number is None else number / (prices.basis or 1)

    @property
    def balance(self) -> Decimal:
        """What the ALC change, as far as their amounts are known."""
        known = (e.signed_amount for e in self.entries)
        return sum((amount for amount in known if amount is not None), ZERO)

    def settle(self, prices: Prices) -> None:
        """Give amounts to the ALC that carry only a percentage or a rate per unit."""
        self._stated_balance()
        factor, price = self.factor(prices), prices.gross_or_net
        start = None if factor is None or price is None else alc.rounded(factor * price)
        alc.settle(self.draft, self.entries, start, self.name)

    def _stated_balance(self) -> None:
        """MOA+131 of the line, the signed balance of its ALC, is the amount of the only one that
        has none."""
        node = self.draft.money(self.line, *coded("MOA", "balance"))
        unknown = [e for e in self.entries if e.amount is None]
        if node is None or len(unknown) != 1 or unknown[0].percent is not None:
            return
        balance = notations.number(node.peek(1, 2), self.draft.deviations.decimal_mark)
        if balance is None:
            return
        rest = self.draft.signed(balance) - self.balance
        if (rest > 0) == unknown[0].charge:
            unknown[0].amount, unknown[0].amount_node = notations.amount(abs(rest)), node
            node.use(1)
