"""The official pairs of the EN 16931 binding: what `convert --xml` makes of the EDIFACT file
against its CII twin.

Compared as multisets of (path, value), attributes included. Every difference stands here with its
cause; each is a slip of the twin that we do not copy, or something the twin leaves out. Nothing
else may differ, and without the twins' slips at least 98 % of a twin's values are ours and at most
2 % of ours are not in it. Needs EDIGATE_SAMPLES.
"""

import contextlib
import os
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.masterdata import PartnerDirectory
from tests.fixtures.cases import engines

_FOLDER = os.environ.get("EDIGATE_SAMPLES", "")
needs_samples = pytest.mark.skipif(
    not _FOLDER, reason="EDIGATE_SAMPLES does not name the folder of samples"
)

Value = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One cause. path: its end; twin: values that only the twin has; ours: values that only we
    have."""

    path: str
    twin: tuple[str, ...]
    ours: tuple[str, ...]
    cause: str


def _process(code: str) -> Difference:
    path = "ExchangedDocumentContext/BusinessProcessSpecifiedDocumentContextParameter/ID"
    return Difference(
        path, (), (code,), f"FTX+DOC++{code} is BT-23 in the binding; the twins leave BT-23 out"
    )


_PAYEE = "ApplicableHeaderTradeSettlement/PayeeTradeParty"
_AGREEMENT = "IncludedSupplyChainTradeLineItem/SpecifiedLineTradeAgreement"
_ACCOUNT = "ApplicableHeaderTradeSettlement/SpecifiedTradeSettlementPaymentMeans"
_BASIS = (
    "the fifth component of PRI is 1 (UNTDID 5284); the twin repeats the price as basis "
    "quantity, so that 5 pieces"
)

DIFFERENCES: dict[int, tuple[Difference, ...]] = {
    1: (_process("P1"),),
    2: (
        _process("P3"),
        Difference(
            "SpecifiedTradeProduct/GlobalID/@schemeID",
            ("0088",) * 5,
            ("0160",) * 5,
            (
                "LIN C212 7143 SRV names a GTIN, which is ICD 0160 (BT-157-1); 0088 is the GLN of "
                "a "
                "location"
            ),
        ),
        Difference(
            f"{_AGREEMENT}/NetPriceProductTradePrice/BasisQuantity",
            ("1273", "3.96", "2.48", "25", "0.75"),
            ("1",) * 5,
            f"{_BASIS} would cost what one costs",
        ),
        Difference(
            f"{_AGREEMENT}/GrossPriceProductTradePrice/BasisQuantity",
            ("1498", "2.75"),
            ("1",) * 2,
            f"{_BASIS} would cost what one costs",
        ),
        Difference(
            "SpecifiedLineTradeSettlement/BillingSpecifiedPeriod/EndDateTime/DateTimeString",
            ("20130601",),
            ("20130630",),
            "DTM+168 of the line is 30 June; the twin repeats the start of the period",
        ),
        Difference(
            f"{_PAYEE}/ID",
            ("2298740918237",),
            (),
            "NAD+PE gives the id with ICD 0088: it has a scheme",
        ),
        Difference(
            f"{_PAYEE}/GlobalID",
            (),
            ("2298740918237",),
            "as before: an id with a scheme is a GlobalID",
        ),
        Difference(
            f"{_PAYEE}/GlobalID/@schemeID", (), ("0088",), "as before: the ICD of C082 1131"
        ),
    ),
    3: (
        _process("P1"),
        Difference(
            f"{_ACCOUNT}/TypeCode", (), ("30",), "FII+RB stands twice; this twin says it once"
        ),
        Difference(
            f"{_ACCOUNT}/PayeePartyCreditorFinancialAccount/IBANID",
            (),
            ("DK1212341234123412",),
            "as before: FII+RB twice",
        ),
    ),
    4: (_process("P1"),),
}


def _values(xml: bytes) -> Counter[Value]:
    found: Counter[Value] = Counter()

    def walk(element: etree._Element, path: str) -> None:
        path = f"{path}/{etree.QName(element).localname}"
        text = (element.text or "").strip()
        if text and not len(element):
            # 10.0 and 10.00 are one amount.
            with contextlib.suppress(InvalidOperation):
                text = f"{Decimal(text).normalize():f}"
            found[path, text] += 1
        for name, value in element.attrib.items():
            if "schemaLocation" not in str(name):
                found[f"{path}/@{name!s}", str(value)] += 1
        for child in element:
            walk(child, path)

    walk(etree.fromstring(xml), "")
    return found


@cache
def _pair(number: int) -> tuple[Counter[Value], Counter[Value]]:
    folder = Path(_FOLDER) / "en16931-binding"
    data = (folder / f"EDIFACT_EXAMPLE{number}.TXT").read_bytes()
    conditions = pipeline.Conditions(
        Circumstances(today=date(2026, 10, 16)), PartnerDirectory(), {}, {}
    )
    (document,) = pipeline.examine(data, engines(), conditions).documents
    assert document.xml is not None
    return _values(document.xml), _values((folder / f"CII_example{number}.xml").read_bytes())


def _listed(number: int) -> tuple[Counter[Value], Counter[Value]]:
    """The listed differences as (end of path, value): what only the twin has, what only we have."""
    entries = DIFFERENCES[number]
    twin = Counter((d.path, value) for d in entries for value in d.twin)
    return twin, Counter((d.path, value) for d in entries for value in d.ours)


def _shortened(values: Counter[Value], number: int) -> Counter[Value]:
    """The paths cut to the end that the list names; what it does not name keeps its whole path."""
    found: Counter[Value] = Counter()
    for (path, value), count in values.items():
        ends = (d.path for d in DIFFERENCES[number] if path.endswith("/" + d.path))
        found[next(ends, path), value] += count
    return found


@needs_samples
@pytest.mark.parametrize("number", DIFFERENCES)
def test_every_difference_is_listed(number: int) -> None:
    ours, twin = _pair(number)
    only_twin, only_ours = _listed(number)
    assert _shortened(twin - ours, number) == only_twin
    assert _shortened(ours - twin, number) == only_ours


@needs_samples
@pytest.mark.parametrize("number", DIFFERENCES)
def test_share_of_the_twin(number: int) -> None:
    ours, twin = _pair(number)
    only_twin, only_ours = _listed(number)
    missing = (twin - ours).total() - only_twin.total()
    others = (ours - twin).total() - only_ours.total()
    assert missing <= 0.02 * twin.total()
    assert others <= 0.02 * ours.total()


def test_causes_are_said() -> None:
    assert all(d.cause and (d.twin or d.ours) for entries in DIFFERENCES.values() for d in entries)
