"""What edigate says itself about an invoice, by language (`templates/invoice/<language>.toml`).

`origin`: how a value came about, for report and page. `finding`: words in findings. `text`: words
that go into the invoice where EN 16931 has only a place for text. A further language is a further
file.
"""

from collections.abc import Mapping
from functools import cache

from edigate.findings import Texts
from edigate.resources import closed, template, toml
from edigate.source import DEFAULT_LANGUAGE

"""The language of what edigate writes into an invoice, unless another one is asked for."""


@cache
def languages() -> tuple[str, ...]:
    """The languages there are files for."""
    return tuple(sorted(path.stem for path in template("invoice").glob("*.toml")))


@cache
def phrases(language: str) -> Mapping[str, Mapping[str, str]]:
    """The phrases of a language by kind and name. Raises: Misconfigured (SHIPPED-FILE)."""
    path = template("invoice") / f"{language}.toml"
    found = toml(path)
    closed(found, ("origin", "finding", "text"), path.name, optional=())
    return found


@cache
def how(name: str, kind: str = "origin") -> Texts:
    """A phrase in both languages of the reports, where nothing is to be filled in."""
    return Texts(phrases("de")[kind][name], phrases("en")[kind][name])


def how_with(name: str, /, **values: object) -> Texts:
    """How a value came about; what is filled in may be texts of its own."""
    return Texts(*(_filled(how(name), values, language) for language in ("de", "en")))


def _filled(text: Texts, values: Mapping[str, object], language: str) -> str:
    said = {n: v.in_language(language) if isinstance(v, Texts) else v for n, v in values.items()}
    return text.in_language(language).format(**said)


def written(language: str, name: str, /, **values: object) -> str:
    """What edigate writes into the invoice; in the default language where the one asked for has no
    file."""
    known = language if language in languages() else DEFAULT_LANGUAGE
    text = phrases(known)["text"][name]
    return text.format(**values) if values else text


def has(name: str) -> bool:
    """Whether there are such words for the invoice."""
    return name in phrases(DEFAULT_LANGUAGE)["text"]
