"""Values at the edge of what Python can count, as partners send them: findings, never an
exception."""

import pytest

from edigate import pipeline
from edigate.edifact.invoic.record import notations
from tests.fixtures.cases import case, engines, examined
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, mapped, rules


@pytest.mark.parametrize("text", ["99991231", "00010101", "18991231"])
def test_a_date_that_means_no_date_is_none(text: str) -> None:
    assert notations.days(text, "102") is None


def test_an_endless_date_is_a_finding() -> None:
    result = mapped(HEAD[0], HEAD[1], "DTM+35:99991231:102", *PARTIES, *LINE, VAT19, *SUMMARY)
    assert "MAP-03" in rules(result)


@pytest.mark.parametrize("digits", [18, 27, 36, 40, 60])
def test_numbers_of_any_length_are_judged(digits: int) -> None:
    given = case("d01b-invoice")
    assert examined(given).documents
    changed = given.data
    for tag in (b"QTY+47:", b"PRI+AAA:", b"MOA+203:", b"MOA+125:"):
        at = changed.index(tag) + len(tag)
        end = min(e for e in (changed.find(c, at) for c in (b"'", b":")) if e > 0)
        changed = changed[:at] + b"9" * digits + changed[end:]
    found = pipeline.examine(changed, engines(), _conditions())
    assert [d.state.value for d in found.documents] == ["invalid"]


def test_long_numbers_are_not_rounded() -> None:
    """They once lost the digits beyond the 28th without a word."""
    long = "12345678901234567890123456789012345.67"
    result = mapped(*HEAD, *PARTIES, *LINE, VAT19, "MOA+113:0.33", *SUMMARY, f"MOA+9:{long}")
    assert f"{result.invoice.totals.amount_due:f}" == long
    lines = (
        *LINE,
        "LIN+2",
        "IMD+F++:::Nagel",
        "QTY+47:1:PCE",
        f"MOA+203:{long}",
        f"PRI+AAA:{long}",
    )
    sums = mapped(*HEAD, *PARTIES, *lines, VAT19, "UNS+S", VAT19).invoice.totals
    assert f"{sums.line_total:f}" == "12345678901234567890123456789012445.67"


def _conditions() -> pipeline.Conditions:
    from datetime import date

    from edigate.checks.law.basis import Circumstances
    from edigate.masterdata import PartnerDirectory

    return pipeline.Conditions(Circumstances(today=date(2026, 10, 16)), PartnerDirectory(), {}, {})
