"""RFF+OI, RFF+IV and those of prepayments -> BG-3 Preceding invoice reference."""

from collections.abc import Iterator
from dataclasses import dataclass

from edigate.edifact.invoic.header.beginning import Beginning
from edigate.edifact.invoic.header.reference import keep, mark, number_of
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.model import PrecedingInvoice


@dataclass(frozen=True, slots=True)
class Preceding:
    """BG-3, and the numbers in it."""

    invoices: tuple[PrecedingInvoice, ...]
    numbers: frozenset[str]


def preceding(draft: Draft, document: Beginning) -> Preceding:
    """BG-3 <- RFF+OI; RFF+IV in credit notes, corrections and where a prepayment is deducted (§ 14
    Abs. 5 Satz 2 UStG); RFF under MOA+113. BT-26 <- DTM+384, 171, 3 or 137 under it."""
    advance = list(_advances(draft))
    for rff in advance:
        keep(draft, rff)
    lines = draft.tree.lines if document.concerns_invoice else ()
    stated = draft.tree.header.serving("RFF", "credited") + advance
    stated += [r for line in lines for r in line.serving("RFF", "credited")]
    concerned = document.concerns_invoice or bool(draft.tree.summary.serving("MOA", "prepaid"))
    made: dict[str, PrecedingInvoice] = {}
    for rff in (r for r in stated if r.peek(1, 2)):
        number = rff.peek(1, 2)
        if _is_plain(rff) and number == document.number:
            mark(rff)
        elif concerned or not _is_plain(rff):
            _add(draft, made, number, rff)
    return Preceding(tuple(made.values()), frozenset(made))


def _add(draft: Draft, made: dict[str, PrecedingInvoice], number: str, rff: Node) -> None:
    """A preceding invoice, each number once."""
    if number in made:
        mark(rff)
    else:
        made[number] = _invoice(draft, rff, f"preceding_invoices[{len(made)}]")


def _is_plain(rff: Node) -> bool:
    """An RFF+IV, which names the invoice concerned only where the document says so."""
    return rff.qualifier == coded("RFF", "credited")[0]


def _advances(draft: Draft) -> Iterator[Node]:
    """References of prepaid amounts; the first kind of them stands in energy invoices, wherever the
    amount is prepaid."""
    kinds, prepaid = coded("RFF", "advance"), coded("MOA", "prepaid")
    for moa in draft.tree.summary.all("MOA"):
        yield from moa.all("RFF", *(kinds if moa.qualifier in prepaid else kinds[:1]))


def _invoice(draft: Draft, rff: Node, path: str) -> PrecedingInvoice:
    """BT-25 <- RFF+OI / RFF+IV 1154; BT-26 <- DTM+384 / DTM+171 below it."""
    draft.read(path, rff)
    reference = number_of(draft, f"{path}.reference", rff)
    issued = draft.day(f"{path}.issue_date", rff.best("DTM", "preceding-issue"))
    return PrecedingInvoice(reference=reference, issue_date=issued)
