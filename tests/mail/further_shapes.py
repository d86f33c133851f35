"""Further mails as partners, clients and servers make them: odd spellings, damaged containers, what
is left of an interchange. The same three tables as in `shapes`.
"""

import base64
import binascii
import gzip
import html
import io
import json
import quopri
import re
import tarfile
import urllib.parse
import zipfile
import zlib

from tests.mail.shapes import (
    FROM,
    Shape,
    attached,
    coded,
    part,
    pdf,
    pgp_compressed,
    pgp_literal,
    raw_mail,
    several,
    signed,
    tarred,
    uuencoded,
    zipped,
)


def members(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of several members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()


def quoted(content: bytes) -> bytes:
    """A text as a mail program quotes it."""
    return b"Am Montag schrieb A:\r\n" + b"".join(b"> " + x + b"\r\n" for x in content.splitlines())


def dump(content: bytes, columns: str) -> bytes:
    """A hex dump: `hexdump -C` with one byte in a column, `xxd` with two."""
    width = int(columns)
    rows = []
    for at in range(0, len(content), 16):
        row = content[at : at + 16]
        digits = " ".join(row[n : n + width].hex() for n in range(0, len(row), width))
        rows.append(f"{at:08x}: {digits}  {'.' * len(row)}")
    return "\n".join(rows).encode()


def deflated(content: bytes, bits: int, level: int = -1) -> bytes:
    """A stream of zlib (bits above 0) or of bare deflate."""
    stream = zlib.compressobj(level, wbits=bits)
    return stream.compress(content) + stream.flush()


def linked_tar(edi: bytes) -> bytes:
    """A tar with links out of the archive, to a member, and to itself."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, kind, target in (
            ("up", tarfile.SYMTYPE, "../../etc/passwd"),
            ("loop", tarfile.LNKTYPE, "loop"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
        info = tarfile.TarInfo("re.edi")
        info.size = len(edi)
        archive.addfile(info, io.BytesIO(edi))
    return file.getvalue()


def flipped(content: bytes, at: int) -> bytes:
    """One byte changed."""
    return content[:at] + bytes((content[at] ^ 0xFF,)) + content[at + 1 :]


def markup(edi: bytes) -> str:
    return html.escape(edi.decode("latin-1"))


def _text(kind: str, content: bytes, encoding: str = "") -> bytes:
    return FROM + part(content, kind, encoding)


INVOICES: dict[str, Shape] = {
    # spelt out
    "hexadecimal": lambda e: _text("text/plain", binascii.hexlify(e)),
    "hexadecimal in columns": lambda e: attached(e.hex(" ").upper().encode(), name="dump.txt"),
    "hexadecimal as in C": lambda e: attached(", ".join(f"0x{b:02x}" for b in e).encode()),
    "hexadecimal in strings": lambda e: attached("".join(f"\\x{b:02x}" for b in e).encode()),
    "gzip in hexadecimal": lambda e: _text("text/plain", gzip.compress(e).hex().encode()),
    "zip in hexadecimal": lambda e: attached(zipped("re.edi", e).hex(" ").encode()),
    "base64 in short lines": lambda e: _text(
        "text/plain", b"\n".join(re.findall(rb".{1,20}", base64.b64encode(e)))
    ),
    "base64 in groups": lambda e: _text(
        "text/plain", b" ".join(re.findall(rb".{1,4}", base64.b64encode(e)))
    ),
    "hexBinary in XML": lambda e: attached(
        b"<?xml version='1.0'?><a><b>" + binascii.hexlify(e).upper() + b"</b></a>", "text/xml"
    ),
    "hex dump": lambda e: attached(dump(e, "1"), "text/plain", "dump.txt"),
    "hex dump in words": lambda e: _text("text/plain", b"Hallo\n" + dump(e, "2")),
    "list of numbers": lambda e: attached(
        json.dumps({"type": "Buffer", "data": list(e)}).encode(), "application/json"
    ),
    "form": lambda e: attached(
        b"type=INVOIC&data=" + urllib.parse.quote_plus(e).encode() + b"&x=1",
        "application/x-www-form-urlencoded",
    ),
    "percent signs": lambda e: _text("text/plain", urllib.parse.quote(e, safe="").encode()),
    "percent signs twice": lambda e: attached(
        b"d=" + urllib.parse.quote(urllib.parse.quote(e)).encode()
    ),
    "data URI with percent signs": lambda e: _text(
        "text/html", b'<html><a href="data:,' + urllib.parse.quote(e).encode() + b'">x</a></html>'
    ),
    "data URI in base64": lambda e: _text(
        "text/html", b'<html><a href="data:a/b;base64,' + base64.b64encode(e) + b'">x</a></html>'
    ),
    "base32": lambda e: _text("text/plain", base64.b32encode(e)),
    "ASCII 85": lambda e: _text("text/plain", base64.a85encode(e, wrapcol=72, adobe=True)),
    "base64 three times": lambda e: _text(
        "a/b", base64.encodebytes(base64.encodebytes(base64.encodebytes(e))), "base64"
    ),
    "base64 for URLs": lambda e: _text("text/plain", base64.urlsafe_b64encode(e + b"\xff" * 9)),
    "gzip in base64 for URLs in JSON": lambda e: attached(
        json.dumps({"f": base64.urlsafe_b64encode(gzip.compress(e, mtime=7)).decode()}).encode()
    ),
    "base64 in XML with carriage returns": lambda e: attached(
        b"<?xml version='1.0'?><a>" + base64.encodebytes(e).replace(b"\n", b"&#13;\n") + b"</a>"
    ),
    "base64 in XML in UTF-16": lambda e: attached(
        f"<?xml version='1.0'?><a>{base64.b64encode(e).decode()}</a>".encode("utf-16")
    ),
    "quoted base64": lambda e: _text("text/plain", quoted(base64.encodebytes(e))),
    "quoted uuencode": lambda e: _text("text/plain", quoted(uuencoded(e))),
    "begin-base64": lambda e: _text(
        "text/plain", b"begin-base64 644 re.edi\n" + base64.encodebytes(e) + b"====\n"
    ),
    "quoted-printable in small letters": lambda e: _text(
        "a/b",
        b"".join(b"=%02x" % b + b"=\r\n" * (n % 20 == 19) for n, b in enumerate(e)),
        "quoted-printable",
    ),
    "soft breaks inside segments": lambda e: _text(
        "text/plain", quopri.encodestring(e.replace(b"\n", b"")), "quoted-printable"
    ),
    # in tags and lists
    "value of an attribute in HTML": lambda e: _text(
        "text/html", f'<form><input name="e" value="{markup(e)}"></form>'.encode()
    ),
    "value of an attribute in XML": lambda e: attached(
        f"<?xml version='1.0'?><a><b c=\"{markup(e)}\"/></a>".encode(), "text/xml"
    ),
    "comment in HTML": lambda e: _text("text/html", b"<html>Hallo<!-- " + e + b" --></html>"),
    "JSON with a string for each segment": lambda e: attached(
        json.dumps({"segments": e.decode("latin-1").splitlines()}).encode(), "application/json"
    ),
    "JSON as .NET escapes it": lambda e: attached(
        json.dumps({"e": e.decode("latin-1")})
        .replace("+", "\\u002B")
        .replace("'", "\\u0027")
        .encode()
    ),
    "only in the HTML alternative": lambda e: (
        FROM
        + several(
            part(b"Ihr Programm zeigt kein HTML."),
            part(
                quopri.encodestring(f"<style>p{{}}</style><pre>{markup(e)}</pre>".encode()),
                "text/html",
                "quoted-printable",
            ),
            kind='alternative; boundary="=_b"',
        )
    ),
    # containers
    "zlib": lambda e: attached(zlib.compress(e), name="re.dat"),
    "zlib with a small window": lambda e: attached(deflated(e, 12, 1)),
    "zlib in base64 in JSON": lambda e: attached(
        json.dumps({"p": base64.b64encode(zlib.compress(e)).decode()}).encode()
    ),
    "bare deflate": lambda e: attached(deflated(e, -15), name="re.dat"),
    "gzip of a mail": lambda e: attached(gzip.compress(raw_mail(e)), name="mail.eml.gz"),
    "gzip with blocks of zeros": lambda e: attached(gzip.compress(e) + bytes(512)),
    "tar with links": lambda e: attached(linked_tar(e)),
    "two tars in one file": lambda e: attached(tarred("a.txt", b"Hallo") + tarred("re.edi", e)),
    "zip member called a folder": lambda e: attached(members(("re.edi/", e))),
    "two zips in one file": lambda e: attached(members(("a", e)) + members(("b", b"Hallo"))),
    "zip behind a line": lambda e: attached(b"\r\n" + zipped("re.edi", e)),
    "zip with bzip2": lambda e: attached(members(("re.edi", e), method=zipfile.ZIP_BZIP2)),
    "zip with lzma": lambda e: attached(members(("re.edi", e), method=zipfile.ZIP_LZMA)),
    "PDF behind a line": lambda e: attached(b"\r\n" + pdf(re_edi=e), "application/pdf"),
    "PDF behind a header": lambda e: attached(b"HTTP/1.1 200 OK\r\n\r\n" + pdf(re_edi=e)),
    "zip attached to a PDF": lambda e: attached(pdf(re_zip=zipped("re.edi", e))),
    "PGP, only signed, without a name": lambda e: attached(
        b"\xa3\x01" + deflated(pgp_literal(e), -15)
    ),
    "PGP, only signed, called a signature": lambda e: attached(pgp_compressed(e), name="re.sig"),
    "signed, called a signature": lambda e: attached(
        signed(coded(e)), "application/pkcs7-signature", "smime.p7s"
    ),
    # mails and names
    "digest": lambda e: (
        FROM
        + b"Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n"
        + raw_mail(e)
        + b"\r\n--d--\r\n"
    ),
    "forwarded three times": lambda e: (
        (FROM + b"Content-Type: message/rfc822\r\n\r\n") * 3 + raw_mail(e)
    ),
    "boundary in pieces": lambda e: (
        FROM
        + b"Content-Type: multipart/mixed; boundary*0=aa; boundary*1=bb\r\n\r\n--aabb\r\n"
        + coded(e)
        + b"\r\n--aabb--\r\n"
    ),
    "name in pieces": lambda e: (
        FROM
        + several(
            b"Content-Type: a/b; name*0*=UTF-8''M%C3%BC; name*1*=ller.edi\r\n"
            b"Content-Transfer-Encoding: BASE64\r\n\r\n" + base64.encodebytes(e)
        )
    ),
    "appledouble": lambda e: (
        FROM
        + several(
            coded(b"\x00\x05\x16\x07" + bytes(60), "application/applefile"),
            coded(e, name="re.edi"),
            kind='appledouble; boundary="=_b"',
        )
    ),
    "calendar with a file": lambda e: attached(
        b"BEGIN:VCALENDAR\r\nATTACH;ENCODING=BASE64:"
        + base64.encodebytes(e).replace(b"\n", b"\r\n ")
        + b"\r\nEND:VCALENDAR\r\n",
        "text/calendar",
    ),
    "behind blocks of zeros": lambda e: attached(bytes(600) + e),
    "between control characters": lambda e: attached(b"\x02" + e + b"\x03", "text/plain"),
}

TOLD: dict[str, Shape] = {
    # what is left
    "in small letters": lambda e: attached(e.lower(), name="re.dat"),
    "in small letters behind a greeting": lambda e: _text(
        "text/plain", b"Hallo\r\n\r\n" + e.lower()
    ),
    "the second half": lambda e: _text("text/plain", b"Teil 2\r\n" + e[e.index(b"LIN") :]),
    "the second half as a file": lambda e: attached(e[e.index(b"LIN") :], name="re.part2"),
    "without UNB and UNH": lambda e: attached(e[e.index(b"INVOIC:D") :], name="re.dat"),
    "bare UNB and UNH behind a greeting": lambda e: _text(
        "text/plain", b"Guten Tag\r\n\r\nUNB'\r\nUNH'\r\n" + e[e.index(b"BGM") :]
    ),
    "segments of a message alone": lambda e: _text(
        "text/plain", b"Hallo\r\n" + e[e.index(b"BGM") : e.index(b"UNT")]
    ),
    "wrong signs in a form": lambda e: _text("text/plain", b"UNB%2BUNOC%3A3%2BA" + e[60:200]),
    "small letters in HTML": lambda e: _text(
        "text/html", f"<pre>{markup(e).lower()}</pre>".encode()
    ),
    "plus signs that became blanks": lambda e: _text(
        "text/plain", e[e.index(b"UNB") :].replace(b"+", b" ")
    ),
    "the first half without an envelope": lambda e: attached(
        e[e.index(b"BGM") : e.index(b"LIN")], name="re.dat"
    ),
    "the middle": lambda e: attached(e[e.index(b"NAD+DP") : e.index(b"UNS")], name="re.dat"),
    "JSON with strings without terminators": lambda e: attached(
        json.dumps(e.decode("latin-1").replace("'", "").splitlines()).encode()
    ),
    # containers
    "called zip": lambda e: attached(b"\x99garbage" * 9, name="re.zip"),
    "declared gzip": lambda e: attached(b"\r\n" + gzip.compress(e), "application/gzip"),
    "protected message": lambda e: attached(
        b"\x76\xe8\x04\x60\xc4\x11\xe3\x86" + bytes(99), name="message.rpmsg"
    ),
    "XML Encryption": lambda e: attached(
        b"<?xml version='1.0'?><x:EncryptedData xmlns:x='y'><x:CipherValue>"
        + base64.b64encode(bytes(range(200)))
        + b"</x:CipherValue></x:EncryptedData>"
    ),
    "JWE": lambda e: attached(b"eyJhbGciOiJSU0EtT0FFUCJ9." + b".".join([b"Aa0_-Bb1" * 9] * 4)),
    "tar damaged behind its first member": lambda e: attached(
        tarred("a.txt", b"x" * 600)[:1024] + tarred("re.edi", e)[:700]
    ),
    "zip before a broken one": lambda e: attached(
        flipped(members(("re.edi", e)), 60) + members(("b", b"Hallo"))
    ),
    "empty zip called EDIFACT": lambda e: attached(members(), name="re.edi.zip"),
    "cut PDF with a file": lambda e: attached(
        b"%PDF-1.7\n" + pdf(re_edi=e)[300:900].replace(b" obj", b" 0bj"), "application/pdf"
    ),
    "sparse tar of 5 GB": lambda e: attached(_sparse()),
    "gzip with a wrong sum": lambda e: attached(flipped(gzip.compress(e), -8)),
    "brotli": lambda e: attached(b"\x0b\x02\x80" + bytes(range(1, 99)), name="re.edi.br"),
    "second piece of a 7z": lambda e: attached(bytes(range(128, 250)), name="re.7z.002"),
    "piece of a rar": lambda e: attached(bytes(range(128, 250)), name="re.r00"),
    "called S/MIME": lambda e: attached(b"\x99garbage" * 9, name="smime.p7m"),
    "EBCDIC behind a record header": lambda e: attached(
        b"\x00\x50\x00\x00" + e.decode("latin-1").encode("cp273"), name="re.bin"
    ),
    "EBCDIC behind a greeting": lambda e: attached(
        ("Guten Tag\n" + e.decode("latin-1")).encode("cp500"), name="re.bin"
    ),
}

NOTHING: dict[str, Shape] = {
    "words about segments": lambda e: _text(
        "text/plain", b"BGM+380+4711+9' und DTM+137:20261015:102' fehlen, UNT+12 auch.\r\n"
    ),
    "two segments in a letter": lambda e: _text(
        "text/plain", b"So waere es richtig:\r\nBGM+380+4711+9'\r\nDTM+137:20261015:102'\r\n"
    ),
    "sums in hexadecimal": lambda e: _text("text/plain", b"554e42aa" * 8 + b"  datei.bin\r\n"),
    "picture in HTML": lambda e: _text(
        "text/html",
        b"<html><img src='data:image/png;base64,"
        + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
        + b"'><!-- ende --></html>",
    ),
    "scan in numbered pages": lambda e: attached(b"\xff\xd8\xff" + bytes(99), name="scan.001"),
    "zlib of something else": lambda e: attached(zlib.compress(b"Guten Tag. " * 20)),
    "text in UTF-16": lambda e: attached("Guten Tag, Frau Müller".encode("utf-16")),
}


def _sparse() -> bytes:
    """A tar member of 5 GB with nothing in it but a map of holes (GNU tar)."""
    info = tarfile.TarInfo("re.edi")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (5 * 10**9, 0)
    header[483:495] = b"%011o\0" % (5 * 10**9)
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(1024)
