"""What is left of a message or an interchange whose beginning cannot be read -> a Message that
nobody will convert.

It is read only so that people recognise it: its values are never used. Must not know what the
segments mean.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from edigate.edifact.syntax.charset import declared
from edigate.edifact.syntax.grammar import grammar
from edigate.edifact.syntax.limits import Limits
from edigate.edifact.syntax.notes import Notes, excerpt, outside
from edigate.edifact.syntax.segmenting import Dialect, segments_of
from edigate.edifact.syntax.segments import Interchange, Message, Segment, ServiceCharacters
from edigate.findings import Finding, finding

_TYPE = re.compile(r"[A-Z]{6}")
_KEPT = 1 << 20
"""Bytes outside interchanges that are held to look into them."""
_OVERLAP = 32
# What an invoice or its envelope begins with, where a segment can begin; a separator follows.
_SIGN = re.compile(
    rb"['~\r\n\x1c\x1d][ "
    rb"\t\r\n]{0,16}(?:U[NI][BGHTZ]|BGM|NAD|LIN|MOA|DTM|RFF|UNS)(?=[^A-Za-z0-9\s_.,)(/-])"
    rb"|(?i:[+:*;|]INVOIC)(?=[+:*;|])"
)
_ENOUGH = 2
_SHOWN = 35


def stated(header: Segment | None) -> tuple[str, str, str]:
    """Reference, type and version that UNH states, also where one of them stands in another's
    place.

    ISO 9735-1: UNH+0062+S009, S009 = 0065:0052:0054:0051:0057. A type is known by its six capitals.
    """
    if header is None:
        return "", "", ""
    if header.value(2):
        _, *rest = header.components(2)
        return header.value(1), _joined(header.value(2)), _version(rest)
    for number, components in enumerate(header.elements, 1):
        for at, component in enumerate(components):
            if _TYPE.fullmatch(_joined(component)) and (at or len(components) > 1 or number > 1):
                before = components[0].strip() if at else ""
                reference = before or (header.value(1) if number > 1 else "")
                return reference, _joined(component), _version(components[at + 1 :])
    return header.value(1), "", ""


def _joined(kind: str) -> str:
    """A type also where a line end cuts it: UNH alone does not tell a hard wrap from a line end in
    a text, but no type has one."""
    return "".join(kind.split())


def _version(components: tuple[str, ...] | list[str]) -> str:
    return ":".join(c.strip() for c in components).rstrip(":")


def missing(header: Segment) -> tuple[str, str] | None:
    """What UNH lacks, in German and English; None when reference and type are in their places."""
    reference, kind, _ = stated(header)
    if header.value(1) and header.value(2):
        return None
    if kind and not header.value(2):
        if not reference:
            return (
                (
                    "fehlt die Nachrichtenreferenz (0062); an ihrer Stelle steht der "
                    "Nachrichtentyp "
                    "(0065)"
                ),
                "lacks the message reference (0062); the message type (0065) stands in its place",
            )
        return (
            "steht der Nachrichtentyp (0065) an falscher Stelle",
            "has the message type (0065) in the wrong place",
        )
    if header.value(2):
        return "fehlt die Nachrichtenreferenz (0062)", "lacks the message reference (0062)"
    if header.value(1):
        return "fehlt der Nachrichtentyp (0065)", "lacks the message type (0065)"
    return (
        "fehlen Nachrichtenreferenz (0062) und Nachrichtentyp (0065)",
        "lacks message reference (0062) and message type (0065)",
    )


def fragment(
    raw: bytes,
    start: int,
    dialect: Dialect,
    number: int,
    *,
    unb: Segment | None = None,
    unh: Segment | None = None,
) -> Message:
    """Bytes in an interchange that no UNH begins.

    unb, unh: where UNB had no terminator and swallowed the UNH of this message: the two.
    """
    bare = raw.lstrip(dialect.rules.padding)
    raw, start = bare, start + len(raw) - len(bare)
    made = segments_of(raw, start, dialect, Notes())
    notes = Notes()
    tags = {s.tag for s in made.segments}
    first = made.segments[0] if made.segments else None
    place = first.place if first else outside(raw, start)
    said: dict[str, Any] = {"offset": start, "bytes": excerpt(raw)}
    if unb is not None:
        notes.add("EDI-33", unb.place)
    elif tags == {"UNT"}:
        notes.add("EDI-21", place)
    elif "UNT" in tags or "BGM" in tags or (first and first.tag[:2].upper() == "UN"):
        notes.add("EDI-31", place, **said)
    else:
        notes.add("EDI-06", outside(raw, start), **said)
    reference, kind, version = stated(unh)
    return Message(
        reference=reference,
        type=kind,
        version=version,
        segments=made.segments,
        start=start,
        end=start + len(raw),
        findings=notes.findings(),
        readable=False,
        charset=made.codec,
        number=number,
    )


def unreadable_type(message: Message) -> tuple[Finding, ...]:
    """EDI-32, for a message whose UNH is whole and states a type that nobody knows."""
    if message.number < 1 or not message.type or not message.segments:
        return ()
    return (finding("EDI-32", place=message.segments[0].place, type=message.type[:_SHOWN]),)


def without_messages(interchange: Interchange) -> Message:
    """A broken interchange in which no message can be read, as the one thing it is."""
    notes = Notes()
    notes.add("EDI-35", interchange.header.place, reference=interchange.control_reference)
    return Message(
        "",
        "",
        "",
        (),
        interchange.start,
        interchange.end,
        findings=notes.findings(),
        readable=False,
        number=0,
    )


@dataclass(slots=True)
class Outside:
    """A run of bytes that belong to no interchange; it comes in pieces as the input did, and must
    not show that."""

    start: int
    end: int = 0
    signs: int = 0
    _pieces: list[bytes] = field(default_factory=list)
    _held: int = 0
    _tail: bytes = b"\n"

    def add(self, raw: bytes) -> None:
        """The next piece."""
        text = self._tail + raw
        self.signs += sum(m.end() >= len(self._tail) for m in _SIGN.finditer(text))
        self._tail = text[-_OVERLAP:]
        if self._held < _KEPT:
            self._pieces.append(raw[: _KEPT - self._held])
            self._held += len(self._pieces[-1])
        self.end = (self.end or self.start) + len(raw)

    def text(self) -> bytes:
        """Its beginning, as far as it is held."""
        return b"".join(self._pieces)


def wreck(run: Outside, number: int, limits: Limits) -> tuple[Interchange, Message] | None:
    """What looks like an interchange or a message although no UNB that can be read begins it; None
    for other text."""
    raw = run.text()
    if run.signs < _ENOUGH:
        return None
    service = ServiceCharacters()
    made = segments_of(raw, run.start, Dialect(grammar(service), declared(""), limits), Notes())
    notes = Notes()
    place = outside(raw, run.start)
    notes.add("EDI-34", place, offset=run.start, bytes=excerpt(raw))
    header = Segment("", (), 0, run.start, run.end, place.text)
    message = Message(
        "", "", "", made.segments, run.start, run.end, findings=notes.findings(), readable=False,
        charset=made.codec, number=0,
    )  # fmt: skip
    interchange = Interchange(
        syntax="", syntax_version="", sender="", sender_qualifier="", recipient="",
        recipient_qualifier="",
        control_reference="", test=False, service=service, service_given=False, charset=made.codec,
        header=header,
        messages=(), start=run.start, end=run.end, number=number,
    )  # fmt: skip
    return interchange, message
