"""`check` of edigate's own package: judged by what it carries, or named as not judgeable; never
called not valid."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edigate import cli
from edigate.pdf.package import package
from tests.cli.test_deviations import BROKER, GROUPED, configured, gateway, segments
from tests.fixtures.cases import case, names
from tests.pdf.test_archived import ARCHIVED, VERSIONS
from tests.pdf.test_verify import CONTENT

__all__ = ["gateway"]
KNOWN = [
    c
    for c in map(case, names())
    if c.partners is not None and [i.state for i in c.invoices] == ["valid"]
]
TODAY = ("--today", "2026-10-16")
WEAKENED = """
[[tenant.severity]]
rule = "UST-16"
severity = "warning"
reason = "agreed with the tax office"
"""


def judged(
    capsys: pytest.CaptureFixture[str], *arguments: str | Path
) -> tuple[int, dict[str, Any]]:
    """Exit status and the one message of `check --json`."""
    capsys.readouterr()
    status = cli.main(["check", "--json", *map(str, arguments)])
    ((found,),) = [i["interchanges"] for i in json.loads(capsys.readouterr().out)["inputs"]]
    return status, dict(found["messages"][0])


def made(folder: Path, source: Path, *options: str | Path) -> Path:
    """The package of one message."""
    out = folder / "out"
    assert cli.main(["convert", str(source), "-o", str(out), "--json", *map(str, options)]) == 0
    (file,) = out.glob("*.pdf")
    return file


@pytest.mark.parametrize("version", VERSIONS)
def test_parties_from_master_data_of_then(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, message = judged(capsys, ARCHIVED / version / "partners.pdf")
    assert (status, message["state"]) == (0, "valid")
    assert "MAP-04" not in [f["rule"] for f in message["findings"]]


@pytest.mark.parametrize("known", KNOWN, ids=lambda c: str(c.name))
def test_every_case_with_master_data(
    known: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv = tmp_path / "partners.csv"
    csv.write_text(known.partners, "utf-8")
    file = made(
        tmp_path, known.folder / "in.edi", "--partners", csv, "--today", known.today.isoformat()
    )
    status, message = judged(capsys, file)
    assert (status, message["state"]) == (0, "valid")


def test_the_weights_of_then(gateway: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = case("no-supply-date")
    settings = gateway / "weakened.toml"
    settings.write_text(
        configured(gateway, "").read_text("utf-8").partition("[[tenant.deviation]]")[0] + WEAKENED
    )
    file = made(gateway, late.folder / "in.edi", "--config", settings, *TODAY)
    status, message = judged(capsys, file)
    assert (status, message["state"]) == (0, "valid")
    assert ("UST-16", "warning") in [(f["rule"], f["severity"]) for f in message["findings"]]
    assert judged(capsys, late.folder / "in.edi", *TODAY)[0] == 1


@pytest.mark.parametrize(
    ("data", "key"),
    [(GROUPED, 'decimal_mark = ","'), (segments(parties=BROKER), 'seller_qualifier = "II"')],
    ids=["decimal mark", "seller"],
)
def test_what_it_does_not_carry_makes_it_not_judgeable(
    data: bytes,
    key: str,
    gateway: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = gateway / "in.edi"
    source.write_bytes(data)
    settings = configured(gateway, key)
    file = made(gateway, source, "--config", settings, *TODAY)
    status, message = judged(capsys, file)
    assert (status, message["state"], message["valid"]) == (4, "not-checked", False)
    assert "CHK-03" in [f["rule"] for f in message["findings"]]
    for language, words in (("de", "nicht beurteilbar"), ("en", "cannot be judged")):
        assert cli.main(["check", "--lang", language, str(file)]) == 4
        said = " ".join(capsys.readouterr().out.split())
        assert words in said.lower()
        assert "ungültig" not in said
        assert "invalid" not in said
    assert judged(capsys, file, "--config", settings)[1]["state"] == "valid"


def test_what_was_changed_is_judged_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report that does not belong to the package says nothing."""
    broken = (case("no-supply-date").folder / "in.edi").read_bytes()
    file = tmp_path / "forged.pdf"
    file.write_bytes(package(replace(CONTENT, original=broken)))
    status, message = judged(capsys, file, *TODAY)
    assert (status, message["state"]) == (1, "invalid")
