"""A qualifier stands once: one row of `qualifiers.tsv` is all that a new one needs, and no row is
there for nothing."""

import ast
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from edigate.edifact.invoic import qualifiers
from edigate.edifact.invoic.record import code_tables
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, mapped

_PACKAGE = Path(qualifiers.__file__).parent
_TABLE = {"coded", "ranks", "kinds", "terms", "serving", "best"}


def _asked() -> Iterator[tuple[str, str]]:
    """(tag, use) of every question the mapping asks the table."""
    for path in _PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            words = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
            if name in _TABLE and len(words) == 2:
                yield str(words[0]), str(words[1])


def test_every_use_is_asked_for_and_every_question_has_an_answer() -> None:
    asked = {*_asked(), *(("RFF", use) for _, use in _simple())}
    asked |= {("MOA", "charge-amount"), ("MOA", "allowance-amount")}
    asked |= {("RFF", "buyer-accounting"), ("RFF", "buyer-reference")}
    asked |= {
        ("DTM", f"{kind}period-{end}") for kind in ("", "energy-") for end in ("start", "end")
    }
    assert asked == {(q.tag, use) for q in qualifiers.every() for use in q.uses}
    for tag, use in asked:
        assert qualifiers.coded(tag, use)


def _simple() -> tuple[tuple[str, str], ...]:
    from edigate.edifact.invoic.header.references import _SIMPLE

    return _SIMPLE


def test_ranks_of_a_use_are_unique() -> None:
    for tag in {q.tag for q in qualifiers.every()}:
        for use in {u for q in qualifiers.every() if q.tag == tag for u in q.uses}:
            ranks = [q.uses[use] for q in qualifiers.every() if q.tag == tag and use in q.uses]
            assert len(ranks) == len(set(ranks)), (tag, use)


def test_terms_are_terms() -> None:
    assert all(re.fullmatch(r"(BT-\d+)?", q.term) for q in qualifiers.every())
    assert all(q.term for q in qualifiers.every() if q.unique)


_MADE_UP = (
    "DTM\tZ98\tÜbergabetag\tHand-over date\tBT-72\tyes\tsupply.6\tdelivery\tline\tmade up",
    "MOA\tZ97\tEndbetrag\tFinal amount\tBT-112\t\tgross.7\t\tsummary message\tmade up",
    "RFF\tZ96\tMandat\tMandate\t\t\tmandate.2\t\tparty\tmade up",
    "RFF\tZ95\tLieferbeleg\tDelivery receipt\tBT-16\t\tdelivery-note.9\t\tdocument\tmade up",
)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The table with a few more rows: qualifiers nobody has heard of."""
    known = code_tables.rows
    columns = code_tables._COLUMNS["qualifiers"].split()
    extra = [dict(zip(columns, row.split("\t"), strict=True)) for row in _MADE_UP]

    def rows(name: str) -> list[dict[str, str]]:
        return known(name) + (extra if name == "qualifiers" else [])

    def forget() -> None:
        for function in (*vars(qualifiers).values(), *vars(code_tables).values()):
            if hasattr(function, "cache_clear"):
                function.cache_clear()

    monkeypatch.setattr(code_tables, "rows", rows)
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.mark.usefixtures("made_up")
def test_one_row_is_all_a_new_date_of_supply_needs() -> None:
    supplied = "DTM+Z98:20261014:102"
    rest = (*PARTIES, *LINE, *SUMMARY)
    found = mapped(*HEAD[:2], supplied, *rest)
    assert found.invoice.delivery is not None
    assert found.invoice.delivery.actual_date == date(2026, 10, 14)
    assert [(d.kind, d.date) for d in found.facts.dates if d.kind == "delivery"] == [
        ("delivery", date(2026, 10, 14))
    ]
    again = mapped(*HEAD[:2], supplied, "DTM+Z98:20261013:102", *rest)
    assert [f.rule for f in again.findings if f.term == "BT-72"] == ["MAP-45"]
    assert code_tables.labels()["DTM", "Z98"] == ("Übergabetag", "Hand-over date")


@pytest.mark.usefixtures("made_up")
def test_one_row_is_all_a_new_total_needs() -> None:
    total = "MOA+Z97:119.00"
    ordered = (*LINE, "UNS+S", total, *SUMMARY[2:])
    before_uns = (*LINE, total, *SUMMARY[2:])
    for rest in (ordered, before_uns):
        found = mapped(*HEAD, *PARTIES, *rest)
        assert found.invoice.totals.tax_inclusive == Decimal("119.00")
        assert [p.text for p in found.origins["totals.tax_inclusive"].places] == [f"{total}'"]


@pytest.mark.usefixtures("made_up")
def test_one_row_is_all_a_new_reference_needs() -> None:
    head = (*HEAD, "RFF+Z95:LB-1")
    found = mapped(*head, *PARTIES[:3], "RFF+Z96:M-1", PARTIES[3], *LINE, *SUMMARY).invoice
    assert found.despatch_advice_reference == "LB-1"
    assert found.payment is not None
    assert found.payment.direct_debit is not None
    assert found.payment.direct_debit.mandate_reference == "M-1"
