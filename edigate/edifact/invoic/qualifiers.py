"""What each qualifier of DTM, MOA, RFF, NAD, QTY, PRI, FTX and ALC is good for: the one table the
mapping asks.

A row of `schemas/mapping/qualifiers.tsv` gives a qualifier its words, its EN 16931 term, whether it
may be stated once only, its uses with their rank (`supply.1` is the best proof of the supply), the
kind of its fact, and where it hangs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from edigate.edifact.invoic.record import code_tables


@dataclass(frozen=True, slots=True)
class Qualifier:
    """One row. uses: name -> rank, 1 is the best; hangs: words that `tree` asks for; kind:
    `DatedFact.kind`."""

    tag: str
    code: str
    term: str
    unique: bool
    uses: Mapping[str, int]
    kind: str
    hangs: frozenset[str]


@cache
def every() -> tuple[Qualifier, ...]:
    """All rows, in the order of the table."""
    return tuple(
        Qualifier(
            tag=row["tag"],
            code=row["qualifier"],
            term=row["term"],
            unique=row["unique"] == "yes",
            uses={
                name: int(rank)
                for name, _, rank in (use.partition(".") for use in row["uses"].split())
            },
            kind=row["kind"],
            hangs=frozenset(row["hangs"].split()),
        )
        for row in code_tables.rows("qualifiers")
    )


@cache
def coded(tag: str, use: str) -> tuple[str, ...]:
    """The qualifiers of a tag that serve a use, the best first; KeyError for a use nobody has."""
    found = sorted((q.uses[use], q.code) for q in every() if q.tag == tag and use in q.uses)
    if not found:
        raise KeyError(f"{tag} {use}")
    return tuple(code for _, code in found)


@cache
def ranks(tag: str, use: str) -> Mapping[int, str]:
    """Rank -> qualifier of a use, for what comes in pairs."""
    return {q.uses[use]: q.code for q in every() if q.tag == tag and use in q.uses}


@cache
def kinds(tag: str, use: str) -> Mapping[str, str]:
    """Qualifier -> kind of fact for a use, the best first."""
    kind = {q.code: q.kind for q in every() if q.tag == tag}
    return {code: kind[code] for code in coded(tag, use)}


@cache
def hanging(tag: str, word: str) -> frozenset[str]:
    """The qualifiers of a tag that hang where `word` says; KeyError for a word nobody has."""
    found = frozenset(q.code for q in every() if q.tag == tag and word in q.hangs)
    if not found:
        raise KeyError(f"{tag} {word}")
    return found


@cache
def stated_once(tag: str) -> Mapping[str, tuple[str, ...]]:
    """Term -> qualifiers that state it and may not contradict themselves, in the order of the
    table."""
    found: dict[str, tuple[str, ...]] = {}
    for qualifier in every():
        if qualifier.tag == tag and qualifier.unique:
            found[qualifier.term] = (*found.get(qualifier.term, ()), qualifier.code)
    return found


@cache
def terms(tag: str, use: str) -> Mapping[str, str]:
    """Qualifier -> term for a use, the best first."""
    term = {q.code: q.term for q in every() if q.tag == tag}
    return {code: term[code] for code in coded(tag, use)}
