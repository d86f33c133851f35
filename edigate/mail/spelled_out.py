"""EDIFACT spelt out in other signs: hexadecimal, decimal, percent signs, base32, ASCII 85.

Bytes -> the bytes that are meant, from where an interchange begins in them. All of it is linear in
the text. Must not know mails nor files.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

# U N A|B|H in each way of spelling; what follows is read as far as the way goes on
_GAP, _PAIRS = (
    rb"(?P<gap>[ \t:,-]{0,9}(?:0[xX]|\\x)?)",
    rb"(?:[\s:,-]{0,9}(?:0[xX]|\\x)?[0-9a-fA-F]{2}){12,}+",
)
# UNA, UNB or UNH, gzip, zip
_HEXES = (
    re.compile(rb"55" + _GAP + rb"4[eE](?P=gap)4[128]" + _PAIRS),
    re.compile(rb"1[fF]" + _GAP + rb"8[bB](?P=gap)08" + _PAIRS),
    re.compile(rb"50" + _GAP + rb"4[bB](?P=gap)03(?P=gap)04" + _PAIRS),
)
_DIGITS = tuple(bytes((sign,)) for sign in b"0123456789abcdefABCDEF")
"""What numbers do not begin behind."""
_NOT_HEX = re.compile(rb"0[xX]|\\x|[^0-9a-fA-F]+")
_DUMP = re.compile(
    rb"^[ \t]*(?:0x)?[0-9a-fA-F]{4,16}:?[ \t]+"
    rb"(?P<octets>(?:[0-9a-fA-F]{2}){1,2}(?: {1,2}(?:[0-9a-fA-F]{2}){1,2}){0,15})",
    re.MULTILINE,
)
_DUMPED = re.compile(rb"0000(?:0{4}|0{12})?:?[ \t]+[0-9a-fA-F]{2}")
_DECIMAL = re.compile(
    rb"85(?P<gap>[\s,;]{1,20})78(?P=gap)(?:65|66|72)(?:[\s,;]{1,20}[0-9]{1,3}(?![0-9])){12,}+"
)
_PERCENT = re.compile(rb"UN[ABH]%[0-9A-Fa-f]{2}[^&\s\"<>]{12,}")
_BASE32 = re.compile(rb"KVHE[CEI][A-Z2-7\s]{24,}=*")
_ASCII85 = re.compile(rb"<~(?P<digits>[!-uz\s]{20,})~>")
_ROW = 16


def spelled_out(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Every stretch that spells bytes out, with the name of the way; broken ones are left out."""
    for way, pattern, undo in _WAYS:
        for found in pattern.finditer(content):
            plain = undo(found)
            if plain and content[max(0, found.start() - 1) : found.start()] not in _DIGITS:
                yield way, plain
    if _DUMPED.search(content) is not None:
        rows = (_NOT_HEX.sub(b"", found["octets"])[: 2 * _ROW] for found in _DUMP.finditer(content))
        yield "hex", binascii.unhexlify(b"".join(row[: len(row) // 2 * 2] for row in rows))


def _from_hex(found: re.Match[bytes]) -> bytes:
    digits = _NOT_HEX.sub(b"", found[0])
    return binascii.unhexlify(digits[: len(digits) // 2 * 2])


def _from_decimal(found: re.Match[bytes]) -> bytes:
    return bytes(number for word in re.findall(rb"[0-9]+", found[0]) if (number := int(word)) < 256)


def _from_percent(found: re.Match[bytes]) -> bytes:
    """Forms write a space as `+` (URL standard, section 5.1) and a plus sign as `%2B`."""
    plain = unquote_to_bytes(found[0].replace(b"+", b" "))
    again = _PERCENT.match(plain)
    return plain if again is None else unquote_to_bytes(again[0].replace(b"+", b" "))


def _from_base32(found: re.Match[bytes]) -> bytes:
    digits = b"".join(found[0].split()).rstrip(b"=")
    try:
        return base64.b32decode(digits + b"=" * (-len(digits) % 8))
    except binascii.Error:
        return b""


def _from_ascii85(found: re.Match[bytes]) -> bytes:
    try:
        return base64.a85decode(found["digits"])
    except (ValueError, OverflowError):
        return b""


_WAYS: tuple[tuple[str, re.Pattern[bytes], Callable[[re.Match[bytes]], bytes]], ...] = (
    *(("hex", pattern, _from_hex) for pattern in _HEXES),
    ("decimal", _DECIMAL, _from_decimal),
    ("percent", _PERCENT, _from_percent),
    ("base32", _BASE32, _from_base32),
    ("ascii85", _ASCII85, _from_ascii85),
)
