"""LIN groups -> invoice lines (BG-25). Sub-lines that only inform are no lines of the invoice."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from edigate.edifact.invoic.header import dates
from edigate.edifact.invoic.header.references import References, line_references
from edigate.edifact.invoic.header.texts import free_text, note_text
from edigate.edifact.invoic.header.untaxed import gives_reason
from edigate.edifact.invoic.lines.items import item
from edigate.edifact.invoic.lines.line_amounts import amounts, has_amount, stated_amount
from edigate.edifact.invoic.parties.party import gln_of
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals.tax import Rate, Taxes, line_rate, rate_of, record
from edigate.invoice.model import Line, LinePeriod, LineVat


@dataclass(frozen=True, slots=True)
class _Known:
    """What header and summary settle for every line."""

    taxes: Taxes
    references: References
    delivered: date | None
    delivery: Node | None
    credit: bool


@dataclass(slots=True)
class RatedLines:
    """The lines with the rate of each, and those no rate could be found for."""

    mapped: list[tuple[Line, Rate | None]] = field(default_factory=list)
    without_rate: list[tuple[str, Node]] = field(default_factory=list)


def candidates(draft: Draft) -> list[Node]:
    """The LIN groups that carry an amount, or name an invoiced quantity and lack one; the others
    only inform."""
    heads = {line.peek(4, 2) for line in draft.tree.lines if line.peek(4, 1) == "1"}
    return [
        line for line in draft.tree.lines if has_amount(line) or _lacks_amount(draft, line, heads)
    ]


def chosen(draft: Draft) -> list[Node]:
    """The LIN groups that are invoice lines.

    A LIN is one when it carries an amount, and also when it names an invoiced quantity and lacks
    one. A sub-line (C829 5495 = 1) without amount tells the content of a display or the consumer
    unit; a main line without amount only heads its sub-lines. Where both carry amounts, the set
    that adds up to MOA+79 counts; when neither or both do, the invoice is held (MAP-44).
    """
    with_amount = candidates(draft)
    numbers = {line.peek(1) for line in draft.tree.lines}
    children = [
        line for line in with_amount if line.peek(4, 1) == "1" and line.peek(4, 2) in numbers
    ]
    if not children:
        return with_amount
    parents = {line.peek(4, 2) for line in children}
    mains = [line for line in with_amount if line.peek(1) in parents]
    if not mains:
        return with_amount
    stated = draft.tree.summary.best("MOA", "line-total")
    total = (
        notations.number(stated.peek(1, 2), draft.deviations.decimal_mark)
        if stated is not None
        else None
    )
    below, above = {id(line) for line in children}, {id(line) for line in mains}
    upper = [line for line in with_amount if id(line) not in below]
    lower = [line for line in with_amount if id(line) not in above]
    if total is not None:
        fits = [
            s
            for s in (upper, lower)
            if sum((stated_amount(draft, x) for x in s), Decimal(0)) == total
        ]
        if len(fits) == 1:
            return fits[0]
    draft.report("MAP-44", children[0], total=total if total is not None else "-")
    return upper


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
        draft.derived(
            f"lines[{number}].identifier",
            (line,),
            "fortlaufend, weil Positionsnummern fehlen oder mehrfach vorkommen",
            "numbered in sequence, because line numbers are missing or stand twice",
        )
    return [str(number) for number in range(1, len(nodes) + 1)]


def invoice_lines(
    draft: Draft,
    nodes: list[Node],
    taxes: Taxes,
    references: References,
    *,
    delivered: date | None,
    delivery: Node | None,
    credit: bool,
) -> RatedLines:
    """BG-25, one per chosen LIN.

    delivery: the NAD of BG-13. delivered: BT-72; a line's own date of supply is only told when it
    differs.
    """
    found = RatedLines()
    names = _identifiers(draft, nodes)
    draft.line_names = {n.segment.position: name for n, name in zip(nodes, names, strict=True)}
    known = _Known(taxes, references, delivered, delivery, credit)
    for number, (node, name) in enumerate(zip(nodes, names, strict=True)):
        line, rate = _line(draft, node, f"lines[{number}]", name, known)
        if rate is None or rate.rate is None:
            found.without_rate.append((name, node))
        found.mapped.append((line, rate))
    return found


def _line(
    draft: Draft,
    node: Node,
    path: str,
    name: str,
    known: _Known,
) -> tuple[Line, Rate | None]:
    draft.read(path, node)
    if node.peek(4, 1):
        node.use(4)
    stated = amounts(draft, node, path, name, credit=known.credit)
    linked = line_references(draft, node, path, name, known.references)
    rate, inherited = line_rate(draft, node, known.taxes, name)
    vat: LineVat | None = None
    if rate is not None and rate.rate is not None:
        record(draft, rate, (f"{path}.vat.category", f"{path}.vat.rate"), inherited=inherited)
        # BT-151 <- TAX 5305; BT-152 <- TAX C243 5278
        vat = LineVat(category=rate.category, rate=None if rate.category == "O" else rate.rate)
    _allowance_taxes(draft, node, rate, name, known.taxes)
    notes = _notes(
        draft, node, path, name, known.taxes, category=rate.category if rate is not None else None
    )
    extra = [*stated.notes, *linked.notes, *_deliveries(draft, node, known.delivery)]
    if extra:
        sources = [n for n in (node, *node.all("RFF"), *node.all("ALC")) if n.used]
        note = (
            "Angaben ohne eigenes Feld, als Text",
            "details without a term of their own, as text",
        )
        draft.derived(f"{path}.note", sources[:8], *note)
    period = _period(draft, node, path, name, known.delivered)
    line = Line(
        identifier=name,
        # BT-127 <- FTX C108 4440
        note="\n".join([*notes, *extra]) or None,
        object_identifier=linked.object_identifier,
        quantity=stated.quantity,
        unit_code=stated.unit,
        net_amount=stated.net,
        order_line_reference=linked.order_line,
        buyer_accounting_reference=linked.accounting,
        period=period,
        allowances=stated.allowances,
        charges=stated.charges,
        price=stated.price,
        vat=vat,
        item=item(draft, node, path),
    )
    return line, rate


def _deliveries(draft: Draft, node: Node, delivery: Node | None) -> list[str]:
    """A line's own delivery party, as text: EN 16931 has one for the whole invoice."""
    told: list[str] = []
    for nad in node.serving("NAD", "line-delivery"):
        known = gln_of(nad)
        if (
            delivery is not None
            and nad.peek(2, 1) == delivery.peek(2, 1)
            and nad.peek(4, 1) == delivery.peek(4, 1)
        ):
            if nad is not delivery:
                nad.use(*(() if nad.segment.elements == delivery.segment.elements else (1, 2, 4)))
            continue
        partner = draft.partners.get(known) if known else None
        name = nad.take(4, 1) or (partner.name if partner else "")
        number = nad.peek(2, 1)
        if number or name:
            nad.take(1)
            nad.use(2)
            told.append(
                " ".join(
                    filter(None, ("Lieferort", name, f"({number})" if name and number else number))
                )
            )
    return told


