"""A package, taken out of whatever archive, becomes the proof of its integrity, or what is wrong with it.

Offline, and without trust in anything the file says: the seal over every byte, the embedded files against the digests
in the metadata and on the page, their relationships, the XML against the rules (by a function that is passed in,
because this room must not know the rules). Whose certificate it is must be compared by whoever knows the gateway.
"""

import hashlib
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pikepdf
from lxml import etree

from edigate.errors import Rejected
from edigate.findings import Finding, Severity
from edigate.pdf.seal.reading import SealCheck, SealState, read_seal
from edigate.pdf.seal.values import Problem, problem
from edigate.pdf.xmp import PROVENANCE

XmlCheck = Callable[[bytes], Sequence[Finding]]

_LARGEST = 512 * 2**20
"""A stream that unpacks to more is refused: no package holds such a thing, but an attacker's file may."""
_EXPECTED = {
    "factur-x.xml": ("Alternative", "XmlSha256"),
    "original.edi": ("Source", "OriginalSha256"),
    "report.json": ("Supplement", "ReportSha256"),
}
_PRINTED = ("factur-x.xml", "original.edi")
_DIGEST = re.compile(rb"\(([0-9a-f]{64})\)")
_CREATED = "{http://ns.adobe.com/xap/1.0/}CreateDate"
_BROKEN_PDF = (pikepdf.PdfError, KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError)
"""What reading a PDF raises whose objects are not what they must be."""


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file inside the package. said: its SHA-256 as the metadata have it; printed: whether the page shows the SHA-256
    that the file has (None: the page does not show this one)."""

    name: str
    relationship: str
    sha256: str
    said: str | None
    printed: bool | None
    content: bytes = field(repr=False)

    @property
    def intact(self) -> bool:
        """Whether the file is what metadata and page say."""
        return self.sha256 == self.said and self.printed is not False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the package says of itself for machines: enough to draw it again."""

    document_id: str
    language: str
    input_sha256: str
    logo_sha256: str | None
    created_at: datetime
    received_at: datetime | None
    received_from: str | None
    edigate: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Everything that could be found out. findings: of the XML under today's rules."""

    seal: SealCheck
    files: tuple[EmbeddedFile, ...]
    evidence: Evidence | None
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing is wrong and the seal proves it."""
        return not self.problems and self.seal.state is SealState.INTACT

    def file(self, name: str) -> EmbeddedFile | None:
        """The embedded file of that name."""
        return next((f for f in self.files if f.name == name), None)


def verify(pdf: bytes, check_xml: XmlCheck | None = None, trusted: str | None = None) -> Verification:
    """Prove the integrity of a package.

    check_xml: what finds fault with factur-x.xml; None leaves the rules out. trusted: SHA-256 (hex) of the certificate
    the package must be sealed with. Raises: Rejected when `pdf` is not a PDF, or not a package of edigate.
    """
    if b"%PDF-" not in pdf[:1024]:
        raise Rejected("NOT-A-PDF", "this is not a PDF")
    seal = read_seal(pdf)
    problems = list(seal.problems)
    if seal.state is SealState.FOREIGN:
        problems.append(problem("SEAL-FOREIGN"))
    if trusted is not None and seal.signer is not None and seal.signer.fingerprint != trusted.lower().replace(":", ""):
        problems.append(problem("SEAL-OTHER-KEY", subject=seal.signer.subject, fingerprint=seal.signer.fingerprint))
    contents = _contents(pdf)
    ours = contents.said or {"factur-x.xml", "original.edi"} <= {f.name for f in contents.files}
    if not ours and seal.state in (SealState.ABSENT, SealState.FOREIGN):
        raise Rejected("NOT-A-PACKAGE", "this PDF is not a package of edigate")
    problems += contents.problems
    problems += _compared(contents)
    xml = next((f for f in contents.files if f.name == "factur-x.xml"), None)
    findings = tuple(check_xml(xml.content)) if check_xml is not None and xml is not None else ()
    broken = list(dict.fromkeys(f.rule for f in findings if f.severity is Severity.ERROR))
    if broken:
        problems.append(problem("XML-INVALID", rules=", ".join(broken)))
    report = next((f for f in contents.files if f.name == "report.json"), None)
    version, state = _report(report.content) if report is not None else ("", "valid")
    if state != "valid":
        problems.append(problem("REPORT-VERDICT", state=state))
    evidence = _evidence(contents.said, contents.created, version)
    if evidence is None:
        problems.append(problem("METADATA"))
    return Verification(seal, contents.files, evidence, findings, tuple(dict.fromkeys(problems)))


@dataclass(slots=True)
class _Contents:
    """What a reader sees of the file. said: edigate's own metadata."""

    said: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    files: tuple[EmbeddedFile, ...] = ()
    printed: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()


