"""EDIFACT as one of the input syntaxes (`edigate/source.py`): the reader of ISO 9735, the second
reader's opinion, and the mapping of INVOIC."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import BinaryIO

from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.invoic.recognition import INVOIC, WANTED, may_be_invoice
from edigate.edifact.invoic.record.notations import days, german_time
from edigate.edifact.invoic.record.positions import standing
from edigate.edifact.syntax import reader, second
from edigate.edifact.syntax.detect import looks_like_edifact
from edigate.edifact.syntax.extraction import single_message
from edigate.edifact.syntax.fragments import unreadable_type
from edigate.edifact.syntax.segments import Interchange, Message, Segment, Transmission
from edigate.edifact.syntax.stream import Closed, Finished, InterchangeOpened, stream
from edigate.findings import SYNTAX, Finding
from edigate.slices import Bytes
from edigate.source import Agreed, AnnexEntry, Mapped, Survey, Wanted

_TELLING = ("UNH", "BGM")


class Edifact:
    """UN/EDIFACT, of which INVOIC is what is converted."""

    name = SYNTAX

    def recognises(self, beginning: bytes) -> bool:
        """Whether it begins with UNA or UNB."""
        return looks_like_edifact(beginning)

    def read(self, data: bytes, charsets: Mapping[str, str]) -> Transmission:
        """Every message, those that may be INVOIC taken apart; of an unreadable input the second
        reader is asked too."""
        transmission = reader.read(data, only=WANTED, charsets=charsets)
        if transmission.readable:
            return transmission
        said = second.opinion_of_whole(data)
        return replace(transmission, findings=(*transmission.findings, said))

    def survey(self, source: BinaryIO, data: Bytes, charsets: Mapping[str, str]) -> Survey:
        """UNB to UNZ of every interchange, at more than 25 MB a second."""
        interchanges: list[Interchange] = []
        messages: list[int] = []
        for event in stream(source, only=frozenset(), charsets=charsets):
            if isinstance(event, InterchangeOpened):
                messages.append(0)
            elif isinstance(event, Message):
                messages[-1] += 1
            elif isinstance(event, Closed):
                interchanges.append(event.interchange)
            elif isinstance(event, Finished):
                said = () if event.readable else (second.opinion_of_whole(data),)
                found = (*event.findings, *said)
                return Survey(self, tuple(interchanges), tuple(messages), found, event.readable)
        raise AssertionError("the reader's stream always ends with Finished")

    def messages(
        self, source: BinaryIO, survey: Survey, charsets: Mapping[str, str], wanted: Wanted
    ) -> Iterator[tuple[Interchange, Message, bool]]:
        """Messages as the stream gives them; a fragment is asked for when it is complete."""
        known = {seen.number: (seen, count) for seen, count in _counted(survey)}
        asked: set[tuple[int, int]] = set()

        def is_wanted(interchange: int, message: int) -> bool:
            if not wanted(interchange, message):
                return False
            asked.add((interchange, message))
            return True

        number = 0
        for event in stream(source, only=WANTED, wanted=is_wanted, charsets=charsets):
            if isinstance(event, InterchangeOpened):
                number = event.interchange.number
            elif isinstance(event, Message):
                place = (number, event.number)
                is_asked = place in asked if event.number > 0 else is_wanted(*place)
                interchange, count = known[number]
                if count == 1:
                    interchange = reader.with_units(interchange, (event,))
                yield interchange, event, is_asked

    def remains(
        self, source: BinaryIO, survey: Survey, charsets: Mapping[str, str]
    ) -> Transmission:
        """Of each message UNH and BGM."""
        units: list[list[Message]] = []
        for event in stream(source, only=WANTED, charsets=charsets):
            if isinstance(event, InterchangeOpened):
                units.append([])
            elif isinstance(event, Message):
                telling = tuple(s for s in event.segments if s.tag in _TELLING)
                units[-1].append(replace(event, segments=telling))
        pairs = zip(_counted(survey), units, strict=True)
        interchanges = tuple(reader.with_units(seen, held) for (seen, _), held in pairs)
        return Transmission(interchanges, survey.findings, survey.readable)

    def may_be_invoice(self, interchange: Interchange, message: Message) -> bool:
        """Whether nothing says for certain that it is another message than INVOIC."""
        return may_be_invoice(interchange, message)

    def is_invoice(self, message: Message) -> bool:
        """Whether UNH says INVOIC."""
        return message.type == INVOIC

    def doubts(
        self, data: Bytes, interchange: Interchange, message: Message
    ) -> tuple[Finding, ...]:
        """A type nobody knows, and what the second reader makes of the message."""
        unknown = () if message.type == INVOIC else unreadable_type(message)
        if message.number < 1:
            return unknown
        return (*unknown, second.opinion(data, interchange, message))

    def mapped(
        self, data: Bytes, interchange: Interchange, message: Message, agreed: Agreed
    ) -> Mapped:
        """INVOIC as the mapping reads it."""
        return map_message(
            interchange,
            message,
            agreed.partners,
            agreed.deviations,
            data,
            language=agreed.language,
        )

    def placed(self, findings: tuple[Finding, ...], message: Message) -> tuple[Finding, ...]:
        """At the segment after which the missing one would stand."""
        return standing(findings, message.segments)

    def parties(self, message: Message) -> Iterator[str]:
        """The ids in NAD."""
        return (s.value(2) for s in message.segments if s.tag == "NAD")

    def lines(self, message: Message) -> tuple[str, ...]:
        """Its segments."""
        return tuple(segment.text for segment in message.segments)

    def heading(self, message: Message) -> tuple[str, str]:
        """What BGM says."""
        bgm = next((s for s in message.segments if s.tag == "BGM"), None)
        return (bgm.value(2), bgm.value(1)) if bgm else ("", "")

    def days(self, entry: AnnexEntry) -> tuple[date, date] | None:
        """The days of a DTM; a moment in UTC (energy invoices) is the legal day in Germany."""
        text, _, code = entry.value.rpartition(":")
        if entry.place.tag != "DTM" or not text:
            return None
        local = german_time(text)
        return (local.date(), local.date()) if local is not None else days(text, code)

    def content_hash(self, message: Message) -> str:
        """Over the segments between UNH and UNT without BGM 1225: a message sent again never has
        identical bytes (references, preparation time), but identical content."""
        digest = hashlib.sha256()
        for segment in message.segments[1:-1]:
            content = (segment.tag, _content(segment), segment.repeats)
            digest.update(repr(content).encode())
        return digest.hexdigest()

    def original(self, data: Bytes, interchange: Interchange, message: Message) -> bytes:
        """The exact bytes of the message in an envelope of its own, with counts of 1."""
        return single_message(data, interchange, message)


def _counted(survey: Survey) -> Iterator[tuple[Interchange, int]]:
    """The interchanges of a survey of EDIFACT, with how many messages each holds."""
    for seen, count in zip(survey.interchanges, survey.messages, strict=True):
        assert isinstance(seen, Interchange), "a survey goes back to the syntax that made it"
        yield seen, count


def _content(segment: Segment) -> tuple[tuple[str, ...], ...]:
    return segment.elements[:2] if segment.tag == "BGM" else segment.elements


EDIFACT = Edifact()
