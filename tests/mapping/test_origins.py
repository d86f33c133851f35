"""Every term of every mapped invoice knows where it came from."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edigate.edifact.reader import read
from edigate.invoice.model import Attachment, Identifier
from edigate.invoice.origin import OriginKind
from edigate.mapping.mapper import map_message
from edigate.mapping.partners import PartnerDirectory
from edigate.mapping.result import Mapped
from tests.mapping.edi import HEAD, LINE, PARTIES, SUMMARY, VAT19, mapped

_FOLDER = os.environ.get("EDIGATE_SAMPLES", "")
_FILES = sorted(p for f in ("invoic", "en16931-binding") for p in (Path(_FOLDER) / f).glob("*") if p.suffix != ".xml")


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
    tags = {p: place.tag for p in ("", "seller", "buyer", "lines[0]", "totals") if (place := result.origins.place(p))}
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
            assert _without_origin(map_message(interchange, message, PartnerDirectory(), data=data)) == []
