"""RFF -> BT-10..BT-19, BT-25/26, BT-83; line references promoted to the header where all lines
agree.

Collective invoices: two header RFF+DQ are the first and the last delivery note of a range (GS1
Germany), so they go to a note, never to BT-16. A line's reference overrides the header's of the
same qualifier.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cache

from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice import codes
from edigate.invoice.facts import DatedFact, ReferenceFact
from edigate.invoice.model import Identifier, Note, PrecedingInvoice

# (field, use of its qualifiers, what several ones are called in a note)
_SIMPLE: tuple[tuple[str, str, str], ...] = (
    ("project_reference", "project", "Projekte"),  # BT-11
    ("contract_reference", "contract", "Verträge"),  # BT-12
    ("sales_order_reference", "sales-order", "Aufträge"),  # BT-14
    ("receiving_advice_reference", "receiving-advice", "Wareneingangsmeldungen"),  # BT-15
    ("tender_or_lot_reference", "tender-or-lot", "Vergaben"),  # BT-17
)


@cache
def _field_of(qualifier: str) -> str:
    """The simple reference a qualifier means; "" for none."""
    return next((name for name, use, _ in _SIMPLE if qualifier in coded("RFF", use)), "")


@dataclass(slots=True)
class References:
    """Header references as terms, and the notes made of those EN 16931 has one place too few for.

    simple: terms by field name; what lines repeat of them is told already. credited: the numbers of
    `preceding`.
    """

    simple: dict[str, str] = field(default_factory=dict)
    order: str | None = None
    despatch: str | None = None
    preceding: tuple[PrecedingInvoice, ...] = ()
    credited: frozenset[str] = frozenset()
    object_identifier: Identifier | None = None
    buyer_reference: str | None = None
    remittance: str | None = None
    notes: list[tuple[Note, list[Node]]] = field(default_factory=list)


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
            draft.dates.append(DatedFact(kind, found[0], dtm.place, line, number or None))
    if number:
        draft.references.append(ReferenceFact(rff.qualifier, number, rff.place, dated, line))


def _dated_kind(qualifier: str, date_qualifier: str) -> str:
    if qualifier in coded("RFF", "delivery-note"):
        return "delivery" if date_qualifier == coded("DTM", "supply")[0] else "delivery-note"
    return "order" if qualifier in coded("RFF", "order") else ""


def _dated(rff: Node) -> date | None:
    """The day of the first DTM of a reference."""
    dtm = rff.first("DTM")
    day = (
        notations.days(dtm.peek(1, 2), dtm.peek(1, 3))
        if dtm is not None and dtm.peek(1, 2)
        else None
    )
    return day[0] if day and day[0] == day[1] else None


def _named(rff: Node) -> str:
    """`4711 vom 15.02.2026` as a note says it."""
    day = _dated(rff)
    return rff.peek(1, 2) + (f" vom {day:%d.%m.%Y}" if day else "")


def _shown(rff: Node) -> None:
    """A note shows what `_named` says: the number and the first date; other dates go to the
    annex."""
    rff.used.update((101, 102))
    if _dated(rff) is not None:
        rff.all("DTM")[0].use(1)


def references(draft: Draft, *, credits_invoice: bool, number: str | None) -> References:
    """Header RFF -> terms, facts and notes.

    credits_invoice: the document is a credit note or correction, so RFF+IV names the invoice
    concerned.
    """
    header = draft.tree.header
    found = References()
    for rff in header.all("RFF"):
        keep(draft, rff)
    for name, use, several in _SIMPLE:
        qualifiers = coded("RFF", use)
        first = header.first("RFF", *qualifiers)
        offered = (
            [r for r in header.all("RFF", first.qualifier) if r.peek(1, 2)]
            if first is not None
            else []
        )
        distinct = _distinct(offered)
        if len(distinct) > 1:
            # EN 16931 has one place; which of them belongs there cannot be told
            _list(found, several, distinct)
            continue
        value = _text(draft, name, distinct[0] if distinct else None)
        for again in offered:
            again.used.update((101, 102))
        if value:
            found.simple[name] = value
        elif (shared := _one_for_all(draft, qualifiers)) is not None:
            found.simple[name] = shared.peek(1, 2)
            draft.derived(name, (shared,), "in allen Positionen gleich", "the same in all lines")
    _preceding(draft, found, credits_invoice=credits_invoice, number=number)
    # BT-10 <- RFF+CR
    found.buyer_reference = _text(draft, "buyer_reference", header.best("RFF", "buyer-reference"))
    # BT-83 <- RFF+PQ
    found.remittance = _text(
        draft, "payment.remittance_information", header.best("RFF", "remittance")
    )
    # BT-18 <- RFF+ATS / GIR+14 (the one that stands in the header; under EFI it names a supporting
    # document)
    found.object_identifier = _object(draft, header.best("RFF", "object"))
    _orders(draft, found)
    _deliveries(draft, found)
    lists = _distinct([r for r in header.serving("RFF", "invoice-list") if r.peek(1, 2)])
    if lists:
        _list(found, "Rechnungsliste", lists)
    return found


def _object(draft: Draft, ats: Node | None) -> Identifier | None:
    """BT-18 <- RFF+ATS 1154, with GIR+14 7402 as scheme (1153); in energy messages the metering
    point, LOC+172."""
    value = _text(draft, "object_identifier", ats)
    gir = ats.first("GIR", "14") if ats is not None else None
    if value:
        scheme = gir.peek(2, 1) if gir is not None else ""
        if gir is not None and codes.accepts("reference", scheme):
            gir.use()
            return Identifier(value, scheme)
        return Identifier(value)
    stated = draft.text("object_identifier", gir, 2, 1)
    if gir is not None and stated:
        gir.take(1)
        return Identifier(stated)
    places = [
        *draft.tree.header.all("LOC", "172"),
        *(x for n in draft.tree.header.all("NAD") for x in n.all("LOC", "172")),
    ]
    for loc in places if draft.energy else []:
        # BT-18 <- LOC+172 C517 3225
        point = draft.text("object_identifier", loc, 2, 1)
        if point:
            loc.take(1)
            return Identifier(point)
    return None


def _read_qualifier(rff: Node | None) -> None:
    if rff is not None:
        rff.take(1, 1)


def _text(draft: Draft, path: str, rff: Node | None) -> str | None:
    value = draft.text(path, rff, 1, 2)
    _read_qualifier(rff)
    return value


def _preceding(
    draft: Draft, found: References, *, credits_invoice: bool, number: str | None
) -> None:
    """BG-3 <- RFF+OI; RFF+IV in credit notes, corrections and where a prepayment is deducted (§ 14
    Abs. 5 Satz 2 UStG); RFF under MOA+113. BT-26 <- DTM+384, 171, 3 or 137 under it."""
    made: list[PrecedingInvoice] = []
    numbers: set[str] = set()
    amounts = draft.tree.summary.all("MOA")
    prepaid = [moa for moa in amounts if moa.qualifier in coded("MOA", "prepaid")]
    advances = coded(
        "RFF", "advance"
    )  # the first of them stands in energy invoices, wherever the amount is prepaid
    advance = [
        r
        for moa in amounts
        for r in moa.all("RFF", *(advances if moa in prepaid else advances[:1]))
    ]
    for rff in advance:
        keep(draft, rff)
    concerned = credits_invoice or bool(prepaid)
    lines = (
        [r for line in draft.tree.lines for r in line.serving("RFF", "credited")]
        if credits_invoice
        else []
    )
    for rff in [*draft.tree.header.serving("RFF", "credited"), *advance, *lines]:
        value = rff.peek(1, 2)
        if not value or (rff.qualifier == "IV" and (not concerned or value == number)):
            if value and value == number:
                rff.used.update((101, 102))
            continue
        path = f"preceding_invoices[{len(made)}]"
        if value in numbers:
            rff.used.update((101, 102))
            continue
        numbers.add(value)
        draft.read(path, rff)
        # BT-25 <- RFF+OI / RFF+IV 1154
        reference = _text(draft, f"{path}.reference", rff)
        # BT-26 <- DTM+384 / DTM+171 below it
        issued = draft.day(f"{path}.issue_date", rff.best("DTM", "preceding-issue"))
        made.append(PrecedingInvoice(reference=reference, issue_date=issued))
    found.preceding, found.credited = tuple(made), frozenset(numbers)


def _distinct(nodes: list[Node]) -> list[Node]:
    seen: dict[str, Node] = {}
    for node in nodes:
        seen.setdefault(node.peek(1, 2), node)
    return list(seen.values())


def _one_for_all(draft: Draft, qualifiers: tuple[str, ...]) -> Node | None:
    """The reference every line carries, when they all carry the same."""
    first: Node | None = None
    for line in draft.tree.lines:
        rff = next((r for q in qualifiers for r in line.all("RFF", q) if r.peek(1, 2)), None)
        if rff is None or (first is not None and first.peek(1, 2) != rff.peek(1, 2)):
            return None
        first = first or rff
    return first


def _orders(draft: Draft, found: References) -> None:
    given = _distinct([r for r in draft.tree.header.serving("RFF", "order") if r.peek(1, 2)])
    if len(given) > 1:
        _list(found, "Bestellungen", given)
        return
    # BT-13 <- RFF+ON (header; else the one that all lines name)
    if given:
        found.order = _text(draft, "purchase_order_reference", given[0])
        for again in draft.tree.header.serving("RFF", "order"):
            again.used.update((101, 102))
        return
    shared = _one_for_all(draft, coded("RFF", "order"))
    if shared is not None:
        found.order = shared.peek(1, 2)
        draft.derived(
            "purchase_order_reference",
            (shared,),
            "in allen Positionen gleich",
            "the same in all lines",
        )


def _deliveries(draft: Draft, found: References) -> None:
    header = draft.tree.header
    for qualifier in coded("RFF", "delivery-note"):
        given = [r for r in header.all("RFF", qualifier) if r.peek(1, 2)]
        distinct = _distinct(given)
        if not distinct:
            continue
        if len(distinct) == 1:
            # BT-16 <- RFF+AAK, DQ, AAU or SI (header, exactly one)
            found.despatch = _text(draft, "despatch_advice_reference", distinct[0])
            for again in given:
                again.used.update((101, 102))
        elif len(distinct) == 2 and qualifier in coded("RFF", "range"):
            text = f"Sammelrechnung: Lieferscheine {_named(distinct[0])} bis {_named(distinct[1])}"
            found.notes.append((Note(text=text), distinct))
            for rff in distinct:
                _shown(rff)
        else:
            _list(found, "Lieferscheine", distinct)
        return
    shared = _one_for_all(draft, coded("RFF", "delivery-note"))
    if shared is not None:
        found.despatch = shared.peek(1, 2)
        draft.derived(
            "despatch_advice_reference",
            (shared,),
            "in allen Positionen gleich",
            "the same in all lines",
        )


def _list(found: References, word: str, nodes: list[Node]) -> None:
    found.notes.append((Note(text=f"{word}: " + ", ".join(_named(n) for n in nodes)), nodes))
    for node in nodes:
        _shown(node)


@dataclass(slots=True)
class LineReferences:
    """What the references of one line say."""

    order_line: str | None = None
    accounting: str | None = None
    object_identifier: Identifier | None = None
    notes: list[str] = field(default_factory=list)


def line_references(
    draft: Draft, line: Node, path: str, name: str, header: References
) -> LineReferences:
    """BT-132 <- RFF+ON 1156, LI; BT-133 <- RFF+AWQ; BT-128 <- RFF+AVE; other orders and delivery
    notes as text."""
    found = LineReferences()
    references = line.all("RFF")
    if not references:
        return found
    for rff in references:
        keep(draft, rff, name)
        known = header.simple.get(_field_of(rff.qualifier))
        if known and rff.peek(1, 2) == known:
            rff.used.update((101, 102))
    order = line.best("RFF", "order")
    if order is not None:
        # BT-132 <- RFF+ON 1156
        found.order_line = draft.text(f"{path}.order_line_reference", order, 1, 3)
        order.take(1, 1)
        if order.peek(1, 2) == header.order:
            order.take(1, 2)
        elif order.peek(1, 2):
            found.notes.append(f"Bestellung {_named(order)}")
            _shown(order)
    if found.order_line is None:
        # BT-132 <- RFF+LI
        found.order_line = _text(
            draft, f"{path}.order_line_reference", line.best("RFF", "order-line")
        )
    # BT-133 <- RFF+AWQ
    found.accounting = _text(
        draft, f"{path}.buyer_accounting_reference", line.best("RFF", "line-accounting")
    )
    # BT-128 <- RFF+AVE
    value = _text(draft, f"{path}.object_identifier", line.best("RFF", "line-object"))
    found.object_identifier = Identifier(value) if value else None
    for rff in line.serving("RFF", "delivery-note"):
        if not rff.peek(1, 2):
            continue
        if rff.peek(1, 2) == header.despatch:
            rff.used.update((101, 102))
        else:
            found.notes.append(f"Lieferschein {_named(rff)}")
            _shown(rff)
    for rff in line.serving("RFF", "credited"):
        if rff.peek(1, 2) in header.credited:
            rff.used.update((101, 102))
    return found
