"""A letter -> plain text of at most 78 columns where words allow; excerpts keep their lines."""

import textwrap
from collections.abc import Sequence
from functools import singledispatch

from rich.cells import cell_len

from edigate.report.blocks import (
    Block,
    ExcerptLine,
    FindingBlock,
    Grid,
    Heading,
    Letter,
    Pairs,
    Paragraph,
    Quote,
    Remarks,
    Steps,
)
from edigate.report.sentences import NO_BREAK, glued

_WIDTH = 78
_LABEL = 24
_NARROW = 20
MARGIN = 8
"""Columns before the text of an excerpt's line: marker and number."""


def text(letter: Letter) -> str:
    """The whole letter, LF line ends."""
    parts = ["\n".join(_block(block)) for block in letter.blocks]
    return "\n\n".join([*parts, "-- \n" + "\n".join(_wrap(letter.footer, ""))]) + "\n"


def _wrap(paragraph: str, indent: str, first: str | None = None) -> list[str]:
    lines = textwrap.wrap(
        glued(paragraph),
        _WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(NO_BREAK, " ") for line in lines] or [
        (indent if first is None else first).rstrip()
    ]


@singledispatch
def _block(block: Block) -> list[str]:
    """The lines of one block; a kind that has no form here is a defect."""
    raise TypeError(f"{type(block).__name__} has no form as text")


@_block.register
def _(block: Heading) -> list[str]:
    return [block.text.upper(), "=" * min(len(block.text), _WIDTH)]


@_block.register
def _(block: Paragraph) -> list[str]:
    return _wrap(block.text, "")


@_block.register
def _(block: Pairs) -> list[str]:
    width = min(max((len(label) for label, _ in block.rows), default=0) + 2, _LABEL)
    return [
        line
        for label, value in block.rows
        for line in _wrap(value, " " * width, f"{label}: ".ljust(width))
    ]


@_block.register
def _(block: Steps) -> list[str]:
    numbered = enumerate(block.items, 1)
    return [line for n, item in numbered for line in _wrap(item, "   ", f"{n}. ")]


@_block.register
def _(block: Remarks) -> list[str]:
    return [line for item in block.items for line in _wrap(item, "  ", "- ")]


@_block.register
def _(block: Quote) -> list[str]:
    head = [f"[{block.label}]"] if block.label else []
    return head + [line for given in block.text.split("\n") for line in _quoted(given)]


def _quoted(line: str) -> list[str]:
    """A line of a quotation, wrapped where it is prose; the mark in front shows where the quotation
    ends."""
    return (
        [f"| {part}".rstrip() for part in _wrap(line, "")]
        if " " in line
        else [f"| {line}".rstrip()]
    )


@_block.register
def _(grid: Grid) -> list[str]:
    """A table where it fits; else what is narrow on one line of each row and what is wide below
    it."""
    widths = [max(map(len, column)) for column in zip(grid.columns, *grid.rows, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) <= _WIDTH:
        ruled = (grid.columns, tuple("-" * width for width in widths), *grid.rows)
        return [_aligned(row, grid, widths, range(len(widths))).rstrip() for row in ruled]
    narrow = [n for n, width in enumerate(widths) if width <= _NARROW]
    return [line for row in grid.rows for line in _spread(row, grid, widths, narrow)]


def _aligned(row: Sequence[str], grid: Grid, widths: Sequence[int], columns: Sequence[int]) -> str:
    """These columns of a row, figures to the right."""
    return "  ".join(
        row[n].rjust(widths[n]) if n in grid.right else row[n].ljust(widths[n]) for n in columns
    )


def _spread(
    row: Sequence[str], grid: Grid, widths: Sequence[int], narrow: Sequence[int]
) -> list[str]:
    """A row on several lines: the narrow columns, then each wide one."""
    wide = [cell for n, cell in enumerate(row) if n not in narrow]
    below = [part for cell in wide for part in _wrap(cell, "  ")]
    if not narrow:
        return ["- " + below[0].lstrip(), *below[1:]]
    return [f"- {_aligned(row, grid, widths, narrow)}".rstrip(), *below]


@_block.register
def _(block: FindingBlock) -> list[str]:
    out = _wrap(f"{block.tag}: {block.title}", "   ", f"{block.number}. ")
    out += _wrap(f"[{block.rule_line}]", "   ")
    if block.message:
        out += _wrap(block.message, "   ")
    if block.excerpt:
        out += [
            "",
            *(f"   {line}" for line in excerpt_lines(block.excerpt, block.missing_label)),
            "",
        ]
    for label, value in (*block.labels, *block.minor):
        out += _wrap(f"{label}: {value}", "      ", "   ")
    return out


def excerpt_lines(
    lines: tuple[ExcerptLine, ...], missing_label: str, width: int = 200
) -> list[str]:
    """The lines of an excerpt with a marker before the segment meant and carets under its wrong
    value.

    width: columns; what is missing is said below the segment where there is no room beside it.
    """
    out = []
    for line in lines:
        if line.missing:
            label = f"<- {missing_label}"
            beside = f">       {line.text}   {label}"
            fits = cell_len(beside) <= width
            out += [beside] if fits else [f">       {line.text}", f"        {label}"]
            continue
        out.append(f"{'>' if line.marked else ' '} {line.index or '':>4}  {line.text}")
        if line.accent is not None:
            start, end = line.accent
            out.append(
                " " * (MARGIN + cell_len(line.text[:start])) + "^" * cell_len(line.text[start:end])
            )
    return out
