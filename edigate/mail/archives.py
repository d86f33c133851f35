"""Compressed attachments: bytes of a zip or gzip file -> their members, as far as a mail may make us unpack.

Sizes stated in the file are not believed: what is counted is what comes out. Must not know what members are good for.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAX_MEMBERS = 1000
_LOOK = 4096
_STEP = 256 * 1024


class TooLarge(Exception):
    """The archive would unpack to more than is allowed."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member that was wanted. problem: "" or why it could not be unpacked: `encrypted`, `too-large`, `broken`."""

    name: str
    content: bytes
    problem: str = ""


def is_archive(beginning: bytes) -> bool:
    """Whether a file that begins so is a zip or gzip file."""
    return beginning.startswith((b"PK\x03\x04", b"\x1f\x8b\x08"))


def members(content: bytes, wanted: Callable[[bytes], bool], limit: int) -> Iterator[Member]:
    """The members that `wanted(first bytes)` asks for, at most `limit` bytes of them in all.

    An archive that cannot be looked through gives one nameless member with its problem.
    """
    found = _zipped(content, wanted, limit) if content.startswith(b"PK") else _gzipped(content, wanted, limit)
    try:
        yield from found
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        LookupError,
        ValueError,
        NotImplementedError,  # how zipfile says that it does not know the compression
        OSError,
        RuntimeError,
    ):
        yield Member("", b"", "broken")


def _zipped(content: bytes, wanted: Callable[[bytes], bool], limit: int) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        for info in infos[:MAX_MEMBERS]:
            if info.is_dir():
                continue
            if info.flag_bits & 1:
                yield Member(info.filename, b"", "encrypted")
                continue
            try:
                with archive.open(info) as stream:
                    look = stream.read(_LOOK)
                    if not wanted(look):
                        continue
                    unpacked = look + stream.read(limit + 1 - len(look))
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
                yield Member(info.filename, b"", "broken")
                continue
            if len(unpacked) > limit:
                yield Member(info.filename, b"", "too-large")
                return
            limit -= len(unpacked)
            yield Member(info.filename, unpacked)
        if len(infos) > MAX_MEMBERS:
            yield Member("", b"", "too-large")


def _gzipped(content: bytes, wanted: Callable[[bytes], bool], limit: int) -> Iterator[Member]:
    unpacked = bytearray()
    rest = content
    while rest.startswith(b"\x1f\x8b"):
        stream = zlib.decompressobj(wbits=31)
        while not stream.eof:
            step = stream.decompress(rest, _LOOK if not unpacked else _STEP)
            rest = stream.unconsumed_tail
            if not step and not rest and not stream.eof:
                raise EOFError("gzip file is cut off")
            looked = bool(unpacked)
            unpacked += step
            if not looked and unpacked and not wanted(bytes(unpacked)):
                return
            if len(unpacked) > limit:
                yield Member("", b"", "too-large")
                return
        rest = stream.unused_data
    yield Member("", bytes(unpacked))
