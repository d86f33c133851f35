"""`edigate check` and `edigate convert`: inputs -> verdicts for people or as JSON, and packages."""

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from edigate import pipeline
from edigate.checks.verdict import State
from edigate.cli.files import conditions, large
from edigate.cli.files.inputs import LARGE, Input, files_of, inputs
from edigate.cli.options import add_conditions
from edigate.errors import Misconfigured
from edigate.mail.compose import archive_filename
from edigate.mail.parts import NOT_CHECKED_RULE, Part
from edigate.pipeline import Conditions, Engines, Examination, JudgedMessage, Presentation
from edigate.report import as_html, as_json, as_terminal
from edigate.report.letter import Circumstance, Letter, held, unopened, unreadable
from edigate.report.presentation import InputVerdict, OtherMessage, PartSeen, Verdict, WrittenFiles
from edigate.service.conversion.collecting import keep_loaded

_STATUS = {
    State.VALID: 0,
    State.TEST: 0,
    State.DUPLICATE: 0,
    State.INVALID: 1,
    State.NOT_AN_INVOICE: 1,
    State.NOT_CHECKED: 4,
}
_UNREADABLE = 3


def _status_of(document: JudgedMessage) -> int:
    """The exit status of one document; a test with errors is told like any other."""
    if document.state is State.TEST and document.report.errors:
        return 1
    return _STATUS[document.state]


@dataclass(slots=True)
class _Result:
    """One input after its check."""

    verdict: InputVerdict
    status: int


@dataclass(frozen=True, slots=True)
class _Run:
    """What holds for every input of one call."""

    options: argparse.Namespace
    engines: Engines
    conditions: Conditions
    spool: large.Spool


