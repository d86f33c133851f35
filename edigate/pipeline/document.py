"""One input on its way: what it is judged with, what became of it, and the file that is made of it.

Values only; the judging and the drawing fill them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from edigate.checks.causes import merged
from edigate.checks.law.basis import Circumstances
from edigate.checks.official import artefacts as official
from edigate.checks.official.artefacts import Artefacts
from edigate.checks.official.schematron import Engine, Schematron
from edigate.checks.official.xsd import XsdValidator
from edigate.checks.verdict import Report, State
from edigate.findings import Finding, Severity
from edigate.masterdata import PartnerDirectory
from edigate.slices import Bytes
from edigate.source import (
    DEFAULT_LANGUAGE,
    AnySyntax,
    Deviations,
    Mapped,
    SomeInterchange,
    SomeMessage,
    SomeTransmission,
)


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

    deviations: by the partner's id as a sender, or its GLN. language: of what edigate itself
    writes into an invoice.
    """

    circumstances: Circumstances
    partners: PartnerDirectory
    deviations: Mapping[str, Deviations]
    charsets: Mapping[str, str]
    language: str = DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class JudgedMessage:
    """One invoice, or what may have been one: what was read, mapped and found. mapped and xml are
    None when the message could not be used.

    alone: the input holds this one message and nothing else, so that the input itself is the
    original.
    """

    syntax: AnySyntax
    interchange: SomeInterchange
    message: SomeMessage
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
    """One input, read and judged. documents holds every invoice in order; nothing of an unreadable
    input is judged."""

    data: bytes
    sha256: str
    syntax: AnySyntax
    transmission: SomeTransmission
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
    """The original of one document: the input exactly as received when it holds nothing else,
    otherwise the message as its syntax cuts it out."""
    if document.alone:
        return data[:]
    return document.syntax.original(data, document.interchange, document.message)


def content_hash(document: JudgedMessage) -> str:
    """SHA-256 over what makes two invoices the same, as the syntax knows it."""
    return document.syntax.content_hash(document.message)
