"""Findings -> the text a tenant sends to its trading partner, in German and English.

Whole sentences with nothing of ours in them: no rule ids, no document ids. Below each sentence
stands, for the partner's EDI people, the segment as they sent it and how it would be right. A rule
without a sentence for the partner is not the partner's to mend and is left out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edigate.checks.verdict import State
from edigate.findings import Finding, Place, Severity, catalogue
from edigate.report.blocks import Quote
from edigate.report.listing import title
from edigate.report.presentation import Identity, Verdict
from edigate.report.sentences import Sentences, short

_MOST = 10
_PLACES = 3
_LANGUAGES = ("de", "en")
MASTER_DATA = "MAP-04"
_MANNERS = {State.NOT_AN_INVOICE: "_no_invoice", State.TEST: "_test"}
_FOR_EXAMPLE = re.compile(r"\b(?:zum Beispiel|z\. B\.|for instance|for example|e\.g\.) ")
_WORKED_OUT = re.compile(r":edi\}|\{correct\}")
_SEGMENT = re.compile(r"\b[A-Z]{3}\+[^']*'")


@dataclass(frozen=True, slots=True)
class Asked:
    """What one document gives to ask its issuer. manner: of the sentences around it, "" for a held
    invoice."""

    identity: Identity
    findings: tuple[Finding, ...]
    reference: str
    message: str
    manner: str

    @classmethod
    def of(cls, verdict: Verdict, reference: str, own_ids: Sequence[str]) -> "Asked":
        """Of a verdict, without what is missing of the tenant's own GLNs. reference: of its
        interchange."""
        manner = _MANNERS.get(verdict.report.state, "")
        theirs = tuple(f for f in verdict.report.errors if not concerns_own(f, own_ids))
        return cls(verdict.identity, theirs, reference, verdict.reference, manner)


def concerns_own(finding: Finding, own_ids: Sequence[str]) -> bool:
    """Whether a finding asks for master data of the tenant itself."""
    return finding.rule == MASTER_DATA and dict(finding.values).get("gln") in own_ids


def about_document(asked: Asked, tenant: str) -> tuple[Quote, ...]:
    """The text about one document; nothing when no error is the partner's.

    Who sent what is no invoice is not asked to correct it as one: tax that an invoice shows without
    a supply is owed (§ 14c UStG).
    """
    if not any(f.partner for f in asked.findings):
        return ()
    quotes, manner = [], asked.manner
    for words in map(Sentences, _LANGUAGES):
        came = {"interchange": short(asked.reference, 60), "message": short(asked.message, 60)}
        told = {
            **_told(words, asked.identity),
            "in_interchange": words.say("in_interchange", **came) if asked.reference else "",
        }
        intro = words.say(f"partner_intro{manner}", **told)
        quotes.append(
            _quote(
                words, intro, _sentences(words, asked.findings), f"partner_close{manner}", tenant
            )
        )
    return tuple(quotes)


def about_file(
    findings: tuple[Finding, ...], reference: str, file: str, day: str, tenant: str
) -> tuple[Quote, ...]:
    """The text about a file that could not be read. reference: of the interchange, when it was
    legible."""
    errors = tuple(f for f in findings if f.severity is Severity.ERROR)
    findings = errors if any(f.partner for f in errors) else findings
    if not any(f.partner for f in findings):
        return ()
    quotes = []
    for words in map(Sentences, _LANGUAGES):
        if reference:
            intro = words.say("partner_intro_file", number=short(reference, 60))
        else:
            dated = words.say("of_date", date=words.date(day)) if day else ""
            name = re.split(r"[/\\]", file)[-1]
            intro = words.say("partner_intro_name", file=short(name, 80), of_date=dated)
        quotes.append(
            _quote(words, intro, _sentences(words, findings), "partner_close_file", tenant)
        )
    return tuple(quotes)


@dataclass(frozen=True, slots=True)
class Cause:
    """The rules that are broken, and by which documents."""

    rules: tuple[str, ...]
    documents: tuple[tuple[Identity, str], ...]
    """With the reference of the interchange, by which a document without number is found."""


def about_many(causes: Sequence[Cause], tenant: str) -> tuple[Quote, ...]:
    """The text about many documents, one paragraph for each cause."""
    quotes = []
    for words in map(Sentences, _LANGUAGES):
        lines = []
        for cause in causes:
            wrong = "; ".join(dict.fromkeys(title(words, rule) for rule in cause.rules))
            told = "; ".join(_named(words, who, reference) for who, reference in cause.documents)
            said = words.say("partner_cause", titles=wrong, documents=told)
            lines.append("\n".join((said, *_examples(words, cause.rules))))
        intro = words.counted("partner_intro_many", sum(len(c.documents) for c in causes))
        quotes.append(_quote(words, intro, _numbered(lines), "partner_close_many", tenant))
    return tuple(quotes)


def _named(words: Sentences, identity: Identity, reference: str) -> str:
    """One of many documents: by its number, else by the interchange it came in."""
    said = words.say("partner_document", **_told(words, identity))
    if identity.number or not reference:
        return said
    return said + words.say("in_interchange_only", interchange=short(reference, 60))


def concerns(rule: str) -> bool:
    """Whether a broken rule is the partner's to mend."""
    known = catalogue().get(rule)
    return known is None or known.partner is not None


