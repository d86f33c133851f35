"""What no term took -> the annex; and the account of every data element of the message.

Each component of each segment is mapped (a mapping module took it), shown in the annex, or
envelope. One annex entry stands for one data element, with the segment's meaning, its qualifier and
the element's name in words.
"""

from collections.abc import Mapping

from edigate.edifact.invoic.record import code_tables, phrases
from edigate.edifact.invoic.record.segment_tree import Node, Tree
from edigate.findings import Place
from edigate.source import AnnexEntry, Coverage

_ENVELOPE = frozenset({"UNH", "UNT", "UNS"})
# Segments whose first data element is a code that only says what the rest means.
_QUALIFIED_TEXT = """
DTM FTX RFF NAD CUX PAT PYT MOA TAX LOC QTY PRI PIA IMD MEA GIN GIR CTA FII PCD CNT TDT ALC PAC PCI
RTE DOC TOD GEI GIS EQD PAI RCS RNG CED AJT
"""
_QUALIFIED = frozenset(_QUALIFIED_TEXT.split())


def account(tree: Tree, names: Mapping[int, str]) -> tuple[tuple[AnnexEntry, ...], Coverage]:
    """The annex and the coverage of a message.

    names: BT-126 by position of the LIN segment.
    """
    entries: list[AnnexEntry] = []
    mapped = annexed = envelope = 0
    lost: list[tuple[Place, int, int, str]] = []
    line: str | None = None
    for node in tree.nodes:
        if node.tag in _ENVELOPE:
            envelope += sum(1 for e in node.segment.elements for c in e if c.strip())
            if node.tag == "UNS":
                line = None
            continue
        if node.tag == "LIN":
            line = names.get(node.segment.position, node.peek(1) or None)
        in_summary = (
            tree.summary.children
            and node.segment.position >= tree.summary.children[0].segment.position
        )
        taken, shown = _segment(node, entries, None if in_summary else line)
        mapped += taken
        annexed += shown
        lost += _lost(node)
    return tuple(entries), Coverage(mapped, annexed, envelope, tuple(lost))


def _segment(node: Node, entries: list[AnnexEntry], line: str | None) -> tuple[int, int]:
    """Counts of mapped and annexed components; what is annexed is marked in `node.used` as well."""
    taken, left = _taken_and_left(node)
    shown = _annex_repeats(node, entries, line)
    if node.tag in _QUALIFIED and len(left) > 1 and left[0] == (1, [1]):
        # the qualifier stands in the label of what it qualifies
        node.used.add(101)
        shown += 1
        left = left[1:]
    for number, components in left:
        entries.append(
            AnnexEntry(*_label(node, number), _text(node, number, components), node.place, line)
        )
        node.used.update(number * 100 + c for c in components)
        shown += len(components)
    return taken, shown


def _taken_and_left(node: Node) -> tuple[int, list[tuple[int, list[int]]]]:
    """How many components a term took, and the others by data element."""
    taken = 0
    left: list[tuple[int, list[int]]] = []
    for number, components in enumerate(node.segment.elements, 1):
        filled = [c for c, value in enumerate(components, 1) if value and not value.isspace()]
        unused = [c for c in filled if number * 100 + c not in node.used]
        taken += len(filled) - len(unused)
        if unused:
            left.append((number, unused))
    return taken, left


def _annex_repeats(node: Node, entries: list[AnnexEntry], line: str | None) -> int:
    """Repetitions (syntax 4) that nobody split: all after the first go to the annex."""
    shown = 0
    for number, repeats in node.segment.repeats:
        extra = [c for occurrence in repeats[1:] for c in occurrence if c.strip()]
        if extra:
            entries.append(AnnexEntry(*_label(node, number), ", ".join(extra), node.place, line))
            shown += len(extra)
    return shown


def _text(node: Node, number: int, left: list[int]) -> str:
    """What the annex shows of a data element: what is left of it, or all where a part gives the
    rest its sense."""
    components = node.segment.elements[number - 1]
    shown = left
    if number == 1 and node.tag in _QUALIFIED and left[0] == 1:
        shown = left[1:] or left
    elif number > 1 and node.tag != "FTX" and len(left) < sum(bool(c.strip()) for c in components):
        shown = list(range(1, len(components) + 1))
    between = " " if node.tag == "FTX" and number == 4 else ":"
    return between.join(components[c - 1].strip() for c in shown)


def _lost(node: Node) -> list[tuple[Place, int, int, str]]:
    """Components that are neither mapped nor in the annex: none, or the account is wrong."""
    return [
        (node.place, number, c, value)
        for number, components in enumerate(node.segment.elements, 1)
        for c, value in enumerate(components, 1)
        if value and not value.isspace() and number * 100 + c not in node.used
    ]


_Words = tuple[str, str]
"""German and English."""


def _label(node: Node, number: int) -> _Words:
    """`Referenz: Ladeschein (AAU)`, with the element's name behind it from the second data element
    on."""
    qualifier = node.qualifier if node.tag in _QUALIFIED else ""
    said = _segment_words(node, qualifier)
    element = _element_words(node, number, qualifier)
    if element is not None:
        said = f"{said[0]}: {element[0]}", f"{said[1]}: {element[1]}"
    parent = node.parent
    if parent is not None and parent.parent is not None and parent.tag in _QUALIFIED:
        known = code_tables.labels()
        of_tag = known.get((parent.tag, ""), (parent.tag, parent.tag))
        above = known.get((parent.tag, parent.qualifier)) or of_tag
        return f"{above[0]} – {said[0]}", f"{above[1]} – {said[1]}"
    return said


def _segment_words(node: Node, qualifier: str) -> _Words:
    """What a segment is, by its qualifier as far as that has words."""
    known = code_tables.labels()
    unknown = phrases.how("segment", "finding")
    words = known.get((node.tag, "")) or (f"{unknown.de} {node.tag}", f"{unknown.en} {node.tag}")
    if not qualifier:
        return words
    words = known.get((node.tag, qualifier), words)
    return f"{words[0]} ({node.tag} {qualifier})", f"{words[1]} ({node.tag} {qualifier})"


def _element_words(node: Node, number: int, qualifier: str) -> _Words | None:
    """What a data element is; None for the first one where the qualifier says it."""
    element = code_tables.element_labels().get((node.tag, number))
    if number == 1 and (qualifier or element is None):
        return None
    if element is not None:
        return element
    unknown = phrases.how("data-element", "finding")
    return f"{unknown.de} {number}", f"{unknown.en} {number}"
