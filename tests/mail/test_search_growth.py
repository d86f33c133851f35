"""Hostile texts and containers cost what their bytes cost: ten times the bytes, no more than about
ten times the time.

Processor seconds of one process, the shortest of three; a quadratic search would be a hundred times
as slow.
"""

import base64
import bz2
import gzip
import time
from collections.abc import Callable

import pytest

from edigate.mail.message import interchanges, searched
from tests.mail.shapes import FROM, nested_zip, pgp_packet, signed, tarred, zipped

FEW, MANY = 60_000, 600_000


def filled(piece: bytes, before: bytes = b"") -> Callable[[int], bytes]:
    """A text of so many bytes of a piece."""
    return lambda octets: before + piece * (octets // len(piece))


HOSTILE: dict[str, Callable[[int], bytes]] = {
    "tags that never end": filled(b"<", b"<html></html>UNB"),
    "one tag": filled(b"<p class=x ", b"</a>UNB"),
    "entities": filled(b"&#85;&amp", b"<p></p>UNB"),
    "entity without an end": filled(b"9", b"<p></p>UNB&#"),
    "half of CDATA": filled(b"<![CDATA[", b"<a></a>UNB"),
    "JSON escapes": filled(b'\\"', b'{"UNB'),
    "JSON strings": filled(b'"UNB+UNOC:3 and more than forty characters of it",', b"["),
    "one JSON string and a backslash": lambda octets: b'{"' + b'\\"UNB' * (octets // 5) + b"\\",
    "quotation marks": filled(b"> ", b"> UNB\n"),
    "quoted lines": filled(b"> UNB+UNOC\n"),
    "soft breaks": filled(b"=\r\n", b"UNB+UNOC:3+"),
    "soft breaks and spaces": filled(b"=    ", b"UNB"),
    "UNA": filled(b"UNA:+.? '"),
    "UNB": filled(b"xUNB+UNOC:3"),
    "UNH": filled(b"UNH+1+INVOIC:"),
    "UNH and blanks": filled(b" ", b"xUNH+1+INVOIC:D:96A'"),
    "runs of 31 characters": filled(b"A" * 31 + b" "),
    "runs of 33 characters": filled(b"A" * 33 + b"\n"),
    "base64 heads": filled(base64.b64encode(b"UNB+UNOC:3+A+B+1+1'UNH+1+X'!!") + b"!\n"),
    "begin": filled(b"begin 644 a\n"),
    "ybegin": filled(b"=ybegin line=128 name=a\n"),
    "PGP armor": filled(b"-----BEGIN PGP MESSAGE-----\n"),
    "PGP armor with headers": filled(b"Comment: x\n", b"-----BEGIN PGP MESSAGE-----\n"),
    "PGP signed": filled(b"-----BEGIN PGP SIGNED MESSAGE-----\n"),
    "PGP packets": filled(pgp_packet(10, b"PGP")),
    "delimiters": filled(b"--a\r\n\r\n", b"From: x\r\nContent-Type: multipart/mixed\r\n\r\n"),
    "lines with two dashes": filled(
        b"--a b\r\n", b"From: x\r\nContent-Type: multipart/mixed\r\n\r\n"
    ),
    "header fields": filled(b"X: y\r\n", b"From: x\r\n"),
    "mbox": filled(b"\n\nFrom a b\nTo: x\n", b"From a b\nTo: x\nX: y\n"),
    "UTF-16": filled("UNB+".encode("utf-16-le"), b"x\0"),
    "zip directory": filled(b"PK\x01\x02", b"PK\x03\x04"),
    "zip ends": filled(b"PK\x05\x06" + bytes(18)),
    "gzip pieces": filled(gzip.compress(b"", 1)),
    "bzip2 pieces": filled(bz2.compress(b"")),
    "zip of blanks": lambda octets: zipped("a", b"<" * octets),
    "tar of blanks": lambda octets: tarred("a", b" " * octets),
    "zip in zip": lambda octets: nested_zip(b"{" * octets, 3),
    "signed": lambda octets: signed(b"<" * octets),
    "PDF": filled(b"1 0 obj<</Type/Filespec>>endobj\n", b"%PDF-1.7\n"),
    "nested DER": filled(
        b"\x30\x80", b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80"
    ),
    "hexadecimal": filled(b"55 4e 42 "),
    "gzip in hexadecimal": filled(b"1f8b08" + b"00" * 12 + b"x"),
    "base64 in short lines": filled(b"VU5BQQ== \n"),
    "seven segments": filled(b"MOA+77:1'" * 7 + b"x"),
    "blanks for plus signs": filled(b"UNB UNOC:3 "),
    "JOSE": filled(b"aaaaaaaa.", b"eyJaaaaaaaaaa"),
    "strings without terminators": filled(b'","BGM+', b"["),
    "hexadecimal in short runs": filled(b"554e42xx"),
    "hex dump": filled(b"00000000: 55 4e\n"),
    "numbers": filled(b"85,78,66,"),
    "percent signs": filled(b"UNB%2B"),
    "base32": filled(b"KVHEC "),
    "ASCII 85": filled(b"<~aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "),
    "base64 for URLs": lambda octets: b"".join(b"VU5B%076d-\n" % n for n in range(octets // 82)),
    "quoted base64 lines": filled(b"> " + b"A" * 64 + b"\n"),
    "carriage returns as entities": filled(b"&#13;\n" + b"A" * 40),
    "comments": filled(b"<!--", b"<p></p>UNB"),
    "closed comments": filled(b"<!---->", b"<p></p>UNB"),
    "attributes": filled(b'="', b"<p></p>UNB"),
    "long attributes": filled(b"='" + b"a" * 70, b"<p></p>UNB"),
    "strings of segments": filled(b'\'","UNB+', b'["'),
    "bodies": filled(b"BGM+1'DTM+"),
    "bodies with amounts": filled(b"BGM+1'DTM+MOA+1:"),
    "ends of messages": filled(b"ABC+UNT+1+1'"),
    "ends of interchanges": filled(b"UNT+1+1'UNZ+"),
    "small letters": filled(b"unb+unoc:3"),
    "tars": filled(tarred("a", b"")[:1024]),
    "zips": filled(zipped("a", b"x")),
    "PDF signs": filled(b"%PDF-"),
    "PGP signs": filled(b"\xa3\x01"),
    "zlib signs": filled(b"x\x9c"),
    "OCTET STRING in pieces": filled(
        b"\x04\x01x",
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80"
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80",
    ),
}


def seconds(work: Callable[[], object]) -> float:
    """The shortest of three."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_grows_with_the_bytes(name: str) -> None:
    few, many = HOSTILE[name](FEW), HOSTILE[name](MANY)
    for look in (
        lambda c: searched(c, "x"),
        lambda c: interchanges(FROM + b"Content-Type: text/html\r\n\r\n" + c),
    ):
        small, large = seconds(lambda look=look: look(few)), seconds(lambda look=look: look(many))  # type: ignore[misc]
        assert large < 30 * small + 0.05, (small, large)