def _examples(words: Sentences, rules: Sequence[str]) -> Iterator[str]:
    """How a segment would be right, where the catalogue says it without values of an invoice."""
    for rule in rules:
        known = catalogue().get(rule)
        right = known.expected.in_language(words.language) if known and known.expected else ""
        if _SEGMENT.search(right) and "{" not in right:
            yield words.say("partner_example", segment=short(_example(right), 300))


def _told(words: Sentences, identity: Identity) -> dict[str, str]:
    """How a document is named to its issuer."""
    day, gross = words.date(identity.issue_date), words.amount(identity.gross, identity.currency)
    kind = words.document_word(identity.type_code)
    return {
        "number": short(identity.number, 60) or words.say("unnumbered"),
        "of_type": "" if kind == words.say("a_document") else words.say("of_type", type=kind),
        "of_date": words.say("of_date", date=short(day, 30)) if day else "",
        "for_gross": words.say("for_gross", gross=short(gross, 40)) if gross else "",
    }


def _sentences(words: Sentences, findings: Sequence[Finding]) -> list[str]:
    """One paragraph for each sentence: the sentence, where it applies, how it would be right."""
    told: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.partner:
            told.setdefault(short(finding.partner.in_language(words.language), 600), []).append(
                finding
            )
    paragraphs = []
    for said, about in told.items():
        sentence = said if said.endswith((".", "!", "?")) else f"{said}."
        paragraphs.append("\n".join((sentence, *_for_edi_people(words, said, about))))
    more = (
        [words.counted("partner_more", len(paragraphs) - _MOST)] if len(paragraphs) > _MOST else []
    )
    return [*_numbered(paragraphs[:_MOST]), *more]


def _for_edi_people(words: Sentences, sentence: str, findings: Sequence[Finding]) -> Iterator[str]:
    """The segments as they were sent, and how the first would be right unless the sentence says it
    already."""
    first = findings[0]
    if first.place is not None:
        yield _where(
            words, first, first.place, [f.place.index for f in findings[1:] if f.place is not None]
        )
    right = first.expected.in_language(words.language) if first.expected else ""
    if _SEGMENT.search(right) and not _SEGMENT.search(sentence):
        if _exact(first):
            yield words.say("partner_right", segment=short(right, 300))
        else:
            yield words.say("partner_example", segment=short(_example(right), 300))


def _where(words: Sentences, finding: Finding, place: Place, others: Sequence[int]) -> str:
    """The segment by its number in the message, and the numbers of others with the same mistake."""
    text = short(place.text, 120)
    if not place.index:
        return words.say("partner_envelope" if place.tag == "UNB" else "partner_where", place=text)
    said = words.say(
        "partner_after" if finding.missing else "partner_place", n=place.index, segment=text
    )
    if finding.line:
        said = words.say("partner_line", line=short(finding.line, 20), place=said)
    if others:
        shown = ", ".join(map(str, others[:_PLACES]))
        more = len(others) - _PLACES
        if more > 0:
            said = words.counted("partner_places_more", more, place=said, others=shown)
        else:
            said = words.say("partner_places", place=said, others=shown)
    return words.say("partner_where", place=said)


def _example(right: str) -> str:
    """What stands behind `zum Beispiel`, or all of it."""
    named = _FOR_EXAMPLE.split(right)[-1]
    return named if _SEGMENT.search(named) else right


def _exact(finding: Finding) -> bool:
    """Whether what would be right is worked out from this very invoice, and not an example."""
    rule = catalogue().get(finding.rule)
    return (
        rule is not None
        and rule.expected is not None
        and bool(_WORKED_OUT.search(rule.expected.de))
    )


def _numbered(paragraphs: Sequence[str]) -> list[str]:
    return (
        [f"{n}. {s}" for n, s in enumerate(paragraphs, 1)]
        if len(paragraphs) > 1
        else list(paragraphs)
    )


def _quote(words: Sentences, intro: str, told: Sequence[str], close: str, tenant: str) -> Quote:
    paragraphs = [words.say("partner_greeting"), intro, *told, words.say(close)]
    regards = "\n".join([words.say("partner_regards"), *([short(tenant, 100)] if tenant else [])])
    return Quote("\n\n".join([*paragraphs, regards]), words.say("partner_label"))
