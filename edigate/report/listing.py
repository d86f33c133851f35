"""Findings -> the blocks that list them: the weightiest in full, many in brief, information as a
short list."""

from collections import Counter
from collections.abc import Iterator, Sequence

from edigate.checks.official.hits import rule_for
from edigate.findings import Finding, Severity, Texts, catalogue
from edigate.invoice import terms
from edigate.report.blocks import Block, FindingBlock, Heading, Paragraph, Remarks
from edigate.report.excerpts import excerpt
from edigate.report.sentences import Sentences, short

_IN_FULL = 10
_ALIKE = 3
_IN_BRIEF = 60
_LONGEST = 600
_OFFICIAL = ("BR-", "FX-SCH-", "PEPPOL-", "CII-", "XSD-")
_WITHOUT_LAW = "Plausibilität"


def listed(
    words: Sentences, findings: Sequence[Finding], segments: tuple[str, ...], full: bool
) -> Iterator[Block]:
    """Errors and warnings numbered, at most ten in full and three of a rule, the others in brief;
    information as a list of its own.

    full: False leaves out everything that holds values of the invoice.
    """
    weighty = [f for f in findings if f.severity is not Severity.INFORMATION]
    explained: dict[str, int] = {}
    seen: Counter[str] = Counter()
    brief = []
    shown = 0
    for number, finding in enumerate(weighty, 1):
        seen[finding.rule] += 1
        if shown >= _IN_FULL or seen[finding.rule] > _ALIKE:
            brief.append((number, finding))
            continue
        shown += 1
        yield _block(
            words,
            number,
            finding,
            segments,
            full=full,
            explained=explained.setdefault(finding.rule, number),
        )
    yield from _brief(words, brief, full)
    noted = [f for f in findings if f.severity is Severity.INFORMATION]
    if noted and full:
        items = [words.say("note", message=_message(words, f), rule=f.rule) for f in noted]
        yield Heading(words.say("notes"))
        yield Remarks(tuple(dict.fromkeys(items)))


def titles(words: Sentences, findings: Sequence[Finding], most: int = 3) -> str:
    """`Grund: A.` or `Gründe: A; B; C und 2 weitere.`: what is wrong, without any value of the
    message."""
    said = list(dict.fromkeys(title_of(words, f) for f in findings))
    if not said:
        return ""
    shown = "; ".join(said[:most])
    if len(said) > most:
        shown = words.counted("and_more", len(said) - most, titles=shown)
    return words.say("reason_one" if len(said) == 1 else "reason_many", titles=shown)


def title_of(words: Sentences, finding: Finding) -> str:
    """What is wrong, as a title; of an official rule without words of its own also what it is
    about."""
    said = title(words, finding.rule, finding.official or "")
    named = (
        finding.rule in catalogue() or not finding.rule.startswith(_OFFICIAL) or not finding.term
    )
    return said if named else f"{said}: {terms.name(str(finding.term), words.language)}"


def title(words: Sentences, rule: str, official: str = "") -> str:
    """A rule's title; that of its family for an official rule, by its text, and the id itself for
    any other."""
    known = catalogue().get(rule)
    if known is None and rule.startswith(_OFFICIAL):
        known = rule_for(rule, official)
    return known.title.in_language(words.language) if known else short(rule, 60)


def rule_line(words: Sentences, finding: Finding, full: bool) -> str:
    """`UST-16 · Inhaltsfehler · § 14 Abs. 4 Satz 1 Nr. 6 UStG · Lieferdatum (BT-72) · Position 3
    und 12 weitere`."""
    law = (
        finding.basis.replace(f"EN 16931 {finding.rule}", "EN 16931")
        .removeprefix(_WITHOUT_LAW)
        .removeprefix(" zu ")
    )
    name = terms.name(finding.term, words.language) if finding.term else ""
    term = f"{name} ({finding.term})" if name != (finding.term or "") else name
    parts = [
        finding.rule,
        words.say(f"class_{finding.category.value}"),
        law,
        term,
        _where(words, finding, full),
    ]
    return " · ".join(p for p in parts if p)


def _where(words: Sentences, finding: Finding, full: bool) -> str:
    """The line and how many more, or how often."""
    if finding.line and full:
        line = short(finding.line, 20)
        many = finding.count > 1
        return (
            words.say("in_line_and", line=line, n=finding.count - 1)
            if many
            else words.say("in_line", line=line)
        )
    return words.say("times", n=finding.count) if finding.count > 1 else ""


def _brief(
    words: Sentences, findings: Sequence[tuple[int, Finding]], full: bool
) -> Iterator[Block]:
    if not findings:
        return
    if full:
        yield Paragraph(words.say("further"))
    items = [
        words.say(
            "further_line",
            n=number,
            tag=words.say(f.severity.value),
            message=_message(words, f, 200) if full else title_of(words, f),
            rule_line=" · ".join(p for p in (f.rule, _where(words, f, full)) if p),
        )
        for number, f in findings[:_IN_BRIEF]
    ]
    if len(findings) > _IN_BRIEF:
        items.append(words.counted("omitted", len(findings) - _IN_BRIEF))
    yield Remarks(tuple(items))


def _block(
    words: Sentences,
    number: int,
    finding: Finding,
    segments: tuple[str, ...],
    *,
    full: bool,
    explained: int,
) -> FindingBlock:
    """explained: number of the finding that explains the rule, this one or one before."""
    before = explained if explained < number else 0
    return FindingBlock(
        number=number,
        severity=finding.severity,
        tag=words.say(finding.severity.value),
        title=title_of(words, finding),
        rule_line=rule_line(words, finding, full),
        message=_message(words, finding) if full else "",
        excerpt=excerpt(finding, segments) if full else (),
        missing_label=words.say("missing_here"),
        labels=tuple(_labels(words, finding, full, before)),
        minor=tuple(_minor(words, finding, before)) if full else (),
    )


def _labels(
    words: Sentences, finding: Finding, full: bool, explained: int
) -> Iterator[tuple[str, str]]:
    rule = catalogue().get(finding.rule)
    if full and finding.place is not None and finding.place.index == 0:
        yield words.say("where"), words.say("interchange_place")
    if full and finding.expected:
        yield words.say("expected"), _text(words, finding.expected)
    if explained:
        yield words.say("meaning"), words.say("as_in", n=explained)
    elif rule and rule.meaning:
        yield words.say("meaning"), _text(words, rule.meaning)


def _minor(words: Sentences, finding: Finding, explained: int) -> Iterator[tuple[str, str]]:
    if finding.also:
        yield words.say("also"), ", ".join(finding.also)
    message = finding.message.in_language(words.language)
    if finding.official and finding.official.rpartition("]-")[2] not in message and not explained:
        yield words.say("official"), short(finding.official, _LONGEST)


def _message(words: Sentences, finding: Finding, most: int = _LONGEST) -> str:
    return short(finding.message.in_language(words.language), most)


def _text(words: Sentences, texts: Texts) -> str:
    return short(texts.in_language(words.language), _LONGEST * 2)
