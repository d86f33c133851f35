"""What others take for a page of the same content: measured here, in the same run, with what is
installed.

    python -m tests.bench.anchors [--quick]

None of them is a dependency: reportlab, typst and weasyprint are compared when they can be imported
(for instance from a virtual environment of their own with this checkout on PYTHONPATH), Mustang
when Maven Central can be reached. They do not do the same: edigate's page holds every term and
every segment, the others get a plain table of the lines.
"""

import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from edigate.pdf.content import Content
from edigate.pdf.package import glyph_findings, package
from tests.bench.table import table
from tests.conformance import mustang
from tests.conformance.maven import Unavailable, fetch, java
from tests.pdf import samples

_A4, _GREY = (595.28, 841.89), "#808080"
_HEADINGS = ("Pos.", "Artikel", "GTIN", "Menge", "Preis", "Betrag")


@dataclass(frozen=True, slots=True)
class Anchor:
    """One way to make a page. make: prepares what makes the file; needs: the module without which
    there is none."""

    name: str
    gives: str
    make: Callable[[Content], Callable[[], bytes]]
    needs: str = ""


def _rows(content: Content) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for line in content.invoice.lines:
        item, price = line.item, line.price
        assert item is not None
        assert price is not None
        gtin = item.standard_identifier.value if item.standard_identifier else ""
        numbers = (_number(line.quantity), _number(price.net_price), _number(line.net_amount))
        found.append((line.identifier or "", item.name or "", gtin, *numbers))
    return found


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.2f}".replace(".", ",")


def _facts(content: Content) -> list[str]:
    invoice = content.invoice
    return [
        f"Rechnung {invoice.number} vom {invoice.issue_date}",
        f"Verkäufer: {invoice.seller.name}, {invoice.seller.vat_identifier}",
        f"Käufer: {invoice.buyer.name}, {invoice.buyer.vat_identifier}",
        f"Netto {_number(invoice.totals.tax_exclusive)}, USt {_number(invoice.totals.tax_total)}, "
        f"brutto {_number(invoice.totals.tax_inclusive)} {invoice.currency_code}",
    ]


def _edigate(content: Content) -> Callable[[], bytes]:
    def make() -> bytes:
        assert not glyph_findings(content)
        return package(content)

    return make


def _platypus(content: Content) -> Callable[[], bytes]:
    platypus, styles = import_module("reportlab.platypus"), import_module("reportlab.lib.styles")

    normal = styles.getSampleStyleSheet()["Normal"]

    def make() -> bytes:
        out = io.BytesIO()
        cells = [
            [number, platypus.Paragraph(escape(name), normal), *rest]
            for number, name, *rest in _rows(content)
        ]
        lines = platypus.Table(
            [list(_HEADINGS), *cells], colWidths=(30, 230, 80, 50, 50, 60), repeatRows=1
        )
        lines.setStyle(
            [("LINEBELOW", (0, 0), (-1, -1), 0.25, _GREY), ("ALIGN", (3, 0), (-1, -1), "RIGHT")]
        )
        facts = [platypus.Paragraph(escape(fact), normal) for fact in _facts(content)]
        platypus.SimpleDocTemplate(out, pagesize=_A4).build([*facts, lines])
        return out.getvalue()

    return make


_TYPST = """#set document(title: "Rechnung", date: datetime(year: 2026, month: 10, day: 15))
#set text(lang: "de", size: 9pt)
#set page(paper: "a4", numbering: "1")
#pdf.attach("factur-x.xml", relationship: "alternative", mime-type: "text/xml",
  description: "Rechnung")
#let said = json(bytes(sys.inputs.said))
#for fact in said.facts [#fact \\ ]
#table(columns: (auto, 1fr, auto, auto, auto, auto), align: (left, left, left, right, right, right),
  table.header(..said.headings), ..said.rows.flatten())
"""


def _typst(content: Content) -> Callable[[], bytes]:
    typst = import_module("typst")
    folder = Path(tempfile.mkdtemp())
    (folder / "factur-x.xml").write_bytes(content.xml)
    (folder / "page.typ").write_text(_TYPST, "utf-8")
    said = {"facts": _facts(content), "headings": _HEADINGS, "rows": _rows(content)}

    def make() -> bytes:
        # A compiler of its own each time: with one for all, the same content would come out of its
        # cache.
        inputs = {"said": json.dumps(said | {"facts": [*said["facts"], str(time.monotonic_ns())]})}
        made = typst.compile(
            folder / "page.typ",
            root=folder,
            format="pdf",
            pdf_standards=["a-3a"],
            sys_inputs=inputs,
        )
        return bytes(made)

    return make


