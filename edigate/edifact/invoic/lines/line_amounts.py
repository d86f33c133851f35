"""QTY, MOA and ALC of a line -> quantity, net amount, line allowances and charges, in accord with
its prices.

The net amount the sender states wins. Whether the line's ALC are already inside the price shows in
the arithmetic: quantity x price minus allowances plus charges, or quantity x price alone, equals
the net amount.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from edigate.edifact.invoic.lines import allowances_charges as alc
from edigate.edifact.invoic.lines import price_per_time
from edigate.edifact.invoic.lines.price import Details, Prices, Settled, stated_prices
from edigate.edifact.invoic.lines.quantity import quantity
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.findings import Texts
from edigate.invoice.model import LineAllowance, LineCharge, Price
from edigate.invoice.origin import Origin, OriginKind

ZERO = Decimal(0)


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


def has_amount(line: Node) -> bool:
    """Whether a LIN group carries an invoiced amount: MOA+203, 66 or 38, or a price and a
    quantity."""
    if any(m.qualifier in coded("MOA", "line-amount") for m in line.all("MOA")):
        return True
    return bool(line.serving("QTY", "invoiced")) and any(
        p.peek(1, 2) for p in line.serving("PRI", "any")
    )


def stated_amount(draft: Draft, line: Node) -> Decimal:
    """The amount a line states, for choosing between main lines and sub-lines."""
    moa = draft.money(line, *coded("MOA", "line-amount"))
    number = (
        notations.number(moa.peek(1, 2), draft.deviations.decimal_mark) if moa is not None else None
    )
    return number or ZERO


def amounts(draft: Draft, line: Node, path: str, name: str, *, credit: bool) -> Amounts:
    """BT-129..BT-131, BG-27..BG-29 of one line."""
    return _Line(draft, line, path, name).read(credit=credit)


class _Line:
    """One line while its numbers are brought together."""

    def __init__(self, draft: Draft, line: Node, path: str, name: str) -> None:
        self.draft, self.line, self.path, self.name = draft, line, path, name
        self.found = Amounts()
        self.prices = Prices()
        self.entries: list[alc.StatedAllowanceCharge] = []
        self.discount: alc.StatedAllowanceCharge | None = None
        self.factor: Decimal | None = None

    def read(self, *, credit: bool) -> Amounts:
        """Everything of the line, in the order in which one thing settles the next."""
        found = self.found
        values_only = self.draft.value_only and has_amount(self.line)
        stated = quantity(self.draft, self.line, self.path, credit=credit, values_only=values_only)
        found.quantity, found.unit, found.notes = stated.number, stated.unit, stated.notes
        self.prices = stated_prices(self.draft, self.line, self.name, self.found.unit)
        timed = price_per_time.settle(self.draft, self.line, self.path, self.prices, found.quantity)
        found.notes += [timed] if timed else []
        entries = [e for a in self.line.all("ALC") if (e := self._entry(a)) is not None]
        discounts = [e for e in entries if e.discount is not None]
        self.discount = discounts[0] if discounts else None
        for more in discounts[1:]:
            for moa in more.node.serving("MOA", "discount"):
                moa.used.clear()
        self.entries = [e for e in entries if e.discount is None or e.amount is not None]
        if self.found.quantity is not None:
            self.factor = self.found.quantity / (self.prices.basis or 1)
        self._settle()
        self._net()
        real = self._reconcile()
        self._signs()
        if real:
            self._write()
        else:
            found.notes += [_told(e) for e in self.entries if e.amount]
        settled = Settled(found.quantity, found.unit, found.net, found.allowances, found.charges)
        found.price = Details(self.draft, self.line, self.path, self.prices, self.discount).read(
            settled
        )
        return found

    def _balance(self) -> Decimal:
        return sum(
            (e.amount if e.charge else -e.amount for e in self.entries if e.amount is not None),
            ZERO,
        )

    def _entry(self, node: Node) -> alc.StatedAllowanceCharge | None:
        """An ALC that counts in the line; the rebate of a municipality (BDEW, Z01) only lessens
        what is due."""
        if self.draft.energy and node.peek(2, 2) == "Z01":
            return None
        return alc.entry(self.draft, node, self.name)

    def _stated_balance(self) -> None:
        """MOA+131 of the line, the signed balance of its ALC, is the amount of the only one that
        has none."""
        node = self.draft.money(self.line, *coded("MOA", "balance"))
        balance = (
            notations.number(node.peek(1, 2), self.draft.deviations.decimal_mark)
            if node is not None
            else None
        )
        unknown = [e for e in self.entries if e.amount is None]
        if node is None or balance is None or len(unknown) != 1 or unknown[0].percent is not None:
            return
        rest = self.draft.signed(balance) - self._balance()
        if (rest > 0) == unknown[0].charge:
            unknown[0].amount, unknown[0].amount_node = notations.amount(abs(rest)), node
            node.use(1)

    def _settle(self) -> None:
        price = self.prices.gross if self.prices.gross is not None else self.prices.net
        start = (
            alc.rounded(self.factor * price)
            if self.factor is not None and price is not None
            else None
        )
        self._stated_balance()
        alc.settle(self.draft, self.entries, start, self.name)

    def _net(self) -> None:
        """BT-131 <- MOA+203; MOA+66 with the ALC applied; MOA+38; else quantity x price with the
        ALC applied."""
        draft, line, path = self.draft, self.line, f"{self.path}.net_amount"
        net = draft.amount(path, draft.money(line, "203"))
        before = draft.money(line, "66")
        if net is None and before is not None:
            net = draft.amount(path, before)
            if net is not None and self.entries and not self._applied(net):
                net += self._balance()
                nodes = (before, *[e.node for e in self.entries])
                draft.derived(
                    path,
                    nodes,
                    "Warenwert mit Zu- und Abschlägen",
                    "goods total with allowances and charges",
                )
        if net is None:
            net = draft.amount(path, draft.money(line, "38"))
        foreign = next((m for m in line.serving("MOA", "line-amount") if m.peek(1, 3)), None)
        if net is None and foreign is not None:
            draft.report(
                "MAP-34",
                foreign,
                line=self.name,
                currency=foreign.peek(1, 3),
                invoice=draft.currency or "-",
            )
            return
        price = self.prices.net if self.prices.net is not None else self.prices.gross
        node = self.prices.node or self.prices.gross_node
        silent = not any(m.peek(1, 2) for m in line.serving("MOA", "line-amount"))
        if (
            net is None
            and silent
            and self.factor is not None
            and price is not None
            and node is not None
        ):
            net = alc.rounded(self.factor * price) + (
                self._balance() if self.prices.net is None else ZERO
            )
            net = draft.signed(net) if net < 0 else net
            draft.derived(path, (node,), "Menge mal Preis", "quantity times price")
        if net is None and silent and node is None:
            draft.report("MAP-46", line, line=self.name, missing="MOA+203:100.00'")
        self.found.net = net

    def _applied(self, goods: Decimal) -> bool:
        """Whether MOA+66 already has the ALC in it: the net price gives it, and so does the gross
        one with the ALC."""
        prices = self.prices
        if (
            self.factor is None
            or prices.net is None
            or prices.gross is None
            or prices.net == prices.gross
        ):
            return False
        goods = abs(goods)
        return (
            goods
            == abs(alc.rounded(self.factor * prices.net))
            == abs(alc.rounded(self.factor * prices.gross) + self._balance())
        )

    def _fits(self, price: Decimal, balance: Decimal) -> bool:
        """Whether factor x price + balance is the stated amount, but for the rounding of the
        price."""
        if self.factor is None or self.found.net is None:
            return False
        exponent = price.as_tuple().exponent
        step = Decimal(1).scaleb(exponent if isinstance(exponent, int) and exponent < -2 else -2)
        slack = max(Decimal("0.01"), min(abs(self.factor) * step / 2, abs(self.found.net) / 50))
        return abs(abs(self.factor * price + balance) - abs(self.found.net)) <= slack

    def _reconcile(self) -> bool:
        """Whether the line's ALC stand beside the price (BG-27/28) or are already inside it
        (information).

        Sets the net price where only the gross one is stated. What fits no reading is a finding
        (MAP-42, MAP-43).
        """
        prices, entries = self.prices, self.entries
        if self.found.net is None or self.factor is None or any(e.hold for e in entries):
            return True
        balance = self._balance()
        if prices.net is not None and self._fits(prices.net, balance):
            return True
        if self.draft.binding and prices.net is not None:
            # there AAA is always BT-146 and an ALC always BG-27 or BG-28
            self._misfit(prices.net, balance)
            return True
        if prices.net is not None and self._fits(prices.net, ZERO):
            return False
        if prices.gross is not None and self._fits(prices.gross, balance):
            if prices.net is not None:
                self._misfit(prices.net, ZERO, "MAP-43")
            prices.gross_is_net()
            return True
        if prices.gross is not None and prices.net is None and self._fits(prices.gross, ZERO):
            prices.gross_is_net()
            return False
        price = prices.net if prices.net is not None else prices.gross
        if price is None:
            return True
        self._misfit(price, balance)
        if prices.net is None:
            prices.gross_is_net()
        return True

    def _misfit(self, price: Decimal, balance: Decimal, rule: str | None = None) -> None:
        """The finding for an amount that quantity, price and ALC do not give in any reading, or not
        with this price."""
        self.draft.report(
            rule or ("MAP-42" if self.entries else "MAP-43"),
            self.draft.money(self.line, *coded("MOA", "line-amount")) or self.line,
            line=self.name,
            amount=self.found.net,
            quantity=self.found.quantity,
            price=price,
            balance=balance,
        )

    def _signs(self) -> None:
        """A price is never negative (BR-27): the sign belongs to the quantity; a returned quantity
        is negative."""
        found, prices = self.found, self.prices
        if found.quantity is None or found.net is None or prices.net is None:
            return
        against = found.quantity * found.net < 0
        if prices.net < 0 and found.quantity > 0 and found.net > 0 and not self.draft.reversed:
            return  # a negative price for a positive amount says nothing certain; BR-27 holds it
        if prices.net < 0:
            prices.net = -prices.net
            prices.gross = abs(prices.gross) if prices.gross is not None else None
            self._turned("price.net_price", prices.node)
        elif self.draft.binding:
            return
        if against and prices.net:
            found.quantity = -found.quantity
            self._turned("quantity", None)

    def _turned(self, name: str, node: Node | None) -> None:
        path = f"{self.path}.{name}"
        known = self.draft.origins.get(path)
        places = known.places if known else ((node.place,) if node is not None else ())
        note = Texts("Vorzeichen wie das des Positionsbetrags", "sign as that of the line amount")
        self.draft.origins[path] = Origin(OriginKind.DERIVED, places, note)

    def _write(self) -> None:
        """BG-27 <- ALC+A, BG-28 <- ALC+C."""
        minus: list[LineAllowance] = []
        plus: list[LineCharge] = []
        for one in self.entries:
            kind, count = ("charges", len(plus)) if one.charge else ("allowances", len(minus))
            alc.origins(self.draft, one, f"{self.path}.{kind}[{count}]")
            if one.charge:
                plus.append(
                    LineCharge(
                        # BT-141 <- MOA+23, 8; BT-142 <- MOA+25; BT-143 <- PCD; BT-144, BT-145 <-
                        # ALC
                        amount=one.amount,
                        base_amount=one.base,
                        percentage=one.percent,
                        reason=one.reason,
                        reason_code=one.code,
                    )
                )
            else:
                minus.append(
                    LineAllowance(
                        # BT-136 <- MOA+204, 8; BT-137 <- MOA+25; BT-138 <- PCD; BT-139, BT-140 <-
                        # ALC
                        amount=one.amount,
                        base_amount=one.base,
                        percentage=one.percent,
                        reason=one.reason,
                        reason_code=one.code,
                    )
                )
        self.found.allowances, self.found.charges = tuple(minus), tuple(plus)


def _told(one: alc.StatedAllowanceCharge) -> str:
    """An allowance already inside the price, as a line note tells it."""
    word = "Zuschlag" if one.charge else "Abzug"
    percent = f" {notations.in_german(one.percent)} %" if one.percent is not None else ""
    amount = f"{one.amount:f}".replace(".", ",")
    reason = f" ({one.reason})" if one.reason and one.reason != word else ""
    return f"Im Preis enthalten: {word}{percent} {amount}{reason}"
