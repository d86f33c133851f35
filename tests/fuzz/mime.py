"""Mails of any shape: every part that holds EDIFACT is found or named with its problem, and nothing
raises."""

import base64
import binascii
import gzip
import io
import random
import zipfile
from collections.abc import Collection
from itertools import islice

from edigate.mail.message import interchanges, unreadable
from edigate.mail.mime import MAX_PARTS, leaves
from tests.fuzz.mutation import bytes_changed

BUDGET = 1.0
"""Seconds of processor time per 10 kB."""
LIMIT = 20_000
_EDI = b"UNA:+.? 'UNB+UNOC:3+A:14+B:14+261015:0930+1'UNH+1+INVOIC:D:96A:UN'\xe4UNT+2+1'UNZ+1+1'"
_TOKENS = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"--b", b"--b--", b"\r\n--b\r\n", b"\r\n--b--\r\n",
    b"Content-Type: ", b"=",
    b"multipart/mixed; boundary=b", b"multipart/digest; boundary=\"b\"", b"message/rfc822",
    b"application/edifact",
    b"text/plain; name*0*=utf-8''%e4; name*1=b", b"name=\"=?utf-8?b?w6Q=?=\"", b"=?utf-8?q?=E4?=",
    b"boundary*=''b",
    b"application/pkcs7-mime; smime-type=signed-data", b"Content-Transfer-Encoding: base64\r\n",
    b"quoted-printable",
    b"Content-Disposition: attachment; filename=", b"filename*=utf-8''%00", b"x-uuencode",
    b"begin 644 a.edi\r\n",
    b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08", b"\x00", b"\xff\xfe", b"U\x00N\x00B\x00",
    b"UNB+UNOC:3+", _EDI, b"'",
    b"../", b"\\", b"\"", b"(", b"charset=utf-7", b"From x\r\n", b" ", b"\t", b"0" * 70, b"=\r\n",
        b"=C3=A4", b"%",
    b";", b"==", b"end",
]  # fmt: skip

_KINDS = ("text/plain", "application/edifact", "application/zip", "application/octet-stream")
_CODINGS = ("base64", "quoted-printable", "x-uuencode", "binary")


def _part(kind: bytes, content: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join((b"Content-Type: " + kind, *fields, b"", content))


def _several(*parts: bytes, kind: bytes = b"mixed", boundary: bytes = b"b") -> bytes:
    inner = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return (
        b"Content-Type: multipart/"
        + kind
        + b"; boundary="
        + boundary
        + b"\r\n\r\n"
        + inner
        + b"--"
        + boundary
        + b"--"
    )


def seeds() -> list[bytes]:
    """Mails with EDIFACT in every place and encoding that partners use."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/in.edi", _EDI)
        archive.writestr("b.txt", b"text")
    named = b'Content-Disposition: attachment; filename="in.edi"'
    coded = b"Content-Transfer-Encoding: base64"
    uuencoded = b"begin 644 in.edi\r\n" + b"".join(
        binascii.b2a_uu(_EDI[n : n + 45]) for n in range(0, len(_EDI), 45)
    ) + b"`\r\nend\r\n"  # fmt: skip
    plain = _part(b"application/edifact", base64.encodebytes(_EDI), coded, named)
    return [
        b"Subject: x\r\n" + _several(_part(b"text/plain", b"Hallo"), plain),
        _part(b"text/plain; charset=iso-8859-1", b"Guten Tag\r\n" + _EDI),
        _part(b"text/plain", binascii.b2a_qp(_EDI), b"Content-Transfer-Encoding: quoted-printable"),
        _part(b"application/zip", base64.encodebytes(packed.getvalue()), coded),
        _part(b"application/gzip", base64.encodebytes(gzip.compress(_EDI)), coded),
        _part(b"application/octet-stream", packed.getvalue(), b"Content-Transfer-Encoding: binary"),
        _part(b"text/plain", uuencoded),
        _several(_part(b"message/rfc822", _several(plain, boundary=b"c")), plain, kind=b"digest"),
        _part(
            b"application/pkcs7-mime; smime-type=signed-data",
            base64.encodebytes(b"0\x82\x01\x00"),
            coded,
        ),
        _several(_several(_several(plain, boundary=b"d"), boundary=b"c")),
        _EDI,
        b"From x y\r\n" + _part(b"text/plain", _EDI.decode("latin-1").encode("utf-16")),
    ]


def words() -> list[bytes]:
    """The tokens of such inputs."""
    return list(_TOKENS)


def mutated(data: bytes, random_: random.Random) -> bytes:
    """Random changes of bytes, with what mails are made of."""
    return bytes_changed(data, random_, _TOKENS, LIMIT)


def check(data: bytes) -> Collection[str]:
    """The promises of the walk and of the search in it."""
    found = list(islice(leaves(data), MAX_PARTS + 1))
    assert len(found) <= MAX_PARTS
    assert len({leaf.path for leaf in found}) == len(found)
    for leaf in found:
        assert 0 <= leaf.start <= leaf.end <= len(leaf.source)
        assert leaf.file_name.isprintable()
        assert "/" not in leaf.file_name
        assert leaf.content_type.isprintable()
    parts = interchanges(data, max_unpacked=100_000)
    assert parts == interchanges(data, max_unpacked=100_000)
    seen = {
        f"{min(len(found), 20)} leaves",
        *(leaf.encoding for leaf in found if leaf.encoding in _CODINGS),
    }
    for part in parts:
        assert part.file_name.isprintable()
        assert len(part.content) <= 100_000 + len(data)
        seen.add(f"{part.problem} {part.path[:5]} {part.content_type in _KINDS}")
        if part.problem:
            assert unreadable(part).message.de
    return seen
