"""A qualifier stands once: one row of `qualifiers.tsv` is all that a new one needs, and no row is
there for nothing."""

import ast
import re
from collections.abc import Iterator
from datetime import date
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


@pytest.fixture
def new_date_of_supply(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The table with one more row: a date of supply nobody has heard of."""
    row = "DTM\tZ98\tÜbergabetag\tHand-over date\tBT-72\tyes\tsupply.6\tdelivery\tline\tmade up"
    known = code_tables.rows
    columns = code_tables._COLUMNS["qualifiers"].split()

    def rows(name: str) -> list[dict[str, str]]:
        extra = [dict(zip(columns, row.split("\t"), strict=True))] if name == "qualifiers" else []
        return known(name) + extra

    def forget() -> None:
        for function in (*vars(qualifiers).values(), *vars(code_tables).values()):
            if hasattr(function, "cache_clear"):
                function.cache_clear()

    monkeypatch.setattr(code_tables, "rows", rows)
    forget()
    yield
    monkeypatch.undo()
    forget()


@pytest.mark.usefixtures("new_date_of_supply")
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
