"""Words of an invoice -> which legal statement they make. The words are data in `schemas/wordings.toml`.

Compared are letters and digits only: case, blanks, punctuation and line ends inside a phrase do not matter (EDIFACT
cuts texts at 35 or 70 characters), nor whether umlauts are written out, because UNOA and UNOB have none.
This module must not know where a text came from.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache

from edigate.resources import schema

_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_KEPT = "§="  # they carry meaning: "§ 19 UStG", "Lieferdatum = Rechnungsdatum"
_BETWEEN = "|"  # keeps two texts from forming a phrase together


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if c.isalnum() or c in _KEPT)


def written_out(text: str) -> str:
    """`text` for comparison, umlauts as two letters: `Leistungs-Empfänger` -> `leistungsempfaenger`."""
    return _letters(text.casefold().translate(_WRITTEN_OUT))


def _plain(text: str) -> str:
    return _letters(text.casefold())


@cache
def _phrases(statement: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    entries = tomllib.loads(schema("wordings.toml").read_text("utf-8"))[statement]
    phrases = [phrase for language in entries.values() for phrase in language]
    return tuple(written_out(p) for p in phrases), tuple(_plain(p) for p in phrases)


def statements() -> tuple[str, ...]:
    """Every statement the data file knows words for."""
    return tuple(tomllib.loads(schema("wordings.toml").read_text("utf-8")))


class Wording:
    """All texts of one invoice, ready to be asked what they say."""

    def __init__(self, texts: Iterable[str]) -> None:
        kept = [t for t in dict.fromkeys(texts) if t]
        self._written_out = _BETWEEN.join(written_out(t) for t in kept)
        self._plain = _BETWEEN.join(_plain(t) for t in kept)
        self._said: dict[str, bool] = {}

    def says(self, statement: str) -> bool:
        """Whether any phrase of the statement (a table of `schemas/wordings.toml`) occurs in the texts."""
        answer = self._said.get(statement)
        if answer is None:
            long, short = _phrases(statement)
            answer = any(p in self._written_out for p in long) or any(p in self._plain for p in short)
            self._said[statement] = answer
        return answer


def is_exactly(statement: str, text: str) -> bool:
    """Whether `text` as a whole is one of the phrases of the statement."""
    return written_out(text) in _phrases(statement)[0]


# Words that turn a statement into its opposite or into a condition: `keine Steuerschuldnerschaft ...`, `bei Ausfuhr`.
_DENYING_TEXT = "kein keine keiner keinen keines nicht bei falls fall falle faellen sofern wenn no not if case cases"
_DENYING = frozenset(_DENYING_TEXT.split())
_LINKING_TEXT = "der die das den dem des ein eine einer eines einem einen unter als von a an the of to subject any"
_LINKING = frozenset(_LINKING_TEXT.split())
_DENIED = re.compile(
    r"\b(nicht\s(anwendbar|anzuwenden|angewendet|vor|gegeben|zu|ein)|gilt\s(hier\s)?nicht|keine\sanwendung|entfaellt"
    r"|not\sappl\w*|does\snot|do\snot)\b"
)
_ADDRESS = re.compile(r"\S+@\S+|\bwww\.\S+|\bhttps?:\S+")
_CLAUSE = re.compile(r"[.,;:!?]\s|\s[-–]\s|$")


def affirms(text: str, statement: str) -> bool:
    """Whether one text makes a statement as its own: the phrase begins a word, is neither denied nor a condition.

    Stricter than `Wording.says`, for what follows from words alone: `Neulieferung` is no `EU-Lieferung`, and `Bei
    Ausfuhrlieferungen ...` does not say that this is one.
    """
    if not Wording([text]).says(statement):
        return False
    long, short = _phrases(statement)
    folded = _ADDRESS.sub("", text.casefold())  # export@... is a department
    spoken = {folded.translate(_WRITTEN_OUT): long, folded: (*long, *short)}
    return any(
        _stands(words, found)
        for words, phrases in spoken.items()
        for p in phrases
        for found in _spelt(p).finditer(words)
    )


@cache
def _spelt(phrase: str) -> re.Pattern[str]:
    """The letters of a phrase from the beginning of a word on, whatever stands between them."""
    last = r"(?!\d)" if phrase[-1].isdigit() else ""
    return re.compile(r"(?<!\w)" + r"[^\w§=]*".join(re.escape(c) for c in phrase) + last)


def _stands(words: str, found: re.Match[str]) -> bool:
    before = re.findall(r"\w+", words[max(0, found.start() - 60) : found.start()])
    while before and before[-1] in _LINKING:
        before.pop()
    if before and before[-1] in _DENYING:
        return False
    rest = words[found.end() : found.end() + 60]
    clause = _CLAUSE.search(rest)
    return _DENIED.search(rest[: clause.start()] if clause else rest) is None
