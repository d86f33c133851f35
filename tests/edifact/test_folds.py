"""Folds of mail servers: what a stock Postfix makes of a long line is read as if it were not there;
nothing else is."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edigate.edifact.syntax.extraction import single_message
from edigate.edifact.syntax.folds import LINE, folds_in, unfolded
from edigate.edifact.syntax.reader import collected, read
from edigate.edifact.syntax.second import SecondReading, compare
from edigate.edifact.syntax.segments import Message
from edigate.edifact.syntax.stream import stream
from edigate.findings import Severity
from tests.edifact.account import all_findings, errors_of, rules_of, unaccounted
from tests.edifact.test_reader import UNB, message, whole

_LINES = 24


def folded(flat: bytes, limit: int = LINE, end: bytes = b"\r\n") -> bytes:
    """What Postfix sends of a line (smtp_proto.c): `limit` octets, a line end, and a blank that
    counts."""
    places = range(limit, len(flat), limit - 1)
    return (end + b" ").join(
        flat[a:b] for a, b in zip((0, *places), (*places, len(flat)), strict=True)
    )


def long(shift: int = 0, messages: int = 1, charset: str = "latin-1") -> bytes:
    """An interchange in one line; shift: letters of its first text, to move what stands at octet
    998."""
    goods = "".join(
        f"LIN+{n}'IMD+F++:::Größe {n} ?+ Öl??'MOA+203:10{n}.00'" for n in range(1, _LINES)
    )
    texts = [f"FTX+AAI+++{'x' * shift}'RFF+ON:RE-20260055'{goods}" for _ in range(messages)]
    head = UNB.replace("UNOC:3", "UNOW:4") if charset == "utf-8" else UNB
    units = "".join(message(f"M{n}", body=body) for n, body in enumerate(texts))
    return f"{head}{units}UNZ+{messages}+IC4711'".encode(charset)


def values(found: Message) -> list[tuple[object, ...]]:
    """What a message says."""
    return [(s.tag, s.elements, s.repeats, s.position, s.text) for s in found.segments]


@pytest.mark.parametrize("charset", ["latin-1", "utf-8"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("shift", range(0, 60))
def test_a_fold_at_any_place_changes_no_value(shift: int, end: bytes, charset: str) -> None:
    """One goods line is 50 bytes long, so every place in it is cut: tag, number, amount, release
    character, umlaut."""
    flat = long(shift, charset=charset)
    data = folded(flat, end=end)
    assert len(data) == len(flat) + len(end) + 1
    transmission = read(data)
    plain = read(flat)
    ((interchange, found),) = transmission.messages()
    ((_, wanted),) = plain.messages()
    assert transmission.readable
    assert found.readable
    assert values(found) == values(wanted)
    assert rules_of(transmission) == {"EDI-29"}
    assert [f.severity for f in all_findings(transmission)] == [Severity.WARNING]
    assert unaccounted(data, transmission) == []
    assert collected(stream(io.BytesIO(data))) == transmission
    assert compare(data, interchange, found) == SecondReading(())
    assert single_message(data, interchange, found) == data


def test_places_are_those_of_the_bytes_received() -> None:
    flat = long(7, messages=4)
    data = folded(flat)
    sign = b"\r\n "
    for (_, ours), (_, plain) in zip(read(data).messages(), read(flat).messages(), strict=True):
        assert data[ours.start : ours.end].replace(sign, b"") == flat[plain.start : plain.end]
        assert data[ours.start : ours.start + 3] == b"UNH"
        assert data[ours.end - 1 : ours.end] == b"'"
        for one, other in zip(ours.segments, plain.segments, strict=True):
            assert data[one.start : one.end].replace(sign, b"") == flat[other.start : other.end]
            assert not data[one.start : one.end].startswith(b"\r")
    (interchange,) = read(data).interchanges
    assert (interchange.start, interchange.end) == (0, len(data))


def test_the_warning_names_a_segment_that_is_cut_and_counts() -> None:
    data = folded(long(messages=1) * 1)
    more = folded(long(shift=1500))
    (told,) = [f for f in all_findings(read(data)) if f.rule == "EDI-29"]
    assert told.place is not None
    assert b"\r\n " in data[told.place.start : told.place.end]
    (twice,) = [f for f in all_findings(read(more)) if f.rule == "EDI-29"]
    assert twice.count == more.count(b"\r\n ") == 2
    assert told.expected is not None
    assert "base64" in told.expected.en
    assert told.partner is not None


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 1100),
    st.integers(2, 6),
    st.sampled_from(["latin-1", "utf-8"]),
    st.sampled_from([b"\r\n", b"\n"]),
)
def test_messages_of_a_folded_interchange_keep_their_bytes_and_read_the_same(
    shift: int, messages: int, charset: str, end: bytes
) -> None:
    """Each in an envelope of its own holds the exact bytes received, with their folds, and reads as
    in the whole."""
    flat = long(shift, messages, charset)
    data = folded(flat, end=end)
    wanted = [values(m) for _, m in read(flat).messages()]
    assert [values(m) for _, m in read(data).messages()] == wanted
    for (interchange, found), plain in zip(read(data).messages(), wanted, strict=True):
        alone = single_message(data, interchange, found)
        assert data[found.start : found.end] in alone
        again = read(alone)
        ((_, copy),) = again.messages()
        assert values(copy) == plain
        assert again.readable
        assert not errors_of(again)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3000), st.integers(1, 97))
def test_a_stream_unfolds_as_read_does(shift: int, size: int) -> None:
    class Dribble(io.BytesIO):
        def read(self, wanted: int | None = -1, /) -> bytes:
            return super().read(min(size, wanted) if wanted and wanted > 0 else wanted)

    data = folded(long(shift, 2))
    assert collected(stream(Dribble(data))) == read(data)
    assert unfolded(data, folds_in(io.BytesIO(data))) == long(shift, 2)


@pytest.mark.parametrize("limit", [76, 80, 512, 990, 997, 999, 1000, 1024])
def test_another_limit_is_no_such_fold(limit: int) -> None:
    """Whatever stands at the break: a value that is no text is never put together, and the segment
    is named."""
    broken = 0
    for shift in range(60):
        data = folded(long(shift + limit), limit)
        assert folds_in(io.BytesIO(data)).count == 0
        transmission = read(data)
        assert "EDI-29" not in rules_of(transmission)
        plain = [s.elements for s in read(long(shift + limit)).interchanges[0].messages[0].segments]
        units = [m for i in transmission.interchanges for m in i.messages]
        if errors_of(transmission) or not units:
            broken += 1
            continue
        for ours, wanted in zip(units[0].segments, plain, strict=True):
            for element, components in enumerate(zip(ours.elements, wanted, strict=True), 1):
                if (
                    components[0] != components[1]
                ):  # only a text may differ, by blanks, and that is told
                    assert ours.tag in ("FTX", "IMD")
                    assert "EDI-26" in rules_of(transmission), (ours, element)
    assert broken


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b"'LIN+20'", b"'\r\nLIN+20'"),
        lambda data: data.replace(b"'UNH", b"'\r\nUNH", 1),
        lambda data: data + b"\r\nHinweis der Mailingliste\r\n",
        lambda data: b"\r\n" + data,
        lambda data: data.replace(b"\r\n ", b"\r\n"),
        lambda data: data.replace(b"\r\n ", b"\r\n\t"),
        lambda data: data.replace(b"\r\n ", b"\r "),
        lambda data: data[:500] + data[501:],
        lambda data: data[:500] + b"x" + data[500:],
    ],
)
def test_other_line_ends_or_other_lengths_are_no_such_fold(spoil: object) -> None:
    assert callable(spoil)
    data = spoil(folded(long(3)))
    assert folds_in(io.BytesIO(data)).count == 0
    assert "EDI-29" not in rules_of(read(data))


def test_padding_behind_the_last_line_does_no_harm() -> None:
    assert rules_of(read(folded(long(5)) + b"\r\n\r\n")) == {"EDI-29"}


def test_a_line_that_was_never_folded_is_read_once() -> None:
    """A file without a line end at octet 998 costs one look at its first 1,001 bytes."""

    class Counting(io.BytesIO):
        octets = 0

        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            self.octets += len(found)
            return found

    source = Counting(whole(message(body="IMD+F++:::x'" * 5000)))
    assert folds_in(source).count == 0
    assert source.octets == LINE + 3
    assert source.tell() == 0
