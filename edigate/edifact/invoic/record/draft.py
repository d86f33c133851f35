"""The record under construction while one message is mapped: origins, facts, findings, and what has
been read.

Mapping modules take values from nodes through it, so that every term gets its origin and every data
element read is counted. It holds no rule of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from edigate.edifact.invoic.record import notations
from edigate.edifact.invoic.record.deviations import Deviations
from edigate.edifact.invoic.record.segment_tree import Node, Tree
from edigate.edifact.syntax.segments import Interchange, Message
from edigate.findings import Finding, Place, Texts, finding
from edigate.invoice.facts import AmountFact, DatedFact, ReferenceFact, TextFact
from edigate.invoice.origin import Origin, OriginKind
from edigate.masterdata import PartnerDirectory


@dataclass(slots=True)
class Draft:
    """Everything the mapping of one message collects.

    binding: the message follows the official D.16B/D.14B binding of EN 16931 (CEN/TS 16931-3-4),
    whose use of some segments differs from EANCOM. energy: EDI@Energy INVOIC (times in UTC,
    NAD+MS/MR). line_names: BT-126 by position of the LIN segment. currency: BT-5; amounts in other
    currencies are information. value_only: a financial credit or debit note (83, 84): its lines
    need no quantity. reversed: a credit note whose totals are all negative: amounts are taken with
    the opposite sign (EN 16931 states what is credited as positive amounts).
    """

    interchange: Interchange
    message: Message
    partners: PartnerDirectory
    deviations: Deviations
    tree: Tree
    binding: bool = False
    energy: bool = False
    eancom: bool = False
    origins: dict[str, Origin] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    dates: list[DatedFact] = field(default_factory=list)
    texts: list[TextFact] = field(default_factory=list)
    references: list[ReferenceFact] = field(default_factory=list)
    amounts: list[AmountFact] = field(default_factory=list)
    unknown_partners: dict[str, str] = field(default_factory=dict)
    reversed: bool = False
    value_only: bool = False
    currency: str | None = None
    line_names: dict[int, str] = field(default_factory=dict)

    # Origins
    # ------------------------------------------------------------------------------------------

    def read(self, path: str, *nodes: Node) -> None:
        """`path` was read from these segments as they stand."""
        one = len(nodes) == 1
        self.origins[path] = (
            nodes[0].origin if one else Origin(OriginKind.SEGMENT, tuple([n.place for n in nodes]))
        )

    def derived(self, path: str, nodes: Sequence[Node], de: str, en: str) -> None:
        """`path` follows from these segments in the way the note says."""
        self.origins[path] = Origin(
            OriginKind.DERIVED, tuple(n.place for n in nodes), Texts(de, en)
        )

    def master_data(self, path: str, node: Node, gln: str) -> None:
        """`path` was filled from the partner directory for the GLN in this segment."""
        version = self.partners.version
        note = Texts(
            f"Stammdaten zur GLN {gln} (Stand {version})",
            f"master data of GLN {gln} (version {version})",
        )
        self.origins[path] = Origin(OriginKind.MASTER_DATA, (node.place,), note)

    # Values -----------------------------------------------------------------------------------

    def text(self, path: str, node: Node | None, element: int, component: int = 1) -> str | None:
        """A component as text, with its origin; None when empty."""
        value = node.take(element, component) if node is not None else ""
        if not value or node is None:
            return None
        self.read(path, node)
        return value

    def number(self, node: Node | None, element: int, component: int = 1) -> Decimal | None:
        """A component as number; None when empty, and when it is none, which is a finding
        (MAP-02)."""
        text = node.peek(element, component) if node is not None else ""
        if not text or node is None:
            return None
        found = notations.number(text, self.deviations.decimal_mark)
        if found is None:
            self.report("MAP-02", node, value=text)
            return None
        node.take(element, component)
        return found

    def amount(self, path: str, node: Node | None) -> Decimal | None:
        """The amount of a MOA segment (C516/5004), with its origin."""
        found = self.number(node, 1, 2)
        if found is None or node is None:
            return None
        node.use(1)
        self.read_amount(path, node)
        return self.signed(notations.amount(found))

    def signed(self, amount: Decimal) -> Decimal:
        """An amount as the invoice states it: with the opposite sign in a reversed credit note."""
        return -amount if self.reversed and amount else amount

    def read_amount(self, path: str, *nodes: Node) -> None:
        """`path` is an amount of these segments, reversed or not."""
        if self.reversed:
            self.derived(
                path, nodes, "Vorzeichen umgekehrt (Gutschrift)", "sign reversed (credit note)"
            )
        else:
            self.read(path, *nodes)

    def days(self, node: Node | None) -> tuple[date, date] | None:
        """First and last day of a DTM segment; None when empty or no date (which is a finding,
        MAP-03)."""
        if node is None:
            return None
        text, code = node.peek(1, 2), node.peek(1, 3)
        if not text:
            return None
        found = notations.days(text, code)
        if found is None:
            self.report("MAP-03", node, value=text, format=code or "-")
            return None
        node.use(1)
        if self.energy:
            return notations.german_day(text, found[0]), notations.german_day(text, found[1])
        return found

    def day(self, path: str, node: Node | None) -> date | None:
        """The day of a DTM segment, with its origin; a longer period has none."""
        found = self.days(node)
        if found is None or node is None:
            return None
        if found[0] != found[1]:
            node.used.clear()
            return None
        self.read(path, node)
        return found[0]

    def money(self, group: Node, *qualifiers: str) -> Node | None:
        """The first MOA of these qualifiers, in their order, that is in the invoice currency."""
        for qualifier in qualifiers:
            for moa in group.children:
                if (
                    moa.tag == "MOA"
                    and moa.qualifier == qualifier
                    and moa.peek(1, 3) in ("", self.currency)
                ):
                    return moa
        return None

    # Findings ---------------------------------------------------------------------------------

    def report(
        self,
        rule: str,
        node: Node | Place | None = None,
        *,
        term: str | None = None,
        missing: str | None = None,
        line: str | None = None,
        basis: str | None = None,
        **texts: str | Decimal | int | None,
    ) -> None:
        """Add a finding of the catalogue at a segment."""
        place = (node.place if isinstance(node, Node) else node) or self.tree.header.place
        if line is None and isinstance(node, Node):
            line = self.line_names.get(node.root.segment.position)
        shown: dict[str, Any] = {**texts, "tag": place.tag, "position": line or ""}
        self.findings.append(
            finding(rule, place=place, term=term, missing=missing, line=line, basis=basis, **shown)
        )
