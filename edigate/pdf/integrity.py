"""A package, taken out of whatever archive, becomes the proof of its integrity, or what is wrong
with it.

Offline, and without trust in anything the file says: the seal over every byte, the embedded files
against the digests in the metadata and on the page, their relationships. What today's rules say of
the XML (by a function that is passed in, because this room must not know the rules) is told beside
it and is no part of the proof: a package stays what it was when the rules change.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from edigate.errors import Rejected
from edigate.findings import Finding, Severity
from edigate.pdf.contents import EXPECTED, Contents, EmbeddedFile, contents_of
from edigate.pdf.seal.inspection import SealCheck, SealState, read_seal
from edigate.pdf.seal.problems import PackageProblem, problem

XmlCheck = Callable[[bytes], Sequence[Finding]]


class Issuer(StrEnum):
    """Whose seal it is. UNKNOWN: no certificate was named to compare with; NONE: no seal that names
    anybody."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    FOREIGN = "foreign"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SelfDescription:
    """What the package says of itself for machines: enough to draw it again.

    artefacts: the rules it was judged by when it was made, name -> version or digest.
    """

    document_id: str
    language: str
    input_sha256: str
    logo_sha256: str | None
    created_at: datetime
    received_at: datetime | None
    received_from: str | None
    edigate: str
    artefacts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verification:
    """Everything that could be found out. findings: of the XML under today's rules, which decide
    nothing about integrity; problems: what is wrong with the package itself."""

    seal: SealCheck
    issuer: Issuer
    files: tuple[EmbeddedFile, ...]
    evidence: SelfDescription | None
    findings: tuple[Finding, ...]
    problems: tuple[PackageProblem, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong and the seal proves it."""
        return not self.problems and self.seal.state is SealState.INTACT

    @property
    def broken_rules(self) -> tuple[str, ...]:
        """The rules of today that the XML breaks."""
        errors = (f.rule for f in self.findings if f.severity is Severity.ERROR)
        return tuple(dict.fromkeys(errors))

    def file(self, name: str) -> EmbeddedFile | None:
        """The embedded file of that name."""
        return next((f for f in self.files if f.name == name), None)


def verify(
    pdf: bytes, check_xml: XmlCheck | None = None, trusted: frozenset[str] | None = None
) -> Verification:
    """Prove the integrity of a package.

    check_xml: what finds fault with factur-x.xml; None leaves the rules out. trusted: SHA-256
    (lower-case hex) of every certificate that a package may be sealed with; None when nobody named
    one. Raises: Rejected when `pdf` is no PDF, is locked by a password, or is not (or too damaged
    to be known as) a package of edigate.
    """
    if b"%PDF-" not in pdf[:1024]:
        raise Rejected("NOT-A-PDF", "this is not a PDF")
    contents, seal = contents_of(pdf), read_seal(pdf)
    if contents.locked:
        raise Rejected("PDF-ENCRYPTED", "this PDF is encrypted: nothing in it can be looked at")
    if not _ours(contents) and seal.state in (SealState.ABSENT, SealState.FOREIGN):
        if problem("PDF-UNREADABLE") in contents.problems:
            raise Rejected("PDF-DAMAGED", "this PDF is too damaged to say whether it is a package")
        raise Rejected("NOT-A-PACKAGE", "this PDF is not a package of edigate")
    if contents.signed and seal.state is SealState.ABSENT:  # rewritten by another program
        seal = replace(seal, state=SealState.BROKEN, problems=(problem("SEAL-DAMAGED"),))
    issuer, report = _issuer(seal, trusted), _reported(contents)
    evidence = _evidence(contents, report)
    problems = [*_of_the_seal(seal, issuer), *contents.problems, *_compared(contents)]
    problems += _of_the_report(report)
    if evidence is None:
        problems.append(problem("METADATA"))
    xml = contents.file("factur-x.xml")
    findings = tuple(check_xml(xml.content)) if check_xml is not None and xml is not None else ()
    once = tuple(dict.fromkeys(problems))
    return Verification(seal, issuer, contents.files, evidence, findings, once)


def _ours(contents: Contents) -> bool:
    """Whether anything in the file is edigate's: its metadata, or the files of a package."""
    names = contents.listed | {f.name for f in contents.files}
    return bool(contents.said) or {"factur-x.xml", "original.edi"} <= names


def _issuer(seal: SealCheck, trusted: frozenset[str] | None) -> Issuer:
    if seal.signer is None:
        return Issuer.NONE
    if trusted is None:
        return Issuer.UNKNOWN
    return Issuer.KNOWN if seal.signer.fingerprint in trusted else Issuer.FOREIGN


def _of_the_seal(seal: SealCheck, issuer: Issuer) -> Iterator[PackageProblem]:
    yield from seal.problems
    if seal.state is SealState.FOREIGN:
        yield problem("SEAL-FOREIGN")
    if issuer is Issuer.FOREIGN and seal.signer is not None:
        subject, fingerprint = seal.signer.subject, seal.signer.fingerprint
        yield problem("SEAL-OTHER-KEY", subject=subject, fingerprint=fingerprint)


def _compared(contents: Contents) -> Iterator[PackageProblem]:
    """The files against what belongs into a package, the metadata and the page."""
    for name, (relationship, _) in EXPECTED.items():
        file = contents.file(name)
        if file is not None:
            yield from _file(file, relationship)
        elif name not in contents.listed:
            yield problem("FILE-MISSING" if contents.complete else "FILE-NOT-FOUND", name=name)
    for name in sorted({f.name for f in contents.files} - EXPECTED.keys()):
        yield problem("FILE-UNKNOWN", name=name)


def _file(file: EmbeddedFile, relationship: str) -> Iterator[PackageProblem]:
    if file.relationship and file.relationship != relationship:
        values = {"found": file.relationship, "expected": relationship}
        yield problem("FILE-RELATIONSHIP", name=file.name, **values)
    if file.said != file.sha256:
        yield problem("FILE-DIGEST", name=file.name, found=file.sha256, said=file.said or "–")
    if file.printed is False:
        yield problem("FILE-PRINTED", name=file.name, found=file.sha256)


@dataclass(frozen=True, slots=True)
class _Report:
    """What report.json says: edigate's version, the state of the one invoice, the rules it was
    judged by."""

    edigate: str = ""
    state: str = "–"
    artefacts: Mapping[str, str] = field(default_factory=dict)


def _reported(contents: Contents) -> _Report | None:
    """What the report says; None when it could not be read."""
    file = contents.file("report.json")
    if file is None:
        return None
    try:
        report = json.loads(file.content)
        ((message,),) = [i["messages"] for given in report["inputs"] for i in given["interchanges"]]
        artefacts = {str(k): str(v) for k, v in report.get("artefacts", {}).items()}
        return _Report(str(report["edigate"]), str(message["state"]), artefacts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _Report()


def _of_the_report(report: _Report | None) -> Iterator[PackageProblem]:
    if report is not None and report.state != "valid":
        yield problem("REPORT-VERDICT", state=report.state)


def _evidence(contents: Contents, report: _Report | None) -> SelfDescription | None:
    said = contents.said
    try:
        received = said.get("ReceivedAt")
        return SelfDescription(
            document_id=said["DocumentId"],
            language=said["PageLanguage"],
            input_sha256=said["InputSha256"],
            logo_sha256=said.get("LogoSha256"),
            created_at=datetime.fromisoformat(contents.created),
            received_at=datetime.fromisoformat(received) if received else None,
            received_from=said.get("ReceivedFrom"),
            edigate=report.edigate if report else "",
            artefacts=report.artefacts if report else {},
        )
    except (KeyError, ValueError):
        return None


__all__ = ["EmbeddedFile", "Issuer", "SelfDescription", "Verification", "XmlCheck", "verify"]
