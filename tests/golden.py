"""The golden values of the fixtures: every intermediate value of the way from `in.edi` to the page,
kept as files.

`python -m tests.golden --check` compares what edigate makes today with what is kept, `--write`
keeps it. Per case: `segments.json` (every segment with its byte span) and `report.json` (`check
--json`); per INVOIC a folder `1`, `2` ... with `invoice.json` (every term with its origin),
`factur-x.xml`, `annex.json` (the account of data elements) and, where a package is made, `page.txt`
(the text of its pages, line by line). Versions and digests of the official artefacts read `*`: a
new release of the rules changes golden values only where it changes verdicts. factur-x.xml is kept
with a line break between tags.
"""

import argparse
import difflib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from edigate import __version__, pipeline
from edigate.checks.verdict import State
from edigate.edifact.syntax.segments import Interchange, Segment
from edigate.findings import Place
from edigate.invoice.model import Attachment, Identifier
from edigate.invoice.origin import Origin, OriginKind
from edigate.invoice.terms import Value, walk
from edigate.report import as_json
from edigate.source import Mapped
from tests.fixtures.cases import Case, case, examined, names
from tests.in_edifact import transmission_of
from tests.pdf.extract import Piece, pieces

_GIVEN = {"in.edi", "partners.csv", "expected.toml"}
_GAP = 1.5  # points between two pieces of one line that read as a blank


def golden(wanted: Case) -> dict[str, str]:
    """Every golden file of a case: path inside its folder -> content."""
    examination = examined(wanted)
    found = {
        "segments.json": _segments(examination),
        "report.json": _report(examination),
    }
    for number, document in enumerate(examination.documents, 1):
        if document.mapped is not None:
            found[f"{number}/invoice.json"] = _invoice(document.mapped)
            found[f"{number}/annex.json"] = _annex(document.mapped)
        if document.xml is not None:
            found[f"{number}/factur-x.xml"] = document.xml.decode().replace("><", ">\n<") + "\n"
        if document.state is State.VALID:
            found[f"{number}/page.txt"] = _page(document, examination)
    return found


def kept(wanted: Case) -> dict[str, str]:
    """What stands in the folder of a case, read the same way."""
    files = (
        path for path in wanted.folder.rglob("*") if path.is_file() and path.name not in _GIVEN
    )
    return {str(path.relative_to(wanted.folder)): path.read_text("utf-8") for path in sorted(files)}


def differences(name: str) -> str:
    """A unified diff of kept and present values of one case, "" when they are equal."""
    wanted = case(name)
    was, now = kept(wanted), golden(wanted)
    lines: list[str] = []
    for file in sorted(was.keys() | now.keys()):
        old, new = was.get(file, "").splitlines(), now.get(file, "").splitlines()
        lines += difflib.unified_diff(
            old, new, f"kept {name}/{file}", f"now {name}/{file}", lineterm="", n=1
        )
    return "\n".join(lines)


def write(name: str) -> None:
    """Keep the present values of one case and remove files that belong to none."""
    wanted = case(name)
    now = golden(wanted)
    for file in kept(wanted).keys() - now.keys():
        (wanted.folder / file).unlink()
    for file, content in now.items():
        path = wanted.folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8", newline="\n")


def _rows(head: Mapping[str, object], name: str, rows: Iterable[object]) -> str:
    """JSON with one row of the list `name` a line, so that a diff reads well."""
    start = json.dumps(head, ensure_ascii=False)[:-1] + (", " if head else "")
    body = ",\n ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{start}"{name}": [\n {body}\n]}}\n'


def _segments(examination: pipeline.Examination) -> str:
    transmission = transmission_of(examination)
    head = {
        "bytes": len(examination.data),
        "readable": transmission.readable,
        "leftovers": transmission.leftovers,
        "interchanges": [
            {
                "span": [i.start, i.end],
                "service": "".join(c or " " for c in i.service),
                "charset": i.charset,
                "messages": [
                    {"type": m.type, "span": [m.start, m.end], "charset": m.charset}
                    for m in i.messages
                ],
            }
            for i in transmission.interchanges
        ],
    }
    return _rows(
        head, "segments", (_segment(s) for i in transmission.interchanges for s in _all_segments(i))
    )


