"""Rows for people and for programs: columns on a terminal, one line a row in a pipe, CSV, JSON.

An id is never broken: where the columns do not fit, the other texts wrap, and where even that is
too wide each row becomes a block of lines.
"""

import argparse
import csv
import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from edigate.cli.options import GREATEST
from edigate.findings import printable

MOST = 100
"""Rows of a list unless more are asked for."""
_GAP = "  "
_WRAPPED = 14
"""Least width of a column that wraps."""
_WHOLE = 40
"""A cell without spaces up to this length (an id, a moment, an amount) is never wrapped."""
_FORMULA = ("=", "+", "-", "@")
Rows = list[list[Any]]


def add_list_options(command: argparse.ArgumentParser, limit: int | None = MOST) -> None:
    """How a list is shown, and how much of it. limit: rows without --limit; None: all."""
    how, much = (command.add_mutually_exclusive_group() for _ in range(2))
    how.add_argument("--csv", action="store_true", help="print CSV")
    how.add_argument("--json", action="store_true", help="print JSON")
    # Text, as typed: argparse overlooks in a group an option whose value is the default itself.
    absent = None if limit is None else str(limit)
    said = f"most rows; absent: {absent or 'all'}"
    much.add_argument("--limit", type=_count, metavar="N", default=absent, help=said)
    much.add_argument("--all", dest="limit", action="store_const", const=None, help="every row")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows, 1 or more")
    return min(int(text), GREATEST)


def show(
    options: argparse.Namespace,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    total: int | None = None,
) -> None:
    """Print rows as the options ask. total: how many there are where `rows` is only the part to be
    shown.

    What is not shown is said on standard error, whatever the format.
    """
    found = [[_value(cell) for cell in row] for row in rows]
    limit = getattr(options, "limit", None)
    shown = found if limit is None else found[:limit]
    _print(options, columns, shown)
    say_how_many(options, len(found) if total is None else total)


def say_how_many(options: argparse.Namespace, there: int) -> None:
    """On standard error, when only the first of `there` rows were shown."""
    limit = getattr(options, "limit", None)
    if limit is not None and limit < there:
        print(f"edigate: {limit} of {there} shown; --limit N or --all shows more", file=sys.stderr)


def _print(options: argparse.Namespace, columns: Sequence[str], rows: Rows) -> None:
    if options.json:
        objects = [dict(zip(columns, row, strict=True)) for row in rows]
        print(json.dumps(objects, ensure_ascii=False, indent=1))
    elif getattr(options, "csv", False):
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_safe(_text(cell)) for cell in row] for row in rows)
    else:
        texts = [list(columns), *([_text(cell) for cell in row] for row in rows)]
        lines = (
            _columns(texts, shutil.get_terminal_size().columns)
            if sys.stdout.isatty()
            else map("\t".join, texts)
        )
        for line in lines:
            print(line)


def _value(cell: object) -> Any:
    """A cell as JSON has it: objects and lists stay, everything else is text."""
    if isinstance(cell, dict | list):
        return cell
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return "" if cell is None else str(cell)


def _text(cell: Any) -> str:
    if isinstance(cell, dict):
        return printable(
            " ".join(f"{name}={value}" for name, one in cell.items() for value in _each(one))
        )
    return printable(" ".join(map(str, cell)) if isinstance(cell, list) else cell)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _safe(text: str) -> str:
    """A cell that a spreadsheet takes as text: other people's names must not become formulas."""
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text.startswith(_FORMULA) else text
    return text


def _columns(texts: list[list[str]], width: int) -> Iterator[str]:
    """The table for a terminal of so many columns; the first row is the heading."""
    widths = _widths(texts, width)
    if widths is None:
        yield from _blocks(texts, width)
        return
    for row in texts:
        cells = [_wrapped(cell, size) for cell, size in zip(row, widths, strict=True)]
        for n in range(max(map(len, cells))):
            parts = (c[n] if n < len(c) else "" for c in cells)
            yield _GAP.join(
                part.ljust(size) for part, size in zip(parts, widths, strict=True)
            ).rstrip()


def _widths(texts: list[list[str]], width: int) -> list[int] | None:
    """Width of each column; None when not even wrapping makes them fit."""
    natural = [max(map(len, column)) for column in zip(*texts, strict=True)]
    least = [max(map(_least, column)) for column in zip(*texts, strict=True)]
    room = width - len(_GAP) * (len(natural) - 1)
    if sum(least) > room:
        return None
    widths = list(least)
    for n in sorted(range(len(widths)), key=lambda n: natural[n]):
        widths[n] += min(natural[n] - widths[n], room - sum(widths))
    return widths


def _least(cell: str) -> int:
    """The narrowest column a cell fits without breaking what belongs together."""
    words = [len(word) for word in cell.split(" ") if len(word) <= _WHOLE]
    return max([min(len(cell), _WRAPPED), *words])


def _wrapped(cell: str, width: int) -> list[str]:
    return textwrap.wrap(cell, width, break_on_hyphens=False) or [""]


def _blocks(texts: list[list[str]], width: int) -> Iterator[str]:
    """Each row as lines of a name and its value, the value below its name where it does not fit
    beside it."""
    names, *rows = texts
    for row in rows:
        for name, cell in zip(names, row, strict=True):
            if not cell:
                continue
            if len(name) + 2 + _least(cell) <= width:
                first, *more = _wrapped(f"{name}: {cell}", width)
                yield first
                yield from (
                    f"  {line}" for part in more for line in _wrapped(part, max(width - 2, _WHOLE))
                )
            else:
                yield f"{name}:"
                yield from (f"  {line}" for line in _wrapped(cell, max(width - 2, _WHOLE)))
        yield ""
