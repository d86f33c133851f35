"""The official pairs of the D.16B/D.14B binding, and every collected sample. Needs EDIGATE_SAMPLES."""

import contextlib
import os
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pytest
from lxml import etree

from edigate.edifact.reader import read
from edigate.invoice.cii.write import write
from edigate.mapping.mapper import map_message
from edigate.mapping.partners import PartnerDirectory
from edigate.mapping.result import Mapped

_FOLDER = os.environ.get("EDIGATE_SAMPLES", "")
_SAMPLES = Path(_FOLDER)
needs_samples = pytest.mark.skipif(not _FOLDER, reason="EDIGATE_SAMPLES does not name the folder of samples")
_FILES = sorted(p for f in ("invoic", "en16931-binding") for p in (_SAMPLES / f).glob("*") if p.suffix != ".xml")

Value = tuple[str, str]
# What our XML says differently, and why. The twins hold slips of their own generation, which we do not copy.
_TOO_MUCH = "BT-23: FTX+DOC names the process, the twin leaves it out"
_TWICE = "FII+RB stands twice, the twin of this example gives the account once (the others give it twice)"
_DIFFERENCES: dict[int, dict[str, tuple[int, int, str]]] = {
    1: {"BusinessProcessSpecifiedDocumentContextParameter/ID": (0, 1, _TOO_MUCH)},
    2: {
        "BusinessProcessSpecifiedDocumentContextParameter/ID": (0, 1, _TOO_MUCH),
        "PayeeTradeParty/ID": (1, 0, "the message gives the payee's GLN with scheme 0088, the twin drops the scheme"),
        "PayeeTradeParty/GlobalID": (0, 1, "see PayeeTradeParty/ID"),
        "PayeeTradeParty/GlobalID/@schemeID": (0, 1, "see PayeeTradeParty/ID"),
        "GrossPriceProductTradePrice/BasisQuantity": (2, 2, "price basis 1; the twin repeats the price as basis"),
        "NetPriceProductTradePrice/BasisQuantity": (5, 5, "price basis 1; the twin repeats the price as basis"),
        "BillingSpecifiedPeriod/EndDateTime/DateTimeString": (1, 1, "DTM+168 is 30 June; the twin repeats the start"),
        "SpecifiedTradeProduct/GlobalID/@schemeID": (5, 5, "a GTIN (7143 SRV) is ICD 0160; 0088 is for locations"),
    },
    3: {
        "BusinessProcessSpecifiedDocumentContextParameter/ID": (0, 1, _TOO_MUCH),
        "SpecifiedTradeSettlementPaymentMeans/TypeCode": (0, 1, _TWICE),
        "PayeePartyCreditorFinancialAccount/IBANID": (0, 1, _TWICE),
    },
    4: {"BusinessProcessSpecifiedDocumentContextParameter/ID": (0, 1, _TOO_MUCH)},
}


def _mapped(path: Path) -> list[Mapped]:
    data = path.read_bytes()
    return [
        map_message(interchange, message, PartnerDirectory(), data=data)
        for interchange, message in read(data).messages()
        if message.type == "INVOIC" and message.readable
    ]


def _values(xml: bytes) -> Counter[Value]:
    found: Counter[Value] = Counter()

    def walk(element: etree._Element, path: str) -> None:
        path = f"{path}/{etree.QName(element).localname}"
        text = (element.text or "").strip()
        if text and not len(element):
            with contextlib.suppress(InvalidOperation):
                text = f"{Decimal(text).normalize():f}"
            found[path, text] += 1
        for name, value in element.attrib.items():
            if "schemaLocation" not in str(name):
                found[path + "/@" + str(name), str(value)] += 1
        for child in element:
            walk(child, path)

    walk(etree.fromstring(xml), "")
    return found


def _by_ending(values: Counter[Value], endings: dict[str, tuple[int, int, str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (path, _), count in values.items():
        found[next((e for e in endings if path.endswith("/" + e)), path)] += count
    return found


@needs_samples
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_official_pairs_differ_only_where_said(number: int) -> None:
    (result,) = _mapped(_SAMPLES / f"en16931-binding/EDIFACT_EXAMPLE{number}.TXT")
    ours = _values(write(result.invoice).xml)
    twin = _values((_SAMPLES / f"en16931-binding/CII_example{number}.xml").read_bytes())
    allowed = _DIFFERENCES[number]
    missing, others = _by_ending(twin - ours, allowed), _by_ending(ours - twin, allowed)
    assert missing == Counter({e: less for e, (less, _, _) in allowed.items() if less})
    assert others == Counter({e: more for e, (_, more, _) in allowed.items() if more})


@needs_samples
@pytest.mark.parametrize("path", _FILES, ids=lambda p: p.name)
def test_every_sample_is_accounted_for(path: Path) -> None:
    for result in _mapped(path):
        assert result.coverage.lost == ()
        assert result.coverage.mapped > 0
        for place in (f.place for f in result.findings):
            assert place is not None
