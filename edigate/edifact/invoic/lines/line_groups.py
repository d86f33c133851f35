"""LIN groups -> invoice lines (BG-25). Sub-lines that only inform are no lines of the invoice."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from edigate.edifact.invoic.header import dates
from edigate.edifact.invoic.header.references import References
from edigate.edifact.invoic.header.texts import free_text, note_text
from edigate.edifact.invoic.header.untaxed import gives_reason
from edigate.edifact.invoic.lines.items import item
from edigate.edifact.invoic.lines.line_amounts import amounts, has_amount, stated_amount
from edigate.edifact.invoic.lines.line_references import line_references
from edigate.edifact.invoic.parties.party import gln_of
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft, NumberedDraft, SettledDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals.tax import Rate, Reason, Taxes, line_rate, rate_of, record
from edigate.invoice.model import Line, LinePeriod, LineVat

_REASONS = ("BAQ", "2E", "AGM")
"""4451: reasons for no tax."""


@dataclass(frozen=True, slots=True)
class LineBackground:
    """What header and summary settle for every line.

    delivery: the NAD of BG-13. delivered: BT-72; a line's own date of supply is only told when it
    differs.
    """

    taxes: Taxes
    references: References
    delivered: date | None
    delivery: Node | None
    credit: bool


@dataclass(slots=True)
class RatedLines:
    """The lines with the rate of each, those no rate could be found for, and words that say why
    there is no tax."""

    mapped: list[tuple[Line, Rate | None]] = field(default_factory=list)
    without_rate: list[tuple[str, Node]] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)


def candidates(draft: Draft) -> list[Node]:
    """The LIN groups that carry an amount, or name an invoiced quantity and lack one; the others
    only inform."""
    heads = {line.peek(4, 2) for line in draft.tree.lines if line.peek(4, 1) == "1"}
    return [
        line for line in draft.tree.lines if has_amount(line) or _lacks_amount(draft, line, heads)
    ]


def chosen(draft: SettledDraft) -> list[Node]:
    """The LIN groups that are invoice lines.

    A LIN is one when it carries an amount, and also when it names an invoiced quantity and lacks
    one. A sub-line (C829 5495 = 1) without amount tells the content of a display or the consumer
    unit; a main line without amount only heads its sub-lines. Where both carry amounts, the set
    that adds up to MOA+79 counts; when neither or both do, the invoice is held (MAP-44).
    """
    offered = candidates(draft)
    children = _sub_lines(draft, offered)
    parents = {line.peek(4, 2) for line in children}
    mains = {line for line in offered if line.peek(1) in parents}
    if not mains:
        return offered
    upper = [line for line in offered if line not in children]
    lower = [line for line in offered if line not in mains]
    total = _line_total(draft)
    fits = [s for s in (upper, lower) if _adds_up(draft, s, total)]
    if len(fits) == 1:
        return fits[0]
    first = next(line for line in offered if line in children)
    draft.report("MAP-44", first, total="-" if total is None else total)
    return upper


def _sub_lines(draft: SettledDraft, offered: list[Node]) -> set[Node]:
    """The sub-lines of lines that are there."""
    numbers = {line.peek(1) for line in draft.tree.lines}
    return {line for line in offered if _is_below(line, numbers)}


def _is_below(line: Node, numbers: set[str]) -> bool:
    """Whether a LIN is the sub-line of another one."""
    return line.peek(4, 1) == "1" and line.peek(4, 2) in numbers


def _line_total(draft: SettledDraft) -> Decimal | None:
    """The sender's own sum of the lines (MOA+79)."""
    stated = draft.tree.summary.best("MOA", "line-total")
    if stated is None:
        return None
    return notations.number(stated.peek(1, 2), draft.deviations.decimal_mark)


def _adds_up(draft: SettledDraft, lines: list[Node], total: Decimal | None) -> bool:
    return (
        total is not None
        and sum((stated_amount(draft, line) for line in lines), Decimal(0)) == total
    )


def _lacks_amount(draft: Draft, line: Node, heads: set[str]) -> bool:
    """Whether a LIN says how much is invoiced (QTY+47) but not for how much; it is no sub-line and
    heads none."""
    if line.peek(4, 1) == "1" or line.peek(1) in heads:
        return False
    stated = [
        notations.number(q.peek(1, 2), draft.deviations.decimal_mark)
        for q in line.serving("QTY", "invoiced")
    ]
    return any(stated)


