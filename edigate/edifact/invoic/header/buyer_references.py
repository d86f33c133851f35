"""RFF of the buyer -> BT-19 Buyer accounting reference, BT-10 Buyer reference."""

from dataclasses import dataclass

from edigate.edifact.invoic.header.references import References
from edigate.edifact.invoic.parties.roles import Parties
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node


@dataclass(frozen=True, slots=True)
class BuyerReferences:
    """BT-19 and BT-10."""

    accounting: str | None
    reference: str | None


def buyer_references(draft: Draft, found: Parties, references: References) -> BuyerReferences:
    """BT-19 <- NAD+BY / RFF+AOU; BT-10 <- NAD+BY / RFF+CR (or RFF+CR in the header)."""
    buyers = [node for node in (found.buyer, found.ordering) if node is not None]
    accounting = [n.best("RFF", "buyer-accounting") for n in buyers]
    reference = [n.best("RFF", "buyer-reference") for n in buyers]
    return BuyerReferences(
        _first(draft, "buyer_accounting_reference", accounting),
        references.buyer_reference or _first(draft, "buyer_reference", reference),
    )


def _first(draft: Draft, path: str, offered: list[Node | None]) -> str | None:
    """The number of the first reference that has one."""
    for rff in offered:
        if rff is not None and rff.peek(1, 2):
            rff.take(1, 1)
            return draft.text(path, rff, 1, 2)
    return None
