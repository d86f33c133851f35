"""What a package costs: `python -m tests.bench.page [--rounds N] [--without-others]`.

CPU milliseconds (median and least of the rounds, one process) for the complete page with its
structure and embedded files, and beside it, in the same run, what users would take instead where it
is installed: reportlab Platypus with pikepdf, typst with PDF/A-3 attachments, WeasyPrint. The
others draw the letter's lines and totals only: no structure, no annex, no details, so the
comparison flatters them.
"""

import argparse
import html
import io
import statistics
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from edigate.pdf.content import Content
from edigate.pdf.package import glyph_findings, package
from edigate.pdf.page.words import words
from tests.pdf import samples

SIZES = (10, 150, 1500)


def cpu(work: Callable[[], bytes], rounds: int) -> tuple[float, float, int]:
    """Median and least CPU milliseconds of a work, and the size of what it makes."""
    size = len(work())
    found = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        found.append((time.process_time() - began) * 1000)
    return statistics.median(found), min(found), size


def rows(content: Content) -> list[list[str]]:
    """The lines as cells of text."""
    language = words("de")
    found = [["Pos.", "Bezeichnung", "Menge", "Einheit", "Preis", "USt", "Betrag"]]
    for line in content.invoice.lines:
        item, price, vat = line.item, line.price, line.vat
        if not (item and price and vat):
            continue
        numbers = f"Art.-Nr. {item.seller_identifier} · Ihre Art.-Nr. {item.buyer_identifier}"
        figures = [price.net_price, line.net_amount]
        net, amount = (language.amount(value) if value is not None else "" for value in figures)
        quantity = language.quantity(line.quantity) if line.quantity is not None else ""
        rate = language.percent(vat.rate) if vat.rate is not None else ""
        found.append(
            [line.identifier or "", f"{item.name}\n{numbers}", quantity, "Stück", net, rate, amount]
        )
    return found


def platypus(content: Content) -> bytes:
    """A letter by reportlab Platypus, the files attached by pikepdf."""
    import pikepdf
    from reportlab.lib import styles
    from reportlab.platypus import doctemplate, paragraph, tables

    sheet: Callable[..., Any] = styles.getSampleStyleSheet
    style = sheet()["BodyText"]
    make: Callable[..., Any] = paragraph.Paragraph
    table = rows(content)
    cells = [
        [
            make(html.escape(c).replace("\n", "<br/>"), style) if i == 1 else c
            for i, c in enumerate(r)
        ]
        for r in table
    ]
    draw: Callable[..., Any] = tables.Table
    letter = [
        make("Rechnung", style),
        draw(cells, colWidths=[30, 220, 45, 45, 50, 35, 60], repeatRows=1),
    ]
    stream = io.BytesIO()
    document: Any = doctemplate.SimpleDocTemplate
    document(stream, invariant=1).build(letter)
    with pikepdf.open(stream) as pdf:
        pdf.attachments["factur-x.xml"] = content.xml
        pdf.attachments["original.edi"] = content.original
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def with_typst(content: Content) -> bytes:
    """A letter by typst as PDF/A-3, the XML attached."""
    import typst  # type: ignore[import-not-found,unused-ignore]

    cells = ", ".join(
        "[" + "".join(f"\\u{{{ord(c):x}}}" for c in cell) + "]"
        for row in rows(content)
        for cell in row
    )
    source = (
        '#set document(title: "Rechnung")\n#pdf.attach("factur-x.xml", bytes(sys.inputs.xml), '
        'relationship: "alternative", mime-type: "text/xml", description: "x")\n'
        f"#table(columns: (auto, 1fr, auto, auto, auto, auto, auto), {cells})"
    )
    made = typst.compile(
        source.encode(),
        format="pdf",
        pdf_standards=["a-3u"],
        sys_inputs={"xml": content.xml.decode()},
    )
    return bytes(made)


def weasyprint(content: Content) -> bytes:
    """A letter by WeasyPrint as PDF/A-3u."""
    from weasyprint import HTML  # type: ignore[import-not-found,import-untyped,unused-ignore]

    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>"
        for row in rows(content)
    )
    page = f"<html lang='de'><title>Rechnung</title><h1>Rechnung</h1><table>{body}</table></html>"
    made = HTML(string=page).write_pdf(pdf_variant="pdf/a-3u")
    return bytes(made)


OTHERS = {"reportlab": ("reportlab Platypus + pikepdf", platypus), "typst": ("typst, PDF/A-3u",
    with_typst),
          "weasyprint": ("WeasyPrint, PDF/A-3u", weasyprint)}  # fmt: skip


def report(name: str, lines: int, work: Callable[[], bytes], rounds: int) -> None:
    """One line for people."""
    median, least, size = cpu(work, rounds)
    print(
        f"{name:34}{lines:6} lines {median:9.1f} ms (least {least:.1f}) {size / 1000:8.1f} kB",
        flush=True,
    )


def main(arguments: list[str]) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=20, help="rounds for 10 lines; fewer for more lines"
    )
    parser.add_argument("--without-others", action="store_true", help="measure edigate alone")
    options = parser.parse_args(arguments)
    for lines in SIZES:
        content = samples.usual(lines)
        rounds = max(2, options.rounds * 10 // lines) if lines > 10 else options.rounds
        report("edigate, tagged PDF/A-3A", lines, lambda c=content: package(c), rounds)  # type: ignore[misc]
        began = time.process_time()
        glyph_findings(content)
        print(
            f"{'  looking for missing glyphs':34}{lines:6} lines "
            f"{(time.process_time() - began) * 1000:9.1f} ms"
        )
        if options.without_others:
            continue
        for module, (name, work) in OTHERS.items():
            if find_spec(module) is None:
                print(f"{name:34}{lines:6} lines   not installed")
            elif lines <= 150 or module != "weasyprint":
                report(name, lines, lambda c=content, w=work: w(c), max(2, rounds // 4))  # type: ignore[misc]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
