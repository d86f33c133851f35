"""Bytes -> pieces of the envelope: where interchanges, groups, messages and packages begin and end.

One pass over a window, looking only for service segments; segments are not taken apart here. A
service segment counts only where a segment can begin: `'UNA` or `UNB` inside a value never
redefines anything. After damage the next service segment resynchronises. Must not know what is
written inside the segments, except a package's length.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from edigate.edifact.syntax.grammar import (
    PADDING,
    Grammar,
    grammar,
    is_released,
    plausible,
    raw_elements,
)
from edigate.edifact.syntax.limits import Limits
from edigate.edifact.syntax.segments import ServiceCharacters
from edigate.edifact.syntax.window import Window

BOM = b"\xef\xbb\xbf"
_LOOK = 4096  # bytes that must be in sight to recognise UNA, padding and UNB
_GAP = rb"[ \t\r\n\x00\x1a]*"
_UNA = rb"UNA([\x00-\x7f]{6})" + _GAP + rb"UNB"
_AT_START = re.compile(_UNA + rb"|UNB(?=\+)")
# Amid other text more is asked for, so that a sentence about UNB is not taken for one.
_ANYWHERE = re.compile(
    _UNA + rb"|(?<![A-Za-z0-9])UNB(?=\+[\r\n]*U[\r\n]*N[\r\n]*O[\r\n]*[A-Z][\r\n]*[:+])"
)
# Some senders put a line end before UNP; bounded, so that an object of line ends is not gone
# through again from each.
_BEFORE_UNP = rb"[\r\n]{0,8}"
_FRUITLESS = (
    8  # searches of the whole rest for an UNP; an input of nothing but UNO must not ask for more
)
_UNA_AT_END = re.compile(rb"UNA[\x00-\x7f]{6}" + _GAP + rb"\Z")


class PieceKind(Enum):
    """What a piece is."""

    PADDING = "padding"  # BOM, NUL or Ctrl-Z outside an interchange
    LEFTOVER = "leftover"  # bytes outside any interchange
    BAD_UNA = "una"  # UNA whose characters cannot separate anything
    OPEN = "UNB"  # UNA and UNB
    SEGMENT = "segment"  # UNG, UNE, or an UNT without UNH
    STRAY = "stray"  # bytes in an interchange outside messages
    MESSAGE = "UNH"  # UNH to UNT
    PACKAGE = "UNO"  # UNO to UNP
    CLOSE = "UNZ"
    CUT = "cut"  # the interchange ends without UNZ


class Piece(NamedTuple):
    """A run of bytes [start, start + len(raw)). complete: its closing segment or terminator is
    there.

    inner: where UNB starts after a UNA, or a package's object begins and ends (offsets in `raw`).
    column: bytes that stand before it on its line. context: of UNB, the bytes it begins and what
    follows it.
    """

    kind: PieceKind
    start: int
    raw: bytes
    rules: Grammar
    complete: bool = True
    inner: tuple[int, int] = (0, 0)
    tag: str = ""
    column: int = 0
    context: bytes = b""


class TooLong(Exception):
    """Something has no end within the limit of bytes that may be held."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


_DEFAULT = grammar(ServiceCharacters())


