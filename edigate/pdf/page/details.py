"""What the letter did not show yet: parties, references, documents, the annex, the findings, the
evidence."""

import dataclasses
from collections.abc import Iterator, Sequence

from edigate.findings import Finding, Severity, Texts
from edigate.invoice.terms import names, term_of
from edigate.pdf.content import AnnexRow, Content
from edigate.pdf.page.paragraphs import heading, pairs, paragraph
from edigate.pdf.page.shown_terms import MARKS, ShownTerms, ShownValue, fields_of
from edigate.pdf.page.words import Words
from edigate.pdf.typesetting.paper import LEFT, RIGHT, Flow
from edigate.pdf.typesetting.table import Column, Row, Table, spread
from edigate.pdf.typesetting.type import LABEL, SMALL, SMALL_STRONG, WARNING

_GROUPS = ("seller", "buyer", "payee", "tax_representative", "delivery", "period",
    "supporting_documents",
           "payment", "totals")  # fmt: skip

_BOX = 86.0
"""Points the provenance box takes, without its sentences of about 22 points each."""
_MARKS = {"ᵃ": "mark_master_data", "ᵇ": "mark_derived", "ᶜ": "mark_constant"}


def further_details(flow: Flow, terms: ShownTerms) -> None:
    """Every header term that no other block has shown, by group."""
    sections = [(group, found) for group, found in _sections(terms) if found]
    before = None
    if not sections:
        return
    heading(flow, terms.words.text("parties"))
    for group, found in sections:
        if group != before:
            heading(flow, terms.words.group(group), level=3, keep=12, style=SMALL_STRONG)
        before = group
        pairs(flow, found, terms.words)


def _sections(terms: ShownTerms) -> Iterator[tuple[str, list[ShownValue]]]:
    invoice = terms.invoice
    ids = {field.name: field.term for field in fields_of(type(invoice))}
    control = terms.rest("process_control", invoice.process_control)
    yield "", [*terms.rest("", invoice, deep=False), *control]
    for name in _GROUPS:
        value = getattr(invoice, name)
        if isinstance(value, tuple):
            for index, item in enumerate(value):
                yield ids[name], list(terms.rest(f"{name}[{index}]", item))
        elif dataclasses.is_dataclass(value):
            yield ids[name], list(terms.rest(name, value))


def annex(flow: Flow, content: Content, terms: ShownTerms) -> None:
    """What the EDIFACT message says beyond EN 16931."""
    if not content.annex:
        return
    words = terms.words
    heading(flow, words.text("annex"))
    for text in words.both(words.texts("annex_note")):
        paragraph(flow, text, LABEL)
    flow.y += 3
    lines = any(row.line for row in content.annex)
    labels = [words.text("annex_label"), words.text("annex_value"), words.text("annex_segment")]
    widths = [150.0, 0.0, 52.0]
    if lines:
        labels.append(words.text("annex_line"))
        widths.append(34.0)
    columns = [Column(label, a, b) for label, (a, b) in zip(labels, spread(widths), strict=True)]
    table = Table(flow, columns, pad=2)
    table.rows(
        Row([
            SMALL.lines(_statement(row, words), columns[0].width),
            SMALL.lines(_value(row, words), columns[1].width),
            SMALL.lines(row.segment, columns[2].width),
            *([SMALL.lines(row.line or "", columns[3].width)] if lines else []),
        ])
        for row in content.annex
    )  # fmt: skip


def _statement(row: AnnexRow, words: Words) -> str:
    return words.join(Texts(de=row.label, en=row.label_en)) if row.label_en else row.label


def _value(row: AnnexRow, words: Words) -> str:
    """The value as received, with the day or days it says before it."""
    if row.days is None:
        return row.value
    said = " – ".join(words.date(day) for day in dict.fromkeys(row.days))
    return f"{said} ({row.value})"


