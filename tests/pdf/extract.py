"""A PDF becomes its text again, read with pikepdf alone: by page, by tag, and with the place of
every piece."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pikepdf

from edigate.pdf.page.words import unmarked

_RANGE = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{2})> <([0-9A-F]{4})>")


@dataclass(frozen=True, slots=True)
class Piece:
    """A string as it is shown: page index, place, size in points, MCID (None: an artifact)."""

    page: int
    x: float
    y: float
    size: float
    width: float
    text: str
    tag: str
    mcid: int | None
    language: str | None = None


def _cmap(font: pikepdf.Object) -> dict[int, str]:
    found: dict[int, str] = {}
    for first, last, unicode in _RANGE.findall(font.ToUnicode.read_bytes()):
        for offset in range(int(last, 16) - int(first, 16) + 1):
            found[int(first, 16) + offset] = chr(int(unicode, 16) + offset)
    return found


def opened(content: bytes) -> pikepdf.Pdf:
    """The PDF, opened."""
    return pikepdf.Pdf.open(io.BytesIO(content))


def pieces(content: bytes) -> Iterator[Piece]:
    """Every shown string in the order of the content streams."""
    with opened(content) as pdf:
        for number, page in enumerate(pdf.pages):
            fonts = {
                name: (_cmap(f), [int(w) for w in f.Widths])
                for name, f in page.Resources.Font.items()
            }
            yield from _page(number, page, fonts)


def _page(
    number: int, page: pikepdf.Page, fonts: dict[str, tuple[dict[int, str], list[int]]]
) -> Iterator[Piece]:
    font, size, x, y = "", 0.0, 0.0, 0.0
    tags: list[tuple[str, int | None, str | None]] = []
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        operands = instruction.operands
        if operator == "Tf":
            font, size = str(operands[0]), float(operands[1])
        elif operator == "Tm":
            x, y = float(operands[4]), float(operands[5])
        elif operator == "BDC":
            if "/Lang" in operands[1]:
                tags.append((*tags[-1][:2], str(operands[1].Lang)))
            else:
                tags.append((str(operands[0])[1:], int(operands[1].MCID), None))
        elif operator == "BMC":
            tags.append((str(operands[0])[1:], None, None))
        elif operator == "EMC":
            tags.pop()
        elif operator == "Tj":
            codes = bytes(operands[0])
            cmap, widths = fonts[font]
            width = sum(widths[code] for code in codes) * size / 1000
            tag, mcid, language = tags[-1]
            yield Piece(
                number,
                x,
                y,
                size,
                width,
                "".join(cmap[code] for code in codes),
                tag,
                mcid,
                language,
            )
            x += width
    assert not tags, "marked content left open"


def text(content: bytes) -> str:
    """All text, artifacts included, without white space: words wrap, so only their letters can be
    looked for."""
    return squeezed("".join(piece.text for piece in pieces(content)))


def squeezed(value: str) -> str:
    """`value` without white space and without the marks around English text."""
    return "".join(unmarked(value).split())


def page_texts(content: bytes) -> list[str]:
    """The text of each page, without white space."""
    found: dict[int, list[str]] = {}
    for piece in pieces(content):
        found.setdefault(piece.page, []).append(piece.text)
    return [squeezed("".join(found[number])) for number in sorted(found)]
