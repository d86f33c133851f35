"""One compressed file: gzip, bzip2, xz, lzma -> its content, also when it was compressed in several
pieces."""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from edigate.mail.containers.opening import Budget, Member, OpenedFile, Thing, TooLarge

_FIRST_STEP, _STEP = 1024, 256 * 1024
_ENDING = re.compile(r"\.(?:gz|gzip|bz2|xz|lzma|z)\Z", re.IGNORECASE)
_SHORT = re.compile(r"\.t(?:gz|bz2?|xz)\Z", re.IGNORECASE)


class Decoder(Protocol):
    """A decompressor of one piece."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Gzip:
    """zlib's decompressor with the face of the other two. wbits: 31 gzip, 15 zlib, -15 bare
    deflate."""

    def __init__(self, wbits: int = 31) -> None:
        self._stream = zlib.decompressobj(wbits=wbits)

    @property
    def eof(self) -> bool:
        """Whether the piece has ended."""
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        """What stands behind the piece."""
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """At most so many bytes; called with nothing it goes on with what it had."""
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


_MAKERS: tuple[tuple[str, bytes, Callable[[], Decoder]], ...] = (
    ("gzip", b"\x1f\x8b\x08", Gzip),
    ("bzip2", b"BZh", bz2.BZ2Decompressor),
    ("xz", b"\xfd7zXZ\x00", lzma.LZMADecompressor),
    ("lzma", b"\x5d\x00\x00", lambda: lzma.LZMADecompressor(format=lzma.FORMAT_ALONE)),
)
_BARE = (("zlib", 15), ("deflate", -15))
_SURE = 48
"""Bytes that have to come out of a stream without a magic before it counts as one."""
_SEGMENTS = re.compile(rb"UN[ABH][^\w\s]")


def opened(thing: Thing, budget: Budget) -> OpenedFile | None:
    """The file in a compressed file."""
    for kind, magic, maker in _MAKERS:
        if thing.content.startswith(magic) and (kind != "lzma" or thing.suffix == "lzma"):
            return OpenedFile(kind, _members(thing, budget, magic, maker))
    for kind, wbits in _BARE:
        if _inflates(thing.content, kind, wbits):
            return OpenedFile(
                kind, _members(thing, budget, thing.content[:1], partial(Gzip, wbits), single=True)
            )
    return None


def _inflates(content: bytes, kind: str, wbits: int) -> bool:
    """Whether a file without a magic is a stream of deflate (RFC 1950, RFC 1951): what comes out
    first decides."""
    if kind == "zlib" and (
        content[0] & 0x8F != 8 or int.from_bytes(content[:2]) % 31 or content[1] & 0x20
    ):
        return False
    try:
        head = zlib.decompressobj(wbits).decompress(content[:_FIRST_STEP], _SURE)
    except zlib.error:
        return False
    return len(head) == _SURE and (kind == "zlib" or _SEGMENTS.search(head) is not None)


def _members(
    thing: Thing,
    budget: Budget,
    magic: bytes,
    maker: Callable[[], Decoder],
    *,
    single: bool = False,
) -> Iterator[Member]:
    name = _ENDING.sub("", _SHORT.sub(".tar", thing.name))
    try:
        budget.member()
        yield Member(name, expanded(thing.content, budget, magic, maker, single=single))
    except TooLarge:
        yield Member(name, b"", "too-large")
    except (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, MemoryError):
        yield Member(name, b"", "broken")


def expanded(
    content: bytes,
    budget: Budget,
    magic: bytes,
    maker: Callable[[], Decoder],
    *,
    single: bool = False,
) -> bytes:
    """Every piece, one after the other, or the first one alone.

    Raises: TooLarge, EOFError, and what the decoder raises for broken data.
    """
    out = bytearray()
    position = 0
    while position < len(content) and content.startswith(magic, position):
        position = _piece(content, position, out, budget.octets, maker())
        if single:
            break
    budget.take(len(out))
    return bytes(out)


def _piece(content: bytes, position: int, out: bytearray, limit: int, decoder: Decoder) -> int:
    """Append one piece to `out`; where the next begins. Raises: TooLarge, EOFError.

    The steps grow, so that a million tiny pieces cost no more than their bytes.
    """
    step = _FIRST_STEP
    while not decoder.eof:
        fed = content[position : position + step]
        position += len(fed)
        step = min(_STEP, 2 * step)
        came = _drained(decoder, fed, out, limit)
        if not fed and not came and not decoder.eof:
            raise EOFError("the compressed file is cut off")
    return position - len(decoder.unused_data)


def _drained(decoder: Decoder, fed: bytes, out: bytearray, limit: int) -> bool:
    """Everything that comes of some input; whether anything did. Raises: TooLarge."""
    before = len(out)
    out += decoder.decompress(fed, _STEP)
    came = len(out)
    while not decoder.eof and came > before:
        if len(out) > limit:
            raise TooLarge
        out += decoder.decompress(b"", _STEP)
        came, before = len(out), came
    if len(out) > limit:
        raise TooLarge
    return len(out) > before or came > before
