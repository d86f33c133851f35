"""DTM of the header, a line or a group -> BT-2, BT-7, BT-8, periods, and the dated facts the law
asks for."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta

from edigate.edifact.invoic.qualifiers import coded, kinds, ranks
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.facts import DatedFact


def issue_date(draft: Draft) -> date | None:
    """BT-2 <- DTM+137, or DTM+3 (date of invoice) where 137 is missing or empty."""
    for qualifier in coded("DTM", "issue"):
        for dtm in draft.tree.header.all("DTM", qualifier):
            day = draft.day("issue_date", dtm)
            if day is not None:
                return day
    return None


def tax_point(draft: Draft) -> tuple[date | None, str | None]:
    """BT-7 <- DTM+131; BT-8 <- DTM+3, 35 or 432 without value (official binding only)."""
    header = draft.tree.header
    day = draft.day("tax_point_date", header.best("DTM", "tax-point"))
    if day is not None or not draft.binding:
        return day, None
    for dtm in header.serving("DTM", "tax-point-code"):
        if not dtm.peek(1, 2):
            dtm.use(1)
            draft.read("tax_point_date_code", dtm)
            return None, dtm.qualifier
    return None, None


_DAY_BEGINS = (time(0), time(6))  # of electricity and of gas


def fact_kinds(draft: Draft) -> Mapping[str, str]:
    """2005 qualifiers of dates of supply, the best proof first, with their kind as fact
    (`DatedFact.kind`).

    GS1 Germany: actual delivery, pick-up, then despatch as the supplier sees it; VDA 4938: end of
    the service. Energy invoices (BDEW INVOIC 2.8e) also name the day of the work done.
    """
    usual = kinds("DTM", "supply")
    return {**usual, **kinds("DTM", "energy-supply")} if draft.energy else usual


def _pairs(draft: Draft) -> Iterator[tuple[str, str]]:
    """Qualifiers of the first and the last day of a period, the best pair first; in energy messages
    also those of the provisional period of an advance invoice."""
    for kind in ("", "energy-") if draft.energy else ("",):
        ends = ranks("DTM", f"{kind}period-end")
        yield from (
            (first, ends[rank])
            for rank, first in sorted(ranks("DTM", f"{kind}period-start").items())
        )


def note_date(
    draft: Draft, node: Node, line: str | None = None, reference: str | None = None
) -> None:
    """Keep a date of supply for the checks, whether or not a term takes it."""
    kind = fact_kinds(draft).get(node.qualifier)
    found = notations.days(node.peek(1, 2), node.peek(1, 3)) if kind else None
    if kind and found and found[0] == found[1]:
        draft.record.date(DatedFact(kind, found[0], node.place, line, reference))


def period(
    draft: Draft, group: Node, path: str, line: str | None = None
) -> tuple[date | None, date | None]:
    """BG-14 / BG-26 <- DTM+263 (a range or a month), or a pair 167/168, 155/156, 158/159, 194/206,
    51/52."""
    whole = group.best("DTM", "period")
    found = draft.days(whole)
    if found and whole is not None:
        draft.read(f"{path}.start_date", whole)
        draft.read(f"{path}.end_date", whole)
        draft.record.date(DatedFact("period-start", found[0], whole.place, line))
        draft.record.date(DatedFact("period-end", found[1], whole.place, line))
        return found
    for first, last in _pairs(draft):
        start, end = group.first("DTM", first), group.first("DTM", last)
        if start is not None or end is not None:
            stated = _between(draft, start, end, path, line)
            if stated is not None:
                return stated
    return None, None


def _between(
    draft: Draft, start: Node | None, end: Node | None, path: str, line: str | None
) -> tuple[date | None, date | None] | None:
    """A period stated by its first day, its last, or both; None where neither is a day."""
    begins, ends = draft.days(start), draft.days(end)
    if begins and start is not None:
        draft.read(f"{path}.start_date", start)
        draft.record.date(DatedFact("period-start", begins[0], start.place, line))
    until = _last_day(draft, start, end, f"{path}.end_date") if ends else None
    if until is not None and end is not None:
        draft.record.date(DatedFact("period-end", until, end.place, line))
    return (begins[0] if begins else None, until) if begins or ends else None


def _last_day(draft: Draft, start: Node | None, end: Node | None, path: str) -> date | None:
    """The last day of a period. In energy messages its end is a moment: midnight of 1 September
    closes August.

    BDEW INVOIC 2.8e, DTM+156: a period from 1 August, 00:00 to 1 September, 00:00 legal time is one
    month. The day of gas begins at 6:00, so an end at 6:00 closes the day before where the start is
    at 6:00 as well.
    """
    found = draft.days(end)
    if found is None or end is None:
        return None
    draft.read(path, end)
    moment = notations.german_time(end.peek(1, 2)) if draft.energy else None
    since = notations.german_time(start.peek(1, 2)) if start is not None else None
    if moment is None or not _closes_the_day_before(moment, since):
        return found[1]
    draft.derived(path, (end,), "last-day", end=f"{moment:%d.%m.%Y, %H:%M}")
    return found[1] - timedelta(1)


def _closes_the_day_before(end: datetime, start: datetime | None) -> bool:
    """Whether a period ends in the moment the day begins: midnight, or 6:00 where it began so."""
    if end.time() not in _DAY_BEGINS or (start is not None and start >= end):
        return False
    return end.time() == _DAY_BEGINS[0] or (start is not None and start.time() == end.time())
