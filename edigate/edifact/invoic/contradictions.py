"""A message that states one fact twice and differently -> a finding at the second statement.

Which of two invoice numbers, dates, parties, amounts or rates is meant cannot be told, and the
first one wins nothing: the invoice is held. Equal repetitions are harmless, and so is what EANCOM
ranks: an invoicee (IV) beside a buyer (BY). Must not decide anything else.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

from edigate.edifact.invoic.lines.price import unit_code
from edigate.edifact.invoic.parties.party import gln_of
from edigate.edifact.invoic.qualifiers import coded, stated_once, terms
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import SettledDraft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.terms import name

_SUPPLIERS = ("SU", "SE")
_Statement = tuple[str, Node]
"""What is stated, made comparable, and where."""


def report(draft: SettledDraft, lines: Iterable[Node]) -> None:
    """Add a finding MAP-45 for each fact that is stated differently a second time."""
    header, summary = draft.tree.header, draft.tree.summary
    _compare(draft, "BT-1", ((n.peek(2), n) for n in header.all("BGM")))
    _currencies(draft)
    _dates(draft)
    _parties(draft)
    for term, qualifiers in stated_once("MOA").items():
        _compare(draft, term, _amounts(draft, summary, *qualifiers))
    _rates(draft)
    _loose_totals(draft)
    for line in lines:
        _line(draft, line)


def _rates(draft: SettledDraft) -> None:
    """The TAX groups of the summary: each against itself, and all against the total."""
    groups = [t for t in draft.tree.summary.all("TAX") if t.peek(2) == "VAT"]
    for tax in groups:
        _compare(draft, "BT-116", _amounts(draft, tax, *coded("MOA", "rate-basis")))
        _compare(draft, "BT-117", _amounts(draft, tax, *coded("MOA", "rate-tax")))
    for qualifier, term in terms("MOA", "by-rate").items():
        _rates_and_total(draft, term, qualifier, groups)


def _days(nodes: Iterable[Node]) -> Iterator[_Statement]:
    """Dates to the day: hours and minutes of one day are no contradiction."""
    for dtm in nodes:
        found = notations.days(dtm.peek(1, 2), dtm.peek(1, 3)) if dtm.peek(1, 2) else None
        if found is not None:
            yield f"{found[0]}" if found[0] == found[1] else f"{found[0]}/{found[1]}", dtm


def _dates(draft: SettledDraft) -> None:
    """The document date, dates and periods of supply, the tax point: each qualifier against itself.

    In value notes (83, 84) the date of supply only repeats the document date.
    """
    ignored = coded("DTM", "document-date-again") if draft.value_only else ()
    for term, qualifiers in stated_once("DTM").items():
        for qualifier in qualifiers:
            if qualifier not in ignored:
                _compare(draft, term, _days(draft.tree.header.all("DTM", qualifier)))


def _currencies(draft: SettledDraft) -> None:
    """CUX with the same usage (6347) and purpose (6343)."""
    stated: dict[tuple[str, str], list[_Statement]] = {}
    for cux in draft.tree.header.all("CUX"):
        for element in (1, 2):
            if cux.peek(element, 2):
                kind = (cux.peek(element, 1), cux.peek(element, 3))
                stated.setdefault(kind, []).append((cux.peek(element, 2), cux))
    for (usage, _), given in stated.items():
        _compare(draft, "BT-5" if usage in ("1", "2", "") else "BT-6", given)


def _parties(draft: SettledDraft) -> None:
    header = draft.tree.header
    for term, qualifiers in stated_once("NAD").items():
        for qualifier in qualifiers:
            _one_role(draft, term, header.all("NAD", qualifier))
    claiming = [n for n in (header.first("NAD", q) for q in _SUPPLIERS) if n is not None]
    # Beside a seller (SE) the supplier (SU) only delivers (GS1), unless both claim the invoice with
    # a tax id of their own. A partner whose seller is declared has settled which of the two counts.
    tax_ids = (*coded("RFF", "vat-id"), *coded("RFF", "tax-number"))
    both = [n for n in claiming if n.first("RFF", *tax_ids) is not None]
    if len(both) > 1 and not set(_SUPPLIERS) & set(draft.deviations.seller):
        _two_parties(draft, "BT-27", *both)


def _one_role(draft: SettledDraft, term: str, parties: list[Node]) -> None:
    """The NAD of one role against each other, and the tax ids of each against themselves."""
    # One party may be named under several identification schemes: only the same scheme can
    # contradict itself.
    by_agency: dict[str, list[_Statement]] = {}
    for nad in parties:
        by_agency.setdefault(nad.peek(2, 3), []).append((nad.peek(2) or nad.peek(4), nad))
    for _, stated in sorted(by_agency.items()):
        _compare(draft, term, stated)
    for first, again in pairwise(parties):
        if first.peek(2, 3) != again.peek(2, 3):
            _two_parties(draft, term, first, again)
    for party in parties:
        for kind in coded("RFF", "contradictable-tax-id"):
            given = ((n.peek(1, 2).replace(" ", ""), n) for n in party.all("RFF", kind))
            _compare(draft, _tax_term(term, kind), given)


def _two_parties(draft: SettledDraft, term: str, first: Node, second: Node) -> None:
    """Two NAD of one role that can be compared in GLN, VAT id or name, agree in none, or have two
    VAT ids."""
    marks = [(_vat_id(n), gln_of(n), _name(n)) for n in (first, second)]
    differing = [a != b for a, b in zip(*marks, strict=True) if a and b]
    vat_ids = {mark[0] for mark in marks}
    if differing and (all(differing) or ("" not in vat_ids and len(vat_ids) > 1)):
        shown = _shown(first, second) or [m[0] or m[1] for m in marks]
        contradicted(draft, term, (shown[0], first), (shown[1], second))


def _shown(first: Node, second: Node) -> list[str]:
    """What two parties are called; empty where that is the same."""
    shown = [n.peek(4) or n.peek(2) for n in (first, second)]
    return shown if shown[0] != shown[1] else []


def _vat_id(party: Node) -> str:
    rff = party.best("RFF", "vat-id")
    return rff.peek(1, 2).replace(" ", "").upper() if rff is not None else ""


def _name(party: Node) -> str:
    return "".join(
        c for c in notations.joined(party.segment.components(4)[:5]).casefold() if c.isalnum()
    )


def _tax_term(party: str, kind: str) -> str:
    if party == "BT-44":
        return "BT-48"
    return "BT-31" if kind in coded("RFF", "vat-id") else "BT-32"


def _rates_and_total(draft: SettledDraft, term: str, qualifier: str, groups: list[Node]) -> None:
    """What the summary TAX groups state of a total has to add up to it."""
    total = next(iter(_amounts(draft, draft.tree.summary, qualifier)), None)
    by_rate = [s for t in groups for s in _amounts(draft, t, qualifier)]
    numbers = [n for text, _ in by_rate if (n := notations.number(text)) is not None]
    if total is None or not by_rate or len(numbers) < len(by_rate):
        return
    whole = sum(numbers, Decimal(0))
    if whole != notations.number(total[0]):
        contradicted(draft, term, total, (f"{whole.normalize():f}", by_rate[-1][1]))


def _loose_totals(draft: SettledDraft) -> None:
    """Totals that mean the gross amount in most profiles: beside a clear one (MOA+388, 77) they are
    that, or the net amount, the line total or the amount due; nothing else."""
    summary = draft.tree.summary
    clear = stated_once("MOA")["BT-112"]
    gross = next(iter(_amounts(draft, summary, *clear)), None)
    if gross is None:
        return
    others = (*clear, *coded("MOA", "net"), *coded("MOA", "due"), *coded("MOA", "line-total"))
    known = {value for value, _ in _amounts(draft, summary, *others)}
    for statement in _amounts(
        draft, summary, *(q for q in coded("MOA", "gross") if q not in clear)
    ):
        if statement[0] not in known:
            contradicted(draft, "BT-112", gross, statement)
            return


def _line(draft: SettledDraft, line: Node) -> None:
    """The facts of one line; most lines state each of them once, and nothing is compared."""
    net = coded("MOA", "line-amount")[0]
    quantities = line.all("QTY", *draft.deviations.quantity, *coded("QTY", "invoiced"))
    amounts, taxes = line.all("MOA", net), line.all("TAX")
    prices = line.all("PRI", *(q for qualifiers in stated_once("PRI").values() for q in qualifiers))
    if len(quantities) > 1:
        _quantities(draft, quantities)
    if len(amounts) > 1:
        _compare(draft, "BT-131", _amounts(draft, line, net))
    if len(taxes) > 1:
        rates = [n for n in taxes if n.peek(2) == "VAT" and n.peek(5, 4)]
        said = ((f"{_plain(draft, n.peek(5, 4))} {n.peek(6)}", n) for n in rates)
        _compare(draft, "BT-152", said)
    if len(prices) > 1:
        _prices(draft, prices)


def _quantities(draft: SettledDraft, quantities: list[Node]) -> None:
    """Catch weight states pieces and kilograms: only the same unit can contradict itself. No unit
    means piece."""
    units = [unit_code(draft, n.peek(1, 3) or "PCE") for n in quantities]
    for unit in sorted(set(units)):
        same = zip(quantities, units, strict=True)
        given = [n for n, u in same if u == unit and n.qualifier == quantities[0].qualifier]
        _compare(draft, "BT-129", ((_plain(draft, n.peek(1, 2)), n) for n in given))


def _prices(draft: SettledDraft, prices: list[Node]) -> None:
    """PRI of one qualifier, price type and unit, for one quantity."""
    stated: dict[tuple[str, ...], list[_Statement]] = {}
    for pri in prices:
        basis = _plain(draft, pri.peek(1, 5)) or "1"
        kind = (pri.qualifier, pri.peek(1, 3), pri.peek(1, 4), basis, pri.peek(1, 6))
        if pri.peek(1, 2):
            stated.setdefault(kind, []).append((_plain(draft, pri.peek(1, 2)), pri))
    for of_one_kind in stated.values():
        _compare(draft, terms("PRI", "any")[of_one_kind[0][1].qualifier], of_one_kind)


def _amounts(draft: SettledDraft, group: Node, *qualifiers: str) -> Iterator[_Statement]:
    """The amounts of these qualifiers in the invoice currency that stand in the group itself, by
    qualifier."""
    for qualifier in qualifiers:
        for moa in group.all("MOA", qualifier):
            if moa.peek(1, 3) in ("", draft.currency) and moa.peek(1, 2):
                yield _plain(draft, moa.peek(1, 2)), moa


def _plain(draft: SettledDraft, text: str) -> str:
    """A number in one form; what is no number stays as it is (MAP-02 speaks of it)."""
    number = notations.number(text, draft.deviations.decimal_mark)
    return text if number is None else f"{number.normalize():f}"


def _compare(draft: SettledDraft, term: str, stated: Iterable[_Statement]) -> None:
    given = sorted(((v, n) for v, n in stated if v), key=lambda s: s[1].segment.position)
    for value, node in given[1:]:
        if value != given[0][0]:
            contradicted(draft, term, given[0], (value, node))
            return


def contradicted(draft: SettledDraft, term: str, first: _Statement, second: _Statement) -> None:
    """Report two statements (value and segment) that cannot both hold: MAP-45."""
    segment = first[1].segment
    draft.report(
        "MAP-45",
        second[1],
        term=term,
        item_de=name(term, "de"),
        item_en=name(term, "en"),
        value=second[0],
        other=first[0],
        segment=segment.text,
        number=segment.position,
    )
