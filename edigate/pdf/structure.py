"""The logical structure of the page: a tree of tagged elements that say what each piece of text is.

ISO 32000-1, 14.7 and 14.8; PDF/UA-1 (ISO 14289-1). This module must not know where things stand on the page.
"""

from collections.abc import Iterator, Sequence

from edigate.pdf.writer import Writer, string

_PAGE = 1 << 16
"""A kid that is an int is marked content: page index * _PAGE + its number (MCID) on that page."""

HEADER_COLUMN = b"/A<</O/Table/Scope/Column>>"
HEADER_ROW = b"/A<</O/Table/Scope/Row>>"


class Element:
    """A structure element: its tag, its kids in reading order, and further entries of its dictionary."""

    __slots__ = ("entries", "kids", "number", "tag")

    def __init__(self, tag: bytes, entries: bytes = b"") -> None:
        self.tag = tag
        self.entries = entries
        self.kids: list[Element | int] = []
        self.number = 0

    def child(self, tag: bytes, entries: bytes = b"") -> "Element":
        """A new element inside this one, after those already there."""
        element = Element(tag, entries)
        self.kids.append(element)
        return element

    def mark(self, page: int, mcid: int) -> None:
        """Let this element own a piece of marked content."""
        self.kids.append(page * _PAGE + mcid)


def figure(description: str, box: tuple[float, float, float, float]) -> bytes:
    """Entries of a figure: its alternate text and its box (left, bottom, right, top) on the sheet."""
    return b"/Alt %b/A<</O/Layout/Placement/Block/BBox[%.2f %.2f %.2f %.2f]>>" % (string(description), *box)


def _walk(element: Element) -> Iterator[Element]:
    stack = [element]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(kid for kid in reversed(current.kids) if kid.__class__ is Element)


def write_structure(writer: Writer, document: Element, pages: Sequence[int]) -> int:
    """Writes the tree; `pages` are the object numbers of the pages. Returns the number of the StructTreeRoot."""
    root = writer.reserve()
    parents = writer.reserve()
    elements = list(_walk(document))
    first = writer.reserve(len(elements))
    for number, element in enumerate(elements, first):
        element.number = number
    owners: list[dict[int, int]] = [{} for _ in pages]
    document_parent = {document.number: root}
    for element in elements:
        for kid in element.kids:
            if kid.__class__ is Element:
                document_parent[kid.number] = element.number
            else:
                page, mcid = divmod(kid, _PAGE)  # type: ignore[operator]  # an int, see above
                owners[page][mcid] = element.number
    for element in elements:
        writer.put(element.number, _dictionary(element, document_parent[element.number], pages))
    nums = [
        b"%d[%b]" % (index, b" ".join(b"%d 0 R" % found[mcid] for mcid in range(len(found))))
        for index, found in enumerate(owners)
    ]
    writer.put(parents, b"<</Nums[%b]>>" % b"".join(nums))
    writer.put(
        root,
        b"<</Type/StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>"
        % (document.number, parents, len(pages)),
    )
    return root


def _dictionary(element: Element, parent: int, pages: Sequence[int]) -> bytes:
    kids = element.kids
    page = -1
    for kid in kids:
        if kid.__class__ is not Element:
            page = kid // _PAGE  # type: ignore[operator]
            break
    parts: list[bytes] = []
    for kid in kids:
        if kid.__class__ is Element:
            parts.append(b"%d 0 R" % kid.number)
        else:
            home, mcid = divmod(kid, _PAGE)  # type: ignore[operator]
            # content on another page than the element's own needs a reference that names the page
            parts.append(b"%d" % mcid if home == page else b"<</Type/MCR/Pg %d 0 R/MCID %d>>" % (pages[home], mcid))
    where = b"/Pg %d 0 R" % pages[page] if page >= 0 else b""
    what = b"/K %b" % parts[0] if len(parts) == 1 else b"/K[%b]" % b" ".join(parts) if parts else b""
    return b"<</S/%b/P %d 0 R%b%b%b>>" % (element.tag, parent, where, what, element.entries)
