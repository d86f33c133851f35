"""What tells two invoices apart: their content without the number of the sending, and who issued
them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edigate import pipeline
from edigate.checks.law.basis import Circumstances
from edigate.edifact.syntax import reader
from edigate.edifact.syntax.segments import Message
from edigate.edifact.wing import EDIFACT
from edigate.masterdata import PartnerDirectory
from tests.fixtures.cases import case, engines, examined

_DATA = case("d01b-invoice").data
_CONDITIONS = pipeline.Conditions(
    Circumstances(today=date(2026, 10, 16)), PartnerDirectory(), {}, {}
)


def _message(data: bytes) -> Message:
    ((_, message),) = reader.read(data).messages()
    return message


def _document(data: bytes) -> pipeline.JudgedMessage:
    (found,) = pipeline.examine(data, engines(), _CONDITIONS).documents
    return found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"IC0001", b"IC0002"),
        (b"+261015:0930+", b"+261016:1015+"),
        (b"UNH+1+", b"UNH+77+"),
        (b"+RE-2026-0042+9'", b"+RE-2026-0042+7'"),
        (b"+RE-2026-0042+9'", b"+RE-2026-0042'"),
        (b"'\n", b"'"),
    ],
)
def test_the_sending_does_not_count(old: bytes, new: bytes) -> None:
    again = _DATA.replace(old, new)
    assert again != _DATA
    assert EDIFACT.content_hash(_message(again)) == EDIFACT.content_hash(_message(_DATA))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"RE-2026-0042", b"RE-2026-0043"),
        (b"BGM+380", b"BGM+381"),
        (b"MOA+77:841.81", b"MOA+77:841.82"),
        (b"RFF+VA:DE123456788", b"RFF+FC:DE123456788"),
        (b"QTY+47:24", b"QTY+47:2?:4"),
        (b"PIA+1+W-1010:SA", b"PIA+1+W-1010::SA"),
    ],
)
def test_the_content_counts(old: bytes, new: bytes) -> None:
    changed = _DATA.replace(old, new)
    assert changed != _DATA
    assert EDIFACT.content_hash(_message(changed)) != EDIFACT.content_hash(_message(_DATA))


def test_repetitions_count() -> None:
    data = case("charset-unow").data
    one = data.replace(b"IMD+F", b"PIA+1+A-1:SA*B-1:IN'\nIMD+F", 1)
    other = data.replace(b"IMD+F", b"PIA+1+A-1:SA*B-2:IN'\nIMD+F", 1)
    assert EDIFACT.content_hash(_message(one)) != EDIFACT.content_hash(_message(other))


@given(st.data())
def test_every_component_counts(data: st.DataObject) -> None:
    message = _message(_DATA)
    index = data.draw(st.integers(2, len(message.segments) - 2))
    segment = message.segments[index]
    element = data.draw(st.integers(0, len(segment.elements) - 1))
    components = list(segment.elements[element])
    component = data.draw(st.integers(0, len(components) - 1))
    components[component] += data.draw(st.text(min_size=1, max_size=3))
    elements = (*segment.elements[:element], tuple(components), *segment.elements[element + 1 :])
    changed = (
        *message.segments[:index],
        segment._replace(elements=elements),
        *message.segments[index + 1 :],
    )
    assert EDIFACT.content_hash(replace(message, segments=changed)) != EDIFACT.content_hash(message)


@given(st.integers(1, 40), st.integers(1, 40))
def test_order_counts(one: int, other: int) -> None:
    message = _message(_DATA)
    segments = list(message.segments)
    segments[one], segments[other] = segments[other], segments[one]
    same = segments[one][:2] == segments[other][:2]
    changed = replace(message, segments=tuple(segments))
    assert (EDIFACT.content_hash(changed) == EDIFACT.content_hash(message)) is same


def test_supplier_is_vat_id_then_gln_then_sender() -> None:
    document = _document(_DATA)
    assert pipeline.supplier_key(document) == "DE123456788"
    without = _document(_DATA.replace(b"RFF+VA:DE123456788'", b"RFF+FC:DE123456788'"))
    assert pipeline.supplier_key(without) == "4012345000009"
    nameless = _document(
        _DATA.replace(b"RFF+VA:DE123456788'", b"").replace(b"SU+4012345000009::9+", b"SU++")
    )
    assert pipeline.supplier_key(nameless) == nameless.interchange.sender == "4012345000009"


def test_the_numbers_of_a_self_billed_invoice_are_its_issuers() -> None:
    billed = _document(_DATA.replace(b"BGM+380", b"BGM+389"))
    assert pipeline.supplier_key(billed) == f"DE123456788/{pipeline.identity(billed).buyer_vat}"
    other = _document(_DATA.replace(b"BGM+380", b"BGM+389").replace(b"DE987654328", b"ATU12345675"))
    assert pipeline.supplier_key(other) != pipeline.supplier_key(billed)


def test_identity_of_a_message_that_cannot_be_mapped() -> None:
    document = _document(
        _DATA.replace("Straße".encode("latin-1"), b"").replace(b"UNOC:3", b"UNOW:3")
    )
    who = pipeline.identity(replace(document, mapped=None))
    assert (who.number, who.type_code, who.seller) == ("RE-2026-0042", "380", "")


def test_identity_tells_what_people_know_an_invoice_by() -> None:
    who = pipeline.identity(examined(case("d01b-invoice")).documents[0])
    assert (who.number, who.type_code, who.issue_date) == ("RE-2026-0042", "380", "2026-10-15")
    assert (who.currency, who.net, who.tax, who.gross) == ("EUR", "707.40", "134.41", "841.81")
    assert (who.seller, who.seller_id, who.seller_vat) == (
        "Farbenwerk Musterstadt GmbH",
        "4012345000009",
        "DE123456788",
    )
    assert (who.buyer, who.buyer_id, who.buyer_vat) == (
        "Baumarkt Süd AG",
        "4319876000028",
        "DE987654328",
    )
    assert who.order == "B-4711"
