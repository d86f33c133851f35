"""Which NAD plays which role in the invoice, and those that only accompany it."""

from dataclasses import dataclass

from edigate.edifact.invoic.parties.party import gln_of
from edigate.edifact.invoic.qualifiers import coded
from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.draft import Draft
from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.codes import SELF_BILLED

_SELF_BILLED = SELF_BILLED | {"Z25"}  # Z25 is the reversal of a self-billed energy invoice


@dataclass(frozen=True, slots=True)
class Parties:
    """The NAD groups that play a role, and those that only repeat or accompany it."""

    seller: Node | None
    buyer: Node | None
    payee: Node | None
    tax_representative: Node | None
    delivery: Node | None
    ordering: Node | None


def roles(draft: Draft) -> Parties:
    """Which NAD plays which role: SE before SU before II; IV (invoicee) before BY, but for the
    seller; DP before ST."""
    header = draft.tree.header
    sellers, buyers = _qualifiers(draft)
    seller = header.first("NAD", *draft.deviations.seller, *sellers)
    offered = [n for q in (*draft.deviations.buyer, *buyers) for n in header.all("NAD", q)]
    by = next((n for n in offered if not _same_party(n, seller)), offered[0] if offered else None)
    ordering = header.best("NAD", "ordering")
    return Parties(
        seller=seller,
        buyer=by,
        payee=header.best("NAD", "payee"),
        tax_representative=header.best("NAD", "tax-representative"),
        delivery=header.best("NAD", "delivery") or _shared_delivery(draft),
        ordering=ordering if ordering is not by else None,
    )


def _qualifiers(draft: Draft) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The qualifiers of seller and buyer, the best first."""
    header = draft.tree.header
    bgm = header.first("BGM")
    if bgm is None or bgm.peek(1) not in _SELF_BILLED:
        return coded("NAD", "seller"), coded("NAD", "buyer")
    # the issuer (II; in energy messages the sender, MS) is the buyer under self-billing
    sellers = coded("NAD", "self-billed-seller")
    if header.first("NAD", *sellers) is None and header.best("NAD", "issuer") is not None:
        # and the invoicee, to whom he issues it, is the supplier
        return coded("NAD", "invoicee"), coded("NAD", "self-billed-buyer-by-issuer")
    return sellers, coded("NAD", "self-billed-buyer")


def _same_party(node: Node, other: Node | None) -> bool:
    """Whether two NAD name one party, by identifier or, without one, by name: nobody invoices
    himself, so an invoicee (IV) who is the supplier is only told of the document (self-billing)."""
    if other is None:
        return False
    if node.peek(2) and other.peek(2):
        return node.peek(2) == other.peek(2) and node.peek(2, 3) == other.peek(2, 3)
    return bool(node.peek(4)) and node.segment.components(4) == other.segment.components(4)


def _shared_delivery(draft: Draft) -> Node | None:
    """The delivery party every line names, when they all name the same."""
    first: Node | None = None
    for line in draft.tree.lines:
        nad = line.best("NAD", "delivery")
        if nad is None or (first is not None and first.segment.elements != nad.segment.elements):
            return None
        first = first or nad
    return first


def told(draft: Draft, roles: Parties) -> list[tuple[str, Node]]:
    """Parties EN 16931 has no place for, as text: the ordering branch beside an invoicee, the payer
    (settlement)."""
    offered = (("ordering", roles.ordering), ("payer", draft.tree.header.best("NAD", "payer")))
    said = [(role, node, _shown(draft, node)) for role, node in offered if node is not None]
    found: list[tuple[str, Node]] = []
    for role, node, party in said:
        if party:
            node.take(1)
            node.use(2, 4)
            found.append((f"{draft.words(role)}: {party}", node))
    return found


def _shown(draft: Draft, node: Node) -> str:
    """Name and number of a party in words; the name may come from the master data."""
    gln = gln_of(node)
    partner = draft.partners.get(gln) if gln else None
    name = notations.joined(dict.fromkeys(node.segment.components(4)[:5])) or (
        partner.name if partner else ""
    )
    number = node.peek(2, 1)
    return " ".join(filter(None, (name, f"({number})" if name and number else number)))
