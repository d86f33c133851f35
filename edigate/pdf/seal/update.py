"""An unsealed package and new objects become the same bytes with one more section behind them.

An incremental update (ISO 32000-1, 7.5.6): not one byte of the package changes, so the unsealed file is a prefix of
the sealed one and can be compared with a rebuilt one. Reads only what `edigate.pdf.writer` has written. This module
must not know what a signature is.
"""

import re
import zlib
from dataclasses import dataclass, field

from edigate.errors import IntegrityViolated

_START = re.compile(rb"startxref\n(\d+)\n%%EOF\n\Z")
_STREAM = re.compile(rb"(\d+) 0 obj\n(<<.*?>>)\nstream\n", re.DOTALL)
_WIDTHS = (1, 4, 2)
"""Octets of the three columns of the cross-reference stream, as the writer lays them out."""


@dataclass(slots=True)
class Section:
    """The objects of an update as they are laid down, each with its place in the file."""

    start: int
    content: bytearray = field(default_factory=bytearray)
    offsets: dict[int, int] = field(default_factory=dict)

    def put(self, number: int, body: bytes) -> int:
        """Lay an object down; the place of its body in the file."""
        self.offsets[number] = self.start + len(self.content)
        self.content += b"%d 0 obj\n" % number
        where = self.start + len(self.content)
        self.content += body + b"\nendobj\n"
        return where


class Package:
    """The objects of an unsealed package. Raises: IntegrityViolated when the writer did not make these bytes."""

    def __init__(self, pdf: bytes) -> None:
        self.pdf = pdf
        found = _START.search(pdf, max(0, len(pdf) - 64))
        if found is None:
            raise _foreign("it does not end as a package does")
        self._start = int(found[1])
        entries, rows = self._stream(self._start)
        self.size = _number(entries, rb"/Size (\d+)")
        self.root = _number(entries, rb"/Root (\d+) 0 R")
        self._info = _number(entries, rb"/Info (\d+) 0 R")
        identifier = re.search(rb"/ID\[<([0-9A-F]+)><[0-9A-F]+>\]", entries)
        if identifier is None or b"/W[1 4 2]" not in entries or len(rows) != self.size * sum(_WIDTHS):
            raise _foreign("its cross-reference table has another form")
        self._identifier = identifier[1]
        self._rows = rows
        self._unpacked: dict[int, tuple[list[int], bytes]] = {}

    def first_page(self) -> int:
        """Number of the first page's object."""
        tree = _number(self.body(self.root), rb"/Pages (\d+) 0 R")
        return _number(self.body(tree), rb"/Kids\[(\d+) 0 R")

    def body(self, number: int) -> bytes:
        """An object that is no stream."""
        kind, where, index = self._row(number)
        if kind != 2:
            raise _foreign(f"object {number} is not where the writer puts it")
        if where not in self._unpacked:
            entries, content = self._stream(self._row(where)[1])
            first = _number(entries, rb"/First (\d+)")
            starts = [int(n) for n in content[:first].split()[1::2]]
            self._unpacked[where] = [*starts, len(content) - first + 1], content[first:]
        starts, content = self._unpacked[where]
        return content[starts[index] : starts[index + 1] - 1]

    def _row(self, number: int) -> tuple[int, int, int]:
        row = self._rows[number * 7 : number * 7 + 7]
        return row[0], int.from_bytes(row[1:5], "big"), int.from_bytes(row[5:], "big")

    def _stream(self, offset: int) -> tuple[bytes, bytes]:
        found = _STREAM.match(self.pdf, offset)
        if found is None:
            raise _foreign(f"no stream at byte {offset}")
        length = _number(found[2], rb"/Length (\d+)")
        try:
            return found[2], zlib.decompress(self.pdf[found.end() : found.end() + length])
        except zlib.error:
            raise _foreign(f"the stream at byte {offset} is damaged") from None

    def finish(self, section: Section, number: int) -> bytes:
        """The section with its cross-reference stream as object `number`, its highest."""
        position = section.start + len(section.content)
        offsets = {**section.offsets, number: position}
        numbers = sorted(offsets)
        index = b" ".join(b"%d 1" % n for n in numbers)
        rows = b"".join(b"\x01%b\0\0" % offsets[n].to_bytes(4, "big") for n in numbers)
        return b"%b%d 0 obj\n<</Type/XRef/Size %d/Prev %d/Index[%b]/W[1 4 2]/Root %d 0 R/Info %d 0 R" % (
            bytes(section.content),
            number,
            number + 1,
            self._start,
            index,
            self.root,
            self._info,
        ) + b"/ID[<%b><%b>]/Length %d>>\nstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
            self._identifier,
            self._identifier,
            len(rows),
            rows,
            position,
        )


def _number(entries: bytes, pattern: bytes) -> int:
    found = re.search(pattern, entries)
    if found is None:
        raise _foreign(f"{pattern.decode()} is not there")
    return int(found[1])


def _foreign(why: str) -> IntegrityViolated:
    return IntegrityViolated("SEAL", f"only a package that edigate has just made can be sealed: {why}")
