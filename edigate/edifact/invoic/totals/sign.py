"""The sign of a credit note: whether all its totals are negative, so that amounts are taken the
other way round."""

from decimal import Decimal

from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.edifact.invoic.totals.tax import is_vat

_Signed = list[tuple[Decimal, Node]]


def reversed_sign(draft: Draft, *, credit: bool) -> bool:
    """Whether a credit note states all its totals negative; some negative, some positive (also the
    lines, against a negative line sum) holds it (MAP-30)."""
    numbers = _totals(draft) if credit else []
    negative = [(n, m) for n, m in numbers if n < 0]
    if not negative:
        return False
    first = negative[0][1]
    if len(negative) < len(numbers):
        if any(m.parent is draft.tree.summary for _, m in negative):
            draft.report("MAP-30", first, negative=first.segment.text)
        return False
    if _lines_against(draft, negative):
        draft.report("MAP-30", first, negative=first.segment.text)
        return False
    draft.report("MAP-31", first)
    return True


def _totals(draft: Draft) -> _Signed:
    """Every total of the summary that is no zero, those of the rates behind the others."""
    summary = draft.tree.summary
    nodes = summary.serving("MOA", "signed")
    for tax in summary.all("TAX"):
        nodes += tax.serving("MOA", "signed") if is_vat(tax) else []
    mark = draft.deviations.decimal_mark
    return [(n, m) for m in nodes if (n := notations.number(m.peek(1, 2), mark))]


def _lines_against(draft: Draft, negative: _Signed) -> bool:
    """Whether the lines add up to the negative line sum (MOA+79) with the other sign."""
    kinds, summary = coded("MOA", "line-total"), draft.tree.summary
    own = [n for n, m in negative if m.qualifier in kinds and m.parent is summary]
    mark, net = draft.deviations.decimal_mark, coded("MOA", "line-amount")[0]
    moas = [moa for line in draft.tree.lines for moa in line.all("MOA", net)]
    stated = (notations.number(m.peek(1, 2), mark) or Decimal(0) for m in moas)
    return bool(own) and sum(stated, Decimal(0)) == -own[0]
