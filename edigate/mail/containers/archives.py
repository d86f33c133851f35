"""zip and tar: files -> their members, none of them written anywhere. Names are only names."""

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from edigate.mail.containers.opening import MAX_MEMBERS, Budget, Member, OpenedFile, Thing, TooLarge

_END_OF_ZIP = b"PK\x05\x06"
_TAIL = 65_557  # end record and the longest comment
_TROUBLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    LookupError,
    ValueError,
    NotImplementedError,  # how zipfile says that it does not know the compression
    OSError,
    RuntimeError,
)
_ENCRYPTED = 0x1
_STRONG = 99  # compression method of WinZip's AES, which encrypts without saying so in every flag
_TAR_MAGIC = slice(257, 262)
_PADDING = b"\0 \t\r\n"
_COMPRESSIONS = ("gzip", "bzip2", "xz", "lzma")
_ENTRY = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_MOST_BEFORE = 10
_EMPTY = 2  # what nothing comes to when it is compressed
_MOST_ENTRIES = 20 * MAX_MEMBERS
"""Entries of a directory that are read at all; zipfile makes an object of each."""


def zipped(thing: Thing, budget: Budget) -> OpenedFile | None:
    """A zip file, also one behind a program that unpacks it."""
    content = thing.content
    if not content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        if content.rfind(_END_OF_ZIP, max(0, len(content) - _TAIL)) < 0 or not zipfile.is_zipfile(
            io.BytesIO(content)
        ):
            return None
        return OpenedFile("zip", _zip_members(content, budget), exhausts=False)
    return OpenedFile("zip", _zip_members(content, budget))


def _zip_members(content: bytes, budget: Budget, before: int = _MOST_BEFORE) -> Iterator[Member]:
    """The members of a zip, and of zips before it, which one who begins at the end does not see."""
    if content.count(_ENTRY) > _MOST_ENTRIES:
        yield Member("", b"", "too-large")
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [
                info
                for info in archive.infolist()
                if not info.is_dir() or info.compress_size > _EMPTY
            ]
            locked = [i for i in infos if i.flag_bits & _ENCRYPTED or i.compress_type == _STRONG]
            if locked:
                yield Member("", b"", "sealed", "zip-encrypted")
            hidden = {id(info) for info in locked}
            for info in infos:
                budget.member()
                if id(info) not in hidden:
                    yield _zip_member(archive, info, budget)
            first = min(
                (info.header_offset for info in archive.infolist()), default=archive.start_dir
            )
        if content.startswith(_LOCAL) and first > 0:
            yield from (
                _zip_members(content[:first], budget, before - 1)
                if before
                else (Member("", b"", "too-large"),)
            )
    except TooLarge:
        yield Member("", b"", "too-large")
    except _TROUBLE:
        yield Member("", b"", "broken")


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Member:
    """Raises: TooLarge."""
    try:
        with archive.open(info) as stream:
            return Member(info.filename, budget.read(stream))
    except NotImplementedError:  # a compression that zipfile does not know: told as sealed
        return Member(info.filename, b"", "sealed", "zip-method")
    except _TROUBLE:
        return Member(info.filename, b"", "broken")


def tarred(thing: Thing, budget: Budget) -> OpenedFile | None:
    """A tar file. Behind a compression it is the same container as that."""
    if thing.content[_TAR_MAGIC] != b"ustar" and not _old_tar(thing):
        return None
    return OpenedFile(
        "tar", _tar_members(thing.content, budget), layer=thing.inside not in _COMPRESSIONS
    )


def _behind(content: bytes) -> bytes:
    """What stands behind the end of a tar file, from its first block that is not empty."""
    skipped = len(content) - len(content.lstrip(b"\0"))
    return content[skipped // tarfile.BLOCKSIZE * tarfile.BLOCKSIZE :]


def _old_tar(thing: Thing) -> bool:
    """A tar of before POSIX has no magic, only a right checksum."""
    if thing.suffix != "tar" or len(thing.content) < tarfile.BLOCKSIZE:
        return False
    try:
        tarfile.TarInfo.frombuf(thing.content[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return False
    return True


def _tar_members(content: bytes, budget: Budget) -> Iterator[Member]:
    try:
        while content.strip(_PADDING):
            with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
                for info in archive:
                    budget.member()
                    stream = archive.extractfile(info) if info.isreg() else None
                    if stream is not None:
                        yield Member(info.name, budget.read(stream))
            content = _behind(content[archive.offset :])
    except TooLarge:
        yield Member("", b"", "too-large")
    except _TROUBLE:
        yield Member("", b"", "broken")
