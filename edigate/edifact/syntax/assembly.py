"""The pieces of one interchange -> its messages, with counts and references checked (ISO 9735-1,
0074 to 0020).

What is counted is what arrived; a wrong count is a finding with both numbers and changes nothing
that was read. Must not know where the pieces come from.
"""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace

from edigate.edifact.syntax.charset import declared
from edigate.edifact.syntax.control import check, mismatch, number
from edigate.edifact.syntax.fragments import fragment, missing, stated
from edigate.edifact.syntax.grammar import count_segments, first_end, grammar, last_start
from edigate.edifact.syntax.limits import Limits
from edigate.edifact.syntax.notes import Notes
from edigate.edifact.syntax.scan import Piece, PieceKind
from edigate.edifact.syntax.segmenting import Dialect, segments_of
from edigate.edifact.syntax.segments import Group, Interchange, Message, ObjectPackage, Segment
from edigate.findings import Severity

# UNB 0035: 1 interchange is a test, 2 syntax only, 3 echo request, 4 echo response: none of them is
# business.
_TEST = frozenset({"1", "2", "3", "4"})
_VERSIONS = frozenset({"1", "2", "3", "4"})
_SECURITY = (
    "USA",
    "USB",
    "USC",
    "USD",
    "USE",
    "USF",
    "USH",
    "USR",
    "UST",
    "USU",
    "USX",
    "USY",
)  # ISO 9735-5 to -9


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
        only: Container[str] | None,
        charsets: Mapping[str, str],
        *,
        wanted: Callable[[int], bool] | None = None,
        place: int = 1,
    ) -> None:
        self.limits, self.only, self.wanted, self.place = limits, only, wanted, place
        self.notes = Notes()
        self.start = opening.start
        self.message_count = 0
        self._groups = self._packages = 0
        self._group: _OpenGroup | None = None
        self._last: Message | None = None
        self._fragments = self._ended_fragments = 0
        self._fragment: tuple[Message, bytes] | None = (
            None  # one that an UNT may end, and its bytes
        )
        self._wrapped: bool | None = None  # True: the interchange is wrapped at a fixed column
        self._swallowed: Segment | None = None  # the UNH that an UNB without terminator ran into
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
        self.header = self._segment(
            unb, opening.start + opening.inner[0], keep=opening.complete, opening=opening
        )
        if opening.complete:
            self._part_from_unh()
        else:
            self._envelope.append(self.header)
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

    def _segment(
        self, raw: bytes, start: int, *, keep: bool = False, opening: Piece | None = None
    ) -> Segment:
        """One segment of the envelope. opening: the piece it stands in, if it is UNB."""
        notes = self.notes if keep else Notes()
        context = opening.context if opening else b""
        found = segments_of(
            raw, start, self.dialect, notes, envelope=True, context=context, wrapped=self._wrapped
        )
        self._wrapped = self._wrapped or found.wrapped or None
        made = found.segments
        segment = made[0] if made else Segment("", (), 0, start, start + len(raw), "")
        if keep:
            self._envelope.append(segment)
        return segment

    def _part_from_unh(self) -> None:
        """An UNB without terminator goes on into the UNH that follows: take the two apart again."""
        header = self.header
        for at, components in enumerate(header.elements[:-1], 1):
            last = components[-1].rstrip()
            if at > 1 and last.endswith("UNH"):
                own = (*components[:-1], last[:-3].rstrip())
                self._swallowed = header._replace(tag="UNH", elements=header.elements[at:])
                self.header = header._replace(elements=(*header.elements[: at - 1], own))
                return

    def _check_header(self, complete: bool) -> None:
        header = self.header
        if not complete:
            self._whole = False
        if not self.dialect.charset.known or header.value(1, 2) not in _VERSIONS:
            self.notes.add(
                "EDI-10", header.place, syntax=f"{header.value(1, 1)}:{header.value(1, 2)}"
            )
        for element, name in ((2, "0004"), (3, "0010"), (4, "0017"), (5, "0020")):
            if not header.value(element):
                self.notes.add("EDI-17", header.place, kind=name, element=name)
        # An id with a line end in it says nothing for certain, and every message of the interchange
        # rests on them.
        self._unclear = tuple(f for f in self.notes.findings() if f.rule == "EDI-30")
        if header.value(11) in _TEST:
            self.notes.add("FRM-09", header.place, indicator=header.value(11))

    # pieces

    def add(self, piece: Piece) -> Message | ObjectPackage | None:
        """Take the next piece; a message comes back, or a package that belongs to the message
        before it."""
        if piece.tag != "UNT":
            self._fragment = None
        if piece.kind is PieceKind.MESSAGE:
            self._last = self._message(piece)
        elif piece.kind is PieceKind.PACKAGE:
            return self._package(piece)
        elif piece.kind is PieceKind.STRAY or piece.tag == "UNT":
            self._last = None
            return self._stray(piece)
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
        if self._is_wanted(stated(header)[1]):
            made = segments_of(piece.raw, piece.start, self.dialect, notes, column=piece.column)
            segments, readable, codec = made.segments, made.readable, made.codec
            self._wrapped = self._wrapped or made.wrapped or None
            counted = len(segments)
        else:
            counted = count_segments(piece.raw, self.dialect.rules)
            segments, readable, codec = self._ends(piece, header, counted), True, "ascii"
        header = segments[0] if segments else header
        reference, kind, version = stated(header)
        lacking = missing(header)
        if lacking:
            readable = False
            notes.add("EDI-15", header.place, what_de=lacking[0], what_en=lacking[1])
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
            version=version,
            segments=segments,
            start=piece.start,
            end=piece.start + len(piece.raw),
            group=self._group.group if self._group else None,
            findings=(*self._unclear, *notes.findings()),
            readable=readable,
            charset=codec,
            number=self.message_count,
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
        check(notes, trailer, 1, "0074", expected=counted, correct=correct)
        if reference:
            check(notes, trailer, 2, "0062", expected=reference, correct=correct)

    def _package(self, piece: Piece) -> ObjectPackage | None:
        self._packages += 1
        object_start, object_end = (
            piece.inner if piece.complete else (len(piece.raw), len(piece.raw))
        )
        header = self._segment(piece.raw[:object_start], piece.start, keep=True)
        trailer = None
        if piece.complete:
            trailer = self._segment(piece.raw[object_end:], piece.start + object_end, keep=True)
            length = object_end - object_start
            if number(trailer.value(1)) != length:
                correct = f"UNP+{length}+{header.value(1)}'"
                mismatch(
                    self.notes,
                    trailer,
                    "0810",
                    actual=trailer.value(1),
                    expected=length,
                    correct=correct,
                )
        else:
            self.notes.add("EDI-18", header.place, reference=header.value(1))
        package = ObjectPackage(
            header.value(1),
            piece.start + object_start,
            piece.start + object_end,
            header=header,
            trailer=trailer,
        )
        if self._last is not None:
            return package
        self._leftovers.append((package.start, package.end))
        return None

    def _stray(self, piece: Piece) -> Message | None:
        """Bytes between messages, or an UNT that no UNH began: security segments are lawful there,
        anything else is what is left of a message."""
        if self._is_security(piece) or self._is_empty(piece):
            return None
        start, raw = piece.start, piece.raw
        if piece.tag == "UNT":
            self._segment(piece.raw, piece.start, keep=True)
            self._ended_fragments += 1
        else:
            self._leftovers.append((piece.start, piece.start + len(piece.raw)))
        if self._fragment is not None:
            begun, before = self._fragment
            start, raw = begun.start, before + raw
        else:
            self._fragments += 1
        swallowed = self._swallowed if self._fragments == 1 else None
        unb = self.header if swallowed else None
        found = fragment(raw, start, self.dialect, -self._fragments, unb=unb, unh=swallowed)
        self._fragment = None if piece.tag == "UNT" else (found, raw)
        return found

    def _is_security(self, piece: Piece) -> bool:
        """Take segments of ISO 9735-5 to -9 that stand between messages."""
        if (
            piece.raw.lstrip(self.dialect.rules.padding)[:3].decode("ascii", "replace")
            not in _SECURITY
        ):
            return False
        made = segments_of(piece.raw, piece.start, self.dialect, Notes(), envelope=True).segments
        if not all(s.tag in _SECURITY for s in made):
            return False
        self._envelope.extend(made)
        return True

    def _is_empty(self, piece: Piece) -> bool:
        """Take terminators that end nothing."""
        rules = self.dialect.rules
        if piece.raw.strip(rules.padding + rules.terminator):
            return False
        segments_of(piece.raw, piece.start, self.dialect, self.notes, envelope=True)
        return True

    def _group_segment(self, piece: Piece) -> None:
        """UNG or UNE."""
        segment = self._segment(piece.raw, piece.start, keep=True)
        if piece.tag == "UNG":
            if self._group is not None:
                self.notes.add(
                    "EDI-20", segment.place, kind="open", reference=self._group.group.reference
                )
            self._groups += 1
            self._group = _OpenGroup(
                Group(
                    segment.value(5), segment.value(1), segment.value(2), segment.value(3), segment
                )
            )
        elif self._group is None:
            self.notes.add(
                "EDI-20", segment.place, kind=str(segment.start), reference=segment.value(2)
            )
        else:
            reference, count = self._group.group.reference, self._group.messages
            correct = f"UNE+{count}+{reference}'"
            check(self.notes, segment, 1, "0060", expected=count, correct=correct)
            check(self.notes, segment, 2, "0048", expected=reference, correct=correct)
            self._group = None

    # end

    def close(self, piece: Piece) -> bool:
        """UNZ: check its count and reference; False when it is itself cut off."""
        segment = self._segment(piece.raw, piece.start, keep=True)
        reference = self.header.value(5)
        if self._group is not None:
            self.notes.add(
                "EDI-20", segment.place, kind="open", reference=self._group.group.reference
            )
            self._group = None
        # 0036 counts groups where there are groups, else messages, or messages and packages (ISO
        # 9735-8).
        units = self._groups or self.message_count
        counted = number(segment.value(1))
        others = (0, self._packages, self._ended_fragments)
        right = counted == units or (
            not self._groups and any(counted == self.message_count + n for n in others)
        )
        if not piece.complete:
            # Nothing can be missing where count and reference are there and right: only the
            # terminator is.
            if not (right and segment.value(2) == reference):
                return False
            self.notes.add("EDI-22", segment.place)
            return True
        correct = f"UNZ+{units}+{reference}'"
        if not right:
            mismatch(
                self.notes,
                segment,
                "0036",
                actual=segment.value(1),
                expected=units,
                correct=correct,
            )
        check(self.notes, segment, 2, "0020", expected=reference, correct=correct)
        return True

    def finish(self, end: int, *, whole: bool) -> Interchange:
        """The interchange without its messages."""
        if not whole:
            self.notes.add("EDI-02", self.header.place, reference=self.header.value(5))
        if self._swallowed is not None and not self._fragments:
            self.notes.add("EDI-33", self.header.place)
        return replace(self.interchange(), end=end, complete=whole and self._whole, closed=whole)

    @property
    def empty(self) -> bool:
        """Whether the interchange is broken and there is nothing in it that could be told of."""
        wrong = any(f.severity is Severity.ERROR for f in self.notes.findings())
        return wrong and not (self.message_count or self._fragments)

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
            number=self.place,
        )
