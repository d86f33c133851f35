"""The logical structure of the page: a tree of tagged elements that say what each piece of text is.

ISO 32000-1, 14.7 and 14.8; PDF/UA-1 (ISO 14289-1). This module must not know where things stand on
the page.
"""

from dataclasses import dataclass
from functools import cache

import pikepdf
from pikepdf import Array, Dictionary, Name

_PAGE = 1 << 16
"""A kid that is an int is marked content: page index * _PAGE + its number (MCID) on that page."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What an element says beyond its tag. scope: Column or Row of a header; box: left, bottom,
    right, top of a figure on the sheet; language: where it is not the document's."""

    scope: str | None = None
    alternate: str | None = None
    box: tuple[float, float, float, float] | None = None
    language: str | None = None


HEADER_COLUMN = Attributes(scope="Column")
HEADER_ROW = Attributes(scope="Row")


class Element:
    """A structure element: its tag, its kids in reading order, and its attributes."""

    __slots__ = ("attributes", "kids", "tag")

    def __init__(self, tag: str, attributes: Attributes | None = None) -> None:
        self.tag = tag
        self.attributes = attributes
        self.kids: list[Element | int] = []

    def child(self, tag: str, attributes: Attributes | None = None) -> "Element":
        """A new element inside this one, after those already there."""
        element = Element(tag, attributes)
        self.kids.append(element)
        return element

    def mark(self, page: int, mcid: int) -> None:
        """Let this element own a piece of marked content."""
        self.kids.append(page * _PAGE + mcid)


def add_structure(pdf: pikepdf.Pdf, document: Element) -> None:
    """Give the file its structure tree, and each page its way back into it (ISO 32000-1,
    14.7.4.4)."""
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    tree = _Tree(pdf)
    root.K = tree.grow(document, root)
    nums: list[int | pikepdf.Object] = []
    for index, (page, owners) in enumerate(zip(tree.pages, tree.owners, strict=True)):
        page.StructParents = index
        page.Tabs = Name.S
        nums += [index, Array(owners[mcid] for mcid in range(len(owners)))]
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(nums)))
    root.ParentTreeNextKey = len(tree.pages)
    pdf.Root.StructTreeRoot = root
    pdf.Root.MarkInfo = Dictionary(Marked=True)


class _Tree:
    """The elements as objects of a file. owners: for each page, the element of each piece of marked
    content."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._new = pdf.make_indirect
        self.pages = [page.obj for page in pdf.pages]
        self.owners: list[dict[int, pikepdf.Object]] = [{} for _ in self.pages]
        self._shared: dict[Attributes, pikepdf.Object] = {}

    def grow(self, element: Element, parent: pikepdf.Object) -> pikepdf.Object:
        """The object of an element and of everything below it."""
        made = self._new(Dictionary(S=_name(element.tag), P=parent))
        home = -1
        kids: list[object] = []
        for kid in element.kids:
            if isinstance(kid, Element):
                kids.append(self.grow(kid, made))
                continue
            page, mcid = divmod(kid, _PAGE)
            self.owners[page][mcid] = made
            if home < 0:
                home = page
                made.Pg = self.pages[page]
            # content on another page than the element's own needs a reference that names the page
            elsewhere = (
                Dictionary(Type=Name.MCR, Pg=self.pages[page], MCID=mcid) if page != home else None
            )
            kids.append(elsewhere or mcid)
        if kids:
            made.K = kids[0] if len(kids) == 1 else Array(kids)
        if element.attributes is not None:
            self._describe(made, element.attributes)
        return made

    def _describe(self, made: pikepdf.Object, attributes: Attributes) -> None:
        if attributes.scope is not None:
            if attributes not in self._shared:
                scope = Dictionary(O=Name.Table, Scope=_name(attributes.scope))
                self._shared[attributes] = self._new(scope)
            made.A = self._shared[attributes]
        if attributes.box is not None:
            box = Array(round(edge, 2) for edge in attributes.box)
            made.A = Dictionary(O=Name.Layout, Placement=Name.Block, BBox=box)
        if attributes.alternate is not None:
            made.Alt = attributes.alternate
        if attributes.language is not None:
            made.Lang = attributes.language


@cache
def _name(text: str) -> Name:
    return Name(f"/{text}")
