"""EDIFACT inside something that was written around it: HTML, quotation marks, JSON, base64 nobody
declared.

Bytes -> the texts that come of undoing one way of writing, each only where an envelope shows in
what comes out. All of it is linear in the text, whatever the text is. Must not know mails nor
files.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from functools import partial
from html.entities import html5

from edigate.mail import remains

BEGINNING = rb"(?P<edi>UNA[^\w\s][^\r\n]{4}\W\s*UNB[^\w\s]|UNB[^\w\s]UNO[A-Z]\W\d)"
_ANYWHERE = re.compile(BEGINNING)
_LINE_START = re.compile(rb"(?:\A|[\r\n])[ \t]*" + BEGINNING)
_ADVICE = re.compile(rb"UNA[^\w\s][^\r\n]{4}[^\w\s]\s*\Z")
_HEADER = re.compile(rb"UNH[^\w\s]")
_CUES = re.compile(rb"UN[ABHTZ]|[uU]nb|BGM|MOA|&#(?:85|[xX]55);|\\u0055|=55")

_TAG = re.compile(rb"<[^<>]*>")
_LINE_TAG = re.compile(
    rb"<(?=/?(?i:br|p|div|tr|li|td|th|pre|table|h[1-6]|hr|ul|ol|blockquote|section|body)\b)[^<>]*>"
)
_CDATA = re.compile(rb"<!\[CDATA\[|\]\]>")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,31}));?")
_ATTRIBUTE = re.compile(rb"=[ \t\r\n]{0,9}(?:\"([^\"<>]{60,}+)\"|'([^'<>]{60,}+)')")
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!|\?|[A-Za-z_][\w:.-]*[\s/>])")
_MARKED = re.compile(rb"</?[A-Za-z!?][^<>]*>|&(?:#[0-9xX]|[A-Za-z]{2,8};)")
_QUOTED = re.compile(rb"^[ \t]*(?:>[ \t]?){1,5}", re.MULTILINE)
_QUOTED_FILE = re.compile(
    rb"^[ \t]*>[> \t]{0,9}(?:begin [0-7]{3,4} |=ybegin |[A-Za-z0-9+/]{60,}+=*[ \t]*\r?$)",
    re.MULTILINE,
)
_QUOTE = re.compile(rb"^[ \t]*>", re.MULTILINE)
_STRING = re.compile(rb'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)', re.DOTALL)
# a list with a string for each segment
_NEXT_SEGMENT = re.compile(
    rb"(?:(?P<end>'|\\u0027)\"\s{0,200},\s{0,200}\"(?=[A-Z]{3}[^\w\s])"
    rb"|\"\s{0,200},\s{0,200}\"(?=(?:UNH|BGM|DTM)[^\w\s]))"
)
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_RUN = re.compile(
    rb"[A-Za-z0-9+/]{32,}+(?:(?:(?:\\r)?\\n|(?:[ \t]|&#(?:13|[xX]0?[dD]);)*\r?\n[ \t]*)"
    rb"[A-Za-z0-9+/]++)*+={0,2}"
)
# EDIFACT in base64 of very short lines, or of groups of characters
_SHORT_RUN = re.compile(
    rb"(?<![A-Za-z0-9+/])VU5[BCI][A-Za-z0-9+/]{0,27}"
    rb"(?:[ \t\r\n]{1,4}[A-Za-z0-9+/]{1,31}){8,}+={0,2}"
)
# base64 for URLs (RFC 4648 section 5), which is never folded, where its first bytes say what it is
_URL_HEADS = (b"VU5B", b"VU5C", b"VU5I", b"77u_", b"UEsDB", b"H4sI", b"eJ", b"eN", b"eA", b"eF")
_URL_RUN = re.compile(
    rb"(?<![A-Za-z0-9_-])(?:" + b"|".join(_URL_HEADS) + rb")[A-Za-z0-9_-]{60,}+={0,2}"
)
_URL_SIGNS = bytes.maketrans(b"-_", b"+/")
# EDIFACT, zip and gzip as base64 begins them, for a run whose first line is something else
_KNOWN_HEAD = re.compile(rb"(?:\n|\\n)[ \t]*(?P<at>VU5[BCI]|77u/VU5[BCI]|UEsDB|H4sI)")
_NOT_BASE64 = re.compile(rb"\\[rn]|&#(?:13|[xX]0?[dD]);|[^A-Za-z0-9+/]+")
_HEAD = 96
_PERCENT = re.compile(rb"\s*UN[ABH]%[0-9A-Fa-f]{2}")
_SOFT_BREAK = re.compile(rb"=[ \t]*\r?\n")
_NOT_QP = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|\Z)|(?:\A|\n)[^\r\n]{80}")
_CLEAR_SIGNED = re.compile(
    rb"-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[A-Za-z]{2,20}: [^\r\n]*\r?\n){0,20}\r?\n"
)
_DASHES = re.compile(rb"^- ", re.MULTILINE)
_UUENCODED = re.compile(rb"(?:\A|\n)begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n")
_YENC = re.compile(rb"(?:\A|\n)=ybegin [^\r\n]{0,300}?name=([^\r\n]{1,200})\r?\n")
_YENC_END = re.compile(rb"\r?\n=yend ")
_YENC_PART = re.compile(rb"=ypart [^\r\n]*\r?\n")
_YENC_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_UNSHIFTED = bytes((n - 42) % 256 for n in range(256))
_WIDE = (
    ("utf-32-le", re.compile(rb"U\0\0\0N\0\0\0[ABH]\0\0\0")),
    ("utf-32-be", re.compile(rb"\0\0\0U\0\0\0N\0\0\0[ABH]")),
    ("utf-16-le", re.compile(rb"U\0N\0[ABH]\0[^\0-\x20A-Za-z0-9]\0")),
    ("utf-16-be", re.compile(rb"\0U\0N\0[ABH]\0[^\0-\x20A-Za-z0-9]")),
)
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


def begins(content: bytes, *, line: bool) -> int:
    """Where an interchange begins in a text, at the beginning of a line or anywhere; -1 for
    nowhere.

    Anywhere in a text an interchange counts only with a message in it: people write about segments,
    too.
    """
    found = (_LINE_START if line else _ANYWHERE).search(content)
    if found is not None:
        return _with_advice(content, found.start("edi"))
    if (
        line
        and (found := _ANYWHERE.search(content)) is not None
        and _HEADER.search(content, found.end())
    ):
        return found.start("edi")
    return remains.begins(content)


def _with_advice(content: bytes, start: int) -> int:
    """The place of the UNA before a UNB, where one stands at the end of a line of other words."""
    before = _ADVICE.search(content, max(0, start - 40), start)
    return start if before is None else before.start()


def shows(content: bytes) -> int:
    """Where an envelope with a message shows in what was undone; -1 for nowhere."""
    found = _ANYWHERE.search(content)
    if found is not None and _HEADER.search(content, found.end()):
        return found.start("edi")
    return remains.begins(content)


def is_quoted(content: bytes, start: int) -> bool:
    """Whether the line of a place begins with a quotation mark."""
    return _QUOTE.match(content, content.rfind(b"\n", 0, start) + 1) is not None


def is_spelled_out(content: bytes) -> bool:
    """Whether an interchange that seems to begin is written with percent signs (RFC 3986)."""
    return _PERCENT.match(content) is not None


def unquoted(content: bytes) -> bytes | None:
    """A text without its quotation marks; None where no file is written behind any."""
    return _QUOTED.sub(b"", content) if _QUOTED_FILE.search(content) is not None else None


def stands_alone(content: bytes) -> bool:
    """Whether an interchange with a message stands in a text at the beginning of a line."""
    found = _LINE_START.search(content)
    return found is not None and _HEADER.search(content, found.end()) is not None


def is_markup(content: bytes) -> bool:
    """Whether a text is HTML or XML, as far as its beginning and one closing tag say."""
    return _MARKUP.match(content) is not None and b"</" in content


def is_marked(content: bytes, start: int) -> bool:
    """Whether tags or entities stand behind a place."""
    return _MARKED.search(content, start) is not None


def is_json(content: bytes) -> bool:
    """Whether a text could be JSON."""
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and b'"' in content


def is_soft_broken(content: bytes) -> bool:
    """Whether a text is quoted-printable though nobody says so: soft line breaks, and not one sign
    against it."""
    return _SOFT_BREAK.search(content) is not None and _NOT_QP.search(content) is None


def wide(content: bytes) -> tuple[str, bytes] | None:
    """UTF-16 or UTF-32 -> its name and the text in UTF-8, where an envelope shows; also when it is
    broken: then b"".

    Without an envelope only what begins with a byte order mark: it may be written in another way.
    """
    matches = [(name, m) for name, pattern in _WIDE if (m := pattern.search(content)) is not None]
    # the bytes of one order look like those of the other from the second byte on
    for name, found in sorted(
        matches, key=lambda m: m[1].start() % (4 if m[0].startswith("utf-32") else 2)
    ):
        unit = 4 if name.startswith("utf-32") else 2
        try:
            text = content[found.start() % unit :].decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError:
            end = found.start() + (len(content) - found.start()) // unit * unit
            text = content[found.start() : end].decode(name, "replace")
            if "\ufffd" in text:
                return name, b""
        return name, text.encode("utf-8")
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    try:
        return (
            (marked, content.decode(marked).removeprefix("\ufeff").encode("utf-8"))
            if marked
            else None
        )
    except UnicodeError:
        return None


def unquoted_printable(content: bytes) -> bytes:
    """Quoted-printable undone (RFC 2045 section 6.7)."""
    return binascii.a2b_qp(content)


def _soft_breaks_undone(content: bytes) -> Iterator[bytes]:
    yield unquoted_printable(content)


def clear_signed(content: bytes) -> bytes:
    """The text of a clear-signed OpenPGP message (RFC 9580 section 7), or the content as it is."""
    found = _CLEAR_SIGNED.search(content)
    if found is None:
        return content
    end = content.find(b"\n-----BEGIN PGP SIGNATURE-----", found.end())
    return _DASHES.sub(b"", content[found.end() : end if end >= 0 else len(content)])


def undone(content: bytes, *, markup: bool, declared: bool = False) -> Iterator[tuple[str, bytes]]:
    """Every text that comes of undoing one way of writing, with the name of the way, where an
    envelope shows in it.

    markup: whether it is HTML or XML. declared: whether the transfer encoding was one that was
    undone already.
    """
    cues = _CUES.search(content) is not None
    ways: tuple[tuple[str, bool, Callable[[bytes], Iterator[bytes]]], ...] = (
        ("json", cues and is_json(content), strings),
        ("markup", cues and markup, _unmarked),
        ("markup", cues and markup, _hidden),
        ("quoted", cues and _QUOTE.search(content) is not None, _unquoted),
        (
            "quoted-printable",
            cues and not declared and is_soft_broken(content),
            lambda c: iter((unquoted_printable(c),)),
        ),
    )
    for name, applies, way in ways:
        found = False
        for text in way(content) if applies else ():
            plain = _plain(text)
            start = shows(plain)
            if start >= 0:
                found = True
                yield name, plain[start:]
        if found:
            return


def _plain(text: bytes) -> bytes:
    """A text that came of undoing one way, without what may have been written around it before
    that."""
    start = shows(text)
    if start >= 0 and is_markup(text) and is_marked(text, start):
        text = next(_unmarked(text))
        start = shows(text)
    if start >= 0 and is_quoted(text, start):
        text = next(_unquoted(text))
    return text


def strings(content: bytes) -> Iterator[bytes]:
    """The strings of a JSON text that could hold an envelope, without their escapes (RFC 8259
    section 7)."""
    for found in _STRING.finditer(_NEXT_SEGMENT.sub(rb"\g<end>\n", content)):
        if len(found[1]) > 40 and _CUES.search(found[1]) is not None:
            yield _ESCAPE.sub(_unescaped, _decoded(found[1])).encode("utf-8", "replace")


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2])


def _unmarked(content: bytes) -> Iterator[bytes]:
    """HTML or XML without its tags: what ends a line in a browser ends one here; entities are
    characters again."""
    plain = _TAG.sub(b"", _LINE_TAG.sub(b"\n", _CDATA.sub(b"", content)))
    yield _ENTITY.sub(_character, _decoded(plain)).replace("\xa0", " ").encode("utf-8", "replace")


def _hidden(content: bytes) -> Iterator[bytes]:
    """What stands in the tags themselves: values of attributes, and comments."""
    for found in _ATTRIBUTE.finditer(content):
        yield _ENTITY.sub(_character, _decoded(found[1] or found[2])).encode("utf-8", "replace")
    position = 0
    while (start := content.find(b"<!--", position)) >= 0:
        end = content.find(b"-->", start)
        position = end if end >= 0 else len(content)
        yield content[start + 4 : position]


def _character(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return html5.get(f"{name};", found[0])
    number = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(number) if number < 0x110000 else found[0]


def _decoded(content: bytes) -> str:
    """UTF-8 where it is, else Windows' Latin-1, which has a character for nearly every byte."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _unquoted(content: bytes) -> Iterator[bytes]:
    yield _QUOTED.sub(b"", content)


