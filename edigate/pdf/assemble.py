"""Sheets, files and metadata become one PDF/A-3A and PDF/UA-1 file that is also a Factur-X invoice.

ISO 19005-3 (PDF/A-3), ISO 14289-1 (PDF/UA-1), Factur-X 1.09 part 6. This module must not know what the page says.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from edigate.pdf.fonts import FontPage, font_pages
from edigate.pdf.images import Logo
from edigate.pdf.paper import HEIGHT, WIDTH, Flow
from edigate.pdf.structure import write_structure
from edigate.pdf.writer import Writer, name, string
from edigate.pdf.xmp import Description, pdf_date
from edigate.resources import template


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file inside the PDF. relationship: Alternative, Source, Supplement or Data (ISO 19005-3, Annex E)."""

    filename: str
    media_type: str
    relationship: str
    description: str
    content: bytes


@cache
def _profile() -> bytes:
    return template("sRGB.icc").read_bytes()


def assemble(flow: Flow, files: Sequence[Embedded], description: Description, *, logo: Logo | None = None) -> bytes:
    """The bytes of the file; files are listed by name in the order of their names."""
    moment = description.created_at
    writer = Writer()
    root = writer.reserve()
    tree = writer.reserve()
    pages = [writer.reserve() for _ in flow.sheets]
    contents = [sheet.content() for sheet in flow.sheets]
    used = [page for page in font_pages().values() if any(b"/%b " % page.resource in c for c in contents)]
    maps = {page.to_unicode: 0 for page in used}  # both weights of a page share theirs
    for content in maps:
        maps[content] = writer.add_stream(b"", content, deflated=True)
    fonts = b"".join(b"/%b %d 0 R" % (page.resource, _font(writer, page, maps[page.to_unicode])) for page in used)
    images = b"/XObject<</Logo %d 0 R>>" % logo.write(writer) if logo else b""
    resources = writer.add(b"<</Font<<%b>>%b>>" % (fonts, images))
    for index, (number, content) in enumerate(zip(pages, contents, strict=True)):
        writer.put(
            number,
            b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %.2f %.2f]/Resources %d 0 R/Contents %d 0 R"
            b"/StructParents %d/Tabs/S>>" % (tree, WIDTH, HEIGHT, resources, writer.add_stream(b"", content), index),
        )
    kids = b" ".join(b"%d 0 R" % number for number in pages)
    writer.put(tree, b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(pages), kids))
    structure = write_structure(writer, flow.document, pages)
    profile = writer.add_stream(b"/N 3/Alternate/DeviceRGB", _profile())
    intent = writer.add(
        b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)/RegistryName(http://www.color.org)"
        b"/Info(sRGB IEC61966-2.1)/DestOutputProfile %d 0 R>>" % profile
    )
    metadata = writer.add_raw_stream(b"/Type/Metadata/Subtype/XML", description.packet())
    ordered = sorted(files, key=lambda file: file.filename.encode("utf-8"))
    specifications = [_embed(writer, file, moment) for file in ordered]
    names = b" ".join(
        b"%b %d 0 R" % (string(file.filename), number) for file, number in zip(ordered, specifications, strict=True)
    )
    associated = b" ".join(b"%d 0 R" % number for number in specifications)
    writer.put(
        root,
        b"<</Type/Catalog/Version/1.7/Pages %d 0 R/Metadata %d 0 R/OutputIntents[%d 0 R]/Names<</EmbeddedFiles"
        b"<</Names[%b]>>>>/AF[%b]/StructTreeRoot %d 0 R/MarkInfo<</Marked true>>/Lang%b"
        b"/ViewerPreferences<</DisplayDocTitle true>>>>"
        % (tree, metadata, intent, names, associated, structure, string(description.language)),
    )
    return writer.finish(root, writer.add(description.information()))


def _font(writer: Writer, page: FontPage, unicode: int) -> int:
    """A font page as a symbolic TrueType font. The tag before its name is a hash: unique per page and weight."""
    digest = hashlib.sha256(page.name.encode()).digest()
    tag = bytes(65 + b % 26 for b in digest[:6])
    full = b"/%b+%b" % (tag, page.name.encode())
    program = writer.add_stream(b"/Length1 %d" % page.program_length, page.program, deflated=True)
    descriptor = writer.add(
        b"<</Type/FontDescriptor/FontName%b/Flags 4/FontBBox[%d %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight %d/StemV %d/FontFile2 %d 0 R>>"
        % (full, *page.box, page.ascent, page.descent, page.cap_height, page.stem, program)
    )
    widths = b" ".join(b"%d" % width for width in page.widths)
    return writer.add(
        b"<</Type/Font/Subtype/TrueType/BaseFont%b/FirstChar 0/LastChar 255/Widths[%b]/FontDescriptor %d 0 R"
        b"/ToUnicode %d 0 R>>" % (full, widths, descriptor, unicode)
    )


def _embed(writer: Writer, file: Embedded, moment: datetime) -> int:
    """Number of the file specification (ISO 19005-3, 6.8)."""
    checksum = hashlib.md5(file.content, usedforsecurity=False).hexdigest().upper().encode()
    stream = writer.add_stream(
        b"/Type/EmbeddedFile/Subtype%b/Params<</Size %d/CreationDate %b/ModDate %b/CheckSum<%b>>>"
        % (name(file.media_type), len(file.content), pdf_date(moment), pdf_date(moment), checksum),
        file.content,
    )
    filename = string(file.filename)
    return writer.add(
        b"<</Type/Filespec/F%b/UF%b/AFRelationship/%b/Desc%b/EF<</F %d 0 R/UF %d 0 R>>>>"
        % (filename, filename, file.relationship.encode(), string(file.description), stream, stream)
    )
