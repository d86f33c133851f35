"""Two open type faces become the small 8-bit font pages that edigate embeds in its PDF files.

A PDF font of one byte per character holds at most 256 glyphs, so the characters are dealt out to
fixed pages (Latin, Latin Extended, Greek, Cyrillic ...). The pages are built once, here, and
committed; a document embeds the pages it uses as they are. Same code, same widths and same bytes in
every document: that is what makes the page fast to write and its bytes reproducible.

Not part of the running program. To repeat it: `pip install fonttools fontpkg-source-sans-3`,
install a DejaVu Sans, then `python build.py SourceSans3[wght].ttf DejaVuSans.ttf`. The licence of
Source Sans reserves its name, so the reduced faces are called Edigate Sans; the symbols taken from
DejaVu Sans are called Edigate Symbols.
"""

import io
import json
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
WEIGHTS = {"Regular": 400, "Semibold": 600}
# Codes no page uses: 0 is .notdef; 10 and 13 change inside PDF strings; the rest needs an escape
# there. The page of Latin gives the brackets and the backslash other codes, so a string is written
# as it is.
FORBIDDEN = {0, 10, 13, ord("("), ord(")"), ord("\\")}

LATIN = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *(ord(c) for c in "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ−≤≥≈≠№ẞᵃᵇᶜ"),
]
SANS_PAGES = {
    "latin": LATIN,
    "latin-extended": [*range(0x100, 0x250), *(ord(c) for c in "ʼˇ˘˙˚˛˝")],
    "latin-additional": [*range(0x1E00, 0x1F00)],
    "greek": [*range(0x370, 0x400)],
    "greek-extended": [*range(0x1F00, 0x2000)],
    "cyrillic": [*range(0x400, 0x530)],
    "symbols": [*range(0x2010, 0x2028), *range(0x202F, 0x2060), *range(0x2070, 0x2800)],
}
SYMBOL_PAGES = {
    "letters": [
        *range(0x180, 0x250),
        *range(0x370, 0x400),
        *range(0x400, 0x530),
        *range(0x1E00, 0x1F00),
    ],
    "signs": [*range(0x2010, 0x2028), *range(0x202F, 0x2060), *range(0x2070, 0x2200)],
    "mathematics": [*range(0x2200, 0x2300)],
    "shapes": [*range(0x2500, 0x2600), *(ord(c) for c in "☎☐☑☒☺★☆✁✂✆✉✎✓✔✕✖✗✘")],
}


def page_codes(wanted: list[int], cmap: dict[int, str], seen: set[int]) -> dict[int, int]:
    """Code -> code point for the wanted characters that the face has and no earlier page holds (at
    most 250)."""
    characters = [u for u in dict.fromkeys(wanted) if u in cmap and u not in seen][:250]
    codes = {u: u for u in characters if u < 0x7F and u not in FORBIDDEN}
    free = iter(
        [
            c
            for c in [*range(1, 32), *range(127, 256), *range(32, 127)]
            if c not in FORBIDDEN | set(codes)
        ]
    )
    for u in characters:
        if u not in codes:
            codes[u] = next(free)
    seen.update(characters)
    return {code: u for u, code in codes.items()}


def page_font(face: bytes, codes: dict[int, int], name: str) -> bytes:
    """The face reduced to one page, with a cmap from code to glyph (Macintosh Roman and Microsoft
    Symbol)."""
    font = TTFont(io.BytesIO(face), lazy=False)
    options = Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = []
    options.notdef_outline = True
    options.recalc_timestamp = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=set(codes.values()))
    cmap = font.getBestCmap()
    glyphs = {code: cmap[u] for code, u in codes.items()}
    subsetter.subset(font)
    font["cmap"] = table = newTable("cmap")
    table.tableVersion = 0
    table.tables = []
    for platform, form, offset in ((1, 6, 0), (3, 4, 0xF000)):
        sub = CmapSubtable.newSubtable(form)
        sub.platformID, sub.platEncID, sub.language = platform, 0, 0
        sub.cmap = {offset + code: glyph for code, glyph in glyphs.items()}
        table.tables.append(sub)
    font["post"].formatType = 3.0
    font["post"].extraNames = []
    font["post"].mapping = {}
    names = font["name"]
    names.names = []
    for number, text in ((1, name), (2, "Regular"), (4, name), (6, name)):
        names.setName(text, number, 3, 1, 0x409)
    for tag in (
        "GSUB",
        "GPOS",
        "GDEF",
        "STAT",
        "DSIG",
        "meta",
        "gasp",
        "FFTM",
        "kern",
        "prep",
        "fpgm",
        "cvt ",
    ):
        if tag in font:
            del font[tag]
    font["head"].created = font["head"].modified = (
        3_786_912_000  # 2024-01-01: the same bytes whenever built
    )
    font.recalcTimestamp = False
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def describe(
    face: bytes, name: str, weight: int, pages: dict[str, dict[int, int]]
) -> dict[str, object]:
    """Metrics of a face in thousandths of its size, with the width of each code of each page."""
    font = TTFont(io.BytesIO(face))
    scale = 1000 / font["head"].unitsPerEm
    os2, head, hmtx, cmap = font["OS/2"], font["head"], font["hmtx"], font.getBestCmap()
    return {
        "name": name,
        "ascent": round(os2.sTypoAscender * scale),
        "descent": round(os2.sTypoDescender * scale),
        "cap_height": round(getattr(os2, "sCapHeight", 1493) * scale),
        "box": [round(v * scale) for v in (head.xMin, head.yMin, head.xMax, head.yMax)],
        "stem": 50 + weight // 10,
        "pages": {
            page: {
                "characters": [codes.get(c, 0) for c in range(256)],
                "widths": [
                    round(hmtx[cmap[codes[c]]][0] * scale) if c in codes else 0 for c in range(256)
                ],
            }
            for page, codes in pages.items()
        },
    }


def main(sans: str, symbols: str) -> None:
    """Write the page files and `faces.json` beside this file."""
    seen: set[int] = set()
    faces = []
    built: dict[str, dict[str, dict[int, int]]] = {}
    instances = {}
    for style, weight in WEIGHTS.items():
        instance = instantiateVariableFont(
            TTFont(sans, lazy=False), {"wght": weight}, inplace=False
        )
        stream = io.BytesIO()
        instance.save(stream)
        instances[style] = stream.getvalue()
    cmap = TTFont(io.BytesIO(instances["Regular"])).getBestCmap()
    sans_pages = {page: page_codes(wanted, cmap, seen) for page, wanted in SANS_PAGES.items()}
    other = Path(symbols).read_bytes()
    symbol_cmap = TTFont(io.BytesIO(other)).getBestCmap()
    symbol_pages = {
        page: page_codes(wanted, symbol_cmap, seen) for page, wanted in SYMBOL_PAGES.items()
    }
    for style, weight in WEIGHTS.items():
        faces.append((instances[style], f"EdigateSans-{style}", weight, sans_pages))
    faces.append((other, "EdigateSymbols-Regular", 400, symbol_pages))
    described = []
    for face, name, weight, pages in faces:
        described.append(describe(face, name, weight, pages))
        built[name] = pages
        for page, codes in pages.items():
            full = f"{name}-{page}"
            (HERE / f"{full}.ttf").write_bytes(page_font(face, codes, full))
    text = json.dumps({"faces": described}, separators=(",", ":"))
    (HERE / "faces.json").write_text(text.replace('},"', '},\n"') + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
