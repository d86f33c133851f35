"""What becomes of each part of a mail or file: the values, and their words from schemas/parts.toml.

A part holds EDIFACT, or is named with the reason why it does not, or why nobody can tell.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from edigate.findings import Finding, Texts, finding
from edigate.resources import closed, schema, texts_of, toml

# Service segments open with a separator, which is neither letter nor digit. UNH first is an
# interchange without its envelope: nothing that can be read, and something its sender has to hear
# about.
_AT_START = re.compile(rb"(?:\xef\xbb\xbf)?[\s\x00\x1a]*UN[ABH][^A-Za-z0-9\s]")

SEALED = "sealed"
_SECTIONS = ("nothing", "own", "opened", "undone", SEALED)
_RULES = {
    "encoding": "MAIL-01",
    "not-edifact": "MAIL-02",
    "utf-16": "MAIL-03",
    SEALED: "MAIL-04",
    "broken-archive": "MAIL-05",
    "too-large": "MAIL-06",
    "too-deep": "MAIL-07",
}
NOT_CHECKED_RULE = _RULES[SEALED]
"""The rule of what cannot be opened: not checked, may hold an invoice."""


class Fate(StrEnum):
    """What became of a part."""

    EDIFACT = "edifact"
    UNREADABLE = "unreadable"
    NOT_CHECKED = "not-checked"
    OPENED = "opened"
    OWN = "own"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class EdiPart:
    """A part that holds EDIFACT, or claims to, or may hold it.

    content: the part's decoded bytes; from the start of the interchange on, where text stands
    before it. path: number of the MIME part (`2`, `1.3`), with `:n` for the n-th file of a
    container. problem: "" when it can be read; else `encoding` (transfer encoding broken),
    `not-edifact` (declared as EDIFACT by type or name, and is not), `utf-16` (broken), `sealed`
    (cannot be opened: `kind` says why), `broken-archive`, `too-large` (unpacked), `too-deep` (more
    nested or more parts than are looked at). undone: how it stood in the mail, where that is no way
    to send EDIFACT (`markup`, `quoted` ...).
    """

    path: str
    file_name: str
    content_type: str
    content: bytes
    problem: str = ""
    kind: str = ""
    undone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A part that was looked into. reason: a key of schemas/parts.toml in the section that `fate`
    names."""

    path: str
    name: str
    content_type: str
    fate: Fate
    reason: str = ""
    edi: EdiPart | None = None

    @property
    def said(self) -> Texts:
        """What became of it, for people."""
        return _said(self)


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[str, Texts]]]:
    """Section, key and what is said: `said`, for sealed files `reason` and `cure`. Raises:
    Misconfigured."""
    path = schema("parts.toml")
    tables = toml(path)
    closed(tables, _SECTIONS, path.name, optional=())
    return {
        section: {key: _entry(section, key, entry) for key, entry in tables[section].items()}
        for section in tables
    }


def _entry(section: str, key: str, entry: Mapping[str, object]) -> Mapping[str, Texts]:
    where = f"parts.toml, {section}.{key}"
    if section != SEALED:
        return {"said": Texts(*texts_of(entry, where))}
    closed(entry, ("reason", "cure"), where, optional=())
    return {name: Texts(*texts_of(texts, where)) for name, texts in entry.items()}


def kinds(section: str) -> tuple[str, ...]:
    """The keys of a section of schemas/parts.toml: `nothing`, `own`, `opened`, `undone`,
    `sealed`."""
    return tuple(_words()[section])


def _said(part: Part) -> Texts:
    if part.fate is Fate.EDIFACT:
        how = _how(part.edi.undone) if part.edi else None
        return (
            Texts(f"EDIFACT, {how.de}", f"EDIFACT, {how.en}")
            if how
            else Texts("EDIFACT", "EDIFACT")
        )
    if part.edi is not None:
        return unreadable(part.edi).message
    said = _words()[part.fate.value][part.reason]["said"]
    if part.fate is Fate.NOTHING:
        return Texts(f"nichts zu prüfen: {said.de}", f"nothing to check here: {said.en}")
    return said


def _how(undone: tuple[str, ...]) -> Texts | None:
    """How EDIFACT stood in a mail, in words; None where it was a file of its own."""
    if not undone:
        return None
    said = [_words()["undone"][u]["said"] for u in undone]
    return Texts(
        *(
            ", ".join(dict.fromkeys(s.in_language(language) for s in said))
            for language in ("de", "en")
        )
    )


def unreadable(part: EdiPart) -> Finding:
    """The finding that says why a part with a problem cannot be read. Raises: KeyError when it has
    none."""
    name = part.file_name or part.content_type
    if part.problem != SEALED:
        return finding(_RULES[part.problem], part=part.path, name=name)
    why = _words()[SEALED][part.kind]
    reason, cure = why["reason"], why["cure"]
    return finding(
        NOT_CHECKED_RULE,
        part=part.path,
        name=name,
        kind=part.kind,
        reason_de=reason.de,
        reason_en=reason.en,
        cure_de=cure.de,
        cure_en=cure.en,
    )


def notes(part: EdiPart) -> tuple[Finding, ...]:
    """What the invoices of a part have to say of how they came: a warning where it was no file of
    its own."""
    how = _how(part.undone)
    if how is None:
        return ()
    name = part.file_name or part.content_type
    return (finding("MAIL-08", part=part.path, name=name, how_de=how.de, how_en=how.en),)


def looks_like_edifact(beginning: bytes) -> bool:
    """Whether a file begins as an interchange does: UNA, UNB or UNH after an optional BOM and white
    space."""
    return _AT_START.match(beginning) is not None
