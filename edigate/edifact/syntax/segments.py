"""What the reader makes of an interchange: frozen values with exact byte spans (ISO 9735-1 to
-4)."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from edigate.findings import Finding, Place, printable


class ServiceCharacters(NamedTuple):
    """UNA: one character each; `repetition` is empty below syntax 4."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    repetition: str = ""
    terminator: str = "'"


class Segment(NamedTuple):
    """One segment.

    elements[0] is the first data element after the tag; each is the tuple of its components,
    released and decoded, with empty ones kept as received. Where an element repeats (syntax 4)
    `elements` holds its first occurrence and `repeats` (position from 1, all occurrences). position
    counts from 1 at UNH (0 for UNB, UNG, UNE, UNZ). start, end: byte span [start, end) in the
    input, terminator included. text: the same bytes decoded, without line ends (those between
    segments and those a hard wrap put inside it) and without a terminator that is itself a control
    character.
    """

    tag: str
    elements: tuple[tuple[str, ...], ...]
    position: int
    start: int
    end: int
    text: str
    repeats: tuple[tuple[int, tuple[tuple[str, ...], ...]], ...] = ()

    def value(self, element: int, component: int = 1) -> str:
        """Component `component` of data element `element`, both from 1; "" when absent; blanks at
        the ends removed."""
        try:
            return self.elements[element - 1][component - 1].strip()
        except IndexError:
            return ""

    def components(self, element: int) -> tuple[str, ...]:
        """All components of data element `element` (from 1) as received; () when absent."""
        try:
            return self.elements[element - 1]
        except IndexError:
            return ()

    def occurrences(self, element: int) -> tuple[tuple[str, ...], ...]:
        """All occurrences of a data element that may repeat (syntax 4)."""
        for number, all_of_it in self.repeats:
            if number == element:
                return all_of_it
        found = self.components(element)
        return (found,) if found else ()

    @property
    def place(self) -> Place:
        """This segment as the place of a finding."""
        # Separators may be control characters, even CR or LF; a place is printed on one line.
        return Place(self.position, self.tag, printable(self.text), self.start, self.end)


@dataclass(frozen=True, slots=True)
class ObjectPackage:
    """UNO .. UNP after a message (ISO 9735-8): reference and the byte span of the object between
    the two segments."""

    reference: str
    start: int
    end: int
    header: Segment
    trailer: Segment | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """UNG .. UNE: functional group. Byte spans are those of the UNG segment."""

    reference: str
    type: str
    sender: str
    recipient: str
    header: Segment


@dataclass(frozen=True, slots=True)
class Message:
    """UNH .. UNT. version is `D:96A:UN:EAN008` (S009 without the type). readable is False when its
    segments cannot be trusted (a finding of severity error says why); such a message is never
    mapped. charset is the Python codec its bytes were decoded with.

    number is its place in the interchange, from 1. A stretch that no UNH begins (what is left of a
    message) has a place of its own, from -1 downwards, and no type; 0 stands for an interchange as
    a whole in which no message can be read."""

    reference: str
    type: str
    version: str
    segments: tuple[Segment, ...]
    start: int
    end: int
    group: Group | None = None
    packages: tuple[ObjectPackage, ...] = ()
    findings: tuple[Finding, ...] = ()
    readable: bool = True
    charset: str = "ascii"
    number: int = 1


@dataclass(frozen=True, slots=True)
class Interchange:
    """UNB .. UNZ. charset is the Python codec UNB declares, or utf-8 where one of its messages
    proved to be that.

    start includes a leading UNA. envelope: all segments outside messages in order, from UNB to UNZ.
    leftovers: byte spans between messages that are neither. complete is False when UNZ, or an UNT
    inside, is missing; closed tells of UNZ alone. fragments: what is left of messages whose UNH
    cannot be read. number: from 1; what looks like an interchange and has no UNB that can be read
    counts from -1 downwards. fold: what a mail server put into its text (see `folds`).
    """

    syntax: str
    syntax_version: str
    sender: str
    sender_qualifier: str
    recipient: str
    recipient_qualifier: str
    control_reference: str
    test: bool
    service: ServiceCharacters
    service_given: bool
    charset: str
    header: Segment
    messages: tuple[Message, ...]
    start: int
    end: int
    findings: tuple[Finding, ...] = ()
    envelope: tuple[Segment, ...] = ()
    leftovers: tuple[tuple[int, int], ...] = ()
    complete: bool = True
    fragments: tuple[Message, ...] = ()
    number: int = 1
    closed: bool = True
    fold: bytes = b""

    @property
    def place(self) -> Place:
        """UNB."""
        return self.header.place

    def with_findings(self, findings: tuple[Finding, ...]) -> "Interchange":
        """The same with these findings instead."""
        return replace(self, findings=findings)

    def units(self) -> tuple[Message, ...]:
        """Messages and fragments in the order they stand."""
        return tuple(sorted((*self.messages, *self.fragments), key=lambda unit: unit.start))


@dataclass(frozen=True, slots=True)
class Transmission:
    """Everything one input holds. readable is False (exit 3) when no complete interchange can be
    found or one is truncated: no UNB, no UNZ, or an UNT missing inside. Then no message of it may
    be used. leftovers: byte spans that belong to no interchange and are not padding."""

    interchanges: tuple[Interchange, ...]
    findings: tuple[Finding, ...] = field(default=())
    readable: bool = True
    leftovers: tuple[tuple[int, int], ...] = ()

    def messages(self) -> Iterator[tuple[Interchange, Message]]:
        """Every message with its interchange, in order."""
        for interchange in self.interchanges:
            for message in interchange.messages:
                yield interchange, message

    def units(self) -> Iterator[tuple[Interchange, Message]]:
        """The same with the fragments among them."""
        for interchange in self.interchanges:
            for unit in interchange.units():
                yield interchange, unit
