"""One message while it is mapped: what is known of it so far, and the way its values are taken.

Three stages, so that a section says in its arguments what must be settled before it runs: `Draft`
knows the message, `SettledDraft` its currency and sign, `NumberedDraft` the names of its lines.
Values are taken from nodes through them, so that every term gets its origin and every data element
read is counted. They hold no rule of their own and change nothing but the recorder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from edigate.edifact.invoic.record import notations, phrases
from edigate.edifact.invoic.record.recorder import Recorder
from edigate.edifact.invoic.record.segment_tree import Node, Tree
from edigate.edifact.syntax.segments import Interchange, Message
from edigate.findings import Place, Texts, finding
from edigate.invoice.origin import Origin, OriginKind
from edigate.masterdata import PartnerDirectory
from edigate.source import DEFAULT_LANGUAGE, Deviations


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it came, and the recorder.

    binding: the message follows the official D.16B/D.14B binding of EN 16931 (CEN/TS 16931-3-4),
    whose use of some segments differs from EANCOM. energy: EDI@Energy INVOIC (times in UTC,
    NAD+MS/MR). language: of what edigate itself writes into the invoice.
    """

    interchange: Interchange
    message: Message
    partners: PartnerDirectory
    deviations: Deviations
    tree: Tree
    binding: bool = False
    energy: bool = False
    eancom: bool = False
    language: str = DEFAULT_LANGUAGE
    record: Recorder = field(default_factory=Recorder)

    def settled(self, currency: str | None, turned: bool, *, value_only: bool) -> "SettledDraft":
        """The same message with what its amounts depend on. turned: `SettledDraft.reversed`."""
        known = (self.interchange, self.message, self.partners, self.deviations, self.tree)
        dialect = (self.binding, self.energy, self.eancom, self.language)
        return SettledDraft(*known, *dialect, self.record, currency, turned, value_only)

    # Origins ----------------------------------------------------------------------------------

    def read(self, path: str, *nodes: Node) -> None:
        """`path` was read from these segments as they stand."""
        one = len(nodes) == 1
        self.record.origin(
            path,
            nodes[0].origin if one else Origin(OriginKind.SEGMENT, tuple([n.place for n in nodes])),
        )

    def derived(self, path: str, nodes: Sequence[Node], how: str, **values: object) -> None:
        """`path` follows from these segments in the way the phrase `how` says."""
        self.noted(path, nodes, phrases.how_with(how, **values) if values else phrases.how(how))

    def noted(self, path: str, nodes: Sequence[Node], note: Texts) -> None:
        """`path` follows from these segments in the way the note says."""
        self.record.origin(path, Origin(OriginKind.DERIVED, tuple(n.place for n in nodes), note))

    def master_data(self, path: str, node: Node, gln: str) -> None:
        """`path` was filled from the partner directory for the GLN in this segment."""
        note = phrases.how_with("master-data", gln=gln, version=self.partners.version)
        self.record.origin(path, Origin(OriginKind.MASTER_DATA, (node.place,), note))

    def words(self, name: str, **values: object) -> str:
        """What edigate writes into this invoice where only a text has a place."""
        return phrases.written(self.language, name, **values)

    def written_day(self, day: date) -> str:
        """A day as the invoice's texts write it."""
        return f"{day:{self.words('date')}}"

    def written_number(self, number: Decimal) -> str:
        """A number as the invoice's texts write it: 2.50 -> 2,5."""
        text = f"{number:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.replace(".", self.words("decimal-mark"))

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
        found = self.one_day(node)
        if found is not None and node is not None:
            self.read(path, node)
        return found

    def one_day(self, node: Node | None) -> date | None:
        """The day of a DTM segment; a longer period has none, and goes to the annex."""
        found = self.days(node)
        if found is None or node is None:
            return None
        if found[0] != found[1]:
            node.used.clear()
            return None
        return found[0]

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
        once: str = "",
        **texts: str | Decimal | int | None,
    ) -> None:
        """Add a finding of the catalogue at a segment. once: of findings of the rule with this mark
        only the first counts."""
        place = (node.place if isinstance(node, Node) else node) or self.tree.header.place
        if line is None and isinstance(node, Node):
            line = self.line_of(node)
        shown: dict[str, Any] = {**texts, "tag": place.tag, "position": line or ""}
        self.record.finding(
            finding(rule, place=place, term=term, missing=missing, line=line, basis=basis, **shown),
            once,
        )

    def line_of(self, node: Node) -> str | None:  # noqa: ARG002 - no line has a name yet
        """BT-126 of the line a segment stands in, as far as lines have names."""
        return None


@dataclass(frozen=True, slots=True)
class SettledDraft(Draft):
    """A message whose header and summary have settled what every amount depends on.

    currency: BT-5; amounts in other currencies are information. value_only: a financial credit or
    debit note (83, 84): its lines need no quantity. reversed: a credit note whose totals are all
    negative: amounts are taken with the opposite sign (EN 16931 states what is credited as positive
    amounts).
    """

    currency: str | None = None
    reversed: bool = False
    value_only: bool = False

    def numbered(self, names: Mapping[int, str]) -> "NumberedDraft":
        """The same message with the names of its lines."""
        known = (self.interchange, self.message, self.partners, self.deviations, self.tree)
        dialect = (self.binding, self.energy, self.eancom, self.language)
        settled = (self.currency, self.reversed, self.value_only)
        return NumberedDraft(*known, *dialect, self.record, *settled, names)

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
            self.derived(path, nodes, "sign-reversed")
        else:
            self.read(path, *nodes)

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


@dataclass(frozen=True, slots=True)
class NumberedDraft(SettledDraft):
    """A message whose invoice lines are chosen and have their names.

    line_names: BT-126 by position of the LIN segment.
    """

    line_names: Mapping[int, str] = field(default_factory=dict)

    def line_of(self, node: Node) -> str | None:
        """BT-126 of the line a segment stands in; None elsewhere."""
        return self.line_names.get(node.root.segment.position)
