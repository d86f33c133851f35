"""What the texts of a message say about a supply without tax -> the VAT category they prove, and
the reason (BT-120).

Codes agreed by GS1 Germany (FTX+REG+1+LES) and the words the law asks for are evidence; a country
or an empty field is none. Where the texts say two different things they prove nothing. The words
are data (`schemas/law/*/wordings.toml`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from edigate.edifact.invoic.record.segment_tree import Node
from edigate.invoice.clauses import affirms, refuses
from edigate.invoice.wording import Wording

Spoken = tuple[str, Node]

# 5305 category -> the statement (`schemas/law/*/wordings.toml`) that gives its reason.
_STATEMENTS = {"AE": "reverse-charge", "K": "intra-community", "G": "export"}
# VATEX codes that stand for a category of their own (EN 16931, code list of BT-121).
_VATEX = {"VATEX-EU-AE": "AE", "VATEX-EU-IC": "K", "VATEX-EU-G": "G", "VATEX-EU-O": "O"}
_REASONS = {
    "E": ("small-business", "margin-scheme", "margin-hint", "exemption"),
    "O": ("exemption",),
    "G": ("export", "exemption"),
    "AE": ("reverse-charge",),
    "K": ("intra-community",),
}

# What a text on tax may speak of without giving this invoice a reason: denied, or as a condition.
_ON_TAX = (
    *dict.fromkeys(w for wanted in _REASONS.values() for w in wanted),
    "triangular",
    "farmer",
)


@dataclass(slots=True)
class TaxTexts:
    """Texts on tax (FTX+TXD, AGM, BAQ, 2E, REG), all other ones, and coded ones by category."""

    on_tax: list[Spoken] = field(default_factory=list)
    others: list[Spoken] = field(default_factory=list)
    coded: dict[str, Spoken] = field(default_factory=dict)

    def proofs(self, category: str | None, used: frozenset[str]) -> list[tuple[str, Node]]:
        """Categories that codes and texts prove for a rate of 0 the sender calls `category` (S, E,
        Z, O or nothing).

        used: the categories the message itself states somewhere; E beside a stated AE means another
        exemption.
        """
        vague = category in ("E", "O", "Z")
        if category == "Z" and self._first("zero-rate") is not None:
            return []
        found = self._coded_or_on_tax()
        if not found and vague and not self._another_reason():
            found = _first_of_each(self.others)
        if not found and category in (None, "S", "Z"):
            found = self._zero_or_exempt()
        return [
            (c, node) for c, node in found.items() if not vague or c == category or c not in used
        ]

    @property
    def _all(self) -> tuple[Spoken, ...]:
        return (*self.on_tax, *self.others)

    def _first(self, statement: str) -> Node | None:
        """The first text that makes a statement."""
        return next((node for words, node in self._all if says(words, statement)), None)

    def _coded_or_on_tax(self) -> dict[str, Node]:
        """Categories by the texts on tax, those of codes first."""
        found = {c: node for c, (_, node) in self.coded.items()}
        for c, node in _first_of_each(self.on_tax).items():
            found.setdefault(c, node)
        return found

    def _zero_or_exempt(self) -> dict[str, Node]:
        """Rate zero (Z) or an exemption (E), by the last text that says so."""
        found: dict[str, Node] = {}
        for words, node in self._all:
            if says(words, "zero-rate"):
                found["Z"] = node
            if exempts(words):
                found["E"] = node
        return found

    def without_tax(self) -> list[tuple[str, Node]]:
        """Categories proven for an invoice that holds no TAX segment at all: as above, or an
        exemption (E)."""
        found = self.proofs("E", frozenset())
        exempt = [node for words, node in self._all if exempts(words)]
        return found or ([("E", exempt[0])] if exempt else [])

    def reasons(self, category: str, used: frozenset[str]) -> list[Spoken]:
        """The texts that give the reason for a category, the best kind only.

        used: the categories the message states; a text that names no category is the reason of E
        where E is one of several (the others have a code of their own).
        """
        own = self._own(category)
        if own:
            return own
        if category in self.coded or (category != "E" and "E" in used):
            return []
        fitting = [s for s in self.on_tax if not _of_another(s, category)]
        neutral = [s for s in fitting if not _refuses(s, _ON_TAX)]
        if neutral:
            return neutral
        wanted = _REASONS.get(category, ())
        meant = (s for s in self.others if _affirms_one(s, wanted))
        return [s for s in meant if not _of_another(s, category)][:1]

    def _own(self, category: str) -> list[Spoken]:
        """Texts on tax with a code of the category, then those whose words give its reason."""
        wanted = _REASONS.get(category, ())
        coded = [s for s in self.on_tax if _coded_category(s) == category]
        uncoded = [s for s in self.on_tax if _coded_category(s) is None]
        return coded + [
            s
            for s in uncoded
            if _speaks_for(s, wanted) and not _refuses(s, wanted) and not _of_another(s, category)
        ]

    def _another_reason(self) -> bool:
        """Whether a text gives a reason of its own for an exemption that is none of AE, K and G."""
        return any(
            any(says(words, w) for w in _REASONS["E"]) and not _said((words, node))
            for words, node in self.others
        )


def says(words: str, statement: str) -> bool:
    """Whether a text makes a statement."""
    return Wording([words]).says(statement)


def _speaks_for(spoken: Spoken, statements: Iterable[str]) -> bool:
    return any(says(spoken[0], s) for s in statements)


def _refuses(spoken: Spoken, statements: Iterable[str]) -> bool:
    """Whether a text speaks of the reasons only to deny them or to make them a condition: no reason
    of this invoice."""
    return not _affirms_one(spoken, statements) and any(refuses(spoken[0], s) for s in statements)


def _affirms_one(spoken: Spoken, statements: Iterable[str]) -> bool:
    return any(affirms(spoken[0], s) for s in statements)


def _first_of_each(texts: Iterable[Spoken]) -> dict[str, Node]:
    """The first text that names each category."""
    found: dict[str, Node] = {}
    for spoken in texts:
        for category in _said(spoken):
            found.setdefault(category, spoken[1])
    return found


def _coded_category(spoken: Spoken) -> str | None:
    """The category a reason code (BT-121, C107 4441) belongs to; every code without a category of
    its own is E."""
    code = spoken[1].peek(3, 1).upper() if spoken[1].tag == "FTX" else ""
    return _VATEX.get(code, "E") if code.startswith("VATEX-") else None


def exempts(words: str) -> bool:
    """Whether a text names an exemption that is none of AE, K and G: § 19, § 4 Nr. 8 to 29, § 25, §
    25a UStG."""
    if says(words, "no-small-business"):
        return False
    return any(affirms(words, s) for s in ("small-business", "margin-scheme", "named-exemption"))


def gives_reason(words: str, node: Node, category: str | None) -> bool:
    """Whether a text says why a supply of the category bears no tax."""
    spoken = (words, node)
    wanted = _REASONS.get(category or "", ())
    return (
        _speaks_for(spoken, wanted)
        and not _refuses(spoken, wanted)
        and not _of_another(spoken, category or "")
    )


def _said(spoken: Spoken) -> Iterable[str]:
    coded = _coded_category(spoken)
    if coded is not None:
        return [coded] if coded in _STATEMENTS else []
    return [c for c, statement in _STATEMENTS.items() if affirms(spoken[0], statement)]


def _of_another(spoken: Spoken, category: str) -> bool:
    coded = _coded_category(spoken)
    if coded is not None:
        return coded != category
    said = _said(spoken)
    return bool(said) and category not in said
