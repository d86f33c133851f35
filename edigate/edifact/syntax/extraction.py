"""One message of an interchange -> an interchange of its own, made of the bytes that were received.

Only what the interchange counted is written anew: UNE and UNZ with counts of 1. Must not decode or
repair anything.
"""

import re

from edigate.edifact.syntax.folds import LINE, smooth
from edigate.edifact.syntax.grammar import Grammar, grammar, raw_elements
from edigate.edifact.syntax.segments import Interchange, Message, Segment
from edigate.slices import Bytes

_FIRST_BREAK = re.compile(rb"\r\n|\r|\n")
_LONGEST_LINE = 4096


def single_message(data: Bytes, interchange: Interchange, message: Message) -> bytes:
    """The interchange exactly as received when it holds one message, else UNA + UNB (+ UNG) + the
    message's exact bytes (+ packages) (+ UNE) + UNZ with counts of 1. What stands for an
    interchange as a whole is that.

    Where lines were broken inside segments, blanks put the message where it stood in its line, so
    that the breaks are understood as they were. data: the input that `interchange` was read from.
    """
    if message.number == 0 or (len(interchange.units()) == 1 and interchange.complete):
        return _in_its_line(data, interchange, (interchange.start, interchange.end))
    rules = grammar(interchange.service)
    header = interchange.header
    line = b"" if interchange.fold else _line_end(data, header.end, rules)
    service = interchange.service
    una = smooth(data[interchange.start : header.start], interchange.fold)[:9]
    if not interchange.service_given:
        signs = (
            service.component,
            service.element,
            service.decimal,
            service.release or " ",
            service.repetition or " ",
        )
        una = b"UNA" + "".join(signs).encode("ascii") + rules.terminator
    before = [una, _bytes(data, interchange, header)]
    after = []
    if message.group is not None:
        before.append(_bytes(data, interchange, message.group.header))
    for package in message.packages:
        end = package.trailer.end if package.trailer else package.end
        after.append(smooth(data[package.header.start : end], interchange.fold))
    if message.group is not None:
        after.append(_trailer(b"UNE", _element(before[-1], 5, rules), rules))
    after.append(_trailer(b"UNZ", _element(before[1], 5, rules), rules))
    lead, tail = line.join((*before, b"")), line.join((b"", *after)) + line
    return _in_its_line(data, interchange, (message.start, message.end), lead, tail)


def _in_its_line(
    data: Bytes,
    interchange: Interchange,
    span: tuple[int, int],
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """Received bytes between others, with their line breaks in the columns where they were
    received."""
    start, end = span
    raw, sign = data[start:end], interchange.fold
    if sign and sign in raw:
        if start == 0:
            return raw
        pad = (1 - len(before) - raw.index(sign)) % (LINE - 1)
        return _folded(before + b" " * pad + smooth(raw, sign) + after, sign)
    first = _FIRST_BREAK.search(raw) if before and not sign else None
    if (
        first is None
        or before.endswith((b"\r", b"\n"))
        or _ends_a_segment(raw[: first.start()], interchange)
    ):
        return before + raw + after
    column = _column(data, start)
    return before + (first[0] + b" " * column if column else b"") + raw + after


def _folded(text: bytes, sign: bytes) -> bytes:
    """The text as a mail server folds it."""
    places = range(LINE, len(text), LINE - 1)
    return sign.join(text[a:b] for a, b in zip((0, *places), (*places, len(text)), strict=True))


def _ends_a_segment(raw: bytes, interchange: Interchange) -> bool:
    rules = grammar(interchange.service)
    return raw.rstrip(rules.padding).endswith(rules.terminator)


def _column(data: Bytes, start: int) -> int:
    """How many bytes stand before `start` on its line, as far as lines are wrapped at all."""
    before = data[max(0, start - _LONGEST_LINE) : start]
    return len(before) - 1 - max(before.rfind(b"\n"), before.rfind(b"\r"))


def _bytes(data: Bytes, interchange: Interchange, segment: Segment) -> bytes:
    return smooth(data[segment.start : segment.end], interchange.fold)


def _element(segment: bytes, number: int, rules: Grammar) -> bytes:
    """A data element of a segment as received, still released."""
    elements = raw_elements(segment[:-1], rules)
    return elements[number] if number < len(elements) else b""


def _trailer(tag: bytes, reference: bytes, rules: Grammar) -> bytes:
    separator = rules.service.element.encode("ascii")
    return separator.join((tag, b"1", reference)) + rules.terminator


def _line_end(data: Bytes, at: int, rules: Grammar) -> bytes:
    """The line end that this sender puts between segments, if any."""
    following = data[at : at + 2]
    if len(rules.line_ends) == 2 and following == b"\r\n":
        return following
    return following[:1] if following[:1] and following[:1] in rules.line_ends else b""
