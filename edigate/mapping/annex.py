"""What no term took -> the annex; and the account of every data element of the message.

Each component of each segment is mapped (a mapping module took it), shown in the annex, or envelope. One annex entry
stands for one data element, with the segment's meaning, its qualifier and the element's name in words.
"""

from edigate.findings import Place
from edigate.mapping import tables
from edigate.mapping.result import AnnexEntry, Coverage
from edigate.mapping.tree import Node, Tree

_ENVELOPE = frozenset({"UNH", "UNT", "UNS"})
# Segments whose first data element is a code that only says what the rest means.
_QUALIFIED_TEXT = """
DTM FTX RFF NAD CUX PAT PYT MOA TAX LOC QTY PRI PIA IMD MEA GIN GIR CTA FII PCD CNT TDT ALC PAC PCI
RTE DOC TOD GEI GIS EQD PAI RCS RNG CED AJT
"""
_QUALIFIED = frozenset(_QUALIFIED_TEXT.split())


def account(tree: Tree, names: dict[int, str]) -> tuple[tuple[AnnexEntry, ...], Coverage]:
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
        in_summary = tree.summary.children and node.segment.position >= tree.summary.children[0].segment.position
        taken, shown = _segment(node, entries, None if in_summary else line)
        mapped += taken
        annexed += shown
        lost += _lost(node)
    return tuple(entries), Coverage(mapped, annexed, envelope, tuple(lost))


def _segment(node: Node, entries: list[AnnexEntry], line: str | None) -> tuple[int, int]:
    """Counts of mapped and annexed components; what is annexed is marked in `node.used` as well."""
    taken = shown = 0
    used = node.used
    open_elements: list[tuple[int, list[int]]] = []
    for number, components in enumerate(node.segment.elements, 1):
        left: list[int] = []
        for c, value in enumerate(components, 1):
            if value and not value.isspace():
                if number * 100 + c in used:
                    taken += 1
                else:
                    left.append(c)
        if left:
            open_elements.append((number, left))
    for number, repeats in node.segment.repeats:
        extra = [c for occurrence in repeats[1:] for c in occurrence if c.strip()]
        if extra:
            label = _label(node, number)
            entries.append(AnnexEntry(*label, ", ".join(extra), node.place, line))
            shown += len(extra)
    if not open_elements:
        return taken, shown
    if node.tag in _QUALIFIED and open_elements[0] == (1, [1]) and len(open_elements) > 1:
        # the qualifier stands in the label of what it qualifies
        used.add(101)
        shown += 1
        open_elements = open_elements[1:]
    for number, left in open_elements:
        qualifies = number == 1 and node.tag in _QUALIFIED and left[0] == 1
        values = left[1:] if qualifies and len(left) > 1 else left
        components = node.segment.elements[number - 1]
        if number > 1 and len(left) < sum(1 for c in components if c.strip()) and node.tag != "FTX":
            # part of it is a term: the whole composite gives the rest its sense
            values = list(range(1, len(components) + 1))
        words = node.tag == "FTX" and number == 4
        text = (" " if words else ":").join(components[c - 1].strip() for c in values)
        entries.append(AnnexEntry(*_label(node, number), text, node.place, line))
        used.update(number * 100 + c for c in left)
        shown += len(left)
    return taken, shown


def _lost(node: Node) -> list[tuple[Place, int, int, str]]:
    """Components that are neither mapped nor in the annex: none, or the account is wrong."""
    return [
        (node.place, number, c, value)
        for number, components in enumerate(node.segment.elements, 1)
        for c, value in enumerate(components, 1)
        if value and not value.isspace() and number * 100 + c not in node.used
    ]


def _label(node: Node, number: int) -> tuple[str, str]:
    """`Referenz: Ladeschein (AAU)`, with the element's name behind it from the second data element on."""
    known = tables.labels()
    tag = known.get((node.tag, ""), (f"Segment {node.tag}", f"segment {node.tag}"))
    qualifier = node.qualifier if node.tag in _QUALIFIED else ""
    name = known.get((node.tag, qualifier)) if qualifier else None
    de, en = tag
    if qualifier:
        de = f"{name[0]} ({node.tag} {qualifier})" if name else f"{de} ({node.tag} {qualifier})"
        en = f"{name[1]} ({node.tag} {qualifier})" if name else f"{en} ({node.tag} {qualifier})"
    element = tables.element_labels().get((node.tag, number))
    if element and (number > 1 or not qualifier):
        de, en = f"{de}: {element[0]}", f"{en}: {element[1]}"
    elif number > 1 and not element:
        de, en = f"{de}: Datenelement {number}", f"{en}: data element {number}"
    parent = node.parent
    if parent is not None and parent.parent is not None and parent.tag in _QUALIFIED:
        above = known.get((parent.tag, parent.qualifier)) or known.get((parent.tag, ""), (parent.tag, parent.tag))
        de, en = f"{above[0]} – {de}", f"{above[1]} – {en}"
    return de, en
