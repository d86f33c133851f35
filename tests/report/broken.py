"""Invoices with the mistakes partners make, one each: the lawful fixture with a few segments
changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.masterdata import PartnerDirectory, read_csv
from tests.fixtures.cases import case, engines

TODAY = date(2026, 10, 16)
_BUYER = "NAD+BY+4319876000028::9++Baumarkt Süd AG+Lagerweg 8+München++80331+DE'"


@dataclass(frozen=True, slots=True)
class Mistake:
    """changes: segment text as it stands -> as it is sent ("" leaves it out). rules: what has to be
    among the findings.

    recount: UNT counts the segments that are there. cut: octets of the file that arrive.
    """

    rules: tuple[str, ...]
    changes: tuple[tuple[str, str], ...] = ()
    of: str = "d01b-invoice"
    recount: bool = True
    cut: int | None = None


def _tax(rate: str, tax: str, gross: str) -> tuple[tuple[str, str], ...]:
    return (
        ("TAX+7+VAT+++:::19+S'", f"TAX+7+VAT+++:::{rate}'"),
        ("MOA+124:134.41'", f"MOA+124:{tax}'"),
        ("MOA+77:841.81'", f"MOA+77:{gross}'"),
    )


MISTAKES: dict[str, Mistake] = {
    "no tax id": Mistake(("UST-04",), (("RFF+VA:DE123456788'", ""),)),
    "no date of supply": Mistake(("UST-16",), (("DTM+35:20261014:102'", ""),)),
    "wrong total": Mistake(("BR-CO-15",), (("MOA+77:841.81'", "MOA+77:1840.81'"),)),
    "one cent off": Mistake(("BR-CO-15",), (("MOA+77:841.81'", "MOA+77:841.82'"),)),
    "sum of the lines": Mistake(
        ("BR-CO-10",),
        (
            ("MOA+79:707.40'", "MOA+79:1707.40'"),
            ("MOA+125:707.40'", "MOA+125:1707.40'"),
            ("MOA+124:134.41'", "MOA+124:324.41'"),
            ("MOA+77:841.81'", "MOA+77:2031.81'"),
        ),
    ),
    "wrong tax": Mistake(
        ("UST-25",),
        (("MOA+124:134.41'", "MOA+124:1200.00'"), ("MOA+77:841.81'", "MOA+77:1907.40'")),
    ),
    "old rate": Mistake(("UST-24",), _tax("16+S", "113.18", "820.58")),
    "odd rate": Mistake(("UST-24",), _tax("10.7+S", "75.69", "783.09")),
    "unknown unit": Mistake(("FX-SCH-A-000613",), (("QTY+47:24'", "QTY+47:24:EIMER'"),)),
    "unknown country": Mistake(("FX-SCH-A-000580",), (("++12345+DE'", "++12345+XX'"),)),
    "buyer without address": Mistake(
        ("MAP-04",), ((_BUYER, "NAD+BY+4319876000028::9++Baumarkt Süd AG'"),)
    ),
    "buyer by GLN": Mistake(("MAP-04",), ((_BUYER, "NAD+BY+4319876000028::9'"),)),
    "wrong GLN": Mistake(("MAP-47",), ((_BUYER, "NAD+BY+4319876000027::9'"),)),
    "wrong VAT id": Mistake(("UST-05",), (("RFF+VA:DE123456788'", "RFF+VA:DE123456789'"),)),
    "wrong IBAN": Mistake(("FRM-04",), (("DE73999999991111111111", "DE74999999991111111111"),)),
    "foreign amount": Mistake(("MAP-34",), (("MOA+203:453.60'", "MOA+203:453.60:USD'"),)),
    "line without amount": Mistake(("MAP-46",), (("MOA+203:453.60'", ""), ("PRI+AAA:18.90'", ""))),
    "quantity times price": Mistake(("SUM-06",), (("PRI+AAA:18.90'", "PRI+AAA:1820.90'"),)),
    "negative price": Mistake(("BR-27",), (("PRI+AAA:18.90'", "PRI+AAA:-18.90'"),)),
    "no tax amount": Mistake(("UST-22",), (("MOA+124:134.41'", ""),)),
    "no quantity": Mistake((), (("QTY+47:24'", ""),)),
    "UNT": Mistake(("SUM-07",), (("UNT+46+1'", "UNT+45+1'"),), recount=False),
    "wrong byte": Mistake(("FRM-08",), (("Wandfarbe weiß", "Wandfarbe wei\x84"),)),
    "no reason": Mistake(("BR-E-10",), _tax("0+E", "0", "707.40")),
    "zero without category": Mistake(("MAP-20",), _tax("0", "0", "707.40")),
    "reverse charge without note": Mistake(
        ("UST-33",), (("FTX+REG+1+LES::246'", ""),), of="reverse-charge-les"
    ),
    "intra-community without VAT id": Mistake(
        ("UST-32",), (("RFF+VA:ATU12345675'", ""),), of="intra-community-igl"
    ),
    "far future": Mistake(("UST-09",), (("DTM+137:20261015:102'", "DTM+137:20270115:102'"),)),
    "end of the month": Mistake(("UST-09",), (("DTM+137:20261015:102'", "DTM+137:20261031:102'"),)),
    "no such day": Mistake(("UST-08",), (("DTM+137:20261015:102'", "DTM+137:20261315:102'"),)),
    "period inverted": Mistake(
        ("MAP-03",), (("DTM+35:20261014:102'", "DTM+263:2026103120261001:718'"),)
    ),
    "half a year late": Mistake(("UST-10",), (("DTM+35:20261014:102'", "DTM+35:20260214:102'"),)),
    "marks for thousands": Mistake(("MAP-02",), (("MOA+77:841.81'", "MOA+77:1.841,81'"),)),
    "a line without rate": Mistake(
        ("MAP-21",),
        (
            ("TAX+7+VAT+++:::19+S'", ""),
            ("PRI+AAA:18.90'", "PRI+AAA:18.90'\nTAX+7+VAT+++:::19+S'"),
            ("PRI+AAA:2.45'", "PRI+AAA:2.45'\nTAX+7+VAT+++:::7+S'"),
        ),
    ),
    "no currency": Mistake(("UST-41",), (("CUX+2:EUR:4'", ""),)),
    "no number": Mistake(("UST-11",), (("BGM+380+RE-2026-0042+9'", "BGM+380++9'"),)),
    "no document type": Mistake(("MAP-01",), (("BGM+380+RE-2026-0042+9'", ""),)),
    "no date": Mistake(("UST-08",), (("DTM+137:20261015:102'", ""),)),
    "no buyer": Mistake(("UST-02",), ((_BUYER, ""), ("RFF+VA:DE987654328'", ""))),
    "three decimals": Mistake(("BR-DEC-23",), (("MOA+203:453.60'", "MOA+203:453.605'"),)),
    "allowance without amount": Mistake(
        ("MAP-17",), (("TAX+7+VAT+++:::19+S'", "ALC+A+++1+DI'\nTAX+7+VAT+++:::19+S'"),)
    ),
    "postcode": Mistake(("FRM-07",), (("++12345+DE'", "++1234+DE'"),)),
    "credit note of two signs": Mistake(
        ("MAP-30",), (("MOA+77:89.96'", "MOA+77:-89.96'"),), of="d96a-credit-note-381"
    ),
    "truncated": Mistake(("EDI-02",), cut=700),
    "many": Mistake(
        ("MAP-01", "MAP-02", "UST-41", "UST-04"),
        (
            ("RFF+VA:DE123456788'", ""),
            ("CUX+2:EUR:4'", ""),
            ("MOA+77:841.81'", "MOA+77:84A.81'"),
            ("QTY+47:24'", ""),
            ("BGM+380+RE-2026-0042+9'", ""),
        ),
    ),
}


def data(name: str) -> bytes:
    """The file as it arrives."""
    mistake = MISTAKES[name]
    sent = case(mistake.of).data.decode("latin-1")
    for was, now in mistake.changes:
        assert was in sent, was
        sent = sent.replace(was if now else f"{was}\n", now, 1)
    if mistake.recount:
        sent = "\n".join(_recounted(sent.split("\n")))
    return sent.encode("latin-1")[: mistake.cut]


def _recounted(lines: list[str]) -> Iterator[str]:
    count = 0
    for line in lines:
        count = 1 if line.startswith("UNH") else count + 1
        yield f"UNT+{count}+{line.split('+')[2]}" if line.startswith("UNT") else line


@cache
def examined(name: str) -> pipeline.Examination:
    """The file, judged on the day of the fixtures with their master data."""
    known = case(MISTAKES[name].of).partners
    partners = read_csv(known) if known else PartnerDirectory()
    return pipeline.examine(
        data(name), engines(), pipeline.Conditions(Circumstances(today=TODAY), partners, {}, {})
    )
