"""`explain FILE --term`: what a person learns about a term, whether it is stated, filled in,
derived or missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from edigate import cli

FIXTURES = Path(__file__).parents[2] / "fixtures"
PARTNERS = ("--partners", str(FIXTURES / "d96a-invoice" / "partners.csv"))


def said(
    capsys: pytest.CaptureFixture[str], case: str, term: str, *options: str, status: int = 0
) -> str:
    """The answer in words."""
    capsys.readouterr()
    assert (
        cli.main(["explain", str(FIXTURES / case / "in.edi"), "--term", term, *options]) == status
    )
    return capsys.readouterr().out


def rows(
    capsys: pytest.CaptureFixture[str], case: str, term: str, *options: str
) -> list[dict[str, Any]]:
    return list(json.loads(said(capsys, case, term, *options, "--json")))


def test_a_stated_term_names_its_segment(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "d96a-invoice", "BT-31")
    assert told.splitlines() == [
        "Nachricht 1, MB-260001: BT-31 USt-IdNr. des Verkäufers = DE222222220",
        "    10  RFF+VA:DE222222220'   (287–306)",
    ]


def test_master_data_and_what_was_derived_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "aus den Stammdaten: Stammdaten zur GLN 4098765000003" in said(
        capsys, "d96a-invoice", "BT-27", *PARTNERS
    )
    assert "derived: H87: no unit means piece" in said(
        capsys, "d96a-invoice", "BT-130", "--lang", "en"
    )
    assert "vom Gateway gesetzt" in said(capsys, "d96a-invoice", "BT-24")


def test_a_term_of_the_lines_names_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "d96a-invoice", "BT-129").splitlines()
    assert [line.partition(" = ")[0] for line in told[::2]] == [
        f"Nachricht 1, MB-260001: Position {n}: BT-129 Menge" for n in (1, 2, 3)
    ]
    assert [r["line"] for r in rows(capsys, "d96a-invoice", "BT-129")] == ["1", "2", "3"]


def test_every_invoice_of_a_file_answers_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "mixed-interchange", "BT-31")
    assert "Nachricht 2, RE-2026-0045: BT-31 USt-IdNr. des Verkäufers = DE123456788" in told
    assert "Nachricht 3, RE-2026-0046: BT-31 USt-IdNr. des Verkäufers: nicht angegeben" in told
    assert "zu erwarten wäre RFF+" in told
    assert [r["invoice"] for r in rows(capsys, "mixed-interchange", "BT-31")] == ["RE-2026-0045"]


def test_a_term_no_invoice_states_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nicht angegeben" in said(capsys, "d96a-invoice", "BT-17", status=1)
    assert "Befund MAP-04" in said(capsys, "unknown-gln", "BT-44", status=1)
    assert "nicht lesbar" in said(capsys, "wrong-charset-byte", "BT-1", status=1)


def test_codes_identifiers_and_dates_are_shown_as_people_read_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "= 380 (" in said(capsys, "d96a-invoice", "BT-3")
    assert "= 4098765000003 (GLN)" in said(capsys, "d96a-invoice", "BT-29")
    assert "= 14.11.2026" in said(capsys, "d96a-invoice", "BT-9")
    assert "= 2026-11-14" in said(capsys, "d96a-invoice", "BT-9", "--lang", "en")
    assert rows(capsys, "d96a-invoice", "BT-29")[0]["value"] == "4098765000003"


def test_a_group_stands_for_its_terms(capsys: pytest.CaptureFixture[str]) -> None:
    assert {r["term"] for r in rows(capsys, "d96a-invoice", "BG-4", *PARTNERS)} >= {
        "BT-27",
        "BT-29",
        "BT-31",
        "BT-40",
    }
    assert {r["term"] for r in rows(capsys, "d96a-invoice", "bg-22")} >= {"BT-106", "BT-112"}


def test_terms_may_be_written_as_people_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        said(capsys, "d96a-invoice", "bt31")
        == said(capsys, "d96a-invoice", "BT-031")
        == said(capsys, "d96a-invoice", "BT-31")
    )


@pytest.mark.parametrize(
    ("case", "term", "status", "cure"),
    [
        ("d96a-invoice", "BT-999", 2, "write it like BT-31"),
        ("d96a-invoice", "Verkäufer", 2, "write it like BT-31"),
        ("truncated", "BT-1", 3, "edigate check"),
    ],
)
def test_what_cannot_be_answered_names_the_cure(
    case: str, term: str, status: int, cure: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", str(FIXTURES / case / "in.edi"), "--term", term]) == status
    assert cure in capsys.readouterr().err
