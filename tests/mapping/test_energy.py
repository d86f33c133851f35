"""The German energy INVOIC (EDI@Energy, BDEW INVOIC 2.8e): times, periods, advance payments, prices
per time."""

from datetime import date

import pytest

from edigate.invoice.origin import OriginKind
from edigate.source import Mapped
from tests.mapping.edi import BUYER_GLN, SELLER_GLN, mapped, rules

VERSION = "D:06A:UN:2.8e"
HEAD = ("BGM+380+RE-4711+9", "DTM+137:202604052200?+00:303")
PARTIES = (
    f"NAD+MS+{SELLER_GLN}::9++Nordlicht Netz GmbH:::::Z02+Hafenweg::3:a+Kiel++24103+DE",
    "RFF+VA:DE136695976",
    f"NAD+MR+{BUYER_GLN}::9++Heimstrom AG:::::Z02+Ring::1+Augsburg++86150+DE",
    "CUX+2:EUR:4",
    "PYT+3",
    "DTM+265:202604302200?+00:303",
)
MARCH = ("DTM+155:202602282300?+00:303", "DTM+156:202603312200?+00:303")
LINE = (
    "LIN+1++9990001000053:Z01",
    "QTY+47:100:KWH",
    "MOA+203:1000",
    "PRI+CAL:10",
    "TAX+7+VAT+++:::19+S",
)
SUMMARY = (
    "UNS+S",
    "MOA+77:1190",
    "MOA+9:1190",
    "TAX+7+VAT+++:::19+S",
    "MOA+125:1000",
    "MOA+161:190",
)


def energy(
    *header: str,
    line: tuple[str, ...] = LINE,
    summary: tuple[str, ...] = SUMMARY,
    parties: tuple[str, ...] = PARTIES,
) -> Mapped:
    return mapped(*HEAD, *header, *parties, *line, *summary, version=VERSION)


def period(*header: str) -> tuple[date | None, date | None]:
    found = energy(*header).invoice.period
    return (found.start_date, found.end_date) if found else (None, None)


def test_midnight_of_the_first_closes_the_month_before() -> None:
    assert period(*MARCH) == (date(2026, 3, 1), date(2026, 3, 31))
    origin = energy(*MARCH).origins["period.end_date"]
    assert origin.kind is OriginKind.DERIVED
    assert "01.04.2026, 00:00" in str(origin.note)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        # the day of gas begins at 6:00
        (
            ("DTM+155:202603010500?+00:303", "DTM+156:202604010400?+00:303"),
            (date(2026, 3, 1), date(2026, 3, 31)),
        ),
        # 6:00 closes no day that began at midnight
        (
            ("DTM+155:202602282300?+00:303", "DTM+156:202604010400?+00:303"),
            (date(2026, 3, 1), date(2026, 4, 1)),
        ),
        # days without hours are included
        (("DTM+155:20260301:102", "DTM+156:20260331:102"), (date(2026, 3, 1), date(2026, 3, 31))),
        # an end that is no later than the start says nothing about a day before it
        (
            ("DTM+155:202603312200?+00:303", "DTM+156:202603312200?+00:303"),
            (date(2026, 4, 1), date(2026, 4, 1)),
        ),
        # an advance invoice has a provisional period
        (
            ("DTM+Z42:202602282300?+00:303", "DTM+Z43:202603312200?+00:303"),
            (date(2026, 3, 1), date(2026, 3, 31)),
        ),
        # the last Sunday of October has 25 hours
        (
            ("DTM+155:202609302200?+00:303", "DTM+156:202610312300?+00:303"),
            (date(2026, 10, 1), date(2026, 10, 31)),
        ),
    ],
)
def test_periods(header: tuple[str, ...], expected: tuple[date, date]) -> None:
    assert period(*header) == expected


def test_the_period_of_a_line_ends_the_same_way() -> None:
    found = energy(line=(*LINE, *MARCH)).invoice.lines[0].period
    assert found is not None
    assert (found.start_date, found.end_date) == (date(2026, 3, 1), date(2026, 3, 31))


def test_other_messages_end_their_periods_with_the_day_they_name() -> None:
    segments = (
        "BGM+380+RE-1",
        "DTM+137:20260401:102",
        *MARCH,
        "NAD+SU+4000001000005::9",
        "CUX+2:EUR:4",
        *LINE,
        *SUMMARY,
    )
    found = mapped(*segments, version="D:96A:UN:EAN008").invoice.period
    assert found is not None
    assert found.end_date == date(2026, 3, 31)  # 22:00 of that day, in whatever zone


def test_the_day_the_work_was_done() -> None:
    found = energy("DTM+203:202602020911?+00:303").invoice.delivery
    assert found is not None
    assert found.actual_date == date(2026, 2, 2)


