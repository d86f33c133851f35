"""Every term of every mapped invoice knows where it came from."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.syntax.reader import read
from edigate.invoice.model import Attachment, Identifier
from edigate.invoice.origin import OriginKind
from edigate.masterdata import PartnerDirectory
from edigate.source import Mapped
from tests.fuzz.seeds import interchanges
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, mapped
from tests.mapping.provenance import misread

_FOLDER = os.environ.get("EDIGATE_SAMPLES", "")
_FILES = sorted(
    p
    for f in ("invoic", "en16931-binding")
    for p in (Path(_FOLDER) / f).glob("*")
    if p.suffix != ".xml"
)


def _terms(value: Any, path: str = "") -> Iterator[str]:
    """Paths of all terms that have a value."""
    if value is None or value == ():
        return
    if isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _terms(one, f"{path}[{number}]")
    elif dataclasses.is_dataclass(value) and not isinstance(value, (Identifier, Attachment)):
        for name in (f.name for f in dataclasses.fields(value)):
            yield from _terms(getattr(value, name), f"{path}.{name}" if path else name)
    else:
        yield path


def _without_origin(result: Mapped) -> list[str]:
    known = set(result.origins)
    return [
        path
        for path in _terms(result.invoice)
        if path not in known
        # terms of one segment are recorded with their group
        and not any(path.startswith(f"{group}.") for group in known if ".attributes[" in group)
    ]


def test_every_term_of_a_rich_message_has_an_origin() -> None:
    result = mapped(
        *HEAD,
        "FTX+AAI+++Hinweis",
        "RFF+DQ:100",
        "RFF+DQ:199",
        "RFF+IV:RE-1",
        *PARTIES[:3],
        "CTA+IC+:Frau Muster",
        "COM+0431 1:TE",
        "NAD+DP+++Filiale+Ring 5+Kiel++24103+DE",
        PARTIES[3],
        "PAT+1++5:3:D:30",
        "PAT+22++5:3:D:10",
        "PCD+12:2:13",
        "ALC+A+++1+DI",
        "PCD+3:10:13",
        "MOA+25:100.00",
        "MOA+8:10.00",
        *LINE,
        "PRI+AAB:11.00:::1:PCE",
        "GIN+BX+CH7",
        "RFF+ON:B-1:1",
        VAT19,
        *SUMMARY,
    )
    assert _without_origin(result) == []
    for path, origin in result.origins.items():
        assert origin.places or origin.kind is OriginKind.CONSTANT, path
        assert (origin.note is not None) == (origin.kind is not OriginKind.SEGMENT), path


def test_groups_lead_to_their_segments() -> None:
    result = mapped(*HEAD, *PARTIES, *LINE, VAT19, *SUMMARY)
    tags = {
        p: place.tag
        for p in ("", "seller", "buyer", "lines[0]", "totals")
        if (place := result.origins.place(p))
    }
    assert tags == {"": "BGM", "seller": "NAD", "buyer": "NAD", "lines[0]": "LIN", "totals": "UNS"}
    missing = result.origins.place("seller.tax_registration")
    assert missing is not None
    assert missing.text.startswith("NAD+SU")


@pytest.mark.skipif(not _FOLDER, reason="EDIGATE_SAMPLES does not name the folder of samples")
@pytest.mark.parametrize("path", _FILES, ids=lambda p: p.name)
def test_every_term_of_every_sample_has_an_origin(path: Path) -> None:
    data = path.read_bytes()
    for interchange, message in read(data).messages():
        if message.type == "INVOIC" and message.readable:
            assert (
                _without_origin(map_message(interchange, message, PartnerDirectory(), data=data))
                == []
            )


@pytest.mark.parametrize("data", interchanges(), ids=lambda data: f"{len(data)} bytes")
def test_what_was_read_stands_in_the_segments_named(data: bytes) -> None:
    """Fixtures, and samples where there are some; the fuzzer asks the same of everything it
    makes."""
    for interchange, message in read(data, only={"INVOIC"}).messages():
        if message.type == "INVOIC" and message.readable:
            assert (
                misread(map_message(interchange, message, PartnerDirectory(), data=data), message)
                == []
            )


@pytest.mark.parametrize(
    ("segments", "path"),
    [
        (("TAX+7+VAT+++:::frei nach Artikel 8+E", "MOA+125:100.00"), "vat_breakdown[0].rate"),
        ((VAT19, "MOA+124:19.00", "MOA+125:X", "MOA+79:100.00"), "vat_breakdown[0].taxable_amount"),
        ((VAT19, "MOA+124:10.00", "MOA+125:50.00") * 2, "vat_breakdown[0].taxable_amount"),
    ],
    ids=["rate in words", "no number", "two groups of one rate"],
)
def test_what_no_segment_says_is_derived(segments: tuple[str, ...], path: str) -> None:
    """Each of these once named a segment that says something else."""
    result = mapped(*HEAD, *PARTIES, *LINE, *SUMMARY[:3], *segments)
    assert result.origins[path].kind is OriginKind.DERIVED


def test_a_second_number_of_the_seller_stands_in_a_segment_of_its_own() -> None:
    result = mapped(*HEAD, *PARTIES[:2], "NAD+SU+824016::91", *PARTIES[2:], *LINE, VAT19, *SUMMARY)
    place = result.origins["seller.identifiers[1]"].places[0]
    assert place.text == "NAD+SU+824016::91'"
