"""UNB syntax identifier and bytes -> the Python codec that reads them, or the bytes that cannot be
right.

Nothing is replaced and nothing dropped: what does not decode is reported with its offset. The
decision is made per message, so that a 500 MB interchange can be read as a stream. Must not know
segments.
"""

import codecs
import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

from edigate.errors import Misconfigured

# S001 0001 -> codec (ISO 9735-1 annex A; code list 0001). UNOX and UNOY name ISO 10646; files use
# UTF-8 for them.
_CODECS = {
    "UNOA": "latin-1",
    "UNOB": "latin-1",
    "UNOC": "latin-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOL": "iso8859-15",
    "UNOW": "utf-8",
    "UNOX": "utf-8",
    "UNOY": "utf-8",
}
_SEVEN_BIT = frozenset({"UNOA", "UNOB"})
# Under these a valid multi-byte UTF-8 sequence reads as mojibake ("Ã¼") that nobody means; under
# UNOD..UNOL the same bytes can be real words, so there is no sniffing.
_SNIFFED = frozenset({"UNOA", "UNOB", "UNOC"})

# Codecs whose C0/C1 control codes are never text. A tenant may declare others (cp1252), which use
# 0x80-0x9F.
_C1_IS_WRONG = re.compile(r"(iso8859|latin)[-_]?\d+")
_UTF8_CONTROLS = rb"\xc2[\x80-\x9f]|\xef\xbf[\xbe\xbf]"


class Reading(Enum):
    """How the bytes came to their codec."""

    AS_DECLARED = 1
    LATIN_UNDER_SEVEN_BIT = 2  # 8-bit bytes under UNOA/UNOB, tolerated as ISO 8859-1
    SNIFFED_UTF8 = 3  # valid UTF-8 under UNOA/UNOB/UNOC
    UNKNOWN_SYNTAX = 4  # identifier that is not in the table


@dataclass(frozen=True, slots=True)
class Charset:
    """What UNB declares: the identifier (UNOC), its codec and whether a tenant's declaration
    replaced it."""

    identifier: str
    codec: str
    declared_by_tenant: bool = False

    @property
    def known(self) -> bool:
        """Whether the identifier is in the table, or a tenant says what it means."""
        return self.declared_by_tenant or self.identifier in _CODECS


def declared(identifier: str, override: str | None = None) -> Charset:
    """The charset of a syntax identifier; `override` is the codec a tenant declared for this
    sender.

    Raises: Misconfigured when Python knows no such codec.
    """
    if override:
        try:
            codecs.lookup(override)
        except LookupError as unknown:
            raise Misconfigured(
                "CHARSET", f"no charset is called {override}; e.g. latin-1, cp1252, utf-8"
            ) from unknown
        return Charset(identifier, override, declared_by_tenant=True)
    return Charset(identifier, _CODECS.get(identifier, "ascii"))


def settle(raw: bytes, charset: Charset) -> tuple[str, Reading]:
    """The codec for these bytes (of one message) and how it was found."""
    if raw.isascii():
        return "ascii", Reading.AS_DECLARED
    if charset.declared_by_tenant:
        return charset.codec, Reading.AS_DECLARED
    if charset.identifier in _SNIFFED and _is_utf8(raw):
        return "utf-8", Reading.SNIFFED_UTF8
    if charset.identifier in _SEVEN_BIT:
        return charset.codec, Reading.LATIN_UNDER_SEVEN_BIT
    if not charset.known:
        return ("utf-8" if _is_utf8(raw) else "ascii"), Reading.UNKNOWN_SYNTAX
    return charset.codec, Reading.AS_DECLARED


def _is_utf8(raw: bytes) -> bool:
    # A line end that a hard wrap put inside a multi-byte character must not hide it.
    try:
        raw.translate(None, b"\r\n").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@cache
def wrong_bytes(codec: str, separators: bytes) -> re.Pattern[bytes]:
    """Pattern of bytes that decode but are no text: control codes other than tab and line ends,
    noncharacters.

    separators: bytes that UNA makes service characters and which therefore are in their place.
    """
    controls = bytes(c for c in (*range(0x20), 0x7F) if c not in b"\t\r\n" and c not in separators)
    pattern = b"[" + re.escape(controls) + b"]"
    if _C1_IS_WRONG.fullmatch(codec):
        pattern = b"[" + re.escape(controls) + rb"\x80-\x9f]"
    elif codec == "utf-8":
        pattern += b"|" + _UTF8_CONTROLS
    return re.compile(pattern)
