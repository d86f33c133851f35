"""Mails as files: .eml under any type, and mbox files with several mails. What they hold is walked
as mail."""

import re
from collections.abc import Iterator

from edigate.mail.containers.opening import Budget, Member, OpenedFile, Thing, TooLarge

_FIELDS = (
    rb"Received|Return-Path|Delivered-To|From|To|Cc|Date|Subject|Message-ID|MIME-Version|Content-Type"
    rb"|Content-Transfer-Encoding|Reply-To|Sender|X-[!-9;-~]{1,60}|DKIM-Signature|ARC-[A-Za-z-]{1,40}"
)
_HEADER = re.compile(
    rb"(?:From [^\r\n]*\r?\n)?(?i:" + _FIELDS + rb")[ \t]*:[^\r\n]*\r?\n"
    rb"(?:[ \t][^\r\n]*\r?\n)*(?:[!-9;-~]{1,80}[ \t]*:|\r?\n)"
)
_FROM = re.compile(rb"(?:\A|\n\r?\n)From [^\r\n]{1,200}\r?\n(?=[!-9;-~]{1,80}:)")


def looks_like_mail(content: bytes) -> bool:
    """Whether a file begins with two header fields, or one and an empty line, of those that mails
    have."""
    return _HEADER.match(content) is not None


def opened(thing: Thing, budget: Budget) -> OpenedFile | None:
    """A mail, or the mails of an mbox file."""
    content = thing.content
    if not looks_like_mail(content):
        return None
    if not content.startswith(b"From "):
        return OpenedFile("mail", (Member(thing.name, content),), mail=True, layer=False)
    return OpenedFile("mbox", _mails(content, budget), mail=True, layer=False)


def _mails(content: bytes, budget: Budget) -> Iterator[Member]:
    starts = [m.start() if m.start() == 0 else m.start() + 1 for m in _FROM.finditer(content)] or [
        0
    ]
    for start, end in zip(starts, [*starts[1:], len(content)], strict=True):
        try:
            budget.member()
            budget.take(end - start if len(starts) > 1 else 0)
        except TooLarge:
            yield Member("", b"", "too-large")
            return
        yield Member("", content[start:end].lstrip(b"\r\n"))
