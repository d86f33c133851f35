"""OpenPGP (RFC 9580): what is only signed or compressed is opened, what is encrypted is named.

Keys and signatures hold no message. The text of a clear-signed message is read where it stands
(`edigate.mail.wrapped_text`).
"""

import binascii
import bz2
import re
import zlib
from collections.abc import Callable, Iterator

from edigate.mail.containers.compressed import Decoder, Gzip, expanded
from edigate.mail.containers.opening import Budget, Member, OpenedFile, Thing, TooLarge

_ARMOR = re.compile(
    rb"-----BEGIN PGP (?P<what>[A-Z0-9 ,/]{3,60})-----[ \t]*\r?\n(?:[A-Za-z]{2,20}: "
    rb"[^\r\n]*\r?\n){0,20}[ \t]*\r?\n"
)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_SEALED_NAMES = ("pgp", "gpg")
_KEYS = ("PUBLIC KEY BLOCK", "PRIVATE KEY BLOCK", "SIGNATURE")
_COMPRESSED, _MARKER, _LITERAL, _ONE_PASS, _SIGNATURE, _KEY = 8, 10, 11, 4, 2, (5, 6)
_ENCRYPTED = (1, 3, 9, 18, 20)
_DEPTH = 4
# first bytes of compressed and of one-pass signed messages, in the old form and the new one
_SIGNED = (
    *(bytes((first, way)) for first in (0xA3,) for way in (1, 2, 3)),
    b"\x90\x0d\x03",
    b"\xc4\x0d\x03",
    b"\xc8",
)
_MAKERS: dict[bytes, Callable[[], Decoder]] = {
    b"\x01": lambda: Gzip(-15),
    b"\x02": lambda: Gzip(15),
    b"\x03": bz2.BZ2Decompressor,
}


def opened(thing: Thing, budget: Budget) -> OpenedFile | None:
    """An OpenPGP message, armored anywhere in a text or binary."""
    armored = _armored(thing)
    if armored is not None:
        what, octets = armored
        if what in _KEYS:
            return OpenedFile("openpgp-key")
        return _message(octets, budget) or OpenedFile("openpgp", sealed="openpgp")
    if thing.content_type == "application/pgp-encrypted":
        return OpenedFile(
            "openpgp-key"
        )  # "Version: 1": the message is the next part (RFC 3156 section 4)
    if thing.content_type == "application/pgp-signature":
        return OpenedFile("openpgp-key")
    named = thing.suffix in _SEALED_NAMES
    if (
        named
        or thing.content_type in ("application/pgp", "application/x-pgp")
        or _begins_encrypted(thing.content)
    ):
        found = _message(thing.content, budget)
        if found is not None or not named:
            return found
        return OpenedFile("openpgp", sealed="openpgp", exhausts=False)
    return _whole_message(thing.content, budget)


def _armored(thing: Thing) -> tuple[str, bytes] | None:
    """The first armored block that is no clear-signed text: its heading and its bytes."""
    content = thing.content
    if b"-----BEGIN PGP SIGNED MESSAGE-----" in content:
        return None
    found = _ARMOR.search(content)
    if found is None:
        return None
    end = content.find(b"-----END PGP", found.end())
    body = content[found.end() : end if end >= 0 else len(content)]
    body = body.partition(b"\n=")[0] if b"\n=" in body[-12:] else body
    packed = _NOT_BASE64.sub(b"", body)
    try:
        return found["what"].decode(), binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))
    except binascii.Error:
        return found["what"].decode(), b""


def _begins_encrypted(content: bytes) -> bool:
    """Whether the first packet is one that encryption begins with, looked at closely: any byte can
    begin a file."""
    first = next(_packets(content), None)
    if first is None:
        return False
    tag, start, end = first
    body = content[start : min(end, start + 16)]
    if tag == 1:
        return (
            len(body) > 9
            and body[0] == 3
            and body[9] in (1, 2, 16, 18, 25)
            and 10 < end - start < 2100
        )
    if tag == 3:
        return (
            len(body) > 3
            and body[0] in (4, 5)
            and body[1] in range(1, 14)
            and 3 < end - start < 200
        )
    return False


