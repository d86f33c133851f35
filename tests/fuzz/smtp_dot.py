"""The body of DATA: only CRLF "." CRLF ends it, in whatever pieces it comes; what was stuffed comes
back exact."""

import random
from collections.abc import Collection
from itertools import pairwise
from zlib import crc32

from edigate.mail.smtp.data import BodyReader, has_bare_newline, normalised, stuffed
from tests.fuzz.mutation import bytes_changed

BUDGET = 1.0
"""Seconds of processor time per 10 kB."""
LIMIT = 3000
_SMALL = 200
_TOKENS = [
    b"\r\n.\r\n",
    b"\n.\n",
    b"\r.\r",
    b"\r\n.\n",
    b"\n.\r\n",
    b"\r\n..\r\n",
    b".",
    b"\r\n",
    b"\r",
    b"\n",
    b"\x00",
    b"x",
]


def seeds() -> list[bytes]:
    """Mails with their end, and with what comes close to one."""
    return [
        b"Subject: x\r\n\r\nHallo\r\n.\r\nQUIT\r\n",
        b".\r\nMAIL FROM:<>\r\n",
        b"..a\r\n..\r\n.b\r\n.\r\n",
        b"a\n.\nb\r.\rc\r\n.\nd\n.\r\ne\r\n.\r\n",
        b"x" * 500 + b"\r\n.\r\n",
    ]


def words() -> list[bytes]:
    """The tokens of such inputs."""
    return list(_TOKENS)


def mutated(data: bytes, random_: random.Random) -> bytes:
    """Random changes of bytes, with dots and line ends."""
    return bytes_changed(data, random_, _TOKENS, LIMIT)


def check(data: bytes) -> Collection[str]:
    """One place where the mail ends, found by the definition; the same in pieces and beyond the
    limit."""
    before, end, rest = (b"\r\n" + data).partition(b"\r\n.\r\n")
    content = _unstuffed((before + b"\r\n")[2:]) if end else None
    expected = (content, rest) if end else None
    random_ = random.Random(crc32(data))
    cuts = sorted({0, len(data), *(random_.randint(0, len(data)) for _ in range(20))})
    for edges in ([0, len(data)], cuts, list(range(len(data) + 1))):
        taken = _taken(data, edges, LIMIT + 10)
        assert taken == expected, (edges, taken, expected)
        small = _taken(data, edges, _SMALL)
        assert (small is None) == (expected is None)
        assert small is None or expected is None or small[1] == expected[1]
    whole = normalised(data)
    assert not has_bare_newline(whole)
    back = _taken(stuffed(data) + b"NEXT", [0, len(stuffed(data)) + 4], 2 * LIMIT)
    assert has_bare_newline(data) or back == (
        data if data.endswith(b"\r\n") or not data else data + b"\r\n",
        b"NEXT",
    )
    return {f"{content is None} {has_bare_newline(data)} {bool(rest)} {len(data) > _SMALL}"}


def _unstuffed(body: bytes) -> bytes:
    """RFC 5321 section 4.5.2, line by line."""
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in body.split(b"\r\n"))


def _taken(data: bytes, edges: list[int], limit: int) -> tuple[bytes, bytes] | None:
    reader = BodyReader(limit)
    for a, b in pairwise(edges):
        rest = reader.feed(data[a:b])
        if rest is not None:
            return (b"" if reader.overflow else reader.content()), rest + data[b:]
    return None
