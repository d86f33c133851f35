"""Arithmetic of an invoice: BR-CO-10, 13, 14, 15, 16 of EN 16931 said in the sender's own figures,
and line amounts.

The official Schematron checks the same sums on our XML; these findings name the figures and the
segments. SUM-07 (segment and message counts) belongs to the reader.
"""

from decimal import Decimal

from edigate.checks.law.basis import Basis, Rows
from edigate.findings import Finding
from edigate.invoice.model import Line

CENT = Decimal("0.01")
_LARGE = Decimal(1)
ZERO = Decimal(0)


def _differs(
    basis: Basis, rule: str, path: str, stated: Decimal | None, computed: Decimal | None
) -> Rows:
    if stated is None or computed is None or stated == computed:
        return
    yield basis.hit(
        rule, path, "totals", stated=stated, computed=computed, difference=stated - computed
    )


def sum_01_lines(basis: Basis) -> Rows:
    """BR-CO-10: the sum of the line amounts is the line total."""
    amounts = [line.net_amount for line in basis.invoice.lines]
    given = [a for a in amounts if a is not None]
    computed = sum(given, ZERO) if given and len(given) == len(amounts) else None
    yield from _differs(
        basis, "SUM-01", "totals.line_total", basis.invoice.totals.line_total, computed
    )


def sum_02_net(basis: Basis) -> Rows:
    """BR-CO-13: line total less allowances plus charges is the net total."""
    totals = basis.invoice.totals
    if totals.line_total is None:
        return
    computed = totals.line_total - (totals.allowance_total or ZERO) + (totals.charge_total or ZERO)
    yield from _differs(basis, "SUM-02", "totals.tax_exclusive", totals.tax_exclusive, computed)


def sum_03_tax(basis: Basis) -> Rows:
    """BR-CO-14: the tax amounts per rate add up to the total tax."""
    amounts = [row.tax_amount for row in basis.invoice.vat_breakdown]
    given = [a for a in amounts if a is not None]
    computed = sum(given, ZERO) if given and len(given) == len(amounts) else None
    yield from _differs(
        basis, "SUM-03", "totals.tax_total", basis.invoice.totals.tax_total, computed
    )


def sum_04_gross(basis: Basis) -> Rows:
    """BR-CO-15: net total plus tax is the gross total."""
    totals = basis.invoice.totals
    if totals.tax_exclusive is None:
        return
    computed = totals.tax_exclusive + (totals.tax_total or ZERO)
    yield from _differs(basis, "SUM-04", "totals.tax_inclusive", totals.tax_inclusive, computed)


def sum_05_due(basis: Basis) -> Rows:
    """BR-CO-16: gross total less prepaid plus rounding is the amount due."""
    totals = basis.invoice.totals
    if totals.tax_inclusive is None:
        return
    computed = totals.tax_inclusive - (totals.prepaid or ZERO) + (totals.rounding or ZERO)
    yield from _differs(basis, "SUM-05", "totals.amount_due", totals.amount_due, computed)


def sum_06_line(basis: Basis) -> Rows:
    """Quantity x price / basis, less allowances, plus charges, is the line amount; a price printed
    with few decimals may be off by half its last place per unit."""
    for index, line in enumerate(basis.invoice.lines):
        found = _line_difference(basis, index, line)
        if found:
            yield found


def _line_difference(basis: Basis, index: int, line: Line) -> Finding | None:
    price = line.price.net_price if line.price else None
    if line.quantity is None or line.net_amount is None or price is None:
        return None
    per = (line.price and line.price.base_quantity) or Decimal(1)
    adjusted = len(line.allowances) + len(line.charges)
    computed = line.quantity * price / per + _adjustments(line)
    rounding = _half_a_place(price) * abs(line.quantity / per)
    weight = _weight(line.net_amount, computed, rounding, adjusted)
    if weight is None:
        return None
    return basis.hit(
        "SUM-06",
        f"lines[{index}].net_amount",
        f"lines[{index}]",
        case=("each" if per == 1 else "per", "adjusted" if adjusted else "plain", *weight),
        line=line.identifier,
        position=line.identifier or index + 1,
        quantity=line.quantity,
        price=price,
        base=per,
        stated=line.net_amount,
        computed=computed.quantize(CENT),
    )


def _weight(
    stated: Decimal, computed: Decimal, rounding: Decimal, adjusted: int
) -> tuple[str, ...] | None:
    """How grave the difference of a line is; None where rounding explains it."""
    tolerance = max(CENT, CENT * adjusted) + rounding
    difference = abs(stated - computed)
    if difference <= tolerance:
        return None
    only_sign = abs(abs(stated) - abs(computed)) <= tolerance
    return ("grave",) if difference > _LARGE + rounding and not only_sign else ()


def _adjustments(line: Line) -> Decimal:
    """What allowances and charges add to a line."""
    added = sum((c.amount or ZERO for c in line.charges), ZERO)
    return added - sum((a.amount or ZERO for a in line.allowances), ZERO)


def _half_a_place(price: Decimal) -> Decimal:
    """By how much a printed price may differ from the one that was reckoned with."""
    exponent = price.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return Decimal(5).scaleb(-max(places, 2) - 1)
