"""Bytes -> messages -> Invoice -> factur-x.xml -> verdict.

Pure: no files, no network, no clock; the same bytes, conditions and engines give the same outcome.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import localcontext
from typing import BinaryIO

from edigate.checks import rules
from edigate.checks.causes import merged
from edigate.checks.report import Report, State
from edigate.checks.schematron import NotChecked
from edigate.edifact import reader
from edigate.edifact.envelope import Bytes
from edigate.edifact.segments import Interchange, Message, Transmission
from edigate.edifact.stream import Closed, Event, Finished, Opened, stream
from edigate.findings import Finding, Severity, finding
from edigate.invoice import cii
from edigate.invoice.terms import term_of
from edigate.mapping.deviations import Deviations
from edigate.mapping.mapper import map_message
from edigate.mapping.result import Kind, Mapped
from edigate.mapping.standing import standing
from edigate.pipeline.document import Conditions, Document, Engines, Examination, sha256


def examine(data: bytes, engines: Engines, conditions: Conditions) -> Examination:
    """Read everything in `data` and judge every INVOIC in it."""
    found = opened(data, conditions)
    documents = tuple(
        document_of(found, interchange, message, engines, conditions)
        for interchange, message in (found.transmission.messages() if found.transmission.readable else ())
        if message.type == "INVOIC"
    )
    return replace(found, documents=documents)


def opened(data: bytes, conditions: Conditions) -> Examination:
    """Read everything in `data` and judge nothing yet."""
    transmission = reader.read(data, conditions.limits, only={"INVOIC"}, charsets=conditions.charsets)
    return Examination(data, sha256(data), transmission, ())


def document_of(
    examination: Examination, interchange: Interchange, message: Message, engines: Engines, conditions: Conditions
) -> Document:
    """Judge one INVOIC of an input that was opened."""
    alone = sum(len(i.messages) for i in examination.transmission.interchanges) == 1
    return replace(judge(interchange, message, engines, conditions, examination.data), alone=alone)


def judged(
    source: BinaryIO, data: Bytes, engines: Engines, conditions: Conditions
) -> Iterator[Opened | Document | Message | Closed | Finished]:
    """The same for an input of any size, in constant memory: what the reader's stream gives, with every INVOIC judged.

    data: the same input by slices. What comes before `Finished` is provisional: nothing of a truncated input may be
    used.
    """
    for event in _placed(stream(source, conditions.limits, only={"INVOIC"}, charsets=conditions.charsets)):
        if not isinstance(event, _Placed):
            yield event
        elif event.message.type == "INVOIC":
            yield replace(judge(event.interchange, event.message, engines, conditions, data), alone=event.alone)
        else:
            yield event.message


@dataclass(frozen=True, slots=True)
class _Placed:
    """A message with its interchange, which holds it where it is the only one. alone: in the whole input."""

    interchange: Interchange
    message: Message
    alone: bool = False


def _placed(events: Iterable[Event]) -> Iterator[_Placed | Opened | Closed | Finished]:
    """The events of a stream; the first message of an interchange waits until what follows tells whether it is the
    only one, because the original of such a message is the interchange exactly as received."""
    interchange: Interchange | None = None
    first: Message | None = None
    end: Closed | None = None  # of the first interchange, while its only message waits
    messages = in_interchange = 0
    for event in events:
        if first is not None and interchange is not None:
            if isinstance(event, Closed):
                interchange = replace(event.interchange, messages=(first,))
                if messages == 1:
                    end = event
                    continue
            yield _Placed(interchange, first, alone=isinstance(event, Finished))
            first = None
            if end is not None:
                yield end
                end = None
        if isinstance(event, Message):
            assert interchange is not None, "a message stands in an interchange"
            messages, in_interchange = messages + 1, in_interchange + 1
            if in_interchange == 1:
                first = event
            else:
                yield _Placed(interchange, event)
            continue
        if isinstance(event, Opened):
            interchange, in_interchange = event.interchange, 0
        yield event


def judge(
    interchange: Interchange, message: Message, engines: Engines, conditions: Conditions, data: Bytes
) -> Document:
    """Judge one INVOIC: mapping, XML schema, official Schematron, German law, in this order.

    data: the input the message was read from (packages of objects stand outside the message).
    """
    versions = engines.artefacts.in_report()
    findings = message.findings
    if not message.readable:
        report = Report(_state(interchange, None, findings), merged(findings), versions)
        return Document(interchange, message, None, None, report)
    mapped = map_message(interchange, message, conditions.partners, _deviations(interchange, message, conditions), data)
    findings += mapped.findings
    written = cii.write(mapped.invoice)
    findings += tuple(
        finding("CHK-02", place=mapped.origins.place(path), term=term_of(path)) for path in written.altered
    )
    if mapped.kind is Kind.INVOICE:
        try:
            findings += _validated(written, mapped, engines)
        except NotChecked as reason:
            findings += (finding("CHK-01", reason=reason.message),)
            found = standing(merged(findings), message.segments)
            return Document(interchange, message, mapped, written.xml, Report(State.NOT_CHECKED, found, versions))
        # Numbers of 40 digits are read, so their products need 80: the rules must not be stopped by rounding.
        with localcontext(prec=100):
            findings += rules.check(
                mapped.invoice, mapped.origins, mapped.facts, conditions.circumstances, mapped.coverage.lost
            )
    found = standing(merged(findings), message.segments)
    report = Report(_state(interchange, mapped, findings), found, versions)
    return Document(interchange, message, mapped, written.xml, report)


def _validated(written: cii.CiiDocument, mapped: Mapped, engines: Engines) -> tuple[Finding, ...]:
    """XSD and Schematron; the Schematron is skipped only where the XSD already holds the invoice for content the
    engine cannot compute with.

    Raises: NotChecked.
    """
    schema = engines.xsd.check(written.xml, written.paths, mapped.origins)
    try:
        return (*schema, *engines.schematron.check(written.xml, written.paths, mapped.origins).findings)
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
    if mapped is not None and mapped.kind is not Kind.INVOICE:
        return State.NOT_AN_INVOICE
    if mapped is None or any(f.severity is Severity.ERROR for f in findings):
        return State.INVALID
    return State.VALID


def why_unreadable(transmission: Transmission) -> tuple[Finding, ...]:
    """Everything that reading an unusable input found, wherever it stands."""
    found = [*transmission.findings]
    for interchange in transmission.interchanges:
        found += interchange.findings
        found += (f for message in interchange.messages for f in message.findings)
    return merged(found)
