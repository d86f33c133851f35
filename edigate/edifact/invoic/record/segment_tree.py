"""Flat segments -> a tree: each segment under the segment it belongs to.

The order of groups is the same in every directory from D.93A to D.24A although the group numbers
differ, so one table of "which tag may hang under which" is enough. A segment goes to the innermost
open segment that accepts its tag; otherwise to the section (header, line, summary). Senders who
break the order are put right by qualifier, where the qualifier can only mean one thing. This module
knows structure only, no business terms.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from edigate.edifact.invoic.qualifiers import coded, hanging
from edigate.edifact.invoic.record.repetitions import unrepeated
from edigate.edifact.syntax.segments import Segment
from edigate.findings import Place
from edigate.invoice.origin import Origin, OriginKind

_Rules: TypeAlias = dict[str, frozenset[str]]
# Which tags hang under which, by section. Every tag not named goes to the section itself.
_HEADER: dict[str, frozenset[str]] = {
    "RFF": frozenset({"DTM", "GIR", "LOC", "MEA", "QTY", "MOA", "RTE"}),
    "NAD": frozenset({"LOC", "FII", "MOA", "RFF", "DOC", "CTA", "COM"}),
    "CTA": frozenset({"COM"}),
    "DOC": frozenset({"DTM"}),
    "TAX": frozenset({"MOA", "LOC"}),
    "CUX": frozenset({"DTM"}),
    "PAT": frozenset({"DTM", "PCD", "MOA", "PAI", "FII"}),
    "PYT": frozenset({"DTM", "PCD", "MOA", "PAI", "FII"}),
    "TDT": frozenset({"TSR", "LOC", "RFF"}),
    "LOC": frozenset({"DTM"}),
    "TOD": frozenset({"LOC"}),
    "EQD": frozenset({"SEL"}),
    "PAC": frozenset({"MEA", "EQD", "PCI"}),
    "PCI": frozenset({"RFF", "DTM", "GIN"}),
    "ALC": frozenset({"ALI", "FTX", "RFF", "QTY", "PCD", "MOA", "RTE", "TAX"}),
    "QTY": frozenset({"RNG"}),
    "PCD": frozenset({"RNG"}),
    "MOA": frozenset({"RNG"}),
    "RTE": frozenset({"RNG"}),
    "RCS": frozenset({"RFF", "DTM", "FTX"}),
    "AJT": frozenset({"FTX"}),
    "INP": frozenset({"FTX"}),
    "EFI": frozenset({"CED", "COM", "RFF", "DTM", "QTY"}),
}
_LINE: dict[str, frozenset[str]] = _HEADER | {
    "RFF": frozenset({"DTM"}),
    "NAD": frozenset({"LOC", "FII", "RFF", "DOC", "CTA", "COM"}),
    "MOA": frozenset({"CUX", "RNG"}),
    "PAT": frozenset({"DTM", "PCD", "MOA"}),
    "PYT": frozenset({"DTM", "PCD", "MOA"}),
    "PRI": frozenset({"CUX", "APR", "API", "RNG", "DTM"}),
    "LOC": frozenset({"QTY", "DTM"}),
    "ALC": frozenset({"ALI", "DTM", "FTX", "QTY", "PCD", "MOA", "RTE", "TAX"}),
}
_SUMMARY: dict[str, frozenset[str]] = {
    "MOA": frozenset({"RFF"}),
    "RFF": frozenset({"DTM"}),
    "TAX": frozenset({"MOA"}),
    "ALC": frozenset({"ALI", "MOA", "FTX", "PCD", "TAX"}),
}
_SUMMARY_TAGS = frozenset({"CNT", "MOA", "TAX", "ALC", "UNT", "RFF", "DTM", "FTX", "PCD", "ALI"})


class Node:
    """A segment with the segments below it.

    qualifier: first component of the first data element; used: the data elements the mapping has
    read, as element * 100 + component.
    """

    __slots__ = (
        "_by_tag",
        "_origin",
        "_place",
        "children",
        "parent",
        "qualifier",
        "segment",
        "tag",
        "used",
    )

    def __init__(self, segment: Segment, parent: "Node | None") -> None:
        self.segment = segment
        self.tag = segment.tag
        elements = segment.elements
        self.qualifier = elements[0][0].strip() if elements and elements[0] else ""
        self.parent = parent
        self.children: list[Node] = []
        self._by_tag: dict[str, list[Node]] = {}
        self.used: set[int] = set()
        self._place: Place | None = None
        self._origin: Origin | None = None

    @property
    def place(self) -> Place:
        """The segment as the place of a finding or an origin."""
        if self._place is None:
            self._place = self.segment.place
        return self._place

    @property
    def origin(self) -> Origin:
        """The origin of what is read from this segment alone."""
        if self._origin is None:
            self._origin = Origin(OriginKind.SEGMENT, (self.place,))
        return self._origin

    def peek(self, element: int, component: int = 1) -> str:
        """A component, without counting it as mapped."""
        return self.segment.value(element, component)

    def take(self, element: int, component: int = 1) -> str:
        """A component, counted as mapped."""
        value = self.segment.value(element, component)
        if value:
            self.used.add(element * 100 + component)
        return value

    def use(self, *elements: int) -> None:
        """Count every component of these data elements as mapped (all of the segment when none is
        named)."""
        for number, components in enumerate(self.segment.elements, 1):
            if not elements or number in elements:
                self.used.update(number * 100 + c for c in range(1, len(components) + 1))

    def add(self, child: "Node") -> None:
        """The next segment of this group."""
        self.children.append(child)
        self._by_tag.setdefault(child.tag, []).append(child)

    def all(self, tag: str, *qualifiers: str) -> list["Node"]:
        """Children with this tag, and one of these qualifiers when any is named, in order."""
        found = self._by_tag.get(tag)
        if found is None:
            return []
        return [c for c in found if c.qualifier in qualifiers] if qualifiers else found.copy()

    def first(self, tag: str, *qualifiers: str) -> "Node | None":
        """The first child with this tag; with several qualifiers the earliest named one wins."""
        found = self._by_tag.get(tag, ())
        if not qualifiers:
            return found[0] if found else None
        for qualifier in qualifiers:
            for child in found:
                if child.qualifier == qualifier:
                    return child
        return None

    def serving(self, tag: str, use: str) -> list["Node"]:
        """Children with this tag whose qualifier serves a use (`qualifiers.tsv`), in order."""
        return self.all(tag, *coded(tag, use))

    def best(self, tag: str, use: str) -> "Node | None":
        """The child with this tag whose qualifier serves a use best."""
        return self.first(tag, *coded(tag, use))

    @property
    def root(self) -> "Node":
        """The LIN the segment stands under; itself or the section's first segment elsewhere."""
        node = self
        while node.parent is not None:
            node = node.parent
        return node

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, in the order received."""
        yield self
        for child in self.children:
            yield from child.walk()


class Section(Node):
    """Header or summary: a group without a segment of its own worth naming; it lends that of its
    first one.

    amounts: the qualifiers of its MOA.
    """

    __slots__ = ("amounts",)

    def __init__(self, segment: Segment) -> None:
        super().__init__(segment, None)
        self.amounts: set[str] = set()

    def add(self, child: Node) -> None:
        """The next segment of this section."""
        super().add(child)
        if child.tag == "MOA":
            self.amounts.add(child.qualifier)


class Tree:
    """A message: header section, lines (LIN nodes in order), summary section, envelope segments."""

    __slots__ = ("envelope", "header", "lines", "nodes", "summary")

    def __init__(self, segments: Sequence[Segment], repetition: str = "") -> None:
        """repetition: the separator of repetitions (syntax 4)."""
        segments = [unrepeated(s, repetition) if s.repeats else s for s in segments]
        start = next((s for s in segments if s.tag not in ("UNH", "UNA")), segments[0])
        self.header = Section(start)
        self.summary = Section(start)
        self.lines: list[Node] = []
        self.envelope: list[Node] = []
        self.nodes: list[Node] = []
        builder = _Builder(self)
        for segment in segments:
            self.nodes.append(builder.add(segment))


class _Builder:
    """Where the next segment of a message goes.

    party: the last NAD of the header, while nothing but references follows it; closed: UNS+S has
    been seen.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.party: Node | None = None
        self.closed = False
        self._enter(tree.header, _HEADER)

    def add(self, segment: Segment) -> Node:
        """The node of the next segment, put where it belongs."""
        if segment.tag in ("UNH", "UNT", "UNS"):
            return self._envelope(segment)
        if segment.tag == "LIN":
            node = Node(segment, None)
            self.tree.lines.append(node)
            self._enter(node, _LINE)
            return node
        self._change_section(segment)
        return self._under(self._parent(segment), segment)

    def _enter(self, section: Node, rules: _Rules) -> None:
        self.section, self.rules, self.current = section, rules, section

    def _envelope(self, segment: Segment) -> Node:
        node = Node(segment, None)
        self.tree.envelope.append(node)
        if segment.tag == "UNS":
            self.closed = True
            self._enter(self.tree.summary, _SUMMARY)
        return node

    def _change_section(self, segment: Segment) -> None:
        """What can stand in one section only opens it, wherever it comes."""
        tree = self.tree
        if self.section is not tree.summary:
            if segment.tag == "MOA" and (tree.lines or self.closed) and _is_total(segment):
                self._enter(tree.summary, _SUMMARY)
        elif not tree.lines and segment.tag not in _SUMMARY_TAGS:
            # UNS stood before the header was over (seen in generated energy messages)
            self._enter(tree.header, _HEADER)

    def _parent(self, segment: Segment) -> Node:
        parent = _owner(self.current, self.section, self.rules, segment)
        if self.party is not None and parent is self.tree.header and _of_party(segment):
            return self.party
        return parent

    def _under(self, parent: Node, segment: Segment) -> Node:
        node = self.current = Node(segment, parent)
        parent.add(node)
        if parent is self.tree.header and segment.tag != "RFF":
            self.party = node if segment.tag == "NAD" else None
        return node