def _packets(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Tag and body of each packet (RFC 9580 section 4.2). A partial length takes the rest: nothing
    follows it here."""
    position = 0
    while position < len(content) and content[position] & 0x80:
        head = content[position]
        length = _new_length if head & 0x40 else _old_length
        tag = head & 0x3F if head & 0x40 else head >> 2 & 0x0F
        found = length(content, position)
        if found is None:
            return
        start, end = found
        yield tag, start, min(end, len(content))
        if end <= position:
            return
        position = end


def _old_length(content: bytes, position: int) -> tuple[int, int] | None:
    kind = content[position] & 3
    if kind == 3:
        return position + 1, len(content)
    size = 1 << kind
    start = position + 1 + size
    return (
        (start, start + int.from_bytes(content[position + 1 : start]))
        if start <= len(content)
        else None
    )


def _new_length(content: bytes, position: int) -> tuple[int, int] | None:
    if position + 1 >= len(content):
        return None
    first = content[position + 1]
    if first < 192:
        return position + 2, position + 2 + first
    if first < 224 and position + 2 < len(content):
        return position + 3, position + 3 + ((first - 192) << 8) + content[position + 2] + 192
    if first == 255 and position + 5 < len(content):
        return position + 6, position + 6 + int.from_bytes(content[position + 2 : position + 6])
    return (position + 2, len(content)) if first >= 224 else None


def _message(content: bytes, budget: Budget) -> OpenedFile | None:
    """A message whose packets say that it is signed, compressed or plain; sealed when they say it
    is encrypted."""
    try:
        inner = _literal(content, budget, _DEPTH)
    except TooLarge:
        return OpenedFile("openpgp", (Member("", b"", "too-large"),))
    except (zlib.error, EOFError, OSError, ValueError):
        return OpenedFile("openpgp", (Member("", b"", "broken"),))
    if inner is None:
        return None
    if isinstance(inner, str):
        return OpenedFile("openpgp", sealed=inner)
    return OpenedFile("openpgp", (Member(inner[0], inner[1]),))


def _whole_message(content: bytes, budget: Budget) -> OpenedFile | None:
    """A message nobody calls one: counts only where all of it can be read."""
    if not content.startswith(_SIGNED):
        return None
    try:
        inner = _literal(content, Budget(budget.octets, budget.members), _DEPTH)
    except (TooLarge, zlib.error, EOFError, OSError, ValueError):
        return None
    return _message(content, budget) if isinstance(inner, tuple) else None


def _literal(content: bytes, budget: Budget, depth: int) -> tuple[str, bytes] | str | None:
    """Name and bytes of the literal data; the reason why they cannot be had; None for what is no
    OpenPGP message.

    Raises: TooLarge, ValueError and what decompression raises.
    """
    for tag, start, end in _packets(content):
        if tag in _ENCRYPTED:
            return "openpgp"
        if tag == _LITERAL:
            return _named(_whole(content, start, end))
        if tag == _COMPRESSED and depth:
            return _literal(_decompressed(_whole(content, start, end), budget), budget, depth - 1)
        if tag not in (_MARKER, _ONE_PASS, _SIGNATURE):
            return None
    return None


def _named(body: bytes) -> tuple[str, bytes]:
    """The file name and the bytes of a literal packet (section 5.9)."""
    if len(body) < 6 or len(body) < 6 + body[1]:
        raise ValueError("literal packet is cut off")
    return body[2 : 2 + body[1]].decode("utf-8", "replace"), body[6 + body[1] :]


def _whole(content: bytes, start: int, end: int) -> bytes:
    """A packet's body, put together where it was sent in pieces (section 4.2.1.4)."""
    first = content[start - 1]
    if start < 2 or not 224 <= first < 255 or not content[start - 2] & 0x40:
        return content[start:end]
    pieces = []
    position = start - 1
    while position < len(content):
        size = content[position]
        if not 224 <= size < 255:
            found = _new_length(content, position - 1)
            pieces.append(content[found[0] : found[1]] if found else b"")
            break
        length = 1 << (size & 0x1F)
        pieces.append(content[position + 1 : position + 1 + length])
        position += 1 + length
    return b"".join(pieces)


def _decompressed(body: bytes, budget: Budget) -> bytes:
    """Raises: TooLarge, ValueError for an unknown algorithm, and what decompression raises (section
    9.4)."""
    budget.member()
    algorithm, packed = body[:1], body[1:]
    if algorithm == b"\x00":
        return packed
    makers: dict[bytes, Callable[[], Decoder]] = {
        b"\x01": lambda: Gzip(-15),
        b"\x02": lambda: Gzip(15),
        b"\x03": bz2.BZ2Decompressor,
    }
    if algorithm not in makers:
        raise ValueError("unknown compression")
    return expanded(packed, budget, packed[:1], makers[algorithm], single=True)
