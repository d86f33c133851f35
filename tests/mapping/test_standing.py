"""Where a missing segment would stand: put there, the message has the structure it had before the
segment was lost."""

import pytest

from edigate.edifact.invoic.record.positions import standing
from edigate.edifact.invoic.record.segment_tree import Node, Tree
from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.segments import Message, Segment
from edigate.findings import Finding, finding
from tests.fixtures.cases import case, names

_LOST = frozenset(("BGM", "DTM", "FTX", "NAD", "CUX", "QTY", "MOA", "PRI", "IMD", "TAX"))


def _messages() -> list[tuple[str, Message]]:
    found = []
    for name in names():
        messages = [
            m
            for _, m in read(case(name).data, only={"INVOIC"}).messages()
            if m.type == "INVOIC" and m.readable
        ]
        found += [(name, m) for m in messages[:1]]
    return found


def _numbered(segments: list[Segment]) -> tuple[Segment, ...]:
    return tuple(s._replace(position=n) for n, s in enumerate(segments, 1))


def _missed(segment: Segment, at: Segment | None) -> Finding:
    return finding("MAP-01", place=at.place if at else None, missing=segment.text)


def _parents(segments: tuple[Segment, ...]) -> dict[str, list[str]]:
    """Each segment's text with the texts of those it hangs under."""
    found: dict[str, list[str]] = {}
    for node in Tree(segments).nodes:
        above: Node | None = node.parent
        found.setdefault(node.segment.text, []).append(
            above.segment.text if above and above.parent else ""
        )
    return found


def _standing(finding: Finding, segments: tuple[Segment, ...]) -> int:
    (moved,) = standing([finding], segments)
    assert moved.place is not None
    return moved.place.index


def test_put_back_where_it_would_stand_a_segment_hangs_where_it_hung() -> None:
    tried = 0
    for name, message in _messages():
        whole = _numbered(list(message.segments))
        nodes = {n.segment.position: n for n in Tree(whole).nodes}
        for lost in whole:
            parent = nodes[lost.position].parent
            if lost.tag not in _LOST or parent is None or nodes[lost.position].children:
                continue
            left = _numbered([s for s in whole if s is not lost])
            # a section lends the place of its first segment: stand beside a sibling, as the checks
            # do
            siblings = [n.segment for n in parent.children if n.segment is not lost]
            near = (
                parent.segment
                if parent.parent or parent.tag == "LIN"
                else (siblings or [whole[0]])[0]
            )
            anchor = next(s for s in left if s.text == near.text)
            index = _standing(_missed(lost, anchor), left)
            again = _numbered([*left[:index], lost, *left[index:]])
            assert _parents(again) == _parents(whole), (name, lost.text, index)
            tried += 1
    assert tried > 500


@pytest.mark.parametrize(
    ("missing", "at", "after"),
    [
        ("RFF+VA:DE123456788'", "NAD+SU", "RFF+VA"),
        ("CUX+2:EUR:4'", "BGM", "CUX+2"),
        ("QTY+47:10:PCE'", "LIN+2", "QTY+47:60"),
        ("MOA+124:224.01'", "UNS", "MOA+124"),
        ("FTX+AGM+++Steuerfrei'", "TAX", "DTM+35"),
        ("BGM+380+1+9'", "DTM", "BGM"),
        ("LIN+1'", "BGM", "PRI+AAA:0.89"),
        ("XYZ+1'", "BGM", "DTM+13:"),
    ],
)
def test_order_of_an_invoice(missing: str, at: str, after: str) -> None:
    ((_, message),) = [(n, m) for n, m in _messages() if n == "d01b-invoice"]
    segments = message.segments
    anchor = next(s for s in segments if s.text.startswith(at))
    index = _standing(finding("MAP-01", place=anchor.place, missing=missing), segments)
    assert segments[index - 1].text.startswith(after)


def test_what_has_no_segment_stands_by_its_order_alone() -> None:
    ((_, message),) = [(n, m) for n, m in _messages() if n == "d01b-invoice"]
    index = _standing(finding("UST-41", missing="CUX+2:EUR:4'"), message.segments)
    assert message.segments[index - 1].text.startswith("CUX+2")


def test_what_is_not_missing_stays() -> None:
    ((_, message),) = [(n, m) for n, m in _messages() if n == "d01b-invoice"]
    given = finding("MAP-02", place=message.segments[4].place, value="1")
    envelope = finding("MAP-01")
    assert standing([given, envelope], message.segments) == (given, envelope)
    assert standing([], message.segments) == ()
