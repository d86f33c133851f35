"""The POP3 dialog: any bytes in any pieces give the same replies; nothing is deleted without
QUIT."""

import random
from collections.abc import Collection
from itertools import pairwise
from zlib import crc32

from tests.fuzz.mutation import bytes_changed
from tests.mail.test_pop3_dialog import shell

BUDGET = 1.0
"""Seconds of processor time per 10 kB."""
LIMIT = 4000
_TOKENS = [
    b"\r\n", b"\n", b"\r", b" ", b"USER a", b"PASS right", b"PASS wrong", b"\r\nSTAT\r\n", b"LIST",
    b"LIST 1",
    b"RETR 1", b"RETR 0", b"TOP 1 0", b"TOP 1 99999999999999999999", b"DELE 1", b"DELE 3\r\n",
    b"RSET", b"QUIT\r\n",
    b"AUTH PLAIN AGEAcmlnaHQ=", b"AUTH PLAIN\r\n", b"AGEAcmlnaHQ=\r\n", b"CAPA\r\n", b"NOOP", b"*",
    b"=", b"\x00",
    b"\xff", b"\xc2\xb2", b"A" * 300, b"-1", b"STLS\r\n", b"UIDL 2",
]  # fmt: skip


def seeds() -> list[bytes]:
    """Whole sessions."""
    login = b"USER a\r\nPASS right\r\n"
    return [
        login + b"STAT\r\nUIDL\r\nRETR 1\r\nDELE 1\r\nTOP 2 1\r\nQUIT\r\n",
        b"CAPA\r\nAUTH PLAIN AGEAcmlnaHQ=\r\nLIST\r\nDELE 2\r\nRSET\r\nDELE 3\r\nQUIT\r\n",
        b"AUTH PLAIN\r\nAGEAcmlnaHQ=\r\nRETR 2\r\nRETR 3\r\nNOOP\r\n",
        b"USER a\r\nPASS wrong\r\n" * 2 + login,
    ]


def words() -> list[bytes]:
    """The tokens of such inputs."""
    return list(_TOKENS)


def mutated(data: bytes, random_: random.Random) -> bytes:
    """Random changes of bytes, with commands."""
    return bytes_changed(data, random_, _TOKENS, LIMIT)


def check(data: bytes) -> Collection[str]:
    """The promises of the dialog."""
    whole, pieces = shell(), shell()
    expected = whole.run([data])
    random_ = random.Random(crc32(data))
    cuts = sorted({0, len(data), *(random_.randint(0, len(data)) for _ in range(20))})
    assert pieces.run(data[a:b] for a, b in pairwise(cuts)) == expected
    assert (pieces.deleted, pieces.closed) == (whole.deleted, whole.closed)
    assert whole.deleted is None or b"QUIT" in data.upper()
    assert expected.endswith(b"\r\n")
    assert not whole.tls
    replies = expected.split(b"\r\n")[:40]
    return {line[:20].decode("latin-1") for line in replies if line.startswith((b"+", b"-"))}
