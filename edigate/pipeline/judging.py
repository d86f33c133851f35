"""Bytes -> messages -> Invoice -> factur-x.xml -> verdict.

Pure: no files, no network, no clock; the same bytes, conditions and engines give the same outcome.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, NamedTuple

from edigate.checks.causes import merged
from edigate.checks.law import rules
from edigate.checks.official.schematron import NotChecked
from edigate.checks.verdict import Report, State
from edigate.findings import Finding, Severity, finding
from edigate.invoice import cii
from edigate.invoice.terms import term_of
from edigate.pipeline.document import Conditions, Engines, Examination, JudgedMessage, sha256
from edigate.pipeline.syntaxes import ENOUGH, recognised
from edigate.slices import Bytes
from edigate.source import (
    Agreed,
    AnySyntax,
    Deviations,
    Mapped,
    MessageKind,
    SomeInterchange,
    SomeMessage,
    SomeTransmission,
    Survey,
    Wanted,
)


def examine(data: bytes, engines: Engines, conditions: Conditions) -> Examination:
    """Read everything in `data` and judge every invoice in it."""
    found = opened(data, conditions)
    documents = tuple(
        document_of(found, interchange, message, engines, conditions)
        for interchange, message in _units(found.transmission)
        if found.transmission.readable and found.syntax.may_be_invoice(interchange, message)
    )
    return replace(found, documents=documents)


def opened(data: bytes, conditions: Conditions) -> Examination:
    """Read everything in `data` and judge nothing yet."""
    syntax = recognised(data[:ENOUGH])
    return Examination(data, sha256(data), syntax, syntax.read(data, conditions.charsets), ())


def invoices(examination: Examination) -> Iterator[tuple[SomeInterchange, SomeMessage]]:
    """The messages of an input that say they are invoices, whole or not."""
    for interchange, message in _units(examination.transmission):
        if message.number > 0 and examination.syntax.is_invoice(message):
            yield interchange, message


def _units(transmission: SomeTransmission) -> Iterator[tuple[SomeInterchange, SomeMessage]]:
    for interchange in transmission.interchanges:
        for unit in interchange.units():
            yield interchange, unit


def document_of(
    examination: Examination,
    interchange: SomeInterchange,
    message: SomeMessage,
    engines: Engines,
    conditions: Conditions,
) -> JudgedMessage:
    """Judge one invoice of an input that was opened."""
    alone = sum(1 for _ in _units(examination.transmission)) == 1
    found = Found(examination.syntax, interchange, message, examination.data)
    return replace(judge(found, engines, conditions), alone=alone)


def surveyed(source: BinaryIO, data: Bytes, conditions: Conditions) -> Survey:
    """Read the envelopes of an input, in constant memory.

    data: the same input by slices.
    """
    syntax = recognised(data[:ENOUGH])
    source.seek(0)
    return syntax.survey(source, data, conditions.charsets)


def judged(
    source: BinaryIO,
    data: Bytes,
    survey: Survey,
    engines: Engines,
    conditions: Conditions,
    *,
    wanted: Wanted = lambda _interchange, _message: True,
) -> Iterator[tuple[int, int, JudgedMessage | SomeMessage]]:
    """Read an input of any size again and judge every invoice in it, in constant memory: each
    message, and what is left of one, with the numbers of its interchange and its own. Nothing of an
    unreadable input is judged.

    data: the same input by slices. wanted: what is not wanted comes without its content.
    """
    syntax, alone = survey.syntax, sum(survey.messages) == 1
    for interchange, message, is_wanted in syntax.messages(
        source, survey, conditions.charsets, wanted
    ):
        outcome: JudgedMessage | SomeMessage = message
        if is_wanted and survey.readable and syntax.may_be_invoice(interchange, message):
            found = Found(syntax, interchange, message, data)
            outcome = replace(judge(found, engines, conditions), alone=alone)
        yield interchange.number, message.number, outcome


def unjudged(source: BinaryIO, data: bytes, survey: Survey, conditions: Conditions) -> Examination:
    """An input that cannot be used, as people are told of it: its messages with what was found when
    they were read."""
    remains = survey.syntax.remains(source, survey, conditions.charsets)
    return Examination(data, sha256(data), survey.syntax, remains, ())


@dataclass(frozen=True, slots=True)
class Found:
    """A message in its syntax. data: the input it was read from, as parts of it may stand outside
    the message."""

    syntax: AnySyntax
    interchange: SomeInterchange
    message: SomeMessage
    data: Bytes

    def judged(
        self, report: Report, mapped: Mapped | None = None, xml: bytes | None = None
    ) -> JudgedMessage:
        """The message with its verdict."""
        return JudgedMessage(self.syntax, self.interchange, self.message, mapped, xml, report)


def judge(found: Found, engines: Engines, conditions: Conditions) -> JudgedMessage:
    """Judge one invoice: mapping, XML schema, official Schematron, law, in this order."""
    message, versions = found.message, engines.artefacts.in_report()
    if not message.readable or not found.syntax.is_invoice(message):
        doubts = found.syntax.doubts(found.data, found.interchange, message)
        findings = (*message.findings, *doubts)
        state = _state(found.interchange, None, findings)
        return found.judged(Report(state, merged(findings), versions))
    mapped = mapped_of(found, conditions)
    written = cii.write(mapped.invoice)
    findings = (*message.findings, *mapped.findings, *_altered(written, mapped))
    checked = _checked(written, mapped, engines, conditions)
    findings += checked.findings
    placed = found.syntax.placed(merged(findings), message)
    state = State.NOT_CHECKED if checked.stopped else _state(found.interchange, mapped, findings)
    return found.judged(Report(state, placed, versions), mapped, written.xml)


def mapped_of(found: Found, conditions: Conditions) -> Mapped:
    """One readable message as an invoice, with what is agreed with its sender; no verdict."""
    agreed = Agreed(conditions.partners, _deviations(found, conditions), conditions.language)
    return found.syntax.mapped(found.data, found.interchange, found.message, agreed)


def _altered(written: cii.CiiDocument, mapped: Mapped) -> Iterator[Finding]:
    """Terms that the XML does not say as they were read."""
    for path in written.altered:
        yield finding("CHK-02", place=mapped.origins.place(path), term=term_of(path))


class _Checked(NamedTuple):
    """What the rules found. stopped: the engine did not get through."""

    findings: tuple[Finding, ...]
    stopped: bool = False


def _checked(
    written: cii.CiiDocument, mapped: Mapped, engines: Engines, conditions: Conditions
) -> _Checked:
    """The official rules, then the law; only an invoice is held to either."""
    if mapped.kind is not MessageKind.INVOICE:
        return _Checked(())
    try:
        official = _validated(written, mapped, engines)
    except NotChecked as reason:
        return _Checked((finding("CHK-01", reason=reason.message),), stopped=True)
    law = rules.check(
        mapped.invoice,
        mapped.origins,
        mapped.facts,
        conditions.circumstances,
        mapped.coverage.lost,
    )
    return _Checked((*official, *law))


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


def _deviations(found: Found, conditions: Conditions) -> Deviations:
    """Those of the sender, else of the first party named in the message that has some."""
    known, sender = conditions.deviations, found.interchange.sender
    if sender in known or not known:
        return known.get(sender, Deviations())
    parties = found.syntax.parties(found.message)
    return next((known[gln] for gln in parties if gln in known), Deviations())


def _state(
    interchange: SomeInterchange, mapped: Mapped | None, findings: tuple[Finding, ...]
) -> State:
    if interchange.test:
        return State.TEST
    if mapped is not None and mapped.kind is not MessageKind.INVOICE:
        return State.NOT_AN_INVOICE
    if mapped is None or any(f.severity is Severity.ERROR for f in findings):
        return State.INVALID
    return State.VALID


def why_unreadable(transmission: SomeTransmission) -> tuple[Finding, ...]:
    """Everything that reading an unusable input found, wherever it stands."""
    found = [*transmission.findings]
    for interchange in transmission.interchanges:
        found += interchange.findings
        found += (f for message in interchange.units() for f in message.findings)
    return merged(found)


def concerns_invoices(examination: Examination) -> bool:
    """Whether an input that cannot be used may hold an invoice. Only a whole transmission can rule
    that out, in which every message has a type that can be read: what is missing of a truncated one
    may be anything."""
    transmission = examination.transmission
    if not whole(transmission.interchanges, transmission.findings):
        return True
    may_be_invoice = examination.syntax.may_be_invoice
    return any(may_be_invoice(interchange, unit) for interchange, unit in _units(transmission))


def whole(interchanges: tuple[SomeInterchange, ...], findings: tuple[Finding, ...]) -> bool:
    """Whether every interchange of an input ends, and nothing was found wrong with the input
    itself."""
    wrong = any(f.severity is Severity.ERROR for f in findings)
    return bool(interchanges) and all(i.closed for i in interchanges) and not wrong
