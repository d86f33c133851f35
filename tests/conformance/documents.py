"""What there is to judge: every package edigate can make of the fixtures, the demo, generated and
filled invoices.

All of it comes out of the real pipeline; nothing here knows what the validators say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.checks.verdict import State
from edigate.config import Settings
from edigate.masterdata import PartnerDirectory, read_csv
from edigate.pdf.package import package
from edigate.resources import template
from edigate.service.sealing import keys
from tests import generate
from tests.checks.invoices import invoices
from tests.fixtures.cases import case, names
from tests.invoice.full import full_invoice, with_tax_point_code
from tests.pdf import samples

SIZES = (1, 10, 150, 1500)
QUICK_SIZES = (1, 10)
_DAY = date(2026, 11, 18)
"""The day on which the demo's and the generated messages arrive."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """A package on disk and what went into it.

    valid: edigate holds the invoice for valid, so that no validator may complain of its XML.
    schema: its XML has at least to follow the schema (what is filled with made-up values breaks
    rules on purpose, never the structure).
    """

    name: str
    path: Path
    xml: bytes
    original: bytes
    valid: bool = True
    schema: bool = True
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class _Message:
    """An input file; in_force: the day of receipt."""

    name: str
    data: bytes
    partners: PartnerDirectory
    in_force: date


def _messages(sizes: tuple[int, ...]) -> Iterator[_Message]:
    for name in names():
        found = case(name)
        partners = read_csv(found.partners) if found.partners else PartnerDirectory()
        yield _Message(f"fixture-{name}", found.data, partners, found.today)
    for path in sorted(template("demo").glob("*.edi")):
        partners = read_csv(template("demo/partners.csv").read_text("utf-8"))
        yield _Message(f"demo-{path.stem}", path.read_bytes(), partners, _DAY)
    for lines in sizes:
        data = generate.interchange([generate.invoice(lines)])
        yield _Message(f"generated-{lines}-lines", data, PartnerDirectory(), _DAY)


def sealer(folder: Path) -> pipeline.Sealer:
    """A gateway's own: its key is made in `folder`."""
    return keys.sealer(Settings(hostname="gw.edi.example", domain="edi.example", data=folder))


def made(folder: Path, *, quick: bool = False) -> list[Specimen]:
    """Write every package into `folder`, plain and sealed. quick: only a few.

    Raises: AssertionError when a generated invoice is not valid, for then there is nothing to
    judge.
    """
    engines = pipeline.Engines.start()
    found = []
    for message in _messages(QUICK_SIZES if quick else SIZES):
        documents = list(_of_message(folder, message, engines))
        assert documents or not message.name.startswith("generated"), f"{message.name} is not valid"
        found += documents
    if quick:
        found = found[:5] + found[-len(QUICK_SIZES) :]
    found += _of_contents(folder, quick)
    seal = sealer(folder)
    return found + [_sealed(specimen, seal) for specimen in found]


def _of_message(folder: Path, message: _Message, engines: pipeline.Engines) -> Iterator[Specimen]:
    conditions = pipeline.Conditions(
        Circumstances(today=message.in_force), message.partners, {}, {}
    )
    examination = pipeline.examine(message.data, engines, conditions)
    for number, document in enumerate(examination.documents, 1):
        if document.state is not State.VALID:
            continue
        at = datetime(
            message.in_force.year, message.in_force.month, message.in_force.day, 9, 30, tzinfo=UTC
        )
        shown = pipeline.Presentation(f"01JADT6Z3K7Q-{number}", at, at, "edi@partner.example")
        drawn = pipeline.draw(
            document,
            pipeline.original_of(document, message.data),
            pipeline.sha256(message.data),
            shown,
        )
        if drawn.document.state is State.VALID and document.xml is not None:
            yield _written(
                folder, f"{message.name}-{number}", drawn.pdf, document.xml, drawn.original
            )


def _of_contents(folder: Path, quick: bool) -> Iterator[Specimen]:
    """Invoices that were not read from EDIFACT: they say more than any message can."""
    contents = {
        "full": samples.content(full_invoice()),
        "full-tax-point-code": samples.content(with_tax_point_code()),
    }
    if not quick:
        # CII demands the element of the delivery even where there is nothing to say, and Mustang
        # warns that it is empty
        contents |= {
            f"checks-{name.replace(' ', '-')}": samples.content(invoice)
            for name, invoice in invoices().items()
            if invoice.delivery
        }
    for name, content in contents.items():
        yield _written(folder, name, package(content), content.xml, content.original)
    broken = {"everything": samples.everything("de"), "minimal": samples.minimal()}
    if not quick:
        broken |= {
            "everything-english": samples.everything("en"),
            "everything-both-five-times": samples.everything("de+en", copies=5),
            "nasty": samples.nasty(),
        }
    for name, content in broken.items():
        yield _written(folder, name, package(content), content.xml, content.original, valid=False)


def _written(
    folder: Path,
    name: str,
    pdf: bytes,
    xml: bytes,
    original: bytes,
    *,
    valid: bool = True,
    sealed: bool = False,
) -> Specimen:
    path = folder / f"{name}.pdf"
    path.write_bytes(pdf)
    return Specimen(name, path, xml, original, valid, valid, sealed)


def _sealed(specimen: Specimen, seal: pipeline.Sealer) -> Specimen:
    pdf = seal.seal(specimen.path.read_bytes())
    name = f"{specimen.name}-sealed"
    return _written(
        specimen.path.parent,
        name,
        pdf,
        specimen.xml,
        specimen.original,
        valid=specimen.valid,
        sealed=True,
    )
