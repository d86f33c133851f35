"""What an invoice says it read stands in the segments it names: letter by letter, number by
number."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from edigate.edifact.invoic.record.notations import days, german_day, number
from edigate.edifact.syntax.segments import Message
from edigate.invoice.model import Attachment, Identifier
from edigate.invoice.origin import OriginKind
from edigate.invoice.terms import Value, walk
from edigate.source import Mapped

_SIGNS = re.compile(r"[\W_]+")


def misread(result: Mapped, message: Message, mark: str = "") -> list[tuple[str, Value, list[str]]]:
    """Terms whose origin is a segment that does not say them: path, value, and what the segments
    say.

    mark: the partner's declared decimal mark.
    """
    wrong: list[tuple[str, Value, list[str]]] = []
    for path, _, value in walk(result.invoice):
        origin = result.origins.get(path)
        if origin is None or origin.kind is not OriginKind.SEGMENT or isinstance(value, Attachment):
            continue
        said = list(_components(message, [place.index for place in origin.places]))
        if not _stands(value.value if isinstance(value, Identifier) else value, said, mark):
            wrong.append((path, value, said))
    return wrong


def _components(message: Message, indices: list[int]) -> Iterator[str]:
    for index in indices:
        if index > 0:
            segment = message.segments[index - 1]
            for element in range(1, len(segment.elements) + 1):
                for occurrence in segment.occurrences(element):
                    yield from occurrence


def _stands(value: object, said: list[str], mark: str) -> bool:
    if isinstance(value, Decimal):
        numbers = (number(text.strip().rstrip("% "), mark) for text in said)
        return any(n is not None and abs(n) == abs(value) for n in numbers)
    if isinstance(value, date):
        layouts = [
            "102",
            *(text for text in said if len(text) == 3),
        ]  # 102 where the message names none
        spans = {
            day: text for text in said for layout in layouts for day in days(text, layout) or ()
        }
        local = {german_day(text, day) for day, text in spans.items()}
        # the end of a period may be the midnight after its last day
        return value in spans or value in local or value + timedelta(1) in local
    whole = _flat("".join(said))
    return all(_flat(word) in whole for word in str(value).split())


def _flat(text: str) -> str:
    return _SIGNS.sub("", text.casefold())


def unseen(result: Mapped, message: Message) -> list[tuple[str, str]]:
    """Values of a message that neither a term nor the annex shows, though the account is closed:
    segment and value.

    Values of up to three characters are codes and qualifiers; numbers and dates may be shown in
    another notation.
    """
    terms = [value for _, _, value in walk(result.invoice)]
    shown = [
        str(v.value) + (v.scheme or "") if isinstance(v, Identifier) else str(v) for v in terms
    ]
    whole = _flat("".join([*shown, *(entry.value for entry in result.annex)]))
    numbers = {abs(v) for v in terms if isinstance(v, Decimal)}
    dates = {v for v in terms if isinstance(v, date)} | {fact.date for fact in result.facts.dates}
    hidden = []
    for segment in message.segments[1:-1]:
        for text in _components(message, [segment.position]):
            in_words = all(_flat(word) in whole for word in text.split())
            count = number(text)
            as_number = count is not None and abs(count) in numbers
            if (
                len(text.strip()) > 3
                and not in_words
                and not as_number
                and not dates & _dates(text)
            ):
                hidden.append((segment.text, text))
    return hidden


def _dates(text: str) -> set[date]:
    """What a text means as a date, in any of the usual layouts, in UTC and in Germany."""
    spans = {day for layout in ("102", "203", "303", "718") for day in days(text, layout) or ()}
    return spans | {german_day(text, day) for day in spans}
