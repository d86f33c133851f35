"""Bytes -> messages -> Invoice -> factur-x.xml -> verdict.

Pure: no files, no network, no clock; the same bytes, conditions and engines give the same outcome.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import localcontext
from typing import BinaryIO

from edigate.checks import rules
from edigate.checks.causes import merged
from edigate.checks.report import Report, State
from edigate.checks.schematron import NotChecked
from edigate.edifact import reader
from edigate.edifact.envelope import Bytes
from edigate.edifact.segments import Interchange, Message, Transmission
from edigate.edifact.stream import Closed, Finished, Opened, stream
from edigate.findings import Finding, Severity, finding
from edigate.invoice import cii
from edigate.invoice.terms import term_of
from edigate.mapping.deviations import Deviations
from edigate.mapping.mapper import map_message
from edigate.mapping.result import Kind, Mapped
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
    interchange: Interchange | None = None
    for event in stream(source, conditions.limits, only={"INVOIC"}, charsets=conditions.charsets):
        if isinstance(event, Opened):
            interchange = event.interchange
        if isinstance(event, Message) and event.type == "INVOIC" and interchange is not None:
            yield judge(interchange, event, engines, conditions, data)
        else:
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
            return Document(
                interchange, message, mapped, written.xml, Report(State.NOT_CHECKED, merged(findings), versions)
            )
        # Numbers of 40 digits are read, so their products need 80: the rules must not be stopped by rounding.
        with localcontext(prec=100):
            findings += rules.check(
                mapped.invoice, mapped.origins, mapped.facts, conditions.circumstances, mapped.coverage.lost
            )
    report = Report(_state(interchange, mapped, findings), merged(findings), versions)
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
