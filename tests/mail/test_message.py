"""EDIFACT is found in every part by its content, and its bytes are exact."""

import base64
import binascii
import gzip
import io
import time
import tracemalloc
import zipfile
from email.message import EmailMessage
from email.policy import SMTP

import pikepdf
import pytest
from asn1crypto import cms
from hypothesis import given
from hypothesis import strategies as st

from edigate.findings import catalogue
from edigate.mail.message import EdiPart, interchanges, looks_like_edifact, notes, unreadable
from edigate.mail.parts import kinds

EDI = (
    b"UNA:+.? 'UNB+UNOC:3+4012345500004:14+4319876000028:14+261120:1200+IC1'"
    b"UNH+1+INVOIC:D:96A:UN:EAN008'\xe4\r\nUNZ+1+IC1'"
)


def part(
    content: bytes, kind: str = "text/plain", encoding: str = "", name: str = "", extra: str = ""
) -> bytes:
    header = f"Content-Type: {kind}{extra}\r\n"
    if encoding:
        header += f"Content-Transfer-Encoding: {encoding}\r\n"
    if name:
        header += f"Content-Disposition: attachment; filename={name}\r\n"
    return header.encode() + b"\r\n" + content


def multipart(*parts: bytes, kind: str = "mixed", boundary: str = "=_b") -> bytes:
    inner = b"".join(b"--" + boundary.encode() + b"\r\n" + p + b"\r\n" for p in parts)
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\npreamble\r\n'.encode()
    return head + inner + b"--" + boundary.encode() + b"--\r\nepilogue\r\n"


def mail(body: bytes) -> bytes:
    return (
        b"Received: from a by b\r\nFrom: edi@partner.example\r\nSubject: "
        b"=?utf-8?q?x?=\r\nMIME-Version: 1.0\r\n"
    ) + body


def quoted_printable(content: bytes) -> bytes:
    return binascii.b2a_qp(content, istext=False)


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def opaque_signed(content: bytes) -> bytes:
    """A CMS SignedData that carries its content, without signers."""
    signed = {
        "version": "v1",
        "digest_algorithms": [],
        "encap_content_info": {"content_type": "data", "content": content},
        "signer_infos": [],
    }
    info = cms.ContentInfo({"content_type": "signed_data", "content": signed})  # type: ignore[no-untyped-call]
    return bytes(info.dump())  # type: ignore[no-untyped-call]


