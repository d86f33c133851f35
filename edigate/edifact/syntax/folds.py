"""Folds that a mail server put into one-line EDIFACT: found, left out for reading, and counted into
every place.

A mail server that keeps to 998 octets a line (RFC 5322, 2.1.1; Postfix: `smtp_line_length_limit`)
sends a line end and a blank behind octet 998 and goes on. That is a fold beyond doubt only where
every line is exactly that long and the text has no other line end; anything else is left as it
came. Must not know EDIFACT beyond what padding is.
"""

from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO

from edigate.edifact.syntax.grammar import PADDING
from edigate.edifact.syntax.segments import Group, Interchange, Message, ObjectPackage, Segment
from edigate.findings import Finding, Place, finding

LINE = 998
"""Octets of a physical line, the blank at its beginning included."""
_CHUNK = 1 << 20
_SIGNS = (b"\r\n ", b"\n ")  # the second: line ends were converted on the way


@dataclass(frozen=True, slots=True)
class Folds:
    """Where an input was folded. sign: what stands there and is no part of the text."""

    count: int = 0
    sign: bytes = b""

    def received(self, at: int, *, end: bool = False) -> int:
        """Offset in the input of what stands at `at` in the unfolded text; end: of what ends
        there."""
        beyond = at - LINE - end
        passed = min(self.count, beyond // (LINE - 1) + 1) if beyond >= 0 else 0
        return at + passed * len(self.sign)

    def within(self, start: int, end: int) -> tuple[int, int]:
        """How many folds cut [start, end) of the unfolded text, and where the first of them stands
        in it."""
        before = min(self.count, max(0, (start - LINE) // (LINE - 1) + 1))
        passed = min(self.count, max(0, (end - 1 - LINE) // (LINE - 1) + 1))
        return passed - before, LINE + before * (LINE - 1)


def folds_in(source: BinaryIO) -> Folds:
    """The folds of everything that follows in a file, which is left where it stood; none where it
    cannot be read twice.

    Raises: OSError of the file.
    """
    if not source.seekable():
        return Folds()
    begin = source.tell()
    try:
        return _folds(source, begin)
    finally:
        source.seek(begin)


def _folds(source: BinaryIO, begin: int) -> Folds:
    first = _take(source, LINE + 3)
    sign = next((s for s in _SIGNS if first.startswith(s, LINE)), b"")
    if not sign:
        return Folds()
    count, period = 0, LINE + len(sign) - 1
    while True:
        source.seek(begin + count * period)
        line = _take(source, period + 1)
        if _breaks(line[:LINE]) or not line.startswith(sign, LINE):
            break
        count += 1
    source.seek(begin + count * period)
    return Folds(count, sign) if _one_line(source) else Folds()


def _one_line(source: BinaryIO) -> bool:
    """Whether nothing but padding follows the next line end."""
    ended = False
    while chunk := source.read(_CHUNK):
        found = [] if ended else [at for at in (chunk.find(b"\r"), chunk.find(b"\n")) if at >= 0]
        rest = chunk if ended else chunk[min(found, default=len(chunk)) :]
        ended = ended or bool(found)
        if rest.strip(PADDING):
            return False
    return True


def _breaks(line: bytes) -> bool:
    return b"\r" in line or b"\n" in line


def _take(source: BinaryIO, size: int) -> bytes:
    """`size` bytes, or all there are."""
    pieces = []
    while size > 0 and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class Unfolding:
    """A file read without its folds."""

    def __init__(self, source: BinaryIO, folds: Folds) -> None:
        self._source, self._sign, self._left = source, folds.sign, folds.count
        self._line = 0

    def read(self, size: int) -> bytes:
        """The next bytes of the text, about `size` of them; b"" at its end."""
        if not self._left:
            rest = self._source.read(size)
            if self._line and rest:
                self._line, rest = (
                    0,
                    rest[1:] or self._source.read(size),
                )  # the blank that begins the last line
            return rest
        period = LINE + len(self._sign) - 1
        lines = min(self._left, max(1, size // period))
        raw = _take(self._source, lines * period)
        starts = range(0, lines * period, period)
        text = b"".join(raw[at + (self._line + n > 0) : at + LINE] for n, at in enumerate(starts))
        self._left -= lines
        self._line += lines
        return text


def unfolded(data: bytes, folds: Folds) -> bytes:
    """The whole text without its folds."""
    reading = Unfolding(BytesIO(data), folds)
    return b"".join(iter(partial(reading.read, _CHUNK), b""))


def smooth(raw: bytes, sign: bytes) -> bytes:
    """A piece of a folded interchange without its folds: it has no other line ends. sign:
    `Interchange.fold`."""
    return raw.replace(sign, b"") if sign else raw


# what was read of the unfolded text, placed in the input


class Placing:
    """Moves what was read of an unfolded text to where it stands in the input, and says that it was
    folded."""

    def __init__(self, folds: Folds) -> None:
        self._folds = folds
        self._told = 0  # folds of the interchange under way that its messages tell of

    def message(self, message: Message) -> Message:
        """The message with its places in the input, and a warning where a fold cuts it."""
        count, first = self._folds.within(message.start, message.end)
        self._told += count
        findings = tuple(map(self.finding, message.findings))
        segments = tuple(map(self._segment, message.segments))
        if count:
            cut = next(
                (n for n, s in enumerate(message.segments) if first < s.end), len(segments) - 1
            )
            place = segments[cut].place if segments else None
            findings = (*findings, replace(finding("EDI-29", place=place), count=count))
        return replace(
            message,
            segments=segments,
            group=self._group(message.group),
            packages=tuple(map(self._package, message.packages)),
            findings=findings,
            **self._span(message.start, message.end),
        )

    def interchange(self, interchange: Interchange) -> Interchange:
        """The interchange with its places in the input; a warning where a fold cuts it outside its
        messages."""
        count, _ = self._folds.within(interchange.start, interchange.end)
        findings = tuple(map(self.finding, interchange.findings))
        header = self._segment(interchange.header)
        if count > self._told:
            findings = (
                *findings,
                replace(finding("EDI-29", place=header.place), count=count - self._told),
            )
        self._told = 0
        return replace(
            interchange,
            header=header,
            findings=findings,
            envelope=tuple(map(self._segment, interchange.envelope)),
            leftovers=self.spans(interchange.leftovers),
            fold=self._folds.sign,
            **self._span(interchange.start, interchange.end),
        )

    def finding(self, found: Finding) -> Finding:
        """A finding whose place, and the offset it speaks of, are those of the input."""
        values: dict[str, Any] = dict(found.values)
        if "offset" in values:
            values["offset"] = str(self._folds.received(int(values["offset"])))
            found = replace(finding(found.rule, place=found.place, **values), count=found.count)
        return replace(found, place=self._place(found.place)) if found.place else found

    def spans(self, spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
        """Byte spans in the input."""
        return tuple((self._folds.received(a), self._folds.received(b, end=True)) for a, b in spans)

    def _span(self, start: int, end: int) -> dict[str, Any]:
        return {
            "start": self._folds.received(start),
            "end": self._folds.received(end, end=start < end),
        }

    def _place(self, place: Place) -> Place:
        return replace(place, **self._span(place.start, place.end))

    def _segment(self, segment: Segment) -> Segment:
        return segment._replace(**self._span(segment.start, segment.end))

    def _group(self, group: Group | None) -> Group | None:
        return replace(group, header=self._segment(group.header)) if group else None

    def _package(self, package: ObjectPackage) -> ObjectPackage:
        return replace(
            package,
            header=self._segment(package.header),
            trailer=self._segment(package.trailer) if package.trailer else None,
            **self._span(package.start, package.end),
        )