def _allowance_taxes(draft: Draft, node: Node, rate: Rate | None, name: str, taxes: Taxes) -> None:
    """TAX under a line's ALC may only repeat the rate of the line: EN 16931 has one rate per line
    (MAP-26)."""
    for tax in (t for a in node.all("ALC") for t in a.all("TAX")):
        own = rate_of(draft, tax, taxes, name)
        if own is not None and own.rate is not None and (rate is None or own.rate != rate.rate):
            draft.report("MAP-26", tax, line=name, rate=own.rate)


def _notes(
    draft: Draft, node: Node, path: str, name: str, taxes: Taxes, *, category: str | None
) -> list[str]:
    """BT-127 <- FTX of the line, except item attributes (ACF) and exemption reasons (BAQ, 2E, AGM).

    category: that of the line, whose reason they are.
    """
    notes: list[str] = []
    sources: list[Node] = []
    coded = False
    for ftx in node.all("FTX"):
        if ftx.qualifier == "ACF" and free_text_has_value(ftx):
            continue
        words, from_code = note_text(draft, ftx, name)
        if not words:
            continue
        if ftx.qualifier in ("BAQ", "2E", "AGM"):
            taxes.line_reasons.append((words, ftx, category))
            continue
        if gives_reason(words, ftx, category):
            taxes.line_reasons.append((words, ftx, category))  # and it stays the note of its line
        notes.append(words)
        sources.append(ftx)
        ftx.use(1, 4, 5)
        if from_code:
            ftx.use(3)
        coded |= from_code
    if coded:
        draft.derived(f"{path}.note", sources, "Bedeutung des Codes", "meaning of the code")
    elif notes:
        draft.read(f"{path}.note", *sources)
    return notes


def free_text_has_value(ftx: Node) -> bool:
    """FTX+ACF+++name:value is an item attribute; without a value it is a note."""
    return len([c for c in ftx.segment.components(4) if c.strip()]) > 1 or ":" in free_text(ftx)


def _period(
    draft: Draft, node: Node, path: str, name: str, delivered: date | None
) -> LinePeriod | None:
    """BG-26 <- DTM+263 or a pair; else the line's own date of supply (35, 200, 11, 1, 50) where it
    differs."""
    for dtm in node.all("DTM"):
        dates.note_date(draft, dtm, name)
    start, end = dates.period(draft, node, f"{path}.period", name)
    if start or end:
        draft.read(f"{path}.period", *node.all("DTM")[:1])
        return LinePeriod(start_date=start, end_date=end)
    for dtm in (d for q in dates.fact_kinds(draft) for d in node.all("DTM", q)):
        day = draft.days(dtm)
        if day is None or day[0] != day[1]:
            continue
        if day[0] == delivered:
            return None
        note = ("Leistungsdatum der Position", "date of supply of the line")
        draft.derived(f"{path}.period", (dtm,), *note)
        draft.derived(f"{path}.period.start_date", (dtm,), *note)
        draft.derived(f"{path}.period.end_date", (dtm,), *note)
        return LinePeriod(start_date=day[0], end_date=day[0])
    return None