def _weasyprint(content: Content) -> Callable[[], bytes]:
    weasyprint = import_module("weasyprint")
    style = (
        "@page{size:A4} body{font-size:9pt} table{border-collapse:collapse} "
        "td{border-bottom:.3pt solid #888}"
    )

    def make() -> bytes:
        head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>"
            for row in _rows(content)
        )
        facts = "".join(f"<p>{escape(fact)}</p>" for fact in _facts(content))
        page = (
            f"<html lang=de><head><title>Rechnung</title><style>{style}</style></head>"
            f"<body>{facts}<table><thead><tr>{head}</tr></thead>{body}</table></body></html>"
        )
        attached = weasyprint.Attachment(
            string=content.xml, name="factur-x.xml", relationship="Alternative"
        )
        return bytes(
            weasyprint.HTML(string=page).write_pdf(pdf_variant="pdf/a-3a", attachments=[attached])
        )

    return make


ANCHORS = (
    Anchor("edigate", "PDF/A-3a + UA-1, all terms", _edigate),
    Anchor("reportlab Platypus", "plain PDF, no XML", _platypus, "reportlab"),
    Anchor("typst", "PDF/A-3a, XML", _typst, "typst"),
    Anchor("WeasyPrint", "PDF/A-3a, XML", _weasyprint, "weasyprint"),
)


def _measured(make: Callable[[], bytes], seconds: float) -> tuple[float, float, float]:
    """Least and median CPU ms, and kB of the file; three rounds at least after one that does not
    count."""
    size = len(make()) / 1000
    rounds: list[float] = []
    while len(rounds) < 3 or sum(rounds) < seconds * 1000:
        start = time.process_time()
        make()
        rounds.append((time.process_time() - start) * 1000)
    return min(rounds), statistics.median(rounds), size


def _combined(content: Content, page: bytes, rounds: int) -> tuple[float, float, float]:
    """The same of Mustang, which puts the XML into a page that is already there. Raises:
    Unavailable."""
    parent = f"parent/org/mustangproject/core/{mustang.VERSION}/core-{mustang.VERSION}.pom"
    jars = fetch(f"mustang-{mustang.VERSION}", mustang._PROJECT, {parent: mustang._PARENT})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.pdf").write_bytes(page)
        (folder / "factur-x.xml").write_bytes(content.xml)
        program = Path(__file__).with_name("Combine.java")
        files = [str(folder / file) for file in ("page.pdf", "factur-x.xml", "out.pdf")]
        command = [
            java(),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
            "-cp",
            f"{jars}/*",
            str(program),
        ]
        run = subprocess.run(
            [*command, *files, str(rounds)], capture_output=True, text=True, check=False
        )
        if run.returncode:
            raise Unavailable(f"unavailable: Mustang combined nothing: {run.stderr[-300:]}")
        found = [int(line) / 1e6 for line in run.stdout.splitlines() if line.isdigit()]
        return (
            min(found),
            statistics.median(found[len(found) // 2 :]),
            (folder / "out.pdf").stat().st_size / 1000,
        )


def figures(*, quick: bool = False) -> Iterator[str]:
    """The table, then what was skipped."""
    seconds = 0.5 if quick else 2.0
    rows: list[tuple[object, ...]] = []
    skipped = {}
    for lines in (10,) if quick else (10, 150):
        content = samples.usual(lines)
        for anchor in ANCHORS:
            if anchor.needs and find_spec(anchor.needs) is None:
                skipped[anchor.name] = f"{anchor.needs} is not installed"
                continue
            rows.append(
                (lines, anchor.name, anchor.gives, *_measured(anchor.make(content), seconds))
            )
        try:
            made = _combined(content, package(samples.minimal()), 20 if quick else 200)
            rows.append((lines, "Mustang combine, warm", "XML into a given PDF/A", *made))
        except Unavailable as reason:
            skipped["Mustang combine"] = str(reason)
    yield table(
        "A page with its XML, and what others take",
        ("lines", "who", "gives", "min ms", "median ms", "kB"),
        rows,
    )
    yield from (f"SKIPPED {name}: {reason}" for name, reason in skipped.items())


if __name__ == "__main__":
    for text in figures(quick="--quick" in sys.argv):
        print(text)
