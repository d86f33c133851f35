"""The bytes of one message -> its segments, every value released and decoded, every byte span
exact.

Nothing is repaired in silence: what is removed (line ends of a hard wrap) or cannot be right (bytes
outside the charset, tags that are none) is noted. Line ends inside a segment are a hard wrap where
they stand at the same column throughout the message; elsewhere they are no part of a value (see
`texts`). Must not know what the segments mean.
"""

import re
from dataclasses import dataclass

from edigate.edifact.syntax.charset import Charset, Reading, settle, wrong_bytes
from edigate.edifact.syntax.grammar import Grammar, cut, elements_of, is_released
from edigate.edifact.syntax.limits import Limits
from edigate.edifact.syntax.line_ends import WithoutLineEnds
from edigate.edifact.syntax.notes import Notes
from edigate.edifact.syntax.segments import Segment
from edigate.findings import Place

_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")
# Service segments of the envelope cannot stand inside a message.
_NEVER_INSIDE = frozenset({"UNA", "UNB", "UNG", "UNE", "UNZ", "UNO", "UNP"})
# Record lengths that systems wrap at: one break there is enough; two at another column of this size
# are no accident.
_USUAL_WIDTHS = frozenset(
    {72, 76, 78, 79, 80, 100, 120, 128, 132, 133, 250, 254, 255, 256, 512, 1000, 1024, 2048, 4096}
)
_NO_ACCIDENT = 60
_LOST = "\ufffd".encode()  # the replacement character: somebody lost a character before us
_SHOWN = 1000  # characters of an oversized segment that are kept as its text


@dataclass(frozen=True, slots=True)
class Dialect:
    """What holds for a whole interchange."""

    rules: Grammar
    charset: Charset
    limits: Limits


@dataclass(frozen=True, slots=True)
class Segments:
    """What `segments_of` made: readable is False when a note says that values cannot be trusted.
    wrapped: whether line ends inside segments were found to be a hard wrap."""

    segments: tuple[Segment, ...]
    codec: str
    readable: bool
    wrapped: bool = False


