"""When the supply was made: BT-72 and BG-14, from the header, delivery note references or the lines."""

from dataclasses import dataclass
from datetime import date

from edigate.invoice.model import InvoicingPeriod
from edigate.mapping.draft import Draft
from edigate.mapping.header import Document, fact_kinds, note_date, period
from edigate.mapping.tree import Node


@dataclass(slots=True)
class Supply:
    day: date | None
    period: InvoicingPeriod | None


def supply(draft: Draft, document: Document) -> Supply:
    """BT-72 <- DTM+35, 200, 11, 1, 50 (header; else what all lines say); BG-14 <- DTM+263 or a pair.

    In financial credit and debit notes (83, 84) DTM+35 only repeats the document date (GS1 Germany).
    """
    header = draft.tree.header
    financial = document.code in ("83", "84")
    for dtm in header.all("DTM"):
        if not financial or dtm.qualifier != "35":
            note_date(draft, dtm)
    day: date | None = None
    for qualifier in fact_kinds(draft):
        if day is None and not (financial and qualifier == "35"):
            # BT-72 <- DTM+35
            stated = [d for d in header.all("DTM", qualifier) if d.peek(1, 2)]  # without a value it is BT-8
            day = draft.day("delivery.actual_date", stated[0] if stated else None)
    for rff in header.all("RFF", "DQ", "AAK"):
        agreed = ("171",) if draft.deviations.delivery_note_date_is_supply_date else ()
        if day is None:
            # BT-72 <- RFF+DQ / DTM+35, by agreement DTM+171
            day = draft.day("delivery.actual_date", rff.first("DTM", "35", *agreed))
    start, end = period(draft, header, "period")
    if day is None and start is None and end is None:
        # BG-14 <- DTM+35 that names more than a day (a month, a range)
        spread = header.first("DTM", *fact_kinds(draft))
        span = draft.days(spread) if not (financial and spread is not None and spread.qualifier == "35") else None
        if span is not None and spread is not None and span[0] != span[1]:
            start, end = span
            draft.read("period.start_date", spread)
            draft.read("period.end_date", spread)
    if day is None and start is None and end is None:
        return _from_lines(draft)
    return Supply(day, InvoicingPeriod(start_date=start, end_date=end) if start or end else None)


def _from_lines(draft: Draft) -> Supply:
    """One date of supply in all lines is the invoice's; several ones give the period from the first to the last."""
    found: list[tuple[date, Node]] = []
    for line in draft.tree.lines:
        if line.first("DTM", "263", "167", "155") is not None:
            return Supply(None, None)
        dtm = line.first("DTM", *fact_kinds(draft))
        day = draft.days(dtm)
        if dtm is not None and day is not None and day[0] == day[1]:
            found.append((day[0], dtm))
    if not found:
        return Supply(None, None)
    first, last = min(found, key=lambda f: f[0]), max(found, key=lambda f: f[0])
    if first[0] == last[0]:
        if len(found) < len([x for x in draft.tree.lines if x.all("MOA", "203")]):
            return Supply(None, None)
        draft.derived("delivery.actual_date", (first[1],), "in allen Positionen gleich", "the same in all lines")
        return Supply(first[0], None)
    note = ("erstes und letztes Leistungsdatum der Positionen", "first and last date of supply of the lines")
    draft.derived("period.start_date", (first[1],), *note)
    draft.derived("period.end_date", (last[1],), *note)
    return Supply(None, InvoicingPeriod(start_date=first[0], end_date=last[0]))
