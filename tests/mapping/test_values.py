"""Numbers and dates as messages write them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edigate.edifact.invoic.record import notations


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("19,9", "19.9"),
        ("19.90", "19.90"),
        ("-3.96", "-3.96"),
        ("3.96-", "-3.96"),
        ("+5", "5"),
        (".5", "0.5"),
        ("7.", "7"),
        ("0", "0"),
    ],
)
def test_numbers_with_comma_or_point(text: str, number: str) -> None:
    assert notations.number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1.234,50", "1,2,3", "X", "", "-", "1e5", "١", "½", "-5-", " 5", "1 000", "9" * 41]
)
def test_what_is_no_number(text: str) -> None:
    assert notations.number(text) is None


def test_a_declared_decimal_mark_lets_the_other_one_group() -> None:
    assert notations.number("1.234,50", ",") == Decimal("1234.50")
    assert notations.number("1,234.50", ".") == Decimal("1234.50")


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9
    )
)
def test_every_decimal_is_read_back(number: Decimal) -> None:
    assert notations.number(f"{number:f}") == number
    assert notations.number(f"{number:f}".replace(".", ",")) == number


@given(st.text())
def test_no_text_breaks_the_number_reader(text: str) -> None:
    found = notations.number(text)
    assert found is None or found.is_finite()


def test_amounts_keep_two_decimals_at_least() -> None:
    assert str(notations.amount(Decimal("465.840"))) == "465.84"
    assert str(notations.amount(Decimal("20.00"))) == "20.00"
    assert str(notations.amount(Decimal("1.2345"))) == "1.2345"


@pytest.mark.parametrize(
    ("text", "code", "first", "last"),
    [
        ("20261015", "102", (2026, 10, 15), None),
        ("261015", "101", (2026, 10, 15), None),
        ("981230", "101", (1998, 12, 30), None),
        ("151026", "2", (2026, 10, 15), None),
        ("202610151200", "203", (2026, 10, 15), None),
        ("20261015120059", "204", (2026, 10, 15), None),
        ("202610151200+00", "303", (2026, 10, 15), None),
        ("19981230", "", (1998, 12, 30), None),
        ("199910060000", "102", (1999, 10, 6), None),
        ("26288", "105", (2026, 10, 15), None),
        ("2026102020261026", "718", (2026, 10, 20), (2026, 10, 26)),
        ("20261020-20261026", "718", (2026, 10, 20), (2026, 10, 26)),
        ("261020261026", "717", (2026, 10, 20), (2026, 10, 26)),
        ("9812", "609", (1998, 12, 1), (1998, 12, 31)),
        ("202602", "610", (2026, 2, 1), (2026, 2, 28)),
        ("202601202603", "710", (2026, 1, 1), (2026, 3, 31)),
        ("20263", "608", (2026, 7, 1), (2026, 9, 30)),
        ("202642", "616", (2026, 10, 12), (2026, 10, 18)),
        ("2026", "602", (2026, 1, 1), (2026, 12, 31)),
        ("202610150800202610152000", "719", (2026, 10, 15), None),
    ],
)
def test_dates_in_the_formats_of_2379(
    text: str, code: str, first: tuple[int, int, int], last: tuple[int, int, int] | None
) -> None:
    assert notations.days(text, code) == (date(*first), date(*(last or first)))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("20260230", "102"),
        ("20261332", "102"),
        ("X", "102"),
        ("", "102"),
        ("123", "807"),
        ("2026102620261020", "718"),
    ],
)
def test_what_is_no_date(text: str, code: str) -> None:
    assert notations.days(text, code) is None


@given(st.text(max_size=40), st.sampled_from(["102", "203", "303", "718", "616", "608", "", "999"]))
def test_no_text_breaks_the_date_reader(text: str, code: str) -> None:
    found = notations.days(text, code)
    assert found is None or found[0] <= found[1]


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2069, 12, 31)))
def test_every_day_is_read_back(day: date) -> None:
    for code, layout in (("102", "%Y%m%d"), ("101", "%y%m%d"), ("203", "%Y%m%d1159")):
        assert notations.days(day.strftime(layout), code) == (day, day)


def test_energy_times_are_utc() -> None:
    assert notations.german_day("202604302200+00", date(2026, 4, 30)) == date(2026, 5, 1)
    assert notations.german_day("202601312300+00", date(2026, 1, 31)) == date(2026, 2, 1)
    assert notations.german_day("202601312200+00", date(2026, 1, 31)) == date(2026, 1, 31)
    assert notations.german_day("20260131", date(2026, 1, 31)) == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("utc", "local"),
    [
        ("202603290059+00", "2026-03-29 01:59"),
        ("202603290100+00", "2026-03-29 03:00"),
        ("202610250059+00", "2026-10-25 02:59"),
        ("202610250100+00", "2026-10-25 02:00"),
        ("202612312300+00", "2027-01-01 00:00"),
    ],
)
def test_summer_time_changes_at_one_o_clock_utc(utc: str, local: str) -> None:
    found = notations.german_time(utc)
    assert found is not None
    assert f"{found:%Y-%m-%d %H:%M}" == local


@pytest.mark.parametrize(
    "text", ["", "+00", "202603290100", "202603290100+01", "202613290100+00", "99991231235959+00x"]
)
def test_other_notations_are_no_german_time(text: str) -> None:
    assert notations.german_time(text) is None


def test_pieces_cut_at_full_length_are_one_word() -> None:
    cut = "Großhandel für Befestigungstechnik-F"[:35]
    assert notations.joined([cut, "GmbH"]) == cut + "GmbH"
    assert notations.joined(["Huber", "", "GmbH "]) == "Huber GmbH"


def test_terms_in_months_end_in_the_month() -> None:
    assert notations.added(date(2026, 1, 31), "M", 1) == date(2026, 2, 28)
    assert notations.added(date(2026, 1, 31), "D", 30) == date(2026, 3, 2)
    assert notations.added(date(2026, 1, 31), "WD", 30) is None
