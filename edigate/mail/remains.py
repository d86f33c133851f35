"""What is left of an interchange whose beginning is lost or damaged: bytes -> where it begins.

People write about segments too: two of them in a letter are no interchange. Must not know mails nor
files.
"""

import re

# UNH INVOIC and the segment that has to follow
_MESSAGE = re.compile(
    rb"UNH[^\w\s](?=[^\r\n]{0,60}?(?i:INVOIC))[^\r\n]{6,120}?[^\w\s]\s*BGM[^\w\s]"
)
# the beginning and the end of what a message says, with amounts between them
_BODY = re.compile(rb"BGM([^\w\s])[^\r\n]{1,120}?([^\w\s])\s*(?:DTM|PAI|ALI|IMD|FTX|RFF|NAD|CUX)\1")
_AMOUNT = re.compile(rb"MOA[^\w\s][0-9]{1,3}[^\w\s]")
_CLOSING = re.compile(rb"(?:UNS|UNT|UNZ)[^\w\s]")
# the end of a message and of the interchange
_END = re.compile(rb"UNT([^\w\s])[0-9]{1,6}\1[^\r\n]{1,16}?([^\w\s])\s*UNZ\1[0-9]{1,6}\1")
_SMALL = tuple(re.compile(tag + rb"[^\w\s](?i:UNO[A-Z])\W\d") for tag in (b"unb", b"Unb"))
# from a form whose plus signs were taken for blanks
_BLANKS = re.compile(rb"UNB UNO[A-Z]\W\d[^\r\n]{0,200}?\s*UNH ")
# many segments one after the other, without anything else
_DENSE = re.compile(rb"(?:[A-Z]{3}\+[^'\r\n]{1,350}'\s{0,200}){8,}+")
_MONEY = re.compile(rb"MOA\+|BGM\+(?:8[0-4]|3[38][0-9]|39[0-9])")
_SMALL_MESSAGE = re.compile(rb"(?i:UNH)[^\w\s]")
_SEGMENT = re.compile(rb"[A-Z]{3}[^\w\s]")


def begins(content: bytes) -> int:
    """Where the remains of an interchange begin; -1 for nowhere."""
    if (found := _MESSAGE.search(content)) is not None:
        return found.start()
    for small in _SMALL:
        if (found := small.search(content)) is not None and _SMALL_MESSAGE.search(
            content, found.end()
        ):
            return found.start()
    if (blanks := _BLANKS.search(content)) is not None:
        return blanks.start()
    body = _BODY.search(content)
    amount = _AMOUNT.search(content, body.end()) if body is not None else None
    if body is not None and amount is not None and _CLOSING.search(content, amount.end()):
        return body.start()
    if (end := _END.search(content)) is not None:
        return _first_segment(content, end)
    return next((f.start() for f in _DENSE.finditer(content) if _MONEY.search(f[0])), -1)


def _first_segment(content: bytes, end: re.Match[bytes]) -> int:
    """Where the segments before the end of an interchange begin."""
    first = _SEGMENT.search(content, 0, end.start())
    return first.start() if first is not None else end.start()