def _of_party(segment: Segment) -> bool:
    return segment.tag == "CTA" or (
        segment.tag == "RFF" and segment.value(1) in hanging("RFF", "party")
    )


def accepts(node: Node, summary: bool, line: bool) -> frozenset[str]:
    """The tags that hang under a segment, in the summary, in a line, or else in the header."""
    rules = _SUMMARY if summary else _LINE if line else _HEADER
    return rules.get(node.tag, frozenset())


def _is_total(segment: Segment) -> bool:
    """Amounts that exist in the summary only open it, even where UNS is missing or stands
    elsewhere."""
    return segment.value(1) in hanging("MOA", "summary")


def _of_no_rate(qualifier: str, stated: Node) -> bool:
    """Amounts of the whole message, not of the rate before them.

    Line sum (79), gross amount (77, 86, 388) and prepaid amount (113; BDEW) are given per rate as
    well: then they stand behind the total of the message.

    stated: the summary as far as it has been read.
    """
    if (
        qualifier in hanging("MOA", "rate-too")
        and isinstance(stated, Section)
        and qualifier in stated.amounts
    ):
        return False
    return qualifier in hanging("MOA", "message")


def _amount_of_no_rate(qualifier: str, rules: _Rules, section: Node) -> bool:
    return rules is _SUMMARY and _of_no_rate(qualifier, section)