ADVANCES = (
    "UNS+S",
    "MOA+77:1190",
    "MOA+113:119",
    "RFF+AFL:AR-1",
    "DTM+3:202601312300?+00:303",
    "MOA+113:238",
    "RFF+AFL:AR-2",
    "DTM+3:202602282300?+00:303",
    "MOA+9:833",
    "TAX+7+VAT+++:::19+S",
    "MOA+113:357",
    "MOA+115:57",
    "MOA+125:1000",
    "MOA+161:190",
)


def test_advance_payments_add_up_and_name_their_invoices() -> None:
    result = energy(*MARCH, summary=ADVANCES)
    invoice = result.invoice
    assert str(invoice.totals.prepaid) == "357"
    assert result.origins["totals.prepaid"].kind is OriginKind.DERIVED
    assert [(p.reference, p.issue_date) for p in invoice.preceding_invoices] == [
        ("AR-1", date(2026, 2, 1)),
        ("AR-2", date(2026, 3, 1)),
    ]
    assert [(str(r.taxable_amount), str(r.tax_amount)) for r in invoice.vat_breakdown] == [
        ("1000", "190")
    ]
    assert rules(result) == []


def timed(quantity: str, time: str, amount: str, price: str) -> Mapped:
    line = (
        "LIN+1++9990001000053:Z01",
        quantity,
        time,
        f"MOA+203:{amount}",
        price,
        "TAX+7+VAT+++:::19+S",
    )
    return energy(*MARCH, line=line, summary=("UNS+S", f"MOA+79:{amount}", f"MOA+125:{amount}"))


@pytest.mark.parametrize(
    ("quantity", "time", "amount", "price", "expected"),
    [
        ("QTY+47:1:H87", "QTY+136:31:DAY", "3.06", "PRI+CAL:36::::ANN", "3.06"),
        ("QTY+47:7:KWT", "QTY+136:31:DAY", "21.40", "PRI+CAL:36::::ANN", "3.0575"),
        ("QTY+47:2:KWT", "QTY+136:3:MON", "60", "PRI+CAL:10::::MON", "30.00"),
        ("QTY+47:1:H87", "QTY+136:1:MON", "3", "PRI+CAL:36::::ANN", "3.00"),
        ("QTY+47:1:H87", "QTY+136:15:DAY", "15", "PRI+CAL:30::::MON", "15.00"),
    ],
)
def test_a_price_per_time(quantity: str, time: str, amount: str, price: str, expected: str) -> None:
    result = timed(quantity, time, amount, price)
    (line,) = result.invoice.lines
    assert line.price is not None
    assert str(line.price.net_price) == expected
    assert result.origins["lines[0].price.net_price"].kind is OriginKind.DERIVED
    assert line.note is not None
    assert line.note.startswith(f"Preis: {price.split(':')[1]} je ")
    assert "MAP-43" not in rules(result)


def test_a_price_per_time_that_does_not_give_the_amount_is_told() -> None:
    assert "MAP-43" in rules(timed("QTY+47:1:H87", "QTY+136:31:DAY", "4", "PRI+CAL:36::::ANN"))


def test_a_charge_whose_amount_is_the_balance_of_the_line() -> None:
    line = (*LINE[:2], "MOA+203:1100", "MOA+131:100", *LINE[3:], "ALC+C+:Z05")
    result = energy(*MARCH, line=line)
    assert [str(c.amount) for c in result.invoice.lines[0].charges] == ["100"]
    assert "MAP-17" not in rules(result)
    wrong = energy(
        *MARCH, line=(*LINE[:2], "MOA+203:1100", "MOA+131:-100", *LINE[3:], "ALC+C+:Z05")
    )
    assert "MAP-17" in rules(wrong)


def test_a_municipal_rebate_does_not_lessen_the_line() -> None:
    line = (*LINE, "ALC+A+:Z01", "PCD+3:10", "MOA+25:1000", "MOA+Z01:100")
    (found,) = energy(*MARCH, line=line).invoice.lines
    assert (found.allowances, found.note) == ((), None)


def test_addresses_are_street_and_number_with_an_addition() -> None:
    place = (
        "NAD+DP++c/o Muster++Testweg::12:a+Kiel++24103+DE",
        "LOC+172+DE000562668020O6G56M11SN51G21M24S",
    )
    invoice = energy(*MARCH, parties=(*PARTIES[:3], *place, *PARTIES[3:])).invoice
    assert invoice.seller.address is not None
    assert (invoice.seller.address.line_1, invoice.seller.address.line_2) == ("Hafenweg 3 a", None)
    assert invoice.seller.legal_information is None
    assert invoice.delivery is not None
    assert invoice.delivery.address is not None
    assert (invoice.delivery.name, invoice.delivery.address.line_1) == (None, "Testweg 12 a")
    assert invoice.delivery.address.line_2 == "c/o Muster"
