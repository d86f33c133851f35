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


@dataclass(slots=True)
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
    ignored = coded("DTM", "document-date-again") if document.code in ("83", "84") else ()
    for dtm in header.all("DTM"):
        if dtm.qualifier not in ignored:
            note_date(draft, dtm)
    day: date | None = None
    for qualifier in fact_kinds(draft):
        if day is None and qualifier not in ignored:
            # BT-72 <- DTM+35
            stated = [
                d for d in header.all("DTM", qualifier) if d.peek(1, 2)
            ]  # without a value it is BT-8
            day = draft.day("delivery.actual_date", stated[0] if stated else None)
    delivered = _of_delivery_notes(draft) if day is None else []
    if len({d for d, _ in delivered}) == 1:
        # BT-72 <- RFF+DQ / DTM+35, by agreement DTM+171
        day = draft.day("delivery.actual_date", delivered[0][1])
    start, end = period(draft, header, "period")
    if day is None and start is None and end is None:
        # BG-14 <- DTM+35 that names more than a day (a month, a range)
        spread = header.first("DTM", *fact_kinds(draft))
        span = (
            draft.days(spread) if spread is not None and spread.qualifier not in ignored else None
        )
        if span is not None and spread is not None and span[0] != span[1]:
            start, end = span
            draft.read("period.start_date", spread)
            draft.read("period.end_date", spread)
    if day is None and start is None and end is None:
        if not delivered:
            return _from_lines(draft)
        between = _spread(draft, delivered, "Lieferscheine", "delivery notes")
        return Supply(None, between)
    return Supply(day, InvoicingPeriod(start_date=start, end_date=end) if start or end else None)


def _of_delivery_notes(draft: Draft) -> list[tuple[date, Node]]:
    """The dates of supply below the delivery notes of the header (DTM+35, by agreement DTM+171)."""
    agreed = (
        coded("DTM", "agreed-supply") if draft.deviations.delivery_note_date_is_supply_date else ()
    )
    found: list[tuple[date, Node]] = []
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


def _spread(
    draft: Draft, found: list[tuple[date, Node]], of_de: str, of_en: str
) -> InvoicingPeriod:
    """BG-14 from the first to the last of several dates of supply."""
    first, last = min(found, key=lambda f: f[0]), max(found, key=lambda f: f[0])
    note = (
        f"erstes und letztes Leistungsdatum der {of_de}",
        f"first and last date of supply of the {of_en}",
    )
    draft.derived("period.start_date", (first[1],), *note)
    draft.derived("period.end_date", (last[1],), *note)
    first[1].use(1)
    last[1].use(1)
    return InvoicingPeriod(start_date=first[0], end_date=last[0])


def _from_lines(draft: Draft) -> Supply:
    """One date of supply in all lines is the invoice's; several ones give the period from the first
    to the last."""
    found: list[tuple[date, Node]] = []
    for line in draft.tree.lines:
        if line.best("DTM", "line-period") is not None:
            return Supply(None, None)
        dtm = line.first("DTM", *fact_kinds(draft))
        day = draft.days(dtm)
        if dtm is not None and day is not None and day[0] == day[1]:
            found.append((day[0], dtm))
    if not found:
        return Supply(None, None)
    if len({d for d, _ in found}) > 1:
        return Supply(None, _spread(draft, found, "Positionen", "lines"))
    delivered, node = found[0]
    if len(found) < len(
        [x for x in draft.tree.lines if x.all("MOA", coded("MOA", "line-amount")[0])]
    ):
        return Supply(None, None)
    draft.derived(
        "delivery.actual_date", (node,), "in allen Positionen gleich", "the same in all lines"
    )
    return Supply(delivered, None)
