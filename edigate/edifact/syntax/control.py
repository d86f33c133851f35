"""What the ends of messages, groups, interchanges and packages repeat or count, held against what
arrived (SUM-07)."""

from edigate.edifact.syntax.notes import Notes
from edigate.edifact.syntax.segments import Segment


def number(text: str) -> int | None:
    """The number a control value states; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def check(
    notes: Notes, segment: Segment, element: int, name: str, *, expected: int | str, correct: str
) -> None:
    """SUM-07 unless data element `element` says what is expected; numbers compare as numbers."""
    actual = segment.value(element)
    same = number(actual) == expected if isinstance(expected, int) else actual == expected
    if not same:
        mismatch(notes, segment, name, actual=actual, expected=expected, correct=correct)


def mismatch(
    notes: Notes, segment: Segment, name: str, *, actual: str, expected: int | str, correct: str
) -> None:
    """SUM-07 at `segment`."""
    notes.add(
        "SUM-07",
        segment.place,
        kind=f"{name}{segment.start}",
        segment=segment.tag,
        element=name,
        actual=actual or "–",
        expected=expected,
        correct=correct,
    )
