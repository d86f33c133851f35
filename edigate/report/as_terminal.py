"""Verdicts -> a terminal: one headline per document, its findings with the segment between its neighbours."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from edigate.checks.report import State
from edigate.findings import Finding, Severity, printable
from edigate.report.excerpts import excerpt
from edigate.report.verdicts import InputVerdict, OtherMessage, Verdict
from edigate.report.words import Words

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFORMATION: "bold blue"}
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
    words = Words(language)
    console.print(Text(printable(verdict.file), style="bold underline"))
    for finding in verdict.errors:
        _finding(console, finding, (), words)
    for interchange in verdict.interchanges:
        title = words.say(
            "from_to",
            reference=interchange.control_reference,
            sender=interchange.sender,
            recipient=interchange.recipient,
        )
        console.print(Text(f"  UNB {title}", style="dim"))
        judged = any(isinstance(m, Verdict) for m in interchange.messages)
        for finding in () if judged else interchange.findings:
            _finding(console, finding, (), words)
        for message in interchange.messages:
            if isinstance(message, OtherMessage):
                console.print(Text(f"  · {printable(message.type)} {printable(message.reference)}", style="dim"))
                for finding in message.findings:
                    _finding(console, finding, (), words)
            else:
                _document(console, message, words)
    console.print()


def _document(console: Console, verdict: Verdict, words: Words) -> None:
    mark, style = _STATES[verdict.report.state]
    who = verdict.identity
    line = Text("  ")
    line.append(f"{mark} {words.say('state_' + verdict.report.state.value)}", style=style)
    parts = (who.number or "?", who.type_code, words.date(who.issue_date), words.amount(who.gross, who.currency))
    line.append("  " + printable("  ".join(p for p in (*parts, who.seller) if p)), style="bold")
    counts = words.counts(verdict.report.findings)
    line.append(f"  {counts}" if counts else "")
    console.print(line)
    for written in (verdict.pdf, verdict.xml):
        if written:
            console.print(Text(f"    → {written}", style="green"))
    for finding in verdict.report.findings:
        _finding(console, finding, verdict.segments, words)


def _finding(console: Console, finding: Finding, segments: tuple[str, ...], words: Words) -> None:
    head = Text()
    head.append(f"{words.say(finding.severity.value)} {finding.rule}", style=_STYLES[finding.severity])
    details = [finding.basis, finding.term or "", words.say("in_line", line=finding.line) if finding.line else ""]
    if finding.count > 1:
        details.append(words.say("times", n=finding.count))
    head.append("  " + " · ".join(d for d in details if d), style="dim")
    console.print(Padding(head, (0, 0, 0, 4)))
    console.print(Padding(Text(finding.message.in_language(words.language)), (0, 0, 0, 6)))
    for line in excerpt(finding, segments):
        text = Text(f"{'>' if line.marked or line.missing else ' '} {line.index or '':>4}  ")
        style = "green" if line.missing else ("red" if line.marked else "dim")
        text.append(line.text + (f"   <- {words.say('missing_here')}" if line.missing else ""), style=style)
        console.print(Padding(text, (0, 0, 0, 6)))
    if finding.expected and finding.severity is not Severity.INFORMATION:
        label = Text(f"{words.say('expected')}: ", style="dim")
        console.print(Padding(label.append(finding.expected.in_language(words.language), style="none"), (0, 0, 0, 6)))