B64 = base64.encodebytes(EDI)
CASES = {
    "7bit in the body": part(EDI),
    "8bit": part(EDI, encoding="8bit"),
    "base64": part(B64, encoding="base64"),
    "BASE64 in capitals and quotes": part(B64, encoding='"BASE64"'),
    "base64 on one line": part(base64.b64encode(EDI), encoding="base64"),
    "base64 with CRLF": part(B64.replace(b"\n", b"\r\n"), encoding="base64"),
    "base64 without padding": part(base64.b64encode(EDI).rstrip(b"="), encoding="base64"),
    "base64 with a list's footer": part(
        B64 + b"\r\n____\r\nSent by a list.\r\n", encoding="base64"
    ),
    "base64 in two runs": part(
        base64.b64encode(EDI[:50]) + base64.b64encode(EDI[50:]), encoding="base64"
    ),
    "quoted-printable": part(quoted_printable(EDI), encoding="quoted-printable"),
    "as a picture": part(B64, "image/png", "base64", "scan.png"),
    "as a PDF": part(B64, "application/pdf", "base64", "invoice.pdf"),
    "as HTML": part(EDI, "text/html"),
    "as application/EDIFACT": part(B64, "application/EDIFACT", "base64", "a.edi"),
    "without a type": b"\r\n" + EDI,
    "broken type": part(EDI, "///;;;=", name='"'),
    "attachment": multipart(
        part(b"Hello"), part(B64, "application/octet-stream", "base64", "x.dat")
    ),
    "nested": multipart(part(b"Hello"), multipart(part(EDI), kind="alternative", boundary="=_b2")),
    "boundary that begins like the outer one": multipart(
        multipart(part(EDI), boundary="=_bx"), boundary="=_b"
    ),
    "forwarded mail": multipart(
        part(b"Hello"), part(mail(part(B64, encoding="base64")), "message/rfc822")
    ),
    "forwarded mail in base64": part(
        base64.encodebytes(mail(part(EDI))), "message/rfc822", "base64"
    ),
    "digest": multipart(b"\r\n" + mail(part(EDI)), kind="digest"),
    "clear-signed": multipart(
        part(EDI), part(b"MIIB", "application/pkcs7-signature", "base64"), kind="signed"
    ),
    "opaque-signed": part(
        base64.encodebytes(opaque_signed(part(B64, encoding="base64"))),
        "application/pkcs7-mime",
        "base64",
        "smime.p7m",
    ),
    "zip": part(base64.encodebytes(zipped("dir/a.txt", EDI)), "application/zip", "base64", "a.zip"),
    "gzip": part(base64.encodebytes(gzip.compress(EDI)), "application/octet-stream", "base64"),
    "gzip in two members": part(
        base64.encodebytes(gzip.compress(EDI[:9]) + gzip.compress(EDI[9:])), "a/b", "base64"
    ),
    "uuencoded part": part(
        b"begin 644 a.edi\n"
        + b"".join(binascii.b2a_uu(EDI[i : i + 45]) for i in range(0, len(EDI), 45))
        + b"`\nend\n",
        encoding="x-uuencode",
    ),
    "uuencoded in text": part(
        b"Hello\n\nbegin 644 a.edi\n"
        + b"".join(binascii.b2a_uu(EDI[i : i + 45]) for i in range(0, len(EDI), 45))
        + b"`\nend\n"
    ),
    "behind a greeting": part(b"Dear all,\r\n\r\nplease find below\r\n\r\n" + EDI),
    "behind a network's own line": part(b"#HDR0001ABC 000123;" + EDI, "application/octet-stream"),
    "unclosed multipart": multipart(part(EDI)).partition(b"\r\n--=_b--")[0],
    "LF only": multipart(part(EDI.replace(b"\r\n", b""))).replace(b"\r\n", b"\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_found_with_exact_bytes(case: str) -> None:
    found = interchanges(mail(CASES[case]))
    assert [p.problem for p in found] == [""]
    expected = EDI.replace(b"\r\n", b"") if case == "LF only" else EDI
    assert found[0].content.rstrip(b"\r\n") == expected


@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b"\r\n \t\r\n", b"\xef\xbb\xbf\r\n", b"\x00\x00"]
)
@pytest.mark.parametrize(
    "start",
    [b"UNA:+.? '", b"UNB+UNOA:1", b"UNB\x1dUNOB\x1f1", b"UNH+1+INVOIC", b"UNA\x1f\x1d.? \x1cUNB"],
)
def test_beginnings(before: bytes, start: bytes) -> None:
    assert looks_like_edifact(before + start)
    found = interchanges(
        mail(part(base64.encodebytes(before + start), "application/octet-stream", "base64"))
    )
    assert [p.content for p in found] == [before + start]


@pytest.mark.parametrize(
    "body",
    [
        b"Hello, our UNB+ segment is wrong.\r\n",
        b"> UNB+UNOC:3+A+B'\r\n> UNZ+1+1'\r\n",
        b"UNABLE to find the invoice\r\n",
        b"UNB is a segment\r\n",
        b"%PDF-1.7 UNB+UNOC:3+A'",
        b"",
        b"\xff\xfe\x00\x01" * 100,
    ],
)
def test_other_mails_just_pass(body: bytes) -> None:
    assert interchanges(mail(part(body))) == ()


def pdf_page(text: bytes) -> bytes:
    """A PDF whose page says the text, in a stream for all to see."""
    file = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        shown = text.replace(b"(", b"").replace(b")", b"")
        document.pages[0].Contents = document.make_stream(b"BT /F1 9 Tf (" + shown + b") Tj ET")
        document.save(file, compress_streams=False)
    return file.getvalue()


def test_text_of_a_pdf_page_is_not_searched_and_a_sentence_in_html_is_none() -> None:
    pdf = part(base64.encodebytes(pdf_page(EDI)), "application/pdf", "base64", "manual.pdf")
    html = part(b"<p>as in<br>\nUNB+UNOC:3+A+B' and so on</p>", "text/html")
    assert interchanges(mail(multipart(pdf, html))) == ()


