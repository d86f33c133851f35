"""PDF objects become the bytes of a file: object streams, cross-reference stream, an identifier made of the content.

The same objects give the same bytes, whatever library versions are installed (only zlib has a say). ISO 32000-1,
7.5.7 and 7.5.8. This module must not know what the objects mean.
"""

import hashlib
import zlib

_PER_STREAM = 250


class Writer:
    """Collects objects and writes the file. Object numbers start at 1."""

    def __init__(self) -> None:
        self._plain: dict[int, bytes] = {}
        self._streams: dict[int, bytes] = {}
        self._last = 0

    def reserve(self, count: int = 1) -> int:
        """The first of `count` object numbers in a row, to be filled by `put`."""
        first = self._last + 1
        self._last += count
        return first

    def put(self, number: int, body: bytes) -> None:
        """Give a reserved number its object."""
        self._plain[number] = body

    def add(self, body: bytes) -> int:
        """Number of a new object."""
        number = self.reserve()
        self._plain[number] = body
        return number

    def add_stream(self, entries: bytes, content: bytes, *, deflated: bool = False, level: int = 6) -> int:
        """Number of a new stream; `entries` are its dictionary's own, `content` is deflated unless it already is."""
        packed = content if deflated else zlib.compress(content, level)
        return self._stream(b"%b/Filter/FlateDecode" % entries, packed)

    def add_raw_stream(self, entries: bytes, content: bytes) -> int:
        """Number of a new stream kept as it is (metadata, which archives read without a filter; JPEG)."""
        return self._stream(entries, content)

    def _stream(self, entries: bytes, packed: bytes) -> int:
        number = self.reserve()
        self._streams[number] = b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(packed), packed)
        return number

    def _object_streams(self) -> dict[int, tuple[int, int]]:
        """Packs the plain objects; number -> (object stream, index in it)."""
        home: dict[int, tuple[int, int]] = {}
        numbers = sorted(self._plain)
        for start in range(0, len(numbers), _PER_STREAM):
            group = numbers[start : start + _PER_STREAM]
            offset = 0
            heads: list[bytes] = []
            bodies: list[bytes] = []
            for number in group:
                body = self._plain[number]
                heads.append(b"%d %d" % (number, offset))
                bodies.append(body)
                offset += len(body) + 1
            head = b" ".join(heads) + b"\n"
            content = head + b"\n".join(bodies)
            stream = self.add_stream(b"/Type/ObjStm/N %d/First %d" % (len(group), len(head)), content)
            home.update({number: (stream, index) for index, number in enumerate(group)})
        return home

    def finish(self, root: int, info: int) -> bytes:
        """The file with its catalogue `root` and document information `info`."""
        home = self._object_streams()
        parts = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
        position = len(parts[0])
        offsets: dict[int, int] = {}
        for number, body in self._streams.items():
            offsets[number] = position
            part = b"%d 0 obj\n%b\nendobj\n" % (number, body)
            parts.append(part)
            position += len(part)
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part)
        identifier = digest.hexdigest()[:32].upper().encode()
        xref = self.reserve()
        offsets[xref] = position
        rows = bytearray(b"\0\0\0\0\0\xff\xff")
        for number in range(1, xref + 1):
            if number in home:
                stream, index = home[number]
                rows += b"\x02%b%b" % (stream.to_bytes(4, "big"), index.to_bytes(2, "big"))
            else:
                rows += b"\x01%b\0\0" % offsets[number].to_bytes(4, "big")
        packed = zlib.compress(bytes(rows), 6)
        parts.append(
            b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]/Filter/FlateDecode"
            b"/Length %d>>\nstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
            % (xref, xref + 1, root, info, identifier, identifier, len(packed), packed, position)
        )
        return b"".join(parts)


def string(text: str) -> bytes:
    """A text string of the PDF: printable ASCII as it is, everything else UTF-16 (ISO 32000-1, 7.9.2.2)."""
    if text.isascii() and text.isprintable():
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        return b"(%b)" % escaped.encode("ascii")
    return b"<FEFF%b>" % text.encode("utf-16-be", "replace").hex().upper().encode("ascii")


def name(text: str) -> bytes:
    """A name object, e.g. the MIME type `text/xml` as `/text#2Fxml`."""
    return b"/" + "".join(
        chr(b) if 33 <= b <= 126 and chr(b) not in "()<>[]{}/%#" else f"#{b:02X}" for b in text.encode("utf-8")
    ).encode("ascii")
