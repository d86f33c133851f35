"""The second reader agrees with what is right and notices what is not."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.second import compare, opinion, opinion_of_whole
from edigate.edifact.syntax.segments import Interchange, Message
from edigate.findings import Severity
from tests.edifact.test_reader import message, whole


def test_agreement() -> None:
    data = whole(message(body="FTX+AAI+++a?+b:?'UNA^*.? ~c++'LIN+1++4711:SRV:'"))
    ((interchange, found),) = read(data).messages()
    opinion = compare(data, interchange, found)
    assert opinion.differences == ()
    assert not opinion.refused


def test_a_changed_value_is_a_difference() -> None:
    data = whole(message())
    ((interchange, found),) = read(data).messages()
    segments = list(found.segments)
    segments[1] = segments[1]._replace(elements=(("380",), ("RE-2",), ("9",)))
    opinion = compare(data, interchange, replace(found, segments=tuple(segments)))
    (difference,) = opinion.differences
    assert (difference.position, difference.ours, difference.theirs) == (
        2,
        "BGM+380+RE-2+9",
        "BGM+380+RE-1+9",
    )
    assert difference.finding.rule == "EDI-23"


def test_a_refusal_is_no_difference() -> None:
    data = whole(message(body="FTX+AAI+++no end").replace("'UNT", "UNT"))[:-20]
    ((interchange, found),) = read(data).messages()
    opinion = compare(data, interchange, found)
    assert opinion.refused
    assert opinion.differences == ()


def broken(body: str) -> tuple[bytes, Interchange, Message]:
    """A message the first reader calls broken."""
    data = whole(message(body=body))
    ((interchange, found),) = read(data).messages()
    assert not found.readable
    return data, interchange, found


def test_what_the_first_reader_calls_broken_is_read_again() -> None:
    said = opinion(*broken("LIN+1++4711:SRV'lin+2'QTY+47:1'"))
    assert said.severity is Severity.INFORMATION
    assert said.rule in ("EDI-27", "EDI-28")


def test_the_second_reader_knows_no_charsets() -> None:
    said = opinion(*broken("FTX+AAI+++a\x81b'"))
    assert (said.rule, "dieselben" in said.message.de) == ("EDI-27", True)


def test_bytes_that_are_no_characters_are_beyond_both_readers() -> None:
    data, interchange, found = broken("lin+a\xdf1'")
    said = opinion(data, interchange, replace(found, charset="utf-8"))
    assert (said.rule, "0xDF" in said.message.de, "0xDF" in said.message.en) == (
        "EDI-28",
        True,
        True,
    )


def test_data_too_large_is_not_read_twice() -> None:
    data, interchange, found = broken("lin+1'")
    said = opinion(data, interchange, replace(found, end=found.start + 2**20 + 1))
    assert (said.rule, "1048577 Bytes" in said.message.de) == ("EDI-28", True)


def test_a_truncated_input_is_told_in_segments() -> None:
    data = whole(message())
    said = opinion_of_whole(data[: data.index(b"UNZ")])
    assert said.rule == "EDI-27"
    assert "0 × UNZ" in said.message.de
    assert opinion_of_whole(b"\xef\xbb\xbf no edifact at all").rule == "EDI-28"


@given(st.binary(max_size=200))
def test_whatever_the_bytes_are_the_second_reader_only_informs(data: bytes) -> None:
    for text in (
        data,
        b"UNA:+.? '" + data,
        b"UNB+UNOC:3+A+B+261015:1200+1'UNH+1+INVOIC:D:96A:UN'" + data,
    ):
        assert opinion_of_whole(text).severity is Severity.INFORMATION
        for interchange, found in read(text).messages():
            assert opinion(text, interchange, found).severity is Severity.INFORMATION


EDI = st.text(st.sampled_from("UNABHTZ+:'? \n*" + "äé"), max_size=80)


@given(EDI)
def test_whatever_the_signs_are_the_second_reader_only_informs(text: str) -> None:
    data = f"UNB+UNOC:3+A+B+261015:1200+1'UNH+1+INVOIC:D:96A:UN'{text}UNT+3+1'UNZ+1+1'".encode(
        "iso-8859-1"
    )
    assert opinion_of_whole(data).severity is Severity.INFORMATION
    for interchange, found in read(data).messages():
        assert opinion(data, interchange, found).severity is Severity.INFORMATION
