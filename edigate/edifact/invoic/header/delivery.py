"""When the supply was made: BT-72 and BG-14, from the header, delivery note references or the
lines."""

from dataclasses import dataclass
from datetime import date

from edigate.edifact.invoic.header.beginning import Beginning
from edigate.edifact.invoic.header.dates import fact_kinds, note_date, period
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.model import InvoicingPeriod

_Delivered = tuple[date, Node]
"""A date of supply and its DTM."""


@dataclass(frozen=True, slots=True)
class Supply:
    day: date | None
    period: InvoicingPeriod | None


def supply(draft: Draft, document: Beginning) -> Supply:
    """BT-72 <- DTM+35, 200, 11, 1, 50 (header; else below the delivery notes; else what all lines
    say); BG-14 <- DTM+263 or a pair; else from the first to the last of several dates.

    In financial credit and debit notes (83, 84) DTM+35 only repeats the document date (GS1
    Germany).
    """
    header = draft.tree.header
    ignored = coded("DTM", "document-date-again") if document.value_only else ()
    for dtm in header.all("DTM"):
        if dtm.qualifier not in ignored:
            note_date(draft, dtm)
    day = _stated(draft, ignored)
    delivered = _of_delivery_notes(draft) if day is None else []
    if len({d for d, _ in delivered}) == 1:
        # BT-72 <- RFF+DQ / DTM+35, by agreement DTM+171
        day = draft.day("delivery.actual_date", delivered[0][1])
    within = _period(draft) or (_longer(draft, ignored) if day is None else None)
    if day is not None or within is not None:
        return Supply(day, within)
    if delivered:
        return Supply(None, _spread(draft, delivered, "supply-of-delivery-notes"))
    return _from_lines(draft)


def _stated(draft: Draft, ignored: tuple[str, ...]) -> date | None:
    """BT-72 <- DTM+35 and its like in the header, the best proof first."""
    for qualifier in fact_kinds(draft):
        if qualifier not in ignored:
            # without a value it is BT-8
            stated = [d for d in draft.tree.header.all("DTM", qualifier) if d.peek(1, 2)]
            day = draft.day("delivery.actual_date", stated[0] if stated else None)
            if day is not None:
                return day
    return None


def _period(draft: Draft) -> InvoicingPeriod | None:
    """BG-14 <- DTM+263 or a pair."""
    start, end = period(draft, draft.tree.header, "period")
    return InvoicingPeriod(start_date=start, end_date=end) if start or end else None


def _longer(draft: Draft, ignored: tuple[str, ...]) -> InvoicingPeriod | None:
    """BG-14 <- DTM+35 that names more than a day (a month, a range)."""
    spread = draft.tree.header.first("DTM", *fact_kinds(draft))
    if spread is None or spread.qualifier in ignored:
        return None
    span = draft.days(spread)
    if span is None or span[0] == span[1]:
        return None
    draft.read("period.start_date", spread)
    draft.read("period.end_date", spread)
    return InvoicingPeriod(start_date=span[0], end_date=span[1])


def _of_delivery_notes(draft: Draft) -> list[_Delivered]:
    """The dates of supply below the delivery notes of the header (DTM+35, by agreement DTM+171)."""
    agreed = (
        coded("DTM", "agreed-supply") if draft.deviations.delivery_note_date_is_supply_date else ()
    )
    found: list[_Delivered] = []
    delivered = coded("DTM", "supply")[0]
    for rff in draft.tree.header.serving("RFF", "dated-delivery-note"):
        dtm = rff.first("DTM", delivered, *agreed)
        if dtm is None:
            continue
        span = notations.days(dtm.peek(1, 2), dtm.peek(1, 3))
        if span is None:
            draft.days(dtm)  # reports it
        elif span[0] == span[1]:
            found.append((span[0], dtm))
    return found


def _spread(draft: Draft, found: list[_Delivered], how: str) -> InvoicingPeriod:
    """BG-14 from the first to the last of several dates of supply."""
    first, last = min(found, key=lambda f: f[0]), max(found, key=lambda f: f[0])
    draft.derived("period.start_date", (first[1],), how)
    draft.derived("period.end_date", (last[1],), how)
    first[1].use(1)
    last[1].use(1)
    return InvoicingPeriod(start_date=first[0], end_date=last[0])


def _from_lines(draft: Draft) -> Supply:
    """One date of supply in all lines is the invoice's; several ones give the period from the first
    to the last."""
    lines = draft.tree.lines
    found = _of_lines(draft)
    if not found:
        return Supply(None, None)
    if len({d for d, _ in found}) > 1:
        return Supply(None, _spread(draft, found, "supply-of-lines"))
    net = coded("MOA", "line-amount")[0]
    if len(found) < sum(bool(line.all("MOA", net)) for line in lines):
        return Supply(None, None)
    delivered, node = found[0]
    draft.derived("delivery.actual_date", (node,), "same-in-all-lines")
    return Supply(delivered, None)


def _of_lines(draft: Draft) -> list[_Delivered]:
    """The dates of supply of the lines; none where a line has a period of its own."""
    found: list[_Delivered] = []
    for line in draft.tree.lines:
        if line.best("DTM", "line-period") is not None:
            return []
        dtm = line.first("DTM", *fact_kinds(draft))
        day = draft.days(dtm)
        if dtm is not None and day is not None and day[0] == day[1]:
            found.append((day[0], dtm))
    return found
