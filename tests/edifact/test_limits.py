"""Every limit, hit: a finding that names it, and an answer soon."""

import io
import time

import pytest

from edigate.edifact.syntax.limits import Limits
from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.stream import Finished, stream
from tests.edifact.account import errors_of
from tests.edifact.test_reader import UNB, message, one, only_message, whole


@pytest.mark.parametrize(
    ("limits", "body", "name"),
    [
        (Limits(segment_bytes=100), f"FTX+AAI+++{'x' * 200}'", "segment_bytes"),
        (Limits(elements=5), "FTX+1+2+3+4+5+6'", "elements"),
        (Limits(components=5), "FTX+1:2:3:4:5:6'", "components"),
        (Limits(nesting=2), "LIN:1:1:1+1'", "nesting"),
        (Limits(segments=4), "BGM+1'" * 10, "segments"),
    ],
)
def test_limits_of_a_message_leave_its_neighbours_alone(
    limits: Limits, body: str, name: str
) -> None:
    transmission = read(
        whole(message("A", body=""), message("B", body), message("C", body="")), limits
    )
    assert transmission.readable
    assert [m.readable for _, m in transmission.messages()] == [True, False, True]
    finding = next(f for _, m in transmission.messages() for f in m.findings if f.rule == "EDI-19")
    assert dict(finding.values)["limit"] == name


@pytest.mark.parametrize(
    ("limits", "data", "name"),
    [
        (Limits(messages=2), whole(message("A"), message("B"), message("C")), "messages"),
        (Limits(interchanges=2), whole(message()) * 3, "interchanges"),
        (Limits(message_bytes=500), whole(message(body="FTX+AAI+++x'" * 100)), "message_bytes"),
    ],
)
def test_limits_of_the_input_make_it_unreadable(limits: Limits, data: bytes, name: str) -> None:
    transmission = read(data, limits)
    assert not transmission.readable
    assert dict(one(transmission, "EDI-19").values)["limit"] == name


@pytest.mark.parametrize(
    "content",
    [
        ":" * 1_000_000,
        "?" * 1_000_001,
        "'" * 300_000,
        "?'" * 500_000,
        "\r\n" * 300_000,
        "x'\n" * 300_000,
        "UNB+UNOA:3" * 30_000,
        "'UN" * 200_000,
        "'U\nN\n" * 100_000,
        "+" * 1_000_000,
        "ä" * 500_000,
        "UNA:+.? ' " * 50_000,
    ],
)
def test_hostile_repetition_takes_no_time(content: str) -> None:
    started = time.process_time()
    read((UNB + "UNH+1+INVOIC:D:96A:UN'FTX+" + content + "'UNT+3+1'UNZ+1+IC4711'").encode())
    read(content.encode())
    assert time.process_time() - started < 10


def test_a_stream_without_end_is_given_up_in_constant_memory() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1, /) -> bytes:
            block = UNB.encode() if not self.given else b"FTX+AAI+++never ends'" * 1000
            self.given += len(block)
            return block

    source = Endless()
    *_, last = stream(source, Limits(message_bytes=1_000_000))  # type: ignore[arg-type]
    assert isinstance(last, Finished)
    assert not last.readable
    assert source.given < 10_000_000


def test_the_default_limits_take_a_large_collective_invoice() -> None:
    lines = "".join(f"LIN+{n}'QTY+47:1:PCE'MOA+203:1'PRI+AAA:1'" for n in range(10_000))
    transmission = read(whole(message(body=lines)))
    assert not errors_of(transmission)
    assert len(only_message(transmission).segments) == 40_002