class _Reader:
    """The state of reading one run of segments."""

    __slots__ = (
        "charset", "codec", "column", "context", "envelope", "limits", "notes", "number", "raw",
        "readable", "rules",
        "tags", "wrapped", "wrong",
    )  # fmt: skip

    def __init__(
        self, raw: bytes, dialect: Dialect, notes: Notes, column: int, envelope: bool
    ) -> None:
        self.raw, self.column, self.envelope = raw, column, envelope
        self.context = raw
        self.rules, self.charset, self.limits, self.notes = (
            dialect.rules,
            dialect.charset,
            dialect.limits,
            notes,
        )
        self.codec, reading = settle(raw, self.charset)
        self.wrong = wrong_bytes(self.codec, self.rules.separators)
        self.readable = True
        self.wrapped: bool | None = None
        self.number = 0
        self.tags: set[str] = set()
        self._note_charset(reading)

    def _note_charset(self, reading: Reading) -> None:
        if reading is Reading.LATIN_UNDER_SEVEN_BIT:
            self.notes.add("EDI-08", charset=self.charset.identifier)
        elif reading is Reading.SNIFFED_UTF8:
            self.notes.add("EDI-09", charset=self.charset.identifier)

    def read(self, base: int) -> list[Segment]:
        """All segments; the common ones are made here, whatever is unusual in `special`."""
        raw, rules, limits, codec, tags = self.raw, self.rules, self.limits, self.codec, self.tags
        padding, service = rules.padding, rules.service
        element, component, release, repetition = (
            service.element,
            service.component,
            rules.release.decode(),
            service.repetition,
        )
        ending = service.terminator if service.terminator.isprintable() else ""
        # Below this length no limit on elements, components or bytes can be hit.
        short = min(limits.elements, limits.components, limits.segment_bytes)
        line_ends = [chr(b) for b in rules.line_ends if b in raw]
        clean = self.wrong.search(raw) is None and not (codec == "utf-8" and _LOST in raw)
        pieces, tail = cut(raw, rules)
        if len(pieces) > limits.segments:
            self._too_much("segments", limits.segments, len(pieces), None)
            del pieces[limits.segments :]
            tail = b""
        segments: list[Segment] = []
        at = base
        for piece in pieces:
            bare = piece.lstrip(padding)
            end = at + len(piece) + 1
            start = end - len(bare) - 1
            at = end
            if not bare:
                self.notes.add("EDI-14", Place(0, "", ending, start, end))
                continue
            self.number += 1
            if clean and len(bare) < short:
                try:
                    text = bare.decode(codec)
                except UnicodeDecodeError:
                    segments.append(self.special(bare, start, end, ending))
                    continue
                if not (
                    (release and release in text)
                    or (repetition and repetition in text)
                    or (line_ends and any(c in text for c in line_ends))
                ):
                    tag, *rest = text.split(element)
                    if tag in tags or self.regular(tag):
                        values = tuple([tuple(v.split(component)) for v in rest])
                        segments.append(
                            Segment(tag, values, self.number, start, end, text + ending)
                        )
                        continue
            segments.append(self.special(bare, start, end, ending))
        if tail.strip(padding):
            bare = tail.lstrip(padding)
            self.number += 1
            self.readable = False
            start = at + len(tail) - len(bare)
            segments.append(self.special(bare, start, start + len(bare), ""))
        return segments

    def regular(self, tag: str) -> bool:
        """Whether a segment may be called so here; tags found regular are remembered."""
        if self.envelope or (_TAG.fullmatch(tag) and tag not in _NEVER_INSIDE):
            self.tags.add(tag)
            return True
        return False

    def special(self, bare: bytes, start: int, end: int, ending: str) -> Segment:
        """One segment, slowly: wraps removed, charset and limits checked, released characters and
        repetitions read."""
        number = 0 if self.envelope else self.number
        if len(bare) > self.limits.segment_bytes:
            segment = Segment(
                _ascii_tag(bare),
                (),
                number,
                start,
                end,
                bare[:_SHOWN].decode("ascii", "backslashreplace") + "…",
            )
            self._too_much("segment_bytes", self.limits.segment_bytes, len(bare), segment.place)
            return segment
        text, fault = self._decoded(bare)
        (tag, *nesting), values, repeats, needless = elements_of(text, self.rules)
        segment = Segment(
            tag, values, number, start, end, self.rules.wrapped.sub(" ", text) + ending, repeats
        )
        self._note_bytes(bare, segment, fault)
        self._note_size(segment, len(nesting))
        if not (tag in self.tags or self.regular(tag)):
            self.readable = False
            self.notes.add("EDI-12", segment.place, tag=tag[:20])
        if len(bare.rstrip(self.rules.line_ends)) != len(
            bare.translate(None, self.rules.line_ends)
        ):
            segment = self._without_line_ends(segment, text)
        if needless:
            self.notes.add(
                "EDI-13", segment.place, hits=needless, release=self.rules.service.release
            )
        if "\ufffd" in text:
            self.notes.add("EDI-24", segment.place, hits=text.count("\ufffd"))
        return segment

    def _without_line_ends(self, segment: Segment, text: str) -> Segment:
        """A segment with line ends inside: those of a hard wrap are gone already, others go now."""
        if self.wrapped:
            self.notes.add("EDI-07", segment.place)
            return segment
        broken: set[int] = set()
        segment = WithoutLineEnds(segment.tag, broken).joined(segment)
        if self.rules.released_break.search(text):
            broken.add(0)  # what the release character stands for cannot be told any more
            self.readable = False
        if broken:
            self.notes.add("EDI-30", segment.place, kind=segment.tag, tag=segment.tag)
        else:
            self.notes.add("EDI-26", segment.place)
        return segment

    def _decoded(self, bare: bytes) -> tuple[str, int | None]:
        """The text of a segment and the index of a byte that does not decode."""
        rules = self.rules
        inner = bare.rstrip(rules.line_ends)
        joined = inner.translate(None, rules.line_ends)
        broken = len(joined) != len(inner)
        if broken and self.wrapped is None:
            self.wrapped = hard_wrapped(self.context, self.column, rules, self.codec)
        source = joined if self.wrapped else inner
        fault: int | None = None
        try:
            text = source.decode(self.codec)
        except UnicodeDecodeError as failure:
            text = source.decode(self.codec, "backslashreplace")
            fault = (
                _before_joining(bare, failure.start, rules.line_ends)
                if self.wrapped
                else failure.start
            )
        if broken and not self.wrapped and len(rules.line_ends) == 2:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text, fault

    def _note_bytes(self, bare: bytes, segment: Segment, fault: int | None) -> None:
        hits = [m.start() for m in self.wrong.finditer(bare)]
        if fault is not None:
            hits.insert(0, fault)
        if hits:
            self.readable = False
            first = min(hits)
            self.notes.add(
                "FRM-08",
                segment.place,
                hits=len(hits),
                byte=f"0x{bare[first]:02X}",
                offset=segment.start + first,
                charset=self.charset.identifier,
                codec=self.codec,
            )

    def _note_size(self, segment: Segment, nesting: int) -> None:
        limits = self.limits
        largest = max((len(v) for v in segment.elements), default=0)
        for _, all_of_it in segment.repeats:
            largest = max(largest, sum(len(v) for v in all_of_it))
        for name, allowed, actual in (
            ("elements", limits.elements, len(segment.elements)),
            ("components", limits.components, largest),
            ("nesting", limits.nesting, nesting),
        ):
            if actual > allowed:
                self._too_much(name, allowed, actual, segment.place)

    def _too_much(self, name: str, allowed: int, actual: int, place: Place | None) -> None:
        self.readable = False
        self.notes.add("EDI-19", place, kind=name, limit=name, allowed=allowed, actual=actual)


