"""Findings -> the text a tenant sends to its trading partner, in German and English.

Whole sentences with nothing of ours in them: no rule ids, no document ids. A rule without a sentence for the partner
is not the partner's to mend and is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from edigate.findings import Finding
from edigate.report.blocks import Quote
from edigate.report.verdicts import Identity, Verdict
from edigate.report.words import Words, short

_MOST = 12
_LANGUAGES = ("de", "en")


def about_document(verdict: Verdict, tenant: str) -> tuple[Quote, ...]:
    """The text about one held document; nothing when no error is the partner's."""
    identity = verdict.identity
    if not any(f.partner for f in verdict.report.errors):
        return ()
    return tuple(
        _quote(words, _intro(words, identity), _sentences(words, verdict.report.errors), "partner_close", tenant)
        for words in map(Words, _LANGUAGES)
    )


def about_file(findings: tuple[Finding, ...], reference: str, file: str, day: str, tenant: str) -> tuple[Quote, ...]:
    """The text about a file that could not be read. reference: of the interchange, when it was legible."""
    if not any(f.partner for f in findings):
        return ()
    quotes = []
    for words in map(Words, _LANGUAGES):
        if reference:
            intro = words.say("partner_intro_file", number=short(reference, 60))
        else:
            dated = words.say("of_date", date=words.date(day)) if day else ""
            intro = words.say("partner_intro_name", file=short(file, 80), of_date=dated)
        quotes.append(_quote(words, intro, _sentences(words, findings), "partner_close_file", tenant))
    return tuple(quotes)


@dataclass(frozen=True, slots=True)
class Cause:
    """What is wrong, in German and in English, and with which documents."""

    de: str
    en: str
    documents: tuple[Identity, ...]


def about_many(causes: Sequence[Cause], tenant: str) -> tuple[Quote, ...]:
    """The text about many documents, one paragraph for each cause."""
    quotes = []
    for words in map(Words, _LANGUAGES):
        lines = []
        for cause in causes:
            wrong = cause.de if words.language == "de" else cause.en
            told = "; ".join(words.say("partner_document", **_told(words, who)) for who in cause.documents)
            lines.append(words.say("partner_cause", titles=wrong, documents=told))
        intro = words.say("partner_intro_many", count=sum(len(c.documents) for c in causes))
        quotes.append(_quote(words, intro, lines, "partner_close_many", tenant))
    return tuple(quotes)


def _intro(words: Words, identity: Identity) -> str:
    return words.say("partner_intro", **_told(words, identity))


def _told(words: Words, identity: Identity) -> dict[str, str]:
    """How a document is named to its issuer."""
    day, gross = words.date(identity.issue_date), words.amount(identity.gross, identity.currency)
    return {
        "number": short(identity.number, 60) or words.say("unnumbered"),
        "type": words.document_word(identity.type_code),
        "of_date": words.say("of_date", date=short(day, 30)) if day else "",
        "for_gross": words.say("for_gross", gross=short(gross, 40)) if gross else "",
    }


def _sentences(words: Words, findings: Sequence[Finding]) -> list[str]:
    said = (short(f.partner.in_language(words.language), 600) for f in findings if f.partner)
    sentences = [s if s.endswith((".", "!", "?")) else f"{s}." for s in dict.fromkeys(said)]
    if len(sentences) <= _MOST:
        return sentences
    return [*sentences[:_MOST], words.say("partner_more", n=len(sentences) - _MOST)]


def _quote(words: Words, intro: str, sentences: Sequence[str], close: str, tenant: str) -> Quote:
    listed = [f"{n}. {s}" for n, s in enumerate(sentences, 1)] if len(sentences) > 1 else list(sentences)
    lines = [words.say("partner_greeting"), "", intro, "", *listed, "", words.say(close)]
    lines += ["", words.say("partner_regards"), *([short(tenant, 100)] if tenant else [])]
    return Quote("\n".join(lines), words.say("partner_label"))
