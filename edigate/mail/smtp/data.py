"""The body of an SMTP DATA command: chunks of the stream -> the mail's exact bytes, without
sockets.

Only CRLF "." CRLF ends a mail, whatever mixture of bare CR and LF comes close to it: that is what
keeps one mail from being smuggled inside another (RFC 5321 section 4.1.1.4 and 2.3.8). Must not
know replies or limits on peers.
"""

import re
from enum import Enum

_END = b"\r\n.\r\n"
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class BodyReader:
    """Takes chunks until the end of the mail; keeps at most `limit` bytes and reads on to the true
    end beyond that."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # The CRLF of the DATA command itself: a mail may end, or have a stuffed dot, right at its
        # first line.
        self._kept = bytearray(b"\r\n")
        self.size = 0
        self.overflow = False

    def feed(self, chunk: bytes | bytearray) -> bytes | None:
        """Take a chunk; None while the mail goes on, else the bytes after its end (pipelined
        commands)."""
        before = len(self._kept)
        self._kept += chunk
        end = self._kept.find(_END, max(0, before - len(_END) + 1))
        if end < 0:
            self.size += len(chunk)
            if self.size > self._limit:
                self.discard()
            return None
        rest = bytes(self._kept[end + len(_END) :])
        self.size += len(chunk) - len(rest) - 3
        if self.size > self._limit:
            self.overflow = True
        if self.overflow:
            self._kept = bytearray(b"\r\n")
        else:
            del self._kept[end + 2 :]
        return rest

    def discard(self) -> None:
        """Keep no more of this mail than it takes to see its end."""
        self.overflow = True
        del self._kept[: -(len(_END) - 1)]

    def content(self, first_line: bytes = b"") -> bytes:
        """The finished mail without its dot-stuffing, `first_line` put before it (RFC 5321 section
        4.5.2)."""
        if b"\r\n." in self._kept:
            return first_line + self._kept.replace(b"\r\n.", b"\r\n")[2:]
        return b"".join((first_line, memoryview(self._kept)[2:]))


class BareNewline(Enum):
    """What to do with a mail that has a CR or LF outside CRLF."""

    REJECT = "reject"
    NORMALISE = "normalise"


def has_bare_newline(content: bytes) -> bool:
    """Whether a CR or LF stands outside CRLF (RFC 5321 section 2.3.8)."""
    pairs = content.count(b"\r\n")
    return content.count(b"\r") != pairs or content.count(b"\n") != pairs


def normalised(content: bytes) -> bytes:
    """`content` with every bare CR or LF made CRLF."""
    return _BARE.sub(b"\r\n", content)


def stuffed(content: bytes) -> bytes:
    """`content` as it goes over the wire, SMTP or POP3: dots stuffed, ended by CRLF "." CRLF."""
    if content.startswith(b"."):
        content = b"." + content
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    return content + (b".\r\n" if content.endswith(b"\r\n") or not content else b"\r\n.\r\n")