def segments_of(
    raw: bytes,
    base: int,
    dialect: Dialect,
    notes: Notes,
    *,
    column: int = 0,
    envelope: bool = False,
    context: bytes = b"",
    wrapped: bool | None = None,
) -> Segments:
    """Read the segments of one message (or, with `envelope`, segments that belong to none: position
    0).

    base: offset of raw[0] in the input. column: bytes that stand before it on its line. context:
    `raw` with what follows it, where that helps to tell a hard wrap; wrapped: whether it is one,
    where that is known.
    """
    reader = _Reader(raw, dialect, notes, column, envelope)
    reader.context, reader.wrapped = context or raw, wrapped
    segments = reader.read(base)
    if envelope:
        segments = [s._replace(position=0) if s.position else s for s in segments]
    return Segments(tuple(segments), reader.codec, reader.readable, bool(reader.wrapped))


def hard_wrapped(raw: bytes, column: int, rules: Grammar, codec: str) -> bool:
    """Whether the line ends inside segments come from wrapping at a fixed column and not from the
    texts.

    So it is when all lines that break a segment are equally long (in bytes or characters), no line
    is longer, and that length is a usual one or was hit several times. Where each of them is
    followed by a blank somebody folded the line, and the blank may belong to the text or not: that
    is no wrap that could be undone.
    """
    pattern = (
        rb"\r\n|\r|\n" if len(rules.line_ends) == 2 else b"[" + re.escape(rules.line_ends) + b"]"
    )
    lines = re.split(pattern, raw)
    cut = [n for n, line in enumerate(lines[:-1]) if not _ends_segment(line, rules)]
    if all(lines[n + 1].startswith((b" ", b"\t")) for n in cut):
        return False
    for measure in (len, lambda line: len(line.decode(codec, "replace"))):
        widths = [measure(line) for line in lines]
        breaking = cut
        if breaking != [0]:
            # What precedes UNH on its line may have been cut off (a message in an envelope of its
            # own).
            breaking, widths[0] = [n for n in breaking if n], 0
        else:
            widths[0] += column
        columns = {widths[n] for n in breaking}
        if len(columns) == 1 and max(widths) in columns:
            width = max(widths)
            return width in _USUAL_WIDTHS or len(breaking) >= (2 if width >= _NO_ACCIDENT else 3)
    return False


def _ends_segment(line: bytes, rules: Grammar) -> bool:
    line = line.rstrip(rules.padding)
    return not line or (
        line.endswith(rules.terminator) and not is_released(line, len(line) - 1, 0, rules)
    )


def _ascii_tag(bare: bytes) -> str:
    return bare[:3].decode("ascii", "backslashreplace")


def _before_joining(bare: bytes, index: int, line_ends: bytes) -> int:
    """The index in `bare` of what stands at `index` without line ends."""
    for position, byte in enumerate(bare):
        if byte not in line_ends:
            if index == 0:
                return position
            index -= 1
    return len(bare) - 1