def _identifiers(draft: Draft, nodes: list[Node]) -> list[str]:
    """BT-126 <- LIN 1082; numbered in sequence where numbers are missing or stand twice (the
    binding keeps them)."""
    given = [line.peek(1) for line in nodes]
    if all(given) and (draft.binding or len(set(given)) == len(given)):
        for number, line in enumerate(nodes):
            line.take(1)
            draft.read(f"lines[{number}].identifier", line)
        return given
    for number, line in enumerate(nodes):
        draft.derived(f"lines[{number}].identifier", (line,), "numbered")
    return [str(number) for number in range(1, len(nodes) + 1)]


def numbered(draft: SettledDraft, nodes: list[Node]) -> NumberedDraft:
    """The draft that knows the names of the chosen lines (BT-126)."""
    names = _identifiers(draft, nodes)
    return draft.numbered({n.segment.position: name for n, name in zip(nodes, names, strict=True)})


def invoice_lines(draft: NumberedDraft, nodes: list[Node], known: LineBackground) -> RatedLines:
    """BG-25, one per chosen LIN."""
    found = RatedLines()
    for number, node in enumerate(nodes):
        name = draft.line_names[node.segment.position]
        line, rate = _line(draft, node, f"lines[{number}]", name, (known, found.reasons))
        found.mapped.append((line, rate))
        if rate is None or rate.rate is None:
            found.without_rate.append((name, node))
    return found


@dataclass(frozen=True, slots=True)
class _LinePlace:
    """One LIN, its path in the invoice, its name (BT-126), its rate and whether that is
    inherited."""

    node: Node
    path: str
    name: str
    rate: Rate | None
    inherited: bool

    @property
    def category(self) -> str | None:
        """The VAT category, as far as it is settled."""
        return self.rate.category if self.rate is not None else None

    @property
    def own_reason(self) -> list[Reason]:
        """The words in the line's own TAX that say why there is none."""
        if self.rate is None or self.rate.reason is None or self.inherited:
            return []
        return [self.rate.reason]


def _line(
    draft: NumberedDraft,
    node: Node,
    path: str,
    name: str,
    given: tuple[LineBackground, list[Reason]],
) -> tuple[Line, Rate | None]:
    """One line and its rate. given: what is known of all lines, and where reasons go."""
    known, reasons = given
    draft.read(path, node)
    if node.peek(4, 1):
        node.use(4)
    stated = amounts(draft, node, path, name, credit=known.credit)
    linked = line_references(draft, node, path, name, known.references)
    at = _LinePlace(node, path, name, *line_rate(draft, node, known.taxes, name))
    vat = _vat(draft, at)
    reasons += [*at.own_reason, *_allowance_taxes(draft, at, known.taxes)]
    notes = _notes(draft, at)
    reasons += notes.reasons
    delivered = _deliveries(draft, node, known.delivery)
    line = Line(
        identifier=name,
        note=_note(draft, at, notes, [*stated.notes, *linked.notes, *delivered]),
        object_identifier=linked.object_identifier,
        quantity=stated.quantity,
        unit_code=stated.unit,
        net_amount=stated.net,
        order_line_reference=linked.order_line,
        buyer_accounting_reference=linked.accounting,
        period=_period(draft, node, path, name, known.delivered),
        allowances=stated.allowances,
        charges=stated.charges,
        price=stated.price,
        vat=vat,
        item=item(draft, node, path),
    )
    return line, at.rate


def _vat(draft: NumberedDraft, at: _LinePlace) -> LineVat | None:
    """BT-151 <- TAX 5305; BT-152 <- TAX C243 5278."""
    rate = at.rate
    if rate is None or rate.rate is None:
        return None
    record(draft, rate, (f"{at.path}.vat.category", f"{at.path}.vat.rate"), inherited=at.inherited)
    return LineVat(category=rate.category, rate=None if rate.category == "O" else rate.rate)


def _deliveries(draft: NumberedDraft, node: Node, delivery: Node | None) -> list[str]:
    """A line's own delivery party, as text: EN 16931 has one for the whole invoice."""
    told: list[str] = []
    for nad in node.serving("NAD", "line-delivery"):
        if delivery is not None and _same_place(nad, delivery):
            if nad is not delivery:
                nad.use(*(() if nad.segment.elements == delivery.segment.elements else (1, 2, 4)))
            continue
        text = _place_of_delivery(draft, nad)
        told += [text] if text else []
    return told


def _same_place(nad: Node, other: Node) -> bool:
    return nad.peek(2, 1) == other.peek(2, 1) and nad.peek(4, 1) == other.peek(4, 1)


