"""The account of bytes: everything in an input is a segment, a package's object, UNA, padding or a
stated leftover."""

from edigate.edifact.syntax.grammar import PADDING, grammar
from edigate.edifact.syntax.segments import Interchange, Transmission
from edigate.findings import Finding, Severity

BOM = b"\xef\xbb\xbf"


def all_findings(transmission: Transmission) -> list[Finding]:
    """Every finding of an input, wherever it stands."""
    found = list(transmission.findings)
    for interchange in transmission.interchanges:
        found += interchange.findings
    for _, message in transmission.units():
        found += message.findings
    return found


def rules_of(transmission: Transmission) -> set[str]:
    """The ids of all rules that were broken."""
    return {f.rule for f in all_findings(transmission)}


def errors_of(transmission: Transmission) -> set[str]:
    """The ids of all rules of severity error that were broken."""
    return {f.rule for f in all_findings(transmission) if f.severity is Severity.ERROR}


def spans_of(interchange: Interchange) -> list[tuple[int, int]]:
    """Byte spans of everything an interchange holds."""
    spans = [(interchange.start, interchange.header.start)]
    spans += [(s.start, s.end) for s in interchange.envelope]
    spans += interchange.leftovers
    for message in interchange.messages:
        spans += [(s.start, s.end) for s in message.segments]
        spans += [(p.start, p.end) for p in message.packages]
    return spans


def unaccounted(data: bytes, transmission: Transmission) -> list[bytes]:
    """Runs of bytes that are neither in a span nor padding, and overlaps of spans; empty when the
    account is closed."""
    wrecks = {(i.start, i.end) for i in transmission.interchanges if i.number < 0}
    spans = [span for span in transmission.leftovers if span not in wrecks]
    extra = b""
    empties = "EDI-14" in rules_of(transmission)
    for interchange in transmission.interchanges:
        spans += (
            spans_of(interchange)
            if interchange.number > 0
            else [(interchange.start, interchange.end)]
        )
        if empties:
            extra += grammar(interchange.service).terminator
    spans = sorted({span for span in spans if span[0] < span[1]})
    wrong: list[bytes] = []
    at = 0
    for start, end in [*spans, (len(data), len(data))]:
        if start < at:
            wrong.append(b"overlap: " + data[start:at])
        gap = data[at:start].replace(BOM, b"")
        if gap.strip(PADDING + extra):
            wrong.append(gap)
        at = max(at, end)
    return wrong