def _all_segments(interchange: Interchange) -> list[Segment]:
    inside = (s for m in interchange.messages for s in m.segments)
    return sorted((*interchange.envelope, *inside), key=lambda s: s.start)


def _segment(segment: Segment) -> list[object]:
    elements = [list(e) if len(e) > 1 else "".join(e) for e in segment.elements]
    row: list[object] = [segment.start, segment.end, segment.position, segment.tag, *elements]
    return [*row, {"repeats": segment.repeats}] if segment.repeats else row


def _report(examination: pipeline.Examination) -> str:
    verdict = pipeline.input_verdict(examination, "in.edi")
    document = as_json.envelope({}, [as_json.input_json(verdict)])
    return as_json.dump(document | {"edigate": "*", "artefacts": {"*": "*"}}).decode()


def _invoice(mapped: Mapped) -> str:
    rows = [
        _term(path, term, value, mapped.origins.get(path))
        for path, term, value in walk(mapped.invoice)
    ]
    return _rows({"kind": mapped.kind.value}, "terms", rows)


def _term(path: str, term: str, value: Value, origin: Origin | None) -> dict[str, object]:
    row: dict[str, object] = {"term": term, "path": path, "value": _value(value)}
    if origin is None:
        return row | {"origin": None}
    if origin.kind is not OriginKind.SEGMENT:
        row["origin"] = origin.kind.value
    if origin.places:
        row["segments"] = [_place(p) for p in origin.places]
    if origin.note:
        row["note"] = origin.note.en
    return row


def _value(value: Value) -> object:
    match value:
        case Decimal():
            return f"{value:f}"
        case Identifier():
            return [part for part in (value.value, value.scheme, value.version) if part is not None]
        case Attachment():
            return [value.mime_code, value.filename, len(value.content)]
        case _:
            return str(value)


def _place(place: Place) -> str:
    return f"{place.index} {place.tag}"


def _annex(mapped: Mapped) -> str:
    account = mapped.coverage
    head = {
        "mapped": account.mapped,
        "annexed": account.annexed,
        "envelope": account.envelope,
        "lost": [
            [_place(place), element, component, value]
            for place, element, component, value in account.lost
        ],
    }
    rows = (
        {"segment": _place(e.place), "line": e.line, "label": e.label_de, "value": e.value}
        for e in mapped.annex
    )
    return _rows(head, "annex", rows)


def _page(document: pipeline.JudgedMessage, examination: pipeline.Examination) -> str:
    presentation = pipeline.Presentation(
        document_id="0001-golden",
        created_at=datetime(2026, 10, 16, 8, 0, tzinfo=UTC),
        received_at=datetime(2026, 10, 16, 7, 59, tzinfo=UTC),
        received_from="edi@partner.example",
    )
    judged = document.report.artefacts
    versions = {name: "*" for name in judged if not name.startswith("sha256:")}
    neutral = replace(document, report=replace(document.report, artefacts=versions))
    pdf = pipeline.draw(
        neutral, pipeline.original_of(neutral, examination.data), examination.sha256, presentation
    ).pdf
    return "\n".join(page_lines(pdf)).replace(f"edigate {__version__}", "edigate *") + "\n"


def page_lines(pdf: bytes) -> Iterator[str]:
    """The text of a PDF's pages as it stands on paper: top to bottom, left to right, one line a
    row."""
    by_row: dict[tuple[int, int], list[Piece]] = {}
    for piece in pieces(pdf):
        by_row.setdefault((piece.page, -round(piece.y)), []).append(piece)
    shown = -1
    for (page, _), row in sorted(by_row.items()):
        if page != shown:
            shown = page
            yield f"--- {page + 1}"
        line, end = "", None
        for piece in sorted(row, key=lambda p: p.x):
            gap = 0.0 if end is None else piece.x - end
            line += ("   " if gap > 3 * _GAP else " " if gap > _GAP else "") + piece.text
            end = piece.x + piece.width
        yield line.strip()


def main() -> int:
    """0 when everything is as kept, 1 otherwise."""
    options = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    what = options.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="keep what edigate makes now")
    what.add_argument("--check", action="store_true", help="compare it with what is kept")
    options.add_argument("cases", nargs="*", help="names of cases; all when none is given")
    given = options.parse_args()
    status = 0
    for name in given.cases or names():
        if given.write:
            write(name)
        elif found := differences(name):
            print(found)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
