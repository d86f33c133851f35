"""The tree of a mail: bytes -> its leaf parts, with their bytes still encoded, by an iterative
walk.

Written for mail that nobody vouches for: no recursion, bounded depth and number of parts, offsets
instead of copies, so ten thousand nested parts cost no more than any other mail of that size. Must
not know what parts are good for.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any

from edigate.findings import printable

MAX_DEPTH = 32
MAX_PARTS = 2000
_VALUE_LIMIT = 4096
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:([^\r\n]*)(?:\r?\n|\r|\Z)")
_CONTINUED = re.compile(rb"([ \t][^\r\n]*)(?:\r?\n|\r|\Z)")
_BLANK = re.compile(rb"\r?\n")
_DELIMITER = re.compile(rb"(?:\A|\n)--([^\s-][^\r\n]{0,198}?)[ \t]*\r?\n(?=[!-9;-~]{1,80}:|\r?\n)")
_MBOX = re.compile(rb">?From [^\r\n]*\r?\n")
# `UNA:+.? '` and `UNB+UNOC:3` are header fields by their syntax, and bodies of mails without any
# header in practice.
_BODY_AT_ONCE = re.compile(rb"UN[ABH][^A-Za-z0-9 \t]")
_BASE64_JUNK = re.compile(rb"[^A-Za-z0-9+/=]+")
_BASE64_TEXT = re.compile(rb"[A-Za-z0-9+/=\s]*")
_UUENCODE = ("x-uuencode", "uuencode", "x-uue")
_ENCODINGS = ("base64", "quoted-printable", *_UUENCODE)
_WANTED = (b"content-type", b"content-transfer-encoding", b"content-disposition")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part without parts of its own: `source[start:end]`, encoded as `encoding` says.

    path: "1" for the only part of a simple mail, "2.1" for the first part inside the second.
    file_name: "" if none. too_deep: the part may hold parts that were not looked at, because of the
    limits on depth and number. aside: what stands before the first or behind the last part of a
    multipart, which mail programs do not show.
    """

    source: bytes
    start: int
    end: int
    path: str
    content_type: str
    encoding: str
    file_name: str
    too_deep: bool = False
    aside: bool = False

    @property
    def is_encoded(self) -> bool:
        """Whether a transfer encoding has to be undone."""
        return self.encoding in _ENCODINGS

    def undeclared(self) -> bytes | None:
        """The bytes as they stand, where the declared encoding could not hold EDIFACT as it is:
        base64, uuencode."""
        coded = self.is_encoded and self.encoding != "quoted-printable"
        return self.source[self.start : self.end] if coded else None

    def decoded(self) -> bytes:
        """The part's exact bytes. Raises: ValueError when the transfer encoding is broken."""
        if self.encoding == "base64":
            return _from_base64(self.source, self.start, self.end)
        return _decoded(self.source[self.start : self.end], self.encoding)

    def beginning_of_damaged(self, octets: int) -> bytes:
        """What can be had of the first bytes of a part whose encoding is broken."""
        raw = _BASE64_JUNK.sub(
            b"", self.source[self.start : min(self.end, self.start + 2 * octets)]
        )
        try:
            return (
                binascii.a2b_base64(raw[: len(raw) // 4 * 4]) if self.encoding == "base64" else b""
            )
        except binascii.Error:
            return b""


@dataclass(frozen=True, slots=True)
class _Entity:
    source: bytes
    start: int
    end: int
    path: tuple[int, ...]
    depth: int
    default_type: str = "text/plain"
    aside: bool = False


def leaves(content: bytes) -> Iterator[Leaf]:
    """Every leaf of a mail in order, through multiparts and attached mails (RFC 2045, 2046;
    message/rfc822)."""
    pending = [_Entity(content, 0, len(content), (), 0)]
    count = 0
    while pending:
        entity = pending.pop()
        count += 1
        if entity.aside:
            yield _leaf(entity, Message(), "text/plain", entity.start, too_deep=False)
            continue
        fields, body = _header(entity)
        kind = fields.get_content_type() if fields.get("content-type") else entity.default_type
        if count >= MAX_PARTS:
            yield _leaf(entity, fields, kind, body, too_deep=True)
            return
        deep = entity.depth >= MAX_DEPTH
        children = None if deep else _children(entity, fields, kind, body)
        if children is None:
            yield _leaf(
                entity,
                fields,
                kind,
                body,
                too_deep=deep and kind.startswith(("multipart/", "message/")),
            )
        else:
            pending.extend(reversed(children))


def _header(entity: _Entity) -> tuple[Message, int]:
    """The header fields that steer MIME, and where the body begins: after a blank line or at what
    is no field."""
    source, position = entity.source, entity.start
    stop = entity.end  # of any length: what stands behind a megabyte of header is still a part
    message: Message = Message()
    mbox = _MBOX.match(source, position, stop)
    if mbox:
        position = mbox.end()
    while position < stop:
        blank = _BLANK.match(source, position, stop)
        if blank:
            return message, blank.end()
        field = _FIELD.match(source, position, stop)
        if field is None or _BODY_AT_ONCE.match(source, position, stop):
            break
        name, value, position = field[1].lower(), field[2][:_VALUE_LIMIT], field.end()
        while continued := _CONTINUED.match(source, position, stop):
            position = continued.end()
            if len(value) < _VALUE_LIMIT:
                value += continued[1][:_VALUE_LIMIT]
        if name in _WANTED and name.decode() not in message:
            message[name.decode()] = value.strip().decode("utf-8", "replace")
    return message, position


def _children(entity: _Entity, fields: Message, kind: str, body: int) -> list[_Entity] | None:
    """The parts inside, or None for a leaf."""
    if kind.startswith("multipart/"):
        return _multipart(entity, fields, kind, body)
    if kind in ("message/rfc822", "message/global"):
        encoding = _encoding(fields)
        if encoding in (
            "base64",
            "quoted-printable",
        ):  # not allowed by RFC 2046, and sent all the same
            try:
                inner = _decoded(entity.source[body : entity.end], encoding)
            except ValueError:
                return None
            return [_Entity(inner, 0, len(inner), (*entity.path, 1), entity.depth + 1)]
        return [_Entity(entity.source, body, entity.end, (*entity.path, 1), entity.depth + 1)]
    return None


def _multipart(entity: _Entity, fields: Message, kind: str, body: int) -> list[_Entity] | None:
    """The parts between the delimiters, and what stands around them; None where no delimiter can be
    found."""
    content = _content_of(entity, fields, body)
    if content is None:
        return None
    source, body, end = content
    boundary, spans = _delimited(source, body, end, fields)
    if not spans:
        return None

    def part(number: int, start: int, stop: int, **more: Any) -> _Entity:
        return _Entity(source, start, stop, (*entity.path, number), entity.depth + 1, **more)

    default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
    parts = [part(n, *span, default_type=default) for n, span in enumerate(spans, 1)]
    first = source.rfind(b"--" + boundary, body, spans[0][0])
    last = source.find(b"--" + boundary, spans[-1][1], end)
    behind = source.find(b"\n", last, end) + 1 if last >= 0 else 0
    before, after = (body, first), (behind or end, end)
    if source[slice(*before)].strip():
        parts.insert(0, part(0, *before, aside=True))
    if source[slice(*after)].strip():
        parts.append(part(len(spans) + 1, *after, aside=True))
    return parts


def _content_of(entity: _Entity, fields: Message, body: int) -> tuple[bytes, int, int] | None:
    """The bytes of a multipart and where they begin and end; None where they cannot be decoded."""
    source, end = entity.source, entity.end
    encoding = _encoding(fields)
    if encoding not in ("base64", "quoted-printable") or _guessed(source, body, end) is not None:
        return source, body, end
    try:  # not allowed by RFC 2045 section 6.4, and sent all the same
        decoded = _decoded(source[body:end], encoding)
    except ValueError:
        return None
    return decoded, 0, len(decoded)


def _delimited(
    source: bytes, body: int, end: int, fields: Message
) -> tuple[bytes, list[tuple[int, int]]]:
    """The boundary, declared or else guessed, and the spans between its lines."""
    declared = _parameter(fields, "boundary").encode("utf-8", "replace")[:200]
    for boundary in (declared, _guessed(source, body, end)):
        if boundary and (spans := list(_split(source, body, end, boundary))):
            return boundary, spans
    return b"", []


def _guessed(source: bytes, start: int, end: int) -> bytes | None:
    """The boundary of a multipart that does not name it, or names another: its first line with two
    dashes."""
    found = _DELIMITER.search(source, max(0, start - 1), end)
    return found[1] if found is not None else None


def _split(source: bytes, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int]]:
    """Spans between the delimiter lines of a multipart (RFC 2046 section 5.1.1); an unclosed one
    ends at `end`."""
    delimiter = re.compile(rb"\n--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    opened: int | None = None
    for number, found in enumerate(delimiter.finditer(source, max(0, start - 1), end)):
        if opened is not None:
            yield (
                opened,
                max(opened, found.start() - (source[found.start() - 1 : found.start()] == b"\r")),
            )
        if found[1] or number > MAX_PARTS:
            return
        line_end = source.find(b"\n", found.end(), end)
        opened = line_end + 1 if line_end >= 0 else end
    if opened is not None:
        yield opened, end


def _leaf(entity: _Entity, fields: Message, kind: str, body: int, *, too_deep: bool) -> Leaf:
    return Leaf(
        source=entity.source,
        start=body,
        end=entity.end,
        path=".".join(map(str, entity.path)) or "1",
        content_type=printable(kind)[:100],
        encoding=_encoding(fields),
        file_name=_file_name(fields),
        too_deep=too_deep,
        aside=entity.aside,
    )


def _parameter(fields: Message, name: str) -> str:
    """A parameter of the content type; "" where there is none, and where nobody can take the
    parameters apart."""
    try:
        value = fields.get_param(name)
        return collapse_rfc2231_value(value).rstrip() if value is not None else ""
    except (MessageError, LookupError, ValueError, TypeError):
        return ""


def _encoding(fields: Message) -> str:
    return str(fields.get("content-transfer-encoding", "")).strip().strip('"').lower()


def _file_name(fields: Message) -> str:
    """The file name of RFC 2183, in RFC 2231 or (wrongly, and often) RFC 2047 encoding, without any
    folder."""
    try:
        name = fields.get_filename() or ""
        if "=?" in name:
            name = str(make_header(decode_header(name)))
    except (MessageError, LookupError, ValueError, TypeError):
        name = ""
    return safe_name(name)


def safe_name(name: str) -> str:
    """A file name to show: without folders and control characters, at most 100 characters."""
    last = re.split(r"[/\\]", name)[-1].strip()
    return "" if last in (".", "..") else printable(last)[:100]


def _decoded(raw: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return _from_base64(raw, 0, len(raw))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if encoding in _UUENCODE:
        return _from_uuencode(raw)
    return raw


def _from_base64(source: bytes, start: int, end: int) -> bytes:
    """Base64 with everything between its characters skipped (RFC 2045 section 6.8), padding or not.

    The source is not copied: a large mail stands in memory once as it is.
    """
    padding = source.find(b"=", start, end)
    after = source[padding:end].strip(b"= \t\r\n") if padding >= 0 else b""
    try:
        if after and _BASE64_TEXT.fullmatch(after):
            # Files that were encoded piece by piece: Python's decoder would stop at the first
            # padding.
            pieces = re.split(rb"=+", _BASE64_JUNK.sub(b"", source[start:end]))
            return b"".join(binascii.a2b_base64(piece + b"==") for piece in pieces if piece)
        octets = memoryview(source)[start:end]
        return binascii.a2b_base64(octets) if padding >= 0 else _unpadded(octets)
    except binascii.Error as error:
        raise ValueError(f"base64 is cut off: {error}") from None


def _unpadded(octets: memoryview) -> bytes:
    """Raises: binascii.Error for what no padding can complete."""
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error:
        return binascii.a2b_base64(bytes(octets) + b"==")


def _from_uuencode(raw: bytes) -> bytes:
    lines = raw.splitlines()
    begin = next((i for i, line in enumerate(lines) if line.startswith(b"begin ")), -1)
    decoded = bytearray()
    for line in lines[begin + 1 :]:
        if line.strip() in (b"end", b"`"):
            break
        try:
            decoded += binascii.a2b_uu(line)
        except binascii.Error as error:
            raise ValueError(f"uuencode is broken: {error}") from None
    return bytes(decoded)
