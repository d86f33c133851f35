"""Mails made to exhaust a parser: bounded time and memory, no recursion, and somebody is told."""

import time
import tracemalloc

import pytest

from edigate.mail.message import interchanges

EDI = b"UNA:+.? 'UNB+UNOC:3+A+B+261120:1200+1'UNZ+0+1'"


def nested(depth: int) -> bytes:
    openings = (
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(depth)
    )
    return b"".join(openings) + b"\r\n" + EDI + b"\r\n"


def forwarded(depth: int) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" * depth + b"\r\n" + EDI


def many(count: int) -> bytes:
    return (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\n\r\nx\r\n" * count
        + b"--b\r\n\r\n"
        + EDI
    )


BOMBS = {
    "10,000 nested multiparts": nested(10_000),
    "10,000 nested mails": forwarded(10_000),
    "100,000 parts": many(100_000),
    "same boundary inside": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 5000
    + b"\r\n"
    + EDI,
    "boundary-like lines": b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--bb\r\n" * 1_000_000,
    "header without end": b"Content-Type: multipart/mixed;" + b" x=y;" * 1_000_000,
    "parameters": b'Content-Type: text/plain; name="' + b'";"' * 1_000_000 + b"\r\n\r\nx",
    "continued header": b"Content-Type: multipart/mixed;\r\n" + b" a\r\n" * 500_000 + b"\r\nx",
    "encoded words in the name": b'Content-Disposition: attachment; filename="'
    + b"=?utf-8?q?a?=" * 100_000
    + b'"\r\n\r\nx',
    "continuations of RFC 2231": b"Content-Disposition: attachment"
    + b"".join(b";\r\n filename*%d=a" % n for n in range(50_000))
    + b"\r\n\r\nx",
    "5 MB of equals signs": b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 5_000_000,
    "5 MB of UNA": b"\r\n" + b"UNA" * 1_700_000,
    "5 MB of line starts": b"\r\n" + b"\r\n \t" * 1_250_000,
    "5 MB of white space": b"\r\n" + b" " * 5_000_000,
    "5 MB of UNA and spaces": b"\r\nUNA:+.? '" + b" " * 5_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bounded_time_and_memory(bomb: str) -> None:
    content = BOMBS[bomb]
    tracemalloc.start()
    started = time.process_time()
    interchanges(content)
    seconds, peak = time.process_time() - started, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert seconds < 20  # what grows out of bounds would take minutes
    assert peak < 60 * 2**20


@pytest.mark.parametrize("bomb", ["10,000 nested multiparts", "10,000 nested mails"])
def test_what_is_too_deep_is_reported(bomb: str) -> None:
    assert [part.problem for part in interchanges(BOMBS[bomb])] == ["too-deep"]


@pytest.mark.parametrize("depth", [33, 100])
def test_depth_has_a_limit_of_its_own(depth: int) -> None:
    for bomb in (nested(depth), forwarded(depth)):
        assert [part.problem for part in interchanges(bomb)] == ["too-deep"]


def test_parts_beyond_the_limit_are_reported() -> None:
    assert [part.problem for part in interchanges(many(100_000))] == ["too-deep"]


def test_lawful_depth_is_read() -> None:
    assert [part.content for part in interchanges(nested(30))] == [EDI + b"\r\n"]
    assert [part.content for part in interchanges(forwarded(30))] == [EDI]
