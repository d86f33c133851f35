"""Sheets of paper: measured lines and rules become the content streams of A4 pages, each piece
tagged.

Positions are points from the upper left corner of the sheet. The flow has a cursor `y` and moves to
a new sheet when what comes next does not fit. This module must not know what the text means.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from edigate.pdf.page.images import Logo
from edigate.pdf.typesetting.fonts import END, ENGLISH
from edigate.pdf.typesetting.structure import Element
from edigate.pdf.typesetting.type import LABEL, TINY, MeasuredLine

WIDTH, HEIGHT = 595.28, 841.89
MM = 72 / 25.4
LEFT = 25 * MM
RIGHT = WIDTH - 20 * MM
BODY_WIDTH = RIGHT - LEFT
TOP = 25 * MM
"""Where text starts on the second and later sheets."""
BOTTOM = HEIGHT - 22 * MM
"""Where text ends, above the page number."""

HAIRLINE = "0.5 w 0.74 0.77 0.81 RG"
TINT = "0.945 0.953 0.965 rg"

_TONGUES = {ENGLISH: "/Span<</Lang(en)>>BDC", END: "EMC"}

Artifact = None
"""Owner of what is no content: rules, repeated headings, page numbers."""


class Picture(NamedTuple):
    """An image in a box given as a PDF rectangle (left, bottom, right, top), with its number as
    marked content."""

    logo: Logo
    box: tuple[float, float, float, float]
    mcid: int


class Sheet:
    """One page: pictures, what is painted (rules, tints) and what is written, as operators."""

    __slots__ = (
        "_colour",
        "_font",
        "_owner",
        "fonts",
        "index",
        "marks",
        "paint",
        "pictures",
        "words",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.pictures: list[Picture] = []
        self.paint: list[str] = []
        self.words: list[str] = []
        self.fonts: set[str] = set()
        self.marks = 0
        self._owner: Element | str | None = ""
        self._font = ""
        self._colour = ""

    def write(self, x: float, y: float, line: MeasuredLine, owner: Element | None) -> None:
        """A line with its baseline at `y`, belonging to the element `owner` (None: an artifact)."""
        words = self.words
        if owner is not self._owner:
            if self._owner != "":
                words.append("EMC")
            if owner is None:
                words.append("/Artifact BMC")
            else:
                words.append(f"/{owner.tag}<</MCID {self.marks}>>BDC")
                owner.mark(self.index, self.marks)
                self.marks += 1
            self._owner = owner
        style = line.style
        if style.colour is not self._colour:
            words.append(style.colour)
            self._colour = style.colour
        place = f"1 0 0 1 {x:.2f} {HEIGHT - y:.2f} Tm"
        for resource, codes in line.runs:
            if resource in _TONGUES:
                words.append(_TONGUES[resource])
                continue
            font = f"/{resource} {style.size:g} Tf "
            if font != self._font:
                words.append(font)
                self._font = font
                self.fonts.add(resource)
            words.append(f"{place}({codes})Tj")
            place = ""

    def rule(self, x1: float, x2: float, y: float, kind: str = HAIRLINE) -> None:
        """A horizontal rule."""
        level = f"{HEIGHT - y:.2f}"
        self.paint.append(f"/Artifact BMC {kind} {x1:.2f} {level} m {x2:.2f} {level} l S EMC")

    def tint(
        self, x: float, y: float, width: float, height: float, *, under: int | None = None
    ) -> None:
        """A tinted rectangle whose upper left corner is at (x, y), below what was painted after the
        first `under`."""
        box = (
            f"/Artifact BMC {TINT} {x:.2f} {HEIGHT - y - height:.2f} {width:.2f} {height:.2f} "
            "re f EMC"
        )
        self.paint.insert(len(self.paint) if under is None else under, box)

    def image(self, logo: Logo, box: tuple[float, float, float, float], owner: Element) -> None:
        """An image, filling a box."""
        owner.mark(self.index, self.marks)
        self.pictures.append(Picture(logo, box, self.marks))
        self.marks += 1

    def operators(self) -> list[str]:
        """The content stream after the pictures."""
        end = ["EMC", "ET"] if self._owner != "" else ["ET"]
        return [*self.paint, "BT", *self.words, *end]


class Flow:
    """Text flowing over sheets. y: where the next thing starts; limit: where the present sheet's
    text must end."""

    def __init__(self, document: Element) -> None:
        self.document = document
        self.sheets: list[Sheet] = [Sheet(0)]
        self.y = TOP
        self.limit = BOTTOM

    @property
    def sheet(self) -> Sheet:
        """The sheet being written."""
        return self.sheets[-1]

    def turn(self) -> None:
        """Start a new sheet."""
        self.sheets.append(Sheet(len(self.sheets)))
        self.y = TOP
        self.limit = BOTTOM

    def need(self, height: float) -> None:
        """Turn the sheet unless `height` points are left; a sheet is never left empty."""
        if self.y + height > self.limit and self.y > TOP:
            self.turn()

    def gap(self, height: float) -> None:
        """Leave room, except at the top of a sheet."""
        if self.y > TOP:
            self.y += height

    def lines(self, lines: Iterable[MeasuredLine], owner: Element, x: float = LEFT) -> None:
        """Lines below each other, turning the sheet between them where needed."""
        for line in lines:
            self.need(line.style.leading)
            self.y += line.style.leading
            self.sheet.write(x, self.y - line.style.leading * 0.25, line, owner)

    def finish(self, running: str, number: Callable[[int, int], str]) -> None:
        """Writes the running head (from the second sheet on) and the page numbers, when all sheets
        are known."""
        total = len(self.sheets)
        head = LABEL.line(LABEL.clipped(running, BODY_WIDTH))
        for sheet in self.sheets:
            if sheet.index:
                sheet.write(LEFT, 15 * MM, head, Artifact)
                sheet.rule(LEFT, RIGHT, 15 * MM + 5)
            if total > 1 or sheet.index == 0:
                count = TINY.line(number(sheet.index + 1, total))
                sheet.write(RIGHT - count.width, HEIGHT - 12 * MM, count, Artifact)
