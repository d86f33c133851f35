"""Content becomes the package: one PDF/A-3 file with the readable page, factur-x.xml, the original
and the report.

Deterministic: the same content gives the same bytes. This room must not know EDIFACT.
"""

import hashlib
from datetime import UTC

from edigate.pdf.assemble import Embedded, assemble
from edigate.pdf.content import Content
from edigate.pdf.page.details import annex, findings, footnotes, further_details, provenance
from edigate.pdf.page.glyphs import glyph_findings
from edigate.pdf.page.images import read_logo
from edigate.pdf.page.letterhead import letter_foot, letterhead, parties, title_line
from edigate.pdf.page.line_table import line_table
from edigate.pdf.page.settlement import (
    adjustments,
    notes,
    payment,
    totals,
    totals_height,
    vat_table,
)
from edigate.pdf.page.shown_terms import ShownTerms
from edigate.pdf.page.words import Words, unmarked, words
from edigate.pdf.typesetting.paper import Flow
from edigate.pdf.typesetting.structure import Element
from edigate.pdf.xmp import Description


def package(content: Content) -> bytes:
    """The PDF/A-3A, PDF/UA-1 file of an invoice, not yet sealed (ISO 19005-3, ISO 14289-1, Factur-X
    1.09)."""
    language = words(content.language)
    terms = ShownTerms(content.invoice, content.origins, language)
    logo = read_logo(content.logo) if content.logo else None
    flow = Flow(Element("Document"))
    letterhead(flow, terms, logo)
    letter_foot(flow, terms)
    line_table(flow, terms, totals_height(terms))
    adjustments(flow, terms)
    totals(flow, terms)
    vat_table(flow, terms)
    payment(flow, terms)
    notes(flow, terms)
    further_details(flow, terms)
    annex(flow, content, terms)
    findings(flow, content.findings, terms)
    footnotes(flow, content, terms)
    provenance(flow, content, terms)
    title = title_line(terms)
    issuer, recipient = (getattr(content.invoice, party).name or "" for party in parties(terms))
    dated = f"{title} {_dated(content, language)}".rstrip()
    running = " · ".join(part for part in (dated, issuer) if part)
    numbering = language.text("page")
    flow.finish(running, lambda page, total: numbering.format(page=page, total=total))
    tongue = "en" if content.language == "en" else "de-DE"
    description = Description(
        title=unmarked(" – ".join(part for part in (title, issuer) if part)),
        author=issuer or content.provenance.sender,
        subject=unmarked(" · ".join(part for part in (dated, recipient) if part)),
        language=tongue,
        version=content.provenance.edigate_version,
        created_at=content.created_at,
        evidence=_evidence(content, content.logo if logo else None),
    )
    return assemble(flow, _files(content, language), description)


def _evidence(content: Content, logo: bytes | None) -> dict[str, str]:
    """What the provenance box says, for machines."""
    source = content.provenance
    received = source.received_at.astimezone(UTC).isoformat() if source.received_at else ""
    return {
        "DocumentId": source.document_id,
        "OriginalSha256": source.original_sha256,
        "XmlSha256": source.xml_sha256,
        "ReportSha256": hashlib.sha256(content.report_json).hexdigest(),
        "InputSha256": source.interchange_sha256,
        "LogoSha256": hashlib.sha256(logo).hexdigest() if logo else "",
        "ReceivedAt": received,
        "ReceivedFrom": source.received_from or "",
        "PageLanguage": content.language,
    }


def _dated(content: Content, language: Words) -> str:
    day = content.invoice.issue_date
    return f"{language.text('dated')} {language.date(day)}" if day else ""


def _files(content: Content, language: Words) -> list[Embedded]:
    """The three embedded files; Alternative is what Factur-X asks for in Germany (ZUGFeRD 2.4,
    6.2.2)."""

    def text(key: str) -> str:
        return unmarked(language.text(key))

    return [
        Embedded("factur-x.xml", "text/xml", "Alternative", text("xml_description"), content.xml),
        Embedded(
            content.original_name,
            "application/EDIFACT",
            "Source",
            text("original_description"),
            content.original,
        ),
        Embedded(
            "report.json",
            "application/json",
            "Supplement",
            text("report_description"),
            content.report_json,
        ),
    ]


__all__ = ["glyph_findings", "package"]
