"""EDIFACT text -> numbers and dates. Knows the notations of ISO 9735 and UNTDID 2379, no business
terms."""

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, localcontext
from functools import lru_cache

from edigate.edifact.invoic.record.code_tables import date_layouts

# Lengths of 3036, 3042, 7008 and 4440 in the directories from D.93A on.
_FULL = frozenset({35, 70, 256, 512})
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:[.,]([0-9]*))?([+-]?)")


_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def number(text: str, mark: str = "") -> Decimal | None:
    """The number written in `text`, or None when it is none.

    Comma and point both serve as decimal mark, whatever UNA says (real messages mix them), but
    never both in one number, unless the partner's decimal `mark` is declared: then the other one
    groups thousands. A trailing minus is accepted (ISO 9735-1, 10.2 allows leading minus only;
    older systems write it behind).
    """
    if mark and ("," in text and "." in text):
        text = text.replace("." if mark == "," else ",", "")
    match = _NUMBER.fullmatch(text)
    if match is None or len(text) > 40:
        return None
    sign, whole, fraction, behind = match.groups()
    if not (whole or fraction) or (sign and behind):
        return None
    minus = "-" if "-" in (sign, behind) else ""
    return Decimal(f"{minus}{whole or '0'}" + (f".{fraction}" if fraction else ""))


def joined(parts: Iterable[str], separator: str = " ") -> str:
    """Texts that continue one another: a piece that fills its element (35, 70, 256 or 512
    characters) was cut there.

    Other pieces were written apart and are joined by `separator`; empty ones are left out.
    """
    text, cut = "", True
    for part in parts:
        if not part.strip():
            continue
        text += part if cut else separator + part.lstrip()
        cut = len(part) in _FULL and not part.endswith(" ")
        text = text if cut else text.rstrip()
    return text.strip()


def amount(value: Decimal) -> Decimal:
    """`value` without zeros behind the second decimal: 465.840 -> 465.84 (BR-DEC rules allow
    two)."""
    exponent = value.as_tuple().exponent
    with localcontext(prec=100):  # a number may have 40 digits
        while isinstance(exponent, int) and exponent < -2 and value.as_tuple().digits[-1] == 0:
            value = value.quantize(Decimal(1).scaleb(exponent + 1))
            exponent = value.as_tuple().exponent
    return value


