"""PAT, PYT and payment texts -> BT-9, BT-20."""

from dataclasses import dataclass
from datetime import date

from edigate.edifact.invoic.header.texts import HeaderTexts
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.facts import DatedFact

_DISCOUNT = "22"
_PENALTY = "20"
_UNITS = {
    "D": "Tagen",
    "CD": "Tagen",
    "W": "Wochen",
    "M": "Monaten",
    "Y": "Jahren",
    "WD": "Werktagen",
}


@dataclass(slots=True)
class StatedTerms:
    """One PAT or PYT: kind 4279, offset from a reference date, percent, date, words."""

    node: Node
    kind: str
    reference: str
    count: int | None
    unit: str
    words: str


def _terms(node: Node) -> StatedTerms:
    """PAT: 4279, C110 4276, C112 2475:2009:2151:2152.  PYT: 4279, C019 4276, 2475, 2009, 2151,
    2152."""
    kind = node.qualifier
    # some senders write the composite of PAT in PYT as well
    if node.tag == "PAT" or len(node.segment.components(3)) > 1:
        raw = [node.peek(3, c) for c in (1, 2, 3, 4)]
        words = " ".join(p.strip() for p in node.segment.components(2)[3:] if p.strip())
    else:
        raw = [node.peek(e, 1) for e in (3, 4, 5, 6)]
        words = " ".join(p.strip() for p in node.segment.components(2)[3:] if p.strip())
    number = notations.number(raw[3]) if raw[3] else None
    count = (
        int(number) if number is not None and number == int(number) and 0 < number < 4000 else None
    )
    reference = raw[0] if raw[1] in ("", "1", "3") else ""
    return StatedTerms(node, kind, reference, count, raw[2] or "D", words)


def payment_terms(
    draft: Draft, texts: HeaderTexts, issue_date: date | None
) -> tuple[date | None, str | None]:
    """BT-9 and BT-20: due date (stated or computed) and the words of all terms."""
    offered = [_terms(n) for n in [*draft.tree.header.all("PAT"), *draft.tree.header.all("PYT")]]
    stated = _stated_due(draft, offered)
    due = stated[0][0] if stated else None
    if due is None:
        due = _computed_due(draft, offered, issue_date)
    lines: list[str] = [words for words, _ in texts.terms]
    sources: list[Node] = [node for _, node in texts.terms]
    if len({day for day, _ in stated}) > 1:
        lines.append(_several(draft, stated))
        sources += [node for _, node in stated]
        due = None
    if due is not None:
        place = draft.origins["due_date"].places[0]
        draft.dates.append(DatedFact("due", due, place))
    discounts = [t for t in offered if t.kind == _DISCOUNT]
    for term in offered:
        said = _discount(draft, term, issue_date) if term.kind == _DISCOUNT else term.words
        if due is None and not said:
            said = _open(term)
        if term.words and said == term.words:
            _told(term.node)
        if said and said not in lines:
            lines.append(said)
            sources.append(term.node)
    if discounts and due is not None and not any("netto" in line.lower() for line in lines):
        lines.append(f"zahlbar bis {due:%d.%m.%Y} netto")
        sources += [t.node for t in offered if t.kind not in (_DISCOUNT, _PENALTY)]
    if not lines:
        return due, None
    if texts.terms and len(lines) == len(texts.terms):
        # BT-20 <- FTX+AAB C108 4440
        draft.read("payment_terms", *sources)
    else:
        # BT-20 <- FTX+AAB, PAT C110 4276, PAT+22 with PCD and DTM, in words
        draft.derived("payment_terms", sources, "in Worte gefasst", "put into words")
    return due, "\n".join(lines)


def _told(node: Node) -> None:
    """All of a PAT or PYT counts as mapped, but for a code of terms (4277): nobody knows its
    words."""
    node.use()
    node.used -= {201, 202, 203}


def _stated_due(draft: Draft, offered: list[StatedTerms]) -> list[tuple[date, Node]]:
    """BT-9 <- DTM+13, 140, 265 or 12 below PAT / PYT; without one, DTM+13, 140 or 265 of the
    header: all of a kind."""
    found: list[tuple[date, Node]] = []
    for term in offered:
        if term.kind in (_DISCOUNT, _PENALTY):
            continue
        for qualifier in coded("DTM", "due-below-terms"):
            days = _dated(draft, term.node.all("DTM", qualifier))
            if days:
                _told(term.node)
                found += days
                break
    for qualifier in coded("DTM", "due"):
        found = found or _dated(draft, draft.tree.header.all("DTM", qualifier))
    if found:
        draft.read("due_date", found[0][1])
    return found