def test_several_parts_in_order_with_their_paths_and_names() -> None:
    body = multipart(
        part(EDI, name="one.edi"),
        multipart(part(b"x"), part(EDI, name='"..\\..\\two.edi"'), boundary="=_in"),
        part(EDI, extra="; name*=utf-8''Rechnung%20%C3%BC%0D%0A.edi"),
        part(EDI, name='"=?utf-8?q?vier_=C3=A4?="'),
    )
    assert [(p.path, p.file_name) for p in interchanges(mail(body))] == [
        ("1", "one.edi"),
        ("2.2", "two.edi"),
        ("3", "Rechnung ü‹U+000D›‹U+000A›.edi"),
        ("4", "vier ä"),
    ]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (part(b"ISA*00*", "application/EDIFACT"), "not-edifact"),
        (part(b"", "application/octet-stream", name="empty.edi"), "not-edifact"),
        (part(b"VU5B@@@K", "application/octet-stream", "base64", "cut.EDI"), "encoding"),
        (
            part(EDI.decode("latin-1").encode("utf-16")[:-1] + b"\xd8\xff\xd8", "text/plain"),
            "utf-16",
        ),
        (
            part(b"MIIB", "application/pkcs7-mime", "base64", extra="; smime-type=enveloped-data"),
            "sealed",
        ),
        (part(b"PK\x03\x04rest", "application/zip", name="a.zip"), "broken-archive"),
    ],
)
def test_what_cannot_be_read_is_reported(body: bytes, problem: str) -> None:
    (found,) = interchanges(mail(body))
    assert found.problem == problem
    told = unreadable(found)
    for text in (told.message, told.expected, told.partner):
        assert text is not None
        assert "…" not in text.de + text.en
    assert "MIME-Teil 1" in told.message.de


def test_every_problem_has_its_rule() -> None:
    rules = {rule for rule in catalogue() if rule.startswith("MAIL-")}
    rules.remove("MAIL-09")  # of what is held already, wherever it stood
    problems = ("encoding", "not-edifact", "utf-16", "broken-archive", "too-large", "too-deep")
    told = {unreadable(EdiPart("1", "", "a/b", b"", problem)).rule for problem in problems}
    told |= {
        unreadable(EdiPart("1", "", "a/b", b"", "sealed", kind)).rule for kind in kinds("sealed")
    }
    told |= {
        note.rule
        for way in kinds("undone")
        for note in notes(EdiPart("1", "", "a/b", b"", undone=(way,)))
    }
    assert told == rules


@pytest.mark.parametrize(
    "content",
    [
        EDI,
        b"Received: x\r\n" + EDI,
        b"Received: x\r\n" + EDI + b"\r\n\r\n",
        b"From partner Sat Nov 21 2026\r\nReceived: x\r\n\r\n" + EDI,
        b"no header\r\n\r\n" + EDI,
        b"\r\n" + EDI,
        b"\n" + EDI,
    ],
)
def test_mails_without_a_proper_header(content: bytes) -> None:
    assert [p.content.rstrip() for p in interchanges(content)] == [EDI]


@given(st.binary(max_size=300))
def test_nothing_raises(octets: bytes) -> None:
    interchanges(octets)
    interchanges(mail(octets))
    interchanges(mail(part(octets, "application/EDIFACT", "base64")))


HEADERS = st.lists(
    st.sampled_from(
        [
            b"Content-Type: multipart/mixed; boundary=b\r\n",
            b"Content-Type: message/rfc822\r\n",
            b"Content-Transfer-Encoding: base64\r\n",
            b"Content-Disposition: attachment; filename*0*=x\r\n",
            b"\r\n",
            b"--b\r\n",
            b"--b--\r\n",
            EDI,
            b"\x1f\x8b\x08",
            b"PK\x03\x04",
            b"begin 644 x\r\n",
            b"\t",
        ]
    ),
    max_size=15,
)


@given(HEADERS)
def test_nothing_raises_on_pieces_of_mime(pieces: list[bytes]) -> None:
    interchanges(b"".join(pieces))


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable", "x-uuencode"]))
def test_decoding_gives_back_the_bytes(tail: bytes, encoding: str) -> None:
    content = EDI + tail
    if encoding == "base64":
        body = base64.encodebytes(content)
    elif encoding == "quoted-printable":
        body = quoted_printable(content)
    else:
        lines = (binascii.b2a_uu(content[i : i + 45]) for i in range(0, len(content), 45))
        body = b"begin 644 x\n" + b"".join(lines) + b"`\nend\n"
    assert [p.content for p in interchanges(mail(multipart(part(body, "a/b", encoding))))] == [
        content
    ]


@pytest.mark.parametrize(
    ("content", "found"), [(b"%PDF-1.7" + b"\0\1" * 25_000_000, 0), (EDI * 440_000, 1)]
)
def test_fifty_megabytes(content: bytes, found: int) -> None:
    message = EmailMessage(policy=SMTP)
    message.set_content("hello")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename="x")
    octets = message.as_bytes()
    del message
    tracemalloc.start()
    started = time.process_time()
    parts = interchanges(octets)
    seconds, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(parts) == found
    assert seconds < 20  # quadratic work would take hours
    assert peak < 3 * len(content) + 2**20
