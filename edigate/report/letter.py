"""A verdict -> a letter: headings, paragraphs, tables and findings, from which the text and HTML parts are made.

The letter says what happened and what follows, which document it is, what was found and where, what would be right
and under which law, what to tell the trading partner (in German and English, ready to copy) and what to do next.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from edigate import __version__
from edigate.checks.report import State
from edigate.findings import Finding, Severity, catalogue, printable
from edigate.report.verdicts import Identity, Verdict
from edigate.report.words import Words

_EXCERPT_WIDTH = 160


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Label and value pairs."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """A numbered list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Text to be copied as it is; lines are kept."""

    text: str


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """One segment of an excerpt. marked: the segment meant; missing: not in the message, this is what would stand."""

    index: int
    text: str
    marked: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class FindingBlock:
    """One finding. tag is its severity in words, labels pair a label with its text."""

    number: int
    severity: Severity
    tag: str
    title: str
    rule_line: str
    message: str
    excerpt: tuple[ExcerptLine, ...]
    missing_label: str
    labels: tuple[tuple[str, str], ...]


Block = Heading | Paragraph | Table | Steps | Quote | FindingBlock


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole letter: subject, title of the document, blocks in order, closing line."""

    language: str
    subject: str
    blocks: tuple[Block, ...]
    footer: str


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What the letter says of the way the document came: ids, mail, time. "" or None where unknown.

    direction: "in" (tenant receives) or "out" (tenant issues). full: False leaves out all invoice data.
    """

    document_id: str = ""
    direction: str = "in"
    control_reference: str = ""
    sender: str = ""
    recipient: str = ""
    file: str = ""
    received_at: datetime | None = None
    mail_from: str = ""
    mail_subject: str = ""
    mail_id: str = ""
    full: bool = True
    missing_partners: tuple[str, ...] = ()


def held(verdict: Verdict, circumstance: Circumstance, language: str) -> Letter:
    """The error mail about an INVOIC that is held, or the short mail about one archived with warnings."""
    words = Words(language)
    identity = verdict.identity
    counts = words.counts(verdict.report.findings)
    named = {"number": identity.number or "?", "seller": identity.seller or circumstance.sender or "?"}
    kind = _kind(verdict.report.state)
    if circumstance.full:
        subject = words.say(f"{kind}_subject", counts=counts, **named)
        opening = words.say(kind, **named)
    else:
        subject = words.say("held_subject_minimal", document=circumstance.document_id, counts=counts)
        opening = words.say("held_minimal")
    warned = kind == "warned"
    consequence = "consequence_warned" if warned else f"consequence_{circumstance.direction}"
    blocks: list[Block] = [
        Heading(words.say("what_happened")),
        Paragraph(f"{opening} {words.say(consequence)}"),
        Heading(words.say("identification")),
        Table(tuple(_identification(words, verdict, circumstance))),
        Heading(words.say("findings")),
        *_findings(words, verdict.report.findings, verdict.segments, circumstance.full),
    ]
    if circumstance.full and not warned:
        blocks += _partner(words, verdict, circumstance)
    if not warned:
        blocks += [Heading(words.say("next_steps")), *_next(words, circumstance)]
        if circumstance.full:
            blocks.append(Paragraph(words.say("attachments")))
    return Letter(words.language, subject, tuple(blocks), _footer(words, verdict.report.artefacts))


def unreadable(
    findings: tuple[Finding, ...], circumstance: Circumstance, artefacts: Mapping[str, str], language: str
) -> Letter:
    """The error mail about a file that cannot be read as EDIFACT."""
    words = Words(language)
    file = circumstance.file if circumstance.full else circumstance.document_id
    sender = circumstance.mail_from or circumstance.sender or "?"
    blocks: list[Block] = [
        Heading(words.say("what_happened")),
        Paragraph(f"{words.say('unreadable', file=file)} {words.say(f'consequence_{circumstance.direction}')}"),
        Heading(words.say("identification")),
        Table(tuple(_way(words, circumstance))),
        Heading(words.say("findings")),
        *_findings(words, findings, (), circumstance.full),
    ]
    if circumstance.full:
        blocks += [Heading(words.say("partner")), Paragraph(words.say("partner_hint"))]
        for each in (Words("de"), Words("en")):
            intro = each.say("partner_intro_file", number=circumstance.control_reference or circumstance.file)
            blocks.append(Quote(_partner_text(each, intro, findings)))
    blocks += [Heading(words.say("next_steps")), Steps(words.steps("next_unreadable"))]
    subject = words.say("unreadable_subject", file=file, sender=sender if circumstance.full else "…")
    return Letter(words.language, subject, tuple(blocks), _footer(words, artefacts))


def _kind(state: State) -> str:
    if state is State.VALID:
        return "warned"
    return "not_an_invoice" if state is State.NOT_AN_INVOICE else "held"


def _footer(words: Words, artefacts: Mapping[str, str]) -> str:
    shown = ", ".join(f"{name} {version}" for name, version in artefacts.items() if "sha256" not in name)
    return words.say("footer", version=__version__, artefacts=shown)


def _identification(words: Words, verdict: Verdict, circumstance: Circumstance) -> Iterator[tuple[str, str]]:
    identity = verdict.identity
    if circumstance.full:
        rows = [
            ("f_number", identity.number),
            ("f_date", words.date(identity.issue_date)),
            ("f_type", identity.type_code),
            ("f_seller", _party(identity.seller, identity.seller_id, identity.seller_vat)),
            ("f_buyer", _party(identity.buyer, identity.buyer_id, identity.buyer_vat)),
            ("f_gross", words.amount(identity.gross, identity.currency)),
        ]
        yield from ((words.say(key), printable(value)) for key, value in rows if value)
    yield from _way(words, circumstance, verdict.reference)
    if verdict.original_sha256:
        yield words.say("f_sha256"), verdict.original_sha256


def _way(words: Words, circumstance: Circumstance, message_reference: str = "") -> Iterator[tuple[str, str]]:
    yield words.say("f_direction"), words.say(f"f_{circumstance.direction}")
    if circumstance.document_id:
        yield words.say("f_document"), circumstance.document_id
    if not circumstance.full:
        return
    if circumstance.control_reference or circumstance.sender:
        yield (
            words.say("f_interchange"),
            words.say(
                "from_to",
                reference=circumstance.control_reference,
                sender=circumstance.sender,
                recipient=circumstance.recipient,
            ),
        )
    if message_reference:
        yield words.say("f_message"), printable(message_reference)
    if circumstance.file:
        yield words.say("f_file"), printable(circumstance.file)
    if circumstance.received_at is not None:
        when = words.moment(circumstance.received_at)
        yield (
            words.say("f_received"),
            words.say("received_from", when=when, sender=circumstance.mail_from) if circumstance.mail_from else when,
        )
    if circumstance.mail_subject or circumstance.mail_id:
        yield words.say("f_mail"), printable(f"{circumstance.mail_subject} {circumstance.mail_id}".strip())


def _party(name: str, identifier: str, vat: str) -> str:
    return ", ".join(part for part in (name, identifier, vat) if part)


def _findings(
    words: Words, findings: tuple[Finding, ...], segments: tuple[str, ...], full: bool
) -> Iterator[FindingBlock]:
    for number, finding in enumerate(findings, 1):
        brief = finding.severity is Severity.INFORMATION
        rule = catalogue().get(finding.rule)
        title = rule.title.in_language(words.language) if rule else finding.rule
        parts = [finding.rule, words.say(f"class_{finding.category.value}")]
        if finding.term:
            parts.append(finding.term)
        if finding.line and full:
            parts.append(words.say("in_line", line=finding.line))
        if finding.count > 1:
            parts.append(words.say("times", n=finding.count))
        yield FindingBlock(
            number=number,
            severity=finding.severity,
            tag=words.say(finding.severity.value),
            title=title,
            rule_line=" · ".join(parts),
            message=finding.message.in_language(words.language) if full else "",
            excerpt=excerpt(finding, segments) if full and not brief else (),
            missing_label=words.say("missing_here"),
            labels=() if brief else tuple(_labels(words, finding, full)),
        )


def _labels(words: Words, finding: Finding, full: bool) -> Iterator[tuple[str, str]]:
    rule = catalogue().get(finding.rule)
    if full and finding.place is not None and finding.place.index == 0:
        yield words.say("where"), words.say("interchange_place")
    if full and finding.expected:
        yield words.say("expected"), finding.expected.in_language(words.language)
    if rule and rule.meaning:
        yield words.say("meaning"), rule.meaning.in_language(words.language)
    yield words.say("law"), finding.basis
    if full and finding.official and finding.official != finding.message.in_language(words.language):
        yield words.say("official"), printable(finding.official)


def excerpt(finding: Finding, segments: tuple[str, ...]) -> tuple[ExcerptLine, ...]:
    """The segment meant between its neighbours, or the neighbour after which the missing one would stand."""
    place = finding.place
    if place is None:
        return (ExcerptLine(0, _cut(finding.missing), missing=True),) if finding.missing else ()
    out: list[ExcerptLine] = []
    if place.index == 0 or place.index > len(segments):
        out.append(ExcerptLine(place.index, _cut(place.text), marked=not finding.missing))
    else:
        if place.index > 1:
            out.append(ExcerptLine(place.index - 1, _cut(segments[place.index - 2])))
        out.append(ExcerptLine(place.index, _cut(place.text), marked=not finding.missing))
    if finding.missing:
        out.append(ExcerptLine(0, _cut(finding.missing), missing=True))
    if 0 < place.index < len(segments):
        out.append(ExcerptLine(place.index + 1, _cut(segments[place.index])))
    return tuple(out)


def _cut(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _EXCERPT_WIDTH else shown[: _EXCERPT_WIDTH - 1] + "…"


def _partner(words: Words, verdict: Verdict, circumstance: Circumstance) -> Iterator[Block]:
    if circumstance.direction != "in" or not any(f.partner for f in verdict.report.errors):
        return
    yield Heading(words.say("partner"))
    yield Paragraph(words.say("partner_hint"))
    for each in (Words("de"), Words("en")):
        yield Quote(_partner_text(each, _partner_intro(each, verdict.identity), verdict.report.errors))


def _partner_intro(words: Words, identity: Identity) -> str:
    return words.say(
        "partner_intro",
        number=identity.number or "?",
        date=words.date(identity.issue_date) or "?",
        gross=words.amount(identity.gross, identity.currency) or "?",
    )


def _partner_text(words: Words, intro: str, findings: tuple[Finding, ...]) -> str:
    sentences = []
    for finding in findings:
        text = finding.partner or finding.message
        sentence = text.in_language(words.language)
        if sentence not in sentences:
            sentences.append(sentence)
    numbered = [f"{n}. {s}" for n, s in enumerate(sentences, 1)]
    return "\n".join([words.say("partner_greeting"), "", intro, "", *numbered, "", words.say("partner_close")])


def _next(words: Words, circumstance: Circumstance) -> Iterator[Block]:
    if circumstance.missing_partners:
        yield Paragraph(words.say("next_master_data"))
        yield Quote("\n".join(circumstance.missing_partners))
        return
    yield Steps(words.steps(f"next_{circumstance.direction}"))


def alarm(kind: str, facts: Mapping[str, str]) -> Letter:
    """The mail to the admins about a failure of the gateway itself: what, the facts, what to do. English."""
    words = Words("en")
    blocks: tuple[Block, ...] = (
        Heading(words.say("what_happened")),
        Paragraph(words.say(f"alarm_{kind}")),
        Table(tuple((name, printable(value)) for name, value in facts.items())),
        Heading(words.say("next_steps")),
        Paragraph(words.say(f"alarm_{kind}_next")),
    )
    return Letter("en", words.say(f"alarm_{kind}_subject"), blocks, words.say("alarm_footer", version=__version__))