def runs(content: bytes) -> Iterator[tuple[bytes, Callable[[], bytes]]]:
    """Stretches of base64 in a text: the first bytes of what each says, and a function that gives
    all of it."""
    if is_json(content):
        content = content.replace(b"\\/", b"/")
    if any(head in content for head in _URL_HEADS):
        content = _URL_RUN.sub(lambda found: found[0].translate(_URL_SIGNS), content)
    for run in (found[0] for pattern in (_RUN, _SHORT_RUN) for found in pattern.finditer(content)):
        starts = [0, *(m.start("at") for m in [_KNOWN_HEAD.search(run)] if m)]
        for start in starts:
            head = _from_base64(run[start : start + 2 * _HEAD])
            if head:
                yield head[:_HEAD], partial(_from_base64, run[start:])


def _from_base64(text: bytes) -> bytes:
    packed = _NOT_BASE64.sub(b"", text)
    try:
        return binascii.a2b_base64(packed[: len(packed) // 4 * 4] + _rest(packed))
    except binascii.Error:
        return b""


def _rest(packed: bytes) -> bytes:
    """The last, unpadded group; one character alone says nothing."""
    left = len(packed) % 4
    return packed[-left:] + b"=" * (4 - left) if left > 1 else b""


def files(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Files written into a text by uuencode or yEnc: their names and bytes. Broken ones give
    b""."""
    for found in _UUENCODED.finditer(content):
        yield found[1].decode("utf-8", "replace"), uudecoded(content, found.end())
    position = 0
    while (block := _YENC.search(content, position)) is not None:
        end = _YENC_END.search(content, block.end())
        position = end.start() if end else len(content)
        packed = content[block.end() : position]
        part = _YENC_PART.match(packed)
        yield block[1].decode("utf-8", "replace"), _unyenc(packed[part.end() if part else 0 :])


def uudecoded(content: bytes, start: int) -> bytes:
    """The bytes of uuencoded lines from a place on, to their end line; b"" when one is broken."""
    out = bytearray()
    position = start
    while position < len(content):
        end = content.find(b"\n", position)
        line = content[position : end if end >= 0 else len(content)].rstrip(b"\r")
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            return b""
        position = end + 1 if end >= 0 else len(content)
    return bytes(out)


def _unyenc(packed: bytes) -> bytes:
    """yEnc 1.3: every byte plus 42; `=` before a byte that has 64 more."""
    joined = packed.replace(b"\r\n", b"").replace(b"\n", b"")
    return _YENC_ESCAPE.sub(lambda m: bytes(((m[1][0] - 64) % 256,)), joined).translate(_UNSHIFTED)
