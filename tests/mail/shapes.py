"""Mails as partners, mail servers and mail programs make them: each holds one whole INVOIC, or
something that cannot be opened, or plainly no invoice.

Every shape is made from the bytes of one interchange, so that a test can give each its own number.
"""

import base64
import binascii
import bz2
import gzip
import html
import io
import json
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

import pikepdf
from asn1crypto import cms

Shape = Callable[[bytes], bytes]

FROM = (
    b"From: edi@partner.example\r\nTo: 2800001946@edi.example\r\nSubject: "
    b"Rechnung\r\nMIME-Version: 1.0\r\n"
)


def part(content: bytes, kind: str = "text/plain", encoding: str = "", name: str = "") -> bytes:
    """One MIME part with its header."""
    lines = [f"Content-Type: {kind}"]
    if encoding:
        lines.append(f"Content-Transfer-Encoding: {encoding}")
    if name:
        lines.append(f'Content-Disposition: attachment; filename="{name}"')
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def coded(content: bytes, kind: str = "application/octet-stream", name: str = "") -> bytes:
    """A part in base64, as nearly all attachments are."""
    return part(base64.encodebytes(content).replace(b"\n", b"\r\n"), kind, "base64", name)


def several(*parts: bytes, kind: str = 'mixed; boundary="=_b"') -> bytes:
    """A multipart."""
    inner = b"".join(b"--=_b\r\n" + p + b"\r\n" for p in parts)
    return f"Content-Type: multipart/{kind}\r\n\r\n".encode() + inner + b"--=_b--\r\n"


def attached(content: bytes, kind: str = "application/octet-stream", name: str = "") -> bytes:
    """A mail with a greeting and one attachment."""
    return FROM + several(part(b"Siehe Anlage.\r\n"), coded(content, kind, name))


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def locked_zip(name: str) -> bytes:
    """A zip whose member says that it is encrypted."""
    packed = bytearray(zipped(name, b"\x00" * 64))
    packed[6] |= 1
    packed[packed.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(packed)


def tarred(name: str, content: bytes, mode: str = "w") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def specification(document: pikepdf.Pdf, content: bytes, name: str) -> pikepdf.AttachedFileSpec:
    return pikepdf.AttachedFileSpec(
        document,
        content,
        filename=name,
        description="",
        mime_type="",
        creation_date="",
        mod_date="",
    )


def pdf(**files: bytes) -> bytes:
    """A letter with files attached to it."""
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        for name, content in files.items():
            document.attachments[name.replace("_", ".")] = specification(document, content, name)
        document.save(out)
    return out.getvalue()


def annotated_pdf(content: bytes) -> bytes:
    """A PDF with a file pinned to its page, not in the list of attachments."""
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        file = specification(document, content, "re.edi").obj
        annotation = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FileAttachment, Rect=[0, 0, 9, 9], FS=file
        )
        document.pages[0].Annots = pikepdf.Array([document.make_indirect(annotation)])
        document.save(out)
    return out.getvalue()


def locked_pdf() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out, encryption=pikepdf.Encryption(user="geheim", owner="geheim"))
    return out.getvalue()


def cms_of(kind: str, content: object) -> bytes:
    """A CMS message of any kind."""
    return bytes(cms.ContentInfo({"content_type": kind, "content": content}).dump())  # type: ignore[no-untyped-call]


def signed(content: bytes) -> bytes:
    encapsulated = {"content_type": "data", "content": content}
    return cms_of(
        "signed_data",
        {
            "version": "v1",
            "digest_algorithms": [],
            "encap_content_info": encapsulated,
            "signer_infos": [],
        },
    )


def compressed_cms(content: bytes) -> bytes:
    encapsulated = {"content_type": "data", "content": zlib.compress(content)}
    algorithm = {"algorithm": "1.2.840.113549.1.9.16.3.8"}
    return cms_of(
        "compressed_data",
        {"version": "v0", "compression_algorithm": algorithm, "encap_content_info": encapsulated},
    )


def enveloped() -> bytes:
    """The beginning of encrypted content: its kind is all that anybody can see."""
    return (
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\x30\x80\x02\x01\x00"
        + bytes(range(200))
    )


