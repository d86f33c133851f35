"""Rows of measured cells become a tagged table that flows over sheets.

Rows are kept whole where they fit; a row taller than a good part of the sheet is divided between
its lines. The header is repeated on each sheet (as an artifact: a reader has heard it), and a
carried sum can stand at the break. This module must not know what the cells mean.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edigate.pdf.typesetting.paper import LEFT, RIGHT, Flow
from edigate.pdf.typesetting.structure import HEADER_COLUMN, HEADER_ROW, Element
from edigate.pdf.typesetting.type import COLUMN, SMALL_STRONG, MeasuredLine

PAD = 3.0
"""Room above and below the text of a row."""
_DIVISIBLE = 180.0
"""A row taller than this may be divided between its lines."""

Cell = Sequence[MeasuredLine]


@dataclass(frozen=True, slots=True)
class Column:
    """A column from `left` to `right` (points from the sheet's edge); figures stand to the
    right."""

    label: str
    left: float
    right: float
    figures: bool = False

    @property
    def width(self) -> float:
        """Width in points."""
        return self.right - self.left


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a row. carried: the text of the sum carried forward when the sheet ends after
    this row."""

    cells: Sequence[Cell]
    carried: str = ""


class Table:
    """One table on the flow."""

    def __init__(
        self,
        flow: Flow,
        columns: Sequence[Column],
        *,
        carry_label: str = "",
        row_headers: bool = False,
        ruled: bool = True,
        head: bool = True,
        pad: float = PAD,
    ) -> None:
        self._flow = flow
        self._columns = columns
        self._carry_label = carry_label
        self._row_headers = row_headers
        self._ruled = ruled
        self._pad = pad
        self._room = (
            14.0 if carry_label else 0.0
        )  # what must stay free below a row: the line of the carried sum
        self._element = flow.document.child("Table")
        self._head = [COLUMN.lines(c.label, c.width) for c in columns] if head else []
        self._first = True
        self._body: Element = self._element

    def _heading(self, element: Element | None) -> None:
        flow = self._flow
        if not self._head:
            return
        height = max(sum(line.style.leading for line in cell) for cell in self._head)
        row = element.child("TR") if element is not None else None
        for column, cell in zip(self._columns, self._head, strict=True):
            owner = row.child("TH", HEADER_COLUMN) if row is not None else None
            down = flow.y + height - sum(line.style.leading for line in cell)
            _draw(flow, column, cell, down, owner)
        flow.y += height + PAD
        flow.sheet.rule(self._columns[0].left, self._columns[-1].right, flow.y)

    def _begin(self, height: float) -> None:
        """The header, together with the first row."""
        self._first = False
        heading = max(
            (sum(line.style.leading for line in cell) for cell in self._head), default=0.0
        )
        self._flow.need(heading + PAD + min(height, _DIVISIBLE) + self._room)
        if self._head:
            self._heading(self._element.child("THead"))
            self._body = self._element.child("TBody")

    def _break(self, carried: str) -> None:
        """To the next sheet, with the carried sum below the old rows and above the new ones."""
        flow = self._flow
        if carried:
            self._carry(carried)
        flow.turn()
        self._heading(None)
        if carried:
            self._carry(carried)
            flow.sheet.rule(self._columns[0].left, self._columns[-1].right, flow.y)

    def _carry(self, carried: str) -> None:
        flow = self._flow
        flow.y += 11
        label, amount = SMALL_STRONG.line(self._carry_label), SMALL_STRONG.line(carried)
        flow.sheet.write(self._columns[1].left, flow.y - 1, label, None)
        flow.sheet.write(self._columns[-1].right - amount.width, flow.y - 1, amount, None)
        flow.y += PAD

    def rows(self, rows: Iterable[Row], *, tail: float = 0.0) -> None:
        """Draw the rows; the last one stays on one sheet with the `tail` points that follow the
        table."""
        carried = ""
        waiting: Row | None = None
        for row in rows:
            if waiting is not None:
                self._row(waiting, carried, self._room)
                carried = waiting.carried
            waiting = row
        if waiting is not None:
            self._row(waiting, carried, min(tail, _DIVISIBLE))

    def _row(self, row: Row, carried: str, room: float) -> None:
        flow = self._flow
        height = max(sum(line.style.leading for line in cell) for cell in row.cells) + 2 * self._pad
        if self._first:
            self._begin(height)
        elif flow.y + min(height, _DIVISIBLE) + room > flow.limit:
            self._break(carried)
        element = self._body.child("TR")
        owners = [
            element.child("TH", HEADER_ROW)
            if self._row_headers and index % 2 == 0
            else element.child("TD")
            for index in range(len(row.cells))
        ]
        if flow.y + height + self._room <= flow.limit:
            top = flow.y + self._pad
            for column, cell, owner in zip(self._columns, row.cells, owners, strict=True):
                _draw(flow, column, cell, top, owner)
            flow.y += height
        else:
            self._divided(row, owners)
        if self._ruled:
            flow.sheet.rule(self._columns[0].left, self._columns[-1].right, flow.y)

    def _divided(self, row: Row, owners: Sequence[Element]) -> None:
        """A row that is taller than the sheet's rest: each cell goes on where it stopped."""
        flow = self._flow
        left = [list(cell) for cell in row.cells]
        while True:
            top = flow.y + self._pad
            space = flow.limit - self._room - self._pad
            deepest = top
            for index, column in enumerate(self._columns):
                now: list[MeasuredLine] = []
                down = top
                while left[index] and (down + left[index][0].style.leading <= space):
                    line = left[index].pop(0)
                    down += line.style.leading
                    now.append(line)
                _draw(flow, column, now, top, owners[index])
                deepest = max(deepest, down)
            flow.y = deepest + self._pad
            if not any(left):
                return
            self._break(row.carried)


def _draw(
    flow: Flow, column: Column, cell: Iterable[MeasuredLine], top: float, owner: Element | None
) -> None:
    write = flow.sheet.write
    for line in cell:
        leading = line.style.leading
        top += leading
        write(
            column.right - line.width if column.figures else column.left,
            top - leading * 0.26,
            line,
            owner,
        )


def spread(
    widths: Sequence[float], left: float = LEFT, right: float = RIGHT, gap: float = 8.0
) -> list[tuple[float, float]]:
    """Left and right edges of columns beside each other; a width of 0 takes what the others
    leave."""
    free = right - left - gap * (len(widths) - 1) - sum(widths)
    flexible = sum(1 for width in widths if not width) or 1
    edges = []
    for width in widths:
        actual = width or max(free / flexible, 20.0)
        edges.append((left, left + actual))
        left += actual + gap
    return edges