def _of_the_line(tag: str) -> Callable[[str, _Rules, Node], bool]:
    """Amounts and dates that belong to the line, also where they stand behind a price, a reference
    or an allowance."""
    return lambda qualifier, rules, _: rules is _LINE and qualifier in hanging(tag, "line")


def _of_the_document(qualifier: str, rules: _Rules, section: Node) -> bool:  # noqa: ARG001
    """References no party has, which some senders write after a NAD."""
    return rules is _HEADER and qualifier in hanging("RFF", "document")


# (what is open, what comes): whether it belongs elsewhere although the tag could hang there
_MISPLACED: Mapping[tuple[str, str], Callable[[str, _Rules, Node], bool]] = {
    ("TAX", "MOA"): lambda q, rules, section: (
        _amount_of_no_rate(q, rules, section) or _of_the_line("MOA")(q, rules, section)
    ),
    ("ALC", "MOA"): _of_the_line("MOA"),
    ("PRI", "DTM"): _of_the_line("DTM"),
    ("RFF", "DTM"): _of_the_line("DTM"),
    ("CUX", "DTM"): lambda q, _rules, _section: q not in hanging("DTM", "currency"),
    ("NAD", "RFF"): _of_the_document,
    ("TDT", "RFF"): _of_the_document,
}


def _owner(
    current: Node, section: Node, rules: dict[str, frozenset[str]], segment: Segment
) -> Node:
    """The innermost open node that accepts the segment."""
    tag = segment.tag
    node: Node | None = current
    while node is not None and node is not section:
        if tag in rules.get(node.tag, ()):
            value = segment.value(1)
            misplaced = _MISPLACED.get((node.tag, tag))
            if misplaced is None or not misplaced(value, rules, section):
                return node
        node = node.parent
    return section
