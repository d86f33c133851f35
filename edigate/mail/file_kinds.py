"""What a file is that holds no EDIFACT, by its first bytes and its declared type: only for saying
so."""

from edigate.mail import wrapped_text
from edigate.mail.containers import Thing

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF8", "image"),
    (0, b"BM", "image"),
    (0, b"II*\x00", "image"),
    (0, b"MM\x00*", "image"),
    (8, b"WEBP", "image"),
    (4, b"ftyp", "media"),
    (0, b"ID3", "media"),
    (0, b"OggS", "media"),
    (8, b"WAVE", "media"),
    (8, b"AVI ", "media"),
    (0, b"%PDF-", "pdf"),
    (0, b"\xd0\xcf\x11\xe0", "office"),
    (0, b"{\\rtf", "office"),
)
_TYPES = {
    "message/delivery-status": "report",
    "message/disposition-notification": "report",
    "message/feedback-report": "report",
    "text/rfc822-headers": "report",
    "application/pgp-signature": "signature",
    "application/pkcs7-signature": "signature",
    "application/x-pkcs7-signature": "signature",
    "application/pgp-keys": "signature",
    "text/html": "html",
    "application/json": "json",
}
_TEXT_LOOK = 4096
_NOT_IN_TEXT = bytes((*range(9), 11, *range(14, 27), *range(28, 32)))


def kind_of(thing: Thing) -> str:
    """A key of `nothing` in schemas/parts.toml."""
    content = thing.content
    for offset, magic, kind in _MAGIC:
        if content.startswith(magic, offset):
            return kind
    if thing.content_type in _TYPES:
        return _TYPES[thing.content_type]
    head = content[:_TEXT_LOOK]
    if head.translate(None, _NOT_IN_TEXT) != head:
        return "binary"
    if wrapped_text.is_markup(content):
        return "html" if b"<html" in head.lower() or b"<!doctype html" in head.lower() else "xml"
    return "json" if wrapped_text.is_json(content) else "text"
