"""`edigate check` and `edigate convert`: inputs -> verdicts for people or as JSON, and packages."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from edigate import pipeline
from edigate.checks.context import Circumstances
from edigate.checks.report import State
from edigate.cli.inputs import Input, inputs
from edigate.errors import Misconfigured
from edigate.mail.compose import archive_filename
from edigate.mapping.partners import PartnerDirectory, read_csv
from edigate.pipeline import Conditions, Document, Engines, Examination, Presentation
from edigate.report import as_json, as_terminal
from edigate.report.as_html import html
from edigate.report.letter import Circumstance, Letter, held, unreadable
from edigate.report.verdicts import InputVerdict

_STATUS = {
    State.VALID: 0,
    State.TEST: 0,
    State.DUPLICATE: 0,
    State.INVALID: 1,
    State.NOT_AN_INVOICE: 1,
    State.NOT_CHECKED: 4,
}


@dataclass(slots=True)
class _Result:
    """One input after its check. letters are made only for --html."""

    verdict: InputVerdict
    status: int
    letters: tuple[Letter, ...] = ()


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `check` and `convert`."""
    check = commands.add_parser("check", help="say of every INVOIC whether it is valid, and what is wrong")
    convert = commands.add_parser("convert", help="check, and write one PDF/A-3 per valid INVOIC")
    for command in (check, convert):
        command.add_argument("files", nargs="+", metavar="FILE", help="EDIFACT, .eml, folder, edigate's own PDF, or -")
        command.add_argument("--json", action="store_true", help="print JSON")
        command.add_argument("--html", metavar="FILE", type=Path, help="also write the report as one HTML page")
        command.add_argument("--partners", metavar="CSV", type=Path, help="master data by GLN")
        command.add_argument("--today", metavar="YYYY-MM-DD", type=_day, help="the clock for date rules")
        command.add_argument("--lang", choices=("de", "en"), default="de", help="language of texts and pages")
        command.add_argument("--engine", choices=("fast", "official"), default="fast", help="Schematron engine")
        command.set_defaults(run=run, output=None, xml=False)
    convert.add_argument("-o", "--output", metavar="DIR", type=Path, required=True, help="where packages are written")
    convert.add_argument("--xml", action="store_true", help="also write the factur-x.xml of every INVOIC, valid or not")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-20") from None


def run(options: argparse.Namespace) -> int:
    """Check everything and return the highest status."""
    conditions = _conditions(options)
    engines = Engines.start(options.engine)
    if options.output is not None:
        _make_folder(options.output)
    results = list(_all(options, engines, conditions))
    if options.json:
        document = as_json.envelope(engines.artefacts.in_report(), [as_json.input_json(r.verdict) for r in results])
        sys.stdout.buffer.write(as_json.dump(document))
    else:
        console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
        for result in results:
            as_terminal.show(console, result.verdict, options.lang)
    if options.html is not None:
        letters = [letter for result in results for letter in result.letters]
        options.html.write_text(html(letters, "edigate"), "utf-8")
    return max((r.status for r in results), default=0)


def _conditions(options: argparse.Namespace) -> Conditions:
    directory = PartnerDirectory()
    if options.partners is not None:
        try:
            directory = read_csv(options.partners.read_text("utf-8-sig"))
        except OSError as error:
            raise Misconfigured("PARTNERS", f"{options.partners}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise Misconfigured("PARTNERS", f"{options.partners}: not UTF-8; save the file as UTF-8") from None
    today = options.today or datetime.now(UTC).astimezone().date()
    return Conditions(Circumstances(today=today), directory, {}, {})


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured("OUTPUT", f"{folder}: {error.strerror}") from None


def _all(options: argparse.Namespace, engines: Engines, conditions: Conditions) -> Iterator[_Result]:
    found = inputs(options.files)
    if not sys.stderr.isatty() or options.json:
        for given in found:
            yield _one(given, options, engines, conditions)
        return
    given_all = list(found)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Prüfen" if options.lang == "de" else "Checking", total=len(given_all))
        for given in given_all:
            yield _one(given, options, engines, conditions)
            progress.advance(task)


def _one(given: Input, options: argparse.Namespace, engines: Engines, conditions: Conditions) -> _Result:
    artefacts = engines.artefacts.in_report()
    if given.problem is not None:
        verdict = InputVerdict(given.name, False, (), (given.problem,))
        return _Result(verdict, 3, _unread(verdict, artefacts, options))
    examination = pipeline.examine(given.content, engines, conditions)
    if not examination.transmission.readable:
        verdict = pipeline.input_verdict(examination, given.name)
        return _Result(verdict, 3, _unread(verdict, artefacts, options))
    documents, pdfs, xmls = [], {}, {}
    for number, document in enumerate(examination.documents):
        written = _write(document, examination, options) if options.output else (document, None, None)
        documents.append(written[0])
        if written[1]:
            pdfs[number] = str(written[1])
        if written[2]:
            xmls[number] = str(written[2])
    examination = Examination(examination.data, examination.transmission, tuple(documents))
    verdict = pipeline.input_verdict(examination, given.name, pdfs, xmls)
    status = max((_STATUS[d.state] for d in documents), default=0)
    return _Result(verdict, status, tuple(_letters(examination, given.name, options)))


def _write(
    document: Document, examination: Examination, options: argparse.Namespace
) -> tuple[Document, Path | None, Path | None]:
    who = pipeline.identity(document)
    issued = date.fromisoformat(who.issue_date) if who.issue_date else None
    name = archive_filename(issued, who.number, who.seller_id or document.interchange.sender)
    stem = _free(options.output, name.removesuffix(".pdf"))
    pdf = xml = None
    if document.state is State.VALID:
        presentation = Presentation(
            document_id=pipeline.sha256(examination.data)[:16] + f"-{document.message.reference}",
            created_at=_moment(issued),
            language=options.lang,
        )
        package = pipeline.draw(document, examination.data, presentation)
        document = package.document
        if document.state is State.VALID:
            pdf = options.output / f"{stem}.pdf"
            pdf.write_bytes(package.pdf)
    if options.xml and document.xml is not None:
        xml = options.output / f"{stem}.xml"
        xml.write_bytes(document.xml)
    return document, pdf, xml


def _moment(issued: date | None) -> datetime:
    """The date inside the file: midnight of the invoice's day, so that converting again gives the same bytes."""
    return datetime(issued.year, issued.month, issued.day, tzinfo=UTC) if issued else datetime(2000, 1, 1, tzinfo=UTC)


def _free(folder: Path, stem: str) -> str:
    """`stem`, or with a number behind it when a package of this run or an earlier one has that name."""
    candidate, number = stem, 1
    while (folder / f"{candidate}.pdf").exists() or (folder / f"{candidate}.xml").exists():
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def _unread(verdict: InputVerdict, artefacts: Any, options: argparse.Namespace) -> tuple[Letter, ...]:
    if options.html is None:
        return ()
    return (unreadable(verdict.errors, Circumstance(file=verdict.file), artefacts, options.lang),)


def _letters(examination: Examination, name: str, options: argparse.Namespace) -> Iterator[Letter]:
    if options.html is None:
        return
    for document in examination.documents:
        original = pipeline.original_of(document, examination.data)
        circumstance = Circumstance(
            control_reference=document.interchange.control_reference,
            sender=document.interchange.sender,
            recipient=document.interchange.recipient,
            file=name,
        )
        yield held(pipeline.verdict_of(document, original, examination.data), circumstance, options.lang)
