"""A package's original, drawn again under the conditions the package names -> the same bytes, or
what differs.

The findings are taken from the embedded report, not judged again: duplicates, the tenant's own
weights and the day of receipt have gone into them. What the message says, its XML, the page and the
file around them are made anew.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from edigate import __version__, pipeline
from edigate.checks.verdict import Report, State
from edigate.findings import Finding, FindingClass, Place, Severity, Source, Texts
from edigate.invoice import cii
from edigate.pdf.contents import EmbeddedFile
from edigate.pdf.integrity import SelfDescription, Verification
from edigate.pdf.seal.problems import PackageProblem, problem
from edigate.pipeline import Conditions, JudgedMessage, Package, Presentation


class RebuildState(StrEnum):
    """Whether the original gives the file. NOT_COMPARABLE: another version made it, which is no
    defect."""

    IDENTICAL = "identical"
    DIFFERS = "differs"
    IMPOSSIBLE = "impossible"
    NOT_COMPARABLE = "not-comparable"


@dataclass(frozen=True, slots=True)
class Rebuild:
    """What came of drawing a package again; reasons say what differs or is missing."""

    state: RebuildState
    reasons: tuple[PackageProblem, ...] = ()


def rebuild(pdf: bytes, proof: Verification, conditions: Conditions, logo: bytes | None) -> Rebuild:
    """Draw the package again from its embedded original and compare it with the bytes before the
    seal.

    conditions: master data and what was agreed with the sender when the package was made.
    """
    parts = _parts(proof)
    if parts is None:
        return _impossible(problem("REBUILD-PARTS"))
    said = parts.said
    if said.edigate and said.edigate != __version__:  # only the same version draws the same bytes
        version = problem("REBUILD-VERSION", then=said.edigate, now=__version__)
        return Rebuild(RebuildState.NOT_COMPARABLE, (version,))
    if said.logo_sha256 and (logo is None or pipeline.sha256(logo) != said.logo_sha256):
        return _impossible(problem("REBUILD-LOGO", sha256=said.logo_sha256))
    alone = said.input_sha256 == parts.original.sha256
    document = _document(parts.original.content, conditions, alone=alone)
    if document is None or document.mapped is None:
        return _impossible(problem("REBUILD-UNREADABLE"))
    try:
        document = _as_reported(document, json.loads(parts.report.content))
    except (ValueError, KeyError, TypeError):
        return _impossible(problem("REBUILD-PARTS"))
    made = pipeline.draw(
        document, parts.original.content, said.input_sha256, _presentation(said, logo)
    )
    return _compared(pdf[: proof.seal.unsealed_bytes], made, document, parts)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a package holds to draw it again."""

    original: EmbeddedFile
    xml: EmbeddedFile
    report: EmbeddedFile
    said: SelfDescription


def _parts(proof: Verification) -> _Parts | None:
    """None where one of them is missing."""
    original, xml, report = (proof.file(n) for n in ("original.edi", "factur-x.xml", "report.json"))
    if original is None or xml is None or report is None or proof.evidence is None:
        return None
    return _Parts(original, xml, report, proof.evidence)


def _impossible(why: PackageProblem) -> Rebuild:
    return Rebuild(RebuildState.IMPOSSIBLE, (why,))


def _presentation(said: SelfDescription, logo: bytes | None) -> Presentation:
    return Presentation(
        document_id=said.document_id,
        created_at=said.created_at,
        received_at=said.received_at,
        received_from=said.received_from,
        language=said.language,
        logo=logo if said.logo_sha256 else None,
    )


def _compared(found: bytes, made: Package, document: JudgedMessage, parts: _Parts) -> Rebuild:
    """The bytes that were found against those that were made, and what differs."""
    if made.pdf == found:
        return Rebuild(RebuildState.IDENTICAL)
    unknown = [gln for gln, _ in document.mapped.facts.unknown_partners] if document.mapped else []
    if unknown:
        return _impossible(problem("REBUILD-PARTNERS", glns=", ".join(unknown)))
    reasons = []
    if document.xml != parts.xml.content:
        reasons.append(problem("REBUILD-XML"))
    if made.report_json != parts.report.content:
        reasons.append(problem("REBUILD-REPORT"))
    reasons.append(_first_difference(made.pdf, found))
    return Rebuild(RebuildState.DIFFERS, tuple(reasons))


def _first_difference(built: bytes, found: bytes) -> PackageProblem:
    pairs = enumerate(zip(built, found, strict=False))
    first = next((at for at, (a, b) in pairs if a != b), min(len(built), len(found)))
    return problem("REBUILD-BYTES", first=first, built=len(built), found=len(found))


def _document(original: bytes, conditions: Conditions, *, alone: bool) -> JudgedMessage | None:
    """The one INVOIC of the original, mapped, with no verdict yet."""
    opened = pipeline.opened(original, conditions)
    messages = tuple(pipeline.invoices(opened)) if opened.transmission.readable else ()
    if len(messages) != 1 or not messages[0][1].readable:
        return None
    found = pipeline.Found(opened.syntax, *messages[0], original)
    mapped = pipeline.mapped_of(found, conditions)
    judged = found.judged(Report(State.VALID, (), {}), mapped, cii.write(mapped.invoice).xml)
    return replace(judged, alone=alone)


def _as_reported(document: JudgedMessage, report: Mapping[str, Any]) -> JudgedMessage:
    """The document with the findings of its report. Raises: ValueError, KeyError, TypeError for
    another shape."""
    ((interchange,),) = [given["interchanges"] for given in report["inputs"]]
    (message,) = interchange["messages"]
    # what the page could not show is found again when it is drawn
    findings = tuple(f for f in map(_finding, message["findings"]) if not f.rule.startswith("PDF-"))
    envelope = tuple(map(_finding, interchange["findings"]))
    return replace(
        document,
        interchange=document.interchange.with_findings(envelope),
        report=Report(State(message["state"]), findings, dict(report["artefacts"])),
    )


def _finding(entry: Mapping[str, Any]) -> Finding:
    """A finding as `report.as_json` writes it, read back."""
    segment = entry["segment"]
    return Finding(
        rule=entry["rule"],
        severity=Severity(entry["severity"]),
        category=FindingClass(entry["class"]),
        source=Source(entry["source"]),
        message=Texts(**entry["message"]),
        basis=entry["basis"],
        term=entry["term"],
        place=Place(segment["index"], segment["tag"], segment["text"], 0, 0) if segment else None,
        missing=entry.get("missing"),
        line=entry["line"],
        count=entry["count"],
        expected=Texts(**entry["expected"]) if "expected" in entry else None,
        partner=Texts(**entry["partner"]) if "partner" in entry else None,
        official=entry.get("official"),
        location=entry.get("location"),
        also=tuple(entry.get("also", ())),
    )
