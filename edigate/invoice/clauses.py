"""A text -> whether it makes a legal statement as its own: affirmed, denied, a condition, or only
mentioned.

A clause is read whole: what stands before and after the phrase in its sentence decides. The phrases
are data in `wordings.toml`, the words around them in `schemas/clauses.toml`. Time grows
with the length of the text, and no more than `LONGEST` characters are read. This module must not
know where a text came from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from itertools import islice

from edigate.invoice.wording import LONGEST, Wording, phrases, umlauts_written_out
from edigate.resources import schema, toml

_AROUND = 160
"""Characters of a sentence that are read on either side of a phrase."""

_MOST = 50
"""Places of one text where a phrase is weighed."""


class Stance(StrEnum):
    """How a text stands to a statement, from the strongest to the weakest."""

    AFFIRMED = "affirmed"
    MENTIONED = "mentioned"
    CONDITIONAL = "conditional"
    DENIED = "denied"
    ABSENT = "absent"


_WEAKER = (Stance.DENIED, Stance.CONDITIONAL)


@dataclass(frozen=True, slots=True)
class _Words:
    """The lists of `schemas/clauses.toml`."""

    denying: frozenset[str]
    conditional_before: frozenset[str]
    conditional: frozenset[str]
    asking: frozenset[str]
    class_of_supplies: frozenset[str]
    general_verbs: frozenset[str]
    this_supply: frozenset[str]
    linking: frozenset[str]
    of_others: frozenset[str]
    others: frozenset[str]
    others_after: frozenset[str]


@cache
def _words() -> _Words:
    lists = toml(schema("clauses.toml"))
    return _Words(**{field.name: frozenset(lists[field.name]) for field in fields(_Words)})


_DENIED_AFTER = re.compile(
    r"\b(nicht\s(anwendbar|anzuwenden|angewendet|angewandt|vor|gegeben|zu|ein|statt)|gilt\s(hier\s)?nicht"
    r"|keine\s(anwendung|geltung)|keinen\sgebrauch|entfaellt"
    r"|not\sappl\w*|does\snot|do\snot)\b"
)
_CONDITION_AFTER = re.compile(
    r"^[^,]{0,80},?\s(sofern|soweit|falls)\b"
    r"|^[^,]{0,80}\b(nur|only)\s(bei|beim|fuer|in|wenn|for|where|if|when)\b|^[^,]{0,80}\s(wenn|if)\b"
)
_ADJECTIVE = re.compile(r"\w{1,40}(lich|isch|ig)(e|er|es|en|em)")
_RENOUNCED = re.compile(r"\bverzicht\w{0,10}\sauf\s((die|der|den|das|des|anwendung)\s){0,4}$")
_RENOUNCING = re.compile(r"\bauf\s((die|der|den|das|des|anwendung)\s){0,4}$")
_ADDRESS = re.compile(r"(?<!\S)\S+@\S+|\bwww\.\S+|\bhttps?:\S+")
_SENTENCE = re.compile(r"[.!?;](?=\s+[A-ZÄÖÜ\"„“»])|[?!]")
_CLAUSE = re.compile(r"[.,;:!?]\s|\s[-–]\s")


def affirms(text: str, statement: str) -> bool:
    """Whether one text makes a statement as its own.

    Stricter than `Wording.says`, for what follows from words alone: `Neulieferung` is no
    `EU-Lieferung`, and `Bei Ausfuhrlieferungen ...` does not say that this is one.
    """
    return stance(text, statement) is Stance.AFFIRMED


def refuses(text: str, statement: str) -> bool:
    """Whether a text names a statement only to deny it or to make it a condition."""
    return stance(text, statement) in _WEAKER


def stance(text: str, statement: str) -> Stance:
    """How a text stands to a statement of `wordings.toml`; one sentence that affirms it is
    enough."""
    if not Wording([text]).says(statement):
        return Stance.ABSENT
    found = Stance.MENTIONED
    for said in islice(_stances(text[:LONGEST], statement), _MOST):
        if said is Stance.AFFIRMED:
            return said
        found = Stance.CONDITIONAL if Stance.CONDITIONAL in (found, said) else said
    return found


def _stances(text: str, statement: str) -> Iterator[Stance]:
    long, short = phrases(statement)
    for sentence in _sentences(_ADDRESS.sub("", text)):  # export@... is a department
        folded = sentence.casefold()
        spelt = umlauts_written_out(folded)
        spoken = {spelt: long, folded: (*long, *short)}
        for words, wanted in spoken.items():
            for phrase in wanted:
                for found in _spelt(phrase).finditer(words):
                    yield _stand(words, found)


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE.finditer(text):
        yield text[start : end.end()]
        start = end.end()
    yield text[start:]


@cache
def _spelt(phrase: str) -> re.Pattern[str]:
    """The letters of a phrase from the beginning of a word on, whatever stands between them."""
    last = r"(?!\d)" if phrase[-1].isdigit() else ""
    return re.compile(r"(?<!\w)" + r"[^\w§=]*".join(re.escape(c) for c in phrase) + last)


def _stand(words: str, found: re.Match[str]) -> Stance:
    before = umlauts_written_out(words[max(0, found.start() - _AROUND) : found.start()])
    after = umlauts_written_out(words[found.end() : found.end() + _AROUND])
    if _denied(before, after):
        return Stance.DENIED
    return Stance.CONDITIONAL if _conditional(before, after) else Stance.AFFIRMED


def _denied(before: str, after: str) -> bool:
    known, clause, rest = _words(), _last_clause(before), _first_clause(after)
    spoken = _without_linking(clause)
    if spoken and spoken[-1] in known.denying:
        return True
    if len(spoken) > 1 and _ADJECTIVE.fullmatch(spoken[-1]) and spoken[-2].startswith("kein"):
        return True
    renounced = _RENOUNCED.search(clause) or (_RENOUNCING.search(clause) and "verzicht" in rest)
    return bool(renounced or _DENIED_AFTER.search(rest))


def _without_linking(clause: str) -> list[str]:
    spoken: list[str] = re.findall(r"\w+", clause)
    while spoken and spoken[-1] in _words().linking:
        spoken.pop()
    return spoken


def _conditional(before: str, after: str) -> bool:
    known = _words()
    spoken = re.findall(r"\w+", before)
    clause = re.findall(r"\w+", _last_clause(before))
    if not known.conditional.isdisjoint(spoken) or " ".join(spoken[:2]) in known.asking:
        return True
    if not known.others.isdisjoint(clause) or _addressed(_first_clause(after)):
        return True
    return (
        _before_a_class(spoken, _last_clause(before)) or _CONDITION_AFTER.search(after) is not None
    )


def _addressed(after: str) -> bool:
    return " ".join(re.findall(r"\w+", after)[:2]) in _words().others_after


def _before_a_class(spoken: list[str], clause: str) -> bool:
    """`Bei Bauleistungen gilt X`, `bei X`: a standing condition, unless it is this very supply."""
    known = _words()
    nearest = _without_linking(clause)
    if nearest and (nearest[-1] in known.conditional_before or nearest[-1] in known.of_others):
        return True
    if (
        len(spoken) < 3
        or spoken[0] not in known.class_of_supplies
        or spoken[1] in known.this_supply
    ):
        return False
    return not known.general_verbs.isdisjoint(spoken[2:])


def _last_clause(before: str) -> str:
    ends = [found.end() for found in _CLAUSE.finditer(before)]
    return before[ends[-1] :] if ends else before


def _first_clause(after: str) -> str:
    found = _CLAUSE.search(after)
    return after[: found.start()] if found else after
