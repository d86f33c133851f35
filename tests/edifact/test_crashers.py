"""What once broke a promise of the reader. What finds more of it stands in `tests/fuzz`."""

from pathlib import Path

import pytest

from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.second import compare
from tests.edifact.test_reader import message, only_message, whole
from tests.fuzz.reader import check, seeds

CRASHERS = Path(__file__).parent / "crashers"


@pytest.mark.parametrize("path", sorted(CRASHERS.glob("*.edi")), ids=lambda p: p.name)
def test_kept_crasher(path: Path) -> None:
    check(path.read_bytes())


@pytest.mark.parametrize(
    "data", seeds(), ids=["wide", "wrapped", "syntax 4", "line feed", "group and package"]
)
def test_seeds_are_sound(data: bytes) -> None:
    assert read(data).readable
    check(data)


def test_line_end_between_release_and_separator() -> None:
    """Found by the fuzzer: the terminator was taken as released, a separator was not."""
    data = whole(message(body="FTX+AAI+++Grün ?\r\n+ Blau??:x'"))
    ((interchange, found),) = read(data).messages()
    assert found.segments[1].components(4) == ("Grün + Blau?", "x")
    assert compare(data, interchange, found).differences == ()


def test_padding_inside_a_message() -> None:
    data = whole(message(body="BGM+380'\x00\x00DTM+137:20261015:102'\t \x1a"))
    assert [s.tag for s in only_message(read(data)).segments] == ["UNH", "BGM", "DTM", "UNT"]


def test_a_long_run_of_nobody_is_one_finding_whatever_pieces_the_input_comes_in() -> None:
    """Found by the fuzzer: place and excerpt were those of the first piece, which depended on how a
    pipe is read."""
    data = (
        b"Sehr geehrte Damen und Herren, anbei die Rechnungen. " * 80 + b"\r\n" + whole(message())
    )
    finding = next(f for f in read(data).findings if f.rule == "EDI-04")
    assert finding.place is not None
    assert (finding.place.start, finding.place.end) == (
        0,
        data.index(b"UNA") if b"UNA" in data else data.index(b"UNB"),
    )
    assert "Damen und Herren" in finding.message.de
    check(data)
