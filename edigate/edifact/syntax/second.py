"""The second reader: pydifact reads a message again, and the two results are held against each
other.

Slow (milliseconds a message), so it reads what the first reader calls broken, and everything in
tests and `selftest`. What it says of broken data is information for the person who looks into it;
it never overrules the first reader. Must not feed anything into a conversion: it knows no spans,
counts or charsets.
"""

import logging
import re
import warnings
from dataclasses import dataclass

from pydifact.exceptions import EDISyntaxError, ValidationError
from pydifact.segmentcollection import RawSegmentCollection
from pydifact.segments import Segment as Foreign

from edigate.edifact.syntax.folds import smooth
from edigate.edifact.syntax.grammar import grammar
from edigate.edifact.syntax.segments import Interchange, Message, Segment, ServiceCharacters
from edigate.findings import Finding, finding, printable
from edigate.slices import Bytes

# What pydifact is known to raise for text it cannot read.
_REFUSALS = (
    EDISyntaxError, ValidationError, ValueError, AssertionError, StopIteration, LookupError,
    TypeError, AttributeError,
)  # fmt: skip
_NOTHING = "–"
_LARGEST = 2**20
"""Bytes of broken data up to which the second reader is asked; it needs a second for each
megabyte."""
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """A segment that the two readers read differently; position as in `Segment`."""

    position: int
    ours: str
    theirs: str

    @property
    def finding(self) -> Finding:
        """The difference as a finding to the operator."""
        return finding(
            "EDI-23", position=self.position, ours=self.ours[:_SHOWN], theirs=self.theirs[:_SHOWN]
        )


@dataclass(frozen=True, slots=True)
class SecondReading:
    """What the second reader says. refused: why it could not read the message (then there are no
    differences)."""

    differences: tuple[Difference, ...]
    refused: str = ""


def opinion(data: Bytes, interchange: Interchange, message: Message) -> Finding:
    """What the second reader makes of a message the first one calls broken: EDI-27 or EDI-28, both
    information.

    data: the input that `interchange` was read from.
    """
    if message.end - message.start > _LARGEST:
        return _not_asked(message.end - message.start)
    try:
        smooth(data[message.start : message.end], interchange.fold).decode(message.charset)
    except UnicodeDecodeError as error:
        byte = f"0x{error.object[error.start]:02X}"
        return finding(
            "EDI-28",
            reason_de=f"das Byte {byte} ist im Zeichensatz {message.charset} kein Zeichen",
            reason_en=f"byte {byte} is no character in character set {message.charset}",
        )
    reading = compare(data, interchange, message)
    if reading.refused:
        return _refused(reading.refused)
    count, differences = len(message.segments), reading.differences
    if not differences:
        return finding(
            "EDI-27",
            what_de=f"er sieht dieselben {count} Segmente",
            what_en=f"it sees the same {count} segments",
        )
    first = differences[0]
    ours, theirs = printable(first.ours[:_SHOWN]), printable(first.theirs[:_SHOWN])
    return finding(
        "EDI-27",
        what_de=f"er sieht {len(differences)} von {count} Segmenten anders, zuerst Segment "
        f"{first.position}: "
        f"„{theirs}“ statt „{ours}“",
        what_en=f"it sees {len(differences)} of {count} segments differently, first segment "
        f"{first.position}: "
        f"“{theirs}” instead of “{ours}”",
    )


def opinion_of_whole(data: Bytes) -> Finding:
    """What the second reader makes of an input the first one calls unreadable: EDI-27 or EDI-28,
    both information.

    It finds its characters by itself and knows no charset; its bytes are taken as ISO 8859-1, which
    has one for each.
    """
    if len(data) > _LARGEST:
        return _not_asked(len(data))
    try:
        tags = [s.tag for s in _segments(data[:].decode("iso-8859-1").strip("\ufeff \r\n\t\0\x1a"))]
    except _REFUSALS as refusal:
        return _refused(_reason(refusal))
    seen = {tag: tags.count(tag) for tag in ("UNB", "UNH", "UNT", "UNZ")}
    shown = ", ".join(f"{count} × {tag}" for tag, count in seen.items())
    return finding(
        "EDI-27",
        what_de=f"er sieht {len(tags)} Segmente ({shown})",
        what_en=f"it sees {len(tags)} segments ({shown})",
    )


