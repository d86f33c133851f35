"""What was written is read: random interchanges, in any charset, with any separators, in pieces of
any size."""

import io

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edigate.edifact.syntax import reader
from edigate.edifact.syntax.extraction import single_message
from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.second import SecondReading, compare
from edigate.edifact.syntax.segments import Message, Transmission
from edigate.edifact.syntax.stream import stream
from tests.edifact.account import errors_of, rules_of, unaccounted
from tests.edifact.strategies import Written, interchanges


class Dribble(io.BytesIO):
    """A file that gives only a few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self.size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.size)


def collected(data: bytes, size: int) -> Transmission:
    """What the stream of `data` in pieces of `size` bytes amounts to."""
    return reader.collected(stream(Dribble(data, size)))


def _not_sniffed(written: Written) -> bool:
    """Valid UTF-8 under UNOC is read as UTF-8 on purpose."""
    if written.identifier != "UNOC" or written.data.isascii():
        return True
    try:
        written.data.decode("utf-8")
    except UnicodeDecodeError:
        return not any(_is_utf8(part) for part in written.data.split(b"UNT"))
    return False


def _is_utf8(part: bytes) -> bool:
    try:
        part.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not part.isascii()


@settings(max_examples=250, deadline=None)
@given(interchanges())
def test_values_come_back_as_they_were_written(written: Written) -> None:
    assume(_not_sniffed(written))
    transmission = read(written.data)
    assert transmission.readable
    (interchange,) = transmission.interchanges
    assert interchange.service == written.service
    assert rules_of(transmission) <= {"EDI-14"}
    for message, made in zip(interchange.messages, written.messages, strict=True):
        assert message.readable
        assert [(s.tag, [list(map(list, s.occurrences(n))) for n in range(1, len(s.elements) + 1)])
                for s in message.segments] == made  # fmt: skip
        assert [s.position for s in message.segments] == list(range(1, len(made) + 1))
        for s in message.segments:
            raw = written.data[s.start : s.end].decode(message.charset)
            assert s.text == (raw if raw[-1].isprintable() else raw[:-1])
    assert unaccounted(written.data, transmission) == []


@settings(max_examples=150, deadline=None)
@given(interchanges(), st.integers(1, 40), st.binary(max_size=30), st.integers(0, 400))
def test_a_stream_reads_what_read_reads(written: Written, size: int, junk: bytes, cut: int) -> None:
    """Also with junk in the middle and a piece cut off the end."""
    at = cut % (len(written.data) + 1)
    for data in (
        written.data,
        written.data * 2,
        written.data[:at] + junk + written.data[at:],
        written.data[:at],
    ):
        assert collected(data, size) == read(data)


@settings(max_examples=150, deadline=None)
@given(interchanges())
def test_both_readers_agree(written: Written) -> None:
    transmission = read(written.data)
    for interchange, message in transmission.messages():
        opinion = compare(written.data, interchange, message)
        assert opinion == SecondReading(())


@settings(max_examples=150, deadline=None)
@given(interchanges())
def test_each_message_in_an_envelope_of_its_own_reads_the_same(written: Written) -> None:
    transmission = read(written.data)
    for interchange, message in transmission.messages():
        alone = single_message(written.data, interchange, message)
        again = read(alone)
        ((_, copy),) = again.messages()
        assert again.readable
        assert not errors_of(again)
        assert alone[copy.start : copy.end] == written.data[message.start : message.end]
        assert [s[:3] for s in copy.segments] == [s[:3] for s in message.segments]


@settings(max_examples=200, deadline=None)
@given(interchanges(), st.data())
def test_damage_is_accounted_for_and_never_raises(written: Written, data: st.DataObject) -> None:
    raw = bytearray(written.data)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    transmission = read(bytes(raw))
    assert unaccounted(bytes(raw), transmission) == []


@settings(max_examples=100, deadline=None)
@given(interchanges())
def test_only_the_wanted_types_are_taken_apart_but_all_are_checked(written: Written) -> None:
    full, envelope = read(written.data), read(written.data, only=frozenset())
    assert [(m.reference, m.type, m.version, m.start, m.end) for _, m in full.messages()] == [
        (m.reference, m.type, m.version, m.start, m.end) for _, m in envelope.messages()
    ]
    assert not errors_of(envelope)
    for (_, ours), (_, short) in zip(full.messages(), envelope.messages(), strict=True):
        assert (short.segments[0].start, short.segments[-1]) == (
            ours.segments[0].start,
            ours.segments[-1],
        )


def _values(message: Message) -> list[tuple[object, ...]]:
    """What a message says, wherever it stands."""
    return [(s.tag, s.elements, s.repeats, s.position, s.text) for s in message.segments]


@settings(max_examples=80, deadline=None)
@given(
    interchanges(),
    interchanges(),
    st.sampled_from([b"", b"\r\n", b"\x00\x1a", b"\xef\xbb\xbf", b"Anbei die Daten:\r\n"]),
)
def test_interchanges_in_a_row_are_read_as_each_alone(
    one: Written, other: Written, between: bytes
) -> None:
    assume(_not_sniffed(one) and _not_sniffed(other))
    alone = [*read(one.data).messages(), *read(other.data).messages()]
    row = read(one.data + between + other.data)
    assert row.readable
    assert [_values(m) for _, m in row.messages()] == [_values(m) for _, m in alone]
    offset = len(one.data + between)
    spans = [(m.start + offset, m.end + offset) for _, m in read(other.data).messages()]
    assert [(m.start, m.end) for _, m in row.messages()][-len(spans) :] == spans


@settings(max_examples=100, deadline=None)
@given(interchanges(), st.data())
def test_damage_inside_one_message_leaves_the_others_as_they_were(
    written: Written, data: st.DataObject
) -> None:
    """Anything may stand in a segment of the body but what cuts segments; the neighbours are read
    as before."""
    assume(len(written.messages) > 1)
    before = [m for _, m in read(written.data).messages()]
    hurt = data.draw(
        st.sampled_from([n for n, m in enumerate(before) if len(m.segments) > 2] or [-1])
    )
    assume(hurt >= 0)
    place = data.draw(st.sampled_from(before[hurt].segments[1:-1]))
    service = written.service
    cutting = {*service, "\r", "\n", "U"}  # a new UNT or UNH would not be damage inside a message
    junk = data.draw(st.binary(max_size=12))
    junk = bytes(b for b in junk if chr(b) not in cutting)
    terminator = service.terminator.encode()
    at, end = place.start + 3, place.end - len(terminator)
    assume(end >= at)
    damaged = written.data[:at] + junk + written.data[end:]
    after = [m for _, m in read(damaged).messages()]
    assert len(after) == len(before)
    for n, (old, new) in enumerate(zip(before, after, strict=True)):
        if n != hurt and old.charset == new.charset:
            assert _values(new) == _values(old)
            assert new.readable == old.readable


@settings(max_examples=80, deadline=None)
@given(interchanges(), st.data())
def test_what_is_read_of_damaged_input_is_read_alike_by_all(
    written: Written, data: st.DataObject
) -> None:
    """The second reader agrees, and each message cut out into an envelope of its own says the
    same."""
    raw = bytearray(written.data)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 4))] = data.draw(
            st.sampled_from([b"", b"'", b"+", b"?", b"\r\n", b"x"])
        )
    damaged = bytes(raw)
    for interchange, message in read(damaged).messages():
        if message.readable:
            assert compare(damaged, interchange, message).differences == ()
            alone = single_message(damaged, interchange, message)
            ((_, copy),) = read(alone).messages()
            assert alone[copy.start : copy.end] == damaged[message.start : message.end]
