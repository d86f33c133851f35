"""Files nobody here can open, known by their first bytes, their type or their name: each may hold
an invoice.

What is listed here is named to the tenant; schemas/parts.toml has the reason and the cure of each.
"""

import re

from edigate.mail.containers.opening import Budget, OpenedFile, Thing

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "rar"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (0, b"\x04\x22\x4d\x18", "lz4"),
    (0, b"\x1f\x9d", "compress"),
    (0, b"LZIP\x01", "lzip"),
    (0, b"MSCF\x00\x00\x00\x00", "cab"),
    (0, b"\x60\xea", "arj"),
    (2, b"-lh", "lzh"),
    (7, b"**ACE**", "ace"),
    (0, b"StuffIt", "stuffit"),
    (0, b"SIT!", "stuffit"),
    (0, b"\x78\x9f\x3e\x22", "tnef"),
    (0, b"age-encryption.org/", "age"),
    (0, b"-----BEGIN AGE ENCRYPTED FILE-----", "age"),
    (0, b"Salted__", "openssl"),
    (0, b"U2FsdGVkX1", "openssl"),
    (0, b"\x03\xd9\xa2\x9a", "keepass"),
    (0, b"\x76\xe8\x04\x60\xc4\x11\xe3\x86", "rpmsg"),
    (32769, b"CD001", "disk-image"),
)
_SURE_AT_ONCE = ("arj", "compress", "lzh")
_INSIDE_A_PROGRAM = (
    (b"7z\xbc\xaf\x27\x1c\x00", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"MSCF\x00\x00\x00\x00", "cab"),
)
_TYPES = {
    "application/ms-tnef": "tnef",
    "application/vnd.ms-tnef": "tnef",
    "application/vnd.ms-outlook": "outlook",
    "message/partial": "message-partial",
    "message/external-body": "external-body",
    "application/mac-binhex40": "binhex",
    "application/x-7z-compressed": "7z",
    "application/vnd.rar": "rar",
    "application/x-microsoft-rpmsg-message": "rpmsg",
    **dict.fromkeys(
        (
            "application/zip",
            "application/x-zip-compressed",
            "application/gzip",
            "application/x-gzip",
            "application/x-bzip2",
            "application/x-xz",
            "application/x-tar",
            "application/zlib",
        ),
        "damaged-archive",
    ),
    "application/x-rar-compressed": "rar",
}
_NAMES = {
    "7z": "7z",
    "rar": "rar",
    "zst": "zstd",
    "lz4": "lz4",
    "lzh": "lzh",
    "lha": "lzh",
    "arj": "arj",
    "cab": "cab",
    "ace": "ace",
    "msg": "outlook",
    "age": "age",
    "p7e": "smime-encrypted",
    "enc": "encrypted-file",
    "aes": "encrypted-file",
    "crypt": "encrypted-file",
    "kdbx": "keepass",
    "br": "brotli",
    "p7m": "smime-unknown",
    "hqx": "binhex",
    "rpmsg": "rpmsg",
    "jwe": "jose",
    **dict.fromkeys(
        ("zip", "gz", "gzip", "tgz", "bz2", "tbz", "tbz2", "xz", "txz", "tar", "zlib"),
        "damaged-archive",
    ),
}
_LOOK = 65536
_SEALED_XML, _SEALED_VALUE = b"EncryptedData", b"CipherValue"  # XML Encryption, as AS4 uses it
_JOSE = re.compile(rb"eyJ[A-Za-z0-9_-]{10,}+(?:\.[A-Za-z0-9_-]*+){4}")  # RFC 7516 section 3.1
_VOLUME = re.compile(r"\d{3}|[rz]\d\d")
"""Endings of the pieces that a large archive was cut into: `.7z.002`, `.r00`, `.z01`."""
_NO_TEXT = re.compile(rb"[\0-\x08\x0e-\x19\x80-\xff]")
_PICTURES = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_EBCDIC = (b"\xe4\xd5\xc1", b"\xe4\xd5\xc2", b"\xe4\xd5\xc8")  # UNA, UNB, UNH
_EBCDIC_WITHIN = (b"\xe4\xd5\xc2", b"\xe4\xd5\xc8", b"\xc2\xc7\xd4")  # UNB, UNH and BGM, anywhere
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OUTLOOK = tuple(
    f"__{name}".encode("utf-16-le")
    for name in ("nameid_version1.0", "properties_version1.0", "substg1.0_")
)
_LOCKED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_BINHEX = b"(This file must be converted with BinHex"


def opened(thing: Thing, budget: Budget) -> OpenedFile | None:  # noqa: ARG001  (families have one face)
    """Why the file cannot be opened, if it is one of those."""
    kind = _kind(thing)
    # EDIFACT may still stand in it for all to see, in a file that is only called so.
    return None if kind is None else OpenedFile(kind, sealed=kind, exhausts=False)


def _kind(thing: Thing) -> str | None:
    content = thing.content
    for offset, magic, kind in _MAGIC:
        if content.startswith(magic, offset) and (kind not in _SURE_AT_ONCE or _sure(thing, kind)):
            return kind
    if content.startswith(_OLE):
        return _compound(content) or _by_name(thing, "outlook")
    if content.startswith(b"MZ"):
        return next((kind for magic, kind in _INSIDE_A_PROGRAM if magic in content), None)
    if content.startswith(_EBCDIC) or all(tag in content for tag in _EBCDIC_WITHIN):
        return "ebcdic"
    if content.startswith(_BINHEX) or (_BINHEX in content[:_LOOK]):
        return "binhex"
    if _SEALED_XML in content[:_LOOK] and _SEALED_VALUE in content:
        return "xml-encrypted"
    if _JOSE.fullmatch(content.strip()):
        return "jose"
    named = _TYPES.get(thing.content_type) or _NAMES.get(thing.suffix)
    return named or ("volume" if _VOLUME.fullmatch(thing.suffix) and _is_binary(content) else None)


def _is_binary(content: bytes) -> bool:
    return _NO_TEXT.search(content, 0, 4096) is not None and not content.startswith(_PICTURES)


def _by_name(thing: Thing, kind: str) -> str | None:
    """`kind` where type or name of the file say it."""
    return kind if kind in (_TYPES.get(thing.content_type), _NAMES.get(thing.suffix)) else None


def _sure(thing: Thing, kind: str) -> bool:
    """Two or three bytes alone say little."""
    if kind == "lzh":
        return thing.content[6:7] == b"-"
    return _NAMES.get(thing.suffix) == kind or (kind == "compress" and thing.suffix == "z")


def _compound(content: bytes) -> str | None:
    """Of Microsoft's compound files Outlook's messages and encrypted documents; a letter in Word is
    no container."""
    if any(name in content for name in _OUTLOOK):
        return "outlook"
    return "office-encrypted" if _LOCKED_OFFICE in content else None
