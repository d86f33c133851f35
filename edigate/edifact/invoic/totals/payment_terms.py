"""PAT, PYT and payment texts -> BT-9, BT-20."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from edigate.edifact.invoic.header.texts import HeaderTexts
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations, phrases
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.findings import Texts
from edigate.invoice.facts import DatedFact

_DISCOUNT = "22"
_PENALTY = "20"
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class StatedTerms:
    """One PAT or PYT: kind 4279, offset from a reference date, percent, date, words."""

    node: Node
    kind: str
    reference: str
    count: int | None
    unit: str
    words: str

    @property
    def is_plain(self) -> bool:
        """Neither a cash discount nor a penalty."""
        return self.kind not in (_DISCOUNT, _PENALTY)

    def end(self, issue_date: date | None) -> date | None:
        """The day its period ends, where it begins with the date of the invoice (2475 = 5)."""
        if self.reference != "5" or self.count is None or issue_date is None:
            return None
        return notations.added(issue_date, self.unit, self.count)


def _terms(node: Node) -> StatedTerms:
    """PAT: 4279, C110 4276, C112 2475:2009:2151:2152.  PYT: 4279, C019 4276, 2475, 2009, 2151,
    2152."""
    # some senders write the composite of PAT in PYT as well
    composite = node.tag == "PAT" or len(node.segment.components(3)) > 1
    places = [(3, c) for c in (1, 2, 3, 4)] if composite else [(e, 1) for e in (3, 4, 5, 6)]
    reference, relation, unit, count = (node.peek(*place) for place in places)
    return StatedTerms(
        node,
        node.qualifier,
        reference if relation in ("", "1", "3") else "",
        _count(count),
        unit or "D",
        " ".join(p.strip() for p in node.segment.components(2)[3:] if p.strip()),
    )


def _count(text: str) -> int | None:
    """A number of periods: whole, and no longer than people agree on."""
    number = notations.number(text) if text else None
    if number is None or number != int(number) or not 0 < number < _LONGEST:
        return None
    return int(number)


@dataclass(slots=True)
class _Wording:
    """BT-20 while it is put together: its lines, and the segments they come from."""

    lines: list[str]
    sources: list[Node]

    def add(self, line: str, *nodes: Node) -> None:
        """A further line."""
        self.lines.append(line)
        self.sources += nodes


def payment_terms(
    draft: Draft, texts: HeaderTexts, issue_date: date | None
) -> tuple[date | None, str | None]:
    """BT-9 and BT-20: due date (stated or computed) and the words of all terms."""
    offered = [_terms(n) for n in [*draft.tree.header.all("PAT"), *draft.tree.header.all("PYT")]]
    said = _Wording([words for words, _ in texts.terms], [node for _, node in texts.terms])
    due = _due(draft, offered, issue_date, said)
    _say_terms(draft, offered, issue_date, said, due=due)
    if due is not None and any(t.kind == _DISCOUNT for t in offered):
        _say_net(draft, offered, said, due)
    if not said.lines:
        return due, None
    if texts.terms and len(said.lines) == len(texts.terms):
        # BT-20 <- FTX+AAB C108 4440
        draft.read("payment_terms", *said.sources)
    else:
        # BT-20 <- FTX+AAB, PAT C110 4276, PAT+22 with PCD and DTM, in words
        draft.derived("payment_terms", said.sources, "in-words")
    return due, "\n".join(said.lines)


def _due(
    draft: Draft, offered: list[StatedTerms], issue_date: date | None, said: _Wording
) -> date | None:
    """BT-9, stated or computed; several ones are told in words."""
    stated = _stated_due(draft, offered)
    if len({day for day, _ in stated}) > 1:
        said.add(_several(draft, stated), *(node for _, node in stated))
        return None
    found = stated[0] if stated else _computed_due(draft, offered, issue_date)
    if found is None:
        return None
    if stated:
        draft.read("due_date", found[1])
    draft.record.date(DatedFact("due", found[0], found[1].place))
    return found[0]


def _say_terms(
    draft: Draft,
    offered: list[StatedTerms],
    issue_date: date | None,
    said: _Wording,
    *,
    due: date | None,
) -> None:
    """The words of each PAT and PYT, each said once."""
    for term in offered:
        line = _discount(draft, term, issue_date) if term.kind == _DISCOUNT else term.words
        if due is None and not line:
            line = _open(draft, term)
        if term.words and line == term.words:
            _told(term.node)
        if line and line not in said.lines:
            said.add(line, term.node)


def _say_net(draft: Draft, offered: list[StatedTerms], said: _Wording, due: date) -> None:
    """Beside a cash discount: until when the whole amount is due."""
    net = draft.words("net")
    if not any(net in line.lower() for line in said.lines):
        plain = (t.node for t in offered if t.is_plain)
        said.add(draft.words("payable", day=draft.written_day(due)), *plain)


def _told(node: Node) -> None:
    """All of a PAT or PYT counts as mapped, but for a code of terms (4277): nobody knows its
    words."""
    node.use()
    node.used -= {201, 202, 203}


def _stated_due(draft: Draft, offered: list[StatedTerms]) -> list[tuple[date, Node]]:
    """BT-9 <- DTM+13, 140, 265 or 12 below PAT / PYT; without one, DTM+13, 140 or 265 of the
    header: all of a kind."""
    found: list[tuple[date, Node]] = []
    for term in (t for t in offered if t.is_plain):
        days = _first_dated(draft, term.node, coded("DTM", "due-below-terms"))
        if days:
            _told(term.node)
            found += days
    return found or _first_dated(draft, draft.tree.header, coded("DTM", "due"))


def _first_dated(draft: Draft, group: Node, qualifiers: tuple[str, ...]) -> list[tuple[date, Node]]:
    """The days of the first of these qualifiers that has some."""
    for qualifier in qualifiers:
        days = [
            (day, node)
            for node in group.all("DTM", qualifier)
            if (day := draft.one_day(node)) is not None
        ]
        if days:
            return days
    return []


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
    for day, node in stated:
        draft.record.date(DatedFact("due", day, node.place))
    days = [draft.written_day(day) for day in sorted({day for day, _ in stated})]
    return draft.words("due", days=draft.words("due-and").join(days))


def _computed_due(
    draft: Draft, offered: list[StatedTerms], issue_date: date | None
) -> tuple[date, Node] | None:
    """BT-9 from an offset to the invoice date (2475 = 5), e.g. PAT+1++5:3:D:30."""
    for term in (t for t in offered if t.is_plain):
        day = term.end(issue_date)
        if day is not None:
            _told(term.node)
            unit = Texts(_unit("de", term.unit), term.unit)
            values = {"count": term.count, "unit": unit}
            draft.derived("due_date", (term.node,), "due-after-period", **values)
            return day, term.node
    return None


def _unit(language: str, unit: str) -> str:
    """A 2151 unit in words; the code itself where there are none."""
    name = f"period-{unit}"
    return phrases.written(language, name) if phrases.has(name) else unit


def _open(draft: Draft, term: StatedTerms) -> str:
    """A period counted from a day the message does not name (2475 is not the date of the invoice),
    in words."""
    if not term.is_plain or term.reference in ("", "5") or term.count is None:
        return ""
    _told(term.node)
    unit = _unit(draft.language, term.unit)
    return draft.words("payable-within", count=term.count, unit=unit, reference=term.reference)


def _discount(draft: Draft, term: StatedTerms, issue_date: date | None) -> str:
    """The Skonto of a PAT+22 in words: percentage, days or date, amount."""
    node = term.node
    pcd = node.first("PCD", "12", "1", "2", "3", "7", "8") or node.first("PCD")
    percent = draft.number(pcd, 1, 2)
    if pcd is not None and percent is not None:
        pcd.use(1)
    day = _discount_day(draft, node)
    until = term.end(issue_date) if day is None else None
    if until is not None:
        draft.record.date(DatedFact("discount-due", until, node.place))
    moa = node.best("MOA", "discount-amount")
    amount = draft.number(moa, 1, 2)
    if percent is None and amount is None:
        for dtm in node.serving("DTM", "discount-until"):
            dtm.used.clear()
        return term.words
    if moa is not None and amount is not None:
        moa.use(1)
    _told(node)
    said = " ".join((*_off(draft, percent, amount), *_condition(draft, term, day, until)))
    return f"{term.words}: {said}" if term.words else said


def _discount_day(draft: Draft, node: Node) -> date | None:
    """The first day a PAT+22 names; each of them is kept for the checks."""
    stated = [(d, dtm) for dtm in node.serving("DTM", "discount-until") if (d := draft.days(dtm))]
    days = [(first, dtm) for (first, last), dtm in stated if first == last]
    for day, dtm in days:
        draft.record.date(DatedFact("discount-due", day, dtm.place))
    return days[0][0] if days else None


def _off(draft: Draft, percent: Decimal | None, amount: Decimal | None) -> Iterator[str]:
    """How much is taken off."""
    if percent is not None:
        yield draft.words("discount-of", percent=draft.written_number(percent))
    else:
        yield draft.words("discount")
    if amount is not None:
        yield f"({draft.written_number(amount)})"


def _condition(
    draft: Draft, term: StatedTerms, day: date | None, until: date | None
) -> Iterator[str]:
    """Until when it has to be paid: a period, and the day it ends, or a day."""
    if term.count is not None:
        yield draft.words("if-within", count=term.count, unit=_unit(draft.language, term.unit))
        if until is not None:
            yield draft.words("from-invoice-date", day=draft.written_day(until))
    if day is not None:
        yield draft.words("if-until" if term.count is None else "until", day=draft.written_day(day))
