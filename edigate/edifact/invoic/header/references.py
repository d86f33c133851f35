"""RFF -> BT-10..BT-19, BT-25/26, BT-83; line references promoted to the header where all lines
agree.

Collective invoices: two header RFF+DQ are the first and the last delivery note of a range (GS1
Germany), so they go to a note, never to BT-16. A line's reference overrides the header's of the
same qualifier.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from edigate.edifact.invoic.header.beginning import Beginning
from edigate.edifact.invoic.header.preceding import preceding
from edigate.edifact.invoic.header.reference import keep, mark, named, number_of, shown
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice import codes
from edigate.invoice.model import Identifier, Note, PrecedingInvoice

# (field, use of its qualifiers, which is also the phrase for several ones in a note)
_SIMPLE: tuple[tuple[str, str], ...] = (
    ("project_reference", "project"),  # BT-11
    ("contract_reference", "contract"),  # BT-12
    ("sales_order_reference", "sales-order"),  # BT-14
    ("receiving_advice_reference", "receiving-advice"),  # BT-15
    ("tender_or_lot_reference", "tender-or-lot"),  # BT-17
)
_Told = tuple[Note, list[Node]]
"""A note and the references it is made of."""


@cache
def field_of(qualifier: str) -> str:
    """The simple reference a qualifier means; "" for none."""
    return next((name for name, use in _SIMPLE if qualifier in coded("RFF", use)), "")


@dataclass(frozen=True, slots=True)
class References:
    """Header references as terms, and the notes made of those EN 16931 has one place too few for.

    simple: terms by field name; what lines repeat of them is told already. credited: the numbers of
    `preceding`.
    """

    simple: Mapping[str, str]
    order: str | None
    despatch: str | None
    preceding: tuple[PrecedingInvoice, ...]
    credited: frozenset[str]
    object_identifier: Identifier | None
    buyer_reference: str | None
    remittance: str | None
    notes: Sequence[_Told]


@dataclass(frozen=True, slots=True)
class _Found:
    """A reference with one place in EN 16931: its value, or a note of several."""

    value: str | None = None
    notes: Sequence[_Told] = ()


def references(draft: Draft, document: Beginning) -> References:
    """Header RFF -> terms, facts and notes."""
    header = draft.tree.header
    for rff in header.all("RFF"):
        keep(draft, rff)
    simple = {name: _simple(draft, name, use) for name, use in _SIMPLE}
    before = preceding(draft, document)
    # BT-10 <- RFF+CR
    buyer_reference = number_of(draft, "buyer_reference", header.best("RFF", "buyer-reference"))
    # BT-83 <- RFF+PQ
    remittance = number_of(
        draft, "payment.remittance_information", header.best("RFF", "remittance")
    )
    # BT-18 <- RFF+ATS / GIR+14 (the one that stands in the header; under EFI it names a supporting
    # document)
    concerned = _object(draft, header.best("RFF", "object"))
    order, despatch = _order(draft), _despatch(draft)
    lists = _distinct([r for r in header.serving("RFF", "invoice-list") if r.peek(1, 2)])
    return References(
        simple={name: found.value for name, found in simple.items() if found.value},
        order=order.value,
        despatch=despatch.value,
        preceding=before.invoices,
        credited=before.numbers,
        object_identifier=concerned,
        buyer_reference=buyer_reference,
        remittance=remittance,
        notes=[
            *(note for found in simple.values() for note in found.notes),
            *order.notes,
            *despatch.notes,
            *([_list(draft, "invoice-list", lists)] if lists else []),
        ],
    )


def _simple(draft: Draft, name: str, use: str) -> _Found:
    """A reference that stands once in the header; else the one that all lines name."""
    first = draft.tree.header.best("RFF", use)
    offered = draft.tree.header.all("RFF", first.qualifier) if first is not None else []
    offered = [r for r in offered if r.peek(1, 2)]
    return _of_header(draft, name, offered, use) or _of_lines(draft, name, use)


def _of_header(draft: Draft, path: str, offered: list[Node], several: str) -> _Found | None:
    """The one number these references state, or a note of several: EN 16931 has one place, and
    which of them belongs there cannot be told."""
    distinct = _distinct(offered)
    if len(distinct) > 1:
        return _Found(notes=(_list(draft, several, distinct),))
    if not distinct:
        return None
    value = number_of(draft, path, distinct[0])
    mark(*offered)
    return _Found(value)


def _of_lines(draft: Draft, path: str, use: str) -> _Found:
    """The reference every line carries, when they all carry the same."""
    first: Node | None = None
    for line in draft.tree.lines:
        stated = (r for q in coded("RFF", use) for r in line.all("RFF", q) if r.peek(1, 2))
        rff = next(stated, None)
        if rff is None or (first is not None and first.peek(1, 2) != rff.peek(1, 2)):
            return _Found()
        first = first or rff
    if first is None:
        return _Found()
    draft.derived(path, (first,), "same-in-all-lines")
    return _Found(first.peek(1, 2))


def _object(draft: Draft, ats: Node | None) -> Identifier | None:
    """BT-18 <- RFF+ATS 1154, with GIR+14 7402 as scheme (1153); in energy messages the metering
    point, LOC+172."""
    value = number_of(draft, "object_identifier", ats)
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
    return _metering_point(draft) if draft.energy else None


def _metering_point(draft: Draft) -> Identifier | None:
    """BT-18 <- LOC+172 C517 3225, in the header or below a party."""
    header = draft.tree.header
    for group in (header, *header.all("NAD")):
        for loc in group.all("LOC", "172"):
            point = draft.text("object_identifier", loc, 2, 1)
            if point:
                loc.take(1)
                return Identifier(point)
    return None


def _distinct(nodes: list[Node]) -> list[Node]:
    seen: dict[str, Node] = {}
    for node in nodes:
        seen.setdefault(node.peek(1, 2), node)
    return list(seen.values())


def _order(draft: Draft) -> _Found:
    """BT-13 <- RFF+ON (header; else the one that all lines name)."""
    path, stated = "purchase_order_reference", draft.tree.header.serving("RFF", "order")
    found = _of_header(draft, path, [r for r in stated if r.peek(1, 2)], "orders")
    if found is None:
        return _of_lines(draft, path, "order")
    if found.value:
        mark(*stated)
    return found


def _despatch(draft: Draft) -> _Found:
    """BT-16 <- RFF+AAK, DQ, AAU or SI (header, exactly one; else the one that all lines name)."""
    path, header = "despatch_advice_reference", draft.tree.header
    for qualifier in coded("RFF", "delivery-note"):
        given = [r for r in header.all("RFF", qualifier) if r.peek(1, 2)]
        if len(_distinct(given)) == 2 and qualifier in coded("RFF", "range"):
            return _range(draft, _distinct(given))
        found = _of_header(draft, path, given, "delivery-notes")
        if found is not None:
            return found
    return _of_lines(draft, path, "delivery-note")


def _range(draft: Draft, ends: list[Node]) -> _Found:
    """Collective invoices: the first and the last delivery note (GS1 Germany)."""
    first, last = (named(draft, rff) for rff in ends)
    for rff in ends:
        shown(rff)
    return _Found(notes=((Note(text=draft.words("range", first=first, last=last)), ends),))


def _list(draft: Draft, words: str, nodes: list[Node]) -> _Told:
    text = f"{draft.words(words)}: " + ", ".join(named(draft, n) for n in nodes)
    for node in nodes:
        shown(node)
    return Note(text=text), nodes