def pgp_packet(tag: int, body: bytes) -> bytes:
    return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4) + body


def pgp_literal(content: bytes, name: bytes = b"re.edi") -> bytes:
    return pgp_packet(11, b"b" + bytes((len(name),)) + name + b"\0\0\0\0" + content)


def pgp_compressed(content: bytes) -> bytes:
    """What `gpg --sign --compress` without encryption comes to, the signature left out."""
    deflate = zlib.compressobj(wbits=-15)
    return pgp_packet(8, b"\x01" + deflate.compress(pgp_literal(content)) + deflate.flush())


def pgp_encrypted() -> bytes:
    """A public-key session packet and a sealed one."""
    return pgp_packet(1, b"\x03" + b"K" * 8 + b"\x01" + b"\x10\x00" + b"x" * 256) + pgp_packet(
        18, b"\x01" + b"y" * 99
    )


def armored(content: bytes, what: str = "MESSAGE") -> bytes:
    text = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return (
        f"-----BEGIN PGP {what}-----\r\nVersion: 1\r\n\r\n".encode()
        + text
        + f"-----END PGP {what}-----\r\n".encode()
    )


def uuencoded(content: bytes) -> bytes:
    lines = b"".join(binascii.b2a_uu(content[n : n + 45]) for n in range(0, len(content), 45))
    return b"begin 644 re.edi\r\n" + lines.replace(b"\n", b"\r\n") + b"`\r\nend\r\n"


def yencoded(content: bytes) -> bytes:
    out = bytearray()
    for octet in content:
        shifted = (octet + 42) % 256
        out += (
            bytes((0x3D, (shifted + 64) % 256)) if shifted in (0, 10, 13, 61) else bytes((shifted,))
        )
    body = b"\r\n".join(bytes(out[n : n + 128]) for n in range(0, len(out), 128))
    return (
        b"=ybegin line=128 size=%d name=re.edi\r\n" % len(content)
        + body
        + b"\r\n=yend size=%d\r\n" % len(content)
    )


def quoted(edi: bytes, mark: bytes = b"> ") -> bytes:
    return b"Am Montag schrieb A:\r\n" + b"".join(
        mark + line + b"\r\n" for line in edi.splitlines()
    )


def escaped(edi: bytes) -> str:
    return html.escape(edi.decode("latin-1"))


def raw_mail(edi: bytes) -> bytes:
    return attached(edi, "application/EDIFACT", "re.edi")


def nested_zip(edi: bytes, depth: int) -> bytes:
    content, name = edi, "re.edi"
    for _ in range(depth):
        content, name = zipped(name, content), "inner.zip"
    return content


