"""A message that states one fact twice and differently -> a finding at the second statement.

Which of two invoice numbers, dates, amounts or rates is meant cannot be told, and the first one wins nothing: the
invoice is held. Equal repetitions are harmless. Must not decide anything else.
"""

from collections.abc import Iterable, Iterator

from edigate.mapping import values
from edigate.mapping.draft import Draft
from edigate.mapping.tree import Node

_Statement = tuple[str, Node]
"""What is stated, made comparable, and where."""

_TOTALS = {"77": "BT-112", "388": "BT-112", "79": "BT-106", "125": "BT-109", "389": "BT-109", "9": "BT-115"}
_PARTIES = {"SU": "BT-27", "SE": "BT-27", "BY": "BT-44", "IV": "BT-44"}


def report(draft: Draft, lines: Iterable[Node]) -> None:
    """Add a finding MAP-45 for each fact that is stated differently a second time."""
    header, summary = draft.tree.header, draft.tree.summary
    _compare(draft, "BT-1", ((n.peek(2), n) for n in header.all("BGM")))
    _compare(draft, "BT-2", ((n.peek(1, 2)[:8], n) for n in header.all("DTM", "137")))
    for qualifier, term in _PARTIES.items():
        parties = header.all("NAD", qualifier)
        # One party may be named under several identification schemes: only the same scheme can contradict itself.
        for agency in sorted({n.peek(2, 3) for n in parties}):
            _compare(draft, term, ((n.peek(2) or n.peek(4), n) for n in parties if n.peek(2, 3) == agency))
        for party in parties:
            for kind in ("VA", "FC"):
                _compare(draft, _tax_term(term, kind), ((n.peek(1, 2), n) for n in party.all("RFF", kind)))
    for qualifier, term in _TOTALS.items():
        _compare(draft, term, _amounts(draft, summary, qualifier))
    for line in lines:
        _line(draft, line)


def _tax_term(party: str, kind: str) -> str:
    if party == "BT-44":
        return "BT-48"
    return "BT-31" if kind == "VA" else "BT-32"


def _line(draft: Draft, line: Node) -> None:
    name = draft.line_names.get(line.segment.position)
    # Catch weight states pieces and kilograms: only the same unit can contradict itself.
    units = {n.peek(1, 3) for n in line.all("QTY", "47")}
    for unit in sorted(units):
        stated = ((_plain(draft, n.peek(1, 2)), n) for n in line.all("QTY", "47") if n.peek(1, 3) == unit)
        _compare(draft, "BT-129", stated, name)
    _compare(draft, "BT-131", _amounts(draft, line, "203"), name)
    rates = [n for n in line.all("TAX") if n.peek(2) == "VAT" and n.peek(5, 4)]
    _compare(draft, "BT-152", ((f"{_plain(draft, n.peek(5, 4))} {n.peek(6)}", n) for n in rates), name)


def _amounts(draft: Draft, group: Node, qualifier: str) -> Iterator[_Statement]:
    """The amounts of a qualifier in the invoice currency that stand in the group itself."""
    for moa in group.all("MOA", qualifier):
        if moa.peek(1, 3) in ("", draft.currency):
            yield _plain(draft, moa.peek(1, 2)), moa


def _plain(draft: Draft, text: str) -> str:
    """A number in one form; what is no number stays as it is (MAP-02 speaks of it)."""
    number = values.number(text, draft.deviations.decimal_mark)
    return text if number is None else f"{number.normalize():f}"


def _compare(draft: Draft, term: str, stated: Iterable[_Statement], line: str | None = None) -> None:
    given = [(value, node) for value, node in stated if value]
    for value, node in given[1:]:
        if value != given[0][0]:
            first = given[0][1].segment
            draft.report(
                "MAP-45",
                node,
                term=term,
                line=line,
                value=value,
                other=given[0][0],
                segment=first.text,
                number=first.position,
            )
            return
