"""One fact stated twice and differently holds the invoice; the same statement twice does not (MAP-45)."""

import pytest

from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, mapped

BASE = (*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY)


def held(*segments: str) -> list[tuple[str | None, str | None]]:
    """Term and segment of every contradiction."""
    return [(f.term, f.place.text if f.place else None) for f in mapped(*segments).findings if f.rule == "MAP-45"]


def after(segment: str, added: str) -> tuple[str, ...]:
    at = BASE.index(segment) + 1
    return (*BASE[:at], added, *BASE[at:])


@pytest.mark.parametrize(
    ("segment", "added", "term"),
    [
        ("BGM+380+RE-4711+9", "BGM+380+RE-4712+9", "BT-1"),
        ("DTM+137:20261015:102", "DTM+137:20261013:102", "BT-2"),
        ("RFF+VA:DE136695976", "RFF+VA:DE123456788", "BT-31"),
        ("MOA+77:119.00", "MOA+77:119.01", "BT-112"),
        ("MOA+79:100.00", "MOA+79:100.50", "BT-106"),
        ("QTY+47:10:PCE", "QTY+47:9:PCE", "BT-129"),
        ("MOA+203:100.00", "MOA+203:101.00", "BT-131"),
        (VAT19, "TAX+7+VAT+++:::7+S", "BT-152"),
    ],
)
def test_a_contradiction_is_held_at_its_second_place(segment: str, added: str, term: str) -> None:
    assert held(*after(segment, added)) == [(term, f"{added}'")]


@pytest.mark.parametrize(
    "segment", ["DTM+137:20261015:102", "RFF+VA:DE136695976", "MOA+77:119.00", "QTY+47:10:PCE", "MOA+203:100.00", VAT19]
)
def test_the_same_again_is_harmless(segment: str) -> None:
    assert held(*after(segment, segment)) == []


@pytest.mark.parametrize(
    ("segment", "added"),
    [
        ("MOA+77:119.00", "MOA+77:119"),
        ("MOA+77:119.00", "MOA+77:130.00:USD"),
        ("QTY+47:10:PCE", "QTY+47:12.5:KGM"),
        ("DTM+35:20261014:102", "DTM+35:20261012:102"),
    ],
)
def test_what_only_looks_like_one(segment: str, added: str) -> None:
    assert held(*after(segment, added)) == []
