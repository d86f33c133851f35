"""`edigate explain`: a rule's law, meaning and example, or where a term of an invoice came from."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from edigate.checks.explain import Explanation, explain
from edigate.cli.master_data import master_data
from edigate.edifact import reader
from edigate.errors import Misconfigured, Rejected
from edigate.findings import printable
from edigate.invoice.origin import Origin, OriginKind
from edigate.invoice.terms import name, names, walk
from edigate.mapping.mapper import map_message
from edigate.mapping.partners import PartnerDirectory
from edigate.report.words import Words


def add_to(command: argparse.ArgumentParser, _name: str) -> None:
    """Options of `explain`."""
    command.add_argument("what", metavar="RULE|FILE")
    command.add_argument("--term", metavar="BT", help="a business term, e.g. BT-31")
    command.add_argument("--partners", metavar="CSV", type=Path, help="master data by GLN")
    command.add_argument("--lang", choices=("de", "en"), default="de", help="language of texts")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Explain."""
    console = Console(highlight=False)
    if options.term is None:
        told = explain(options.what, options.lang)
        if options.json:
            print(json.dumps(asdict(told), ensure_ascii=False, indent=1))
        else:
            _rule(console, told, options.lang)
        return 0
    found = list(_filled(options))
    if not found:
        raise Misconfigured("TERM", f"{options.term} is not filled in any invoice of {options.what}")
    if options.json:
        print(json.dumps([_as_json(f, options.lang) for f in found], ensure_ascii=False, indent=1))
        return 0
    for filled in found:
        headline = _headline(filled.term, filled.value, options.lang)
        console.print(Text(f"{filled.message}  {headline}", style="bold"))
        _show(console, filled.path, filled.origin, options.lang)
    return 0


@dataclass(frozen=True, slots=True)
class _Filled:
    """A term one invoice fills: in which message, where in the model, with what, and why."""

    message: str
    term: str
    path: str
    value: object
    origin: Origin | None


def _filled(options: argparse.Namespace) -> Iterator[_Filled]:
    wanted = options.term.upper()
    if wanted not in names() or wanted.startswith("BG-"):
        raise Misconfigured("TERM", f"{options.term} is no business term of EN 16931; write it like BT-31")
    try:
        data = sys.stdin.buffer.read() if options.what == "-" else Path(options.what).read_bytes()
    except OSError as error:
        raise Misconfigured("INPUT", f"{options.what}: {error.strerror}") from None
    partners = master_data(options.partners) if options.partners else PartnerDirectory()
    transmission = reader.read(data, only={"INVOIC"})
    if not transmission.readable:
        raise Rejected("UNREADABLE", f"{options.what} cannot be read as EDIFACT; see `edigate check`")
    for interchange, message in transmission.messages():
        if message.type == "INVOIC" and message.readable:
            mapped = map_message(interchange, message, partners)
            for path, term, value in walk(mapped.invoice):
                if term == wanted:
                    yield _Filled(message.reference, term, path, value, mapped.origins.get(path))


def _as_json(filled: _Filled, language: str) -> dict[str, object]:
    origin = filled.origin
    return {
        "message": filled.message,
        "term": filled.term,
        "name": name(filled.term, language),
        "path": filled.path,
        "value": str(filled.value),
        "origin": origin.kind.value if origin else None,
        "note": origin.note.in_language(language) if origin and origin.note else None,
        "segments": [{"index": p.index, "tag": p.tag, "text": p.text} for p in origin.places] if origin else [],
    }


def _rule(console: Console, told: Explanation, language: str) -> None:
    words = Words(language)
    console.print(Text(f"{told.rule}  {told.title}", style="bold"))
    weight = words.say(told.severity.value)
    if told.least is not told.severity:
        weight += f" ({words.say('least')}: {words.say(told.least.value)})"
    rows = (
        (words.say("law"), told.law),
        (words.say("weight"), f"{weight}, {words.say('class_' + told.category.value)}"),
        (words.say("terms"), ", ".join(f"{t} {name(t, language)}" for t in told.terms)),
        (words.say("meaning"), told.meaning),
        (words.say("expected"), told.example),
        (words.say("curable"), told.curable),
        (words.say("partner"), told.partner),
    )
    for label, value in rows:
        if value:
            console.print(Padding(Text(f"{label}: ", style="dim").append(value, style="none"), (0, 0, 0, 2)))


def _headline(term: str, value: object, language: str) -> str:
    shown = Words(language).date(value.isoformat()) if isinstance(value, date) else str(value)
    return f"{term} {name(term, language)} = {printable(shown)}"


def _show(console: Console, path: str, origin: Origin | None, language: str) -> None:
    console.print(Text(f"  {path}", style="dim"))
    if origin is None:
        return
    if origin.kind is not OriginKind.SEGMENT:
        note = f": {origin.note.in_language(language)}" if origin.note else ""
        console.print(Text(f"  {Words(language).say('origin_' + origin.kind.value)}{note}"))
    for place in origin.places:
        console.print(Text(f"  {place.index:>4}  {place.text}   ({place.start}–{place.end})"))
