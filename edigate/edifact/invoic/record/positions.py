"""Findings about missing segments -> the same findings at the segment after which the missing one
would stand.

The checks point to what is nearest in meaning (the invoice's date where that of supply is missing);
people who mend a message need the place in the order of the message. Structure comes from `tree`;
this module knows the order of the segments within header, line, summary and the groups below them
(the same from D.93A to D.24A).
"""

from collections.abc import Sequence
from dataclasses import replace

from edigate.edifact.invoic.record.segment_tree import Node, Tree, accepts
from edigate.edifact.syntax.segments import Segment
from edigate.findings import Finding, Place

_HEADER = (
    "BGM",
    "DTM",
    "PAI",
    "ALI",
    "IMD",
    "FTX",
    "RFF",
    "NAD",
    "TAX",
    "CUX",
    "PAT",
    "TDT",
    "TOD",
    "PAC",
    "ALC",
)
_LINE = (
    "PIA", "IMD", "MEA", "QTY", "PCD", "ALI", "DTM", "GIN", "GIR", "QVR", "FTX", "MOA", "PAT",
    "PRI", "RFF", "PAC",
    "LOC", "TAX", "NAD", "ALC",
)  # fmt: skip
_SUMMARY = ("CNT", "MOA", "TAX", "ALC")
_GROUPS = {
    "NAD": ("LOC", "FII", "MOA", "RFF", "DOC", "CTA", "COM"),
    "PAT": ("DTM", "PCD", "MOA"),
    "ALC": ("ALI", "FTX", "QTY", "PCD", "MOA", "RTE", "TAX"),
}


def standing(findings: Sequence[Finding], segments: Sequence[Segment]) -> tuple[Finding, ...]:
    """The findings, those about a missing segment at the one it would follow; others, and those
    that name a segment outside the message, as they are."""
    if not any(f.missing for f in findings) or not segments:
        return tuple(findings)
    tree = Tree(segments)
    return tuple(_moved(f, tree, segments) if f.missing else f for f in findings)


def _moved(finding: Finding, tree: Tree, segments: Sequence[Segment]) -> Finding:
    index = finding.place.index if finding.place else 1
    if not 0 < index <= len(segments) or segments[0].tag != "UNH":
        return finding
    return replace(finding, place=_before(str(finding.missing)[:3], index, tree, segments))


def _before(tag: str, index: int, tree: Tree, segments: Sequence[Segment]) -> Place:
    """The segment after which one with this tag stands. index: of the segment it belongs to or
    stands near."""
    if tag == "LIN":
        ahead = [n.segment for n in tree.nodes if n.root is tree.header or n.root in tree.lines]
        return max((segments[0], *ahead), key=_position).place
    node = next(n for n in tree.nodes if n.segment.position == index)
    group, order = _group(tag, node, tree)
    ahead = _ahead(group, tag, order)
    if ahead:
        return max(ahead, key=_position).place
    if group is tree.summary:
        return next((s for s in segments if s.tag == "UNS"), segments[index - 1]).place
    return segments[0].place if group is tree.header else group.place


def _ahead(group: Node, tag: str, order: tuple[str, ...]) -> list[Segment]:
    """What stands before a tag in its group."""
    rank = _rank(tag, order)
    children = [child for child in group.children if _rank(child.tag, order) <= rank]
    return [n.segment for child in children for n in child.walk()]


def _group(tag: str, node: Node, tree: Tree) -> tuple[Node, tuple[str, ...]]:
    """The group a segment belongs to, from the segment it is missed at, and the order of segments
    in it."""
    section = node.root
    if section not in (tree.header, tree.summary, *tree.lines):
        section = tree.summary if node.tag == "UNS" and tag in _SUMMARY else tree.header
    while node is not section and node.parent is not None:
        if tag in accepts(node, section is tree.summary, section in tree.lines):
            return node, _GROUPS.get(node.tag, ())
        node = node.parent
    if section is tree.header or (section is tree.summary and tag not in _SUMMARY):
        return tree.header, _HEADER
    return section, _SUMMARY if section is tree.summary else _LINE


def _rank(tag: str, order: tuple[str, ...]) -> int:
    return order.index(tag) if tag in order else len(order)


def _position(segment: Segment) -> int:
    return segment.position
