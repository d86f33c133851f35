"""The metadata packet: XMP by template, and the document information that says the same.

PDF/A identification (ISO 19005-3, 6.6.4), PDF/UA identification, and the Factur-X extension schema
(Factur-X 1.09, 6.2.3) with the prefix fx; and edigate's own extension schema, which says for
machines what the provenance box says for people, so that a package can be verified and drawn again.
This module must not know the page.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from xml.sax.saxutils import escape

from edigate.findings import printable

PRODUCER = "edigate"

# Properties as attributes (ISO 16684-1, 7.9.2.5): the declarations are most of the packet, and no
# filter packs it.
_PROPERTY = """<rdf:li pdfaProperty:name="{name}" pdfaProperty:valueType="{kind}"\
 pdfaProperty:category="{category}"\
 pdfaProperty:description="{description}"/>
"""
_SCHEMA = """<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>{schema}</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>{uri}</pdfaSchema:namespaceURI><pdfaSchema:prefix>{prefix}</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq>
{properties}</rdf:Seq></pdfaSchema:property></rdf:li>
"""
_FACTUR_X = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_UA = "http://www.aiim.org/pdfua/ns/id/"
PROVENANCE = "urn:edigate:pdfa:provenance:1#"
_EVIDENCE = {
    "DocumentId": "Identifier of the document",
    "OriginalSha256": "SHA-256 of the embedded original",
    "XmlSha256": "SHA-256 of the embedded factur-x.xml",
    "ReportSha256": "SHA-256 of the embedded report.json",
    "InputSha256": "SHA-256 of the file received",
    "LogoSha256": "SHA-256 of the logo's file",
    "ReceivedAt": "Time of receipt",
    "ReceivedFrom": "Sender of the file received",
    "PageLanguage": "Language of the page",
}


def _schemas() -> str:
    external = [
        ("DocumentFileName", "The name of the embedded XML document"),
        (
            "DocumentType",
            "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER",
        ),
        ("Version", "The actual version of the standard applying to the embedded XML document"),
        ("ConformanceLevel", "The conformance level of the embedded XML document"),
    ]
    properties = "".join(
        _PROPERTY.format(name=name, kind="Text", category="external", description=text)
        for name, text in external
    )
    evidence = "".join(
        _PROPERTY.format(name=name, kind="Text", category="internal", description=text)
        for name, text in _EVIDENCE.items()
    )
    part = _PROPERTY.format(
        name="part", kind="Integer", category="internal", description="Part of ISO 14289"
    )
    return (
        _SCHEMA.format(
            schema="Factur-X PDFA Extension Schema",
            uri=_FACTUR_X,
            prefix="fx",
            properties=properties,
        )
        + _SCHEMA.format(
            schema="PDF/UA identification schema", uri=_UA, prefix="pdfuaid", properties=part
        )
        + _SCHEMA.format(
            schema="edigate provenance schema",
            uri=PROVENANCE,
            prefix="edigate",
            properties=evidence,
        )
    )


_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">@title@</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>@author@</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">@subject@</rdf:li></rdf:Alt></dc:description>
<dc:language><rdf:Bag><rdf:li>@language@</rdf:li></rdf:Bag></dc:language>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<xmp:CreatorTool>@creator@</xmp:CreatorTool>
<xmp:CreateDate>@date@</xmp:CreateDate><xmp:ModifyDate>@date@</xmp:ModifyDate>
<xmp:MetadataDate>@date@</xmp:MetadataDate>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdf:Producer>@producer@</pdf:Producer>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
<fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>
<fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
</rdf:Description>
@evidence@<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag>
@schemas@</rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>""".replace("@schemas@", _schemas())


_FIELD = re.compile("@([a-z]+)@")


def pdf_date(moment: datetime) -> str:
    """A moment in UTC as a PDF date (ISO 32000-1, 7.9.4)."""
    return f"D:{moment:%Y%m%d%H%M%S}+00'00'"


class Description:
    """Title, author, subject, creator and date of a document, written in both places with the same
    words."""

    def __init__(
        self,
        *,
        title: str,
        author: str,
        subject: str,
        language: str,
        version: str,
        created_at: datetime,
        evidence: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._title = printable(title)
        self._author = printable(author)
        self._subject = printable(subject)
        self.language = language
        self._creator = f"{PRODUCER} {version}"
        self.created_at = created_at
        self._evidence = evidence

    def packet(self) -> bytes:
        """The XMP packet (UTF-8)."""
        values = {
            "title": self._title,
            "author": self._author,
            "subject": self._subject,
            "language": self.language,
            "creator": self._creator,
            "producer": self._creator,
            "date": f"{self.created_at:%Y-%m-%dT%H:%M:%S}+00:00",
        }
        filled = {key: escape(value) for key, value in values.items()} | {
            "evidence": self._provenance()
        }
        # one pass: what looks like a place to fill inside a value is left alone
        return _FIELD.sub(lambda found: filled[found[1]], _PACKET).encode("utf-8")

    def _provenance(self) -> str:
        if not self._evidence:
            return ""
        lines = "".join(
            f"<edigate:{key}>{escape(printable(self._evidence[key]))}</edigate:{key}>\n"
            for key in _EVIDENCE
            if self._evidence.get(key)
        )
        return (
            '<rdf:Description rdf:about="" '
            f'xmlns:edigate="{PROVENANCE}">\n{lines}</rdf:Description>\n'
        )

    def information(self) -> dict[str, str]:
        """The entries of the document information dictionary."""
        date = pdf_date(self.created_at)
        return {
            "/Title": self._title,
            "/Author": self._author,
            "/Subject": self._subject,
            "/Creator": self._creator,
            "/Producer": self._creator,
            "/CreationDate": date,
            "/ModDate": date,
        }