def in_german(number: Decimal) -> str:
    """A number in a German sentence: 2.50 -> 2,5."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def _year(two: str) -> int:
    """Years without century: 70..99 are 19.., others 20.. (UNTDID leaves it to agreement)."""
    return int(two) + (1900 if int(two) >= 70 else 2000)


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _moment(digits: str, layout: str) -> tuple[date, date] | None:
    """First and last day of what `digits` say in a layout such as CCYYMMDD, YYWW or CCYYQ."""
    fields: dict[str, str] = {}
    at = 0
    for letters in re.findall(r"CC|YY|MM|DDD|DD|WW|Q|S|D|H+|ZZZ", layout):
        fields[letters] = digits[at : at + len(letters)]
        at += len(letters)
    try:
        year = int(fields["CC"] + fields["YY"]) if "CC" in fields else _year(fields["YY"])
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            return None  # 99991231 and its like stand for "no date"; nothing counts from them
        parts = {name: int(text) for name, text in fields.items() if name in _PARTS}
        reading = next(r for names, r in _READINGS if names <= parts.keys())
        return reading(year, parts)
    except (KeyError, ValueError):
        return None


_PARTS = ("MM", "DD", "DDD", "WW", "D", "Q", "S")
"""Parts of a layout below the year."""


def _one(day: date) -> tuple[date, date]:
    return day, day


def _months(year: int, count: int, part: int) -> tuple[date, date]:
    """A month, quarter or half-year by its number: so many months each."""
    return date(year, count * part - count + 1, 1), _month_end(year, count * part)


def _day_of_year(year: int, part: int) -> tuple[date, date] | None:
    day = date(year, 1, 1) + timedelta(part - 1)
    return (day, day) if day.year == year else None


def _week(year: int, part: int) -> tuple[date, date]:
    return date.fromisocalendar(year, part, 1), date.fromisocalendar(year, part, 7)


_LayoutReading = Callable[[int, Mapping[str, int]], tuple[date, date] | None]
_READINGS: tuple[tuple[frozenset[str], _LayoutReading], ...] = (
    (frozenset({"MM", "DD"}), lambda year, p: _one(date(year, p["MM"], p["DD"]))),
    (frozenset({"MM"}), lambda year, p: _months(year, 1, p["MM"])),
    (frozenset({"DDD"}), lambda year, p: _day_of_year(year, p["DDD"])),
    (frozenset({"WW", "D"}), lambda year, p: _one(date.fromisocalendar(year, p["WW"], p["D"]))),
    (frozenset({"WW"}), lambda year, p: _week(year, p["WW"])),
    (frozenset({"Q"}), lambda year, p: _months(year, 3, p["Q"])),
    (frozenset({"S"}), lambda year, p: _months(year, 6, p["S"])),
    (frozenset(), lambda year, _: (date(year, 1, 1), date(year, 12, 31))),
)
"""What a layout names below the year, the finest first, and the days that means."""


_BY_LENGTH = {8: "102", 12: "203", 14: "204", 16: "718", 6: "101", 4: "609"}


@lru_cache(maxsize=4096)
def days(text: str, code: str) -> tuple[date, date] | None:
    """First and last day of a DTM value in a 2379 format; a day twice for one day, None when it is
    no date.

    A missing or wrong format code is put right by the length where only one reading is possible:
    102 with hours behind the day is common. Times of day and durations give None.
    """
    layout = date_layouts().get(code)
    if layout == "":
        return None
    digits = re.sub(
        r"[^0-9]", "", text[:40].partition("+")[0] if layout and "Z" in layout else text[:40]
    )
    if not digits:
        return None
    if layout is None or not _fits(digits, layout):
        layout = date_layouts().get(_BY_LENGTH.get(len(digits), ""))
        if not layout:
            return None
    parts = layout.split("-")
    cut = len(parts[0].replace("ZZZ", ""))
    found = _moment(digits[:cut], parts[0])
    if len(parts) == 1 or found is None:
        return found
    last = _moment(digits[cut:], parts[1])
    return (found[0], last[1]) if last and found[0] <= last[1] else None


def _fits(digits: str, layout: str) -> bool:
    return len(digits) == len(layout.replace("-", "").replace("ZZZ", ""))


def german_time(text: str) -> datetime | None:
    """The legal time in Germany of a UTC time as the energy messages send it; None for other
    notations.

    202504012200?+00 is 2 April, 00:00. Summer time from the last Sunday of March to the last Sunday
    of October, each at 1:00 UTC (directive 2000/84/EC).
    """
    clock, plus, zone = text.partition("+")
    if not plus or zone not in ("00", "0000") or len(clock) < 12 or not clock[:12].isdecimal():
        return None

    def change(year: int, month: int) -> datetime:
        end = _month_end(year, month)
        return datetime.combine(end - timedelta((end.weekday() + 1) % 7), time(1), UTC)

    try:
        year, month, day, hour, minute = (
            int(clock[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12))
        )
        moment = datetime(year, month, day, hour, minute, tzinfo=UTC)
        summer = change(year, 3) <= moment < change(year, 10)
        return moment.astimezone(timezone(timedelta(hours=2 if summer else 1)))
    except (ValueError, OverflowError):
        return None


def german_day(text: str, day: date) -> date:
    """The legal day in Germany of a UTC time; `day`, the one of UTC, for other notations."""
    local = german_time(text)
    return local.date() if local is not None else day


def added(start: date, unit: str, count: int) -> date | None:
    """`start` plus `count` of a 2151 unit (D, CD days; W weeks; M months; Y years); None for other
    units."""
    try:
        if unit in ("D", "CD", "W"):
            return start + timedelta(count * (7 if unit == "W" else 1))
        if unit in ("M", "Y"):
            months = start.year * 12 + start.month - 1 + count * (12 if unit == "Y" else 1)
            year, month = divmod(months, 12)
            return min(
                date(year, month + 1, 1) + timedelta(start.day - 1), _month_end(year, month + 1)
            )
    except (OverflowError, ValueError):
        return None
    return None
