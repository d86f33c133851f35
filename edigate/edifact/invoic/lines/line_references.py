"""RFF of a line -> BT-132, BT-133, BT-128; other orders and delivery notes as text."""

from dataclasses import dataclass

from edigate.edifact.invoic.header.reference import keep, mark, named, number_of, shown
from edigate.edifact.invoic.header.references import References, field_of
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.model import Identifier


@dataclass(frozen=True, slots=True)
class LineReferences:
    """What the references of one line say."""

    order_line: str | None = None
    accounting: str | None = None
    object_identifier: Identifier | None = None
    notes: tuple[str, ...] = ()


def line_references(
    draft: Draft, line: Node, path: str, name: str, header: References
) -> LineReferences:
    """BT-132 <- RFF+ON 1156, LI; BT-133 <- RFF+AWQ; BT-128 <- RFF+AVE; other orders and delivery
    notes as text."""
    references = line.all("RFF")
    if not references:
        return LineReferences()
    for rff in references:
        keep(draft, rff, name)
        if rff.peek(1, 2) and rff.peek(1, 2) == header.simple.get(field_of(rff.qualifier)):
            mark(rff)
    order_line, ordered = _order(draft, line, f"{path}.order_line_reference", header)
    # BT-133 <- RFF+AWQ
    accounting = number_of(
        draft, f"{path}.buyer_accounting_reference", line.best("RFF", "line-accounting")
    )
    # BT-128 <- RFF+AVE
    value = number_of(draft, f"{path}.object_identifier", line.best("RFF", "line-object"))
    delivered = _deliveries(draft, line, header)
    for rff in line.serving("RFF", "credited"):
        if rff.peek(1, 2) in header.credited:
            mark(rff)
    concerned = Identifier(value) if value else None
    return LineReferences(order_line, accounting, concerned, (*ordered, *delivered))


def _order(draft: Draft, line: Node, path: str, header: References) -> tuple[str | None, list[str]]:
    """The line of the order, and the order where it is another one than the header's, as text."""
    order = line.best("RFF", "order")
    if order is None:
        # BT-132 <- RFF+LI
        return number_of(draft, path, line.best("RFF", "order-line")), []
    # BT-132 <- RFF+ON 1156
    order_line = draft.text(path, order, 1, 3)
    order.take(1, 1)
    told: list[str] = []
    if order.peek(1, 2) == header.order:
        order.take(1, 2)
    elif order.peek(1, 2):
        told.append(draft.words("order", number=named(draft, order)))
        shown(order)
    return order_line or number_of(draft, path, line.best("RFF", "order-line")), told


def _deliveries(draft: Draft, line: Node, header: References) -> list[str]:
    """Delivery notes other than the header's, as text."""
    told: list[str] = []
    for rff in (r for r in line.serving("RFF", "delivery-note") if r.peek(1, 2)):
        if rff.peek(1, 2) == header.despatch:
            mark(rff)
        else:
            told.append(draft.words("delivery-note", number=named(draft, rff)))
            shown(rff)
    return told
