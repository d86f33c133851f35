"""Findings -> the blocks that list them: the weightiest in full, many in brief, information as a short list."""

from collections import Counter
from collections.abc import Iterator, Sequence

from edigate.findings import Finding, Severity, Texts, catalogue
from edigate.report.blocks import Block, FindingBlock, Heading, Notes, Paragraph
from edigate.report.excerpts import excerpt
from edigate.report.words import Words, short

_IN_FULL = 10
_ALIKE = 3
_IN_BRIEF = 60
_LONGEST = 600


def listed(words: Words, findings: Sequence[Finding], segments: tuple[str, ...], full: bool) -> Iterator[Block]:
    """Errors and warnings numbered, at most ten in full and three of a rule, the others in brief; information as a
    list of its own.

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
        yield _block(words, number, finding, segments, full=full, explained=explained.setdefault(finding.rule, number))
    yield from _brief(words, brief, full)
    noted = [f for f in findings if f.severity is Severity.INFORMATION]
    if noted and full:
        items = [words.say("note", message=_message(words, f), rule=f.rule) for f in noted]
        yield Heading(words.say("notes"))
        yield Notes(tuple(dict.fromkeys(items)))


def titles(words: Words, findings: Sequence[Finding], most: int = 3) -> str:
    """`Grund: A.` or `Gründe: A; B; C und 2 weitere.`: what is wrong, without any value of the message."""
    said = list(dict.fromkeys(title(words, f.rule) for f in findings))
    if not said:
        return ""
    shown = "; ".join(said[:most])
    if len(said) > most:
        shown = words.say("and_more", titles=shown, n=len(said) - most)
    return words.say("reason_one" if len(said) == 1 else "reason_many", titles=shown)


def title(words: Words, rule: str) -> str:
    """A rule's title, or its id when the catalogue does not know it."""
    known = catalogue().get(rule)
    return known.title.in_language(words.language) if known else short(rule, 60)


def rule_line(words: Words, finding: Finding, full: bool) -> str:
    """`UST-16 · Inhaltsfehler · § 14 Abs. 4 Satz 1 Nr. 6 UStG · BT-72 · Position 3 und 12 weitere`."""
    parts = [finding.rule, words.say(f"class_{finding.category.value}"), finding.basis, finding.term or ""]
    if finding.line and full:
        line = short(finding.line, 20)
        many = finding.count > 1
        parts.append(
            words.say("in_line_and", line=line, n=finding.count - 1) if many else words.say("in_line", line=line)
        )
    elif finding.count > 1:
        parts.append(words.say("times", n=finding.count))
    return " · ".join(p for p in parts if p)


def _brief(words: Words, findings: Sequence[tuple[int, Finding]], full: bool) -> Iterator[Block]:
    if not findings:
        return
    if full:
        yield Paragraph(words.say("further"))
    items = [
        words.say(
            "further_line",
            n=number,
            tag=words.say(f.severity.value),
            message=_message(words, f, 200) if full else title(words, f.rule),
            rule_line=rule_line(words, f, full),
        )
        for number, f in findings[:_IN_BRIEF]
    ]
    if len(findings) > _IN_BRIEF:
        items.append(words.say("omitted", n=len(findings) - _IN_BRIEF))
    yield Notes(tuple(items))


def _block(
    words: Words, number: int, finding: Finding, segments: tuple[str, ...], *, full: bool, explained: int
) -> FindingBlock:
    """explained: number of the finding that explains the rule, this one or one before."""
    before = explained if explained < number else 0
    return FindingBlock(
        number=number,
        severity=finding.severity,
        tag=words.say(finding.severity.value),
        title=title(words, finding.rule),
        rule_line=rule_line(words, finding, full),
        message=_message(words, finding) if full else "",
        excerpt=excerpt(finding, segments) if full else (),
        missing_label=words.say("missing_here"),
        labels=tuple(_labels(words, finding, full, before)),
        minor=tuple(_minor(words, finding, before)) if full else (),
    )


def _labels(words: Words, finding: Finding, full: bool, explained: int) -> Iterator[tuple[str, str]]:
    rule = catalogue().get(finding.rule)
    if full and finding.place is not None and finding.place.index == 0:
        yield words.say("where"), words.say("interchange_place")
    if full and finding.expected:
        yield words.say("expected"), _text(words, finding.expected)
    if explained:
        yield words.say("meaning"), words.say("as_in", n=explained)
    elif rule and rule.meaning:
        yield words.say("meaning"), _text(words, rule.meaning)


def _minor(words: Words, finding: Finding, explained: int) -> Iterator[tuple[str, str]]:
    if finding.also:
        yield words.say("also"), ", ".join(finding.also)
    if finding.official and finding.official != finding.message.in_language(words.language) and not explained:
        yield words.say("official"), short(finding.official, _LONGEST)


def _message(words: Words, finding: Finding, most: int = _LONGEST) -> str:
    return short(finding.message.in_language(words.language), most)


def _text(words: Words, texts: Texts) -> str:
    return short(texts.in_language(words.language), _LONGEST * 2)