def add_to(command: argparse.ArgumentParser, name: str) -> None:
    """Options of `check` and `convert`."""
    command.add_argument(
        "files", nargs="+", metavar="FILE", help="EDIFACT, .eml, archive, folder, PDF, or -"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--html", metavar="FILE", type=Path, help="also write the report as one HTML page"
    )
    add_conditions(command)
    command.add_argument(
        "--today", metavar="YYYY-MM-DD", type=_day, help="the clock for date rules"
    )
    command.add_argument(
        "--lang", choices=("de", "en"), default="de", help="language of texts and pages"
    )
    command.add_argument(
        "--engine", choices=("fast", "official"), default="fast", help="Schematron engine"
    )
    command.set_defaults(run=run, output=None, xml=False, coverage=False, provenance=False)
    if name == "check":
        command.add_argument(
            "--coverage",
            action="store_true",
            help="also account for every data element of the message",
        )
        command.add_argument(
            "--provenance", action="store_true", help="with --json: where every term came from"
        )
    else:
        command.add_argument(
            "-o",
            "--output",
            metavar="DIR",
            type=Path,
            required=True,
            help="where packages are written",
        )
        command.add_argument(
            "--xml",
            action="store_true",
            help="also write the factur-x.xml of every INVOIC, valid or not",
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-11-20") from None


def run(options: argparse.Namespace) -> int:
    """Check everything and return the highest status."""
    given = conditions.conditions(options, options.today)
    engines = Engines.start(options.engine)
    if options.output is not None:
        with _output(options.output):
            options.output.mkdir(parents=True, exist_ok=True)
    keep_loaded()
    call = _Run(options, engines, given, large.Spool())
    results = list(_all(call))
    if options.json:
        document = as_json.envelope(
            engines.artefacts.in_report(), [as_json.input_json(r.verdict) for r in results]
        )
        as_json.write(document, sys.stdout.buffer)
    else:
        console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
        for result in results:
            as_terminal.show(console, result.verdict, options.lang)
    if options.html is not None:
        letters = (letter for result in results for letter in _letters(result.verdict, call))
        with _output(options.html), options.html.open("w", encoding="utf-8") as page:
            page.writelines(as_html.pieces(letters, "edigate", options.lang))
    return max((r.status for r in results), default=0)


@contextmanager
def _output(path: Path) -> Iterator[None]:
    """What cannot be written where the caller wants it is the caller's turn. Raises:
    Misconfigured."""
    try:
        yield
    except OSError as error:
        raise Misconfigured("OUTPUT", f"{path}: {error.strerror}") from None


def _all(run: _Run) -> Iterator[_Result]:
    """Every input's verdict, with its messages in the spool: folders have no end of them."""
    files, found = files_of(run.options.files)
    sizes = [f.stat().st_size for f in files if f.is_file()]
    with _progress(
        run, sum(sizes), shown=len(sizes) > 1 or max(sizes, default=0) > LARGE
    ) as progress:
        for given in inputs(files, found):
            progress(given.before)
            if given.path is not None:
                result = _large(given, given.path, run, progress)
            else:
                result = _one(given, run)
                result.verdict = run.spool.kept(result.verdict)
            yield _Result(
                replace(result.verdict, parts=tuple(map(_seen, given.parts))), result.status
            )


def _seen(part: Part) -> PartSeen:
    return PartSeen(part.path, part.name, part.content_type, part.fate.value, part.said)


def _one(given: Input, run: _Run) -> _Result:
    if given.nothing:
        return _Result(InputVerdict(given.name, True, ()), 0)
    if given.problem is not None:
        return _Result(InputVerdict(given.name, False, (), (given.problem,)), _UNREADABLE)
    examination = _examined(given, run)
    if not examination.transmission.readable:
        verdict = pipeline.input_verdict(examination, given.name)
        return _Result(verdict, _UNREADABLE if verdict.concerns else 0)
    documents, written = [], {}
    for number, document in enumerate(examination.documents):
        original = pipeline.original_of(document, examination.data)
        document = document.with_findings(given.notes) if given.notes else document  # noqa: PLW2901
        document, written[number] = _write(document, original, examination.sha256, run)  # noqa: PLW2901
        documents.append(document)
    examination = replace(examination, documents=tuple(documents))
    wanted = {"coverage": run.options.coverage, "provenance": run.options.provenance}
    verdict = pipeline.input_verdict(examination, given.name, written, **wanted)
    return _Result(verdict, max(map(_status_of, documents), default=0))


def _examined(given: Input, run: _Run) -> Examination:
    """The input, read and judged; edigate's own package with what it carries."""
    if given.package is None:
        return pipeline.examine(given.content, run.engines, run.conditions)
    own = import_module(
        "edigate.cli.files.own_package"
    )  # signatures take a while to load, and few inputs are packages
    carried = own.carried_by(given.package)
    if carried is None:
        return pipeline.examine(given.content, run.engines, run.conditions)
    conditions = own.conditions_of(carried, run.conditions, today=run.options.today)
    found = pipeline.examine(given.content, run.engines, conditions)
    return replace(found, documents=tuple(own.as_of_then(d, carried) for d in found.documents))


def _large(given: Input, path: Path, run: _Run, progress: Callable[[int], None]) -> _Result:
    """A file too large for memory; its packages are written as it is read."""
    status = 0
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()

    def keep(document: JudgedMessage, octets: large.Octets) -> Verdict:
        nonlocal status
        original = pipeline.original_of(document, octets)
        document, written = _write(document, original, digest, run)
        status = max(status, _status_of(document))
        options = run.options
        verdict = pipeline.verdict_of(document, original, digest)
        verdict = pipeline.detailed(
            document, verdict, coverage=options.coverage, provenance=options.provenance
        )
        return replace(verdict, pdf=written.pdf, xml=written.xml)

    verdict = large.check(
        path,
        given.name,
        run.spool,
        keep,
        lambda done: progress(given.before + done),
        engines=run.engines,
        conditions=run.conditions,
    )
    return _Result(verdict, status if verdict.readable or not verdict.concerns else _UNREADABLE)


@contextmanager
def _progress(run: _Run, total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar in a terminal, silence elsewhere. total: bytes."""
    if not (shown and sys.stderr.isatty()):
        yield lambda _done: None
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Prüfen" if run.options.lang == "de" else "Checking", total=total)
        yield lambda done: progress.update(task, completed=done)


def _write(
    document: JudgedMessage, original: bytes, digest: str, run: _Run
) -> tuple[JudgedMessage, WrittenFiles]:
    """The document's package and XML, as far as they are wanted."""
    options = run.options
    if options.output is None:
        return document, WrittenFiles()
    who = pipeline.identity(document)
    issued = date.fromisoformat(who.issue_date) if who.issue_date else None
    name = archive_filename(issued, who.number, who.seller_id or document.interchange.sender)
    stem = _free(options.output, name.removesuffix(".pdf"))
    pdf = xml = None
    if document.state is State.VALID:
        presentation = Presentation(
            document_id=f"{digest[:16]}-{document.message.start}",
            created_at=_moment(issued),
            language=options.lang,
        )
        package = pipeline.draw(document, original, digest, presentation)
        document = package.document
        if document.state is State.VALID:
            pdf = options.output / f"{stem}.pdf"
            with _output(pdf):
                pdf.write_bytes(package.pdf)
    if options.xml and document.xml is not None:
        xml = options.output / f"{stem}.xml"
        with _output(xml):
            xml.write_bytes(document.xml)
    return document, WrittenFiles(str(pdf) if pdf else None, str(xml) if xml else None)


def _moment(issued: date | None) -> datetime:
    """The date inside the file: midnight of the invoice's day, so that converting again gives the
    same bytes."""
    return (
        datetime(issued.year, issued.month, issued.day, tzinfo=UTC)
        if issued
        else datetime(2000, 1, 1, tzinfo=UTC)
    )


def _free(folder: Path, stem: str) -> str:
    """`stem`, or with a number behind it when a package of this run or an earlier one has that
    name."""
    candidate, number = stem, 1
    while (folder / f"{candidate}.pdf").exists() or (folder / f"{candidate}.xml").exists():
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def _letters(verdict: InputVerdict, run: _Run) -> Iterator[Letter]:
    """The report on each INVOIC of an input, or on the input where nothing of it can be used."""
    language = run.options.lang
    if not verdict.readable:
        others = (
            m for i in verdict.interchanges for m in i.messages if isinstance(m, OtherMessage)
        )
        inside = (f for i in verdict.interchanges for f in i.findings)
        findings = (*verdict.errors, *inside, *(f for m in others for f in m.findings))
        letter = unopened if findings[0].rule == NOT_CHECKED_RULE else unreadable
        yield letter(
            findings, Circumstance(file=verdict.file), run.engines.artefacts.in_report(), language
        )
        return
    for interchange in verdict.interchanges:
        circumstance = Circumstance(
            control_reference=interchange.control_reference,
            sender=interchange.sender,
            recipient=interchange.recipient,
            file=verdict.file,
        )
        yield from (
            held(m, circumstance, language) for m in interchange.messages if isinstance(m, Verdict)
        )
