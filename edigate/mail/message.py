"""Mails, read and written: a mail's bytes -> the parts that hold EDIFACT; archive packages and texts -> mails.

What a part holds is decided by its content, never by its declared type or its name. This module must not know
EDIFACT beyond how an interchange begins, nor how many interchanges a part holds.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from edigate.findings import Finding, finding
from edigate.mail.archives import is_archive, members
from edigate.mail.mime import PKCS7, Leaf, leaves, safe_name

_LOOK = 4096
_MAX_UNPACKED = 128 * 2**20

# Service segments open with a separator, which is neither letter nor digit. UNH first is an interchange without its
# envelope: nothing that can be read, and something its sender has to hear about.
_AT_START = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x00\x1a]*UN[ABH][^A-Za-z0-9\s]")
_BEGINNING = rb"(?P<edi>UNA[^\w\s][^\r\n]{4}\W\s*UNB[^\w\s]|UNB[^\w\s]UNO[A-Z]\W\d)"
_AT_LINE_START = re.compile(rb"(?:\A|[\r\n])[ \t]*" + _BEGINNING)
_ANYWHERE = re.compile(_BEGINNING)
_WIDE = re.compile(rb"(?:\xff\xfe|\xfe\xff)?\x00?U\x00N\x00[ABH]")
_UUENCODED = re.compile(rb"(?:\A|\n)begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n")
# Files that are something else for certain; text inside them is not looked for.
_OTHER_FILES = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"\xd0\xcf\x11\xe0", b"<", b"{")
_CLAIMS = re.compile(r"application/(?:edifact|edi-consent)\Z|.*\.(?:edi|edifact|edf)(?:\.(?:gz|zip))?\Z", re.IGNORECASE)

_RULES = {
    "encoding": "MAIL-01",
    "not-edifact": "MAIL-02",
    "utf-16": "MAIL-03",
    "encrypted": "MAIL-04",
    "broken-archive": "MAIL-05",
    "too-large": "MAIL-06",
    "too-deep": "MAIL-07",
}


@dataclass(frozen=True, slots=True)
class EdiPart:
    """A part of a mail that holds EDIFACT, or claims to.

    content: the part's decoded bytes; from the start of the interchange on, where text stands before it.
    path: number of the MIME part (`2`, `1.3`), with `:n` for the n-th EDIFACT file of an archive.
    problem: "" when it can be read; else `encoding` (transfer encoding broken), `not-edifact` (declared as EDIFACT by
    type or name, and is not), `utf-16`, `encrypted`, `broken-archive`, `too-large` (unpacked), `too-deep` (more nested
    or more parts than are looked at).
    """

    path: str
    file_name: str
    content_type: str
    content: bytes
    problem: str = ""


def interchanges(content: bytes, *, max_unpacked: int = _MAX_UNPACKED) -> tuple[EdiPart, ...]:
    """Every part of a mail that holds EDIFACT or claims to, in order; max_unpacked: bytes that archives may unpack to.

    Never raises: what cannot be read is returned with its problem, for someone to be told.
    """
    found: list[EdiPart] = []
    left = max_unpacked
    for leaf in leaves(content):
        for part in _parts(leaf, left):
            found.append(part)
            if ":" in part.path:
                left = max(0, left - len(part.content))
    return tuple(found)


def unreadable(part: EdiPart) -> Finding:
    """The finding that says why a part with a problem cannot be read. Raises: KeyError when it has none."""
    return finding(_RULES[part.problem], part=part.path, name=part.file_name or part.content_type)


def looks_like_edifact(beginning: bytes) -> bool:
    """Whether a file begins as an interchange does: UNA, UNB or UNH after an optional BOM and white space."""
    return _AT_START.match(beginning) is not None


def _parts(leaf: Leaf, max_unpacked: int) -> Iterator[EdiPart]:
    plain = EdiPart(leaf.path, leaf.file_name, leaf.content_type, b"")
    claims = bool(_CLAIMS.match(leaf.content_type) or _CLAIMS.match(leaf.file_name))
    if leaf.too_deep:
        yield replace(plain, problem="too-deep")
        return
    if leaf.content_type in PKCS7:  # what is only signed was opened on the way here
        yield replace(plain, problem="encrypted")
        return
    try:
        look = leaf.beginning(_LOOK)
        if looks_like_edifact(look):
            yield replace(plain, content=leaf.decoded())
        elif _WIDE.match(look):
            yield replace(plain, content=leaf.decoded(), problem="utf-16")
        elif is_archive(look):
            yield from _unpacked(leaf.decoded(), max_unpacked, plain, claims=claims)
        else:
            inside = _inside(leaf, look)
            if inside:
                yield replace(plain, content=inside[0], file_name=inside[1])
            elif claims:
                yield replace(plain, content=leaf.decoded(), problem="not-edifact")
    except ValueError:
        if claims or leaf.content_type.startswith("text/"):
            yield replace(plain, content=leaf.source[leaf.start : leaf.end], problem="encoding")


def _unpacked(content: bytes, limit: int, plain: EdiPart, *, claims: bool) -> Iterator[EdiPart]:
    """Members that are EDIFACT, and those that could be as far as anyone can see."""
    for number, member in enumerate(members(content, looks_like_edifact, limit), 1):
        # A photo in an encrypted zip is nobody's concern; an .edi file in one is.
        if member.problem and member.name and not (claims or _CLAIMS.match(member.name)):
            continue
        yield replace(
            plain,
            path=f"{plain.path}:{number}",
            file_name=safe_name(member.name) or plain.file_name,
            content=member.content,
            problem="broken-archive" if member.problem == "broken" else member.problem,
        )


def _inside(leaf: Leaf, look: bytes) -> tuple[bytes, str] | None:
    """EDIFACT behind something else (a greeting, a line of a network's own) or uuencoded in text, and its file name."""
    text = leaf.content_type.startswith("text/")
    if leaf.content_type == "text/html" or look.lstrip().startswith(_OTHER_FILES):
        return None
    content = leaf.decoded()
    found = (_AT_LINE_START if text else _ANYWHERE).search(content)
    if found:
        return content[found.start("edi") :], leaf.file_name
    uuencoded = _UUENCODED.search(content) if text else None
    if uuencoded:
        decoded = Leaf(content, uuencoded.start(), len(content), leaf.path, "", "uuencode", "").decoded()
        if looks_like_edifact(decoded):
            return decoded, safe_name(uuencoded[1].decode("utf-8", "replace"))
    return None