class Scanner:
    """Cuts one input into pieces that follow each other; only padding between segments lies outside
    them."""

    def __init__(self, window: Window, limits: Limits) -> None:
        self.window, self.limits = window, limits
        self.at = 0
        self._column = 0  # bytes on the line of the input that ends at `at`
        self._fruitless = 0  # searches for an UNP that went to the end of the input

    def pieces(self) -> Iterator[Piece]:
        """Every piece in order.

        Raises: TooLong when a message, or what stands in its place, exceeds `limits.message_bytes`.
        """
        while True:
            yield from self._padding()
            self.window.ensure(self.at, _LOOK)
            if self.at >= self.window.stop:
                return
            match = _AT_START.match(self.window.held, self.at - self.window.start)
            if match is None:
                yield from self._leftover()
                match = _AT_START.match(self.window.held, self.at - self.window.start)
            if match is None:
                return
            opening = self._open(match)
            yield opening
            self.at = opening.start + len(opening.raw)
            self._column = 0
            self._advance(opening.raw)
            if opening.kind is PieceKind.OPEN and opening.complete:
                yield from self._body(opening.rules)

    # outside interchanges

    def _padding(self) -> Iterator[Piece]:
        """Skip white space, byte order marks, NUL and Ctrl-Z; say so unless it is only white
        space."""
        while True:
            self.window.ensure(self.at, _LOOK)
            ahead = self.window.cut(self.at, self.at + _LOOK)
            if ahead.startswith(BOM):
                yield Piece(PieceKind.PADDING, self.at, BOM, _DEFAULT)
                self.at += len(BOM)
                continue
            size = len(ahead) - len(ahead.lstrip(PADDING))
            if not size:
                return
            if ahead[:size].strip(b" \t\r\n"):
                yield Piece(PieceKind.PADDING, self.at, ahead[:size], _DEFAULT)
            self.at += size

    def _leftover(self) -> Iterator[Piece]:
        """Skip to the next UNA or UNB, or to the end."""
        window = self.window
        offset = self.at
        while True:
            match = _ANYWHERE.search(window.held, offset - window.start)
            if match is not None:
                end = match.start() + window.start
            else:
                end = max(self.at, window.stop - _LOOK)
            if end > self.at:
                yield Piece(PieceKind.LEFTOVER, self.at, window.cut(self.at, end), _DEFAULT)
                self.at = end
            if match is not None:
                return
            if not window.more(self.at):
                if window.stop > self.at:
                    yield Piece(
                        PieceKind.LEFTOVER, self.at, window.cut(self.at, window.stop), _DEFAULT
                    )
                self.at = window.stop
                return
            offset = self.at

    def _open(self, match: re.Match[bytes]) -> Piece:
        """UNA and UNB, if UNA makes sense."""
        start, unb = match.start() + self.window.start, match.end() + self.window.start - 3
        rules = _DEFAULT
        if match[1] is not None:
            given = match[1].decode("ascii")
            service = ServiceCharacters(given[0], given[1], given[2], given[3], "", given[5])
            if not plausible(service) or not self.window.startswith(
                given[1].encode("ascii"), unb + 3
            ):
                return Piece(PieceKind.BAD_UNA, start, self.window.cut(start, unb + 3), rules)
            rules = grammar(service)
        end = self._terminator(unb + 3, start, rules, self.limits.segment_bytes)
        complete = end is not None
        if end is None:
            end = min(self.window.stop, start + self.limits.segment_bytes)
        self.window.ensure(start, _LOOK)
        context = self.window.cut(start, start + _LOOK)
        raw = self.window.cut(start, end)
        return Piece(PieceKind.OPEN, start, raw, rules, complete, (unb - start, 0), context=context)

    # inside an interchange

    def _body(self, rules: Grammar) -> Iterator[Piece]:
        """Everything from the end of UNB to the end of UNZ, or to where the next interchange begins
        without one."""
        while True:
            found = self._next_service(self.at, self.at, rules)
            if found is None:
                yield from self._stray(self.window.stop, rules)
                yield Piece(PieceKind.CUT, self.at, b"", rules)
                return
            letter, start, tag_end = found
            if letter == "B":
                una = _UNA_AT_END.search(self.window.cut(self.at, start))
                yield from self._stray(self.at + una.start() if una else start, rules)
                yield Piece(PieceKind.CUT, self.at, b"", rules)
                return
            yield from self._stray(start, rules)
            if letter == "H":
                piece = self._message(start, tag_end, rules)
            elif letter == "O":
                piece = self._package(start, tag_end, rules)
            else:
                kind = PieceKind.CLOSE if letter == "Z" else PieceKind.SEGMENT
                end = self._terminator(tag_end, start, rules, self.limits.message_bytes)
                raw = self.window.cut(start, self.window.stop if end is None else end)
                piece = Piece(kind, start, raw, rules, end is not None, tag="UN" + letter)
            piece = piece._replace(column=self._column)
            self.at = start + len(piece.raw)
            self._advance(piece.raw)
            yield piece
            if piece.kind is PieceKind.CLOSE:
                return

    def _stray(self, end: int, rules: Grammar) -> Iterator[Piece]:
        """What stands between the last piece and `end`: nothing but padding, or bytes that belong
        to no message."""
        raw = self.window.cut(self.at, end)
        if raw.strip(rules.padding):
            yield Piece(PieceKind.STRAY, self.at, raw, rules)
        self.at = end
        self._advance(raw)

    def _advance(self, raw: bytes) -> None:
        line = max(raw.rfind(b"\n"), raw.rfind(b"\r"))
        self._column = self._column + len(raw) if line < 0 else len(raw) - line - 1

    def _message(self, start: int, tag_end: int, rules: Grammar) -> Piece:
        """UNH to UNT; without UNT, to the next service segment of the envelope or the end."""
        found = self._next_service(tag_end, start, rules)
        end: int | None
        if found is None:
            complete, end = False, self.window.stop
        elif found[0] == "T":
            end = self._terminator(found[2], start, rules, self.limits.message_bytes)
            complete = end is not None
        else:
            complete, end = False, found[1]
        raw = self.window.cut(start, self.window.stop if end is None else end)
        if len(raw) > self.limits.message_bytes:
            raise TooLong(start)
        return Piece(PieceKind.MESSAGE, start, raw, rules, complete)

    def _package(self, start: int, tag_end: int, rules: Grammar) -> Piece:
        """UNO, the object, UNP (ISO 9735-8). The object is taken by its stated length if UNP stands
        there, else up to the next UNP with this reference; if there is none, or was none too often,
        only UNO is taken."""
        window = self.window
        end = self._terminator(tag_end, start, rules, self.limits.segment_bytes)
        if end is None:
            return Piece(PieceKind.PACKAGE, start, window.cut(start, window.stop), rules, False)
        _, *elements = raw_elements(window.cut(start, end - 1), rules)
        reference = elements[0] if elements else b""
        length = next((int(e) for e in reversed(elements[3:]) if e.isdigit() and len(e) < 12), None)
        separator = re.escape(rules.service.element.encode("ascii"))
        trailer = re.compile(
            _BEFORE_UNP
            + rb"UNP"
            + separator
            + rb"[0-9]*"
            + separator
            + re.escape(reference + rules.terminator)
        )
        if length is not None and length <= self.limits.message_bytes:
            while window.stop < end + length + _LOOK and window.more(start):
                pass
            # Some senders put a line end after every segment, also after UNO.
            line = window.cut(end, end + 2)
            for begin in (end, end + len(line) - len(line.lstrip(rules.line_ends))):
                match = trailer.match(window.held, begin + length - window.start)
                if match is not None:
                    return self._whole_package(start, begin, match)
        offset = end
        while self._fruitless < _FRUITLESS:
            match = trailer.search(window.held, offset - window.start)
            if match is not None:
                return self._whole_package(start, end, match)
            offset = max(end, window.stop - _LOOK)
            if not self._more(start):
                self._fruitless += 1
                break
        return Piece(PieceKind.PACKAGE, start, window.cut(start, end), rules, False)

    def _whole_package(self, start: int, object_start: int, match: re.Match[bytes]) -> Piece:
        stop = match.end() + self.window.start
        inner = (object_start - start, match.start() + self.window.start - start)
        return Piece(PieceKind.PACKAGE, start, self.window.cut(start, stop), _DEFAULT, True, inner)

    # finding

    def _next_service(self, at: int, keep: int, rules: Grammar) -> tuple[str, int, int] | None:
        """The next service segment of the envelope from `at`: last letter of its tag, start and end
        of the tag.

        `at` stands right after a terminator or inside a segment; `keep` is the first byte still
        needed.
        """
        window = self.window
        offset = max(at - 1, window.start)
        while True:
            match = rules.envelope.search(window.held, offset - window.start)
            if match is not None:
                terminator = match.start() + window.start
                if terminator < at or not is_released(
                    window.held, match.start(), at - window.start, rules
                ):
                    return (
                        match[2].decode(),
                        match.start(1) + window.start,
                        match.end(1) + window.start,
                    )
                offset = terminator + 1
                continue
            last = window.held.rfind(rules.terminator) + window.start
            offset = max(offset, last)
            if not self._more(max(keep - 1, 0)):
                return None

    def _terminator(self, at: int, keep: int, rules: Grammar, limit: int) -> int | None:
        """The end of the segment that `at` stands in, terminator included; None if there is none
        within `limit`."""
        window = self.window
        offset = at
        while True:
            index = window.held.find(rules.terminator, offset - window.start)
            if index >= 0:
                if not is_released(window.held, index, at - window.start, rules):
                    return index + window.start + 1 if index + window.start - at <= limit else None
                offset = index + window.start + 1
                continue
            offset = window.stop
            if window.stop - at > limit or not self._more(keep):
                return None

    def _more(self, keep: int) -> bool:
        if self.window.stop - keep > self.limits.message_bytes:
            raise TooLong(keep)
        return self.window.more(keep)
