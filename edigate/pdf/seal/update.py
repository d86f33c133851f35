"""An unsealed package and new objects become the same bytes with one more section behind them.

An incremental update (ISO 32000-1, 7.5.6): not one byte of the package changes, so the unsealed
file is a prefix of the sealed one and can be compared with a rebuilt one. pikepdf reads the
package. This module must not know what a signature is.
"""

import io
import re
from dataclasses import dataclass, field

import pikepdf

from edigate.errors import IntegrityViolated

_START = re.compile(rb"startxref\n(\d+)\n%%EOF\n\Z")


@dataclass(slots=True)
class UpdateSection:
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


class UnsealedFile:
    """The objects of an unsealed package. Raises: IntegrityViolated when these bytes are not such a
    file."""

    def __init__(self, pdf: bytes) -> None:
        self.pdf = pdf
        found = _START.search(pdf, max(0, len(pdf) - 64))
        if found is None:
            raise _foreign("it does not end as a package does")
        self._start = int(found[1])
        try:
            self._objects = pikepdf.open(
                io.BytesIO(pdf), suppress_warnings=True, attempt_recovery=False
            )
            trailer = self._objects.trailer
            self.size = int(trailer.Size)
            self.root = self._objects.Root.objgen[0]
            self._info = trailer.Info.objgen[0]
            made, changed = (bytes(part) for part in trailer.ID)
        except (pikepdf.PdfError, AttributeError, KeyError, ValueError) as error:
            raise _foreign(str(error)) from None
        if made != changed or "/AcroForm" in self._objects.Root:
            raise _foreign("it was changed since it was made")
        self._identifier = made.hex().upper().encode("ascii")

    def first_page(self) -> int:
        """Number of the first page's object."""
        return self._objects.pages[0].obj.objgen[0]

    def body(self, number: int) -> bytes:
        """An object that is no stream."""
        return self._objects.get_object(number, 0).unparse(resolved=True)

    def finish(self, section: UpdateSection, number: int) -> bytes:
        """The section with its cross-reference stream as object `number`, its highest."""
        position = section.start + len(section.content)
        offsets = {**section.offsets, number: position}
        numbers = sorted(offsets)
        index = b" ".join(b"%d 1" % n for n in numbers)
        rows = b"".join(b"\x01%b\0\0" % offsets[n].to_bytes(4, "big") for n in numbers)
        return (
            b"%b%d 0 obj\n<</Type/XRef/Size %d/Prev %d/Index[%b]/W[1 4 2]/Root %d 0 R/Info %d 0 R"
            % (
                bytes(section.content),
                number,
                number + 1,
                self._start,
                index,
                self.root,
                self._info,
            )
            + b"/ID[<%b><%b>]/Length %d>>\nstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
            % (
                self._identifier,
                self._identifier,
                len(rows),
                rows,
                position,
            )
        )


def _foreign(why: str) -> IntegrityViolated:
    return IntegrityViolated(
        "SEAL", f"only a package that edigate has just made can be sealed: {why}"
    )
