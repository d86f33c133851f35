"""A valid document -> its sealed PDF/A-3 package with the XML, the original and the report
embedded."""

from edigate import __version__
from edigate.pdf.content import AnnexRow, Content, Provenance
from edigate.pdf.package import glyph_findings, package
from edigate.pipeline.document import JudgedMessage, Package, Presentation, Sealer, sha256
from edigate.pipeline.presenting import report
from edigate.report import as_json
from edigate.source import AnnexEntry, AnySyntax


def draw(
    document: JudgedMessage,
    original: bytes,
    input_sha256: str,
    presentation: Presentation,
    sealer: Sealer | None = None,
) -> Package:
    """Make the PDF/A-3 package of a valid document; a glyph that is missing is a finding.

    original: as `original_of` gives it. input_sha256: of the whole input it came in.
    """
    assert document.mapped is not None
    assert document.xml is not None
    found = glyph_findings(page_content(document, original, input_sha256, b"", presentation))
    if found:
        document = document.with_findings(found)
    report_json = as_json.dump(report(document, original, input_sha256))
    pdf = package(page_content(document, original, input_sha256, report_json, presentation))
    return Package(sealer.seal(pdf) if sealer else pdf, original, report_json, document)


def page_content(
    document: JudgedMessage,
    original: bytes,
    input_sha256: str,
    report_json: bytes,
    presentation: Presentation,
) -> Content:
    """What the page and the file show of a document."""
    mapped, xml, interchange = document.mapped, document.xml, document.interchange
    assert mapped is not None
    assert xml is not None
    return Content(
        invoice=mapped.invoice,
        origins=mapped.origins,
        annex=tuple(
            annex_row(entry, presentation.language, document.syntax) for entry in mapped.annex
        ),
        findings=document.report.findings,
        provenance=Provenance(
            document_id=presentation.document_id,
            interchange_reference=interchange.control_reference,
            message_reference=document.message.reference,
            message_version=document.message.version,
            sender=interchange.sender,
            recipient=interchange.recipient,
            received_at=presentation.received_at,
            received_from=presentation.received_from,
            original_sha256=sha256(original),
            xml_sha256=sha256(xml),
            interchange_sha256=input_sha256,
            excerpt=not document.alone,
            edigate_version=__version__,
            artefacts={
                k: v for k, v in document.report.artefacts.items() if not k.startswith("sha256:")
            },
        ),
        xml=xml,
        original=original,
        report_json=report_json,
        created_at=presentation.created_at,
        language=presentation.language,
        logo=presentation.logo,
    )


def annex_row(entry: AnnexEntry, language: str, syntax: AnySyntax) -> AnnexRow:
    """An entry of the annex as the page shows it. language: `de`, `en` or `de+en`."""
    return AnnexRow(
        entry.label_en if language == "en" else entry.label_de,
        entry.value,
        f"{entry.place.index} {entry.place.tag}",
        entry.line,
        label_en=entry.label_en if language == "de+en" else "",
        days=syntax.days(entry),
    )
