"""The input syntaxes edigate converts: a further one is a further entry here."""

from edigate.edifact.wing import EDIFACT
from edigate.source import AnySyntax

SYNTAXES: list[AnySyntax] = [EDIFACT]
"""Asked in this order. What none of them recognises is read by the first, which says what is wrong
with it."""

ENOUGH = 4096
"""Bytes of the beginning by which a syntax recognises its input."""


def recognised(beginning: bytes) -> AnySyntax:
    """The syntax an input is read by; beginning: its first `ENOUGH` bytes, if it has as many."""
    return next((s for s in SYNTAXES if s.recognises(beginning)), SYNTAXES[0])
