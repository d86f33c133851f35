"""Values and words as the readers of each language write them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache

from edigate import resources
from edigate.findings.kinds import Texts


class _Blank(dict[str, "_Shown"]):
    """Fields of a text that a finding gave no value for read as an ellipsis."""

    def __missing__(self, key: str) -> "_Shown":
        return _Shown("…", "")


class _Shown:
    """A value in the texts of one language; `{name:edi}` writes a number as EDIFACT has it, for
    example segments."""

    def __init__(self, value: object, language: str) -> None:
        self._value, self._language = value, language

    def __format__(self, spec: str) -> str:
        return printable(
            plain(self._value) if spec == "edi" else written(self._value, self._language)
        )


_WRITTEN_OUT = 40
"""Powers of ten up to which a number is written out; EDIFACT allows 35 digits."""


def written(value: object, language: str) -> str:
    """A value as the readers of `de` or `en` write it: `1.234,56` and `15.10.2026`, or `1,234.56`
    and `2026-10-15`."""
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _WRITTEN_OUT:
        shown = f"{value:,f}"
        return shown.translate(str.maketrans(",.", ".,")) if language == "de" else shown
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}" if language == "de" else f"{value:%Y-%m-%d}"
    return str(value)


def plain(value: object) -> str:
    """A value as it is, numbers without thousands and in full."""
    sane = isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _WRITTEN_OUT
    return f"{value:f}" if sane else str(value)


def printable(text: str) -> str:
    """`text` fit for one line anywhere: control characters, line ends and bidi controls shown as
    code points."""
    if text.isprintable():
        return text
    unseen = {c for c in set(text) if not c.isprintable()}
    if len(unseen) > _FEW:
        return text.translate({ord(c): _code_point(c) for c in unseen})
    for one in unseen:  # several times quicker than a table
        text = text.replace(one, _code_point(one))
    return text


_FEW = 8


def _code_point(character: str) -> str:
    return f"‹U+{ord(character):04X}›"


def _without_empty(text: str, given: Mapping[str, object]) -> str:
    """The text without the fields that are given as "", and the space before them: `invoice
    {number} lacks`."""
    for name, value in given.items():
        if value == "":
            text = text.replace(f" {{{name}}}", "")
    return text


def word(name: str) -> Texts:
    """Words of `schemas/words.toml`, which findings of many rules are put together from."""
    return _all_words()[name]


@cache
def _all_words() -> Mapping[str, Texts]:
    path = resources.schema("words.toml")
    entries = resources.toml(path).items()
    return {name: Texts(*resources.texts_of(e, f"{path.name}, {name}")) for name, e in entries}


def joined(parts: Sequence[Texts]) -> Texts:
    """`a`, `a und b`, `a, b und c` in each language."""

    def chain(words: list[str], last: str) -> str:
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"

    both = word("and")
    return Texts(chain([p.de for p in parts], both.de), chain([p.en for p in parts], both.en))


def filling(given: Mapping[str, object]) -> Callable[[Texts | None], Texts | None]:
    """What fills the fields of texts with the values given."""
    german, english = (
        _Blank({k: _Shown(v, language) for k, v in given.items()}) for language in ("de", "en")
    )

    def fill(texts: Texts | None) -> Texts | None:
        if texts is None:
            return None
        return Texts(
            _without_empty(texts.de, given).format_map(german),
            _without_empty(texts.en, given).format_map(english),
        )

    return fill


def filled(text: str, given: Mapping[str, object]) -> str:
    """A text of no language with the values given."""
    return text.format_map(_Blank({name: _Shown(value, "") for name, value in given.items()}))
