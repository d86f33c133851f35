"""The bytes of one input -> Transmission: every interchange and message it holds, every byte
accounted for.

This is the first reader of the house; `second` holds it against another. Must not know invoices,
mails or files.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from io import BytesIO

from edigate.edifact.syntax.folds import folds_in, unfolded
from edigate.edifact.syntax.limits import Limits
from edigate.edifact.syntax.segments import Interchange, Message, Transmission
from edigate.edifact.syntax.stream import Closed, Event, Finished, events
from edigate.edifact.syntax.window import Window

__all__ = ["Limits", "collected", "read", "with_units"]


def read(
    data: bytes,
    limits: Limits | None = None,
    *,
    only: Container[str] | None = None,
    charsets: Mapping[str, str] | None = None,
) -> Transmission:
    """Read everything in `data` (ISO 9735 syntax versions 1 to 4). Never raises for what the bytes
    are.

    only: message types whose segments are wanted (None: all); of others only UNH and UNT are taken
    apart, their counts and references are checked all the same. charsets: UNB sender id -> Python
    codec, where a partner is known to send another charset than UNB says. Raises: Misconfigured for
    a codec that does not exist.
    """
    folds = folds_in(BytesIO(data))
    window = Window(unfolded(data, folds) if folds.count else data)
    return collected(events(window, limits or Limits(), folds, only=only, charsets=charsets))


def collected(found: Iterable[Event]) -> Transmission:
    """What the events of one input amount to."""
    interchanges: list[Interchange] = []
    units: list[Message] = []
    for event in found:
        if isinstance(event, Message):
            units.append(event)
        elif isinstance(event, Closed):
            interchanges.append(with_units(event.interchange, units))
            units = []
        elif isinstance(event, Finished):
            return Transmission(
                tuple(interchanges), event.findings, event.readable, event.leftovers
            )
    raise AssertionError("events() ends with Finished")


def with_units(interchange: Interchange, units: Iterable[Message]) -> Interchange:
    """The interchange with what came before it in the stream: messages, and fragments of some."""
    held = tuple(units)
    return replace(
        interchange,
        messages=tuple(unit for unit in held if unit.number > 0),
        fragments=tuple(unit for unit in held if unit.number <= 0),
    )
