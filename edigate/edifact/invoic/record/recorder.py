"""What the sections write down while one message is mapped: origins, findings and facts.

Sections write here and never read: what one needs of another comes as an argument. Only the mapper
asks for the whole, at the end.
"""

from dataclasses import dataclass

from edigate.findings import Finding
from edigate.invoice.facts import AmountFact, DatedFact, ReferenceFact, TextFact
from edigate.invoice.origin import Origin


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything written down, in the order of writing.

    unknown_partners: (GLN, role) of parties neither message nor master data name.
    """

    origins: dict[str, Origin]
    findings: tuple[Finding, ...]
    dates: tuple[DatedFact, ...]
    texts: tuple[TextFact, ...]
    references: tuple[ReferenceFact, ...]
    amounts: tuple[AmountFact, ...]
    unknown_partners: tuple[tuple[str, str], ...]


class Recorder:
    """Takes down, and gives nothing back before `recorded`."""

    __slots__ = (
        "_amounts",
        "_dates",
        "_findings",
        "_origins",
        "_references",
        "_said",
        "_texts",
        "_unknown",
    )

    def __init__(self) -> None:
        self._origins: dict[str, Origin] = {}
        self._findings: list[Finding] = []
        self._said: set[tuple[str, str]] = set()
        self._dates: list[DatedFact] = []
        self._texts: list[TextFact] = []
        self._references: list[ReferenceFact] = []
        self._amounts: list[AmountFact] = []
        self._unknown: dict[str, str] = {}

    def origin(self, path: str, origin: Origin) -> None:
        """Where the term at `path` comes from; the last one written stands."""
        self._origins[path] = origin

    def no_origin(self, *paths: str) -> None:
        """These paths have no term after all."""
        for path in paths:
            self._origins.pop(path, None)

    def finding(self, found: Finding, once: str = "") -> None:
        """Something is wrong with the message. once: of findings of a rule with this mark only the
        first counts."""
        if once and (found.rule, once) in self._said:
            return
        self._said.add((found.rule, once))
        self._findings.append(found)

    def date(self, fact: DatedFact) -> None:
        """A date the law asks for."""
        self._dates.append(fact)

    def text(self, fact: TextFact) -> None:
        """A free or coded text."""
        self._texts.append(fact)

    def reference(self, fact: ReferenceFact) -> None:
        """A reference, whether or not a term takes it."""
        self._references.append(fact)

    def amount(self, fact: AmountFact) -> None:
        """An amount of the summary as its sender states it."""
        self._amounts.append(fact)

    def unknown_partner(self, gln: str, role: str) -> None:
        """A GLN nobody knows the name or address of, with the role it first stands in."""
        self._unknown.setdefault(gln, role)

    def recorded(self) -> Recorded:
        """Everything written down."""
        return Recorded(
            self._origins,
            tuple(self._findings),
            tuple(self._dates),
            tuple(self._texts),
            tuple(self._references),
            tuple(self._amounts),
            tuple(self._unknown.items()),
        )
