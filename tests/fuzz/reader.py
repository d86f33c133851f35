"""The envelope reader: no exception, every byte accounted for, streams and envelopes read the
same."""

import random
from collections.abc import Collection

from edigate.edifact.syntax.extraction import single_message
from edigate.edifact.syntax.limits import Limits
from edigate.edifact.syntax.reader import read
from edigate.edifact.syntax.second import compare
from edigate.edifact.syntax.segments import Message
from tests.edifact.account import rules_of, unaccounted
from tests.edifact.test_properties import collected
from tests.edifact.test_reader import message, whole
from tests.fuzz.mutation import bytes_changed

BUDGET = 2.0
"""Seconds of processor time per 10 kB, for reading it eight times, twice with pydifact."""
LIMIT = 9000  # more than twice what the reader looks ahead
_SMALL = Limits(segment_bytes=300, elements=12, components=9, nesting=2, segments=20,
    message_bytes=4000, messages=6,
                interchanges=4)  # fmt: skip
_TOKENS = [
    b"'", b"+", b":", b"?", b"*", b"??", b"?'", b"\r\n", b"\n", b"\x00", b"\x1a", b"\xef\xbb\xbf",
    b"\xe4", b"\xc3\xbc",
    b"\x85", b"UNA", b"UNA:+.? '", b"UNA^*.? ~", b"UNB+UNOC:3+A+B+261015:0930+1'",
    b"UNB+UNOW:4+A+B+261015:0930+1'",
    b"UNG+INVOIC+A+B+261015:0930+G1'", b"UNH+1+INVOIC:D:96A:UN'", b"UNT+3+1'", b"UNE+1+G1'",
    b"UNZ+1+1'",
    b"UNO+P1+1:X+13:a+4'abcd", b"UNP+4+P1'", b"USH+7'", b"'UNA", b"U\r\nN\r\nT", b" ", b"\t",
]  # fmt: skip


def seeds() -> list[bytes]:
    """Interchanges to start from."""
    wide = whole(message("A", "FTX+AAI+++Grün ?+ Blau??:x*y'" * 4), message("B"))
    package = "UNO+P1+1:X+13:a+4'abcdUNP+4+P1'"
    group = "UNG+INVOIC+A+B+261015:0930+G1'"
    return [
        wide,
        b"\r\n".join(wide[n : n + 80] for n in range(0, len(wide), 80)),
        b"UNA:+.?*'" + wide.replace(b"UNOC:3", b"UNOW:4").decode("latin-1").encode(),
        b"UNA^*,? \n" + wide.replace(b"'", b"\n").replace(b"+", b"*").replace(b":", b"^"),
        whole(group + message() + package + "UNE+1+G1'", foot="UNZ+1+IC4711'")
        + b"\r\n"
        + whole(message()),
    ]


def check(data: bytes) -> Collection[str]:
    """The promises: no exception, every byte accounted for, streams and envelopes read the same,
    spans are right."""
    transmission = read(data)
    rules = rules_of(transmission)
    assert "EDI-19" in rules or unaccounted(data, transmission) == []
    assert collected(data, 1 + len(data) % 97) == transmission
    read(data, only=frozenset())
    read(data, _SMALL)
    for interchange, found in transmission.messages():
        assert data[found.start : found.end].strip()[:1] == b"U"
        assert [s.position for s in found.segments] == list(range(1, len(found.segments) + 1))
        if found.readable:
            assert compare(data, interchange, found).differences == ()
            alone = single_message(data, interchange, found)
            copies = list(read(alone).messages())
            assert len(copies) == 1
            assert alone[copies[0][1].start : copies[0][1].end] == data[found.start : found.end]
            assert unbroken(copies[0][1]) == unbroken(found)
    return rules


def unbroken(found: Message) -> list[str]:
    """The values without line breaks: what a lone break in a tiny message is depends on where its
    line began."""
    return [repr(s[:3]).replace("\\n", "") for s in found.segments]


def words() -> list[bytes]:
    """The tokens of such inputs."""
    return list(_TOKENS)


def mutated(data: bytes, random_: random.Random) -> bytes:
    """A few random changes of bytes."""
    return bytes_changed(data, random_, _TOKENS, LIMIT)
