"""The mapping and the German rules: findings only, an account that closes, an XML that reads back,
spans that fit."""

import random
import re
import string
from collections.abc import Collection, Iterable
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from zlib import crc32

from lxml import etree

from edigate.checks.causes import merged
from edigate.checks.law import rules
from edigate.checks.law.basis import Circumstances
from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.segments import Interchange, Message
from edigate.findings import Finding, Place, Source, Texts, catalogue
from edigate.invoice import cii
from edigate.invoice.model import Invoice
from edigate.invoice.terms import walk
from edigate.masterdata import Partner, PartnerDirectory, is_gln
from edigate.source import Deviations, Mapped, MessageKind
from tests.fuzz.mutation import Grammar, bytes_changed
from tests.fuzz.seeds import interchanges
from tests.mapping.provenance import misread

BUDGET = 2.0
"""Seconds of processor time per 10 kB."""
LIMIT = 20_000
TODAY = date(2026, 10, 16)
_TOKENS = [
    b"'",
    b"+",
    b":",
    b"?",
    b"??",
    b"\r\n",
    b"\x00",
    b"\xe4",
    b"-",
    b"0",
    b"9",
    b",",
    b".",
    b"1e9",
    b"UNS+S'",
]
_DEVIATIONS = (
    Deviations(),
    Deviations(decimal_mark=","),
    Deviations(seller=("II", "SE"), buyer=("IV",), quantity=("46", "12"), near_reason_codes=True),
    Deviations(decimal_mark=".", units=(("PCE", "H87"),), texts=(("ZZZ", "001", "Text"),),
               delivery_note_date_is_supply_date=True),
)  # fmt: skip


def seeds() -> list[bytes]:
    """Fixtures and samples."""
    return list(interchanges())


@cache
def _grammar() -> Grammar:
    return Grammar(interchanges())


def words() -> list[bytes]:
    """Tags with their qualifiers, and separators."""
    return [*_TOKENS, *_grammar().words()]


def mutated(data: bytes, random_: random.Random) -> bytes:
    """Mostly changes of grammar, sometimes of bytes."""
    if random_.random() < 0.15:
        return bytes_changed(data, random_, _TOKENS, LIMIT)
    return _grammar().changed(data, random_)[:LIMIT]


def check(data: bytes) -> Collection[str]:
    """The promises for every INVOIC that can be read."""
    seen: set[str] = set()
    transmission = read(data, only={"INVOIC"})
    for interchange, message in transmission.messages():
        if message.type == "INVOIC" and message.readable:
            seen |= _judged(interchange, message, data)
    return seen


def _judged(interchange: Interchange, message: Message, data: bytes) -> set[str]:
    choice = crc32(data)
    known = partners(message) if choice & 4 else PartnerDirectory()
    deviations = _DEVIATIONS[choice & 3]
    mapped = map_message(interchange, message, known, deviations, data)
    assert mapped.coverage.lost == (), mapped.coverage.lost
    whole_numbers(mapped.invoice)
    written = cii.write(mapped.invoice)
    reads_back(mapped, written)
    assert misread(mapped, message, deviations.decimal_mark) == []
    findings = mapped.findings
    if mapped.kind is MessageKind.INVOICE:
        role = ("recipient", "issuer", None)[choice % 3]
        circumstances = Circumstances(today=TODAY, role=role)  # type: ignore[arg-type]
        findings += rules.check(
            mapped.invoice, mapped.origins, mapped.facts, circumstances, mapped.coverage.lost
        )
    whole = merged(findings)
    sound(whole, message, data)
    for origin in mapped.origins.values():
        for place in origin.places:
            _stands_in(place, message)
        _readable(origin.note, data)
    return (
        {f"{f.rule} {f.term}" for f in whole}
        | {term for _, term, _ in walk(mapped.invoice)}
        | {mapped.kind.value}
    )


_WRITTEN_OUT = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_POWER = re.compile(r"(?<![\w.,])\d+(\.\d+)?E[+-]?\d+(?!\w)")
_INDEX = re.compile(r"(?<=identifiers)\[\d+\]")


def partners(message: Message) -> PartnerDirectory:
    """Invented master data for every GLN of a message."""
    glns = {s.value(2) for s in message.segments if s.tag == "NAD" and is_gln(s.value(2))}
    return PartnerDirectory(
        {g: Partner(g, f"Partner {g}", "Weg 1", "12345", "Ort", "DE") for g in glns}
    )


def whole_numbers(value: object) -> None:
    """Numbers of an invoice are finite, and none is written with thousands of digits."""
    if isinstance(value, Decimal):
        assert value.is_finite(), value
        assert abs(value.adjusted()) < 100, value
    elif isinstance(value, tuple):
        for entry in value:
            whole_numbers(entry)
    elif is_dataclass(value):
        for each in fields(value):
            whole_numbers(getattr(value, each.name))


def reads_back(mapped: Mapped, written: cii.CiiDocument) -> None:
    """The XML is well-formed, every element has its path, and the same invoice comes back."""
    root = etree.fromstring(written.xml)
    assert sum(1 for _ in root.iter()) == sum("/@" not in xpath for xpath in written.paths)
    for element in root.iter("{*}*"):
        if element.tag.endswith(("Amount", "Percent", "Quantity")):
            assert _WRITTEN_OUT.fullmatch(element.text or ""), (element.tag, element.text)
    again = cii.read(written.xml)
    if not written.altered:
        assert _spoken(again) == _spoken(mapped.invoice), _difference(mapped.invoice, again)


def _spoken(invoice: Invoice) -> list[tuple[str, str, object]]:
    """What the invoice says. The XML holds identifiers without a scheme before those with one (XSD:
    ID, GlobalID)."""
    said = [(_INDEX.sub("", path), term, value) for path, term, value in walk(invoice)]
    return sorted(
        said, key=lambda entry: (entry[0], str(getattr(entry[2], "value", "")), repr(entry[2]))
    )


def _difference(first: Invoice, second: Invoice) -> str:
    one, two = _spoken(first), _spoken(second)
    return (
        f"written {[e for e in one if e not in two][:5]}, read "
        f"{[e for e in two if e not in one][:5]}"
    )


def sound(findings: Iterable[Finding], message: Message, data: bytes) -> None:
    """Places are segments of the message (or the envelope), texts have all their fields, nothing
    stands twice."""
    for found in findings:
        assert found.count >= 1
        if found.place is not None and found.place.index > 0:
            _stands_in(found.place, message)
        rule = catalogue().get(found.rule)  # official rules may have their own words only
        if rule is not None and found.source not in (Source.SCHEMATRON, Source.XSD):
            given = {name for name, _ in found.values}
            for texts in (rule.message, rule.expected, rule.partner):
                missing = _fields(texts.de + texts.en) - given if texts else frozenset[str]()
                assert not missing, (found.rule, missing)
        for texts in (found.message, found.expected, found.partner):
            assert texts is None or (texts.de.isprintable() and texts.en.isprintable()), found.rule
            _readable(texts, data)


def _readable(texts: Texts | None, data: bytes) -> None:
    """Nobody writes numbers as powers of ten, but for what stands in the message itself."""
    powers = _POWER.finditer(f"{texts.de} {texts.en}") if texts else ()
    assert all(power[0].encode() in data for power in powers), texts


def _stands_in(place: Place, message: Message) -> None:
    if place.index > 0:
        segment = message.segments[place.index - 1]
        assert (segment.start, segment.end, segment.tag) == (place.start, place.end, place.tag)


@cache
def _fields(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)
