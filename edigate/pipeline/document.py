"""One input on its way: what it is judged with, what became of it, and the file that is made of it.

Values only; the judging and the drawing fill them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from edigate.checks.causes import merged
from edigate.checks.law.basis import Circumstances
from edigate.checks.official import artefacts as official
from edigate.checks.official.artefacts import Artefacts
from edigate.checks.official.schematron import Engine, Schematron
from edigate.checks.official.xsd import XsdValidator
from edigate.checks.verdict import Report, State
from edigate.edifact.invoic.record.deviations import Deviations
from edigate.edifact.invoic.record.phrases import DEFAULT
from edigate.edifact.invoic.record.result import Mapped
from edigate.edifact.syntax.extraction import Bytes, single_message
from edigate.edifact.syntax.limits import Limits
from edigate.edifact.syntax.segments import Interchange, Message, Transmission
from edigate.findings import Finding, Severity
from edigate.masterdata import PartnerDirectory


def sha256(content: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(content).hexdigest()


class Sealer(Protocol):
    """Signs a package so that any later change shows."""

    def seal(self, pdf: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Engines:
    """What is costly to start and cheap to use: once per process."""

    artefacts: Artefacts
    xsd: XsdValidator
    schematron: Schematron

    @classmethod
    def start(cls, engine: Engine = "fast", allow_unknown: bool = False) -> "Engines":
        """Load the official rules.

        Raises: Misconfigured for unknown rule files, NotChecked when the engine does not start.
        """
        artefacts = official.load(allow_unknown)
        return cls(artefacts, XsdValidator(artefacts), Schematron(artefacts, engine))


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a verdict depends on besides the bytes.

    deviations: by UNB sender id or GLN of the partner. language: of what edigate itself writes into
    an invoice.
    """

    circumstances: Circumstances
    partners: PartnerDirectory
    deviations: Mapping[str, Deviations]
    charsets: Mapping[str, str]
    limits: Limits = field(default_factory=Limits)
    language: str = DEFAULT


@dataclass(frozen=True, slots=True)
class JudgedMessage:
    """One INVOIC, or what may have been one: what was read, mapped and found. mapped and xml are
    None when the message could not be used.

    alone: the input holds this one message and nothing else, so that the input itself is the
    original.
    """

    interchange: Interchange
    message: Message
    mapped: Mapped | None
    xml: bytes | None
    report: Report
    alone: bool = False

    @property
    def state(self) -> State:
        """The verdict in one word."""
        return self.report.state

    def with_findings(
        self, added: tuple[Finding, ...], state: State | None = None
    ) -> "JudgedMessage":
        """The document with findings that were made outside the message (duplicates, missing
        glyphs)."""
        findings = merged((*self.report.findings, *added))
        held = any(f.severity is Severity.ERROR for f in added)
        now = state or (State.INVALID if held and self.state is State.VALID else self.state)
        return replace(self, report=replace(self.report, findings=findings, state=now))


@dataclass(frozen=True, slots=True)
class Examination:
    """One input, read and judged. documents holds every INVOIC in order; nothing of an unreadable
    input is judged."""

    data: bytes
    sha256: str
    transmission: Transmission
    documents: tuple[JudgedMessage, ...]


@dataclass(frozen=True, slots=True)
class Presentation:
    """What the page shows of the way the document came. created_at is aware UTC: the only date the
    file knows."""

    document_id: str
    created_at: datetime
    received_at: datetime | None = None
    received_from: str | None = None
    language: str = "de"
    logo: bytes | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A finished package, and the document with the findings that drawing the page added."""

    pdf: bytes
    original: bytes
    report_json: bytes
    document: JudgedMessage


def original_of(document: JudgedMessage, data: Bytes) -> bytes:
    """The EDIFACT original of one document: the input exactly as received when it holds nothing
    else, otherwise the exact bytes of the message in an envelope of its own, with counts of 1."""
    return (
        data[:] if document.alone else single_message(data, document.interchange, document.message)
    )


def content_hash(message: Message) -> str:
    """SHA-256 over what makes two invoices the same: the segments between UNH and UNT without BGM
    1225.

    A message sent again never has identical bytes (references, preparation time), but identical
    content.
    """
    digest = hashlib.sha256()
    for segment in message.segments[1:-1]:
        elements = segment.elements[:2] if segment.tag == "BGM" else segment.elements
        digest.update(repr((segment.tag, elements, segment.repeats)).encode())
    return digest.hexdigest()
