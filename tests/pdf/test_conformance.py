"""The official validators on packages of every size and kind: PDF/A-3A, PDF/A-3U and PDF/UA-1 by
veraPDF, ZUGFeRD by Mustang. Where they cannot be had the tests are skipped with the reason; in
continuous integration that is a failure.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from edigate.pdf.content import Content
from edigate.pdf.package import package
from tests.checks.invoices import invoices
from tests.conformance import mustang, verapdf
from tests.conformance.maven import Unavailable
from tests.pdf import samples
from tests.pdf.test_package import picture

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Packages on disk, by name."""
    folder = tmp_path_factory.mktemp("packages")
    contents = {
        "minimal": samples.minimal(),
        "one-page": samples.content(samples.ordinary(5)),
        "usual": samples.usual(10),
        "seven-pages": samples.usual(110),
        "forty-pages": samples.usual(700),
        "everything-german": samples.everything("de"),
        "everything-english": samples.everything("en"),
        "everything-both": samples.everything("de+en", copies=5),
        "nasty": samples.nasty(),
        "logo": replace(samples.usual(2), logo=picture("PNG"), original_name="Übertragung (1).edi"),
        "control-characters": samples.content(
            replace(samples.ordinary(1), number="1\x00\x0b\u202e2&<")
        ),
    }
    return written(folder, contents)


def written(folder: Path, contents: dict[str, Content]) -> dict[str, Path]:
    """The packages of the contents as files."""
    found = {}
    for name, content in contents.items():
        found[name] = folder / f"{name}.pdf"
        found[name].write_bytes(package(content))
    return found


def ask(validator: Callable[[], dict[Path, list[str]]]) -> dict[Path, list[str]]:
    """The validator's opinion; without it a skip that says why, or a failure where it must be there
    (CI)."""
    try:
        return validator()
    except Unavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.mark.parametrize("flavour", verapdf.FLAVOURS)
def test_verapdf_has_nothing_to_say(packages: dict[str, Path], flavour: str) -> None:
    opinions = ask(lambda: verapdf.validate(packages.values(), flavour))
    assert {path.name: failures for path, failures in opinions.items() if failures} == {}
    assert len(opinions) == len(packages)


def test_verapdf_sees_what_is_wrong(packages: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    good = packages["usual"].read_bytes()
    broken.write_bytes(good.replace(b"<pdfaid:part>3<", b"<pdfaid:part>2<"))
    rubbish = tmp_path / "rubbish.pdf"
    rubbish.write_bytes(b"%PDF-1.7\nrubbish")
    opinions = ask(lambda: verapdf.validate([broken, rubbish, packages["usual"]], "3a"))
    assert opinions[broken][0].startswith("6.6.4-2")
    assert opinions[rubbish]
    assert opinions[packages["usual"]] == []


def test_mustang_has_nothing_to_say(packages: dict[str, Path], tmp_path: Path) -> None:
    # CII demands an element for the delivery even where there is nothing to say, and the official
    # rules warn of it
    delivered = {name: invoice for name, invoice in invoices().items() if invoice.delivery}
    kinds = {
        name.replace(" ", "-"): samples.content(invoice) for name, invoice in delivered.items()
    }
    valid = [packages[name] for name in ("one-page", "usual", "seven-pages", "logo")]
    valid.extend(written(tmp_path, kinds).values())
    plain = samples.ordinary(2)
    wrong = replace(plain, totals=replace(plain.totals, line_total=Decimal("1.00")))
    (broken,) = written(tmp_path, {"broken": samples.content(wrong)}).values()
    opinions = ask(lambda: mustang.validate([*valid, broken]))
    assert {path.name: opinions[path] for path in valid if opinions[path]} == {}
    assert "BR-CO-10" in " ".join(opinions[broken])
