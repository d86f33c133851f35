"""Drawn pages, files and metadata become one PDF/A-3A and PDF/UA-1 file that is also a Factur-X
invoice.

ISO 19005-3 (PDF/A-3), ISO 14289-1 (PDF/UA-1), Factur-X 1.09 part 6. This module must not know what
the page says.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import pikepdf
from pikepdf import Array, Dictionary, Name, NameTree, ObjectStreamMode, Stream

from edigate.pdf.typesetting.drawing import draw
from edigate.pdf.typesetting.paper import Flow
from edigate.pdf.typesetting.structure import add_structure
from edigate.pdf.xmp import Description, pdf_date
from edigate.resources import template


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file inside the PDF. relationship: Alternative, Source, Supplement or Data (ISO 19005-3,
    Annex E)."""

    filename: str
    media_type: str
    relationship: str
    description: str
    content: bytes


@cache
def _profile() -> bytes:
    return template("sRGB.icc").read_bytes()


def assemble(flow: Flow, files: Sequence[Embedded], description: Description) -> bytes:
    """The bytes of the file; files are listed by name in the order of their names."""
    with pikepdf.open(io.BytesIO(draw(flow.sheets))) as pdf:
        root = pdf.Root
        add_structure(pdf, flow.document)
        root.Lang = description.language
        root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
        root.OutputIntents = Array([_intent(pdf)])
        root.Metadata = Stream(pdf, description.packet(), Type=Name.Metadata, Subtype=Name.XML)
        pdf.trailer.Info = pdf.make_indirect(Dictionary(description.information()))
        _embed(pdf, files, description.created_at)
        for page in pdf.pages:
            del page.obj.Trans  # reportlab's empty transition
        del pdf.trailer.ID  # reportlab's, which says nothing of the content
        return _saved(pdf)


def _saved(pdf: pikepdf.Pdf) -> bytes:
    """The file as it is kept: the same objects give the same bytes, the identifier made of them
    included."""
    out = io.BytesIO()
    pdf.save(
        out,
        min_version="1.7",
        object_stream_mode=ObjectStreamMode.generate,
        deterministic_id=True,
        fix_metadata_version=False,  # the packet is right as it is; pikepdf would write it anew
    )
    return out.getvalue()


def _intent(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """The colours are sRGB (ISO 19005-3, 6.2.3)."""
    return pdf.make_indirect(
        Dictionary(
            Type=Name.OutputIntent,
            S=Name.GTS_PDFA1,
            OutputConditionIdentifier="sRGB",
            RegistryName="http://www.color.org",
            Info="sRGB IEC61966-2.1",
            DestOutputProfile=Stream(pdf, _profile(), N=3, Alternate=Name.DeviceRGB),
        )
    )


def _embed(pdf: pikepdf.Pdf, files: Sequence[Embedded], moment: datetime) -> None:
    """The files in the name tree and as files that belong to the document (ISO 19005-3, 6.8)."""
    tree = NameTree.new(pdf)
    associated = Array()
    for file in sorted(files, key=lambda file: file.filename.encode("utf-8")):
        specification = _specification(pdf, file, pdf_date(moment))
        tree[file.filename] = specification
        associated.append(specification)
    pdf.Root.Names = Dictionary(EmbeddedFiles=tree.obj)
    pdf.Root.AF = associated


def _specification(pdf: pikepdf.Pdf, file: Embedded, date: str) -> pikepdf.Object:
    checksum = hashlib.md5(file.content, usedforsecurity=False).digest()
    stream = Stream(
        pdf,
        file.content,
        Type=Name.EmbeddedFile,
        Subtype=Name(f"/{file.media_type}"),
        Params=Dictionary(
            Size=len(file.content),
            CreationDate=date,
            ModDate=date,
            CheckSum=pikepdf.String(checksum),
        ),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Filespec,
            F=file.filename,
            UF=file.filename,
            AFRelationship=Name(f"/{file.relationship}"),
            Desc=file.description,
            EF=Dictionary(F=stream, UF=stream),
        )
    )
