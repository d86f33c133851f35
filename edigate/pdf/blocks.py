"""The small building blocks of the page: headings, paragraphs, label-and-value pairs.

This module must not know which terms they show.
"""

from collections.abc import Iterable, Sequence

from edigate.pdf.paper import BODY_WIDTH, LEFT, RIGHT, Flow
from edigate.pdf.structure import HEADER_ROW, Element
from edigate.pdf.table import Column, Row, Table
from edigate.pdf.terms import Shown
from edigate.pdf.type import HEADING, LABEL, SMALL, Line, Style

_HALF = BODY_WIDTH / 2
_LABEL = 78.0
_COLUMNS = (
    Column("", LEFT, LEFT + _LABEL),
    Column("", LEFT + _LABEL + 6, LEFT + _HALF - 8),
    Column("", LEFT + _HALF, LEFT + _HALF + _LABEL),
    Column("", LEFT + _HALF + _LABEL + 6, RIGHT),
)
_WIDE = (_COLUMNS[0], Column("", LEFT + _LABEL + 6, RIGHT))


def heading(flow: Flow, text: str, *, level: int = 2, keep: float = 40.0, style: Style = HEADING) -> None:
    """A heading, kept on one sheet with the `keep` points that follow."""
    flow.gap(12 if level == 2 else 7)
    lines = style.lines(text, BODY_WIDTH)
    flow.need(sum(line.style.leading for line in lines) + keep)
    flow.lines(lines, flow.document.child(b"H%d" % level))
    flow.y += 2


def paragraph(flow: Flow, text: str, style: Style = SMALL, mark: str = "") -> None:
    """A paragraph over the width of the text; line ends in it are kept."""
    flow.lines(style.lines(text, BODY_WIDTH, mark), flow.document.child(b"P"))


def stacked(
    flow: Flow, pairs: Iterable[Shown], x: float, right: float, label_width: float, y: float, parent: Element
) -> float:
    """Pairs below each other at a fixed place of the present sheet; returns where they end."""
    table: Element | None = None
    for label, text, mark in pairs:
        table = table or parent.child(b"Table")
        row = table.child(b"TR")
        left = LABEL.lines(label, label_width)
        value = SMALL.lines(text, right - x - label_width - 6, mark)
        _column(flow, left, x, y, row.child(b"TH", HEADER_ROW))
        _column(flow, value, x + label_width + 6, y, row.child(b"TD"))
        y += max(len(left), len(value)) * SMALL.leading + 1.2
    return y


def _column(flow: Flow, lines: Iterable[Line], x: float, y: float, owner: Element) -> None:
    for line in lines:
        y += SMALL.leading
        flow.sheet.write(x, y - SMALL.leading * 0.26, line, owner)


def pairs(flow: Flow, items: Iterable[Shown]) -> None:
    """Pairs in two columns beside each other; values that need more room follow over the whole width."""
    short: list[Shown] = []
    long: list[Shown] = []
    for item in items:
        fits = len(SMALL.lines(item.text, _COLUMNS[1].width)) <= 2 and "\n" not in item.text
        (short if fits else long).append(item)
    if short:
        half = (len(short) + 1) // 2
        table = Table(flow, _COLUMNS if len(short) > 1 else _WIDE, ruled=False, head=False, row_headers=True, pad=0.8)
        second: Sequence[Shown | None] = [*short[half:], None]
        table.rows(
            Row([*_pair(first), *(_pair(other) if other else ([], []))] if len(short) > 1 else _pair(first))
            for first, other in zip(short[:half], second, strict=False)
        )
    if long:
        table = Table(flow, _WIDE, ruled=False, head=False, row_headers=True, pad=0.8)
        table.rows(
            Row([LABEL.lines(item.label, _LABEL), SMALL.lines(item.text, _WIDE[1].width, item.mark)]) for item in long
        )


def _pair(item: Shown) -> tuple[list[Line], list[Line]]:
    return LABEL.lines(item.label, _LABEL), SMALL.lines(item.text, _COLUMNS[1].width, item.mark)