def _refused(reason: str) -> Finding:
    said = printable(reason[:_SHOWN])
    return finding("EDI-28", reason_de=f"„{said}“", reason_en=f"“{said}”")


def _reason(refusal: Exception) -> str:
    """What pydifact says, without what it always says."""
    return (
        str(refusal).removeprefix("EDIFACT Syntax Error: ").rstrip(". ") or type(refusal).__name__
    )


def _not_asked(size: int) -> Finding:
    return finding(
        "EDI-28",
        reason_de=f"{size} Bytes sind mehr, als er in vertretbarer Zeit liest",
        reason_en=f"{size} bytes are more than it reads in reasonable time",
    )


def _segments(text: str) -> list[Foreign]:
    """The segments pydifact makes of a text. Raises: what it raises (see `_REFUSALS`)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one per tag it does not know or finds empty
        return list(RawSegmentCollection.from_str(text).segments)


def compare(data: Bytes, interchange: Interchange, message: Message) -> SecondReading:
    """Let the second reader read `message` and compare every segment, element and component.

    data: the input that `interchange` was read from. Empty elements and components at an end do not
    count, and line ends are left out: pydifact drops the former and keeps a hard wrap in its
    values.
    """
    service = interchange.service
    raw = smooth(data[message.start : message.end], interchange.fold)
    try:
        text = raw.decode(message.charset)
    except UnicodeDecodeError as undecodable:
        return SecondReading((), str(undecodable))
    line_ends = grammar(service).line_ends.decode()
    # A line end inside a segment that is no wrap is read as one blank by ours.
    blanks = (
        " \t"
        if any(re.search(r"[\r\n]", part.strip()) for part in text.split(service.terminator))
        else ""
    )
    if len(line_ends) == 2:
        text = re.sub(r"[\r\n]+", "", text)
    # Led by a UNA, pydifact does not go looking for one in the middle of the text. NUL: no release
    # character at all.
    signs = (
        service.component,
        service.element,
        service.decimal,
        service.release.strip(" ") or "\0",
        " ",
    )
    text = "UNA" + "".join(signs) + service.terminator + text
    try:
        segments = _segments(text)[1:]
    except _REFUSALS as refusal:
        return SecondReading((), _reason(refusal))
    without = str.maketrans("", "", line_ends + blanks)
    theirs = [
        _comparable(s.tag, [e if isinstance(e, list) else [e] for e in s.elements], without)
        for s in segments
    ]
    ours = [_comparable(s.tag, _joined(s, service), without) for s in message.segments]
    return SecondReading(tuple(_differences(ours, theirs)))


_Comparable = tuple[str, list[list[str]]]


def _differences(ours: list[_Comparable], theirs: list[_Comparable]) -> list[Difference]:
    found = []
    for position in range(max(len(ours), len(theirs))):
        mine = ours[position] if position < len(ours) else None
        other = theirs[position] if position < len(theirs) else None
        if mine != other:
            found.append(Difference(position + 1, _shown(mine), _shown(other)))
    return found


def _joined(segment: Segment, service: ServiceCharacters) -> list[list[str]]:
    """The elements as pydifact sees them: repetitions (syntax 4) are still one text there."""
    elements: list[list[str]] = []
    for number, components in enumerate(segment.elements, 1):
        together = list(components)
        for occurrence in segment.occurrences(number)[1:] if segment.repeats else ():
            together[-1] += service.repetition + occurrence[0]
            together.extend(occurrence[1:])
        elements.append(together)
    return elements


def _comparable(tag: str, elements: list[list[str]], without: dict[int, int | None]) -> _Comparable:
    """Tag and elements without line ends, padding before the tag and empty ends."""
    return tag.translate(without).strip(" \0\x1a\t"), _trimmed(
        [[c.translate(without) for c in e] for e in elements]
    )


def _trimmed(elements: list[list[str]]) -> list[list[str]]:
    """Without empty components and elements at the ends."""
    kept = []
    for components in elements:
        shorter = list(components)
        while shorter and not shorter[-1]:
            shorter.pop()
        kept.append(shorter)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _shown(segment: _Comparable | None) -> str:
    if segment is None:
        return _NOTHING
    tag, elements = segment
    return "+".join((tag, *(":".join(components) for components in elements)))


logging.getLogger("pydifact").setLevel(logging.WARNING)
