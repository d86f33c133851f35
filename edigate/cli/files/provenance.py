"""`edigate explain FILE --term BT-31`: where a term of each invoice came from; where it is not
stated, what would be.

A term that no invoice states is an answer, not an error: status 1, so that scripts can tell. A
group (BG-4) stands for every term in it.
"""

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.text import Text

from edigate import pipeline
from edigate.cli.files import conditions
from edigate.cli.files.inputs import inputs
from edigate.errors import Misconfigured, Rejected
from edigate.findings import Finding, Source, catalogue, printable
from edigate.invoice import codes
from edigate.invoice.model import Attachment, Identifier
from edigate.invoice.origin import Origin, OriginKind
from edigate.invoice.terms import name, names, term_of, walk
from edigate.report.sentences import Sentences
from edigate.source import Mapped

# The lists codes of these terms stand in.
_LISTS = {
    "document": ("BT-3",),
    "currency": ("BT-5", "BT-6"),
    "country": ("BT-40", "BT-55", "BT-69", "BT-80", "BT-159"),
    "payment": ("BT-81",),
    "vat": ("BT-95", "BT-102", "BT-118", "BT-151"),
    "allowance": ("BT-98", "BT-140"),
    "charge": ("BT-105", "BT-145"),
    "vatex": ("BT-121",),
    "unit": ("BT-130", "BT-150"),
}
_LIST_OF = {term: found for found, terms in _LISTS.items() for term in terms}
_LINE = re.compile(r"lines\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class _Filled:
    """A term an invoice states: where in the model, at which line, with what, and why."""

    term: str
    path: str
    line: str | None
    value: object
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one INVOIC says on the term; findings: what the mapping found wrong with it. readable:
    it could be read."""

    file: str
    message: str
    number: str
    filled: tuple[_Filled, ...] = ()
    findings: tuple[Finding, ...] = ()
    readable: bool = True


def run(options: argparse.Namespace) -> int:
    """Answer for every INVOIC of the file. Raises: Misconfigured, Rejected."""
    wanted = _wanted(options.term)
    answers = list(_answers(options, wanted))
    if not answers:
        raise Rejected("UNREADABLE", f"{options.what} holds no INVOIC")
    if options.json:
        rows = [_as_json(a, f, options.lang) for a in answers for f in a.filled]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for answer in answers:
            _show(Console(highlight=False), answer, wanted, options.lang)
    return 0 if any(a.filled for a in answers) else 1


def _wanted(given: str) -> str:
    """`bt31` and `BT-031` mean BT-31."""
    match = re.fullmatch(r"(B[TG])-?0*(\d{1,3})", given.strip().upper())
    wanted = f"{match[1]}-{match[2]}" if match else given
    if wanted not in names():
        raise Misconfigured(
            "TERM",
            f"{given} is no business term of EN 16931; write it like BT-31 (or BG-4 for a group)",
        )
    return wanted


def _answers(options: argparse.Namespace, wanted: str) -> Iterator[_Answer]:
    given_conditions = conditions.conditions(options)
    for given in inputs([Path(options.what)]):
        if given.nothing:
            continue
        if given.problem is not None:
            raise Rejected("UNREADABLE", f"{given.name}: {given.problem.message.en}")
        data = given.path.read_bytes() if given.path is not None else given.content
        found = pipeline.opened(data, given_conditions)
        if not found.transmission.readable:
            raise Rejected(
                "UNREADABLE", f"{given.name} cannot be read as EDIFACT; see `edigate check`"
            )
        for interchange, message in pipeline.invoices(found):
            if not message.readable:
                yield _Answer(given.name, message.reference, "", readable=False)
                continue
            mapped = pipeline.mapped_of(
                pipeline.Found(found.syntax, interchange, message, data), given_conditions
            )
            found_wrong = tuple(f for f in mapped.findings if f.term == wanted)
            filled = tuple(_filled(mapped, wanted))
            yield _Answer(
                given.name, message.reference, mapped.invoice.number or "", filled, found_wrong
            )


def _filled(mapped: Mapped, wanted: str) -> Iterator[_Filled]:
    lines = mapped.invoice.lines
    for path, term, value in walk(mapped.invoice):
        steps = path.split(".")
        groups = (
            {term_of(".".join(steps[:n])) for n in range(1, len(steps))}
            if wanted.startswith("BG-")
            else set()
        )
        if wanted in (term, *groups):
            at = _LINE.match(path)
            line = lines[int(at[1])].identifier if at else None
            yield _Filled(term, path, line, value, mapped.origins.get(path))


def _value(filled: _Filled, language: str) -> str:
    """The value as people read it: dates and numbers as written in the language, codes with their
    meaning."""
    value = filled.value
    if isinstance(value, date):
        return Sentences(language).date(value.isoformat())
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Identifier):
        scheme = (
            f" ({codes.name('icd', value.scheme, language) or value.scheme})"
            if value.scheme
            else ""
        )
        return printable(value.value) + scheme
    if isinstance(value, Attachment):
        return printable(value.filename or "")
    text = str(value)
    meaning = codes.name(_LIST_OF[filled.term], text, language) if filled.term in _LIST_OF else None
    return printable(text) + (f" ({meaning})" if meaning else "")


def _plain(value: object) -> str:
    """The value alone, for scripts."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Identifier):
        return value.value
    return value.filename or "" if isinstance(value, Attachment) else str(value)


def _as_json(answer: _Answer, filled: _Filled, language: str) -> dict[str, object]:
    origin = filled.origin
    return {
        "message": answer.message,
        "invoice": answer.number,
        "line": filled.line,
        "term": filled.term,
        "name": name(filled.term, language),
        "path": filled.path,
        "value": _plain(filled.value),
        "origin": origin.kind.value if origin else None,
        "note": origin.note.in_language(language) if origin and origin.note else None,
        "segments": [{"index": p.index, "tag": p.tag, "text": p.text} for p in origin.places]
        if origin
        else [],
    }


def _show(console: Console, answer: _Answer, wanted: str, language: str) -> None:
    words = Sentences(language)
    who = words.say("term_message", message=answer.message) + (
        f", {printable(answer.number)}" if answer.number else ""
    )
    label = f"{wanted} {name(wanted, language)}"

    def say(text: str, style: str = "") -> None:
        console.print(
            Text(text, style=style), soft_wrap=True
        )  # segments are to be copied as they are

    if not answer.readable:
        say(f"{who}: {words.say('term_unreadable')}", "bold")
        return
    if not answer.filled:
        say(f"{who}: {label}: {words.say('term_absent')}", "bold")
        example = _example(wanted, language)
        if example and not answer.findings:
            say(f"  {words.say('term_expected', example=example)}")
    for filled in answer.filled:
        at = f"{words.say('term_line', line=filled.line)}: " if filled.line else ""
        say(
            f"{who}: {at}{filled.term} {name(filled.term, language)} = {_value(filled, language)}",
            "bold",
        )
        for line in _origin(filled.origin, words, language):
            say(line)
    for found in answer.findings:
        said = words.say(
            "term_finding", rule=found.rule, message=found.message.in_language(language)
        )
        say(f"  {said}", "yellow")


def _origin(origin: Origin | None, words: Sentences, language: str) -> Iterator[str]:
    if origin is None:
        return
    if origin.kind is not OriginKind.SEGMENT:
        note = f": {origin.note.in_language(language)}" if origin.note else ""
        yield f"  {words.say('origin_' + origin.kind.value)}{note}"
    for place in origin.places:
        yield f"  {place.index:>4}  {place.text}   ({place.start}–{place.end})"


def _example(term: str, language: str) -> str | None:
    """The segment a rule about the term expects, where the rule knows one without the message."""
    offered = [
        (rule.source is Source.SCHEMATRON, f"{rule.expected.in_language(language)} ({rule.id})")
        for rule in catalogue().values()
        if rule.terms and rule.terms[0] == term and rule.expected is not None
    ]
    plain = [example for example in offered if "{" not in example[1]]
    return min(plain, key=lambda example: example[0])[1] if plain else None
