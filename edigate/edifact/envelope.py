"""One message of an interchange -> an interchange of its own, made of the bytes that were received.

Only what the interchange counted is written anew: UNE and UNZ with counts of 1. Must not decode or repair anything.
"""

from typing import Protocol

from edigate.edifact.grammar import Grammar, grammar, raw_elements
from edigate.edifact.segments import Interchange, Message, Segment


class Bytes(Protocol):
    """Bytes that can be had by slices: `bytes` itself, or a large file that is not read as a whole."""

    def __getitem__(self, span: slice, /) -> bytes: ...

    def __len__(self) -> int: ...


def single_message(data: Bytes, interchange: Interchange, message: Message) -> bytes:
    """The interchange exactly as received when it holds one message, else UNA + UNB (+ UNG) + the message's exact
    bytes (+ packages) (+ UNE) + UNZ with counts of 1.

    data: the input that `interchange` was read from.
    """
    if len(interchange.messages) == 1 and interchange.complete:
        return data[interchange.start : interchange.end]
    rules = grammar(interchange.service)
    header = interchange.header
    line = _line_end(data, header.end, rules)
    service = interchange.service
    una = data[interchange.start : interchange.start + 9]
    if not interchange.service_given:
        signs = (service.component, service.element, service.decimal, service.release or " ", service.repetition or " ")
        una = b"UNA" + "".join(signs).encode("ascii") + rules.terminator
    parts = [una, data[header.start : header.end]]
    if message.group is not None:
        parts.append(_bytes(data, message.group.header))
    parts.append(data[message.start : message.end])
    for package in message.packages:
        end = package.trailer.end if package.trailer else package.end
        parts.append(data[package.header.start : end])
    if message.group is not None:
        parts.append(_trailer(b"UNE", _element(data, message.group.header, 5, rules), rules))
    parts.append(_trailer(b"UNZ", _element(data, header, 5, rules), rules))
    return line.join(parts) + line


def _bytes(data: Bytes, segment: Segment) -> bytes:
    return data[segment.start : segment.end]


def _element(data: Bytes, segment: Segment, number: int, rules: Grammar) -> bytes:
    """A data element of a segment as received, still released."""
    elements = raw_elements(data[segment.start : segment.end - 1], rules)
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