def docx(edi: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<?xml version='1.0'?><Types></Types>")
        archive.writestr(
            "word/document.xml",
            "<?xml version='1.0'?><w:document><w:t>Guten Tag</w:t></w:document>",
        )
        if edi:
            archive.writestr(
                "word/embeddings/oleObject1.bin", b"\xd0\xcf\x11\xe0" + b"\0" * 508 + edi
            )
    return file.getvalue()


def report_of(edi: bytes) -> bytes:
    return (
        FROM
        + b"Auto-Submitted: auto-replied\r\n"
        + several(
            part(b"Unzustellbar.\r\n"),
            part(b"Reporting-MTA: dns; mx.far.example\r\n\r\n", "message/delivery-status"),
            part(raw_mail(edi), "message/rfc822"),
            kind='report; report-type=delivery-status; boundary="=_b"',
        ).replace(raw_mail(edi), raw_mail(edi).replace(b"=_b", b"=_c"))
    )


INVOICES: dict[str, Shape] = {
    # straight
    "attachment": raw_mail,
    "body": lambda e: FROM + b"\r\n" + e,
    "body without any header": lambda e: e,
    "octet-stream without a name": attached,
    "called a picture": lambda e: attached(e, "image/png", "scan.png"),
    "called a PDF": lambda e: attached(e, "application/pdf", "rechnung.pdf"),
    "behind a greeting": lambda e: FROM + part(b"Guten Tag,\r\n\r\n" + e),
    "behind words on one line": lambda e: FROM + part(b"Daten: " + e),
    "one line behind words": lambda e: FROM + part(b"Daten: " + e.replace(b"\n", b"")),
    "quoted-printable": lambda e: (
        FROM + part(binascii.b2a_qp(e, istext=False), "text/plain", "quoted-printable")
    ),
    "x-uuencode": lambda e: FROM + part(uuencoded(e), "application/octet-stream", "x-uuencode"),
    # warning banners
    "banner in angle brackets": lambda e: (
        FROM + part(b"<EXTERNAL> Vorsicht bei Links!\r\n\r\n" + e)
    ),
    "banner in braces": lambda e: FROM + part(b'{EXTERN} "Vorsicht" bei Links!\r\n' + e),
    "banner in HTML": lambda e: FROM + part(b"<p style='x'>CAUTION</p>\r\n" + e),
    "banner before an octet-stream": lambda e: attached(b"<EXTERNAL>\r\n" + e),
    "JSON-like first byte": lambda e: attached(b"{1:HEADER}\r\n" + e),
    # XML and JSON around it
    "XML element": lambda e: attached(
        f"<?xml version='1.0'?><a><p>{escaped(e)}</p><q>x</q></a>".encode(), "text/xml"
    ),
    "CDATA": lambda e: attached(
        b"<?xml version='1.0'?><a><![CDATA[" + e + b"]]></a>", "application/xml"
    ),
    "base64 in XML": lambda e: attached(
        b"<?xml version='1.0'?><a><b>" + base64.b64encode(e) + b"</b></a>"
    ),
    "SOAP": lambda e: attached(
        b"<soap:Envelope xmlns:soap='x'><soap:Body>" + base64.encodebytes(e) + b"</soap:Body>"
    ),
    "JSON string": lambda e: attached(
        json.dumps({"id": 1, "edi": e.decode("latin-1"), "z": "}"}).encode()
    ),
    "JSON with escaped slashes": lambda e: attached(
        json.dumps([{"f": base64.b64encode(e).decode()}]).replace("/", "\\/").encode(),
        "application/json",
    ),
    "base64 of many lines in JSON": lambda e: attached(
        json.dumps({"f": base64.encodebytes(e).decode()}).encode()
    ),
    # HTML and quotations
    "HTML in pre": lambda e: (
        FROM + part(f"<html><body><pre>{escaped(e)}</pre></body></html>".encode(), "text/html")
    ),
    "HTML with br": lambda e: (
        FROM
        + part(
            f"<html><div>{escaped(e)}</div></html>".replace("\n", "<br>\n").encode(), "text/html"
        )
    ),
    "HTML with a paragraph for each line": lambda e: (
        FROM
        + part("".join(f"<p>{escaped(line)}</p>" for line in e.splitlines()).encode(), "text/html")
    ),
    "HTML with spans inside": lambda e: (
        FROM + part(f"<div>{escaped(e)}</div>".replace("UNB+", "<b>UNB</b>+").encode(), "text/html")
    ),
    "HTML with numbered entities": lambda e: (
        FROM + part("<pre>{}</pre>".format("".join(f"&#{b};" for b in e)).encode(), "text/html")
    ),
    "HTML as an attachment": lambda e: attached(
        f"<html><pre>{escaped(e)}</pre></html>".encode(), name="re.html"
    ),
    "quoted": lambda e: FROM + part(quoted(e)),
    "quoted without a space": lambda e: FROM + part(quoted(e, b">")),
    "quoted in HTML": lambda e: (
        FROM + part(f"<pre>{html.escape(quoted(e).decode('latin-1'))}</pre>".encode(), "text/html")
    ),
    # encodings that are not declared, or wrongly
    "base64 declared 7bit": lambda e: FROM + part(base64.encodebytes(e), "text/plain", "7bit"),
    "base64 behind a greeting": lambda e: FROM + part(b"Guten Tag\r\n\r\n" + base64.encodebytes(e)),
    "base64 under an unknown encoding": lambda e: (
        FROM + part(base64.encodebytes(e), "a/b", "x-base64")
    ),
    "plain, declared base64": lambda e: FROM + part(e, "application/EDIFACT", "base64"),
    "quoted-printable declared 7bit": lambda e: (
        FROM + part(binascii.b2a_qp(e.replace(b"\n", b"")), "text/plain", "7bit")
    ),
    "gzip in base64 declared 7bit": lambda e: FROM + part(base64.encodebytes(gzip.compress(e))),
    "UTF-16": lambda e: attached(e.decode("latin-1").encode("utf-16"), "text/plain", "re.txt"),
    "UTF-16 big-endian": lambda e: attached(e.decode("latin-1").encode("utf-16-be"), "text/plain"),
    "UTF-32": lambda e: attached(e.decode("latin-1").encode("utf-32"), "text/plain"),
    "uuencoded in the text": lambda e: FROM + part(b"Hallo\r\n\r\n" + uuencoded(e)),
    "yEnc": lambda e: (
        FROM
        + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        + yencoded(e)
    ),
    # containers
    "zip": lambda e: attached(zipped("a/re.edi", e), "application/zip", "re.zip"),
    "zip with a member called anything": lambda e: attached(zipped("scan.png", e), name="x.bin"),
    "zip with a greeting in its member": lambda e: attached(zipped("re.txt", b"Guten Tag\r\n" + e)),
    "zip in zip": lambda e: attached(nested_zip(e, 2)),
    "zip in zip in zip": lambda e: attached(nested_zip(e, 3)),
    "zip behind a program": lambda e: attached(
        b"MZ" + b"\0" * 500 + zipped("re.edi", e), name="re.exe"
    ),
    "gzip": lambda e: attached(gzip.compress(e), name="re.edi.gz"),
    "bzip2": lambda e: attached(bz2.compress(e)),
    "xz": lambda e: attached(lzma.compress(e)),
    "tar": lambda e: attached(tarred("re.edi", e)),
    "tar.gz": lambda e: attached(tarred("re.edi", e, "w:gz"), name="re.tar.gz"),
    "tar.bz2": lambda e: attached(tarred("re.edi", e, "w:bz2")),
    "tar.xz in zip in zip": lambda e: attached(
        zipped("a.zip", zipped("b.tar.xz", tarred("re.edi", e, "w:xz")))
    ),
    "mail in zip": lambda e: attached(zipped("mail.eml", raw_mail(e))),
    "docx with a file in it": lambda e: attached(docx(e), name="brief.docx"),
    "attached to a PDF": lambda e: attached(pdf(re_edi=e), "application/pdf", "brief.pdf"),
    "pinned to a page of a PDF": lambda e: attached(annotated_pdf(e), "application/pdf"),
    # mails in mails
    "forwarded": lambda e: FROM + several(part(b"Hallo"), part(FROM + coded(e), "message/rfc822")),
    "forwarded in base64": lambda e: (
        FROM + part(base64.encodebytes(raw_mail(e)), "message/rfc822", "base64")
    ),
    ".eml as octet-stream": lambda e: attached(raw_mail(e), "application/octet-stream", "mail.eml"),
    "mbox": lambda e: attached(
        b"From a Mon\n" + FROM + b"\r\nHallo\r\n\r\nFrom b Mon\n" + raw_mail(e)
    ),
    "delivery report": report_of,
    "automatic": lambda e: b"Auto-Submitted: auto-generated\r\n" + raw_mail(e),
    # odd multiparts
    "multipart without a boundary": lambda e: (
        FROM + several(part(b"Hallo"), coded(e), kind="mixed")
    ),
    "multipart with another boundary": lambda e: (
        FROM + several(coded(e), kind="mixed; boundary=other")
    ),
    "before the first part": lambda e: (
        FROM + several(part(b"x")).replace(b"--=_b\r\n", e + b"\r\n--=_b\r\n", 1)
    ),
    "behind the last part": lambda e: FROM + several(part(b"x")) + b"\r\n" + e,
    "behind two megabytes of header": lambda e: b"X-Long: y\r\n" * 200_000 + raw_mail(e),
    "a part behind a megabyte of header": lambda e: (
        FROM + several(b"X-Long: y\r\n" * 120_000 + coded(e))
    ),
    "multipart in base64": lambda e: (
        FROM
        + (
            b'Content-Type: multipart/mixed; boundary="=_b"\r\nContent-Transfer-Encoding: '
            b"base64\r\n\r\n"
        )
        + base64.encodebytes(several(coded(e)).split(b"\r\n\r\n", 1)[1])
    ),
    # signed and compressed
    "opaque signature": lambda e: attached(
        signed(coded(e)), "application/pkcs7-mime; smime-type=signed-data"
    ),
    "signature as octet-stream": lambda e: attached(signed(coded(e)), name="smime.p7m"),
    "signature over the bare file": lambda e: attached(signed(e), name="re.edi.p7m"),
    "compressed S/MIME": lambda e: attached(
        compressed_cms(coded(e)), "application/pkcs7-mime", "smime.p7z"
    ),
    "compressed S/MIME as octet-stream": lambda e: attached(compressed_cms(coded(e))),
    "compressed and signed": lambda e: attached(
        compressed_cms(coded(signed(coded(e)), "application/pkcs7-mime"))
    ),
    "clear-signed S/MIME": lambda e: (
        FROM
        + several(
            coded(e), coded(b"0\x80", "application/pkcs7-signature"), kind='signed; boundary="=_b"'
        )
    ),
    "clear-signed PGP": lambda e: (
        FROM
        + part(
            b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n"
            + e
            + b"\r\n"
            + armored(b"x", "SIGNATURE")
        )
    ),
    "PGP, only signed": lambda e: attached(pgp_compressed(e), name="re.edi.pgp"),
    "PGP, only signed, armored": lambda e: FROM + part(armored(pgp_compressed(e))),
}

TOLD: dict[str, Shape] = {
    "7z": lambda e: attached(b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(99), name="re.7z"),
    "rar": lambda e: attached(b"Rar!\x1a\x07\x01\x00" + bytes(99)),
    "zstd": lambda e: attached(b"\x28\xb5\x2f\xfd" + bytes(99)),
    "7z in zip": lambda e: attached(zipped("x", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(99))),
    "zip with a password": lambda e: attached(locked_zip("re.edi"), "application/zip"),
    "zip with a password, any name": lambda e: attached(locked_zip("foto.jpg")),
    "zip in zip in zip in zip": lambda e: attached(nested_zip(e, 4)),
    "broken zip": lambda e: attached(zipped("re.edi", e)[:-40], "application/zip"),
    "cut gzip": lambda e: attached(gzip.compress(e)[:60]),
    "encrypted S/MIME": lambda e: attached(
        enveloped(), "application/pkcs7-mime; smime-type=enveloped-data"
    ),
    "encrypted S/MIME as octet-stream": lambda e: attached(enveloped(), name="smime.p7m"),
    "PGP/MIME": lambda e: (
        FROM
        + several(
            part(b"Version: 1\r\n", "application/pgp-encrypted"),
            part(armored(pgp_encrypted()), "application/octet-stream", name="encrypted.asc"),
            kind='encrypted; protocol="application/pgp-encrypted"; boundary="=_b"',
        )
    ),
    "PGP inline": lambda e: FROM + part(b"Hallo\r\n\r\n" + armored(pgp_encrypted())),
    ".pgp": lambda e: attached(pgp_encrypted(), name="re.edi.pgp"),
    ".gpg of anything": lambda e: attached(bytes(range(256)), name="re.gpg"),
    ".asc": lambda e: attached(armored(pgp_encrypted()), name="re.asc"),
    "binary PGP without a name": lambda e: attached(pgp_encrypted()),
    "Outlook message": lambda e: attached(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(504)
        + "__properties_version1.0".encode("utf-16-le"),
        name="re.msg",
    ),
    "winmail.dat": lambda e: attached(
        b"\x78\x9f\x3e\x22" + bytes(99), "application/ms-tnef", "winmail.dat"
    ),
    "winmail.dat as octet-stream": lambda e: attached(b"\x78\x9f\x3e\x22" + bytes(99)),
    "PDF with a password": lambda e: attached(locked_pdf(), "application/pdf", "re.pdf"),
    "message/partial": lambda e: FROM + part(b"UN", "message/partial; id=x; number=1; total=3"),
    "message/external-body": lambda e: (
        FROM + part(b"Content-Type: a/b\r\n\r\n", "message/external-body; access-type=x")
    ),
    "BinHex": lambda e: FROM + part(b"(This file must be converted with BinHex 4.0)\r\n:abc"),
    "EBCDIC": lambda e: attached(
        e.decode("latin-1").replace("\n", "").encode("cp500"), name="re.dat"
    ),
    "OpenSSL": lambda e: attached(b"Salted__" + bytes(range(200))),
    "age": lambda e: attached(b"age-encryption.org/v1\n-> X25519 abc\n" + bytes(99)),
    "cut base64": lambda e: (
        FROM + part(base64.b64encode(e)[:801] + b"!", "application/EDIFACT", "base64", "re.edi")
    ),
    "empty .edi": lambda e: attached(b"", name="re.edi"),
    "cut UTF-16": lambda e: attached(
        e.decode("latin-1").encode("utf-16")[:-3] + b"\xd8\xff\xd8", "text/plain"
    ),
    "33 mails in each other": lambda e: b"Content-Type: message/rfc822\r\n\r\n" * 33 + raw_mail(e),
    "a message without its UNB": lambda e: (
        FROM + part(b"Hallo\r\n" + e[e.index(b"UNH") : e.index(b"UNZ")])
    ),
}


def _letter() -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "a@partner.example", "b@edi.example", "Ihre Anfrage"
    mail.set_content("Guten Tag,\n\nanbei unser Angebot. Das Segment UNB fehlte.\n\nGruß")
    mail.add_alternative(
        "<html><body><p>Guten Tag,<br>anbei unser Angebot.</p></body></html>", subtype="html"
    )
    mail.add_attachment(pdf(), maintype="application", subtype="pdf", filename="angebot.pdf")
    return mail.as_bytes()


NOTHING: dict[str, Shape] = {
    "letter": lambda e: _letter(),
    "text": lambda e: FROM + part(b"Guten Tag\r\n"),
    "empty": lambda e: FROM + b"\r\n",
    "picture": lambda e: attached(
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "image/png", "logo.png"
    ),
    "cut picture": lambda e: (
        FROM + several(part(b"x"), part(b"/9j/4AAQSkZJR", "image/jpeg", "base64", "foto.jpg"))
    ),
    "docx": lambda e: attached(docx(), name="brief.docx"),
    "zip of pictures": lambda e: attached(
        zipped("foto.jpg", b"\xff\xd8\xff" + bytes(99)), "application/zip"
    ),
    "PDF of an invoice with XML": lambda e: attached(
        pdf(factur_xml=b"<?xml version='1.0'?><a>x</a>")
    ),
    "words about EDIFACT": lambda e: (
        FROM + part(b"Bitte pruefen Sie UNB+ und UNH+ in Ihrer Datei.\r\n")
    ),
    "segments in a letter of a gateway": lambda e: (
        FROM + part(b"<table><tr><td>0</td><td>UNB+UNOC:3+A:14+B:14</td></tr></table>", "text/html")
    ),
    "report.json of a gateway": lambda e: attached(
        json.dumps(
            {"segment": {"text": "UNB+UNOC:3+A:14+B:14'"}, "x": ["UNH+1+INVOIC:D:96A:UN'"]}
        ).encode()
    ),
    "clear-signed letter": lambda e: (
        FROM
        + several(
            part(b"Hallo"),
            coded(b"0\x80\x06", "application/pkcs7-signature"),
            kind='signed; boundary="=_b"',
        )
    ),
    "PGP key": lambda e: attached(
        armored(b"\x99\x01\x0d", "PUBLIC KEY BLOCK"), "application/pgp-keys", "key.asc"
    ),
    "delivery report without content": lambda e: (
        FROM
        + several(
            part(b"Unzustellbar."),
            part(b"Action: failed\r\n", "message/delivery-status"),
            part(b"Subject: x\r\n\r\n", "text/rfc822-headers"),
            kind='report; boundary="=_b"',
        )
    ),
    "calendar": lambda e: attached(
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "text/calendar", "termin.ics"
    ),
    "random bytes": lambda e: attached(
        bytes((n * 7919 >> 3) % 256 for n in range(5000)), name="x.dat"
    ),
}
