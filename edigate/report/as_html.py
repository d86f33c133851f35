"""Letters -> one HTML page that needs nothing from outside; every value is escaped by the template engine."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, StrictUndefined, Template

from edigate.report.blocks import Block, Letter
from edigate.report.words import glued
from edigate.resources import template


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
    return _page().render(
        letters=letters,
        title=title or (first.subject if first else "edigate"),
        language=first.language if first else "de",
        kinds=_kind,
    )
