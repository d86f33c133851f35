"""Service characters (UNA) -> the compiled patterns that cut bytes into segments, elements and
components.

Works on bytes where positions matter and on text where values are made. All separators are ASCII,
so they mean the same in every charset the reader knows. Must not know what a segment says.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from edigate.edifact.syntax.segments import ServiceCharacters

PADDING = b" \t\r\n\x00\x1a"
_LINE_ENDS = b"\r\n"

Elements = tuple[tuple[str, ...], ...]
Repeats = tuple[tuple[int, Elements], ...]


@dataclass(frozen=True, slots=True)
class Grammar:
    """Patterns of one set of service characters.

    padding: bytes that may stand between segments. line_ends: CR and LF, unless they are service
    characters. envelope: an unreleased-looking terminator followed by a service segment; group 1
    starts at its tag, group 2 is the tag's last letter. released_break: a release character before
    a line end. separators: all service characters as bytes.
    """

    service: ServiceCharacters
    terminator: bytes
    release: bytes
    separators: bytes
    padding: bytes
    line_ends: bytes
    envelope: re.Pattern[bytes]
    element_cuts: re.Pattern[bytes]
    tokens: re.Pattern[str]
    wrapped: re.Pattern[str]
    released_break: re.Pattern[str]


@lru_cache(maxsize=256)
def grammar(service: ServiceCharacters) -> Grammar:
    """The patterns for these service characters; computed once per set."""
    separators = "".join(
        (
            service.component,
            service.element,
            service.release.strip(" "),
            service.repetition,
            service.terminator,
        )
    ).encode("ascii")
    padding = bytes(b for b in PADDING if b not in separators)
    line_ends = bytes(b for b in _LINE_ENDS if b not in separators)
    terminator, release = (
        service.terminator.encode("ascii"),
        service.release.strip(" ").encode("ascii"),
    )
    wrap = b"[" + re.escape(line_ends) + b"]*" if line_ends else b""
    gap = b"[" + re.escape(padding) + b"]*" if padding else b""
    ends = (
        b"["
        + re.escape((service.element + service.component + service.terminator).encode("ascii"))
        + b"]"
    )
    cut = f"[{re.escape(service.element + service.component + service.repetition)}]"
    # A line end between a release character and a service character comes from a hard wrap.
    released = (
        f"{re.escape(release.decode())}(?:{wrap.decode()}([{re.escape(separators.decode())}])|(.))|"
        if release
        else ""
    )
    return Grammar(
        service=service,
        terminator=terminator,
        release=release,
        separators=separators,
        padding=padding,
        line_ends=line_ends,
        # A hard wrap may cut the tag itself. UNA and UNP are left out: one never counts here, the
        # other follows UNO.
        envelope=re.compile(
            re.escape(terminator)
            + gap
            + b"(U"
            + wrap
            + b"N"
            + wrap
            + b"([BEGHOTZ]))(?="
            + wrap
            + ends
            + b")"
        ),
        element_cuts=re.compile(
            (re.escape(release) + rb"[\s\S]|" if release else b"")
            + re.escape(service.element.encode("ascii"))
        ),
        tokens=re.compile(released + cut, re.DOTALL),
        wrapped=re.compile("[" + re.escape(line_ends.decode()) + "]+" if line_ends else "(?!)"),
        released_break=re.compile(
            re.escape(release.decode()) + "[" + re.escape(line_ends.decode()) + "]"
            if release and line_ends
            else "(?!)"
        ),
    )


def plausible(service: ServiceCharacters) -> bool:
    """Whether UNA's characters can separate anything: ASCII, no letters or digits, none used
    twice."""
    used = [service.component, service.element, service.terminator]
    if service.release != " ":
        used.append(service.release)
    return len(set(used)) == len(used) and all(c.isascii() and not c.isalnum() for c in used)


def is_released(data: bytes, at: int, floor: int, rules: Grammar) -> bool:
    """Whether the service character at data[at] is released; looks back to data[floor] at most.

    A line end that a hard wrap put between the release character and the released one does not part
    them.
    """
    if not rules.release:
        return False
    release, skip = rules.release[0], rules.line_ends
    count, i = 0, at - 1
    while i >= floor:
        if data[i] == release:
            count += 1
        elif data[i] not in skip:
            break
        i -= 1
    return count % 2 == 1


def cut(raw: bytes, rules: Grammar) -> tuple[list[bytes], bytes]:
    """Split at unreleased terminators: the pieces without terminator, and what follows the last
    one."""
    parts = raw.split(rules.terminator)
    if not rules.release or rules.release not in raw:
        return parts, parts.pop()
    suspicious = frozenset(rules.release + rules.line_ends)
    pieces: list[bytes] = []
    pending: list[bytes] = []
    last = len(parts) - 1
    for number, part in enumerate(parts):
        if (
            number != last
            and part
            and part[-1] in suspicious
            and is_released(part, len(part), 0, rules)
        ):
            pending.append(part)
        elif pending:
            pieces.append(rules.terminator.join((*pending, part)))
            pending = []
        else:
            pieces.append(part)
    return pieces, pieces.pop()


def first_end(raw: bytes, rules: Grammar) -> int:
    """Where the first segment of `raw` ends, terminator included; the end of `raw` if it does
    not."""
    at = raw.find(rules.terminator)
    while at >= 0 and is_released(raw, at, 0, rules):
        at = raw.find(rules.terminator, at + 1)
    return at + 1 if at >= 0 else len(raw)


def last_start(raw: bytes, rules: Grammar) -> int:
    """Where the last segment of `raw`, which ends with its terminator, begins (with the padding
    before it)."""
    at = raw.rfind(rules.terminator, 0, len(raw) - 1)
    while at >= 0 and is_released(raw, at, 0, rules):
        at = raw.rfind(rules.terminator, 0, at)
    return at + 1


def count_segments(raw: bytes, rules: Grammar) -> int:
    """Number of terminated, non-empty segments in `raw`, without taking them apart."""
    pieces, _ = cut(raw, rules)
    padding = rules.padding
    return len(pieces) - sum(1 for piece in pieces if not piece.strip(padding))


def elements_of(text: str, rules: Grammar) -> tuple[list[str], Elements, Repeats, int]:
    """Take a segment (without terminator and line ends) apart: tag components, elements, repeats,
    needless releases.

    A release character before a character that needs none is dropped as ISO 9735-1 says, and
    counted.
    """
    service = rules.service
    values: list[tuple[tuple[str, ...], ...]] = []
    occurrences: list[tuple[str, ...]] = []
    components: list[str] = []
    pieces: list[str] = []
    last = needless = 0
    for token in rules.tokens.finditer(text):
        pieces.append(text[last : token.start()])
        last = token.end()
        sign = token[0]
        if len(sign) > 1:
            released, plain = token.groups()
            pieces.append(released or plain)
            needless += released is None
            continue
        components.append("".join(pieces))
        pieces = []
        if sign == service.component:
            continue
        occurrences.append(tuple(components))
        components = []
        if sign == service.element:
            values.append(tuple(occurrences))
            occurrences = []
    pieces.append(text[last:])
    components.append("".join(pieces))
    occurrences.append(tuple(components))
    values.append(tuple(occurrences))
    repeats = tuple(
        (n, all_of_it) for n, all_of_it in enumerate(values) if n and len(all_of_it) > 1
    )
    return list(values[0][0]), tuple(v[0] for v in values[1:]), repeats, needless


def raw_elements(segment: bytes, rules: Grammar) -> list[bytes]:
    """The bytes of tag and data elements of one segment (terminator excluded by the caller), still
    released."""
    clean = segment.translate(None, rules.line_ends)
    pieces: list[bytes] = []
    last = 0
    for mark in rules.element_cuts.finditer(clean):
        if mark.end() - mark.start() == 1:
            pieces.append(clean[last : mark.start()])
            last = mark.end()
    pieces.append(clean[last:])
    return pieces
