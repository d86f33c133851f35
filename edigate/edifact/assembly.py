"""The pieces of one interchange -> its messages, with counts and references checked (ISO 9735-1, 0074 to 0020).

What is counted is what arrived; a wrong count is a finding with both numbers and changes nothing that was read.
Must not know where the pieces come from.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace

from edigate.edifact.charset import declared
from edigate.edifact.grammar import count_segments, first_end, grammar, last_start
from edigate.edifact.limits import Limits
from edigate.edifact.notes import Notes, excerpt, outside
from edigate.edifact.scan import Kind, Piece
from edigate.edifact.segmenting import Dialect, segments_of
from edigate.edifact.segments import Group, Interchange, Message, Package, Segment

# UNB 0035: 1 interchange is a test, 2 syntax only, 3 echo request, 4 echo response: none of them is business.
_TEST = frozenset({"1", "2", "3", "4"})
_VERSIONS = frozenset({"1", "2", "3", "4"})
_SECURITY = ("USA", "USB", "USC", "USD", "USE", "USF", "USH", "USR", "UST", "USU", "USX", "USY")  # ISO 9735-5 to -9


@dataclass(slots=True)
class _OpenGroup:
    group: Group
    messages: int = 0


class Assembly:
    """One interchange under way."""

    def __init__(
        self,
        opening: Piece,
        limits: Limits,
        only: Set[str] | None,
        charsets: Mapping[str, str],
        wanted: Callable[[int], bool] | None = None,
    ) -> None:
        self.limits, self.only, self.wanted = limits, only, wanted
        self.notes = Notes()
        self.start = opening.start
        self.message_count = 0
        self._groups = self._packages = 0
        self._group: _OpenGroup | None = None
        self._last: Message | None = None
        self._whole = True
        self._sniffed = False
        self._references: set[str] = set()
        self._envelope: list[Segment] = []
        self._leftovers: list[tuple[int, int]] = []
        self.service_given = opening.inner[0] > 0
        unb = opening.raw[opening.inner[0] :]
        self.dialect = Dialect(opening.rules, declared(""), limits)
        self.header = self._segment(unb, opening.start + opening.inner[0])
        self._settle(opening, charsets)
        self.header = self._segment(unb, opening.start + opening.inner[0], keep=True)
        self._check_header(opening.complete)

    def _settle(self, opening: Piece, charsets: Mapping[str, str]) -> None:
        """Repetition separator and charset, which UNB itself announces."""
        identifier, version = self.header.value(1, 1), self.header.value(1, 2)
        charset = declared(identifier, charsets.get(self.header.value(2)))
        rules = self.dialect.rules
        if version.startswith("4"):
            sign = opening.raw[7:8].decode("ascii") if self.service_given else "*"
            if not (sign.isalnum() or sign in " .," or sign.encode("ascii") in rules.separators):
                rules = grammar(rules.service._replace(repetition=sign))
        self.dialect = Dialect(rules, charset, self.limits)

    def _segment(self, raw: bytes, start: int, *, keep: bool = False) -> Segment:
        """One segment of the envelope."""
        notes = self.notes if keep else Notes()
        made = segments_of(raw, start, self.dialect, notes, envelope=True).segments
        segment = made[0] if made else Segment("", (), 0, start, start + len(raw), "")
        if keep:
            self._envelope.append(segment)
        return segment

    def _check_header(self, complete: bool) -> None:
        header = self.header
        if not complete:
            self._whole = False
        if not self.dialect.charset.known or header.value(1, 2) not in _VERSIONS:
            self.notes.add("EDI-10", header.place, syntax=f"{header.value(1, 1)}:{header.value(1, 2)}")
        for element, name in ((2, "0004"), (3, "0010"), (5, "0020")):
            if not header.value(element):
                self.notes.add("EDI-17", header.place, kind=name, element=name)
        if header.value(11) in _TEST:
            self.notes.add("FRM-09", header.place, indicator=header.value(11))

    # pieces

    def add(self, piece: Piece) -> Message | Package | None:
        """Take the next piece; a message comes back, or a package that belongs to the message before it."""
        if piece.kind is Kind.MESSAGE:
            self._last = self._message(piece)
        elif piece.kind is Kind.PACKAGE:
            return self._package(piece)
        elif piece.kind is Kind.STRAY:
            self._stray(piece)
            return None
        else:
            self._last = None
            self._group_segment(piece)
        return self._last

    def _message(self, piece: Piece) -> Message:
        self.message_count += 1
        if self._group is not None:
            self._group.messages += 1
        notes = Notes()
        header = self._header_of(piece)
        if self._is_wanted(_kind(header)):
            made = segments_of(piece.raw, piece.start, self.dialect, notes, column=piece.column)
            segments, readable, codec = made.segments, made.readable, made.codec
            counted = len(segments)
        else:
            counted = count_segments(piece.raw, self.dialect.rules)
            segments, readable, codec = self._ends(piece, header, counted), True, "ascii"
        header = segments[0] if segments else header
        reference, kind = header.value(1), _kind(header)
        if not (reference and kind):
            readable = False
            notes.add("EDI-15", header.place)
        if piece.complete:
            self._check_end(segments[-1], reference, counted, notes)
        else:
            readable = self._whole = False
            last = segments[-1] if segments else header
            notes.add("EDI-03", last.place, reference=reference)
        if reference and reference in self._references:
            notes.add("EDI-16", header.place, reference=reference)
        self._references.add(reference)
        self._sniffed |= codec == "utf-8"
        return Message(
            reference=reference,
            type=kind,
            version=":".join(c.strip() for c in header.components(2)[1:]).rstrip(":"),
            segments=segments,
            start=piece.start,
            end=piece.start + len(piece.raw),
            group=self._group.group if self._group else None,
            findings=notes.findings(),
            readable=readable,
            charset=codec,
        )

    def _is_wanted(self, kind: str) -> bool:
        """Whether the segments of the message just counted are wanted."""
        if self.wanted is not None and not self.wanted(self.message_count):
            return False
        return self.only is None or kind in self.only

    def _header_of(self, piece: Piece) -> Segment:
        """UNH alone, to know the type before the rest is taken apart."""
        if self.only is None and self.wanted is None:
            return Segment("UNH", (), 1, piece.start, piece.start + 3, "UNH")
        raw = piece.raw[: first_end(piece.raw, self.dialect.rules)]
        return segments_of(raw, piece.start, self.dialect, Notes()).segments[0]

    def _ends(self, piece: Piece, header: Segment, counted: int) -> tuple[Segment, ...]:
        """UNH and, when it is there, UNT of a message whose segments nobody wants."""
        if not piece.complete:
            return (header,)
        start = last_start(piece.raw, self.dialect.rules)
        made = segments_of(piece.raw[start:], piece.start + start, self.dialect, Notes())
        return header, made.segments[0]._replace(position=counted)

    def _check_end(self, trailer: Segment, reference: str, counted: int, notes: Notes) -> None:
        correct = f"UNT+{counted}+{reference}'"
        _check(notes, trailer, 1, "0074", expected=counted, correct=correct)
        _check(notes, trailer, 2, "0062", expected=reference, correct=correct)

    def _package(self, piece: Piece) -> Package | None:
        self._packages += 1
        object_start, object_end = piece.inner if piece.complete else (len(piece.raw), len(piece.raw))
        header = self._segment(piece.raw[:object_start], piece.start, keep=True)
        trailer = None
        if piece.complete:
            trailer = self._segment(piece.raw[object_end:], piece.start + object_end, keep=True)
            length = object_end - object_start
            if _number(trailer.value(1)) != length:
                correct = f"UNP+{length}+{header.value(1)}'"
                _note_mismatch(self.notes, trailer, "0810", actual=trailer.value(1), expected=length, correct=correct)
        else:
            self.notes.add("EDI-18", header.place, reference=header.value(1))
        package = Package(
            header.value(1), piece.start + object_start, piece.start + object_end, header=header, trailer=trailer
        )
        if self._last is not None:
            return package
        self._leftovers.append((package.start, package.end))
        return None

    def _stray(self, piece: Piece) -> None:
        """Segments between messages: security segments are lawful there, anything else is damage."""
        self._last = None
        if piece.raw.lstrip(self.dialect.rules.padding)[:3].decode("ascii", "replace") in _SECURITY:
            made = segments_of(piece.raw, piece.start, self.dialect, self.notes, envelope=True).segments
            if all(s.tag in _SECURITY for s in made):
                self._envelope.extend(made)
                return
        self._leftovers.append((piece.start, piece.start + len(piece.raw)))
        self.notes.add(
            "EDI-06",
            outside(piece.raw, piece.start),
            kind=str(piece.start),
            offset=piece.start,
            bytes=excerpt(piece.raw),
        )

    def _group_segment(self, piece: Piece) -> None:
        """UNG, UNE, or an UNT that no UNH began."""
        segment = self._segment(piece.raw, piece.start, keep=True)
        if piece.tag == "UNT":
            self.notes.add("EDI-21", segment.place, kind=str(segment.start))
        elif piece.tag == "UNG":
            if self._group is not None:
                self.notes.add("EDI-20", segment.place, kind="open", reference=self._group.group.reference)
            self._groups += 1
            self._group = _OpenGroup(
                Group(segment.value(5), segment.value(1), segment.value(2), segment.value(3), segment)
            )
        elif self._group is None:
            self.notes.add("EDI-20", segment.place, kind=str(segment.start), reference=segment.value(2))
        else:
            reference, count = self._group.group.reference, self._group.messages
            correct = f"UNE+{count}+{reference}'"
            _check(self.notes, segment, 1, "0060", expected=count, correct=correct)
            _check(self.notes, segment, 2, "0048", expected=reference, correct=correct)
            self._group = None

    # end

    def close(self, piece: Piece) -> bool:
        """UNZ: check its count and reference; False when it is itself cut off."""
        segment = self._segment(piece.raw, piece.start, keep=True)
        reference = self.header.value(5)
        if self._group is not None:
            self.notes.add("EDI-20", segment.place, kind="open", reference=self._group.group.reference)
            self._group = None
        # 0036 counts groups where there are groups, else messages, or messages and packages (ISO 9735-8).
        units = self._groups or self.message_count
        counted = _number(segment.value(1))
        right = counted == units or (not self._groups and counted == self.message_count + self._packages)
        if not piece.complete:
            # Nothing can be missing where count and reference are there and right: only the terminator is.
            if not (right and segment.value(2) == reference):
                return False
            self.notes.add("EDI-22", segment.place)
            return True
        correct = f"UNZ+{units}+{reference}'"
        if not right:
            _note_mismatch(self.notes, segment, "0036", actual=segment.value(1), expected=units, correct=correct)
        _check(self.notes, segment, 2, "0020", expected=reference, correct=correct)
        return True

    def finish(self, end: int, *, whole: bool) -> Interchange:
        """The interchange without its messages."""
        if not whole:
            self.notes.add("EDI-02", self.header.place, reference=self.header.value(5))
        return replace(self.interchange(), end=end, complete=whole and self._whole)

    def interchange(self) -> Interchange:
        """The interchange as far as it has been read, without its messages."""
        header = self.header
        return Interchange(
            syntax=header.value(1, 1),
            syntax_version=header.value(1, 2),
            sender=header.value(2),
            sender_qualifier=header.value(2, 2),
            recipient=header.value(3),
            recipient_qualifier=header.value(3, 2),
            control_reference=header.value(5),
            test=header.value(11) in _TEST,
            service=self.dialect.rules.service,
            service_given=self.service_given,
            charset="utf-8" if self._sniffed else self.dialect.charset.codec,
            header=header,
            messages=(),
            start=self.start,
            end=header.end,
            findings=self.notes.findings(),
            envelope=tuple(self._envelope),
            leftovers=tuple(self._leftovers),
        )


def _kind(header: Segment) -> str:
    """The type of a message (0065), also where a line end cuts it: `INV`, `OIC`. UNH alone does not tell a hard wrap
    from a line end in a text, but no type has one."""
    return "".join(header.value(2).split())


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _check(notes: Notes, segment: Segment, element: int, name: str, *, expected: int | str, correct: str) -> None:
    """SUM-07 unless data element `element` says what is expected; numbers compare as numbers."""
    actual = segment.value(element)
    same = _number(actual) == expected if isinstance(expected, int) else actual == expected
    if not same:
        _note_mismatch(notes, segment, name, actual=actual, expected=expected, correct=correct)


def _note_mismatch(
    notes: Notes, segment: Segment, name: str, *, actual: str, expected: int | str, correct: str
) -> None:
    notes.add(
        "SUM-07",
        segment.place,
        kind=f"{name}{segment.start}",
        segment=segment.tag,
        element=name,
        actual=actual or "–",
        expected=expected,
        correct=correct,
    )
