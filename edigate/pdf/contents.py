"""The bytes of a PDF become what is inside: embedded files, edigate's metadata, the digests on the
pages.

Damage to one part ends nothing: everything else is read all the same. What no directory of the file
names any more is looked for in the bytes themselves, so that nothing is called missing that is
there.
"""

import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pikepdf
from lxml import etree

from edigate.pdf.seal.problems import PackageProblem, problem
from edigate.pdf.xmp import PROVENANCE

T = TypeVar("T")

EXPECTED = {
    "factur-x.xml": ("Alternative", "XmlSha256"),
    "original.edi": ("Source", "OriginalSha256"),
    "report.json": ("Supplement", "ReportSha256"),
}
"""What belongs into a package: its relationship, and where the metadata have its SHA-256."""

_MEDIA_TYPES = {
    b"/text#2fxml": "factur-x.xml",
    b"/application#2fedifact": "original.edi",
    b"/application#2fjson": "report.json",
}
_LARGEST = 512 * 2**20
"""A stream that unpacks to more is refused: no package holds such a thing, but an attacker's file
may."""
_MOST_NODES = 1000
_MOST_CANDIDATES = 64
"""A file that has more than so many nodes, or lost files, was not made by edigate."""
_PRINTED = ("factur-x.xml", "original.edi")
_DIGEST = re.compile(rb"\(([0-9a-f]{64})\)")
_PACKET = re.compile(rb"<\?xpacket begin.{1,65536}?<\?xpacket end", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n")
_CREATED = "{http://ns.adobe.com/xap/1.0/}CreateDate"
_BROKEN = (
    pikepdf.PdfError, KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError,
    RuntimeError, etree.XMLSyntaxError,
)  # fmt: skip
"""What reading a PDF raises whose objects are not what they must be."""


class Damaged(ValueError):
    """A stream cannot be read to its end; `count`: bytes that could be."""

    def __init__(self, count: int) -> None:
        super().__init__(f"a stream is damaged behind {count} bytes")
        self.count = count


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file inside the package. said: its SHA-256 as the metadata have it; printed: whether the
    page shows the SHA-256 that the file has (None: the page does not show this one, or cannot be
    read).
    """

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


@dataclass(slots=True)
class Contents:
    """What a reader sees of the file. said: edigate's own metadata; printed: the digests on the
    pages, None when a page cannot be read; signed: whether the file's structure names a signature;
    locked: a password is needed; listed: every name the file's directories have; complete: whether
    these directories could be read to their end.
    """

    said: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    files: tuple[EmbeddedFile, ...] = ()
    printed: frozenset[str] | None = frozenset()
    signed: bool = False
    locked: bool = False
    listed: frozenset[str] = frozenset()
    complete: bool = False
    problems: tuple[PackageProblem, ...] = ()

    def file(self, name: str) -> EmbeddedFile | None:
        """The embedded file of that name."""
        return next((f for f in self.files if f.name == name), None)


def contents_of(pdf: bytes) -> Contents:
    """Everything that can be read; what cannot is among the problems."""
    reading = _Reading(pdf)
    try:
        opened = pikepdf.open(io.BytesIO(pdf), suppress_warnings=True)
    except pikepdf.PasswordError:
        return Contents(locked=True, problems=(problem("PDF-ENCRYPTED"),))
    except _BROKEN:
        reading.problems.append(problem("PDF-UNREADABLE"))
        reading.carved_packet()
    else:
        with opened:
            reading.opened(opened)
    reading.carved_files()
    reading.contents.problems = tuple(dict.fromkeys(reading.problems))
    reading.contents.files = tuple(reading.files)
    return reading.contents


class _Reading:
    """One file while it is read."""

    def __init__(self, pdf: bytes) -> None:
        self.pdf = pdf
        self.contents = Contents()
        self.problems: list[PackageProblem] = []
        self.files: list[EmbeddedFile] = []

    def opened(self, pdf: pikepdf.Pdf) -> None:
        """Read what a PDF reader would."""
        contents = self.contents
        if pdf.is_encrypted:
            self.problems.append(problem("PDF-ENCRYPTED"))
        contents.signed = bool(self._tried(lambda: _signed(pdf), None))
        packet = self._tried(lambda: unpacked(pdf.Root.Metadata), None)
        if packet is None or not self._metadata(packet):
            self.problems.append(problem("METADATA"))
            self.carved_packet()
        contents.printed = self._tried(lambda: frozenset(_printed(pdf)), "PAGE-UNREADABLE")
        self._listed(pdf)

    def _tried(self, read: Callable[[], T], code: str | None) -> T | None:
        try:
            return read()
        except _BROKEN:
            if code is not None:
                self.problems.append(problem(code))
            return None

    def _metadata(self, packet: bytes) -> bool:
        found = self._tried(lambda: _said(packet), None)
        if found is not None:
            self.contents.said, self.contents.created = found
        return found is not None and bool(found[0])

    def carved_packet(self) -> None:
        """The last metadata packet that stands readable in the bytes."""
        packets = list(_PACKET.finditer(self.pdf))
        if packets and not self.contents.said:
            # the packet instruction itself is cut off by the pattern and is no part of the XML
            inner = packets[-1][0].partition(b"?>")[2].rpartition(b"<?xpacket")[0]
            self._metadata(inner.strip())

    def _listed(self, pdf: pikepdf.Pdf) -> None:
        """The files that the name tree and the array of associated files name."""
        tree: list[tuple[str, Any]] = []
        whole = bool(self._tried(lambda: _names(pdf.Root.Names.EmbeddedFiles, tree, set()), None))
        associated = self._tried(lambda: list(pdf.Root.AF), None)
        self.contents.complete = whole and associated is not None
        if not self.contents.complete:
            self.problems.append(problem("FILES-UNREADABLE"))
        known = {_identity(spec) for _, spec in tree}
        belonging = {_identity(spec) for spec in associated or ()}
        loose = [("", s) for s in associated or () if _identity(s) not in known]
        names: list[str] = []
        for key, spec in (*tree, *loose):
            name = key or self._own_name(spec)
            if name in names:
                self.problems.append(problem("FILE-TWICE", name=name))
            names.append(name)
            self._file(name, spec)
            if associated is not None and _identity(spec) not in belonging:
                self.problems.append(problem("FILE-UNASSOCIATED", name=name))
            if not key and whole:
                self.problems.append(problem("FILE-UNLISTED", name=name))
        self.contents.listed = frozenset(names)

    def _own_name(self, spec: Any) -> str:
        """What a file specification calls itself."""
        return self._tried(lambda: str(spec.UF), None) or "?"

    def _file(self, name: str, spec: Any) -> None:
        try:
            content = unpacked(spec.EF.F)
        except Damaged as damage:
            self.problems.append(problem("FILE-DAMAGED", name=name, count=damage.count))
            return
        except _BROKEN:
            self.problems.append(problem("FILE-UNREADABLE", name=name))
            return
        relationship = self._tried(lambda: str(spec.get("/AFRelationship", "/"))[1:], None) or ""
        self._keep(name, relationship, content)
        if not self._tried(lambda: _parameters_hold(spec.EF.F, content), None):
            self.problems.append(problem("FILE-PARAMETERS", name=name))
        if not self._tried(lambda: len({_identity(spec.EF[k]) for k in spec.EF.keys()}) == 1, None):  # noqa: SIM118  (a pikepdf dictionary iterates over nothing)
            self.problems.append(problem("FILE-TWICE", name=name))

    def _keep(self, name: str, relationship: str, content: bytes) -> None:
        digest, contents = hashlib.sha256(content).hexdigest(), self.contents
        said = contents.said.get(EXPECTED[name][1]) if name in EXPECTED else None
        looked = name in _PRINTED and contents.printed is not None
        printed = digest in (contents.printed or ()) if looked else None
        self.files.append(EmbeddedFile(name, relationship, digest, said, printed, content))

    def carved_files(self) -> None:
        """What no directory names, but still lies in the bytes: told apart by digest, else by media
        type."""
        wanted = EXPECTED.keys() - {f.name for f in self.files}
        if not wanted:
            return
        for name, content in _lying_about(self.pdf, self.contents.said):
            if name not in wanted:
                continue
            wanted.remove(name)
            self._keep(name, "", content)
            if name not in self.contents.listed:
                self.problems.append(problem("FILE-UNLISTED", name=name))


def unpacked(stream: Any) -> bytes:
    """The content of a stream as the writer packs it.

    Raises: ValueError for another filter; Damaged (a ValueError) for one that is cut, damaged or
    too large.
    """
    raw = bytes(stream.read_raw_bytes())
    chosen = stream.get("/Filter")
    if chosen is None:
        return raw
    if chosen != pikepdf.Name.FlateDecode:
        raise ValueError("another filter than Flate")
    return _inflated(raw)


def _inflated(raw: bytes | memoryview) -> bytes:
    """The content; what stands behind it counts for nothing. Raises: Damaged."""
    unpacking, content = zlib.decompressobj(), bytearray()
    for at in range(0, len(raw), 4096):
        try:
            content += unpacking.decompress(raw[at : at + 4096], _LARGEST - len(content) + 1)
        except zlib.error:
            raise Damaged(len(content)) from None
        if unpacking.eof:
            return bytes(content)
        if unpacking.unconsumed_tail or len(content) > _LARGEST:
            break
    raise Damaged(len(content))


def _signed(pdf: pikepdf.Pdf) -> bool:
    """Whether catalogue or form name a signature (ISO 32000-1, 12.8)."""
    if "/Perms" in pdf.Root:
        return True
    fields = pdf.Root.AcroForm.Fields if "/AcroForm" in pdf.Root else ()
    return any(f.get("/FT") == pikepdf.Name.Sig and "/V" in f for f in fields)


def _said(packet: bytes) -> tuple[dict[str, str], str]:
    """edigate's own properties and the date of creation. Raises: XMLSyntaxError."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(packet, parser)
    prefix = f"{{{PROVENANCE}}}"
    elements = [e for e in root.iter() if isinstance(e.tag, str)]
    ours = (e for e in elements if e.tag.startswith(prefix))
    said = {e.tag.removeprefix(prefix): e.text or "" for e in ours}
    return said, next((e.text or "" for e in elements if e.tag == _CREATED), "")


def _printed(pdf: pikepdf.Pdf) -> Iterator[str]:
    """Every digest the pages show: the type's first 8-bit page holds ASCII where ASCII has it."""
    for page in pdf.pages:
        contents = page.obj.Contents
        streams = list(contents) if isinstance(contents, pikepdf.Array) else [contents]
        for stream in streams:
            yield from (found.decode("ascii") for found in _DIGEST.findall(unpacked(stream)))


def _names(node: Any, found: list[tuple[str, Any]], seen: set[Any]) -> bool:
    """Walk a name tree (ISO 32000-1, 7.9.6) as far as it can be read; whether that was to its
    end."""
    place, whole = _identity(node), True
    if place in seen or len(seen) > _MOST_NODES:
        return False
    seen.add(place)
    try:
        for kid in node.get("/Kids", ()):
            whole = _names(kid, found, seen) and whole
        names = list(node.get("/Names", ()))
        for key, value in zip(names[::2], names[1::2], strict=True):
            found.append((str(key), value))
    except _BROKEN:
        return False
    return whole


def _identity(value: Any) -> Any:
    """The number of an indirect object; a direct one is itself alone."""
    number = getattr(value, "objgen", (0, 0))
    return number if number != (0, 0) else id(value)


def _parameters_hold(stream: Any, content: bytes) -> bool:
    """Whether size and checksum in the file's own dictionary are right (ISO 32000-1, table 46)."""
    parameters = stream.Params
    checksum = hashlib.md5(content, usedforsecurity=False).digest()
    return int(parameters.Size) == len(content) and bytes(parameters.CheckSum) == checksum


def _lying_about(pdf: bytes, said: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Every stream that calls itself an embedded file, with the name it must have had."""
    by_digest = {said[key]: name for name, (_, key) in EXPECTED.items() if key in said}
    candidates = 0
    for start in _STREAM.finditer(pdf):
        head = pdf[max(0, start.start() - 600) : start.start()].rpartition(b" obj")[2]
        if b"/EmbeddedFile" not in head or b"/FlateDecode" not in head:
            continue
        candidates += 1
        if candidates > _MOST_CANDIDATES:
            return
        try:
            content = _inflated(memoryview(pdf)[start.end() :])
        except Damaged:
            continue
        digest = hashlib.sha256(content).hexdigest()
        kind = next((n for mime, n in _MEDIA_TYPES.items() if mime in head.lower()), None)
        name = by_digest.get(digest, kind)
        if name is not None:
            yield name, content
