"""A letter -> plain text of at most 78 columns where words allow; excerpts keep their lines."""

import textwrap

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


def _block(block: Block) -> list[str]:
    match block:
        case Heading(words):
            return [words.upper(), "=" * min(len(words), _WIDTH)]
        case Paragraph(words):
            return _wrap(words, "")
        case Pairs(rows):
            width = min(max((len(label) for label, _ in rows), default=0) + 2, _LABEL)
            return [
                line
                for label, value in rows
                for line in _wrap(value, " " * width, f"{label}: ".ljust(width))
            ]
        case Grid():
            return _grid(block)
        case Steps(items):
            return [
                line for n, item in enumerate(items, 1) for line in _wrap(item, "   ", f"{n}. ")
            ]
        case Remarks(items):
            return [line for item in items for line in _wrap(item, "  ", "- ")]
        case Quote(words, label):
            head = [f"[{label}]"] if label else []
            return head + [line for given in words.split("\n") for line in _quoted(given)]
        case FindingBlock():
            return _finding(block)


def _quoted(line: str) -> list[str]:
    """A line of a quotation, wrapped where it is prose; the mark in front shows where the quotation
    ends."""
    return (
        [f"| {part}".rstrip() for part in _wrap(line, "")]
        if " " in line
        else [f"| {line}".rstrip()]
    )


def _grid(grid: Grid) -> list[str]:
    """A table where it fits; else what is narrow on one line of each row and what is wide below
    it."""
    widths = [
        max(len(row[n]) for row in (grid.columns, *grid.rows)) for n in range(len(grid.columns))
    ]
    fits = sum(widths) + 2 * (len(widths) - 1) <= _WIDTH
    narrow = [n for n, width in enumerate(widths) if fits or width <= _NARROW]

    def line(row: tuple[str, ...]) -> str:
        return "  ".join(
            row[n].rjust(widths[n]) if n in grid.right else row[n].ljust(widths[n]) for n in narrow
        )

    if fits:
        return [
            line(row).rstrip() for row in (grid.columns, tuple("-" * w for w in widths), *grid.rows)
        ]
    out = []
    for row in grid.rows:
        below = [
            part for n, cell in enumerate(row) if n not in narrow for part in _wrap(cell, "  ")
        ]
        out += (
            [f"- {line(row)}".rstrip(), *below]
            if narrow
            else ["- " + below[0].lstrip(), *below[1:]]
        )
    return out


def _finding(block: FindingBlock) -> list[str]:
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