def findings(flow: Flow, found: Sequence[Finding], terms: ShownTerms) -> None:
    """Warnings and information of the check, with rule, basis and segment."""
    if not found:
        return
    words = terms.words
    heading(flow, words.text("findings"))
    edges = spread([78.0, 0.0, 112.0])
    labels = [
        words.text("finding_rule"),
        words.text("finding_message"),
        words.text("finding_basis"),
    ]
    columns = [Column(label, a, b) for label, (a, b) in zip(labels, edges, strict=True)]
    table = Table(flow, columns, pad=2)
    table.rows(_finding(finding, columns, terms) for finding in found)


def _finding(finding: Finding, columns: Sequence[Column], terms: ShownTerms) -> Row:
    words = terms.words
    style = SMALL_STRONG if finding.severity is Severity.INFORMATION else WARNING
    place = (
        [f"{words.text('annex_segment')} {finding.place.index} {finding.place.tag}"]
        if finding.place
        else []
    )
    if finding.line:
        place.append(f"{words.text('annex_line')} {finding.line}")
    if finding.count > 1:
        place.append(f"{finding.count} ×")
    basis = "\n".join([finding.basis, *([" · ".join(place)] if place else [])])
    return Row([
        [*style.lines(words.text(finding.severity.value), columns[0].width),
         *SMALL.lines(finding.rule, columns[0].width)],
        [line for text in words.both(finding.message) for line in SMALL.lines(text, columns[
            1].width)],
        SMALL.lines(basis, columns[2].width),
    ])  # fmt: skip


def footnotes(flow: Flow, content: Content, terms: ShownTerms) -> None:
    """What the raised letters mean, and how each value that no segment states came about."""
    words = terms.words
    marks = [
        f"{letter} {words.text(key)}"
        for letter, key in _MARKS.items()
        if letter in terms.used_marks
    ]
    if not marks:
        return
    flow.gap(8)
    paragraph(flow, " · ".join(marks), LABEL)
    reasons: dict[tuple[str, str], dict[str, None]] = {}
    for path, origin in content.origins.items():
        letter = MARKS.get(origin.kind)
        if letter and origin.note and (term := term_of(path)):
            name = words.join(names()[term]) if term in names() else term
            reasons.setdefault((letter, words.join(origin.note)), {})[name] = None
    for (letter, note), labels in sorted(reasons.items(), key=lambda reason: reason[0][0]):
        paragraph(flow, f"{letter} {', '.join(labels)}: {note}", LABEL)


def provenance(flow: Flow, content: Content, terms: ShownTerms) -> None:
    """Where the document comes from and how that can be proven."""
    words, source = terms.words, content.provenance
    sentences = list(words.both(words.texts("readable")))
    if source.excerpt:
        sentences.extend(words.both(words.texts("excerpt")))
    heading(flow, words.text("provenance"), keep=_BOX + 22 * len(sentences))
    sheet, top, under = flow.sheet, flow.y, len(flow.sheet.paint)
    flow.y += 4
    for text in sentences:
        paragraph(flow, text.format(original=content.original_name))
        flow.y += 2
    flow.y += 3
    pairs(flow, _evidence(content, terms), words)
    if flow.sheet is sheet:
        sheet.tint(LEFT - 7, top, RIGHT - LEFT + 14, flow.y - top + 5, under=under)


def _evidence(content: Content, terms: ShownTerms) -> Iterator[ShownValue]:
    words, source = terms.words, content.provenance

    def shown(key: str, text: str) -> ShownValue:
        return ShownValue(words.text(key), text, "")

    yield shown("document_id", source.document_id)
    yield shown("interchange", source.interchange_reference)
    yield shown("message", f"{source.message_reference} ({source.message_version})")
    yield shown("sender", source.sender)
    yield shown("recipient", source.recipient)
    if source.received_at is not None:
        origin = (
            f" {words.text('received_from')} {source.received_from}" if source.received_from else ""
        )
        yield shown("received", f"{words.moment(source.received_at)}{origin}")
    versions = ", ".join(f"{name} {version}" for name, version in sorted(source.artefacts.items()))
    yield shown(
        "made_with", f"edigate {source.edigate_version}" + (f"; {versions}" if versions else "")
    )
    yield shown("original_hash", source.original_sha256)
    yield shown("xml_hash", source.xml_sha256)
    if source.interchange_sha256 != source.original_sha256:
        yield shown("interchange_hash", source.interchange_sha256)
