"""A package becomes a sealed package: a certification signature that allows no change whatever
(DocMDP level 1).

ISO 32000-1, 12.8; ETSI EN 319 142-1 (PAdES); the field is invisible as PDF/A and PDF/UA want it.
PDF/A forbids encryption, so this is what "write-protected" means. This room knows no clock and no
network: the moment is passed in, the time stamp is a function that is passed in.
"""

import hashlib
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pikepdf
from cryptography import x509

from edigate import __version__
from edigate.pdf.seal.cms import Form, PrivateKey
from edigate.pdf.seal.update import UnsealedFile, UpdateSection
from edigate.pdf.xmp import pdf_date

Stamp = Callable[[bytes], bytes | None]
"""Signature -> RFC 3161 time stamp token over it (DER), or None when there is none to be had."""

_SMALLEST_BLOCK = 1024
_MOST_BLOCKS = 128
_MARGIN = 512
"""Octets of the container besides certificates, signature and token, generously."""
_STAMP_ROOM = 8192
"""Octets kept free for a token at first; most are between 3 and 6 kB."""


class Seal:
    """A key with its certificates. name: whose seal it is, as viewers show it."""

    def __init__(
        self, key: PrivateKey, certificates: Sequence[x509.Certificate], name: str
    ) -> None:
        self._key = key
        self._form = Form.of(certificates)
        self._name = name
        self._room = sum(map(len, self._form.certificates)) + key.key_size // 4 + _MARGIN
        self._stamp_room = _STAMP_ROOM

    def seal(self, pdf: bytes, at: datetime, stamp: Stamp | None = None) -> bytes:
        """The package with its seal behind it. at: aware; the claimed time of signing.

        Raises: IntegrityViolated when `pdf` is not a package as `edigate.pdf.package` makes it.
        """
        package = UnsealedFile(pdf)
        while True:
            sealed, gap = self._laid_down(
                package, at, self._room + (self._stamp_room if stamp else 0)
            )
            digest = hashlib.new(self._form.digest, sealed[: gap[0]])
            digest.update(sealed[gap[1] :])
            signature = self._form.sign(self._key, digest.digest())
            token = stamp(signature) if stamp else None
            container = (
                self._form.container(digest.digest(), signature, token)
                .hex()
                .upper()
                .encode("ascii")
            )
            if len(container) <= gap[1] - gap[0] - 2:
                sealed[gap[0] + 1 : gap[0] + 1 + len(container)] = container
                return bytes(sealed)
            self._stamp_room *= 2  # a token larger than any seen before: once more, with a new one

    def _laid_down(
        self, package: UnsealedFile, at: datetime, room: int
    ) -> tuple[bytearray, tuple[int, int]]:
        """The file with room for the container, and where the room is, its angle brackets
        included."""
        field, signature, xref = package.size, package.size + 1, package.size + 2
        root, page = package.root, package.first_page()
        section = UpdateSection(len(package.pdf))
        section.put(
            root,
            package.body(root).removesuffix(b">>")
            + b"/AcroForm<</Fields[%d 0 R]/SigFlags 3>>/Perms<</DocMDP %d 0 R>>"
            % (field, signature)
            + b"/Extensions<</ESIC<</Type/DeveloperExtensions"
            b"/BaseVersion/1.7/ExtensionLevel 1>>>>>>",
        )
        section.put(page, package.body(page).removesuffix(b">>") + b"/Annots[%d 0 R]>>" % field)
        # No area and outside of the page: neither an appearance (ISO 19005-3, 6.3.3) nor a Form tag
        # (ISO 14289-1, 7.18) is wanted. Flags: print and locked.
        section.put(
            field,
            (
                b"<</Type/Annot/Subtype/Widget/FT/Sig/T(seal)/TU%b/F 132/Rect[0 0 0 0]/P %d 0 R/V "
                b"%d "
                b"0 R>>"
            )
            % (_string(f"Siegel: {self._name}"), page, signature),
        )
        head, tail = self._dictionary(package.pdf, at)
        at_body = section.put(signature, head + b"<" + b"0" * (2 * room) + b">" + tail)
        gap = (at_body + len(head), at_body + len(head) + 2 * room + 2)
        whole = bytearray(package.pdf + package.finish(section, xref))
        byte_range = b"[0 %d %d %d]" % (gap[0], gap[1], len(whole) - gap[1])
        where = at_body + head.rindex(_BYTE_RANGE)
        whole[where : where + len(_BYTE_RANGE)] = byte_range.ljust(len(_BYTE_RANGE))
        return whole, gap

    def _dictionary(self, pdf: bytes, at: datetime) -> tuple[bytes, bytes]:
        """The signature dictionary before and after its container (ISO 32000-1, table 252)."""
        size, sums = checksums(pdf)
        return (
            b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M%b/Name%b"
            b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
            b"/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]"
            b"/Prop_Build<</App<</Name/edigate/REx%b>>>>/EDGT_Blocks<</Size %d/Length %d/Sums<%b>>>"
            b"/ByteRange%b/Contents"
            % (
                _string(pdf_date(at.astimezone(UTC))),
                _string(self._name),
                _string(__version__),
                size,
                len(pdf),
                b"".join(b"%08X" % s for s in sums),
                _BYTE_RANGE,
            ),
            b">>",
        )


def _string(text: str) -> bytes:
    """A text string as it stands in the file (ISO 32000-1, 7.9.2.2)."""
    return pikepdf.String(text).unparse()


_BYTE_RANGE = b"[0 0000000000 0000000000 0000000000]"
"""Room for the byte range, which is known only when everything else stands."""


def checksums(pdf: bytes) -> tuple[int, list[int]]:
    """Size of a block, and the CRC-32 of each block of the unsealed file: they tell where a change
    was made; that there was one is told by the signature alone."""
    size = _SMALLEST_BLOCK
    while size * _MOST_BLOCKS < len(pdf):
        size *= 2
    return size, [zlib.crc32(pdf[start : start + size]) for start in range(0, len(pdf), size)]


__all__ = ["PrivateKey", "Seal", "Stamp", "checksums"]
