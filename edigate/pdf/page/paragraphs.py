"""The small building blocks of the page: headings, paragraphs, label-and-value pairs.

This module must not know which terms they show.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from edigate.pdf.page.shown_terms import ShownValue
from edigate.pdf.page.words import Words
from edigate.pdf.typesetting.paper import BODY_WIDTH, LEFT, RIGHT, Flow
from edigate.pdf.typesetting.structure import HEADER_ROW, Element
from edigate.pdf.typesetting.table import Column, Row, Table
from edigate.pdf.typesetting.type import HEADING, LABEL, SMALL, MeasuredLine, Style


@cache
def _columns(label: float) -> tuple[Column, ...]:
    """Label, value, label, value, with `label` points for a label."""
    half = BODY_WIDTH / 2
    return (
        Column("", LEFT, LEFT + label),
        Column("", LEFT + label + 6, LEFT + half - 8),
        Column("", LEFT + half, LEFT + half + label),
        Column("", LEFT + half + label + 6, RIGHT),
    )


def heading(
    flow: Flow, text: str, *, level: int = 2, keep: float = 40.0, style: Style = HEADING
) -> None:
    """A heading, kept on one sheet with the `keep` points that follow."""
    flow.gap(12 if level == 2 else 7)
    lines = style.lines(text, BODY_WIDTH)
    flow.need(sum(line.style.leading for line in lines) + keep)
    flow.lines(lines, flow.document.child(f"H{level}"))
    flow.y += 2


def paragraph(flow: Flow, text: str, style: Style = SMALL, mark: str = "") -> None:
    """A paragraph over the width of the text; line ends in it are kept."""
    flow.lines(style.lines(text, BODY_WIDTH, mark), flow.document.child("P"))


class Block(NamedTuple):
    """A fixed place of the sheet for pairs: edges, start, and the room for labels."""

    left: float
    right: float
    top: float
    label: float


def stacked(flow: Flow, items: Sequence[ShownValue], block: Block) -> float:
    """Pairs below each other at a fixed place of the present sheet; returns where they end."""
    x, right, y, label_width = block
    if not items:
        return y
    table = flow.document.child("Table")
    for label, text, mark in items:
        row = table.child("TR")
        left = LABEL.lines(label, label_width)
        value = SMALL.lines(text, right - x - label_width - 6, mark)
        _column(flow, left, x, y, row.child("TH", HEADER_ROW))
        _column(flow, value, x + label_width + 6, y, row.child("TD"))
        y += max(len(left), len(value)) * SMALL.leading + 1.2
    return y


def _column(flow: Flow, lines: Iterable[MeasuredLine], x: float, y: float, owner: Element) -> None:
    for line in lines:
        y += SMALL.leading
        flow.sheet.write(x, y - SMALL.leading * 0.26, line, owner)


def pairs(flow: Flow, items: Iterable[ShownValue], words: Words) -> None:
    """Pairs in two columns beside each other; values that need more room follow over the whole
    width."""
    label = 112.0 if words.bilingual else 80.0
    columns = _columns(label)
    wide = (columns[0], Column("", LEFT + label + 6, RIGHT))
    short: list[Sequence[list[MeasuredLine]]] = []
    long: list[Sequence[list[MeasuredLine]]] = []
    for item in items:
        name = LABEL.lines(item.label, label)
        value = SMALL.lines(item.text, columns[1].width, item.mark)
        fits = "\n" not in item.text and len(value) <= 2
        if fits and all(SMALL.width(word) <= columns[1].width for word in item.text.split(" ")):
            short.append((name, value))
        else:
            long.append((name, SMALL.lines(item.text, wide[1].width, item.mark)))
    if len(short) == 1:
        long.insert(0, short.pop())
    if short:
        half = (len(short) + 1) // 2
        table = Table(flow, columns, ruled=False, head=False, row_headers=True, pad=0.8)
        second = [*short[half:], ([], [])]
        table.rows(
            Row([*first, *other]) for first, other in zip(short[:half], second, strict=False)
        )
    if long:
        table = Table(flow, wide, ruled=False, head=False, row_headers=True, pad=0.8)
        table.rows(Row(pair) for pair in long)
