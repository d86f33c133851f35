"""One RFF, wherever it stands: its number as a term, as a fact for the checks, and as a note says
it."""

from datetime import date

from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.facts import DatedFact, ReferenceFact


def keep(draft: Draft, rff: Node, line: str | None = None) -> None:
    """Keep a reference and its date as facts for the checks."""
    number = rff.peek(1, 2)
    dated: date | None = None
    for dtm in rff.all("DTM"):
        found = notations.days(dtm.peek(1, 2), dtm.peek(1, 3)) if dtm.peek(1, 2) else None
        if found is None or found[0] != found[1]:
            continue
        dated = dated or found[0]
        kind = _dated_kind(rff.qualifier, dtm.qualifier)
        if kind:
            draft.record.date(DatedFact(kind, found[0], dtm.place, line, number or None))
    if number:
        draft.record.reference(ReferenceFact(rff.qualifier, number, rff.place, dated, line))


def _dated_kind(qualifier: str, date_qualifier: str) -> str:
    if qualifier in coded("RFF", "delivery-note"):
        return "delivery" if date_qualifier == coded("DTM", "supply")[0] else "delivery-note"
    return "order" if qualifier in coded("RFF", "order") else ""


def number_of(draft: Draft, path: str, rff: Node | None) -> str | None:
    """The number of a reference (1154), with its origin."""
    value = draft.text(path, rff, 1, 2)
    if rff is not None:
        rff.take(1, 1)
    return value


def _dated(rff: Node) -> date | None:
    """The day of the first DTM of a reference."""
    dtm = rff.first("DTM")
    if dtm is None or not dtm.peek(1, 2):
        return None
    day = notations.days(dtm.peek(1, 2), dtm.peek(1, 3))
    return day[0] if day and day[0] == day[1] else None


def named(draft: Draft, rff: Node) -> str:
    """`4711 vom 15.02.2026` as a note says it."""
    day, number = _dated(rff), rff.peek(1, 2)
    return draft.words("dated", number=number, date=draft.written_day(day)) if day else number


def shown(rff: Node) -> None:
    """A note shows what `named` says: the number and the first date; other dates go to the
    annex."""
    mark(rff)
    if _dated(rff) is not None:
        rff.all("DTM")[0].use(1)


def mark(*references: Node) -> None:
    """Qualifier and number of these references are told."""
    for rff in references:
        rff.used.update((101, 102))
