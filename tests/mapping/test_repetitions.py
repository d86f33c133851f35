"""Repetitions of syntax 4: data elements one behind the other, or a character nobody released."""

import pytest

from edigate.edifact.invoic.mapper import map_message
from edigate.edifact.syntax.reader import read
from edigate.masterdata import PartnerDirectory
from edigate.source import Mapped
from tests.mapping.test_binding import BUYER, DOC, HEAD, LINE, SELLER, SUMMARY, VERSION


def in_syntax_4(*segments: str, separator: str = "*") -> Mapped:
    """A message in UNOW with a separator of repetitions. Its account must be complete."""
    body = "'".join(
        (f"UNH+1+INVOIC:{VERSION}", *segments, f"UNT+{len(segments) + 2}+1", "UNZ+1+IC1", "")
    )
    data = f"UNA:+.?{separator}'UNB+UNOW:4+A:14+B:14+20261015:1200+IC1'{body}".encode()
    ((interchange, message),) = read(data).messages()
    result = map_message(interchange, message, PartnerDirectory(), data=data)
    assert result.coverage.lost == ()
    assert result.annex == ()
    return result


def whole(
    *,
    head: str = HEAD[0],
    text: str = DOC,
    seller: tuple[str, ...] = SELLER,
    cux: str = "CUX+2:EUR",
) -> Mapped:
    return in_syntax_4(
        head,
        *HEAD[1:],
        DOC,
        *(() if text == DOC else (text,)),
        *seller,
        *BUYER,
        cux,
        *LINE,
        *SUMMARY,
    )


def test_a_separator_in_a_text_is_a_character() -> None:
    assert whole(text="FTX+AAI+++3*4 cm * roh").invoice.notes[0].text == "3*4 cm * roh"
    assert whole(head="BGM+380+RE*1").invoice.number == "RE*1"
    named = whole(
        seller=("NAD+SE+++Nord*licht GmbH*:Nord*+Hafenweg 3*5+Kiel++24103+DE", SELLER[1])
    ).invoice.seller
    assert (named.name, named.trading_name) == ("Nord*licht GmbH*", "Nord*")
    assert named.address is not None
    assert named.address.line_1 == "Hafenweg 3*5"


@pytest.mark.parametrize("separator", ["*", "~", "\x1f"])
def test_what_may_repeat_is_read_one_by_one(separator: str) -> None:
    contact = ("CTA+SU+:Anna", f"COM+0431 1:TE{separator}anna@nordlicht.example:EM")
    numbers = f"PIA+5+S-1:SA{separator}I-1:IN"
    line = (*LINE[:1], numbers, *LINE[1:])
    parts = (*HEAD, DOC, *SELLER, *contact, *BUYER, "CUX+2:EUR", *line, *SUMMARY)
    invoice = in_syntax_4(*parts, separator=separator).invoice
    assert invoice.seller.contact is not None
    assert (invoice.seller.contact.telephone, invoice.seller.contact.email) == (
        "0431 1",
        "anna@nordlicht.example",
    )
    assert invoice.lines[0].item is not None
    assert (invoice.lines[0].item.seller_identifier, invoice.lines[0].item.buyer_identifier) == (
        "S-1",
        "I-1",
    )


def test_both_currencies_in_one_segment() -> None:
    summary = (*SUMMARY[:4], "MOA+2:20.50", *SUMMARY[4:])
    invoice = in_syntax_4(*HEAD, DOC, *SELLER, *BUYER, "CUX+2:CHF*6:EUR", *LINE, *summary).invoice
    assert (invoice.currency_code, invoice.accounting_currency_code) == ("CHF", "EUR")
