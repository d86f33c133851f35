"""Verdicts -> a terminal: one headline per document, its findings with the segment between its
neighbours."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from edigate.checks.verdict import State
from edigate.findings import Finding, Severity, printable
from edigate.report.as_text import MARGIN, excerpt_lines
from edigate.report.blocks import ExcerptLine
from edigate.report.excerpts import excerpt
from edigate.report.listing import rule_line, title_of
from edigate.report.presentation import (
    InputVerdict,
    InterchangeVerdict,
    OtherMessage,
    PartSeen,
    Verdict,
)
from edigate.report.sentences import Sentences, short
from edigate.report.sources import account_lines

_STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.INFORMATION: "bold blue",
}
_STATES = {
    State.VALID: ("✔", "bold green"),
    State.INVALID: ("✘", "bold red"),
    State.NOT_CHECKED: ("?", "bold red"),
    State.TEST: ("–", "bold blue"),
    State.NOT_AN_INVOICE: ("✘", "bold red"),
    State.DUPLICATE: ("=", "bold blue"),
}


def show(console: Console, verdict: InputVerdict, language: str) -> None:
    """Print one input's verdicts."""
    words = Sentences(language)
    console.print(Text(printable(verdict.file), style="bold underline"))
    for part in verdict.parts or ():
        if len(verdict.parts or ()) > 1 or part.became != "edifact":
            _part(console, part, language)
    _findings(console, verdict.errors, (), words)
    for interchange in verdict.interchanges:
        _interchange(console, interchange, words)
    console.print()


def _interchange(console: Console, interchange: InterchangeVerdict, words: Sentences) -> None:
    ends = {
        "reference": interchange.control_reference,
        "sender": interchange.sender,
        "recipient": interchange.recipient,
    }
    title = words.say("from_to", **ends) if any(ends.values()) else "?"
    _print(console, 2, Text(f"UNB {title}", style="dim"))
    _findings(console, _weighty(interchange), (), words)
    for message in interchange.messages:
        if isinstance(message, OtherMessage):
            called = f"· {printable(message.type)} {printable(message.reference)}"
            _print(console, 2, Text(called, style="dim"))
            _findings(console, message.findings, (), words)
        else:
            _document(console, message, words)


def _weighty(interchange: InterchangeVerdict) -> tuple[Finding, ...]:
    """The findings of the envelope; information only where no invoice has findings of its own."""
    if not any(isinstance(message, Verdict) for message in interchange.messages):
        return interchange.findings
    return tuple(f for f in interchange.findings if f.severity is not Severity.INFORMATION)


def _part(console: Console, part: PartSeen, language: str) -> None:
    """One line for a part that was looked into."""
    called = " ".join(short(word, 80) for word in (part.part, part.name, part.type) if word)
    _print(console, 2, Text(f"{called}: {part.why.in_language(language)}", style="dim"))


def _print(console: Console, indent: int, text: Text) -> None:
    """One paragraph, wrapped with its indent kept."""
    console.print(Padding(text, (0, 0, 0, indent), expand=False))


def _document(console: Console, verdict: Verdict, words: Sentences) -> None:
    mark, style = _STATES[verdict.report.state]
    who = verdict.identity
    line = Text(f"{mark} {words.say('state_' + verdict.report.state.value)}", style=style)
    kind = words.document_word(who.type_code)
    parts = (
        kind,
        short(who.number, 60) or words.say("unnumbered"),
        short(words.date(who.issue_date), 30),
    )
    amount = short(words.amount(who.gross, who.currency), 40)
    line.append("  " + " ".join(p for p in parts if p), style="bold not dim")
    line.append(
        "".join(f"  {printable(p)}" for p in (amount, short(who.seller, 60)) if p),
        style="not bold default",
    )
    counts = words.counts(verdict.report.findings)
    line.append(f"  {counts}" if counts else "", style=style)
    _print(console, 2, line)
    for written in (verdict.pdf, verdict.xml):
        if written:
            _print(console, 4, Text(f"→ {written}", style="green"))
    _findings(console, verdict.report.findings, verdict.segments, words)
    for text in (
        account_lines(verdict.account, words.language) if verdict.account is not None else ()
    ):
        _print(console, 4, Text(printable(text), style="dim"))


def _findings(
    console: Console, findings: tuple[Finding, ...], segments: tuple[str, ...], words: Sentences
) -> None:
    """Errors and warnings with their place, then information in a line each."""
    weighty = [f for f in findings if f.severity is not Severity.INFORMATION]
    for finding in weighty:
        _finding(console, finding, segments, words)
    for finding in findings:
        if finding.severity is Severity.INFORMATION:
            text = Text("i ", style=_STYLES[Severity.INFORMATION])
            text.append(f"{finding.rule}  ", style="not bold dim")
            text.append(finding.message.in_language(words.language), style="not bold default")
            _print(console, 4, text)


def _finding(
    console: Console, finding: Finding, segments: tuple[str, ...], words: Sentences
) -> None:
    head = Text(f"{words.say(finding.severity.value)} ", style=_STYLES[finding.severity])
    head.append(title_of(words, finding))
    _print(console, 4, head)
    _print(console, 6, Text(rule_line(words, finding, full=True), style="dim"))
    _print(console, 6, Text(finding.message.in_language(words.language)))
    room = console.width - 6
    for line in excerpt(finding, segments, max(20, room - MARGIN)):
        shown = Padding(_excerpt_line(line, words, room), (0, 0, 0, 6), expand=False)
        console.print(shown, overflow="ellipsis", no_wrap=True)
    if finding.expected:
        text = Text(f"{words.say('expected')}: ", style="dim")
        _print(
            console,
            6,
            text.append(finding.expected.in_language(words.language), style="not dim green"),
        )


def _excerpt_line(line: ExcerptLine, words: Sentences, room: int) -> Text:
    """The line as the mail's text part shows it, coloured."""
    shown = "\n".join(excerpt_lines((line,), words.say("missing_here"), room))
    text = Text(shown, style="green" if line.missing else ("red" if line.marked else "dim"))
    if line.accent is not None:
        start, end = line.accent
        text.stylize("bold reverse", MARGIN + start, MARGIN + end)
    return text
