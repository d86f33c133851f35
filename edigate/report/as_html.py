"""Letters -> one HTML page that needs nothing from outside; every value is escaped by the template
engine."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from jinja2 import Environment, StrictUndefined, Template

from edigate.report.blocks import Block, Letter
from edigate.report.sentences import NO_BREAK, glued
from edigate.resources import template

_PIECE = 1000
"""Pieces of the template engine that are written at once."""


@cache
def _page() -> Template:
    engine = Environment(autoescape=True, undefined=StrictUndefined)
    engine.filters["glued"] = glued
    return engine.from_string(template("letter.html").read_text("utf-8"))


def _kind(block: Block) -> str:
    return type(block).__name__


def html(letters: Sequence[Letter], title: str | None = None) -> str:
    """The page; its title is the first letter's subject unless given."""
    first = letters[0] if letters else None
    title = title or (first.subject if first else "edigate")
    return "".join(pieces(letters, title, first.language if first else "de"))


def pieces(letters: Iterable[Letter], title: str, language: str) -> Iterator[str]:
    """The page piece by piece, for more letters than fit into memory: each is asked for when it is
    its turn."""
    page = _page().stream(letters=letters, title=title, language=language, kinds=_kind)
    page.enable_buffering(_PIECE)
    # As an entity: a mail's text shows every character that is no plain one as its code point.
    yield from (piece.replace(NO_BREAK, "&nbsp;") for piece in page)
