"""Bytes -> messages -> Invoice -> factur-x.xml -> verdict.

Pure: no files, no network, no clock; the same bytes, conditions and engines give the same outcome.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from edigate.checks.causes import merged
from edigate.checks.law import rules
from edigate.checks.official.schematron import NotChecked
from edigate.checks.verdict import Report, State
from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.invoic.record.deviations import Deviations
from edigate.edifact.invoic.record.positions import standing
from edigate.edifact.invoic.record.result import Mapped, MessageKind
from edigate.edifact.syntax import reader, second
from edigate.edifact.syntax.extraction import Bytes
from edigate.edifact.syntax.fragments import unreadable_type
from edigate.edifact.syntax.reader import with_units
from edigate.edifact.syntax.segments import Interchange, Message, Transmission
from edigate.edifact.syntax.stream import Closed, Finished, InterchangeOpened, stream
from edigate.findings import Finding, Severity, finding
from edigate.invoice import cii
from edigate.invoice.terms import term_of
from edigate.pipeline.document import Conditions, Engines, Examination, JudgedMessage, sha256
from edigate.pipeline.recognition import INVOIC, WANTED, may_be_invoice

_TELLING = ("UNH", "BGM")


def examine(data: bytes, engines: Engines, conditions: Conditions) -> Examination:
    """Read everything in `data` and judge every INVOIC in it."""
    found = opened(data, conditions)
    documents = tuple(
        document_of(found, interchange, message, engines, conditions)
        for interchange, message in (
            found.transmission.units() if found.transmission.readable else ()
        )
        if may_be_invoice(interchange, message)
    )
    return replace(found, documents=documents)


def opened(data: bytes, conditions: Conditions) -> Examination:
    """Read everything in `data` and judge nothing yet."""
    transmission = reader.read(data, conditions.limits, only=WANTED, charsets=conditions.charsets)
    if not transmission.readable:
        said = second.opinion_of_whole(data)
        transmission = replace(transmission, findings=(*transmission.findings, said))
    return Examination(data, sha256(data), transmission, ())


def document_of(
    examination: Examination,
    interchange: Interchange,
    message: Message,
    engines: Engines,
    conditions: Conditions,
) -> JudgedMessage:
    """Judge one INVOIC of an input that was opened."""
    alone = sum(len(i.units()) for i in examination.transmission.interchanges) == 1
    return replace(judge(interchange, message, engines, conditions, examination.data), alone=alone)


@dataclass(frozen=True, slots=True)
class Survey:
    """The envelopes of an input of any size, known before any message is judged.

    interchanges: in order, without their messages. messages: how many each of them holds, with what
    is left of some. findings and readable as in `Transmission`.
    """

    interchanges: tuple[Interchange, ...]
    messages: tuple[int, ...]
    findings: tuple[Finding, ...]
    readable: bool


def surveyed(source: BinaryIO, data: Bytes, conditions: Conditions) -> Survey:
    """Read the envelopes of an input, in constant memory and at more than 25 MB a second.

    data: the same input by slices.
    """
    interchanges: list[Interchange] = []
    messages: list[int] = []
    for event in stream(source, conditions.limits, only=frozenset(), charsets=conditions.charsets):
        if isinstance(event, InterchangeOpened):
            messages.append(0)
        elif isinstance(event, Message):
            messages[-1] += 1
        elif isinstance(event, Closed):
            interchanges.append(event.interchange)
        elif isinstance(event, Finished):
            findings = event.findings
            if not event.readable:
                findings += (second.opinion_of_whole(data),)
            return Survey(tuple(interchanges), tuple(messages), findings, event.readable)
    raise AssertionError("the reader's stream always ends with Finished")


def judged(
    source: BinaryIO,
    data: Bytes,
    survey: Survey,
    engines: Engines,
    conditions: Conditions,
    *,
    wanted: Callable[[int, int], bool] = lambda _interchange, _message: True,
) -> Iterator[tuple[int, int, JudgedMessage | Message]]:
    """Read an input of any size again and judge every INVOIC in it, in constant memory: each
    message, and what is left of one, with the numbers of its interchange and its own. Nothing of an
    unreadable input is judged.

    data: the same input by slices. wanted: asked with the two numbers when it is a message's turn;
    what is not wanted comes without its segments.
    """
    known = {interchange.number: (interchange, count) for interchange, count in _counted(survey)}
    number = 0
    alone = sum(survey.messages) == 1
    asked: set[tuple[int, int]] = set()

    def is_wanted(interchange: int, message: int) -> bool:
        if not wanted(interchange, message):
            return False
        asked.add((interchange, message))
        return True

    for event in stream(
        source, conditions.limits, only=WANTED, wanted=is_wanted, charsets=conditions.charsets
    ):
        if isinstance(event, InterchangeOpened):
            number = event.interchange.number
        elif isinstance(event, Message):
            place = (number, event.number)
            is_asked = place in asked if event.number > 0 else is_wanted(*place)
            interchange, count = known[number]
            if not (is_asked and survey.readable and may_be_invoice(interchange, event)):
                yield *place, event
                continue
            if count == 1:
                interchange = with_units(interchange, (event,))
            yield *place, replace(judge(interchange, event, engines, conditions, data), alone=alone)


def _counted(survey: Survey) -> Iterator[tuple[Interchange, int]]:
    return zip(survey.interchanges, survey.messages, strict=True)


def unjudged(source: BinaryIO, data: bytes, survey: Survey, conditions: Conditions) -> Examination:
    """An input that cannot be used, as people are told of it: its messages with what was found when
    they were read."""
    units: list[list[Message]] = []
    for event in stream(source, conditions.limits, only=WANTED, charsets=conditions.charsets):
        if isinstance(event, InterchangeOpened):
            units.append([])
        elif isinstance(event, Message):
            telling = tuple(s for s in event.segments if s.tag in _TELLING)
            units[-1].append(replace(event, segments=telling))
    interchanges = (
        with_units(seen, held) for seen, held in zip(survey.interchanges, units, strict=True)
    )
    transmission = Transmission(tuple(interchanges), survey.findings, survey.readable)
    return Examination(data, sha256(data), transmission, ())


def judge(
    interchange: Interchange,
    message: Message,
    engines: Engines,
    conditions: Conditions,
    data: Bytes,
) -> JudgedMessage:
    """Judge one INVOIC: mapping, XML schema, official Schematron, German law, in this order.

    data: the input the message was read from (packages of objects stand outside the message).
    """
    versions = engines.artefacts.in_report()
    findings = message.findings
    if not message.readable or message.type != INVOIC:
        findings += unreadable_type(message) if message.type != INVOIC else ()
        findings += (second.opinion(data, interchange, message),) if message.number > 0 else ()
        report = Report(_state(interchange, None, findings), merged(findings), versions)
        return JudgedMessage(interchange, message, None, None, report)
    mapped = mapped_of(interchange, message, conditions, data)
    findings += mapped.findings
    written = cii.write(mapped.invoice)
    findings += tuple(
        finding("CHK-02", place=mapped.origins.place(path), term=term_of(path))
        for path in written.altered
    )
    if mapped.kind is MessageKind.INVOICE:
        try:
            findings += _validated(written, mapped, engines)
        except NotChecked as reason:
            findings += (finding("CHK-01", reason=reason.message),)
            found = standing(merged(findings), message.segments)
            return JudgedMessage(
                interchange,
                message,
                mapped,
                written.xml,
                Report(State.NOT_CHECKED, found, versions),
            )
        findings += rules.check(
            mapped.invoice,
            mapped.origins,
            mapped.facts,
            conditions.circumstances,
            mapped.coverage.lost,
        )
    found = standing(merged(findings), message.segments)
    report = Report(_state(interchange, mapped, findings), found, versions)
    return JudgedMessage(interchange, message, mapped, written.xml, report)


def mapped_of(
    interchange: Interchange, message: Message, conditions: Conditions, data: Bytes
) -> Mapped:
    """One readable INVOIC as an invoice, with what is agreed with its sender; no verdict.

    data: the input the message was read from.
    """
    return map_message(
        interchange,
        message,
        conditions.partners,
        _deviations(interchange, message, conditions),
        data,
        language=conditions.language,
    )


def _validated(written: cii.CiiDocument, mapped: Mapped, engines: Engines) -> tuple[Finding, ...]:
    """XSD and Schematron; the Schematron is skipped only where the XSD already holds the invoice
    for content the engine cannot compute with.

    Raises: NotChecked.
    """
    schema = engines.xsd.check(written.xml, written.paths, mapped.origins)
    try:
        return (
            *schema,
            *engines.schematron.check(written.xml, written.paths, mapped.origins).findings,
        )
    except NotChecked:
        if any(f.severity is Severity.ERROR for f in schema):
            return schema
        raise


def _deviations(interchange: Interchange, message: Message, conditions: Conditions) -> Deviations:
    """Those of the UNB sender, else of the first party named in the message that has some."""
    known = conditions.deviations
    if interchange.sender in known or not known:
        return known.get(interchange.sender, Deviations())
    parties = (s.value(2) for s in message.segments if s.tag == "NAD")
    return next((known[gln] for gln in parties if gln in known), Deviations())


def _state(interchange: Interchange, mapped: Mapped | None, findings: tuple[Finding, ...]) -> State:
    if interchange.test:
        return State.TEST
    if mapped is not None and mapped.kind is not MessageKind.INVOICE:
        return State.NOT_AN_INVOICE
    if mapped is None or any(f.severity is Severity.ERROR for f in findings):
        return State.INVALID
    return State.VALID


def why_unreadable(transmission: Transmission) -> tuple[Finding, ...]:
    """Everything that reading an unusable input found, wherever it stands."""
    found = [*transmission.findings]
    for interchange in transmission.interchanges:
        found += interchange.findings
        found += (f for message in interchange.units() for f in message.findings)
    return merged(found)


def concerns_invoices(transmission: Transmission) -> bool:
    """Whether an input that cannot be used may hold an INVOIC. Only a whole transmission can rule
    that out, in which every message has a type that can be read: what is missing of a truncated one
    may be anything."""
    if not whole(transmission.interchanges, transmission.findings):
        return True
    return any(may_be_invoice(interchange, unit) for interchange, unit in transmission.units())


def whole(interchanges: tuple[Interchange, ...], findings: tuple[Finding, ...]) -> bool:
    """Whether every interchange of an input ends, and nothing was found wrong with the input
    itself."""
    wrong = any(f.severity is Severity.ERROR for f in findings)
    return bool(interchanges) and all(i.closed for i in interchanges) and not wrong
