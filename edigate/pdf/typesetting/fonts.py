"""Text becomes bytes of fixed 8-bit font pages, and a width.

The faces stand ready in `templates/fonts/`: every page of 256 codes is a small TrueType file of its
own, so a document embeds the pages it uses unchanged and nothing is subset while it is written.
Characters that no page holds are shown as their code point, never as a blank. This module must not
know what the text means.
"""

import codecs
import json
import unicodedata
import zlib
from dataclasses import dataclass
from functools import cache, lru_cache

from edigate.resources import template

Runs = tuple[tuple[str, str], ...]
"""Pieces of one line: name of the font resource, and the codes to show in it as they stand in a
string of the page."""

ENGLISH, END = "\udc00", "\udc01"
"""Around English text on a page in both languages, without width: lone surrogates, which no decoded
text can hold. Among the runs of a line they stand in the place of a font resource."""

_LETTER = {"EdigateSans-Regular": "R", "EdigateSans-Semibold": "S", "EdigateSymbols-Regular": "Y"}


@dataclass(frozen=True, slots=True)
class FontPage:
    """One page of a face as it is embedded: widths in thousandths of the size, `program`
    deflated."""

    resource: str
    name: str
    characters: tuple[int, ...]
    widths: tuple[int, ...]
    ascent: int
    descent: int
    cap_height: int
    box: tuple[int, int, int, int]
    stem: int
    program: bytes
    program_length: int
    to_unicode: bytes


@dataclass(frozen=True, slots=True)
class _Glyph:
    resource: str
    code: int
    width: int


def _to_unicode(characters: tuple[int, ...]) -> bytes:
    """The deflated ToUnicode CMap of a page (ISO 32000-1, 9.10.3)."""
    ranges: list[list[int]] = []
    for code, unicode in enumerate(characters):
        if not unicode:
            continue
        last = ranges[-1] if ranges else [-1, -1, -1]
        # a range counts in the last byte of the character alone
        if code == last[1] + 1 and unicode == last[2] + code - last[0] and unicode & 0xFF:
            last[1] = code
        else:
            ranges.append([code, code, unicode])
    rows = [f"<{first:02X}> <{last:02X}> <{unicode:04X}>" for first, last, unicode in ranges]
    blocks = [rows[i : i + 100] for i in range(0, len(rows), 100)]
    body = "\n".join(f"{len(b)} beginbfrange\n" + "\n".join(b) + "\nendbfrange" for b in blocks)
    text = (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<00> <FF>\nendcodespacerange\n{body}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )
    return zlib.compress(text.encode("ascii"), 9)


@cache
def font_pages() -> dict[str, FontPage]:
    """Every shipped page by its resource name, read once per process."""
    pages: dict[str, FontPage] = {}
    for face in json.loads(template("fonts/faces.json").read_text("utf-8"))["faces"]:
        for number, (page, codes) in enumerate(face["pages"].items()):
            name = f"{face['name']}-{page}"
            program = template(f"fonts/{name}.ttf").read_bytes()
            resource = f"{_LETTER[face['name']]}{number}"
            left, bottom, right, top = face["box"]
            pages[resource] = FontPage(
                resource=resource,
                name=name,
                characters=tuple(codes["characters"]),
                widths=tuple(codes["widths"]),
                ascent=face["ascent"],
                descent=face["descent"],
                cap_height=face["cap_height"],
                box=(left, bottom, right, top),
                stem=face["stem"],
                program=zlib.compress(program, 9),
                program_length=len(program),
                to_unicode=_to_unicode(tuple(codes["characters"])),
            )
    return pages


_OCTAL = {code: f"\\{code:03o}" for code in (*range(32), *range(127, 256))}


def _escaped(codes: bytes | bytearray) -> str:
    """Codes as a string of the page has them: octal outside printable ASCII, because reportlab's
    pages are text.

    What would need an escape in ASCII itself, brackets and the reverse stroke, is on no page under
    these codes."""
    text = codes.decode("latin-1")
    return text if text.isascii() and text.isprintable() else text.translate(_OCTAL)


class Face:
    """A weight of the page's type: encodes and measures text, with the symbols as its fallback."""

    def __init__(self, letter: str) -> None:
        pages = font_pages()
        self._glyphs: dict[str, _Glyph] = {}
        for resource, page in pages.items():
            if resource[0] not in (letter, "Y"):
                continue
            for code, unicode in enumerate(page.characters):
                if unicode:
                    self._glyphs.setdefault(chr(unicode), _Glyph(resource, code, page.widths[code]))
        self._latin_name = f"{letter}0"
        latin = pages[self._latin_name]
        self._latin_widths = latin.widths
        self._latin = codecs.charmap_build(
            "".join(chr(u) if u else "\ufffe" for u in latin.characters)
        )

    def knows(self, character: str) -> bool:
        """Whether the character has a glyph of its own."""
        return character in self._glyphs

    def set(self, text: str) -> tuple[Runs, int]:
        """The runs of `text` and its width in thousandths of the type size."""
        try:
            latin = codecs.charmap_encode(text, "strict", self._latin)[0]
        except UnicodeEncodeError:
            return self._mixed(text)
        return ((self._latin_name, _escaped(latin)),), sum(
            map(self._latin_widths.__getitem__, latin)
        )

    def _mixed(self, text: str) -> tuple[Runs, int]:
        runs: list[tuple[str, bytearray]] = []
        total = 0
        open_english = False
        for character in visible(text):
            if character in (ENGLISH, END):
                if open_english != (character == ENGLISH):
                    runs.append((character, bytearray()))
                    open_english = not open_english
                continue
            glyph = self._glyphs[character]
            total += glyph.width
            if not runs or runs[-1][0] != glyph.resource:
                runs.append((glyph.resource, bytearray()))
            runs[-1][1].append(glyph.code)
        if open_english:
            runs.append((END, bytearray()))
        return tuple((resource, _escaped(codes)) for resource, codes in runs), total

    @lru_cache(maxsize=4096)  # noqa: B019  # two faces live as long as the process
    def width(self, text: str) -> int:
        """Width in thousandths of the type size."""
        return self.set(text)[1]


@cache
def regular() -> Face:
    """The face of running text."""
    return Face("R")


@cache
def semibold() -> Face:
    """The face of headings and totals."""
    return Face("S")


def visible(text: str) -> str:
    """`text` as the page shows it: composed (NFC), tabs and line ends as spaces, what has no glyph
    as ‹U+XXXX›."""
    glyphs = regular()
    composed = unicodedata.normalize("NFC", text)
    return "".join(
        c
        if glyphs.knows(c) or c in (ENGLISH, END)
        else " "
        if c in "\t\n\r"
        else f"‹U+{ord(c):04X}›"
        for c in composed
    )
