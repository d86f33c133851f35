"""The second reader agrees with what is right and notices what is not."""

from dataclasses import replace

from edigate.edifact.reader import read
from edigate.edifact.second import compare
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
    assert (difference.position, difference.ours, difference.theirs) == (2, "BGM+380+RE-2+9", "BGM+380+RE-1+9")
    assert difference.finding.rule == "EDI-23"


def test_a_refusal_is_no_difference() -> None:
    data = whole(message(body="FTX+AAI+++no end").replace("'UNT", "UNT"))[:-20]
    ((interchange, found),) = read(data).messages()
    opinion = compare(data, interchange, found)
    assert opinion.refused
    assert opinion.differences == ()
