"""Words of an invoice -> which legal statement they make. The words are data in
`schemas/law/*/wordings.toml`.

Compared are letters and digits only: case, blanks, punctuation and line ends inside a phrase do not
matter (EDIFACT cuts texts at 35 or 70 characters), nor whether umlauts are written out, because
UNOA and UNOB have none. This module must not know where a text came from.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from edigate.resources import closed, schemas, toml

_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_KEPT = "§="  # they carry meaning: "§ 19 UStG", "Lieferdatum = Rechnungsdatum"
LONGEST = 16_384
"""Characters of one text that are judged; an FTX segment holds at most 2,560, and the law's
statements are short."""
_LANGUAGES = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu"),
    *("it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv"),
)
"""The official languages of the European Union: the law accepts its words in each of them."""
_BETWEEN = "|"  # keeps two texts from forming a phrase together


_DROPPED = re.compile(rf"(?:[^\w{_KEPT}]|_)+")
_LONG_RUN = re.compile(rf"([^\w{_KEPT}]{{8}})[^\w{_KEPT}]+")


def _letters(text: str) -> str:
    if not text.isascii():
        # Ordering a long run of combining marks costs its square, so runs are cut before.
        text = unicodedata.normalize("NFKD", _LONG_RUN.sub(r"\1", text))
    return _DROPPED.sub("", text)


def written_out(text: str) -> str:
    """`text` for comparison, umlauts as two letters: `Leistungs-Empfänger` ->
    `leistungsempfaenger`."""
    return _letters(umlauts_written_out(text.casefold()))


def umlauts_written_out(folded: str) -> str:
    """Small letters with umlauts as two: `ä` -> `ae`; everything else as it is."""
    return folded.translate(_WRITTEN_OUT)


def _plain(text: str) -> str:
    return _letters(text.casefold())


@cache
def phrases(statement: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The phrases of a statement as letters: with umlauts written out, and with umlauts as plain
    vowels."""
    entries = _entries()[statement]
    found = [phrase for language in entries.values() for phrase in language]
    return tuple(written_out(p) for p in found), tuple(_plain(p) for p in found)


def statements() -> tuple[str, ...]:
    """Every statement the data file knows words for."""
    return tuple(_entries())


@cache
def _entries() -> Mapping[str, Mapping[str, list[str]]]:
    """Statement -> language -> phrases, of every country's file; files add to each other's
    statements."""
    found: dict[str, dict[str, list[str]]] = {}
    for file in schemas("law/*/wordings.toml"):
        for statement, languages in toml(file).items():
            closed(languages, _LANGUAGES, f"{file.parent.name}/{file.name}, {statement}")
            said = found.setdefault(statement, {})
            for language, phrases_of_it in languages.items():
                said[language] = said.get(language, []) + phrases_of_it
    return found


class Wording:
    """All texts of one invoice, ready to be asked what they say."""

    def __init__(self, texts: Iterable[str]) -> None:
        kept = [t[:LONGEST] for t in dict.fromkeys(texts) if t]
        self._written_out = _BETWEEN.join(written_out(t) for t in kept)
        self._plain = _BETWEEN.join(_plain(t) for t in kept)
        self._said: dict[str, bool] = {}

    def says(self, statement: str) -> bool:
        """Whether any phrase of the statement (a table of `wordings.toml`) occurs in the texts."""
        answer = self._said.get(statement)
        if answer is None:
            long, short = phrases(statement)
            answer = any(p in self._written_out for p in long) or any(
                p in self._plain for p in short
            )
            self._said[statement] = answer
        return answer


def is_exactly(statement: str, text: str) -> bool:
    """Whether `text` as a whole is one of the phrases of the statement."""
    return written_out(text) in phrases(statement)[0]