def _contents(pdf: bytes) -> _Contents:
    try:
        opened = pikepdf.open(io.BytesIO(pdf), suppress_warnings=True)
    except _BROKEN_PDF:
        return _Contents(problems=(problem("PDF-UNREADABLE"),))
    with opened:
        contents = _Contents()
        problems = []
        try:
            contents.said, contents.created = _metadata(_unpacked(opened.Root.Metadata))
        except (*_BROKEN_PDF, etree.XMLSyntaxError):
            problems.append(problem("METADATA"))
        try:
            contents.printed = frozenset(_printed(opened))
        except _BROKEN_PDF:
            problems.append(problem("PAGE-UNREADABLE"))
        files = []
        try:
            associated = {spec.objgen for spec in opened.Root.AF}
            for key, specification in pikepdf.NameTree(opened.Root.Names.EmbeddedFiles).items():
                name = key if isinstance(key, str) else key.decode("latin-1")
                files.append(_file(name, specification, contents))
                problems += _declared(name, specification, files[-1].content, associated)
        except _BROKEN_PDF:
            problems.append(problem("FILES-UNREADABLE"))
        contents.files, contents.problems = tuple(files), tuple(problems)
        return contents


def _unpacked(stream: pikepdf.Object) -> bytes:
    """The content of a stream as the writer packs it. Raises: ValueError for another filter, or too much content."""
    raw = bytes(stream.read_raw_bytes())
    chosen = stream.get("/Filter")
    if chosen is None:
        return raw
    if chosen != pikepdf.Name.FlateDecode:
        raise ValueError("another filter than Flate")
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(raw, _LARGEST)
    except zlib.error:
        raise ValueError("a stream is damaged") from None
    if not unpacking.eof:
        raise ValueError("a stream is cut off or too large")
    return content


def _metadata(packet: bytes) -> tuple[dict[str, str], str]:
    """edigate's own properties and the date of creation. Raises: XMLSyntaxError."""
    root = etree.fromstring(packet, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    prefix = f"{{{PROVENANCE}}}"
    elements = [e for e in root.iter() if isinstance(e.tag, str)]
    said = {e.tag.removeprefix(prefix): e.text or "" for e in elements if e.tag.startswith(prefix)}
    return said, next((e.text or "" for e in elements if e.tag == _CREATED), "")


def _printed(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Every digest the pages show: the type's first 8-bit page holds ASCII where ASCII has it."""
    for page in pdf.pages:
        contents = page.obj.Contents
        streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
        for stream in streams:
            yield from (found.decode("ascii") for found in _DIGEST.findall(_unpacked(stream)))


def _file(name: str, specification: pikepdf.Object, contents: _Contents) -> EmbeddedFile:
    content = _unpacked(specification.EF.F)
    digest = hashlib.sha256(content).hexdigest()
    said = contents.said.get(_EXPECTED[name][1]) if name in _EXPECTED else None
    printed = digest in contents.printed if name in _PRINTED else None
    return EmbeddedFile(name, str(specification.get("/AFRelationship", "/"))[1:], digest, said, printed, content)


def _declared(name: str, specification: pikepdf.Object, content: bytes, associated: set[Any]) -> Iterator[Problem]:
    """What the file's own dictionary says of it (ISO 19005-3, 6.8)."""
    if specification.objgen not in associated:
        yield problem("FILE-UNASSOCIATED", name=name)
    parameters = specification.EF.F.Params
    checksum = hashlib.md5(content, usedforsecurity=False).digest()
    if int(parameters.Size) != len(content) or bytes(parameters.CheckSum) != checksum:
        yield problem("FILE-PARAMETERS", name=name)


def _compared(contents: _Contents) -> Iterator[Problem]:
    """The files against what belongs into a package, the metadata and the page."""
    found = {f.name: f for f in contents.files}
    for name, (relationship, _) in _EXPECTED.items():
        file = found.get(name)
        if file is None:
            yield problem("FILE-MISSING", name=name)
            continue
        if file.relationship != relationship:
            yield problem("FILE-RELATIONSHIP", name=name, found=file.relationship, expected=relationship)
        if file.said != file.sha256:
            yield problem("FILE-DIGEST", name=name, found=file.sha256, said=file.said or "–")
        if file.printed is False:
            yield problem("FILE-PRINTED", name=name, found=file.sha256)
    for name in found.keys() - _EXPECTED.keys():
        yield problem("FILE-UNKNOWN", name=name)


def _report(content: bytes) -> tuple[str, str]:
    """edigate's version and the state of the one invoice, as report.json has them."""
    try:
        report = json.loads(content)
        ((message,),) = [i["messages"] for given in report["inputs"] for i in given["interchanges"]]
        return str(report["edigate"]), str(message["state"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", "–"


def _evidence(said: Mapping[str, str], created: str, version: str) -> Evidence | None:
    try:
        received = said.get("ReceivedAt")
        return Evidence(
            document_id=said["DocumentId"],
            language=said["PageLanguage"],
            input_sha256=said["InputSha256"],
            logo_sha256=said.get("LogoSha256"),
            created_at=datetime.fromisoformat(created),
            received_at=datetime.fromisoformat(received) if received else None,
            received_from=said.get("ReceivedFrom"),
            edigate=version,
        )
    except (KeyError, ValueError):
        return None
