"""The bytes of one input -> Transmission: every interchange and message it holds, every byte accounted for.

This is the first reader of the house; `second` holds it against another. Must not know invoices, mails or files.
"""

from collections.abc import Mapping, Set
from dataclasses import replace

from edigate.edifact.limits import Limits
from edigate.edifact.segments import Interchange, Message, Transmission
from edigate.edifact.stream import Closed, Finished, events
from edigate.edifact.window import Window

__all__ = ["Limits", "read"]


def read(
    data: bytes,
    limits: Limits | None = None,
    *,
    only: Set[str] | None = None,
    charsets: Mapping[str, str] | None = None,
) -> Transmission:
    """Read everything in `data` (ISO 9735 syntax versions 1 to 4). Never raises for what the bytes are.

    only: message types whose segments are wanted (None: all); of others only UNH and UNT are taken apart, their
    counts and references are checked all the same. charsets: UNB sender id -> Python codec, where a partner is known
    to send another charset than UNB says.
    Raises: Misconfigured for a codec that does not exist.
    """
    interchanges: list[Interchange] = []
    messages: list[Message] = []
    for event in events(Window(data), limits or Limits(), only=only, charsets=charsets):
        if isinstance(event, Message):
            messages.append(event)
        elif isinstance(event, Closed):
            interchanges.append(replace(event.interchange, messages=tuple(messages)))
            messages = []
        elif isinstance(event, Finished):
            return Transmission(tuple(interchanges), event.findings, event.readable, event.leftovers)
    raise AssertionError("events() ends with Finished")