def _dated(draft: Draft, nodes: list[Node]) -> list[tuple[date, Node]]:
    return [(day, node) for node in nodes if (day := draft.day("due_date", node)) is not None]


def _several(draft: Draft, stated: list[tuple[date, Node]]) -> str:
    """Several due dates as text: BT-9 is one day, and which of them it is cannot be told
    (MAP-49)."""
    first = stated[0]
    day, node = next(s for s in stated if s[0] != first[0])
    draft.report(
        "MAP-49",
        node,
        value=f"{day:%d.%m.%Y}",
        other=f"{first[0]:%d.%m.%Y}",
        number=first[1].segment.position,
    )
    draft.origins.pop("due_date", None)
    for day, node in stated:
        draft.dates.append(DatedFact("due", day, node.place))
    days = sorted({day for day, _ in stated})
    return "fällig am " + " und am ".join(f"{day:%d.%m.%Y}" for day in days)


def _computed_due(draft: Draft, offered: list[StatedTerms], issue_date: date | None) -> date | None:
    """BT-9 from an offset to the invoice date (2475 = 5), e.g. PAT+1++5:3:D:30."""
    for term in offered:
        if (
            term.kind in (_DISCOUNT, _PENALTY)
            or term.reference != "5"
            or term.count is None
            or issue_date is None
        ):
            continue
        day = notations.added(issue_date, term.unit, term.count)
        if day is not None:
            _told(term.node)
            word = _UNITS.get(term.unit, term.unit)
            draft.derived(
                "due_date",
                (term.node,),
                f"Rechnungsdatum und Frist von {term.count} {word}",
                f"invoice date plus {term.count} {term.unit}",
            )
            return day
    return None


def _open(term: StatedTerms) -> str:
    """A period counted from a day the message does not name (2475 is not the date of the invoice),
    in words."""
    if term.kind in (_DISCOUNT, _PENALTY) or term.reference in ("", "5") or term.count is None:
        return ""
    _told(term.node)
    word = _UNITS.get(term.unit, term.unit)
    return (
        f"zahlbar innerhalb von {term.count} {word} ab dem vereinbarten Tag (UNTDID 2475: "
        f"{term.reference})"
    )


def _discount(draft: Draft, term: StatedTerms, issue_date: date | None) -> str:
    """The Skonto of a PAT+22 in words: percentage, days or date, amount."""
    node = term.node
    pcd = node.first("PCD", "12", "1", "2", "3", "7", "8") or node.first("PCD")
    percent = draft.number(pcd, 1, 2)
    if pcd is not None and percent is not None:
        pcd.use(1)
    day: date | None = None
    for dtm in node.serving("DTM", "discount-until"):
        found = draft.days(dtm)
        if found and found[0] == found[1]:
            day = day or found[0]
            draft.dates.append(DatedFact("discount-due", found[0], dtm.place))
    until: date | None = None
    if day is None and term.count is not None and term.reference == "5" and issue_date is not None:
        until = notations.added(issue_date, term.unit, term.count)
    if until is not None:
        draft.dates.append(DatedFact("discount-due", until, node.place))
    amount = draft.number(node.best("MOA", "discount-amount"), 1, 2)
    if percent is None and amount is None:
        for dtm in node.serving("DTM", "discount-until"):
            dtm.used.clear()
        return term.words
    parts = [f"{notations.in_german(percent)} % Skonto" if percent is not None else "Skonto"]
    if amount is not None:
        moa = node.best("MOA", "discount-amount")
        if moa is not None:
            moa.use(1)
        parts.append(f"({notations.in_german(amount)})")
    if term.count is not None:
        parts.append(f"bei Zahlung innerhalb von {term.count} {_UNITS.get(term.unit, term.unit)}")
        if until is not None:
            parts.append(f"ab Rechnungsdatum (bis {until:%d.%m.%Y})")
    if day is not None:
        parts.append(
            f"bei Zahlung bis {day:%d.%m.%Y}" if term.count is None else f"(bis {day:%d.%m.%Y})"
        )
    _told(node)
    said = " ".join(parts)
    return f"{term.words}: {said}" if term.words else said
