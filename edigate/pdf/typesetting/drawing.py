"""Sheets become the pages of a reportlab canvas, with the pages of the type they use.

The canvas is the container: the operators stand ready, and nothing is subset or measured while they
are written. The bytes are not yet what is kept: `assemble` makes PDF/A-3 of them. This module must
not know what the text means.
"""

# reportlab has no types of its own:
# mypy: disable-error-code="no-untyped-call, attr-defined"

import hashlib
from collections.abc import Sequence
from functools import cache

from reportlab import rl_config
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from edigate.pdf.typesetting.fonts import FontPage, font_pages
from edigate.pdf.typesetting.paper import HEIGHT, WIDTH, Sheet

rl_config.useA85 = (
    0  # images as they are packed: what pikepdf saves again should not be in ASCII before
)

_FIRST = "R0"
"""The type every page starts with; without one, reportlab would start with Helvetica, which is not
embedded."""


class _PageFont:
    """A font page as reportlab knows fonts: like its TTFont, but with an encoding that never
    changes, and a program that stands ready. The tag before the name is a hash: unique per page and
    weight."""

    _multiByte = 0  # noqa: N815
    _dynamicFont = 0  # noqa: N815

    def __init__(self, page: FontPage) -> None:
        digest = hashlib.sha256(page.name.encode()).digest()
        tag = "".join(chr(65 + octet % 26) for octet in digest[:6])
        self.fontName = page.name
        self.face = pdfmetrics.TypeFace(page.name)
        self._page = page
        self._full_name = f"{tag}+{page.name}"
        self._widths = f"[{' '.join(map(str, page.widths))}]"
        self._unicode = f"unicode {hashlib.sha256(page.to_unicode).hexdigest()}"

    def addObjects(self, doc: pdfdoc.PDFDocument) -> None:  # noqa: N802  # reportlab's name for it
        """Embed the page as a symbolic TrueType font (ISO 32000-1, 9.6.3)."""
        page = self._page
        program = _packed(page.program, Length1=page.program_length)
        descriptor = pdfdoc.PDFDictionary(
            {
                "Type": "/FontDescriptor",
                "FontName": f"/{self._full_name}",
                "Flags": 4,
                "FontBBox": pdfdoc.PDFArray(page.box),
                "ItalicAngle": 0,
                "Ascent": page.ascent,
                "Descent": page.descent,
                "CapHeight": page.cap_height,
                "StemV": page.stem,
                "FontFile2": doc.Reference(program),
            }
        )
        font = pdfdoc.PDFTrueTypeFont()
        font.BaseFont = self._full_name
        font.FirstChar = 0
        font.LastChar = 255
        font.Widths = self._widths
        font.FontDescriptor = doc.Reference(descriptor)
        known = self._unicode in doc.idToObject  # both weights of a page share theirs
        font.ToUnicode = doc.Reference(
            doc.idToObject[self._unicode] if known else _packed(page.to_unicode), self._unicode
        )
        doc.idToObject[pdfdoc.BasicFonts].dict[page.resource] = font
        doc.fontMapping[page.name] = f"/{page.resource}"


def _packed(content: bytes, **entries: int) -> pdfdoc.PDFStream:
    return pdfdoc.PDFStream(pdfdoc.PDFDictionary({**entries, "Filter": "/FlateDecode"}), content)


@cache
def _fonts() -> dict[str, _PageFont]:
    """Every page of the type by its resource name, registered once per process."""
    fonts = {resource: _PageFont(page) for resource, page in font_pages().items()}
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    return fonts


def draw(sheets: Sequence[Sheet]) -> bytes:
    """The pages as a PDF without structure, metadata or files. The same sheets give the same
    bytes."""
    fonts = _fonts()
    canvas = Canvas(
        "",
        pagesize=(WIDTH, HEIGHT),
        invariant=1,
        pageCompression=0,  # pikepdf packs the pages when it saves them
        initialFontName=fonts[_FIRST].fontName,
        pdfVersion=(1, 7),
    )
    used: set[str] = set()
    for sheet in sheets:
        for logo, (left, bottom, right, top), mcid in sheet.pictures:
            canvas._code.append(f"/Figure<</MCID {mcid}>>BDC")
            place = [round(value, 2) for value in (left, bottom, right - left, top - bottom)]
            canvas.drawImage(ImageReader(logo.picture), *place)
            canvas._code.append("EMC")
        canvas._code.extend(sheet.operators())
        used |= sheet.fonts
        canvas.showPage()
    for resource in sorted(used):
        canvas._doc.getInternalFontName(fonts[resource].fontName)
    return bytes(canvas.getpdfdata())