def _place_of_delivery(draft: NumberedDraft, nad: Node) -> str:
    """Name and number of a place of delivery, as text; the name may come from the master data."""
    known = gln_of(nad)
    partner = draft.partners.get(known) if known else None
    name = nad.take(4, 1) or (partner.name if partner else "")
    number = nad.peek(2, 1)
    if not (number or name):
        return ""
    nad.take(1)
    nad.use(2)
    shown = f"({number})" if name and number else number
    return " ".join(filter(None, (draft.words("place-of-delivery"), name, shown)))


def _allowance_taxes(draft: NumberedDraft, at: _LinePlace, taxes: Taxes) -> list[Reason]:
    """TAX under a line's ALC may only repeat the rate of the line: EN 16931 has one rate per line
    (MAP-26). Returns the words that stand in them as reasons."""
    stated = [t for a in at.node.all("ALC") for t in a.all("TAX")]
    rates = [r for t in stated if (r := rate_of(draft, t, taxes.evidence, at.name)) is not None]
    of_line = at.rate.rate if at.rate is not None else None
    for own in rates:
        if own.rate is not None and (at.rate is None or own.rate != of_line):
            draft.report("MAP-26", own.node, line=at.name, rate=own.rate)
    return [rate.reason for rate in rates if rate.reason is not None]


@dataclass(frozen=True, slots=True)
class _Notes:
    """The texts of a line: its notes with their FTX, whether one is the meaning of a code, and the
    reasons for no tax."""

    spoken: list[tuple[str, Node]]
    coded: bool
    reasons: list[Reason]


def _notes(draft: NumberedDraft, at: _LinePlace) -> _Notes:
    """BT-127 <- FTX of the line, except item attributes (ACF) and exemption reasons (BAQ, 2E,
    AGM)."""
    spoken: list[tuple[str, Node]] = []
    reasons: list[Reason] = []
    coded = False
    for ftx in (f for f in at.node.all("FTX") if not _is_attribute(f)):
        words, from_code = note_text(draft, ftx, at.name)
        if not words:
            continue
        is_reason = ftx.qualifier in _REASONS
        if is_reason or gives_reason(words, ftx, at.category):
            reasons.append((words, ftx, at.category))
        if not is_reason:  # words that only give a reason as well stay the note of their line
            spoken.append((words, ftx))
            ftx.use(1, 4, 5, *((3,) if from_code else ()))
            coded |= from_code
    return _Notes(spoken, coded, reasons)


def _note(draft: NumberedDraft, at: _LinePlace, notes: _Notes, extra: list[str]) -> str | None:
    """BT-127 <- FTX C108 4440, and what has no term of its own."""
    path, node = f"{at.path}.note", at.node
    if extra:
        sources = [n for n in (node, *node.all("RFF"), *node.all("ALC")) if n.used]
        draft.derived(path, sources[:8], "line-texts")
    elif notes.coded:
        draft.derived(path, [ftx for _, ftx in notes.spoken], "meaning-of-code")
    elif notes.spoken:
        draft.read(path, *(ftx for _, ftx in notes.spoken))
    return "\n".join([*(words for words, _ in notes.spoken), *extra]) or None


def _is_attribute(ftx: Node) -> bool:
    """FTX+ACF+++name:value is an item attribute; without a value it is a note."""
    if ftx.qualifier != "ACF":
        return False
    return len([c for c in ftx.segment.components(4) if c.strip()]) > 1 or ":" in free_text(ftx)


def _period(
    draft: NumberedDraft, node: Node, path: str, name: str, delivered: date | None
) -> LinePeriod | None:
    """BG-26 <- DTM+263 or a pair; else the line's own date of supply (35, 200, 11, 1, 50) where it
    differs."""
    for dtm in node.all("DTM"):
        dates.note_date(draft, dtm, name)
    start, end = dates.period(draft, node, f"{path}.period", name)
    if start or end:
        draft.read(f"{path}.period", *node.all("DTM")[:1])
        return LinePeriod(start_date=start, end_date=end)
    found = _own_day(draft, node)
    if found is None or found[0] == delivered:
        return None
    for name_of in ("", ".start_date", ".end_date"):
        draft.derived(f"{path}.period{name_of}", (found[1],), "supply-of-line")
    return LinePeriod(start_date=found[0], end_date=found[0])


def _own_day(draft: NumberedDraft, node: Node) -> tuple[date, Node] | None:
    """The line's own date of supply, the best proof first."""
    for dtm in (d for q in dates.fact_kinds(draft) for d in node.all("DTM", q)):
        day = draft.days(dtm)
        if day is not None and day[0] == day[1]:
            return day[0], dtm
    return None
